package main

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"linesman/event"
	"linesman/recipe"
)

// proofs writes down when limit samples were said to be judged, by what and why.
type proofs struct {
	start time.Time
	said  []string
}

func (p *proofs) Emit(e event.Event) {
	if s, err := event.As[event.SamplesJudged](e); err == nil {
		p.said = append(p.said, time.Since(p.start).String()+" "+s.Recipe+" "+s.Why)
	}
}

// Limit samples are judged at each activation and once a day, by the newest recipe; what
// fails is tried again a day later, and where nobody labelled a part nothing is said.
func TestLimitSamplesAreJudgedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		caps := func(version int) *recipe.Recipe { return &recipe.Recipe{Name: "caps", Version: version} }
		told, active := &proofs{start: time.Now()}, make(chan *recipe.Recipe, 1)
		var broken, unlabelled atomic.Bool
		p := &prover{line: "caps-1", source: "/test/line/caps-1", events: told, log: slog.New(slog.DiscardHandler),
			judge: func(_ context.Context, by *recipe.Recipe) (event.SamplesJudged, error) {
				if broken.Load() {
					return event.SamplesJudged{}, errors.New("no picture is kept")
				}
				s := event.SamplesJudged{Line: "caps-1", Recipe: by.ID()}
				if !unlabelled.Load() {
					s.Bad.Parts = 3
				}
				time.Sleep(time.Minute)
				return s, nil
			}}
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		active <- caps(1)
		go func() { ended <- p.run(ctx, active) }()
		time.Sleep(49 * time.Hour)
		active <- caps(2)
		time.Sleep(time.Second)
		active <- caps(3) // while caps@2 is judged
		time.Sleep(time.Hour)
		broken.Store(true)
		time.Sleep(24 * time.Hour)
		broken.Store(false)
		unlabelled.Store(true)
		time.Sleep(24 * time.Hour)
		unlabelled.Store(false)
		time.Sleep(24 * time.Hour)
		stop()
		must(t, <-ended)
		want := []string{"1m0s caps@1 activation", "24h1m0s caps@1 schedule", "48h1m0s caps@1 schedule",
			"49h1m0s caps@2 activation", "49h2m0s caps@3 activation", "120h1m0s caps@3 schedule"}
		if !slices.Equal(told.said, want) {
			t.Errorf("judged %q, want %q", told.said, want)
		}
	})
}
