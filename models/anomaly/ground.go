package anomaly

import (
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"sync"

	"linesman/models"
	"linesman/vision"
)

// GroundFile is the file of a model folder that says what the ground looks like.
const GroundFile = "ground.json"

// Extension is the class of what is said of how much of a whole picture the
// product takes up.
const Extension = "extension"

// Ground is what whole pictures of good parts show around the product, where they
// show that there is any: colours seen at the rim rather than in the middle, from
// the picture's edge on as far as they hang together. What looks like it is not
// judged, so that neither its grain nor its seams say anything of the part. All
// else is, a crumb on it as well as the part; and so are a hem around them, where
// the outline shows, and gaps between them.
//
// Colours are taken relative to the middle of the picture's own rim: light and a
// cast fall on both.
type Ground struct {
	Colours []byte  `json:"colours"` // a bit for each colour, see colourOf
	Least   float64 `json:"least"`   // of the picture that the product took up, of good ones held out
	Most    float64 `json:"most"`
	Slack   float64 `json:"slack"` // beyond them at which the extension is at its limit

	pool sync.Pool
}

const (
	groundSide = 96 // squared: about how many cells the ground is looked for in
	tones      = 24 // by channel
	octave     = 4  // tones an octave
	dark       = 16 // grey values added, so that noise in the dark is no colour

	rimShare = 0.04    // of the shorter side that is the rim, on each side
	hemShare = 1. / 32 // of the root of the area, judged around all that is no ground
	gapShare = 1. / 16 // of it, half of the widest gap in the product that is judged as a whole
)

// groundRoom is what looking for the ground needs to itself.
type groundRoom struct {
	fitter Fitter
	colour []float32
	values []float32
	code   []int // of each cell, see colourOf
	ground []bool
	queue  []int
}

// rimOf says whether a cell of a w x h grid lies at the picture's rim.
func rimOf(x, y, w, h int) bool {
	r := max(1, int(math.Round(rimShare*float64(min(w, h)))))
	return x < r || y < r || x >= w-r || y >= h-r
}

// middleOf says whether a cell lies in the middle half, each way.
func middleOf(x, y, w, h int) bool {
	return x >= w/4 && x < w-w/4 && y >= h/4 && y < h-h/4
}

// see fills r.code with the colour of each cell, relative to the rim's median.
func (r *groundRoom) see(p *Picture) (w, h int) {
	w, h = gridOf(groundSide, p.Width, p.Height)
	n := w * h
	r.colour = sized(r.colour, 3*n)
	r.fitter.Fit(p, w, h, r.colour)
	r.code = slices.Grow(r.code[:0], n)[:n]
	clear(r.code)
	for k := range 3 {
		plane := r.colour[k*n : (k+1)*n]
		r.values = r.values[:0]
		for i, v := range plane {
			if rimOf(i%w, i/w, w, h) {
				r.values = append(r.values, v)
			}
		}
		slices.Sort(r.values)
		usual := 127 + 128*float64(r.values[len(r.values)/2]) + dark
		for i, v := range plane {
			tone := tones/2 + octave*math.Log2((127+128*float64(v)+dark)/usual)
			r.code[i] = r.code[i]*tones + max(0, min(tones-1, int(tone)))
		}
	}
	return w, h
}

// flood fills r.ground with what of the grid is ground: cells of its colours that
// hang together with the picture's edge.
func (r *groundRoom) flood(colours []byte, w, h int) {
	r.ground = slices.Grow(r.ground[:0], w*h)[:w*h]
	clear(r.ground)
	r.queue = r.queue[:0]
	take := func(x, y int) {
		if x < 0 || y < 0 || x >= w || y >= h {
			return
		}
		i := y*w + x
		if c := r.code[i]; !r.ground[i] && colours[c/8]&(1<<(c%8)) != 0 {
			r.ground[i] = true
			r.queue = append(r.queue, i)
		}
	}
	for x := range w {
		take(x, 0)
		take(x, h-1)
	}
	for y := range h {
		take(0, y)
		take(w-1, y)
	}
	for len(r.queue) > 0 {
		i := r.queue[len(r.queue)-1]
		r.queue = r.queue[:len(r.queue)-1]
		x, y := i%w, i/w
		take(x-1, y)
		take(x+1, y)
		take(x, y-1)
		take(x, y+1)
	}
}

// SetOff takes the ground out of a whole picture: its mask is less by it. A picture
// that shows nothing else is left as it is; its extension says so.
func (g *Ground) SetOff(p *Part) {
	r, _ := g.pool.Get().(*groundRoom)
	if r == nil {
		r = new(groundRoom)
	}
	defer g.pool.Put(r)
	w, h := r.see(&p.Picture)
	r.flood(g.Colours, w, h)
	product := 0
	for _, ground := range r.ground {
		if !ground {
			product++
		}
	}
	p.Product = float64(product) / float64(w*h)
	if product == 0 || product == w*h {
		return
	}
	judged := r.hemmed(w, h)
	mask := make([]byte, p.Width*p.Height)
	for y := range p.Height {
		row := judged[y*h/p.Height*w:]
		for x := range p.Width {
			i := y*p.Width + x
			if row[x*w/p.Width] && (p.Mask == nil || p.Mask[i] > 127) {
				mask[i] = 255
			}
		}
	}
	p.Mask = mask
}

// hemmed is all that is no ground with its hem, and with gaps in it: a piece that is
// missing shows as ground between what is left.
func (r *groundRoom) hemmed(w, h int) []bool {
	side := math.Sqrt(float64(w * h))
	hem, gap := int(math.Ceil(hemShare*side)), int(math.Ceil(gapShare*side))
	judged := make([]bool, w*h)
	for i, ground := range r.ground {
		judged[i] = !ground
	}
	grow(judged, w, h, gap)
	invert(judged)
	grow(judged, w, h, gap-hem)
	invert(judged)
	return judged
}

// Hem is how many pixels are judged around what is no ground, on each side, at least.
func Hem(width, height int) float64 { return hemShare * math.Sqrt(float64(width)*float64(height)) }

// grow sets all cells of a w x h grid within a square of a set one, by cells to
// each side.
func grow(cells []bool, w, h, by int) {
	row := make([]bool, max(w, h))
	line := func(from, step, n int) {
		next := -1 // the last cell that a set one reaches
		for i := range n {
			row[i] = cells[from+i*step]
		}
		for i := range n {
			if row[i] {
				for k := max(i-by, next+1, 0); k <= min(i+by, n-1); k++ {
					cells[from+k*step] = true
				}
				next = i + by
			}
		}
	}
	for y := range h {
		line(y*w, 1, w)
	}
	for x := range w {
		line(x, w, h)
	}
}

func invert(cells []bool) {
	for i := range cells {
		cells[i] = !cells[i]
	}
}

// extension says how far the product's extension lies outside of what good parts
// showed: 0 within, 1 at the limit.
func (g *Ground) extension(p *Part) models.Finding {
	f := models.Finding{
		Class: Extension, Measured: 100 * p.Product, Limit: 100 * (g.Most + g.Slack), Unit: "% of the picture",
		Box: vision.Box{X1: float64(p.Width), Y1: float64(p.Height)}, Area: p.Product * float64(p.Width) * float64(p.Height),
	}
	if p.Product < g.Least {
		f.Limit = 100 * max(0, g.Least-g.Slack)
		f.Score = (g.Least - p.Product) / min(g.Slack, g.Least)
	} else if p.Product > g.Most {
		f.Score = (p.Product - g.Most) / g.Slack
	}
	return f
}

func (g *Ground) save() ([]byte, error) { return json.Marshal(g) }

// readGround reads what save wrote.
func readGround(data []byte) (*Ground, error) {
	g := new(Ground)
	if err := json.Unmarshal(data, g); err != nil {
		return nil, fmt.Errorf("%s: %w", GroundFile, err)
	}
	if len(g.Colours) != tones*tones*tones/8 || !(g.Least > 0) || !(g.Most >= g.Least) || !(g.Most < 1) || !(g.Slack > 0) {
		return nil, fmt.Errorf("%s: %d bytes of colours, an extension from %v to %v with a slack of %v", GroundFile, len(g.Colours), g.Least, g.Most, g.Slack)
	}
	return g, nil
}
