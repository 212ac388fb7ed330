package bench

import (
	"fmt"
	"image"
	"image/color"
	"time"

	"linesman/camera"
	"linesman/models/detect"
	"linesman/part"
	"linesman/vision"
	"linesman/vision/overlay"
)

// counted is the colour of a part that has an id; it says nothing of its quality.
var counted = color.RGBA{0, 158, 115, 255}

// wayKept is how many places of a part's way are drawn.
const wayKept = 45

// looker finds, follows and counts. It belongs to one goroutine.
type looker struct {
	o       Count
	report  *CountReport
	tracker *part.Tracker
	numbers map[part.ID]int // place in report.Parts
	ways    map[uint64][]vision.Point
	seen    []part.Sighting
	took    []time.Duration
	fullest int // parts with an id in the frame drawn
	told    time.Time
}

// run looks at frames until none come.
func (l *looker) run(room *queue) error {
	l.numbers, l.ways = map[part.ID]int{}, map[uint64][]vision.Point{}
	for f := range room.frames {
		seq, err := f.Seq, l.look(f)
		room.done(f)
		if err != nil {
			return fmt.Errorf("count: frame %d: %w", seq, err)
		}
	}
	return nil
}

func (l *looker) look(f *camera.Frame) error {
	began := time.Now()
	if l.tracker == nil {
		line := part.CountingLine{AlongY: l.o.AlongY, At: l.o.linePx(f.Width, f.Height)}
		t, err := part.NewTracker(part.TrackSettings{Line: line, Sure: l.o.Sure, Doubtful: doubtfulScore})
		if err != nil {
			return err
		}
		l.tracker, l.report.LinePx, l.told = t, line.At, began
	}
	found, err := l.o.find.Look(detect.Picture{Width: f.Width, Height: f.Height, Stride: f.Stride, Pix: f.Pix}, doubtfulScore)
	if err != nil {
		return err
	}
	l.seen = l.seen[:0]
	for _, x := range found {
		if c := x.Box.Centre(); x.Label == l.o.Class {
			l.seen = append(l.seen, part.Sighting{X: c.X, Y: c.Y, Width: x.Box.Width(), Height: x.Box.Height(), Score: x.Score})
		}
	}
	crossings := l.tracker.See(f.Seq, f.At, l.seen)
	l.report.Looked++
	for _, c := range crossings {
		l.cross(c)
	}
	l.follow()
	if len(crossings) > 0 || l.report.Overlay == nil {
		l.draw(f)
	}
	l.took = append(l.took, time.Since(began))
	if time.Since(l.told) > 5*time.Second {
		l.told = time.Now()
		l.o.Progress("frame %d: %d in view, %d counted", f.Seq, len(l.tracker.Tracks()), l.tracker.Counted())
	}
	return nil
}

// cross notes a crossing.
func (l *looker) cross(c part.Crossing) {
	r := l.report
	if c.Forward {
		r.Forward++
	} else {
		r.Back++
	}
	n, known := l.numbers[c.Part]
	if !known {
		n = len(r.Parts)
		l.numbers[c.Part] = n
		r.Parts = append(r.Parts, CountedPart{ID: c.Part, Number: n + 1, Crossed: c.Frame})
	}
	across := c.X
	if !l.o.AlongY {
		across = c.Y
	}
	r.Parts[n].Ways = append(r.Parts[n].Ways, CountedCrossing{c.Frame, c.Forward, across})
	l.o.Progress("part %d crosses at frame %d, %s", n+1, c.Frame, map[bool]string{true: "forward", false: "back"}[c.Forward])
}

// follow notes where the parts are.
func (l *looker) follow() {
	for _, g := range l.tracker.Tracks() {
		if !g.Seen {
			continue
		}
		way := append(l.ways[g.Number], vision.Point{X: g.Box.X, Y: g.Box.Y})
		l.ways[g.Number] = way[max(0, len(way)-wayKept):]
		if n, counted := l.numbers[g.ID]; counted {
			l.report.Parts[n].First, l.report.Parts[n].Last = g.First, g.Last
		}
	}
}

// draw keeps a picture of the frame if it shows no fewer counted parts than the
// one kept: the line, and each part with its way, its number in the count and
// the end of its id.
func (l *looker) draw(f *camera.Frame) {
	tracks := l.tracker.Tracks()
	full := 0
	for _, g := range tracks {
		if g.Seen && g.ID != "" {
			full++
		}
	}
	if full < l.fullest {
		return
	}
	l.fullest = full
	img := overlay.Picture(f)
	l.line(img)
	for _, g := range tracks {
		if !g.Seen {
			continue
		}
		b := g.Box
		box := vision.Box{X0: b.X - b.Width/2, Y0: b.Y - b.Height/2, X1: b.X + b.Width/2, Y1: b.Y + b.Height/2}
		colour, label := overlay.Grey, "not counted"
		if n, known := l.numbers[g.ID]; known {
			colour, label = counted, fmt.Sprintf("part %d ..%s", n+1, g.ID[max(0, len(g.ID)-6):])
		}
		overlay.Path(img, l.ways[g.Number], colour)
		overlay.Box(img, box, colour, 2)
		overlay.Label(img, vision.Point{X: box.X0, Y: max(box.Y0, 0)}, label, colour)
	}
	l.report.Overlay = img
}

func (l *looker) line(img *image.RGBA) {
	w, h, at := float64(img.Rect.Dx()), float64(img.Rect.Dy()), l.report.LinePx
	bar := vision.Box{X0: at - 1, X1: at + 1, Y1: h}
	if l.o.AlongY {
		bar = vision.Box{Y0: at - 1, Y1: at + 1, X1: w}
	}
	overlay.Box(img, bar, color.RGBA{16, 18, 20, 255}, 2)
}

// finish closes the account.
func (l *looker) finish() {
	if l.tracker != nil {
		l.report.Unsure = l.tracker.Unsure()
	}
	l.report.LookMS = percentiles(l.took)
	if l.o.Hand != nil {
		l.report.Hand = compareHand(l.o.Hand, l.report.Parts)
	}
}
