package module

import (
	"context"
	"fmt"
	"strings"
	"time"

	"linesman/event"
)

// suite is one run. It belongs to one goroutine.
type suite struct {
	Settings
	manifest *Manifest
	site     *site
	process  *process
	report   *Report

	want []answer // over the whole run
}

// How long the appliance is away or busy.
const outage = 2 * time.Second

// knocksAtMost is how often a module may ask within an outage.
const knocksAtMost = 40

// run tries clause after clause. A module that answers nothing is not tried
// further: each clause would only say so again.
func (s *suite) run(ctx context.Context) error {
	clauses := []struct {
		name string
		try  func(context.Context) (why string, met bool, err error)
	}{
		{"starts, and proves itself by its token", s.starts},
		{"answers, and names the cause", s.answers},
		{"killed after an append was stored, before it was told: nothing lost, nothing doubled", s.killedUntold},
		{"killed in the middle: nothing lost, nothing doubled", s.killed},
		{"the appliance starts again: the module goes on by itself", s.restarted},
		{"503 and 429 for a while, connections broken: it waits, and asks again", s.refused},
		{"ignores unknown fields and unknown types", s.strangers},
		{"ids are UUIDv7", s.ids},
		{"asks for nothing and says nothing outside its scope", s.scope},
		{"says nothing twice and nothing unasked, over the whole run", s.whole},
	}
	hopeless := false
	for i, c := range clauses {
		why, met := "not tried: it does not answer", false
		if !hopeless {
			var err error
			if why, met, err = c.try(ctx); err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			hopeless = i < 2 && !met
		}
		done := Clause{Name: c.name, Met: met, Why: why}
		s.report.Clauses = append(s.report.Clauses, done)
		if s.Progress != nil {
			s.Progress(done)
		}
	}
	return ctx.Err()
}

// start launches the module.
func (s *suite) start() (err error) {
	s.process, err = launch(s.Dir, s.Command, "http://"+s.site.addr, s.site.token)
	return err
}

// seq is the newest event's.
func (s *suite) seq() uint64 { return s.site.log.Last() }

// round draws a round and remembers what is wanted.
func (s *suite) round(strange bool) (round, error) {
	r, err := s.manifest.newRound(strange)
	s.want = append(s.want, r.want...)
	return r, err
}

// settle waits for a round's answers and says what was wrong with them.
func (s *suite) settle(ctx context.Context, after uint64, want []answer) (why string, met bool, err error) {
	s.site.await(ctx, s.manifest, after, want, s.Patience)
	said, err := s.site.said(ctx, s.manifest, after)
	if err != nil {
		return "", false, err
	}
	if why = compare(said, want); why == "" {
		return fmt.Sprintf("%d of %d answers", len(want), len(want)), true, nil
	}
	if end := s.process.ended(); end != "" {
		why += "; " + end
	}
	return why, false, nil
}

// compare says how what was said differs from what is wanted; "" if it does not.
func compare(said []event.Event, want []answer) string {
	open, times := map[answer]bool{}, map[answer]int{}
	for _, a := range want {
		open[a] = true
	}
	var causeless, unasked, doubled []string
	for _, e := range said {
		a := answer{e.Type, e.Cause}
		times[a]++
		switch {
		case e.Cause == "":
			causeless = append(causeless, e.ID)
		case !open[a]:
			unasked = append(unasked, e.ID)
		case times[a] == 2:
			doubled = append(doubled, e.Cause)
		}
	}
	var missing []string
	for _, a := range want {
		if times[a] == 0 {
			missing = append(missing, a.cause)
		}
	}
	var out []string
	for _, w := range []struct {
		what string
		ids  []string
	}{
		{"without a cause: event", causeless}, {"not asked for: event", unasked},
		{"said twice, of cause", doubled}, {"lost, of cause", missing},
	} {
		if n := len(w.ids); n > 0 {
			out = append(out, fmt.Sprintf("%d of %d %s %s", n, max(len(want), len(said)), w.what, strings.Join(w.ids[:min(n, 3)], ", ")))
		}
	}
	return strings.Join(out, "; ")
}

func (s *suite) starts(ctx context.Context) (string, bool, error) {
	began := time.Now()
	if err := s.start(); err != nil {
		return err.Error(), false, nil
	}
	ctx, cancel := context.WithTimeout(ctx, s.Patience)
	defer cancel()
	if s.site.door.await(ctx, 0, 1) != nil {
		return fmt.Sprintf("it asked nothing of LINESMAN_URL within %s. %s", s.Patience, s.process.ended()), false, nil
	}
	return fmt.Sprintf("first request after %d ms", time.Since(began).Milliseconds()), true, nil
}

func (s *suite) answers(ctx context.Context) (string, bool, error) {
	after := s.seq()
	r, err := s.round(false)
	if err != nil {
		return "", false, err
	}
	if err := s.site.feed(ctx, r.events); err != nil {
		return "", false, err
	}
	return s.settle(ctx, after, r.want)
}

func (s *suite) strangers(ctx context.Context) (string, bool, error) {
	after := s.seq()
	r, err := s.round(true)
	if err != nil {
		return "", false, err
	}
	for _, e := range r.events {
		if err := s.site.feed(ctx, append(s.manifest.novelties(), e)); err != nil {
			return "", false, err
		}
	}
	return s.settle(ctx, after, r.want)
}

func (s *suite) ids(ctx context.Context) (string, bool, error) {
	said, err := s.site.said(ctx, s.manifest, 0)
	if err != nil {
		return "", false, err
	}
	for _, e := range said {
		id, ok := event.ParseID(e.ID)
		if !ok {
			return fmt.Sprintf("event %s has none", e.ID), false, nil
		}
		if off := time.Since(id.Born()); off > time.Hour || off < -time.Minute {
			return fmt.Sprintf("event %s says that it was born %s, which is not the time of this run", e.ID, id.Born().Format(time.RFC3339)), false, nil
		}
	}
	return fmt.Sprintf("%d of %d", len(said), len(said)), len(said) > 0, nil
}

func (s *suite) scope(ctx context.Context) (string, bool, error) {
	if bad := s.site.door.refusals(); len(bad) > 0 {
		return fmt.Sprintf("%d requests were refused: %s", len(bad), strings.Join(bad[:min(3, len(bad))], "; ")), false, nil
	}
	said, err := s.site.said(ctx, s.manifest, 0)
	if err != nil {
		return "", false, err
	}
	for _, e := range said {
		if !covers(s.manifest.Writes, e.Type) {
			return fmt.Sprintf("event %s is of type %s", e.ID, e.Type), false, nil
		}
	}
	asked, _ := s.site.door.count()
	return fmt.Sprintf("%d requests, none refused for what it asked", asked), true, nil
}

// whole plays one more round, behind which everything before is done, and
// holds all that was ever said against all that was asked.
func (s *suite) whole(ctx context.Context) (string, bool, error) {
	if _, met, err := s.answers(ctx); err != nil || !met {
		return "it does not answer a last round", false, err
	}
	return s.settle(ctx, 0, s.want)
}
