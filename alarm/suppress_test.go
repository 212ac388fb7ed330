package alarm

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"linesman/event"
	"linesman/event/eventtest"
)

// suppressingSite is a plant whose press is silent while it is in maintenance.
func suppressingSite(t testing.TB) *Settings {
	t.Helper()
	s := &Settings{Suppress: []Suppression{{Name: "press-1 in maintenance", Keys: []string{"watch/too close to the press*"},
		While: While{Event: "mes.mode.v1", Subject: "press-1", Field: "mode", Is: "maintenance"}, Reason: "fitters work at it", AtMost: 4 * time.Hour}}}
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	return s
}

// mode is what a module says of the press.
type mode struct {
	Mode string `json:"mode"`
}

func (mode) EventType() event.Type         { return "mes.mode.v1" }
func (mode) EventSeverity() event.Severity { return event.Info }

func tell(t testing.TB, l event.Log, about, m string) {
	t.Helper()
	e := event.New("/demo", about, time.Now(), mode{m})
	e.Actor = "token:mes"
	if _, err := l.Append(t.Context(), []event.Event{e}); err != nil {
		t.Fatal(err)
	}
	synctest.Wait()
}

// beside runs a desk and its suppressions until stop.
func beside(t testing.TB, s *Settings, m *eventtest.Memory) (d *Desk, stop func()) {
	d = deskOn(t, s, m, nil)
	end := run(t, d)
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- d.Suppressing(ctx, m) }()
	synctest.Wait()
	return d, func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := end(); err != nil {
			t.Error(err)
		}
	}
}

func stateOf(t testing.TB, d *Desk, id string) State {
	t.Helper()
	a, _, err := d.Alarm(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return a.State
}

// told are the begins and ends of suppressions in the log.
func told(m *eventtest.Memory) (out []bool, causes []string) {
	for _, e := range m.Events() {
		if s, err := event.As[event.AlarmSuppressed](e); err == nil {
			out, causes = append(out, s.Suppressed), append(causes, e.Cause)
		}
	}
	return out, causes
}

func TestSuppressing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := eventtest.NewMemory()
		d, stop := beside(t, suppressingSite(t), memory)
		near, err := d.Raise(t.Context(), Raise{Key: "watch/too close to the press/yard", From: "watch/yard", Severity: event.High, Text: "somebody is too close"})
		if err != nil {
			t.Fatal(err)
		}
		other, err := d.Raise(t.Context(), Raise{Key: "watch/no helmet/yard", From: "watch/yard", Severity: event.High, Text: "no helmet"})
		if err != nil {
			t.Fatal(err)
		}
		tell(t, memory, "press-2", "maintenance")
		if got := stateOf(t, d, near); got != Unacknowledged {
			t.Errorf("another press is in maintenance: %s", got)
		}
		tell(t, memory, "press-1", "maintenance")
		said := memory.Events()
		if got := stateOf(t, d, near); got != Suppressed {
			t.Errorf("the press is in maintenance: %s", got)
		}
		if got := stateOf(t, d, other); got != Unacknowledged {
			t.Errorf("an alarm that is not named: %s", got)
		}
		time.Sleep(time.Minute) // what is as it was is no event
		begun, causes := told(memory)
		if !slices.Equal(begun, []bool{true}) || !slices.ContainsFunc(said, func(e event.Event) bool { return e.ID == causes[0] && e.Subject == "press-1" }) {
			t.Errorf("begins and ends %v, caused by %v: want one begin, caused by what the log said of press-1", begun, causes)
		}
		tell(t, memory, "press-1", "automatic")
		if got := stateOf(t, d, near); got != Unacknowledged {
			t.Errorf("the maintenance is over: %s", got)
		}

		// A module that says it is, and is never heard again.
		tell(t, memory, "press-1", "maintenance")
		time.Sleep(4*time.Hour - time.Minute)
		if got := stateOf(t, d, near); got != Suppressed {
			t.Errorf("within at_most: %s", got)
		}
		time.Sleep(2 * time.Minute)
		if got := stateOf(t, d, near); got != Unacknowledged {
			t.Errorf("after at_most: %s", got)
		}
		if begun, _ := told(memory); !slices.Equal(begun, []bool{true, false, true, false}) {
			t.Errorf("begins and ends %v", begun)
		}
		tell(t, memory, "press-1", "maintenance")
		stop()

		// The appliance begins again while it holds, and then without the setting.
		d, stop = beside(t, suppressingSite(t), memory)
		if got := stateOf(t, d, near); got != Suppressed {
			t.Errorf("after a restart: %s", got)
		}
		stop()
		none := &Settings{}
		if err := none.Validate(); err != nil {
			t.Fatal(err)
		}
		d, stop = beside(t, none, memory)
		if got := stateOf(t, d, near); got != Unacknowledged {
			t.Errorf("after a restart without the setting: %s", got)
		}
		stop()
		if begun, _ := told(memory); !slices.Equal(begun, []bool{true, false, true, false, true, false}) {
			t.Errorf("begins and ends %v", begun)
		}
	})
}

// unread is a log that can not be read, or followed, while it is down.
type unread struct {
	*eventtest.Memory
	down atomic.Bool
	cut  chan struct{} // closed: who follows is told that it is down
}

func (u *unread) Read(ctx context.Context, f event.Filter) ([]event.Event, error) {
	if u.down.Load() {
		return nil, event.ErrFull
	}
	return u.Memory.Read(ctx, f)
}

func (u *unread) Follow(ctx context.Context, after uint64, fn func(event.Event) error) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- u.Memory.Follow(ctx, after, fn) }()
	select {
	case err := <-ended:
		return err
	case <-u.cut:
		stop()
		<-ended
		return event.ErrFull
	}
}

// A log that can not be read silences nothing, and ends nobody's process: it is read
// again.
func TestSuppressingWithoutALog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := eventtest.NewMemory()
		tell(t, memory, "press-1", "maintenance")
		log := &unread{Memory: memory, cut: make(chan struct{})}
		log.down.Store(true)
		d := deskOn(t, suppressingSite(t), memory, nil)
		end := run(t, d)
		ctx, cancel := context.WithCancel(context.Background())
		ended := make(chan error, 1)
		go func() { ended <- d.Suppressing(ctx, log) }()
		near, err := d.Raise(t.Context(), Raise{Key: "watch/too close to the press/yard", From: "watch/yard", Severity: event.High, Text: "somebody is too close"})
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []struct {
			what string
			do   func()
			want State
		}{
			{"it can not be read", func() { time.Sleep(time.Minute) }, Unacknowledged},
			{"it can again", func() { log.down.Store(false); time.Sleep(time.Minute) }, Suppressed},
			{"it breaks", func() { log.down.Store(true); close(log.cut); time.Sleep(time.Minute) }, Unacknowledged},
		} {
			c.do()
			if got := stateOf(t, d, near); got != c.want {
				t.Errorf("%s: %s, want %s", c.what, got, c.want)
			}
			if len(ended) > 0 {
				t.Fatalf("%s: it ended with %v", c.what, <-ended)
			}
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		if err := end(); err != nil {
			t.Error(err)
		}
	})
}

func TestSuppressRefused(t *testing.T) {
	good := While{Event: "line.state", Subject: "caps-1", Field: "state", Is: "stopped"}
	for name, c := range map[string]struct {
		is   Suppression
		want string
	}{
		"no name":   {Suppression{Keys: []string{"a"}, While: good}, "suppress[0].name"},
		"no keys":   {Suppression{Name: "stopped", While: good}, "suppress.stopped.keys"},
		"all":       {Suppression{Name: "stopped", Keys: []string{"*"}, While: good}, "not all"},
		"half":      {Suppression{Name: "stopped", Keys: []string{"a"}, While: While{Event: "line.state"}}, "want event, subject, field and is"},
		"for weeks": {Suppression{Name: "stopped", Keys: []string{"a"}, While: good, AtMost: 1000 * time.Hour}, "at_most"},
	} {
		s := &Settings{Suppress: []Suppression{c.is}}
		if err := s.Validate(); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", name, err, c.want)
		}
	}
	if got := good.Type(); got != (event.LineState{}).EventType() {
		t.Errorf("the short name is %s", got)
	}
}

func TestSuppresses(t *testing.T) {
	for key, want := range map[string]bool{
		"watch/ejector": true, "watch/ejector/yard": true, "watch/ejector/*": true, "watch/ejector*": true, "watch/*": true, "wat*": true, "watch/ejector/yard/person*": true,
		"watch/eject": false, "watch/ejector 2": false, "watch/ejector 2*": false, "watch/helmet/*": false, "line/*": false,
	} {
		s := &Settings{Suppress: []Suppression{{Name: "n", Keys: []string{key}}}}
		if name, _ := s.Suppresses("watch/ejector"); (name != "") != want {
			t.Errorf("%q reaches the alarms of watch/ejector: %v, want %v", key, name != "", want)
		}
	}
}
