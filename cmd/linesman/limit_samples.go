package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"linesman/config"
	"linesman/event"
	"linesman/event/evidence"
	"linesman/line"
	"linesman/part"
	"linesman/proof"
	"linesman/recipe"
)

// SampleJudgeCmd judges the limit samples.
type SampleJudgeCmd struct {
	SiteFlag
	Line string `help:"The line. Default: the site's only one."`
	JSON bool   `help:"Print it as JSON."`
}

// Help says what it shows.
func (SampleJudgeCmd) Help() string {
	return `Labelled parts with pictures are the limit samples: those labelled good or a false
reject have to pass, those labelled a missed defect or a defect to be rejected. Parts that
the model was taught from are among them and in no bound: they show that nothing was lost.
A running appliance judges them by itself when a recipe becomes active and once a
day, and logs the result as samples.judged. Exit status 1 if a bad part passes.

  linesman sample judge -c site.yaml --line caps-1`
}

// Run judges them, at the lowest priority.
func (c *SampleJudgeCmd) Run(ctx context.Context) error {
	giveWay(1)
	site, id, err := siteAndLine(c.Config, c.Line)
	if err != nil {
		return err
	}
	log, err := openLogFiles(logFolder(site))
	if err != nil {
		return err
	}
	defer log.Close()
	rec, err := site.Recipe(id)
	if err != nil {
		return err
	}
	s, err := limitSamples(ctx, log, site, id, rec, nil)
	if err != nil {
		return err
	}
	s.Why = "operator"
	if c.JSON {
		err = printJSON(os.Stdout, s)
	} else {
		err = tellSamples(s)
	}
	if err == nil && s.Bad.Wrong > 0 {
		err = fmt.Errorf("line %s: recipe %s lets %d known-bad parts through: do not judge by it; make a candidate that knows them (linesman candidate make), or lower limits.anomaly", id, rec.ID(), s.Bad.Wrong)
	}
	return err
}

func tellSamples(s event.SamplesJudged) error {
	fmt.Printf("%s by model %s\n", s.Recipe, s.Model)
	for _, row := range proof.TellLimitSamples(s) {
		fmt.Println(row)
	}
	if s.Unjudged > 0 {
		fmt.Printf("%d could not be judged: no picture of them is kept\n", s.Unjudged)
	}
	for _, w := range s.Wrong {
		fmt.Printf("part %s, labelled %s: %s, score %.3g, picture %s\n", w.Part, w.Label, w.Outcome, w.Score, w.Picture)
	}
	return nil
}

// limitSamples judges the labelled parts of a line and product by a recipe.
func limitSamples(ctx context.Context, log proof.Log, site *config.Site, id part.LineID, rec *recipe.Recipe, between func() error) (event.SamplesJudged, error) {
	all, err := (&proof.Labels{Log: log}).List(ctx, string(id), nil)
	if err != nil {
		return event.SamplesJudged{}, err
	}
	var labels []proof.Labelled
	for _, l := range all.Samples {
		if nameOf(l.Recipe) == rec.Name {
			labels = append(labels, l)
		}
	}
	from, err := readMadeFrom(rec.ModelDir())
	if err != nil {
		return event.SamplesJudged{}, err
	}
	setup, err := openSetup(rec)
	if err != nil {
		return event.SamplesJudged{}, err
	}
	defer setup.Close()
	r := &proof.Replay{Log: log, Evidence: evidence.Folder(filepath.Join(site.Path(site.Data), "evidence")).Get,
		Judges: func(string, string, string) (proof.Rejudge, error) {
			return line.Again{Recipe: rec, Detector: setup.Detector}.Judge, nil
		}}
	s, err := r.LimitSamples(ctx, labels, from.taught(), between)
	s.Line, s.Recipe, s.RecipeHash = string(id), rec.ID(), rec.Hash()
	s.Model, s.ModelHash = setup.Model.Name+"@"+setup.Model.Version, setup.Model.Hash
	return s, err
}

const (
	samplesEvery = 24 * time.Hour
	samplesRest  = 50 * time.Millisecond // after each, so that the line has the cores
)

// prover judges a line's limit samples by what it judges by.
type prover struct {
	line   part.LineID
	source string // of its events
	judge  func(ctx context.Context, by *recipe.Recipe) (event.SamplesJudged, error)
	events event.Sink
	log    *slog.Logger
}

// run judges them whenever a recipe becomes active, and once a day, until ctx ends. It
// only says what it finds: nothing changes by it. Samples that can not be judged are
// tried again the next day. The first recipe must be on its way.
func (p *prover) run(ctx context.Context, active <-chan *recipe.Recipe) error {
	daily := time.NewTicker(samplesEvery)
	defer daily.Stop()
	var by *recipe.Recipe
	for {
		why := "schedule"
		select {
		case <-ctx.Done():
			return nil
		case by = <-active:
			why = "activation"
		case <-daily.C:
		}
		s, err := p.judge(ctx, by)
		switch {
		case ctx.Err() != nil:
			return nil
		case err != nil:
			p.log.Error("the limit samples could not be judged", "line", p.line, "recipe", by.ID(), "err", err)
			continue
		case s.Good.Parts+s.Bad.Parts+s.Unjudged == 0:
			continue // nobody labelled any part of this product
		}
		s.Why = why
		p.events.Emit(event.New(p.source, "samples", time.Now(), s))
	}
}

// prover returns the one of a line of this appliance, which rests after each sample.
func (a *appliance) prover(id part.LineID) *prover {
	return &prover{line: id, source: "/" + a.site.Name + "/line/" + string(id), events: a.ring, log: a.log,
		judge: func(ctx context.Context, by *recipe.Recipe) (event.SamplesJudged, error) {
			return limitSamples(ctx, a.store, a.site, id, by, func() error {
				select {
				case <-ctx.Done():
					return ctx.Err()
				case <-time.After(samplesRest):
					return nil
				}
			})
		}}
}
