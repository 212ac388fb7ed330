package timeline

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"linesman/event"
	"linesman/models/detect"
	"linesman/rules"
	"linesman/scene"
	"linesman/vision"
)

// Act is something that happens between two seconds. Want one of Who, What,
// Camera, Blind, Log and Heads.
type Act struct {
	From time.Duration `yaml:"from,omitempty"`
	To   time.Duration `yaml:"to,omitempty"`

	// Who is one who is followed: "person 1", "forklift 2". It stands At, or goes
	// from there to Goes; both in shares of the picture, or in metres on the floor.
	Who   string    `yaml:"who,omitempty"`
	At    []float64 `yaml:"at,omitempty,flow"`
	Goes  []float64 `yaml:"goes,omitempty,flow"`
	AtM   []float64 `yaml:"at_m,omitempty,flow"`
	GoesM []float64 `yaml:"goes_m,omitempty,flow"`
	// Height is a share of the picture's; 0.22 unless given.
	Height float64  `yaml:"height,omitempty"`
	Wears  []string `yaml:"wears,omitempty,flow"` // helmet, no-helmet, vest...

	// What is fire, smoke or a thing, At a place, Height large: "suitcase"; "thing"
	// is what the background tells of and no detector names.
	What string `yaml:"what,omitempty"`

	Camera string `yaml:"camera,omitempty"` // what is wrong with it: covered, moved, blurred, dark, frozen, down
	Blind  string `yaml:"blind,omitempty"`  // why nothing can be seen

	Log   string         `yaml:"log,omitempty"`   // an event of the log, at From: "line.state", "mes.mode.v1"
	About string         `yaml:"about,omitempty"` // its subject
	Says  map[string]any `yaml:"says,omitempty"`  // its data

	Heads  string `yaml:"heads,omitempty"`  // a closed space whose head count is set, at From
	People int    `yaml:"people,omitempty"` // to so many

	typ event.Type // of Log
}

const usualHeight = 0.22

func (a *Act) check(f *File) error {
	given := 0
	for _, s := range []string{a.Who, a.What, a.Camera, a.Blind, a.Log, a.Heads} {
		if s != "" {
			given++
		}
	}
	if given != 1 {
		return errors.New("want one of who, what, camera, blind, log and heads")
	}
	if a.From < 0 || a.Log == "" && a.Heads == "" && a.To <= a.From {
		return fmt.Errorf("from %v to %v: want a beginning and a later end", a.From, a.To)
	}
	if a.Height == 0 {
		a.Height = usualHeight
	}
	if !(a.Height > 0 && a.Height <= 2) {
		return fmt.Errorf("height is %v: want a share of the picture's height", a.Height)
	}
	switch {
	case a.Who != "":
		return a.checkWho(f)
	case a.What != "":
		return a.checkWhat(f)
	case a.Camera != "":
		return new(rules.CameraState).Set(a.Camera)
	case a.Log != "":
		return a.checkLog()
	case a.Heads != "" && !slices.Contains(f.site.Spaces, a.Heads):
		return fmt.Errorf("heads: there is no space %q", a.Heads)
	}
	return nil
}

func (a *Act) checkWho(f *File) error {
	if label, _, ok := strings.Cut(a.Who, " "); !ok || !scene.Follows(label) {
		return fmt.Errorf("who is %q: want a label and a number or name, such as person 1 or forklift A", a.Who)
	}
	for _, w := range a.Wears {
		if item := scene.Item(strings.TrimPrefix(w, "no-")); !slices.Contains(scene.Items[:], item) {
			return fmt.Errorf("wears %q: want helmet, vest, mask, or no- and one of them", w)
		}
	}
	return a.checkPlaces(f)
}

func (a *Act) checkPlaces(f *File) error {
	for _, p := range [][]float64{a.At, a.Goes, a.AtM, a.GoesM} {
		if p != nil && len(p) != 2 {
			return fmt.Errorf("place %v: want x and y", p)
		}
	}
	if (a.At == nil) == (a.AtM == nil) || a.Goes != nil && a.At == nil || a.GoesM != nil && a.AtM == nil {
		return errors.New("want at, and goes if it moves, both in shares of the picture; or at_m and goes_m in metres")
	}
	if a.AtM != nil && !f.Scene.Floor.Known() {
		return errors.New("at_m is in metres, but scene has no floor")
	}
	return nil
}

func (a *Act) checkWhat(f *File) error {
	things := []string{"fire", "smoke", "suitcase", "backpack", "handbag", "box", "pallet", "cone", "machinery", scene.Thing}
	if !slices.Contains(things, a.What) {
		return fmt.Errorf("what is %q: want one of %s", a.What, strings.Join(things, ", "))
	}
	return a.checkPlaces(f)
}

func (a *Act) checkLog() error {
	t, err := rules.EventType(a.Log)
	if err != nil {
		return fmt.Errorf("log: %w", err)
	}
	a.typ = t
	return nil
}

// during reports whether the act goes on at a second.
func (a *Act) during(at time.Duration) bool { return at >= a.From && at <= a.To }

// place is where it is at a second, in shares of the picture.
func (a *Act) place(f *File, at time.Duration) (vision.Point, bool) {
	k := float64(at-a.From) / float64(max(a.To-a.From, 1))
	along := func(from, to []float64) vision.Point {
		if to == nil {
			to = from
		}
		return vision.Point{X: from[0] + k*(to[0]-from[0]), Y: from[1] + k*(to[1]-from[1])}
	}
	if a.At != nil {
		return along(a.At, a.Goes), true
	}
	return f.Scene.Floor.Seen(along(a.AtM, a.GoesM))
}

// sight is the score that scripted detections have.
const sight = 0.9

// draw adds what the detector would find of it.
func (a *Act) draw(f *File, at time.Duration, o *scene.Observation) {
	p, ok := a.place(f, at)
	if !ok {
		return
	}
	w, h := float64(f.SizePx[0]), float64(f.SizePx[1])
	x, y, tall := p.X*w, p.Y*h, a.Height*h
	wide := tall
	label := a.What
	if a.Who != "" {
		label, _, _ = strings.Cut(a.Who, " ")
		if label == scene.Person {
			wide = 0.36 * tall
		}
	}
	box := vision.Box{X0: x - wide/2, Y0: y - tall, X1: x + wide/2, Y1: y}
	if label == scene.Thing {
		o.Changed = append(o.Changed, vision.Box{X0: box.X0 / w, Y0: box.Y0 / h, X1: box.X1 / w, Y1: box.Y1 / h})
		return
	}
	o.Detections = append(o.Detections, detect.Found{Label: label, Score: sight, Box: box})
	for _, item := range a.Wears {
		o.Detections = append(o.Detections, detect.Found{Label: item, Score: sight, Box: worn(item, box)})
	}
}

// worn is where an item is on a person.
func worn(item string, b vision.Box) vision.Box {
	x, h := b.Centre().X, b.Height()
	middle, size := 0.07, 0.06*h
	switch strings.TrimPrefix(item, "no-") {
	case "vest":
		middle, size = 0.36, 0.15*h
	case "mask":
		middle, size = 0.12, 0.03*h
	}
	y := b.Y0 + middle*h
	return vision.Box{X0: x - size, Y0: y - size, X1: x + size, Y1: y + size}
}
