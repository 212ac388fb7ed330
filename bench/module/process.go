package module

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"

	"linesman/bench/lastwords"
)

// process is the module while it runs, with all that it started.
type process struct {
	cmd  *exec.Cmd
	done chan struct{} // closed when it has ended
	last lastwords.Keep
}

// launch starts a module in its folder.
func launch(dir string, command []string, url, token string) (*process, error) {
	p := &process{cmd: exec.Command(command[0], command[1:]...), done: make(chan struct{})}
	p.cmd.Dir = dir
	p.cmd.Env = append(os.Environ(), "LINESMAN_URL="+url, "LINESMAN_TOKEN="+token, "NO_PROXY=127.0.0.1", "no_proxy=127.0.0.1")
	p.cmd.Stdout, p.cmd.Stderr = &p.last, &p.last
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	p.cmd.WaitDelay = 2 * time.Second
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("starting the module: %w", err)
	}
	go func() {
		// How it ended stands in its ProcessState.
		_ = p.cmd.Wait()
		close(p.done)
	}()
	return p, nil
}

// kill ends it as a power cut does, and waits for that.
func (p *process) kill() {
	select {
	case <-p.done:
	default:
		// An error says that it has ended by itself meanwhile.
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
		<-p.done
	}
}

// ended says how a module ended by itself, or nothing while it runs.
func (p *process) ended() string {
	select {
	case <-p.done:
		return strings.TrimSpace(fmt.Sprintf("the module ended by itself: %s\n%s", p.cmd.ProcessState, p.last.String()))
	default:
		return ""
	}
}
