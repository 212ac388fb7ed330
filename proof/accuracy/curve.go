package accuracy

import (
	"fmt"
	"math"
	"strings"
	"time"
)

// Step is how a model did that was taught anew from so many good parts, on the
// same pictures.
type Step struct {
	Parts int `json:"good_parts"`
	Figures
	Took time.Duration `json:"-"` // to teach
}

// Curve is what more good parts bring.
type Curve struct {
	From  string // the folder taught from
	Have  int    // good pictures in it
	Steps []Step // by number of parts
}

// curveChart draws a curve: parts on a logarithmic axis, AUROC and balanced
// accuracy upwards.
type curveChart struct {
	Area, Balanced series
	Band           string // the AUROC's interval, as a path
	X, Y           []tick
}

type series struct {
	Path   string
	Points []point
}

type point struct {
	X, Y  float64
	Title string
}

func newCurveChart(c *Curve) *curveChart {
	if c == nil || len(c.Steps) == 0 {
		return nil
	}
	low, first, last := 1.0, math.Log(float64(c.Steps[0].Parts)), math.Log(float64(c.Steps[len(c.Steps)-1].Parts))
	for _, s := range c.Steps {
		low = min(low, s.AUROC.Low, s.Balanced)
	}
	low = math.Floor(low*10+1e-9) / 10
	if low >= 1 {
		low = 0.9
	}
	x := func(parts int) float64 {
		if last <= first {
			return (chartLeft + chartRight) / 2
		}
		return chartLeft + 24 + (math.Log(float64(parts))-first)/(last-first)*(chartRight-chartLeft-48)
	}
	y := func(v float64) float64 { return chartBottom - (v-low)/(1-low)*(chartBottom-chartTop) }
	out := &curveChart{}
	var up, down strings.Builder
	for i, s := range c.Steps {
		at := x(s.Parts)
		out.X = append(out.X, tick{at, fmt.Sprint(s.Parts)})
		out.Area.add(at, y(s.AUROC.Value), fmt.Sprintf("%d good parts: AUROC %s", s.Parts, ratio(s.AUROC.Value)))
		out.Balanced.add(at, y(s.Balanced), fmt.Sprintf("%d good parts: balanced accuracy %s", s.Parts, ratio(s.Balanced)))
		fmt.Fprintf(&up, "%s%.1f %.1f", letter(i), at, y(s.AUROC.High))
		back := c.Steps[len(c.Steps)-1-i]
		fmt.Fprintf(&down, "L%.1f %.1f", x(back.Parts), y(back.AUROC.Low))
	}
	out.Band = up.String() + down.String() + "z"
	step := niceStep((1 - low) / 6)
	for v := 1.0; v >= low-1e-9; v -= step {
		out.Y = append(out.Y, tick{y(v), fmt.Sprintf("%.2f", v)})
	}
	return out
}

func (s *series) add(x, y float64, title string) {
	s.Path += fmt.Sprintf("%s%.1f %.1f", letter(len(s.Points)), x, y)
	s.Points = append(s.Points, point{x, y, title})
}

// letter begins a path or carries it on.
func letter(i int) string {
	if i == 0 {
		return "M"
	}
	return "L"
}
