//go:build cgo

package line_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync/atomic"
	"testing"

	"linesman/event"
	"linesman/line"
	"linesman/models"
	"linesman/part"
	"linesman/sim/belt"
	"linesman/vision"
)

// signed is a detector that leaves its mark in every score: a few thousandths.
type signed struct {
	spots
	mark   int
	closed *atomic.Int32 // is counted up by Close; may be nil
}

func (s signed) Model() models.Model {
	return models.Model{Name: "spots", Version: fmt.Sprint(s.mark), SHA256: fmt.Sprint("model ", s.mark)}
}

func (s signed) Close() error { s.closed.Add(1); return nil }

func (s signed) Detect(ctx context.Context, crops []vision.Crop, ask models.Ask, out []models.Result) error {
	err := s.spots.Detect(ctx, crops, ask, out)
	for i := range out[:len(crops)] {
		out[i].Anomaly += float64(s.mark) / 1000
	}
	return err
}

// markOf reads a detector's mark off a score.
func markOf(score float64) int { return int(math.Round(score*1000)) % 100 }

// turned is one changeover of a test.
type turned struct {
	line.Changeover
	mark   int
	closed *atomic.Int32
}

// turn changes a running line over.
func (p *plant) turn(name string, version, mark int, from part.Tick, actor string) (turned, error) {
	p.t.Helper()
	c := turned{mark: mark, closed: new(atomic.Int32)}
	setup := p.setup(p.parse(name, version, ""), signed{mark: mark, closed: c.closed})
	setup.Close = setup.Detector.Close
	setup.Model = event.ModelActivated{Name: "spots", Version: fmt.Sprint(mark), Hash: fmt.Sprint("model ", mark)}
	var err error
	c.Changeover, err = p.station.Change(setup, from, "operator", actor)
	return c, err
}

// arrived waits until the belt is so many parts beyond the place of a changeover at
// the gate, and the line knows.
func (p *plant) arrived(c turned, parts int) {
	p.t.Helper()
	at := c.From.Add(int64((p.layout.GateMM + 200) * p.layout.PerMM))
	if !p.await(patience, func(r record) bool {
		p.release()
		n := len(r.fates)
		return n > parts && at.Before(r.fates[n-parts].tick) && !p.station.Changing()
	}) {
		p.t.Fatalf("no part of %s came to the gate%s", c.Recipe, p.describe())
	}
}

// judgedBy holds every verdict to what its place on the belt asks for: recipe,
// model, the mark of the detector that looked, and the batch.
func (p *plant) judgedBy(first turned, all ...turned) (counts []int) {
	p.t.Helper()
	all = append([]turned{first}, all...)
	counts = make([]int, len(all))
	r, _ := p.record()
	for _, e := range r.events {
		j, err := event.As[event.PartJudged](e)
		if err != nil {
			continue
		}
		place, want := part.Tick(j.Due).Add(-int64(p.layout.GateMM*p.layout.PerMM)), 0
		for i, c := range all {
			if !place.Before(c.From) {
				want = i
			}
		}
		counts[want]++
		c := all[want]
		marked := markOf(j.Score) == c.mark || j.Late // where it is too late nobody is asked
		if j.Recipe != c.Recipe || e.Batch != c.Batch || j.ModelHash != fmt.Sprint("model ", c.mark) || !marked {
			p.t.Errorf("part at place %v is judged by %s (%s, score %.3f) in batch %s; it belongs to %s (mark %d) in %s from %v on", place, j.Recipe, j.ModelHash, j.Score, e.Batch, c.Recipe, c.mark, c.Batch, c.From)
		}
		for _, why := range j.Reasons {
			if strings.Contains(why.Text, "changeover") || strings.Contains(why.Text, "no frame") {
				p.t.Errorf("part at place %v, changeover at %v: %s", place, c.From, why.Text)
			}
		}
	}
	return counts
}

// batches returns what the log says of each batch's beginning and end, in order.
func (p *plant) batches() (opened []string, closed map[string]event.BatchClosed) {
	p.t.Helper()
	closed = map[string]event.BatchClosed{}
	r, _ := p.record()
	for _, e := range r.events {
		if _, err := event.As[event.BatchOpened](e); err == nil {
			opened = append(opened, e.Batch)
		}
		if b, err := event.As[event.BatchClosed](e); err == nil {
			if _, twice := closed[e.Batch]; twice {
				p.t.Errorf("batch %s is closed twice", e.Batch)
			}
			closed[e.Batch] = b
		}
	}
	return opened, closed
}

// TestChangeover changes a running line's recipe in the midst of its parts, to
// another version, to another product at a tick of the belt, and to a third: every
// part is judged by what its place on the belt asks for, and the accounts of all
// batches close on what came out at the gate.
func TestChangeover(t *testing.T) {
	view := func(id part.CameraID) line.View {
		return line.View{Camera: id, AtMM: discs().CameraMM, MMPerPx: discs().MMPerPx}
	}
	for name, b := range map[string]build{
		"one part a picture":   {layout: discs()},
		"many parts a picture": {layout: pills()},
		"two views":            {layout: discs(), views: []line.View{view("top"), view("side")}},
		"pulses":               {layout: discs(), mode: line.ModePulse},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			layout := b.layout
			b.seed, b.workers, b.detector = *seed, 2, signed{mark: 1, closed: new(atomic.Int32)}
			p := newPlant(t, b)
			first := turned{Changeover: line.Changeover{Recipe: "disc@1", Batch: "b1"}, mark: 1}
			if err := p.running(patience); err != nil {
				t.Fatal(err)
			}
			second, err := p.turn("disc", 2, 2, line.Next, "anna")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := p.turn("disc", 3, 9, line.Next, "anna"); err == nil || !strings.Contains(err.Error(), "ask again") {
				t.Errorf("a second changeover on the same stretch of belt: %v", err)
			}
			p.arrived(second, 20)
			if n := second.closed.Load(); n != 0 {
				t.Errorf("what judges now was closed %d times", n)
			}
			for tick, cure := range map[part.Tick]string{
				second.From:                "is past",
				second.From.Add(1 << 40):   "ask nearer",
				{Epoch: 7, Count: 1 << 40}: "epoch",
			} {
				if _, err := p.turn("other", 1, 9, tick, "bert"); err == nil || !strings.Contains(err.Error(), cure) {
					t.Errorf("a changeover at %v: %v, want %q", tick, err, cure)
				}
			}
			if _, err := p.turn("disc", 2, 2, line.Next, "bert"); err == nil || !strings.Contains(err.Error(), "already") {
				t.Errorf("a changeover to what judges: %v", err)
			}
			ahead := p.station.Status().Belt.Count + int64(300*layout.PerMM)
			third, err := p.turn("other", 1, 3, part.Tick{Count: ahead}, "bert") // of the belt's epoch
			if err != nil {
				t.Fatal(err)
			}
			p.arrived(third, 20)
			fourth, err := p.turn("disc", 2, 4, line.Next, "anna")
			if err != nil {
				t.Fatal(err)
			}
			p.arrived(fourth, 20)
			p.finish()

			counts := p.judgedBy(first, second, third, fourth)
			if slices.Min(counts) < 10 {
				t.Errorf("judged by each of the recipes: %v", counts)
			}
			if second.closed.Load() != 1 || third.closed.Load() != 1 || fourth.closed.Load() != 1 {
				t.Errorf("closed: %d, %d, %d times", second.closed.Load(), third.closed.Load(), fourth.closed.Load())
			}
			if second.Batch != "b1" || second.Was != "disc@1" || third.Was != "disc@2" || fourth.Was != "other@1" {
				t.Errorf("changeovers %+v, %+v, %+v", second, third, fourth)
			}
			opened, closed := p.batches()
			if want := []string{"b1", third.Batch, fourth.Batch}; !slices.Equal(opened, want) || len(closed) != 3 {
				t.Errorf("batches %v were opened, want %v; closed %v", opened, want, closed)
			}
			var sum event.Account
			for id, b := range closed {
				if !b.Balanced || b.Account.Travelling != 0 {
					t.Errorf("batch %s is closed with %+v", id, b)
				}
				sum.Exited, sum.Ejected, sum.Verdicts = sum.Exited+b.Account.Exited, sum.Ejected+b.Account.Ejected, sum.Verdicts+b.Account.Verdicts
			}
			got, n := p.truth(), 0
			for _, c := range counts {
				n += c
			}
			if len(got.silent)+got.unjudged > 0 || uint64(got.passed) != sum.Exited || uint64(got.rejected) != sum.Ejected || uint64(n) != sum.Verdicts {
				t.Errorf("at the gate %+v, verdicts %d; the accounts have %+v", got, n, sum)
			}
			p.activated(second, third, fourth)
			t.Logf("seed %d: judged by each %v, at the gate %+v", *seed, counts, got)
		})
	}
}

// activated holds the log's words on the changeovers to what was asked.
func (p *plant) activated(want ...turned) {
	p.t.Helper()
	r, _ := p.record()
	var said []event.RecipeActivated
	var models []event.ModelActivated
	var actors []string
	for _, e := range r.events {
		if a, err := event.As[event.RecipeActivated](e); err == nil {
			said, actors = append(said, a), append(actors, e.Actor)
		}
		if m, err := event.As[event.ModelActivated](e); err == nil {
			models = append(models, m)
		}
	}
	if len(said) != len(want) || len(models) != len(want) {
		p.t.Fatalf("the log has %d changeovers and %d models, want %d: %+v", len(said), len(models), len(want), said)
	}
	for i, w := range want {
		if a := said[i]; a.Recipe != w.Recipe || a.Was != w.Was || part.Tick(a.From) != w.From || a.Why != "operator" || a.Line != "disc-1" || actors[i] == "system" ||
			models[i].Hash != fmt.Sprint("model ", w.mark) || models[i].Line != "disc-1" {
			p.t.Errorf("the log says %+v and %+v by %s of %+v", a, models[i], actors[i], w)
		}
	}
}

// TestChangeoverOverRestart restarts the controller between asking and the tick
// asked for: the ticks begin anew, all that was on the belt is rejected, and what
// comes after is judged by the new recipe.
func TestChangeoverOverRestart(t *testing.T) {
	t.Parallel()
	p := newPlant(t, build{seed: *seed, workers: 2, detector: signed{mark: 1, closed: new(atomic.Int32)}})
	if err := p.running(patience); err != nil {
		t.Fatal(err)
	}
	ahead := int64(p.belt.Read().Encoder) + int64(20000*p.layout.PerMM)
	c, err := p.turn("other", 1, 2, part.Tick{Epoch: 1, Count: ahead}, "anna")
	if err != nil {
		t.Fatal(err)
	}
	if st := p.station.Status(); st.Recipe != "disc@1" || st.Batch != "b1" {
		t.Errorf("before its tick the changeover shows in %+v", st)
	}
	if err := p.belt.Fault(string(belt.PLCRestart), 0); err != nil {
		t.Fatal(err)
	}
	if !p.await(patience, func(record) bool { p.release(); return p.station.Status().Recipe == "other@1" }) {
		t.Fatal("the changeover never came" + p.describe())
	}
	if err := p.running(patience); err != nil {
		t.Fatal(err)
	}
	p.arrived(turned{Changeover: line.Changeover{From: part.Tick{Epoch: 2}}}, 10)
	p.finish()
	if counts := p.judgedBy(turned{Changeover: line.Changeover{Recipe: "disc@1", Batch: "b1"}, mark: 1}, c); counts[0] < 5 || counts[1] < 5 {
		t.Errorf("judged by each: %v", counts)
	}
	opened, closed := p.batches()
	if !slices.Equal(opened, []string{"b1", c.Batch}) || len(closed) != 2 {
		t.Errorf("opened %v, closed %+v", opened, closed)
	}
	if got := p.truth(); len(got.silent)+got.unjudged > 0 {
		t.Errorf("on the good side unjudged %d, not named %v", got.unjudged, got.silent)
	}
}
