package watch

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"linesman/camera"
	"linesman/models/detect"
	"linesman/part"
	"linesman/rules"
	"linesman/scene"
)

// taped is a recording that a test plays: five pictures a second of a grey room.
type taped struct {
	t    *testing.T
	r    *Rescan
	eyes *eyes
	at   time.Time
	seq  uint64
	pix  []byte
}

var tapedFrom = time.Unix(1_800_000_000, 0).UTC()

func tape(t *testing.T, moments []time.Time, list ...rules.Rule) *taped {
	t.Helper()
	set := Settings{Scene: scene.Settings{Zones: map[string]scene.Zone{"dock": {Polygon: [][]float64{{0, 0}, {0.5, 0}, {0.5, 1}, {0, 1}}}}}}
	if err := set.Validate(); err != nil {
		t.Fatal(err)
	}
	for i := range list {
		list[i].Severity, list[i].Say = "high", "Go."
	}
	engine, err := rules.NewEngine(list, rules.Site{Cameras: map[part.CameraID]*scene.Settings{"yard": &set.Scene}, Spaces: []string{"hall"}})
	if err != nil {
		t.Fatal(err)
	}
	p := &taped{t: t, eyes: &eyes{}, at: tapedFrom, pix: make([]byte, 320*240*3)}
	for i := range p.pix {
		x, y := i/3%320, i/3/320
		p.pix[i] = byte(60 + 90*((x/16+y/16)%2)) // edges, so that the camera is not taken for covered
	}
	if p.r, err = NewRescan(RescanConfig{Camera: "yard", Settings: set, Eyes: p.eyes, Rules: engine, Moments: moments, Log: slog.New(slog.NewTextHandler(t.Output(), nil))}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.r.Close)
	return p
}

// show plays so many seconds of what the eyes find, or of their failure.
func (p *taped) show(seconds float64, err error, found ...detect.Found) {
	p.t.Helper()
	p.eyes.see(err, found...)
	for range int(seconds * 5) {
		if !p.r.Wants(p.at) {
			p.t.Fatalf("a picture at %v is not wanted", p.at)
		}
		p.seq++
		for i := range p.pix { // a picture that is the same to the last bit is frozen
			p.pix[i] ^= 1
		}
		if err := p.r.See(p.t.Context(), &camera.Frame{Camera: "yard", Seq: p.seq, At: p.at, Width: 320, Height: 240, Stride: 960, Format: camera.RGB, Pix: p.pix}); err != nil {
			p.t.Fatal(err)
		}
		p.at = p.at.Add(200 * time.Millisecond)
	}
}

func logged(rule string, raised, cleared float64) LoggedAlarm {
	a := LoggedAlarm{ID: rule, Rule: rule, Camera: "yard", Raised: tapedFrom.Add(time.Duration(raised * float64(time.Second)))}
	if cleared > 0 {
		a.Cleared = tapedFrom.Add(time.Duration(cleared * float64(time.Second)))
	}
	return a
}

const inDock = `person in zone("dock")`

func TestRescanAnswers(t *testing.T) {
	here, elsewhere := person(60, 200), person(260, 200)
	blind := errors.New("out of memory")
	keep := time.Second
	rule := func(when string, wait time.Duration) rules.Rule {
		return rules.Rule{Name: "r", When: when, For: wait, Keep: &keep}
	}
	for _, c := range []struct {
		name string
		rule rules.Rule
		play func(p *taped)
		log  []LoggedAlarm
		want []Answer
		why  string // of the last
	}{
		{"it stays", rule(inDock, time.Second), func(p *taped) { p.show(5, nil); p.show(5, nil, here); p.show(5, nil) }, []LoggedAlarm{logged("r", 6.5, 12)}, []Answer{AnswerStays}, ""},
		{"it is new", rule(inDock, time.Second), func(p *taped) { p.show(5, nil); p.show(5, nil, here); p.show(5, nil) }, nil, []Answer{AnswerNew}, ""},
		{"another one long over is not the same", rule(inDock, time.Second), func(p *taped) { p.show(25, nil); p.show(5, nil, here); p.show(5, nil) }, []LoggedAlarm{logged("r", 4, 8)}, []Answer{AnswerGone, AnswerNew}, ""},
		{"it is gone", rule(inDock, time.Second), func(p *taped) { p.show(10, nil, elsewhere) }, []LoggedAlarm{logged("r", 6, 8)}, []Answer{AnswerGone}, "not so for as long"},
		{"its time reaches before the beginning", rule(inDock, 8*time.Second), func(p *taped) { p.show(10, nil, elsewhere) }, []LoggedAlarm{logged("r", 6, 8)}, []Answer{AnswerNotJudged}, "looks 9.3s back, and the recording begins 6.0 s before"},
		{"so from the first picture, and too short", rule(inDock, 30*time.Second), func(p *taped) { p.show(20, nil, here) }, []LoggedAlarm{logged("r", 10, 0)}, []Answer{AnswerNotJudged}, "looks 31.3s back"},
		{"the recording ends too soon", rule(inDock, 5*time.Second), func(p *taped) { p.show(8, nil); p.show(4, nil, here) }, []LoggedAlarm{logged("r", 11, 0)}, []Answer{AnswerNotJudged}, "at the recording's end"},
		{"it could not be looked at", rule(inDock, time.Second), func(p *taped) { p.show(5, nil); p.show(4, blind); p.show(6, nil) }, []LoggedAlarm{logged("r", 8, 12)}, []Answer{AnswerNotJudged}, "out of memory"},
		{"a gap in the recording", rule(inDock, time.Second), func(p *taped) { p.show(5, nil); p.at = p.at.Add(4 * time.Second); p.show(6, nil) }, []LoggedAlarm{logged("r", 9.5, 12)}, []Answer{AnswerNotJudged}, "nothing was recorded"},
		{"nobody tells of the helmet", rule(`without(person, "helmet")`, 0), func(p *taped) { p.show(14, nil, here) }, []LoggedAlarm{logged("r", 10, 0)}, []Answer{AnswerNotJudged}, "nobody could tell the helmet"},
		{"nobody is there to wear one", rule(`without(person, "helmet")`, 0), func(p *taped) { p.show(14, nil) }, []LoggedAlarm{logged("r", 10, 0)}, []Answer{AnswerGone}, ""},
		{"not yet known is not raised", rule(`unsure(person, "helmet")`, 0), func(p *taped) { p.show(4, nil, here) }, nil, []Answer{AnswerNotJudged}, "before 8s of the recording"},
		{"nobody at the post, from the start", rule("not ("+inDock+")", 0), func(p *taped) { p.show(4, nil, here) }, nil, nil, ""},
		{"heads", rule(`headcount("hall") < 1 and person`, 0), func(p *taped) { p.show(4, nil, here) }, []LoggedAlarm{logged("r", 3, 0)}, []Answer{AnswerNotJudged}, "heads are counted"},
		{"who was there came somehow", rule(`came(person in zone("dock"), "up")`, 0), func(p *taped) { p.show(8, nil, here) }, []LoggedAlarm{logged("r", 5, 0)}, []Answer{AnswerNotJudged}, "was there when the recording began"},
		{"the rule is no more", rule(inDock, 0), func(p *taped) { p.show(8, nil) }, []LoggedAlarm{logged("old", 5, 0)}, []Answer{AnswerGone}, "no such rule"},
		{"raised before the recording", rule(inDock, 0), func(p *taped) { p.show(8, nil) }, []LoggedAlarm{logged("r", -5, 0)}, nil, ""},
		{"one alarm in two spells", rule(inDock, 0), func(p *taped) { p.show(3, nil, here); p.show(6, nil); p.show(3, nil, here) }, []LoggedAlarm{logged("r", 2, 0)}, []Answer{AnswerStays}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := tape(t, nil, c.rule)
			c.play(p)
			got := p.r.End().Against(c.log)
			var is []Answer
			for _, a := range got {
				is = append(is, a.Answer)
				if a.Is != nil && a.Is.Unsure == "" && len(a.Is.Picture) < 500 {
					t.Errorf("an alert has a picture of %d bytes", len(a.Is.Picture))
				}
			}
			if len(is) != len(c.want) {
				t.Fatalf("answers %v, want %v: %+v", is, c.want, got)
			}
			for i := range is {
				if is[i] != c.want[i] {
					t.Errorf("answers %v, want %v", is, c.want)
				}
			}
			if c.why != "" && !strings.Contains(got[len(got)-1].Why, c.why) {
				t.Errorf("because %q, want %q", got[len(got)-1].Why, c.why)
			}
		})
	}
}

// Each of two people has an alarm; the log knows of one.
func TestRescanOfEach(t *testing.T) {
	p := tape(t, nil, rules.Rule{Name: "r", When: inDock, Each: "person"})
	p.show(3, nil)
	p.show(4, nil, person(40, 200), person(120, 200))
	got := p.r.End().Against([]LoggedAlarm{logged("r", 4, 0)})
	n := map[Answer]int{}
	for _, a := range got {
		n[a.Answer]++
	}
	if len(got) != 2 || n[AnswerStays] != 1 || n[AnswerNew] != 1 {
		t.Errorf("two people, one alarm in the log: %v", n)
	}
}

// What was seen at an alarm's time is shown where it would not be raised.
func TestRescanShowsMoments(t *testing.T) {
	was := logged("r", 6, 8)
	p := tape(t, []time.Time{was.Raised}, rules.Rule{Name: "r", When: inDock})
	p.show(10, nil, person(260, 200))
	got := p.r.End().Against([]LoggedAlarm{was})
	if len(got) != 1 || got[0].Answer != AnswerGone || len(got[0].Shown) < 500 {
		t.Errorf("%+v", got)
	}
}

// Pictures that come faster than the camera's rate, or twice, are left out.
func TestRescanWants(t *testing.T) {
	p := tape(t, nil, rules.Rule{Name: "r", When: inDock})
	p.show(1, nil)
	last := p.at.Add(-200 * time.Millisecond)
	for _, c := range []struct {
		after time.Duration
		want  bool
	}{{-time.Second, false}, {0, false}, {40 * time.Millisecond, false}, {200 * time.Millisecond, true}} {
		if got := p.r.Wants(last.Add(c.after)); got != c.want {
			t.Errorf("a picture %v after the last: wanted %v, want %v", c.after, got, c.want)
		}
	}
}
