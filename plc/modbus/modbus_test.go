package modbus_test

import (
	"context"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"linesman/plc"
	"linesman/plc/modbus"
	"linesman/plc/plctest"
	"linesman/sim"
	"linesman/sim/belt"
	"linesman/sim/controller"
)

// empty is a feed without parts.
type empty struct{}

func (empty) Until(float64) []sim.Part { return nil }
func (empty) Done() bool               { return true }

// plant is a simulated controller on an empty belt, in belt time.
type plant struct {
	belt *belt.Belt
	plc  *controller.Controller
	url  string

	mu  sync.Mutex
	now time.Duration
}

func newPlant(t *testing.T, change func(*controller.Config)) *plant {
	t.Helper()
	p := &plant{}
	b, err := belt.New(belt.Config{Layout: sim.Tablets.Layout(), Speed: 400, Feed: empty{}, EncoderAt: 0xFFFFF000})
	if err != nil {
		t.Fatal(err)
	}
	cfg := controller.For(sim.Tablets.Layout())
	cfg.Clock = func() time.Time { p.mu.Lock(); defer p.mu.Unlock(); return time.Unix(0, 0).Add(p.now) }
	if change != nil {
		change(&cfg)
	}
	if p.plc, err = controller.New(cfg, b); err != nil {
		t.Fatal(err)
	}
	if p.url, err = p.plc.Serve("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.plc.Close() })
	p.belt = b
	return p
}

func (p *plant) step(d time.Duration) {
	p.mu.Lock()
	p.now += d
	now := p.now
	p.mu.Unlock()
	p.belt.Advance(now)
}

func dial(t *testing.T, s modbus.Settings) plc.Controller {
	t.Helper()
	l, err := modbus.New(s)
	if err != nil {
		t.Fatal(err)
	}
	c, err := l.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

func TestConformance(t *testing.T) {
	for _, order := range []modbus.WordOrder{modbus.Big, modbus.Little} {
		t.Run(string(order), func(t *testing.T) {
			plctest.Run(t, func(t *testing.T) plctest.Rig {
				p := newPlant(t, func(c *controller.Config) { c.LittleWords = order == modbus.Little })
				return plctest.Rig{Controller: dial(t, modbus.Settings{URL: p.url, WordOrder: order}), Address: p.url, Step: p.step, Acts: true, Point: "pass-1"}
			})
		})
	}
}

func TestQueueTakesWhatHasRoom(t *testing.T) {
	p := newPlant(t, nil)
	c := dial(t, modbus.Settings{URL: p.url})
	s := settle(t, p, c)
	var entries []plc.Entry
	for i := range 200 {
		entries = append(entries, plc.Entry{Trigger: uint64(i), Lane: i%8 + 1, Due: s.Now.Add(int64(5000 + 100*i))})
	}
	n, err := c.Queue(t.Context(), entries)
	if n != plc.EntrySlots || err != nil {
		t.Fatalf("%d taken of 200, %v: want the ring's %d", n, err, plc.EntrySlots)
	}
	p.step(30 * time.Millisecond) // a scan takes them out
	if n, err = c.Queue(t.Context(), entries[n:]); n != 200-plc.EntrySlots || err != nil {
		t.Errorf("after a scan %d taken, %v: want the other %d", n, err, 200-plc.EntrySlots)
	}
}

// settle beats and reads until the controller runs.
func settle(t *testing.T, p *plant, c plc.Controller) plc.Status {
	t.Helper()
	var s plc.Status
	for range 6 {
		if err := c.Beat(t.Context()); err != nil {
			t.Fatal(err)
		}
		var err error
		if s, err = c.Read(t.Context()); err != nil {
			t.Fatal(err)
		}
		p.step(20 * time.Millisecond)
	}
	if s.Held {
		t.Fatalf("held for %v", s.Why)
	}
	return s
}

func TestOverwrittenEchoesAreCounted(t *testing.T) {
	p := newPlant(t, nil)
	c := dial(t, modbus.Settings{URL: p.url})
	s := settle(t, p, c)
	lost := 0
	for sent := 0; sent < plc.EchoSlots+300; sent += 100 { // echoes: each is late on arrival
		var late []plc.Entry
		for i := range 100 {
			late = append(late, plc.Entry{Lane: (sent+i)%8 + 1, Due: s.Now.Add(-int64(1 + (sent+i)/8))})
		}
		if n, err := c.Queue(t.Context(), late); n != 100 || err != nil {
			t.Fatal(n, err)
		}
		p.step(15 * time.Millisecond)
		lost += 100
	}
	s, err := c.Read(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if got := len(s.Echoes) + int(s.Missed); got != lost || s.Missed == 0 || len(s.Echoes) != plc.EchoSlots {
		t.Errorf("%d echoes read and %d missed of %d", len(s.Echoes), s.Missed, lost)
	}
}

func TestRedialKeepsTicks(t *testing.T) {
	p := newPlant(t, nil)
	l, err := modbus.New(modbus.Settings{URL: p.url})
	if err != nil {
		t.Fatal(err)
	}
	c, err := l.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for range 60 { // over the encoder's rollover
		settle(t, p, c)
	}
	before := settle(t, p, c)
	if before.Now.Count < 1<<32 {
		t.Fatalf("at %v: no rollover yet", before.Now)
	}
	c.Close()
	if c, err = l.Dial(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	after := settle(t, p, c)
	if d, ok := after.Now.Sub(before.Now); !ok || d < 0 || d > 20000 {
		t.Errorf("tick %v before and %v after a redial", before.Now, after.Now)
	}
}

func TestErrorsNameAddressAndCure(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	gone, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	gone.Close()
	p := newPlant(t, nil)
	cases := []struct {
		name string
		set  modbus.Settings
		want string
	}{
		{"nobody listens", modbus.Settings{URL: "tcp://" + gone.Addr().String()}, "refused"},
		{"no answer", modbus.Settings{URL: "tcp://" + silent.Addr().String(), Timeout: 30 * time.Millisecond}, "no answer within 30ms; check its power"},
		{"another map", modbus.Settings{URL: p.url, Base: 100}, "it does not speak this register map; check the settings base"},
		{"beyond the map", modbus.Settings{URL: p.url, Base: 40000}, "check the setting base (40000)"},
		{"too few lanes", modbus.Settings{URL: p.url, Lanes: 12}, "setting lanes is 12, the controller has 8"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			l, err := modbus.New(c.set)
			if err != nil {
				t.Fatal(err)
			}
			_, err = l.Dial(t.Context())
			if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.set.URL) {
				t.Errorf("got %v, want %q naming %s", err, c.want, c.set.URL)
			}
		})
	}
}

func TestDialHonoursContext(t *testing.T) {
	l, err := modbus.New(modbus.Settings{URL: "tcp://127.0.0.1:1", Timeout: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if c, err := l.Dial(ctx); err == nil {
		c.Close()
		t.Error("dialled with a cancelled context")
	}
}

func TestValidate(t *testing.T) {
	url := "tcp://192.168.0.10:502"
	cases := []struct {
		name string
		set  modbus.Settings
		want string // "" is valid
	}{
		{"least", modbus.Settings{URL: url}, ""},
		{"all", modbus.Settings{URL: url, Unit: 3, Base: 200, Lanes: 8, WordOrder: modbus.Little, Timeout: time.Second, MaxSpeed: 1e5, Points: map[string]uint16{"beacon": 16}}, ""},
		{"no url", modbus.Settings{}, "want \"tcp://host:port\""},
		{"no port", modbus.Settings{URL: "tcp://plc"}, "want \"tcp://host:port\""},
		{"password", modbus.Settings{URL: "tcp://a:secret@plc:502"}, "knows no user"},
		{"lanes", modbus.Settings{URL: url, Lanes: 16}, "room for 1 to 15"},
		{"word order", modbus.Settings{URL: url, WordOrder: "middle"}, "want big or little"},
		{"base", modbus.Settings{URL: url, Base: 60000}, "beyond 65535"},
		{"coil", modbus.Settings{URL: url, Points: map[string]uint16{"beacon": 64}}, "0 to 63"},
		{"timeout", modbus.Settings{URL: url, Timeout: -1}, "above 0"},
		{"max speed", modbus.Settings{URL: url, MaxSpeed: -1}, "counts a second"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			err := c.set.Validate()
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("got %v, want %q", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), "secret") {
				t.Errorf("the error tells the password: %v", err)
			}
		})
	}
}
