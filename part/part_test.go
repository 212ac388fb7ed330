package part

import (
	"encoding/json"
	"math/rand/v2"
	"testing"
	"testing/quick"
	"time"
)

func TestOutcomeZeroIsInconclusive(t *testing.T) {
	var o Outcome
	if o != Inconclusive || o.String() != "inconclusive" {
		t.Fatalf("zero outcome reads %q", o)
	}
	for _, want := range []Outcome{Inconclusive, Pass, Fail} {
		text, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got Outcome
		if err := json.Unmarshal(text, &got); err != nil || got != want {
			t.Errorf("%s: got %v, %v", text, got, err)
		}
	}
	if err := json.Unmarshal([]byte(`"ok"`), &o); err == nil {
		t.Error(`"ok" was taken for an outcome`)
	}
}

func TestUnrollerFollowsTheBelt(t *testing.T) {
	start := time.Now()
	tests := []struct {
		name  string
		bits  int
		raws  []uint64
		boots []uint64
		want  []Tick
	}{
		{"forwards", 16, []uint64{10, 20, 35}, []uint64{1, 1, 1}, []Tick{{1, 10}, {1, 20}, {1, 35}}},
		{"16 bits roll over", 16, []uint64{65530, 4}, []uint64{1, 1}, []Tick{{1, 65530}, {1, 65540}}},
		{"32 bits roll over", 32, []uint64{1<<32 - 5, 5}, []uint64{1, 1}, []Tick{{1, 1<<32 - 5}, {1, 1<<32 + 5}}},
		{"backwards", 16, []uint64{100, 90}, []uint64{1, 1}, []Tick{{1, 100}, {1, 90}}},
		{"backwards over zero", 16, []uint64{3, 65533}, []uint64{1, 1}, []Tick{{1, 3}, {1, -3}}},
		{"a jump no belt can make is a reset", 32, []uint64{500000, 0}, []uint64{1, 1}, []Tick{{1, 500000}, {2, 0}}},
		{"a restarted controller is a reset", 32, []uint64{50, 40}, []uint64{1, 2}, []Tick{{1, 50}, {2, 40}}},
		{"bits above the counter are ignored", 16, []uint64{0x10001, 0x20003}, []uint64{1, 1}, []Tick{{1, 1}, {1, 3}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			u := Unroller{Bits: tt.bits, MaxSpeed: 10000}
			for i, raw := range tt.raws {
				got, reset := u.Read(raw, tt.boots[i], start.Add(time.Duration(i)*20*time.Millisecond))
				if got != tt.want[i] {
					t.Errorf("reading %d of %v: got %v want %v", i, tt.raws, got, tt.want[i])
				}
				if wantReset := i > 0 && tt.want[i].Epoch != tt.want[i-1].Epoch; reset != wantReset {
					t.Errorf("reading %d: reset %v want %v", i, reset, wantReset)
				}
			}
		})
	}
}

func TestUnrollerIsExactOverManyRollovers(t *testing.T) {
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	rng := rand.New(rand.NewPCG(seed, 1))
	u := Unroller{Bits: 16, MaxSpeed: 1e6}
	at, want := time.Now(), int64(60000)
	u.Read(uint64(want), 1, at)
	for range 10000 {
		step := rng.Int64N(20000) - 3000
		want += step
		at = at.Add(20 * time.Millisecond)
		if got, reset := u.Read(uint64(want)&0xffff, 1, at); got != (Tick{1, want}) || reset {
			t.Fatalf("got %v, reset %v, want 1:%d", got, reset, want)
		}
		if edge := want - rng.Int64N(30000); u.Widen(uint64(edge)&0xffff) != (Tick{1, edge}) {
			t.Fatalf("latched %d widened to %v", edge, u.Widen(uint64(edge)&0xffff))
		}
	}
}

func TestNearInvertsTruncation(t *testing.T) {
	near := func(count int64, step int16) bool {
		count %= 1 << 40
		now := Tick{3, count}
		want := now.Add(int64(step))
		return now.Near(uint64(want.Count)&0xffff, 16) == want && now.Near(uint64(want.Count)&0xffffffff, 32) == want
	}
	if err := quick.Check(near, nil); err != nil {
		t.Error(err)
	}
}

func TestClockInterpolates(t *testing.T) {
	start := time.Now()
	var c Clock
	if p := c.At(start); p.Source != Unknown {
		t.Fatalf("no readings, yet position %v", p)
	}
	for i := range 300 { // 1000 counts a second
		c.Add(Tick{1, int64(i) * 20}, start.Add(time.Duration(i)*20*time.Millisecond))
	}
	last := start.Add(299 * 20 * time.Millisecond)
	tests := []struct {
		name   string
		at     time.Time
		want   int64
		source Source
	}{
		{"between readings", last.Add(-30 * time.Millisecond), 299*20 - 30, Interpolated},
		{"on a reading", last, 299 * 20, Interpolated},
		{"just after", last.Add(15 * time.Millisecond), 299*20 + 15, Timed},
		{"long after", last.Add(2 * time.Second), 0, Unknown},
	}
	for _, tt := range tests {
		got := c.At(tt.at)
		if got.Source != tt.source || tt.source != Unknown && abs(float64(got.Tick.Count-tt.want)) > 1 {
			t.Errorf("%s: got %+v want %d %v", tt.name, got, tt.want, tt.source)
		}
	}
	c.Add(Tick{2, 7}, last.Add(20*time.Millisecond))
	if p := c.At(last); p.Source != Unknown {
		t.Errorf("after a reset the old epoch still answers: %+v", p)
	}
}

func TestLedgerNamesWhatDiffers(t *testing.T) {
	closed := Ledger{FramesReceived: 9, Exposing: 1, FramesTriggered: 10, Found: 50, Verdicts: 50, AtGate: 44, Travelling: 5, Lost: 1, Ejected: 4, Exited: 38, Landing: 2}
	if got := closed.Check(); len(got) != 0 {
		t.Fatalf("a closed account differs: %v", got)
	}
	for name, change := range map[string]func(*Ledger){
		"frame":     func(l *Ledger) { l.FramesTriggered++ },
		"verdict":   func(l *Ledger) { l.Verdicts-- },
		"at gate":   func(l *Ledger) { l.AtGate++; l.Landing++ },
		"exit lost": func(l *Ledger) { l.Exited-- },
	} {
		l := closed
		change(&l)
		if got := l.Check(); len(got) != 1 {
			t.Errorf("%s: got %v, want one difference", name, got)
		}
	}
}
