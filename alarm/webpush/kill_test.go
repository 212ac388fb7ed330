//go:build cgo

package webpush

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"linesman/alarm"
	"linesman/alarm/webpush/receiver"
	"linesman/event"
	"linesman/event/sqlite"
)

// TestKilled kills a process with a desk and a log on disk 20 times by SIGKILL,
// half of them while it raises an alarm. Every alarm is in the log once, its push
// arrived, and no delivery is left without an end.
func TestKilled(t *testing.T) {
	if dir := os.Getenv("LINESMAN_ALARM_CHILD"); dir != "" {
		if err := child(dir, os.Getenv("LINESMAN_ALARM_PEER")); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	const alarms, kills, seed = 200, 20, 1
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 3))
	p, dir := newPushes(t), t.TempDir()
	pushed := map[string]map[string]bool{} // alarms by key
	var mu sync.Mutex
	p.mu.Lock()
	p.each = func(push receiver.Push) {
		var m Message
		if err := json.Unmarshal(push.Data, &m); err != nil {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		if pushed[m.Text] == nil {
			pushed[m.Text] = map[string]bool{}
		}
		pushed[m.Text][m.Alarm] = true
	}
	p.mu.Unlock()
	if _, err := channel(t, dir, &told{}, p.address).Subscribe("li", subscription(t, p, "phone")); err != nil {
		t.Fatal(err)
	}

	c := startChild(t, dir, p.address)
	for i := range alarms {
		key := fmt.Sprint("zone/yard/", i)
		if i%(alarms/kills) == 5 {
			if i/(alarms/kills)%2 == 0 {
				c.say(key) // it dies while it raises, or just before or after
				time.Sleep(time.Duration(rng.IntN(30_000)) * time.Microsecond)
			} else {
				time.Sleep(time.Duration(rng.IntN(30)) * time.Millisecond)
			}
			c.kill()
			c = startChild(t, dir, p.address)
		}
		c.say(key)
		if answer := c.hear(); answer != key {
			t.Fatalf("raised %s, heard %q", key, answer)
		}
	}
	c.end()
	killedAccount(t, dir, alarms)
	mu.Lock()
	defer mu.Unlock()
	for key, by := range pushed {
		if len(by) != 1 {
			t.Errorf("%s arrived as %d alarms", key, len(by))
		}
	}
	if len(pushed) != alarms {
		t.Errorf("%d of %d alarms arrived", len(pushed), alarms)
	}
}

// killedAccount reads the log that was left.
func killedAccount(t *testing.T, dir string, alarms int) {
	t.Helper()
	log, err := sqlite.Open(sqlite.Settings{Dir: filepath.Join(dir, "log")})
	if err != nil {
		t.Fatal(err)
	}
	defer log.Close()
	raised, pending, ended := map[string]int{}, map[string]int{}, map[string]bool{}
	for after := uint64(0); ; {
		events, err := log.Read(t.Context(), event.Filter{Types: alarm.Types, After: after})
		if err != nil {
			t.Fatal(err)
		}
		if len(events) == 0 {
			break
		}
		for _, e := range events {
			after = e.Seq
			if x, err := event.As[event.AlarmRaised](e); err == nil {
				raised[x.Key]++
			}
			if x, err := event.As[event.NotifyPending](e); err == nil {
				pending[x.Delivery]++
			}
			if x, err := event.As[event.NotifySent](e); err == nil {
				ended[x.Delivery] = true
			}
			if x, err := event.As[event.NotifyFailed](e); err == nil {
				ended[x.Delivery] = true
			}
		}
	}
	for key, n := range raised {
		if n != 1 {
			t.Errorf("%s was raised %d times", key, n)
		}
	}
	for id, n := range pending {
		if n != 1 || !ended[id] {
			t.Errorf("delivery %s: begun %d times, ended %t", id, n, ended[id])
		}
	}
	if len(raised) != alarms || len(pending) < alarms {
		t.Errorf("%d alarms and %d deliveries in the log, want %d", len(raised), len(pending), alarms)
	}
	t.Logf("%d alarms, %d deliveries", len(raised), len(pending))
}

// process is a child with a desk.
type process struct {
	t   *testing.T
	cmd *exec.Cmd
	in  io.WriteCloser
	out *bufio.Scanner
}

func startChild(t *testing.T, dir, peer string) *process {
	t.Helper()
	c := &process{t: t, cmd: exec.Command(os.Args[0], "-test.run=^TestKilled$")}
	c.cmd.Env = append(os.Environ(), "LINESMAN_ALARM_CHILD="+dir, "LINESMAN_ALARM_PEER="+peer)
	c.cmd.Stderr = os.Stderr
	var err error
	if c.in, err = c.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := c.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	c.out = bufio.NewScanner(out)
	if err := c.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return c
}

func (c *process) say(key string) {
	if _, err := fmt.Fprintln(c.in, key); err != nil {
		c.t.Fatal(err)
	}
}

func (c *process) hear() string {
	if !c.out.Scan() {
		c.t.Fatal("the child ended: ", c.out.Err())
	}
	return c.out.Text()
}

func (c *process) kill() {
	if err := c.cmd.Process.Kill(); err != nil {
		c.t.Fatal(err)
	}
	_ = c.cmd.Wait() // "signal: killed"
}

// end closes the child's input and waits for its orderly end.
func (c *process) end() {
	c.in.Close()
	if err := c.cmd.Wait(); err != nil {
		c.t.Fatal(err)
	}
}

// child is the process: it raises what it reads, and says so when it is written
// down. At the end of its input it waits until every delivery has an end.
func child(dir, peer string) error {
	log, err := sqlite.Open(sqlite.Settings{Dir: filepath.Join(dir, "log")})
	if err != nil {
		return err
	}
	defer log.Close()
	raw, err := alarm.ParseChannel([]byte("driver: webpush\ncontact: safety@plant.example\npush_hosts: ['" + peer + "']"))
	if err != nil {
		return err
	}
	push, err := New("push", raw, alarm.Means{Dir: dir})
	if err != nil {
		return err
	}
	set := &alarm.Settings{
		Channels: map[string]alarm.Channel{"push": raw}, Receipt: time.Hour,
		People:  map[string]*alarm.Person{"li": {Reach: map[string]string{"push": ""}}},
		Rosters: []alarm.Roster{{Name: "all", Duty: []alarm.Duty{{Who: []string{"li"}}}, Steps: []alarm.Step{{By: []string{"push"}, Within: time.Hour}}}},
	}
	if err := set.Validate(); err != nil {
		return err
	}
	key, err := alarm.LoadKey(filepath.Join(dir, "alarm.key"))
	if err != nil {
		return err
	}
	desk, err := alarm.New(alarm.Config{Settings: set, Site: "demo", Log: log, Key: key, Deliverers: map[string]alarm.Deliverer{"push": push}})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- desk.Run(ctx) }()
	for in := bufio.NewScanner(os.Stdin); in.Scan(); {
		key := strings.TrimSpace(in.Text())
		if _, err := desk.Raise(ctx, alarm.Raise{Key: key, Severity: event.Critical, Text: key}); err != nil {
			return err
		}
		fmt.Println(key)
	}
	for waiting := true; waiting; time.Sleep(10 * time.Millisecond) {
		p, err := desk.Look(ctx, 0)
		if err != nil {
			return err
		}
		waiting = false
		for _, a := range p.Alarms {
			_, deliveries, err := desk.Alarm(ctx, a.ID)
			if err != nil {
				return err
			}
			for _, d := range deliveries {
				waiting = waiting || d.State == alarm.Pending
			}
		}
	}
	cancel()
	return <-ended
}
