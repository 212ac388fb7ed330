package anomaly

import (
	"math"
	"sync"

	"linesman/models"
	"linesman/vision"
)

// Eyes is what a model of whole pictures knows of how good pictures are taken: how
// bright they are, where the scene lies in them, how sharp they are. What lies
// beyond what was seen among good parts, and is common to all of a picture, is the
// camera's or the lamp's doing: it is taken back before the picture is judged, up
// to a bound. Within what was seen nothing is touched.
type Eyes struct {
	W    int    `json:"w"` // the grid of measuring; 0 where the good pictures have not all one shape
	H    int    `json:"h"`
	Mean Vector `json:"mean,omitempty"` // three planes of W x H, red, green, blue, 0..255: the mean good picture

	Light *Lamp  `json:"light,omitempty"` // nil: not evened out
	Place *Scene `json:"place,omitempty"` // nil: the good pictures are not enough alike to be laid on each other
	Focus *Focus `json:"focus,omitempty"` // nil: sharpness is not looked at
	pool  sync.Pool
}

// gridSide squared is about how many places pictures are measured at.
const gridSide = 192

// Reach is how far a picture may lie from the good ones to be laid on them: this
// share of the root of its area.
const Reach = 1.0 / 24

// gridOf returns the grid for pictures of a size, of about side squared cells.
func gridOf(side float64, width, height int) (w, h int) {
	scale := min(1, side/math.Sqrt(float64(width)*float64(height)))
	return max(8, int(math.Round(scale*float64(width)))), max(8, int(math.Round(scale*float64(height))))
}

// fits reports whether a picture has the shape of the good ones.
func (e *Eyes) fits(p *Picture) bool {
	w, h := gridOf(gridSide, p.Width, p.Height)
	return e.W > 0 && w == e.W && h == e.H
}

// eyeRoom is what measuring needs to itself.
type eyeRoom struct {
	fitter              Fitter
	smooth              Smoother
	colour, light, tmp  []float32 // colour: three planes, 0..255
	fine, coarse, plane []float32
	grad                []float32 // two planes
	half                [2][]float32
	ring, middle, all   [3]ratios
}

func (e *Eyes) borrow() *eyeRoom {
	if r, ok := e.pool.Get().(*eyeRoom); ok {
		return r
	}
	return new(eyeRoom)
}

// sight is how one picture was taken.
type sight struct {
	dx, dy float64 // cells of the grid: what good pictures show at x lies at x + dx
	left   float64 // how unlike the mean good picture it is there, of the mean's own contrast
	won    float64 // the same, of what it is unmoved
	light  Light
	sharp  float64
}

// paint lays the picture on the grid as three planes 0..255.
func (r *eyeRoom) paint(p *Picture, w, h int) {
	r.colour = sized(r.colour, 3*w*h)
	r.fitter.Fit(p, w, h, r.colour)
	for i, v := range r.colour {
		r.colour[i] = 127 + 128*v
	}
}

// logLight is the logarithm of what the painted planes' light is.
func logLight(colour, into []float32, n int) {
	for i := range n {
		v := 0.299*colour[i] + 0.587*colour[n+i] + 0.114*colour[2*n+i]
		into[i] = float32(math.Log1p(float64(max(v, 0))))
	}
}

// measure says how a picture was taken, against the mean good one.
func (e *Eyes) measure(r *eyeRoom, p *Picture) (s sight) {
	if e.Focus != nil {
		s.sharp = r.sharpness(p)
	}
	if !e.fits(p) {
		return s
	}
	r.paint(p, e.W, e.H)
	if e.Place != nil {
		r.slopes(e.W, e.H)
		e.Place.find(r, e.W, e.H, &s)
	}
	if e.Light != nil {
		dx, dy := 0, 0
		if e.Place != nil && e.Place.moved(&s) {
			dx, dy = int(math.Round(s.dx)), int(math.Round(s.dy))
		}
		s.light = e.compare(r, dx, dy)
	}
	return s
}

// Mended is a picture as it is judged, and how to find its places in the one that
// was taken.
type Mended struct {
	Picture
	Soft   bool // blurred beyond what was taught: judged by the soft good parts
	sharp  float64
	dx, dy int // pixels of the picture taken
	scale  float64
}

// Mend takes back what the eyes did. The answer shares p's memory where nothing
// was to be done.
func (e *Eyes) Mend(p Picture) Mended {
	m := Mended{Picture: p, scale: 1}
	r := e.borrow()
	defer e.pool.Put(r)
	s := e.measure(r, &p)
	if e.fits(&p) {
		if e.Place != nil && e.Place.moved(&s) {
			kx, ky := float64(p.Width)/float64(e.W), float64(p.Height)/float64(e.H)
			m.dx, m.dy = int(math.Round((s.dx-e.Place.Usual[0])*kx)), int(math.Round((s.dy-e.Place.Usual[1])*ky))
			m.Picture = e.moveBack(&m)
		}
		if e.Light != nil {
			if gain, ok := e.Light.excess(s.light); ok {
				m.Picture = e.relight(&m, gain)
			}
		}
	}
	if e.Focus != nil && e.Focus.blurred(s.sharp) {
		m.Soft, m.sharp = true, s.sharp
		m.Picture = Soften(&m.Picture, e.Focus.blur(s.sharp))
		m.scale = float64(p.Width) / float64(m.Width)
	}
	return m
}

// at reads the mean good picture under pixel x, y of a picture.
func (e *Eyes) at(x, y, width, height int) (c [3]float32) {
	i := min(y*e.H/height, e.H-1)*e.W + min(x*e.W/width, e.W-1)
	for k := range c {
		c[k] = e.Mean[k*e.W*e.H+i]
	}
	return c
}

// back brings what was found in the mended picture to the pixels of the one taken.
func (m *Mended) back(r *models.Result, taken *Picture) {
	if m.dx == 0 && m.dy == 0 && m.scale == 1 {
		return
	}
	w, h := float64(taken.Width), float64(taken.Height)
	for i := range r.Findings {
		f := &r.Findings[i]
		f.Area *= m.scale * m.scale
		f.Box = vision.Box{
			X0: max(0, min(w, f.Box.X0*m.scale+float64(m.dx))), Y0: max(0, min(h, f.Box.Y0*m.scale+float64(m.dy))),
			X1: max(0, min(w, f.Box.X1*m.scale+float64(m.dx))), Y1: max(0, min(h, f.Box.Y1*m.scale+float64(m.dy))),
		}
	}
	heat := r.Heatmap
	if len(heat.Score) == 0 {
		return
	}
	dx, dy := int(math.Round(float64(m.dx*heat.Width)/w)), int(math.Round(float64(m.dy*heat.Height)/h))
	moved := make([]float32, len(heat.Score))
	for y := max(0, dy); y < min(heat.Height, heat.Height+dy); y++ {
		for x := max(0, dx); x < min(heat.Width, heat.Width+dx); x++ {
			moved[y*heat.Width+x] = heat.Score[(y-dy)*heat.Width+x-dx]
		}
	}
	r.Heatmap.Score = moved
}
