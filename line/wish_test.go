//go:build cgo

package line_test

import (
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"linesman/event"
	"linesman/line"
	"linesman/part"
)

// TestProductByTheController has the controller ask for products by their numbers
// while parts go on coming: none is passed between the number and the changeover,
// every other is judged by its product's recipe, and the controller is told which
// number is judged by.
func TestProductByTheController(t *testing.T) {
	t.Parallel()
	wanted := make(chan string, 4)
	p := newPlant(t, build{seed: *seed, defects: -1, workers: 2, detector: signed{mark: 1, closed: new(atomic.Int32)},
		products: map[int]string{1: "disc", 2: "other", 3: "broken"}, wanted: func(product string) { wanted <- product }})
	if err := p.running(patience); err != nil {
		t.Fatal(err)
	}
	p.plc.Choose(1) // what is judged by already
	if !p.await(patience, func(record) bool { p.release(); return p.plc.Judging() == 1 }) {
		t.Fatalf("the controller is told %d, want 1%s", p.plc.Judging(), p.describe())
	}
	asked := int64(p.belt.Read().Encoder)
	p.plc.Choose(2)
	if got := <-wanted; got != "other" {
		t.Errorf("wanted is %q", got)
	}
	if _, err := p.turn("disc", 2, 9, line.Next, "anna"); err == nil || !strings.Contains(err.Error(), "product 2 (other)") {
		t.Errorf("a changeover to another product than the controller asks for: %v", err)
	}
	p.await(300*time.Millisecond, func(record) bool { return false }) // a model takes its time to load
	if n := p.plc.Judging(); n != 1 && n != 0 {
		t.Errorf("before the changeover the controller is told %d", n)
	}
	second, err := p.turn("other", 1, 2, line.Next, "controller")
	if err != nil {
		t.Fatal(err)
	}
	p.arrived(second, 12)
	if n := p.plc.Judging(); n != 2 {
		t.Errorf("after the changeover the controller is told %d", n)
	}
	if len(wanted) > 0 {
		t.Errorf("wanted twice: %q", <-wanted)
	}
	p.finish()

	doubted, passed := 0, [2]int{}
	r, _ := p.record()
	for _, e := range r.events {
		j, err := event.As[event.PartJudged](e)
		if err != nil {
			continue
		}
		place := part.Tick(j.Due).Count - int64(p.layout.GateMM*p.layout.PerMM)
		switch between := place >= asked+int64(20*p.layout.PerMM) && place < second.From.Count; {
		case between && (j.Outcome == "pass" || !strings.Contains(string(e.Data), "changeover asked: the controller asks for product 2 (other)")):
			t.Errorf("between asking and changeover: %s", e.Data)
		case between:
			doubted++
		case j.Outcome == "pass" && place < asked:
			passed[0]++
			if j.Recipe != "disc@1" {
				t.Errorf("before asking: %s", e.Data)
			}
		case j.Outcome == "pass":
			passed[1]++
			if j.Recipe != "other@1" {
				t.Errorf("passed after asking: %s", e.Data)
			}
		}
	}
	if doubted < 2 || passed[0] < 5 || passed[1] < 5 {
		t.Errorf("%d doubted, passed before and after: %v", doubted, passed)
	}
	if got := p.truth(); len(got.silent)+got.unjudged > 0 {
		t.Errorf("on the good side unjudged %d, not named %v", got.unjudged, got.silent)
	}
	t.Logf("seed %d: %d parts between asking and changeover, passed before and after %v", *seed, doubted, passed)
}

// TestProductNobodyKnows has the controller ask for what can not be judged: the
// line holds and says what for, however often it is released, until the wish is
// taken back.
func TestProductNobodyKnows(t *testing.T) {
	t.Parallel()
	var p *plant
	p = newPlant(t, build{seed: *seed, defects: -1, products: map[int]string{1: "disc", 3: "broken"},
		wanted: func(product string) {
			go p.station.Refuse(product, errors.New("its model does not answer its samples"))
		}})
	for number, names := range map[uint16]string{7: "product 7, which lines.disc-1.products", 3: "product 3 (broken), which can not be judged: its model does not answer"} {
		if err := p.running(patience); err != nil {
			t.Fatal(err)
		}
		from, at := p.mark(), p.station.Status().Belt.Count // as read last: it may stand there since
		p.plc.Choose(number)
		held := says[event.LineHeld](names)
		if !p.await(patience, func(r record) bool { return held(r.events[from:]) && p.station.Status().PLC.Held }) {
			t.Fatalf("number %d: no hold%s", number, p.describe())
		}
		p.release()
		if !p.await(patience, func(record) bool {
			st := p.station.Status()
			return st.PLC.Held && st.State == "held" && strings.Contains(st.Why, names)
		}) {
			t.Errorf("number %d: after a release the line is %+v", number, p.station.Status())
		}
		p.plc.Choose(0)
		if err := p.running(patience); err != nil {
			t.Fatal(err)
		}
		until := int64(p.belt.Read().Encoder)
		r, _ := p.record()
		for _, e := range r.events[from:] {
			if j, err := event.As[event.PartJudged](e); err == nil {
				place := j.Due.Count - int64(p.layout.GateMM*p.layout.PerMM)
				if doubt := strings.Contains(string(e.Data), "changeover asked"); doubt && (place < at-int64(40*p.layout.PerMM) || place > until || j.Outcome == "pass") {
					t.Errorf("number %d, asked from %d to %d: %s", number, at, until, e.Data)
				}
			}
		}
	}
	p.finish()
	if got := p.truth(); len(got.silent)+got.unjudged > 0 {
		t.Errorf("on the good side unjudged %d, not named %v", got.unjudged, got.silent)
	}
}

// TestProductWaits has a controller that lets no part in until what it asks for is
// judged by: a changeover then costs no part at all.
func TestProductWaits(t *testing.T) {
	t.Parallel()
	wanted := make(chan string, 4)
	p := newPlant(t, build{seed: *seed, defects: -1, waits: true, detector: signed{mark: 1, closed: new(atomic.Int32)},
		products: map[int]string{1: "disc", 2: "other"}, wanted: func(product string) { wanted <- product }})
	if err := p.running(patience); err != nil {
		t.Fatal(err)
	}
	at := p.belt.Read()
	p.plc.Choose(2)
	if got := <-wanted; got != "other" {
		t.Errorf("wanted is %q", got)
	}
	p.await(500*time.Millisecond, func(record) bool { return false }) // a model takes its time to load
	if now := p.belt.Read(); now.Feeding || now.Travelled-at.Travelled < 200 {
		t.Errorf("while the model is loaded the belt is %+v", now)
	}
	second, err := p.turn("other", 1, 2, line.Next, "controller")
	if err != nil {
		t.Fatal(err)
	}
	p.arrived(second, 12)
	p.finish()
	counts := p.judgedBy(turned{Changeover: line.Changeover{Recipe: "disc@1", Batch: "b1"}, mark: 1}, second)
	late := int(p.station.Status().Counts.Late) // of itself, on a box beside which others compute
	if got := p.truth(); len(got.silent)+got.unjudged > 0 || got.lostGood > max(late, got.passed/10) || slices.Min(counts) < 12 {
		t.Errorf("judged by each %v, at the gate %+v, %d late", counts, got, late)
	}
}
