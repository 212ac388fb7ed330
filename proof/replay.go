package proof

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"runtime"
	"sync"

	"golang.org/x/sync/errgroup"

	"linesman/event"
	"linesman/event/evidence"
)

// Case is one part with all that its verdict was reached from.
type Case struct {
	Part     string
	Judged   event.PartJudged // the verdict that counts; its Views are those of the verdict that kept pictures
	Doubts   []string         // what spoke against trusting any verdict then: facts of that moment
	Pictures [][]byte         // files, by Judged.Views; nil where there was nothing to see
}

// Answer is what a part's verdict would be now. Err says why there is none.
type Answer struct {
	Outcome string
	Score   float64
	Reasons []event.Reason
	Err     error
}

// Rejudge judges parts again, all by one recipe and one model: an answer for
// each case. cmd hands in the line's. It may be called from several goroutines.
type Rejudge func(ctx context.Context, cases []Case) []Answer

// What a Judges function's error wraps, so that the reason can be counted.
var (
	ErrOtherRecipe = errors.New("the recipe it was judged by is not here")
	ErrOtherModel  = errors.New("the model it was judged by is not here")
)

// Why is the one word for what keeps a part from being judged again.
type Why string

// Why a part can not be judged again.
const (
	NotJudged   Why = "never judged"
	NotKept     Why = "no picture kept"
	Gone        Why = "picture gone"
	Altered     Why = "picture altered"
	Older       Why = "picture kept by an earlier version"
	OtherRecipe Why = "other recipe"
	OtherModel  Why = "other model"
	OtherBuild  Why = "other build or class of CPU"
	Failed      Why = "could not be judged"
)

// Replay judges stored parts again.
type Replay struct {
	Log      Log
	Evidence func(sha string) ([]byte, error) // as evidence.Reader's Get
	// Judges returns the judge of a line by the hashes of recipe and model. Its
	// error wraps ErrOtherRecipe or ErrOtherModel where it is not the one.
	Judges func(line, recipe, model string) (Rejudge, error)
	// Of says which verdicts are meant; nil is all.
	Of func(event.PartJudged) bool
	// Build and CPU name this program and its class of processor. Parts that the
	// log says were judged by others are left out, unless both are empty.
	Build, CPU string
	// Progress may be nil; of is 0 while the log is searched. It is called by one
	// goroutine at a time.
	Progress func(judged, of int)

	judges map[[3]string]judging
	built  map[string]built
}

type judging struct {
	judge Rejudge
	err   error
}

// Verdict is one side of a comparison.
type Verdict struct {
	Outcome string         `json:"outcome"`
	Score   float64        `json:"score"` // 1 = threshold
	Reasons []event.Reason `json:"reasons,omitempty"`
}

// Replayed is what became of one part.
type Replayed struct {
	Part       string   `json:"part"`
	Line       string   `json:"line,omitempty"`
	Seq        uint64   `json:"seq,omitempty"` // of the verdict
	Recipe     string   `json:"recipe,omitempty"`
	Model      string   `json:"model,omitempty"`
	Was        Verdict  `json:"was"`
	Is         *Verdict `json:"is,omitempty"` // nil where it can not be judged again
	Difference float64  `json:"score_difference"`
	Outcome    bool     `json:"outcome_changed"`
	Reasons    bool     `json:"reasons_changed"`
	Score      bool     `json:"score_changed"`     // by more than Tolerance
	Changes    []string `json:"changes,omitempty"` // each named, for a person
	Why        Why      `json:"not_possible,omitempty"`
	Error      string   `json:"error,omitempty"` // says it in full
}

// Changed reports that the verdict is another one now.
func (r *Replayed) Changed() bool { return r.Outcome || r.Reasons || r.Score }

// stored is a part's verdict on its way to be judged again.
type stored struct {
	seq     uint64
	batch   string
	part    string
	verdict event.PartJudged // the last one
	views   []event.View     // of the last verdict that kept pictures
}

// take enters one more of a part's verdicts.
func (s *stored) take(e event.Event, p event.PartJudged) {
	s.seq, s.batch, s.part, s.verdict = e.Seq, e.Batch, e.Part, p
	if p.Evidence != "" {
		s.views = p.Views
	}
	if s.verdict.Evidence == "" && len(s.views) > 0 {
		s.verdict.Evidence = s.views[0].Evidence
	}
}

// Part judges one part again.
func (r *Replay) Part(ctx context.Context, id string) (Replayed, error) {
	events, err := r.Log.Read(ctx, event.Filter{Part: id, Types: []event.Type{event.PartJudged{}.EventType()}})
	if err != nil {
		return Replayed{}, err
	}
	if len(events) == 0 {
		return Replayed{Part: id, Why: NotJudged, Error: "the log has no verdict on part " + id + ": look its id up with linesman events query, or it has expired"}, nil
	}
	var s stored
	for _, e := range events {
		p, err := event.As[event.PartJudged](e)
		if err != nil {
			return Replayed{}, err
		}
		s.take(e, p)
	}
	all, err := r.again(ctx, []stored{s})
	if err != nil {
		return Replayed{}, err
	}
	return all[0], nil
}

// atOnce is how many parts go through the judge together.
const atOnce = 16

// again judges parts, in order. Pictures are fetched here, and judged beside on
// all cores.
func (r *Replay) again(parent context.Context, parts []stored) ([]Replayed, error) {
	out := make([]Replayed, len(parts))
	g, ctx := errgroup.WithContext(parent)
	g.SetLimit(runtime.GOMAXPROCS(0))
	var telling sync.Mutex
	done := 0
	for from := 0; from < len(parts); from += atOnce {
		to := min(from+atOnce, len(parts))
		groups := r.prepare(ctx, parts[from:to], out[from:to])
		if ctx.Err() != nil {
			break
		}
		g.Go(func() error {
			for _, group := range groups {
				answers := group.judge(ctx, group.cases)
				if err := ctx.Err(); err != nil {
					return err
				}
				for i, a := range answers {
					settle(group.of[i], a)
				}
			}
			if r.Progress != nil {
				telling.Lock()
				defer telling.Unlock()
				done += to - from
				r.Progress(done, len(parts))
			}
			return nil
		})
	}
	if err := errors.Join(g.Wait(), parent.Err()); err != nil {
		return nil, err
	}
	return out, nil
}

// group is some cases of one judge, and whose they are.
type group struct {
	judge Rejudge
	cases []Case
	of    []*Replayed
}

// prepare fetches what a few parts are judged by, and settles those that can
// not be.
func (r *Replay) prepare(ctx context.Context, parts []stored, out []Replayed) map[[3]string]*group {
	groups := map[[3]string]*group{}
	for i := range parts {
		s := &parts[i]
		v := &s.verdict
		out[i] = Replayed{Part: s.part, Line: v.Line, Seq: s.seq, Recipe: v.Recipe, Model: v.Model, Was: Verdict{v.Outcome, v.Score, v.Reasons}}
		c, judge, why, err := r.open(ctx, s)
		if err != nil {
			out[i].Why, out[i].Error = why, err.Error()
			continue
		}
		key := [3]string{v.Line, v.RecipeHash, v.ModelHash}
		if groups[key] == nil {
			groups[key] = &group{judge: judge}
		}
		g := groups[key]
		g.cases, g.of = append(g.cases, c), append(g.of, &out[i])
	}
	return groups
}

// settle holds the answer against the record.
func settle(r *Replayed, a Answer) {
	if a.Err != nil {
		r.Why, r.Error = Failed, a.Err.Error()
		if errors.Is(a.Err, evidence.ErrNoCrop) {
			r.Why = Older
		}
		return
	}
	r.Is = &Verdict{a.Outcome, a.Score, a.Reasons}
	r.compare()
}

// open gathers what a part was judged from, or says why that is not possible.
func (r *Replay) open(ctx context.Context, s *stored) (c Case, j Rejudge, why Why, err error) {
	v := &s.verdict
	switch {
	case len(s.views) == 0 && v.Evidence != "":
		return c, nil, Older, errors.New("its picture was kept before pictures could be judged again")
	case len(s.views) == 0:
		return c, nil, NotKept, errors.New("no picture of it was kept; keep.one_pass_in of the recipe says how many passes are")
	}
	if err := r.sameBuild(ctx, s); err != nil {
		return c, nil, OtherBuild, err
	}
	if j, err = r.judge(v); err != nil {
		why = Failed
		if errors.Is(err, ErrOtherRecipe) {
			why = OtherRecipe
		}
		if errors.Is(err, ErrOtherModel) {
			why = OtherModel
		}
		return c, nil, why, err
	}
	c = Case{Part: s.part, Judged: *v}
	c.Judged.Views = s.views
	for _, reason := range v.Reasons {
		if reason.Rule == "doubt" {
			c.Doubts = append(c.Doubts, reason.Text)
		}
	}
	if c.Pictures, err = r.pictures(s.views); err != nil {
		return c, nil, lost(err), err
	}
	return c, j, "", nil
}

// errNotKept is wrapped where a view's picture was not kept to begin with.
var errNotKept = errors.New("no picture was kept")

// pictures fetches what a verdict was reached from, by its views.
func (r *Replay) pictures(views []event.View) ([][]byte, error) {
	out := make([][]byte, len(views))
	for i, view := range views {
		if view.Missing != "" && !view.Unanswered {
			continue
		}
		if view.Evidence == "" {
			return nil, fmt.Errorf("view %s: %w: evidence.dropped says why", view.Name, errNotKept)
		}
		var err error
		if out[i], err = r.Evidence(view.Evidence); err != nil {
			return nil, fmt.Errorf("view %s: %w", view.Name, err)
		}
	}
	return out, nil
}

// lost says which way a picture was lost.
func lost(err error) Why {
	switch {
	case errors.Is(err, errNotKept):
		return NotKept
	case errors.Is(err, evidence.ErrAltered):
		return Altered
	case errors.Is(err, fs.ErrNotExist):
		return Gone
	}
	return Failed
}

// judge returns the judge of a verdict's line, asked for once.
func (r *Replay) judge(v *event.PartJudged) (Rejudge, error) {
	key := [3]string{v.Line, v.RecipeHash, v.ModelHash}
	known, ok := r.judges[key]
	if !ok {
		known.judge, known.err = r.Judges(v.Line, v.RecipeHash, v.ModelHash)
		if r.judges == nil {
			r.judges = map[[3]string]judging{}
		}
		r.judges[key] = known
	}
	return known.judge, known.err
}

// built is what a batch was judged by.
type built struct{ build, cpu string }

// sameBuild refuses a part that another build, or the same on another class of
// CPU, judged: rounding may differ there, and nobody promised otherwise.
func (r *Replay) sameBuild(ctx context.Context, s *stored) error {
	if r.Build == "" && r.CPU == "" {
		return nil
	}
	key := s.verdict.Line + "\n" + s.batch + "\n" + s.verdict.ModelHash
	was, ok := r.built[key]
	if !ok {
		events, err := r.Log.Read(ctx, event.Filter{Types: []event.Type{event.ModelActivated{}.EventType()}, Batch: s.batch})
		if err != nil {
			return err
		}
		for _, e := range events {
			if m, err := event.As[event.ModelActivated](e); err == nil && m.Line == s.verdict.Line && m.Hash == s.verdict.ModelHash {
				was = built{m.Build, m.CPU}
			}
		}
		if r.built == nil {
			r.built = map[string]built{}
		}
		r.built[key] = was
	}
	if was.build != "" && was.build != r.Build {
		return fmt.Errorf("it was judged by build %s, this is %s; --any-build judges it all the same", was.build, r.Build)
	}
	if was.cpu != "" && was.cpu != r.CPU {
		return fmt.Errorf("it was judged on a CPU of class %s, this is %s; --any-build judges it all the same", was.cpu, r.CPU)
	}
	return nil
}
