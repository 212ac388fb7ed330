package proof

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"linesman/event"
	"linesman/event/eventtest"
)

// shelf holds pictures that are there.
type shelf struct {
	there  []string
	held   map[string][]string // by who
	broken error
}

func (s *shelf) Hold(who string, shas ...string) error {
	for _, sha := range shas {
		if s.broken != nil {
			return s.broken
		}
		if !slices.Contains(s.there, sha) {
			return fmt.Errorf("evidence %s: %w", sha, fs.ErrNotExist)
		}
		if !slices.Contains(s.held[who], sha) {
			s.held[who] = append(s.held[who], sha)
		}
	}
	return nil
}

func (s *shelf) Release(who string, _ ...string) error {
	delete(s.held, who)
	return nil
}

// bookOf is a book over a log in which p1 passed with a picture, p2 was
// rejected with picture and heat map, p3 passed without a picture, p4 was
// rejected and its picture is gone.
func bookOf(t *testing.T) (*Labels, *eventtest.Memory, *shelf) {
	t.Helper()
	log, pictures := eventtest.NewMemory(), &shelf{there: []string{"s1", "s2", "h2"}, held: map[string][]string{}}
	for _, p := range []struct {
		part string
		v    event.PartJudged
	}{
		{"p1", judgedAs("pass", 0.5, "s1")},
		{"p2", judgedAs("fail", 1.2, "s2", spot)},
		{"p3", event.PartJudged{Line: "l", Outcome: "pass"}},
		{"p4", judgedAs("inconclusive", 0.4, "s4")},
	} {
		if p.part == "p2" {
			p.v.Views[0].Heatmap = "h2"
		}
		p.v.Recipe, p.v.Model = "cap@3", "cap@7"
		e := event.New("/demo/line/l", p.part, time.Unix(100, 0), p.v)
		e.Part, e.Batch, e.ID = p.part, "b1", event.NewID()
		log.Emit(e)
	}
	return &Labels{Log: log, Append: log.Append, Holds: pictures}, log, pictures
}

func TestLabels(t *testing.T) {
	book, log, pictures := bookOf(t)
	ctx := t.Context()
	say := func(part string, label Label, class, note string) Labelled {
		t.Helper()
		l, err := book.Say(ctx, Saying{part, label, class, note, "user:li"}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return l
	}
	first := say("p1", MissedDefect, "crack", "seen by the customer")
	verdicts, err := log.Read(ctx, event.Filter{Part: "p1"})
	if err != nil {
		t.Fatal(err)
	}
	stored := verdicts[len(verdicts)-1]
	if first.Cause != verdicts[0].ID || first.By != "user:li" || first.Batch != "b1" || stored.Severity != event.Medium || stored.Source != "/demo/line/l" || stored.Subject != "p1" {
		t.Errorf("labelled %+v, stored %+v", first, stored)
	}
	if first.Line != "l" || first.Outcome != "pass" || first.Recipe != "cap@3" || first.Model != "cap@7" || first.Class != "crack" || len(first.Views) != 1 || first.Unlearned != "" {
		t.Errorf("it says of the verdict %+v", first)
	}
	say("p2", FalseReject, "", "")
	if got := say("p3", MissedDefect, "stain", ""); !strings.Contains(got.Unlearned, "no picture of it was kept") || len(got.Evidence) > 0 {
		t.Errorf("without a picture: %+v", got)
	}
	if got := say("p4", FalseReject, "", ""); !strings.Contains(got.Unlearned, "view top was gone") || len(got.Evidence) > 0 {
		t.Errorf("with a picture that is gone: %+v", got)
	}
	want := map[string][]string{"sample:p1": {"s1"}, "sample:p2": {"s2", "h2"}}
	if !reflect.DeepEqual(pictures.held, want) {
		t.Errorf("held %v, want %v", pictures.held, want)
	}

	say("p1", GoodPart, "", "") // looked again: the last one counts
	all, err := book.List(ctx, "", nil)
	if err != nil {
		t.Fatal(err)
	}
	if !reflect.DeepEqual(all.Counts, map[Label]int{GoodPart: 1, FalseReject: 2, MissedDefect: 1}) || !reflect.DeepEqual(all.Learnable, map[Label]int{GoodPart: 1, FalseReject: 1}) {
		t.Errorf("counts %v, learnable %v", all.Counts, all.Learnable)
	}
	var order []string
	for _, l := range all.Samples {
		order = append(order, l.Part)
	}
	if want := []string{"p2", "p3", "p4", "p1"}; !slices.Equal(order, want) {
		t.Errorf("listed %v, want %v", order, want)
	}
	if none, err := book.List(ctx, "other", nil); err != nil || len(none.Samples) > 0 {
		t.Errorf("another line's: %+v, %v", none, err)
	}

	back := say("p2", NoLabel, "", "")
	if _, held := pictures.held["sample:p2"]; held || back.Label != "none" || len(back.Evidence) > 0 {
		t.Errorf("taken back: %+v, held %v", back, pictures.held)
	}
	if _, stands, err := book.Of(ctx, "p2"); stands || err != nil {
		t.Errorf("a label that was taken back stands (%v)", err)
	}
}

// A crash leaves a picture held that need not be, or a restored backup holds
// nothing.
func TestLabelsReconcile(t *testing.T) {
	book, _, pictures := bookOf(t)
	for _, s := range []Saying{{Part: "p1", Label: GoodPart}, {Part: "p2", Label: FalseReject}, {Part: "p2", Label: NoLabel}} {
		if _, err := book.Say(t.Context(), s, nil); err != nil {
			t.Fatal(err)
		}
	}
	pictures.held = map[string][]string{"sample:p2": {"s2"}, "alarm:1": {"s2"}}
	if err := book.Reconcile(t.Context()); err != nil {
		t.Fatal(err)
	}
	if want := map[string][]string{"sample:p1": {"s1"}, "alarm:1": {"s2"}}; !reflect.DeepEqual(pictures.held, want) {
		t.Errorf("held %v, want %v", pictures.held, want)
	}
}

// A pass expires before its label: it can be labelled anew and taken back.
func TestLabelOutlivesVerdict(t *testing.T) {
	book, log, pictures := bookOf(t)
	was, err := book.Say(t.Context(), Saying{Part: "p1", Label: MissedDefect, Class: "crack"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	book.Log = without{log, event.PartJudged{}.EventType()}
	now, err := book.Say(t.Context(), Saying{Part: "p1", Label: GoodPart}, nil)
	if err != nil || now.Cause != was.Cause || now.Outcome != "pass" || !slices.Equal(now.Evidence, []string{"s1"}) || now.source != "/demo/line/l" {
		t.Errorf("labelled anew %+v, %v", now, err)
	}
	if _, err = book.Say(t.Context(), Saying{Part: "p1", Label: NoLabel}, nil); err != nil || len(pictures.held) > 0 {
		t.Errorf("taken back: %v, held %v", err, pictures.held)
	}
	if _, err = book.Say(t.Context(), Saying{Part: "p2", Label: FalseReject}, nil); !errors.Is(err, event.ErrGone) {
		t.Errorf("a verdict that has expired: %v", err)
	}
}

// without is a log whose events of one type have expired.
type without struct {
	Log
	kind event.Type
}

func (w without) Read(ctx context.Context, f event.Filter) ([]event.Event, error) {
	events, err := w.Log.Read(ctx, f)
	return slices.DeleteFunc(events, func(e event.Event) bool { return e.Type == w.kind }), err
}

// A part rejected rightly is labelled so, with its class or without, whether it
// failed or could not be judged; what was said before gives way.
func TestLabelDefect(t *testing.T) {
	book, log, _ := bookOf(t)
	for _, s := range []Saying{{Part: "p2", Label: FalseReject}, {Part: "p2", Label: Defect, Class: "crack"}, {Part: "p4", Label: Defect}} {
		l, err := book.Say(t.Context(), s, nil)
		if err != nil || l.Label != string(s.Label) || l.Class != s.Class || l.EventSeverity() != event.Info {
			t.Fatalf("%+v: %+v, %v", s, l, err)
		}
	}
	all, err := (&Labels{Log: log}).List(t.Context(), "", nil)
	if err != nil || !reflect.DeepEqual(all.Counts, map[Label]int{Defect: 2}) || all.Samples[0].Class != "crack" {
		t.Errorf("%+v, %v", all, err)
	}
}

// Each refusal says what is meant, and writes and holds nothing.
func TestLabelRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		say  Saying
		want string
	}{
		"no such word":                {Saying{Part: "p1", Label: "bad"}, `want "missed defect"`},
		"no class":                    {Saying{Part: "p1", Label: MissedDefect}, "needs its class"},
		"a class of a good part":      {Saying{Part: "p1", Label: GoodPart, Class: "crack"}, "only a missed defect or a defect"},
		"a class of many lines":       {Saying{Part: "p1", Label: MissedDefect, Class: "crack\nstain"}, "one line"},
		"a class too long":            {Saying{Part: "p1", Label: MissedDefect, Class: strings.Repeat("裂", 41)}, "at most 40"},
		"a note too long":             {Saying{Part: "p1", Label: GoodPart, Note: strings.Repeat("x", 501)}, "at most 500"},
		"a note with blanks":          {Saying{Part: "p1", Label: GoodPart, Note: " x"}, "blanks"},
		"a note that is no text":      {Saying{Part: "p1", Label: GoodPart, Note: "a\xff"}, "one line"},
		"a missed defect, rejected":   {Saying{Part: "p2", Label: MissedDefect, Class: "crack"}, "nothing was missed"},
		"a defect that passed":        {Saying{Part: "p1", Label: Defect, Class: "crack"}, `its label is "missed defect"`},
		"a false reject that passed":  {Saying{Part: "p1", Label: FalseReject}, `its label is "good"`},
		"good, rejected":              {Saying{Part: "p2", Label: GoodPart}, `its label is "false reject"`},
		"nothing to take back":        {Saying{Part: "p1", Label: NoLabel}, "no label that could be taken back"},
		"never judged":                {Saying{Part: "p9", Label: GoodPart}, "no verdict on part p9"},
		"not allowed":                 {Saying{Part: "p1", Label: GoodPart, Actor: "user:wu"}, "not for line l"},
		"the picture can not be held": {Saying{Part: "p1", Label: GoodPart, Note: "broken"}, "disk on fire"},
	} {
		book, log, pictures := bookOf(t)
		if c.say.Note == "broken" {
			pictures.broken = errors.New("disk on fire")
		}
		may := func(line string) error {
			if c.say.Actor == "user:wu" {
				return errors.New("not for line " + line)
			}
			return nil
		}
		_, err := book.Say(t.Context(), c.say, may)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want %q in it", name, err, c.want)
		}
		if written, err := log.Read(t.Context(), event.Filter{Types: labelTypes}); err != nil || len(written) > 0 || len(pictures.held) > 0 {
			t.Errorf("%s: written %v, held %v (%v)", name, written, pictures.held, err)
		}
	}
}

// What the log does not take is not held either; a label that stood keeps its
// pictures.
func TestLabelUnwritten(t *testing.T) {
	book, log, pictures := bookOf(t)
	full := func(context.Context, []event.Event) ([]event.Event, error) { return nil, event.ErrFull }
	book.Append = full
	if _, err := book.Say(t.Context(), Saying{Part: "p1", Label: GoodPart}, nil); !errors.Is(err, event.ErrFull) || len(pictures.held) > 0 {
		t.Errorf("the first label: %v, held %v", err, pictures.held)
	}
	book.Append = log.Append
	if _, err := book.Say(t.Context(), Saying{Part: "p1", Label: GoodPart}, nil); err != nil {
		t.Fatal(err)
	}
	book.Append = full
	for _, s := range []Saying{{Part: "p1", Label: MissedDefect, Class: "crack"}, {Part: "p1", Label: NoLabel}} {
		if _, err := book.Say(t.Context(), s, nil); !errors.Is(err, event.ErrFull) || len(pictures.held["sample:p1"]) != 1 {
			t.Errorf("%s: %v, held %v", s.Label, err, pictures.held)
		}
	}
}

// The story shows the label that stands, in words too.
func TestStoryLabel(t *testing.T) {
	book, log, _ := bookOf(t)
	tell := func() (*Labelled, string) {
		t.Helper()
		s, err := TellFrom(t.Context(), log, "p3", nil)
		var text strings.Builder
		if err := errors.Join(err, s.Write(&text, time.UTC)); err != nil {
			t.Fatal(err)
		}
		return s.Label, text.String()
	}
	if l, text := tell(); l != nil || strings.Contains(text, "labelled") {
		t.Errorf("never labelled: %+v\n%s", l, text)
	}
	book.Now = func() time.Time { return time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC) }
	for _, s := range []Saying{{Part: "p3", Label: GoodPart}, {Part: "p3", Label: MissedDefect, Class: "crack", Note: "a customer's", Actor: "user:li"}} {
		if _, err := book.Say(t.Context(), s, nil); err != nil {
			t.Fatal(err)
		}
	}
	l, text := tell()
	if want := "labelled missed defect (crack) by user:li, 2026-03-01 08:00 UTC: a customer's\n  nothing can be learned from it: no picture"; l == nil || l.Class != "crack" || !strings.Contains(text, want) {
		t.Errorf("label %+v\n%s\nwant %q in it", l, text, want)
	}
	if _, err := book.Say(t.Context(), Saying{Part: "p3", Label: NoLabel}, nil); err != nil {
		t.Fatal(err)
	}
	if l, text := tell(); l != nil || strings.Contains(text, "labelled") {
		t.Errorf("taken back: %+v\n%s", l, text)
	}
}
