package timeline

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"linesman/event"
	"linesman/rules"
	"linesman/scene"
)

// Result is what came of one case.
type Result struct {
	Case string
	// Wrong says what was not as expected; empty if all was.
	Wrong []string
	// Story is what happened, a line a change.
	Story []string
}

// Play plays every case and holds it against what is expected.
func (f *File) Play() ([]Result, error) {
	results := make([]Result, len(f.Cases))
	for i := range f.Cases {
		p, err := f.newPlay(&f.Cases[i])
		if err != nil {
			return nil, err
		}
		results[i] = p.run()
	}
	return results, nil
}

// play is one case as it is played.
type play struct {
	f        *File
	c        *Case
	engine   *rules.Engine
	follower *scene.Follower
	spaces   *scene.Spaces
	done     map[int]bool // acts at an instant that have been played
	raised   map[string]int
	result   Result
}

func (f *File) newPlay(c *Case) (*play, error) {
	engine, err := f.load()
	if err != nil {
		return nil, err
	}
	follower, err := scene.NewFollower(f.Scene)
	if err != nil {
		return nil, err
	}
	return &play{f: f, c: c, engine: engine, follower: follower, spaces: scene.NewSpaces(f.Spaces), done: map[int]bool{}, raised: map[string]int{}, result: Result{Case: c.Name}}, nil
}

func (p *play) run() Result {
	every := time.Duration(float64(time.Second) / p.f.Pictures)
	end := p.c.end()
	checked := make([]bool, len(p.c.Expect))
	for n := 0; ; n++ {
		at := time.Duration(n) * every
		for i, x := range p.c.Expect {
			if x.At != nil && !checked[i] && *x.At < at {
				checked[i] = true
				p.hold(x)
			}
		}
		if at > end+every {
			break
		}
		p.step(uint64(n+1), at)
	}
	for _, x := range p.c.Expect {
		if x.At == nil {
			p.holdWhole(x)
		}
	}
	return p.result
}

// step plays one picture.
func (p *play) step(seq uint64, at time.Duration) {
	now := p.c.start.Add(at)
	o := scene.Observation{Camera: p.f.Camera, Seq: seq, At: now, Width: p.f.SizePx[0], Height: p.f.SizePx[1]}
	m := rules.Moment{At: now, Camera: p.f.Camera}
	for i := range p.c.Play {
		a := &p.c.Play[i]
		switch {
		case a.Log != "" || a.Heads != "":
			if at >= a.From && !p.done[i] {
				p.done[i] = true
				p.instant(a, now)
			}
		case !a.during(at):
		case a.Camera != "":
			_ = m.State.Set(a.Camera) // checked when it was read
		case a.Blind != "":
			m.Blind = a.Blind
		default:
			a.draw(p.f, at, &o)
		}
	}
	if m.Blind == "" {
		s := p.follower.Step(o)
		p.spaces.Take(p.f.Camera, s.Crossings)
		m.Scene = &s
	}
	m.Heads = p.spaces.Heads()
	for _, c := range p.engine.Step(m) {
		p.note(at, c)
	}
}

// instant plays what happens at one moment.
func (p *play) instant(a *Act, now time.Time) {
	if a.Heads != "" {
		if _, err := p.spaces.Set(a.Heads, a.People, now); err != nil {
			p.result.Wrong = append(p.result.Wrong, err.Error())
		}
		return
	}
	says := map[string]any{}
	for k, v := range a.Says {
		says[k] = v
	}
	if _, ok := says["line"]; !ok && strings.HasPrefix(a.Log, "line.") {
		says["line"] = a.About
	}
	data, err := json.Marshal(says)
	if err != nil {
		p.result.Wrong = append(p.result.Wrong, fmt.Sprintf("log %s: %v", a.Log, err))
		return
	}
	p.engine.Hear(event.Event{Type: a.typ, Subject: a.About, Time: now, Data: data})
}

func (p *play) note(at time.Duration, c rules.Change) {
	if c.Kind == rules.Raised {
		p.raised[c.Alert.Rule]++
	}
	text := fmt.Sprintf("%6.1f s  %-8s %s", at.Seconds(), c.Kind, c.Alert.Text)
	if c.Alert.Unseen != "" {
		text += " (unseen: " + c.Alert.Unseen + ")"
	}
	p.result.Story = append(p.result.Story, text)
}

func (p *play) wrong(format string, args ...any) {
	p.result.Wrong = append(p.result.Wrong, fmt.Sprintf(format, args...))
}

// hold holds what stands now against what is expected.
func (p *play) hold(x Expect) {
	n, asked, unseen := 0, false, false
	for _, a := range p.engine.Standing() {
		if a.Rule != x.Rule {
			continue
		}
		n++
		unseen = unseen || a.Unseen != ""
		for _, t := range a.Actions {
			asked = asked || t.String() == x.Asks
		}
	}
	at := fmt.Sprintf("at %v: %q", *x.At, x.Rule)
	switch {
	case (n > 0) != (x.Is == "raised"):
		p.wrong("%s should be %s and is %s", at, x.Is, map[bool]string{true: "raised", false: "not raised"}[n > 0])
	case x.Alerts != nil && n != *x.Alerts:
		p.wrong("%s should stand as %d alerts and stands as %d", at, *x.Alerts, n)
	case x.Asks != "" && !asked:
		p.wrong("%s should ask for %s and does not", at, x.Asks)
	case x.Unseen != unseen:
		p.wrong("%s: unseen should be %v and is %v", at, x.Unseen, unseen)
	}
}

// holdWhole holds the whole case against what is expected.
func (p *play) holdWhole(x Expect) {
	n := p.raised[x.Rule]
	switch {
	case (n > 0) != (x.Is == "raised"):
		p.wrong("%q should be %s at some time and was raised %d times", x.Rule, x.Is, n)
	case x.Times != nil && n != *x.Times:
		p.wrong("%q should be raised %d times and was raised %d times", x.Rule, *x.Times, n)
	}
}
