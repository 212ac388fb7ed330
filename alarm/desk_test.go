package alarm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"linesman/event"
	"linesman/event/eventtest"
)

// peer is the far end of a channel: it drops doubles by the notice's id, and may
// be down.
type peer struct {
	desk   func() *Desk
	proves bool
	down   func(at time.Time) bool
	slow   time.Duration

	mu      sync.Mutex
	got     map[string]int // times each notice came, by its id
	alarms  map[string]int // notices by alarm
	rests   int
	answers func(n Notice) []DeliveryState
}

func newPeer(proves bool) *peer {
	return &peer{proves: proves, got: map[string]int{}, alarms: map[string]int{}}
}

func (p *peer) Proves() bool { return p.proves }

func (p *peer) Deliver(ctx context.Context, n Notice) (Proof, error) {
	if p.slow > 0 {
		select {
		case <-time.After(p.slow):
		case <-ctx.Done():
			return 0, ctx.Err()
		}
	}
	p.mu.Lock()
	if p.down != nil && p.down(time.Now()) {
		p.mu.Unlock()
		return 0, errors.New("peer: connection refused")
	}
	answers := p.answers
	p.got[n.ID]++
	fresh := p.got[n.ID] == 1
	if fresh {
		for _, id := range n.Alarms {
			p.alarms[id]++
		}
	}
	p.mu.Unlock()
	if answers != nil && fresh {
		desk := p.desk()
		go func() { // the phone, which answers by itself
			for _, s := range answers(n) {
				time.Sleep(200 * time.Millisecond)
				for range 3 {
					if err := desk.Receipt(context.Background(), n.Token, s, ""); !errors.Is(err, ErrClosed) {
						break
					}
					time.Sleep(time.Second)
					desk = p.desk()
				}
			}
		}()
	}
	return Taken, nil
}

// lamp is a peer that goes on calling until it is put to rest.
type lamp struct {
	*peer
	lit bool
}

func (l *lamp) Deliver(ctx context.Context, n Notice) (Proof, error) {
	if _, err := l.peer.Deliver(ctx, n); err != nil {
		return 0, err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lit = true
	return Arrived, nil
}

func (l *lamp) Rest(context.Context) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lit, l.rests = false, l.rests+1
	return nil
}

func (l *lamp) on() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lit
}

func deskOn(t testing.TB, s *Settings, log log, by map[string]Deliverer) *Desk {
	t.Helper()
	d, err := New(Config{Settings: s, Site: "demo", Log: log, Deliverers: by, Key: make([]byte, keySize), Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// run runs a desk until stop.
func run(t testing.TB, d *Desk) (stop func() error) {
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	return func() error { cancel(); return <-ended }
}

// TestDesk lets nobody answer until the beacon is lit, then acknowledges.
func TestDesk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		memory := eventtest.NewMemory()
		push, mail, beacon := newPeer(true), newPeer(false), &lamp{peer: newPeer(false), lit: true}
		d := deskOn(t, site(t), memory, map[string]Deliverer{"push": push, "mail": mail, "beacon": beacon})
		stop := run(t, d)
		synctest.Wait()
		if beacon.on() {
			t.Error("the beacon of the run before is still lit")
		}
		id, err := d.Raise(t.Context(), Raise{Key: "zone/yard/person", From: "watch/yard", Zone: "yard", Severity: event.Critical, Text: "somebody is in the yard"})
		if err != nil {
			t.Fatal(err)
		}
		if events := memory.Events(); len(events) == 0 || events[0].Subject != id {
			t.Fatal("raised, and not in the log")
		}
		time.Sleep(3*time.Minute + time.Second)
		if !beacon.on() {
			t.Error("nobody acknowledged, and the beacon is dark")
		}
		if err := d.Acknowledge(t.Context(), id, "user:li", "on my way"); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if beacon.on() {
			t.Error("acknowledged, and the beacon is lit")
		}
		before := len(push.got) + len(mail.got)
		time.Sleep(time.Hour)
		if after := len(push.got) + len(mail.got); after != before {
			t.Errorf("%d notices after the acknowledgement", after-before)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
		if _, err := d.Raise(t.Context(), Raise{Key: "k", Text: "t"}); !errors.Is(err, ErrClosed) {
			t.Errorf("after its end: %v", err)
		}
	})
}

// refusing is a log that takes nothing for a while.
type refusing struct {
	*eventtest.Memory
	mu  sync.Mutex
	not bool
}

func (r *refusing) set(not bool) { r.mu.Lock(); defer r.mu.Unlock(); r.not = not }

func (r *refusing) Append(ctx context.Context, events []event.Event) ([]event.Event, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.not {
		return nil, event.ErrFull
	}
	return r.Memory.Append(ctx, events)
}

// TestLogRefuses holds that people are called even then, that nobody is told it
// is written down, and that it is once the log takes it.
func TestLogRefuses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := &refusing{Memory: eventtest.NewMemory(), not: true}
		push := newPeer(false)
		d := deskOn(t, site(t), log, map[string]Deliverer{"push": push, "mail": newPeer(false), "beacon": newPeer(false)})
		stop := run(t, d)
		id, err := d.Raise(t.Context(), Raise{Key: "k", Severity: event.High, Text: "t"})
		if !errors.Is(err, ErrUnsaved) || !errors.Is(err, event.ErrFull) {
			t.Errorf("raised: %v", err)
		}
		synctest.Wait()
		if len(push.got) != 1 { // the clock of a synctest begins on a Saturday
			t.Errorf("called %v", push.got)
		}
		if p, err := d.Look(t.Context(), 0); err != nil || len(p.Alarms) != 1 || p.Unsaved < 2 {
			t.Errorf("what stands while the log refuses: %+v, %v", p, err)
		}
		for range mostUnsaved + 1 { // beyond what is kept nothing is taken that could be lost
			if _, err = d.Raise(t.Context(), Raise{Key: "another", Severity: event.Low, Text: "t", Actor: "user:li"}); !errors.Is(err, ErrUnsaved) {
				break
			}
			if err = d.Clear(t.Context(), "another", "over", "user:li", ""); !errors.Is(err, ErrUnsaved) {
				break
			}
		}
		if !errors.Is(err, ErrBehind) || errors.Is(err, ErrUnsaved) {
			t.Errorf("after %d events that nobody takes: %v, want %v", mostUnsaved, err, ErrBehind)
		}
		log.set(false)
		time.Sleep(2 * time.Second)
		again, err := d.Raise(t.Context(), Raise{Key: "k", Severity: event.High, Text: "t"})
		if err != nil || again != id {
			t.Errorf("raised again: %s, %v; want %s", again, err, id)
		}
		if err := stop(); err != nil {
			t.Error(err)
		}
		raised := 0
		for _, e := range log.Events() {
			if e.Type == (event.AlarmRaised{}).EventType() && e.Subject == id {
				raised++
			}
		}
		if raised != 1 {
			t.Errorf("raised %d times in the log", raised)
		}
	})
}

// killable is the log as a process sees it that is killed at any moment: at the
// kill an append is lost, or stored and not answered, and from then on nothing is.
type killable struct {
	*eventtest.Memory
	mu     sync.Mutex
	dead   bool
	stores bool // the append that is under way at the kill is stored
}

var errKilled = errors.New("killed")

func (k *killable) kill(stores bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.dead, k.stores = true, stores
}

func (k *killable) Append(ctx context.Context, events []event.Event) ([]event.Event, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.dead {
		return k.Memory.Append(ctx, events)
	}
	if k.stores {
		k.stores = false
		_, _ = k.Memory.Append(context.WithoutCancel(ctx), events)
	}
	return nil, errKilled
}

// day is 24 hours of a plant: what is raised, and whether anybody knows of it.
type day struct {
	t      *testing.T
	rng    *rand.Rand
	memory *eventtest.Memory
	log    *killable
	desk   *Desk
	mu     sync.Mutex
	stop   func() error
	by     map[string]Deliverer
	set    *Settings
	kills  int
}

func (d *day) now() *Desk {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.desk
}

func (d *day) start() {
	d.log = &killable{Memory: d.memory}
	desk := deskOn(d.t, d.set, d.log, d.by)
	d.mu.Lock()
	d.desk = desk
	d.mu.Unlock()
	d.stop = run(d.t, desk)
}

// kill ends the process as kill -9 does: nothing is written any more.
func (d *day) kill() {
	d.log.kill(d.rng.IntN(2) == 0)
	if err := d.stop(); err != nil && !errors.Is(err, errKilled) {
		d.t.Error(err)
	}
	d.kills++
	time.Sleep(time.Duration(1+d.rng.IntN(30)) * time.Second) // the restart
	d.start()
}

// raise says a thing until the desk has written it down, as the one does who
// sees it: his rule holds as long as the thing is there.
func (d *day) raise(r Raise, dying bool) string {
	for range 100 {
		if dying {
			dying = false
			d.log.kill(d.rng.IntN(2) == 0)
			_, _ = d.now().Raise(context.Background(), r)
			d.kill()
			continue
		}
		id, err := d.now().Raise(context.Background(), r)
		if err == nil {
			return id
		}
		time.Sleep(time.Second)
	}
	d.t.Fatal("never raised")
	return ""
}

// TestDay runs 24 hours' worth of alarms in virtual time. The receivers are
// down a third of it, half of the 20 kills fall into a raise. No alarm is lost,
// none is there twice, and every delivery comes to an end that the log tells.
func TestDay(t *testing.T) {
	for seed := range uint64(2) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { runDay(t, seed) })
		})
	}
}

func runDay(t *testing.T, seed uint64) {
	t.Logf("seed %d", seed)
	d := &day{t: t, rng: rand.New(rand.NewPCG(seed, 7)), memory: eventtest.NewMemory(), set: site(t)}
	start := time.Now()
	down := func(at time.Time) bool { return at.Sub(start)%(90*time.Minute) < 30*time.Minute }
	push, mail, beacon := newPeer(true), newPeer(false), &lamp{peer: newPeer(false)}
	push.down, mail.down, push.slow, push.desk = down, down, 50*time.Millisecond, d.now
	answers := rand.New(rand.NewPCG(seed, 8))
	var mu sync.Mutex
	push.answers = func(Notice) []DeliveryState {
		mu.Lock()
		defer mu.Unlock()
		switch answers.IntN(4) {
		case 0:
			return nil
		case 1:
			return []DeliveryState{Received}
		case 2:
			return []DeliveryState{Received, Opened}
		}
		return []DeliveryState{Received, Opened, AckedDelivery}
	}
	d.by = map[string]Deliverer{"push": push, "mail": mail, "beacon": beacon}
	d.start()

	type fact struct {
		key      string
		severity event.Severity
	}
	raised := map[string]fact{} // by id
	var keys []string           // of each occasion, in order
	twice := 0
	nextKill, kills := start.Add(time.Hour), 0
	for n := 0; time.Since(start) < 24*time.Hour; n++ {
		time.Sleep(time.Duration(30+d.rng.IntN(240)) * time.Second)
		key := fmt.Sprintf("zone/%d/occasion/%d", d.rng.IntN(6), n)
		r := Raise{Key: key, From: "watch/yard", Zone: "yard", Severity: event.Medium + event.Severity(d.rng.IntN(3)), Text: "somebody is in the zone"}
		dying := false
		if kills < 20 && time.Now().After(nextKill) {
			nextKill = nextKill.Add(time.Hour)
			kills++
			if dying = kills%2 == 0; !dying {
				d.kill()
			}
		}
		id := d.raise(r, dying)
		if other, ok := raised[id]; ok && other.key != key {
			t.Fatalf("one alarm for %s and %s", key, other.key)
		}
		raised[id] = fact{key, r.Severity}
		keys = append(keys, key)
		for range d.rng.IntN(3) { // seen again
			if again := d.raise(r, false); again != id {
				twice++
			}
		}
		switch d.rng.IntN(3) {
		case 0:
			_ = d.now().Acknowledge(context.Background(), id, "user:li", "")
		case 1:
			time.Sleep(time.Duration(d.rng.IntN(60)) * time.Second)
			_ = d.now().Clear(context.Background(), key, "", "", "")
		}
	}
	// The night is over: the receivers are up, and whoever is called acknowledges.
	for _, p := range []*peer{push, mail} {
		p.mu.Lock()
		p.down = nil
		p.mu.Unlock()
	}
	push.mu.Lock()
	push.answers = func(Notice) []DeliveryState { return []DeliveryState{Received, AckedDelivery} }
	push.mu.Unlock()
	time.Sleep(2 * time.Hour)
	p, err := d.now().Look(context.Background(), 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range p.Alarms {
		if a.State == Unacknowledged || a.State == Returned {
			t.Errorf("alarm %s of %s never reached anybody: %s, %s", a.ID, a.Raised, a.State, a.Severity)
		}
	}
	if err := d.stop(); err != nil {
		t.Fatal(err)
	}

	inLog := map[string][]string{} // alarms by key
	for _, e := range d.memory.Events() {
		if x, err := event.As[event.AlarmRaised](e); err == nil && x.Again == 0 {
			inLog[x.Key] = append(inLog[x.Key], e.Subject)
		}
	}
	lost := 0
	for _, key := range keys {
		if len(inLog[key]) == 0 {
			lost++
		}
		twice += max(len(inLog[key])-1, 0)
	}
	if lost != 0 || twice != 0 || len(inLog) != len(keys) || kills != 20 {
		t.Errorf("%d alarms, %d kills: %d lost, %d doubled, %d keys in the log; want 20 kills, nothing lost, nothing doubled", len(keys), d.kills, lost, twice, len(inLog))
	}
	by := account(t, d.memory.Events())
	sends := 0
	push.mu.Lock()
	for _, n := range push.got {
		sends += n
	}
	distinct := len(push.got)
	push.mu.Unlock()
	t.Logf("%d alarms, %d kills, %d events; deliveries by their end: %v; pushes %d for %d notices", len(keys), d.kills, len(d.memory.Events()), by, sends, distinct)
	if by[string(Pending)] > 0 {
		t.Errorf("%d deliveries have no end", by[string(Pending)])
	}
}

// account follows every delivery through the log: it begins with pending, goes
// forward only, and each step comes once.
func account(t *testing.T, events []event.Event) map[string]int {
	t.Helper()
	order := map[event.Type]DeliveryState{
		event.NotifyPending{}.EventType(): Pending, event.NotifySent{}.EventType(): SentOut, event.NotifyReceived{}.EventType(): Received,
		event.NotifyOpened{}.EventType(): Opened, event.NotifyAcknowledged{}.EventType(): AckedDelivery, event.NotifyFailed{}.EventType(): Failed,
	}
	last := map[string]DeliveryState{}
	seen := map[string][]DeliveryState{}
	for _, e := range events {
		s, ok := order[e.Type]
		if !ok {
			continue
		}
		var p struct {
			Delivery string `json:"delivery"`
		}
		if err := json.Unmarshal(e.Data, &p); err != nil {
			t.Fatal(err)
		}
		if p.Delivery == "" {
			continue
		}
		was, begun := last[p.Delivery]
		switch {
		case s == Pending && begun, s != Pending && !begun, slices.Contains(seen[p.Delivery], s):
			t.Errorf("delivery %s: %s after %v", p.Delivery, s, seen[p.Delivery])
		case s != Failed && was != Failed && begun && s.rank() <= was.rank():
			t.Errorf("delivery %s: %s after %s", p.Delivery, s, was)
		}
		seen[p.Delivery] = append(seen[p.Delivery], s)
		last[p.Delivery] = s
	}
	out := map[string]int{}
	for _, s := range last {
		out[string(s)]++
	}
	return out
}
