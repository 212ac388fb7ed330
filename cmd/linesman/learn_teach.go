package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"runtime"
	"strconv"
	"syscall"
	"time"

	"linesman/config"
	"linesman/line"
	"linesman/part"
)

const (
	// strainEvery is how often the lines are looked at while a candidate is made.
	strainEvery = time.Second
	// strainRest is how long the lines have to be well before it goes on.
	strainRest = 30 * time.Second
	// strainMost is how long it may have been stopped in all before it is given up.
	strainMost = 4 * time.Hour
)

// teacher has a process of its own, behind everything else on the box, make a
// candidate. It is stopped while a line suffers, and ends with the appliance, however
// that ends.
type teacher struct {
	site    *config.Site
	log     *slog.Logger
	program string // this one
	// strain begins to watch the lines; what it returns says which of them suffers
	// and how, empty if none does.
	strain func() func() string
}

// teach makes a line's candidate, its report too. What a failed process leaves, sweep
// removes.
func (t *teacher) teach(ctx context.Context, id part.LineID, threads int) error {
	return t.run(ctx, threads, "candidate", "make", "--config", t.site.File(), "--line", string(id), "--try", strconv.Itoa(t.site.Learning.Verdicts), "--learning")
}

// run has a process of its own, behind everything else, do a command of this program
// on so many cores.
func (t *teacher) run(ctx context.Context, threads int, command ...string) error {
	// The child dies with the thread that began it: this one, which waits.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd := exec.CommandContext(ctx, t.program, append(command, "--threads", strconv.Itoa(threads))...)
	cmd.Env = append(os.Environ(), "GOMAXPROCS="+strconv.Itoa(threads))
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
	cmd.WaitDelay = 5 * time.Second
	var said lastWords
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		return err
	}
	if err := putBehind(cmd.Process.Pid); err != nil {
		return errors.Join(err, cmd.Process.Kill(), cmd.Wait())
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	err := t.watch(done, cmd.Process.Signal)
	var exit *exec.ExitError
	if errors.As(err, &exit) && ctx.Err() == nil {
		return fmt.Errorf("%s: %w", said.error(), err)
	}
	return err
}

// watch stops the work while a line suffers, until it is done. What is stopped for
// too long is given up.
func (t *teacher) watch(done <-chan error, signal func(os.Signal) error) error {
	tick := time.NewTicker(strainEvery)
	defer tick.Stop()
	strain, stopped, well := t.strain(), time.Duration(0), strainRest
	for {
		select {
		case err := <-done:
			return err
		case <-tick.C:
		}
		why := strain()
		was := well
		if well += strainEvery; why != "" {
			well = 0
		}
		var err error
		switch resting := was < strainRest; {
		case !resting && well == 0:
			t.log.Info("a line suffers: the candidate waits", "why", why)
			err = signal(syscall.SIGSTOP)
		case resting && well >= strainRest:
			err = signal(syscall.SIGCONT)
		}
		if err != nil && !errors.Is(err, os.ErrProcessDone) {
			return errors.Join(err, signal(syscall.SIGKILL), <-done)
		}
		if well < strainRest {
			stopped += strainEvery
		}
		if stopped >= strainMost {
			err := signal(syscall.SIGKILL)
			<-done
			return errors.Join(fmt.Errorf("it waited for %s in all because lines suffered: they leave no time for it; make one by hand while they rest (linesman candidate make)", stopped), err)
		}
	}
}

// lastWords keeps the end of what a process says.
type lastWords struct{ text []byte }

// mostWords is how many bytes of it.
const mostWords = 4096

// Write keeps the newest.
func (l *lastWords) Write(p []byte) (int, error) {
	l.text = append(l.text, p...)
	if more := len(l.text) - mostWords; more > 0 {
		l.text = append(l.text[:0], l.text[more:]...)
	}
	return len(p), nil
}

// error is what a command of this program says at its end.
func (l *lastWords) error() string {
	text := l.text
	if i := bytes.LastIndex(text, []byte("linesman: error: ")); i >= 0 {
		text = text[i+len("linesman: error: "):]
	}
	if text = bytes.TrimSpace(text); len(text) == 0 {
		return "linesman candidate make said nothing"
	}
	return string(bytes.ToValidUTF8(text, nil))
}

// strain watches whether a line suffers from now on.
func (a *appliance) strain() func() string {
	before := map[part.LineID]line.Status{}
	late := map[part.LineID]uint64{}
	for id, s := range a.stations {
		before[id] = s.Status()
		late[id] = before[id].Counts.Late
	}
	return func() string {
		for _, id := range a.site.LineIDs() {
			now := a.stations[id].Status()
			was := late[id]
			late[id] = now.Counts.Late
			if why := suffers(before[id].Latency, now.Latency, now.Counts.Late > was, a.site.Lines[id].Deadline.D()); why != "" {
				return "line " + string(id) + ": " + why
			}
		}
		return ""
	}
}

// suffers says how a line is worse off than before: a part was late just now, or a
// part in a hundred comes closer to its deadline than half of it and than a quarter
// over what it took before. It is empty if the line is not.
func suffers(before, now line.Latency, late bool, deadline time.Duration) string {
	most := max(float64(deadline.Milliseconds())/2, 1.25*before.P99)
	switch {
	case late:
		return "a part was late"
	case now.P99 > most:
		return fmt.Sprintf("one part in a hundred takes more than %.0f ms, %.0f before", now.P99, before.P99)
	}
	return ""
}
