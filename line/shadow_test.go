//go:build cgo

package line_test

import (
	"context"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"linesman/event"
	"linesman/event/evidence"
	"linesman/line"
	"linesman/models"
	"linesman/vision"
)

// strict is a candidate that parts company with the line on either side; slow is
// how long it takes.
type strict struct {
	signed
	slow time.Duration
}

func (s strict) Detect(_ context.Context, crops []vision.Crop, _ models.Ask, out []models.Result) error {
	time.Sleep(s.slow)
	for i := range crops {
		out[i] = models.Result{Anomaly: strictly(&crops[i])}
	}
	return nil
}

// strictly judges a crop by its pixels alone: as by a hash, a third is bad.
func strictly(c *vision.Crop) float64 {
	sum := 0
	for i := 0; i < len(c.Pix); i += 3 {
		sum += int(c.Pix[i]) * (i%7 + 1)
	}
	if sum%3 == 0 {
		return 1.5
	}
	return 0.5
}

// remembering is a detector that remembers what the candidate would say of each crop that
// the line judges: the truth a shadow is held to.
type remembering struct {
	signed
	mu    *sync.Mutex
	would map[float64]bool // by the line's own score, made unlike any other: rejects
	n     *int
}

func (r remembering) Detect(ctx context.Context, crops []vision.Crop, ask models.Ask, out []models.Result) error {
	err := r.signed.Detect(ctx, crops, ask, out)
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range crops {
		*r.n++
		out[i].Anomaly += float64(*r.n) * 1e-7
		r.would[out[i].Anomaly] = strictly(&crops[i]) >= 1
	}
	return err
}

// candidate begins a shadow of the same product.
func (p *plant) candidate(version int, more string, d models.Detector, closed *atomic.Int32) error {
	p.t.Helper()
	setup := p.setup(p.parse("disc", version, more), d)
	setup.Close = func() error { closed.Add(1); return nil }
	return p.station.Shadow(&setup, "user:li")
}

// TestShadow has a candidate judge beside the line: what it says of each part is
// what judging the same picture says, the parts that change are named with their
// pictures, and the line's own verdicts are none of its business. Once it takes the
// line's crops, once it looks for the parts by itself.
func TestShadow(t *testing.T) {
	for name, more := range map[string]string{"the line's crops": "", "its own crops": "limits: {anomaly: 1.0}\n"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store, err := evidence.Open(evidence.Settings{Dir: t.TempDir(), Logger: quiet})
			if err != nil {
				t.Fatal(err)
			}
			defer store.Close()
			r := remembering{signed{mark: 1, closed: new(atomic.Int32)}, new(sync.Mutex), map[float64]bool{}, new(int)}
			p := newPlant(t, build{seed: *seed, defects: 0.3, detector: r, evidence: store})
			if err := p.running(patience); err != nil {
				t.Fatal(err)
			}
			var closed atomic.Int32
			own := strict{signed: signed{mark: 2, closed: new(atomic.Int32)}}
			setup := p.setup(p.parse("disc", 2, more), own)
			if name == "its own crops" {
				setup.Recipe.Part.MinAreaMM2 = 7 // it looks in another way
			}
			setup.Close = func() error { closed.Add(1); return nil }
			if err := p.station.Shadow(&setup, "user:li"); err != nil {
				t.Fatal(err)
			}
			if !p.await(patience, func(record) bool {
				p.release()
				sh := p.station.Status().Shadow
				return sh != nil && sh.Judged >= 40
			}) {
				t.Fatalf("the candidate has judged %+v%s", p.station.Status().Shadow, p.describe())
			}
			if err := p.station.Shadow(nil, "user:wu"); err != nil {
				t.Fatal(err)
			}
			p.finish()
			if closed.Load() != 1 {
				t.Errorf("the candidate was closed %d times", closed.Load())
			}
			p.shadowed(r, store)
			if got := p.truth(); len(got.silent)+got.unjudged+got.defective > 0 {
				t.Errorf("at the gate: %+v", got)
			}
		})
	}
}

// shadowed holds model.shadowed to the verdicts, and to what the candidate says of
// each of the same pictures.
func (p *plant) shadowed(truth remembering, store *evidence.Store) {
	p.t.Helper()
	r, _ := p.record()
	judged := map[string]event.PartJudged{}
	for _, e := range r.events {
		if j, err := event.As[event.PartJudged](e); err == nil && judged[e.Part].Line == "" {
			judged[e.Part] = j
		}
	}
	var sum event.ModelShadowed
	for _, e := range r.events {
		m, err := event.As[event.ModelShadowed](e)
		if err != nil {
			continue
		}
		if m.Recipe != "disc@2" || m.Was != "disc@1" || m.ModelHash != "model 2" || m.WasModel != "model 1" || e.Batch != "b1" {
			p.t.Errorf("%s", e.Data)
		}
		who := "system" // each minute
		switch {
		case m.Began:
			who = "user:li"
		case m.Ended != "":
			who = "user:wu"
		}
		if e.Actor != who || m.Began && m.Judged+m.Skipped > 0 || m.Began != sum.From.IsZero() {
			p.t.Errorf("by %q: %s", e.Actor, e.Data)
		}
		if sum.From.IsZero() {
			sum.From = m.From
		}
		sum.Judged, sum.Skipped, sum.Agreed = sum.Judged+m.Judged, sum.Skipped+m.Skipped, sum.Agreed+m.Agreed
		sum.WouldReject, sum.WouldPass, sum.Ended = sum.WouldReject+m.WouldReject, sum.WouldPass+m.WouldPass, m.Ended
		sum.Examples = append(sum.Examples, m.Examples...)
	}
	if sum.Judged != sum.Agreed+sum.WouldReject+sum.WouldPass || sum.WouldReject < 3 || sum.WouldPass < 3 || sum.Ended != "it was ended" {
		p.t.Errorf("the shadow's sums %+v", sum)
	}
	for _, x := range sum.Examples {
		j, ok := judged[x.Part]
		rejects, known := truth.would[j.Score]
		if !ok || !known || j.Outcome != x.Outcome || (x.Outcome == "pass") == (x.Would == "pass") || rejects != (x.Would != "pass") || rejects != (len(x.Reasons) > 0) {
			p.t.Errorf("the shadow says %+v; the line %s (%.7f), and of the same picture the candidate rejects: %v", x, j.Outcome, j.Score, rejects)
		}
		f, err := store.Open(p.t.Context(), x.Evidence)
		if err != nil {
			p.t.Errorf("of part %s: %v", x.Part, err)
			continue
		}
		f.Close()
	}
	if sum.Skipped == 0 { // then it judged the first parts seen since
		var since []event.PartJudged
		for _, j := range judged {
			if !j.Timing.Exposure.Before(sum.From) {
				since = append(since, j)
			}
		}
		slices.SortFunc(since, func(a, b event.PartJudged) int { return a.Timing.Exposure.Compare(b.Timing.Exposure) })
		var reject, pass uint64
		for _, j := range since[:min(len(since), int(sum.Judged))] {
			switch rejects := truth.would[j.Score]; {
			case j.Outcome == "pass" && rejects:
				reject++
			case j.Outcome != "pass" && !rejects:
				pass++
			}
		}
		if reject != sum.WouldReject || pass != sum.WouldPass {
			p.t.Errorf("of the first %d parts it would reject %d that passed and pass %d that were rejected; the log says %d and %d", sum.Judged, reject, pass, sum.WouldReject, sum.WouldPass)
		}
	}
	if len(sum.Examples) < 6 {
		p.t.Errorf("only %d parts that change are named", len(sum.Examples))
	}
	p.t.Logf("seed %d: judged %d, skipped %d, agreed %d, would reject %d, would pass %d, %d named", *seed, sum.Judged, sum.Skipped, sum.Agreed, sum.WouldReject, sum.WouldPass, len(sum.Examples))
}

// TestShadowSkips gives the candidate no time: the line goes on as without it, and
// what was not judged is counted.
func TestShadowSkips(t *testing.T) {
	t.Parallel()
	p := newPlant(t, build{seed: *seed, defects: -1})
	if err := p.running(patience); err != nil {
		t.Fatal(err)
	}
	var closed atomic.Int32
	slow := strict{signed: signed{mark: 2, closed: new(atomic.Int32)}, slow: 700 * time.Millisecond}
	for product, cure := range map[string]string{"other": "change over to other first", "disc": "already"} {
		setup := p.setup(p.parse(product, 1, ""), spots{})
		if err := p.station.Shadow(&setup, "user:li"); err == nil || !strings.Contains(err.Error(), cure) {
			t.Errorf("a candidate of %s: %v, want %q", product, err, cure)
		}
	}
	if err := p.candidate(2, "", slow, &closed); err != nil {
		t.Fatal(err)
	}
	if !p.await(patience, func(record) bool {
		p.release()
		sh := p.station.Status().Shadow
		return sh != nil && sh.Judged >= 2 && sh.Skipped >= 20
	}) {
		t.Fatalf("the candidate has judged %+v%s", p.station.Status().Shadow, p.describe())
	}
	c, err := p.turn("disc", 3, 4, line.Next, "anna")
	if err != nil {
		t.Fatal(err)
	}
	p.arrived(c, 4)
	if st := p.station.Status(); st.Shadow != nil {
		t.Errorf("after the changeover there is still %+v", st.Shadow)
	}
	p.finish()
	r, _ := p.record()
	if !slices.ContainsFunc(r.events, func(e event.Event) bool {
		m, err := event.As[event.ModelShadowed](e)
		return err == nil && m.Skipped >= 20 && m.Ended == "the line changed over to disc@3"
	}) {
		t.Error("the log has no last word of the candidate")
	}
	if closed.Load() != 1 {
		t.Errorf("the candidate was closed %d times", closed.Load())
	}
	// On a box beside which others compute a part may be late by itself.
	late := int(p.station.Status().Counts.Late)
	if got := p.truth(); len(got.silent)+got.unjudged > 0 || max(got.lostGood, late) > got.passed/10 {
		t.Errorf("beside a candidate that is too slow: %+v, %d late", got, late)
	}
}

// engaged is a detector that is done with a frame once the next is looked at: of a line
// that judges by it, a frame is always on its way, however fast the belt.
type engaged struct {
	strict
	taken *atomic.Int64 // trigger of the last frame looked at
}

func (e engaged) Detect(ctx context.Context, crops []vision.Crop, ask models.Ask, out []models.Result) error {
	for taken, began := e.taken.Load(), time.Now(); e.taken.Load() == taken && time.Since(began) < 150*time.Millisecond; {
		time.Sleep(2 * time.Millisecond)
	}
	return e.strict.Detect(ctx, crops, ask, out)
}

// TestShadowOfABusyLine: where a frame of the line's own is always on its way, the
// candidate judges next to nothing and says so, and the line goes on in time.
func TestShadowOfABusyLine(t *testing.T) {
	t.Parallel()
	busy := engaged{strict{signed: signed{mark: 1, closed: new(atomic.Int32)}}, new(atomic.Int64)}
	p := newPlant(t, build{seed: *seed, workers: 2, detector: busy, taken: busy.taken})
	if err := p.running(patience); err != nil {
		t.Fatal(err)
	}
	var closed atomic.Int32
	if err := p.candidate(2, "", strict{signed: signed{mark: 2, closed: new(atomic.Int32)}}, &closed); err != nil {
		t.Fatal(err)
	}
	if !p.await(patience, func(record) bool {
		p.release()
		sh := p.station.Status().Shadow
		return sh != nil && sh.Judged+sh.Skipped >= 60
	}) {
		t.Fatalf("the candidate has judged %+v%s", p.station.Status().Shadow, p.describe())
	}
	if sh := p.station.Status().Shadow; sh.Judged > sh.Skipped/5 {
		t.Errorf("beside a busy line the candidate judged %d parts and skipped %d", sh.Judged, sh.Skipped)
	}
	p.finish()
	if c := p.station.Status().Counts; c.Late > c.Pass/10 { // a box beside which others compute may be late by itself
		t.Errorf("%d parts were late, %d passed", c.Late, c.Pass)
	}
	if closed.Load() != 1 {
		t.Errorf("the candidate was closed %d times", closed.Load())
	}
}
