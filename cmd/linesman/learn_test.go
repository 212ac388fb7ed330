package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"linesman/event"
	"linesman/event/eventtest"
	"linesman/line"
	"linesman/part"
	"linesman/recipe"
)

// school is a learner with a site and a log of its own. Its teacher writes candidates
// that were never taught: what is tested is who does what, and when.
type school struct {
	t      *testing.T
	dir    string
	events *eventtest.Memory
	cores  atomic.Int64      // that are idle, thousandths
	fails  error             // of the teacher
	taught int               // candidates begun
	parts  int               // labelled so far
	beside *line.ShadowState // what judges beside the line
	stop   func()
}

func newSchool(t *testing.T, settings string) *school {
	t.Helper()
	v := &victim{t: t, model: "model", dir: t.TempDir(), plcAddress: "127.0.0.1:1", framesAddress: "127.0.0.1:2"}
	v.writeSite()
	file := filepath.Join(v.dir, "site.yaml")
	text, err := os.ReadFile(file)
	must(t, err)
	must(t, os.WriteFile(file, append(text, settings...), 0o644))
	s := &school{t: t, dir: v.dir, events: eventtest.NewMemory()}
	s.cores.Store(2000)
	return s
}

// start begins to learn as a new process does.
func (s *school) start() {
	s.t.Helper()
	s.beside = nil
	w := &learner{site: load(s.t, s.dir), log: slog.New(slog.NewTextHandler(s.t.Output(), nil)), read: s.events,
		tell: func(ctx context.Context, events ...event.Event) error {
			_, err := s.events.Append(ctx, events)
			return err
		},
		idle:   func() (float64, error) { return float64(s.cores.Load()) / 1000, nil },
		beside: func(part.LineID) *line.ShadowState { return s.beside },
		shadow: func(_ part.LineID, rec *recipe.Recipe) error {
			s.put(rec, learning)
			return nil
		},
		teach: func(context.Context, part.LineID, int) error {
			if s.taught++; s.fails != nil {
				return s.fails
			}
			s.write(fmt.Sprintf("v%d", s.taught), learning)
			return nil
		},
	}
	ctx, end := context.WithCancel(s.t.Context())
	done := make(chan error, 1)
	go func() { done <- w.run(ctx) }()
	s.t.Cleanup(end) // where the test ends early
	s.stop = func() {
		s.t.Helper()
		end()
		must(s.t, <-done)
		s.tell("", event.ModelShadowed{Line: "caps-1", ModelHash: s.hash(), Ended: "the line was stopped"})
	}
}

// tell logs something of the line.
func (s *school) tell(actor string, p event.Payload) {
	e := event.New("/plant/line/caps-1", "line", time.Now(), p)
	e.ID, e.Actor = event.NewID(), actor
	s.events.Emit(e)
}

// hash is of the model that judges beside the line, as write has it.
func (s *school) hash() string {
	if s.beside == nil {
		return ""
	}
	return "hash of " + strings.TrimPrefix(s.beside.Model, "caps@")
}

// put has a recipe judge beside the line; the log is told as a line does.
func (s *school) put(rec *recipe.Recipe, actor string) {
	version := strings.TrimPrefix(filepath.Base(rec.ModelDir()), candidatePrefix)
	s.beside = &line.ShadowState{Recipe: rec.ID(), Model: "caps@" + version}
	s.tell(actor, event.ModelShadowed{Line: "caps-1", Recipe: rec.ID(), Model: s.beside.Model, ModelHash: s.hash(), Began: true})
}

// end is a person who ends it.
func (s *school) end() {
	s.tell("user:li", event.ModelShadowed{Line: "caps-1", ModelHash: s.hash(), Ended: "it was ended"})
	s.beside = nil
}

// write puts a candidate's folder and draft there.
func (s *school) write(version, by string) (draft string) {
	s.t.Helper()
	dir := filepath.Join(s.dir, candidatePrefix+version)
	must(s.t, os.Mkdir(dir, 0o755))
	text := fmt.Appendf(nil, "recipe: caps\nversion: %d\npart: {diameter_mm: 28}\nmodel: %s\n", 100+s.taught, filepath.Base(dir))
	rec, err := recipe.Parse(text)
	must(s.t, err)
	newest := uint64(0)
	for _, e := range s.events.Events() {
		if e.Type == (event.SampleLabelled{}).EventType() {
			newest = e.Seq
		}
	}
	made, err := json.Marshal(madeFrom{By: by, At: time.Now().UTC(), CandidateMade: event.CandidateMade{Line: "caps-1", Model: "caps@" + version, ModelHash: "hash of " + version,
		Recipe: rec.ID(), RecipeHash: rec.Hash(), Through: newest}, Tried: &event.CandidateTried{Line: "caps-1", Judged: 7}})
	must(s.t, err)
	must(s.t, os.WriteFile(filepath.Join(dir, candidateFile), made, 0o644))
	must(s.t, os.WriteFile(dir+".yaml", text, 0o644))
	return dir + ".yaml"
}

// label is a person who labels parts.
func (s *school) label(n int, product string, views ...event.View) {
	for range n {
		s.parts++
		e := event.New("/plant/line/caps-1", "", time.Now(), event.SampleLabelled{Line: "caps-1", Label: "false reject", Outcome: "fail", Recipe: product + "@1", Views: views, Evidence: []string{"picture"}})
		e.ID, e.Part, e.Actor = event.NewID(), fmt.Sprintf("part %d", s.parts), "user:li"
		s.events.Emit(e)
	}
}

// pictured is a view whose picture is kept.
var pictured = event.View{Name: "top", Evidence: "picture"}

// after is what the log tells of candidates since an event, once some time has passed.
func (s *school) after(d time.Duration, since int) (told []string) {
	s.t.Helper()
	time.Sleep(d)
	synctest.Wait()
	for _, e := range s.events.Events()[since:] {
		switch {
		case e.Type == event.CandidateMade{}.EventType():
			p, _ := event.As[event.CandidateMade](e)
			told = append(told, "made "+p.Model+" by "+e.Actor)
		case e.Type == event.CandidateTried{}.EventType():
			p, _ := event.As[event.CandidateTried](e)
			told = append(told, fmt.Sprintf("tried on %d", p.Judged))
		case e.Type == event.CandidateFailed{}.EventType():
			p, _ := event.As[event.CandidateFailed](e)
			told = append(told, "failed to "+p.Step+": "+p.Cause)
		case e.Type == event.CandidateRemoved{}.EventType():
			p, _ := event.As[event.CandidateRemoved](e)
			told = append(told, "removed "+p.Folder)
		case e.Type == event.ModelShadowed{}.EventType():
			if p, _ := event.As[event.ModelShadowed](e); p.Began {
				told = append(told, "beside "+p.Model+" by "+e.Actor)
			}
		}
	}
	return told
}

func (s *school) wants(what string, d time.Duration, since int, want ...string) {
	s.t.Helper()
	if got := s.after(d, since); !slices.Equal(got, want) {
		s.t.Fatalf("%s: the log tells of\n  %s\nwant\n  %s", what, strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func (s *school) seq() int { return len(s.events.Events()) }

// TestLearnsWhenDue: a candidate is made once enough that can be learned from was
// labelled and it has become quiet, on idle cores; a restart repeats nothing, and what
// failed is tried again when something new was said, or a day later.
func TestLearnsWhenDue(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSchool(t, "learning: {auto: true, after: 3, quiet: 10m}\n")
		s.start()
		s.label(2, "caps", pictured)
		s.label(5, "other", pictured)
		s.label(5, "caps", event.View{Name: "top"})
		s.wants("too few that count", time.Hour, 0)
		s.label(1, "caps", pictured)
		s.wants("somebody is at it", 9*time.Minute, 0)
		s.cores.Store(400)
		s.wants("no core is idle", time.Hour, 0)
		s.cores.Store(1200)
		s.wants("due", time.Minute, 0, "made caps@v1 by learning", "tried on 7", "beside caps@v1 by learning")
		at := s.seq()
		s.wants("nothing new", 48*time.Hour, at)
		s.stop()
		at = s.seq()
		s.start()
		s.wants("after a restart", time.Hour, at, "beside caps@v1 by learning")
		s.end()
		s.stop()
		at = s.seq()
		s.start()
		s.wants("somebody ended it", time.Hour, at)

		s.fails = errors.New("too few good parts")
		s.label(3, "caps", pictured)
		at = s.seq()
		s.wants("it can not be made", 12*time.Hour, at, "failed to teach: too few good parts")
		s.stop()
		at = s.seq()
		s.start()
		s.wants("not again after a restart", 11*time.Hour, at)
		s.wants("but after a day", 2*time.Hour, at, "failed to teach: too few good parts")
		s.fails = nil
		s.label(1, "caps", pictured)
		at = s.seq()
		s.wants("and when something new was said", time.Hour, at, "made caps@v4 by learning", "tried on 7", "beside caps@v4 by learning")
		s.stop()
	})
}

// TestLearnsBeside: what a person put beside the line stays there; one of the
// learner's own gives way to a newer one.
func TestLearnsBeside(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSchool(t, "learning: {auto: true, after: 1, quiet: 1m}\n")
		draft, err := recipe.Load(s.write("own", "os:li"))
		must(t, err)
		s.start()
		s.label(1, "caps", pictured)
		s.wants("first", 5*time.Minute, 0, "made caps@v1 by learning", "tried on 7", "beside caps@v1 by learning")
		s.label(1, "caps", pictured)
		at := s.seq()
		s.wants("second", 5*time.Minute, at, "made caps@v2 by learning", "tried on 7", "beside caps@v2 by learning")
		s.put(draft, "user:li")
		s.label(1, "caps", pictured)
		at = s.seq()
		s.wants("third", 5*time.Minute, at, "made caps@v3 by learning", "tried on 7")
		s.stop()
	})
}

// TestLearnedGivesWay: old candidates are removed and told of, but none that somebody
// took further or made; what a killed process left is removed, and what it made and
// did not tell is told.
func TestLearnedGivesWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newSchool(t, "learning: {auto: true, after: 1, quiet: 1m, keep: 2}\n")
		there := func() (names []string) {
			entries, err := os.ReadDir(s.dir)
			must(t, err)
			for _, e := range entries {
				if e.IsDir() && e.Name() != "data" {
					names = append(names, strings.TrimPrefix(e.Name(), candidatePrefix))
				}
			}
			return names
		}
		s.write("hand", "os:li")
		s.write("untold", learning)
		time.Sleep(time.Minute)
		must(t, os.Remove(s.write("half", learning)))
		must(t, os.MkdirAll(filepath.Join(s.dir, unfinishedPrefix+"7", candidatePrefix+"v0"), 0o755))
		s.start()
		s.wants("at the start", time.Minute, 0, "made caps@untold by learning", "tried on 7", "beside caps@untold by learning")
		if got := there(); !slices.Equal(got, []string{"hand", "untold"}) {
			t.Errorf("there are %v", got)
		}
		for n, want := range [][]string{{"hand", "untold", "v1"}, {"hand", "v1", "v2"}, {"hand", "v2", "v3"}, {"hand", "v2", "v3", "v4"}} {
			if n == 3 { // somebody works on a draft
				file := filepath.Join(s.dir, candidatePrefix+"v2.yaml")
				text, err := os.ReadFile(file)
				must(t, err)
				must(t, os.WriteFile(file, append(text, "limits: {anomaly: 0.9}\n"...), 0o644))
			}
			s.label(1, "caps", pictured)
			at := s.seq()
			told := s.after(5*time.Minute, at)
			if got := there(); !slices.Equal(got, want) {
				t.Errorf("after %d there are %v, want %v; told of %v", n+1, got, want, told)
			}
			if removed := n == 1 || n == 2; strings.Contains(strings.Join(told, ";"), "removed") != removed {
				t.Errorf("after %d the log tells of %v", n+1, told)
			}
		}
		s.stop()
	})
}
