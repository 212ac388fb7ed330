package stage

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"linesman/bench/lastwords"
)

// program is the process that is measured: `linesman run` with a site.
type program struct {
	binary, site, listen string

	lives []*life
}

// life is the process from one start to its end.
type life struct {
	began, ended time.Time
	up           time.Time // when its page was served, zero if it never was
	cmd          *exec.Cmd
	ready        chan struct{} // closed once its page is served
	gone         chan struct{} // closed when it has ended
	stats        string
	last         lastwords.Keep
}

// startWithin is how long a start may take before it is given up.
const startWithin = time.Minute

// start begins a life. What it says on standard error is kept: the end of it.
func (p *program) start() error {
	n := len(p.lives)
	l := &life{began: time.Now(), ready: make(chan struct{}), gone: make(chan struct{}), stats: filepath.Join(filepath.Dir(p.site), fmt.Sprintf("stats-%03d.jsonl", n))}
	l.cmd = exec.Command(p.binary, "run", "-c", p.site, "--stats", l.stats)
	l.cmd.Stderr = &l.last
	out, err := l.cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := l.cmd.Start(); err != nil {
		return fmt.Errorf("starting %s: %w", p.binary, err)
	}
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			if l.up.IsZero() && strings.Contains(lines.Text(), "the page is at") {
				l.up = time.Now()
				close(l.ready)
			}
		}
		_ = l.cmd.Wait() // how it ended stands in its ProcessState
		l.ended = time.Now()
		close(l.gone)
	}()
	p.lives = append(p.lives, l)
	return nil
}

// now is the present life.
func (p *program) now() *life { return p.lives[len(p.lives)-1] }

// up waits until the program serves its page.
func (p *program) up(ctx context.Context) error {
	l := p.now()
	select {
	case <-l.ready:
		return nil
	case <-l.gone:
		return fmt.Errorf("the program ended at its start: %s\n%s", l.cmd.ProcessState, l.last.String())
	case <-time.After(startWithin):
		return fmt.Errorf("the program did not serve its page within %s\n%s", startWithin, l.last.String())
	case <-ctx.Done():
		return ctx.Err()
	}
}

// died says how the program ended by itself, nil while it runs.
func (p *program) died() error {
	l := p.now()
	select {
	case <-l.gone:
		return fmt.Errorf("the program ended by itself: %s\n%s", l.cmd.ProcessState, l.last.String())
	default:
		return nil
	}
}

// kill ends it by signal 9 and waits for that.
func (p *program) kill() {
	_ = p.now().cmd.Process.Kill() // an error says that it has ended
	<-p.now().gone
}

// end asks it to end and waits.
func (p *program) end() error {
	l := p.now()
	if err := l.cmd.Process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return err
	}
	select {
	case <-l.gone:
	case <-time.After(30 * time.Second):
		p.kill()
		return fmt.Errorf("the program did not end within 30 s\n%s", l.last.String())
	}
	if !l.cmd.ProcessState.Success() {
		return fmt.Errorf("the program ended with %s\n%s", l.cmd.ProcessState, l.last.String())
	}
	return nil
}

// token makes a token that may read, before the program runs.
func (p *program) token(ctx context.Context, name string) (string, error) {
	cmd := exec.CommandContext(ctx, p.binary, "token", "add", name, "-c", p.site, "--read", "*")
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("linesman token add: %w\n%s", err, &said)
	}
	return strings.TrimSpace(string(out)), nil
}

// call asks the program's API; in nil is a GET. out may be nil.
func (p *program) call(ctx context.Context, path, token string, in, out any) error {
	method, body := http.MethodGet, &bytes.Buffer{}
	if in != nil {
		method = http.MethodPost
		if err := json.NewEncoder(body).Encode(in); err != nil {
			return err
		}
	}
	r, err := http.NewRequestWithContext(ctx, method, "http://"+p.listen+path, body)
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	if answer.StatusCode >= 300 {
		var why bytes.Buffer
		_, _ = why.ReadFrom(answer.Body)
		return fmt.Errorf("%s %s: %s: %.300s", method, path, answer.Status, &why)
	}
	if out == nil {
		return nil
	}
	return json.NewDecoder(answer.Body).Decode(out)
}

// Held is what the program held of the box at one moment.
type Held struct {
	At         time.Time `json:"at"`
	Seconds    float64   `json:"seconds"`
	ResidentMB float64   `json:"resident_mb"`
	OwnMB      float64   `json:"own_mb"`
	HeapMB     float64   `json:"heap_mb"`
	Goroutines int       `json:"goroutines"`
}

// held reads what a life said of itself.
func (l *life) held() ([]Held, error) {
	f, err := os.Open(l.stats)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	defer f.Close()
	var out []Held
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var h Held
		if json.Unmarshal(lines.Bytes(), &h) == nil { // the last line may be cut by a kill
			out = append(out, h)
		}
	}
	return out, nil
}
