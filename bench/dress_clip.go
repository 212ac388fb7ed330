package bench

import (
	"math"
	"math/rand/v2"
	"time"

	"linesman/camera"
	"linesman/vision"
)

// A panned clip is what a camera would have shown that pans and zooms over a still
// without haste, with the troubles of real ones: frames that are lost, something
// that passes before people, blur, noise and light that changes.
const (
	clipWidth, clipHeight = 640, 480
	clipStops             = 4    // places that the window goes to, one after the other
	leastWindow           = 0.55 // of the largest window of that shape
	lostEvery             = 4.   // seconds from one gap to the next, on average
	lostMost              = 4    // frames of a gap
	passEvery             = 4.   // seconds from one thing that passes to the next
	blurShare             = 0.15 // of the frames
	noiseLeast, noiseMost = 3., 9.
	lightSwing            = 0.12
)

// clip is a still with the way over it.
type clip struct {
	still *Still
	rng   *rand.Rand
	every time.Duration
	n     int // frames
	stops [clipStops]vision.Box
	lost  []bool
	posts []post
	noise float64
	phase float64
}

// post is something that passes before the camera.
type post struct {
	from, frames int
	x0, x1       float64 // its middle at first and at last, shares of the picture's width
	width        float64 // share
	grey         [3]byte
}

func newClip(still *Still, seed uint64, every time.Duration, n int) *clip {
	c := &clip{still: still, rng: rand.New(rand.NewPCG(seed, 0x11)), every: every, n: n, lost: make([]bool, n)}
	r := c.rng
	for i := range c.stops {
		c.stops[i] = c.stop()
	}
	per := every.Seconds()
	for i := 0; i < n; i++ {
		if r.Float64() < per/lostEvery {
			for k := range 1 + r.IntN(lostMost) {
				if i+k < n {
					c.lost[i+k] = true
				}
			}
		}
		if r.Float64() < per/passEvery {
			left, g := r.Float64(), byte(40+r.IntN(150))
			c.posts = append(c.posts, post{from: i, frames: 1 + int((0.4+0.8*r.Float64())/per), x0: left, x1: left + 0.5*(r.Float64()-0.5), width: 0.05 + 0.2*r.Float64(), grey: [3]byte{g, g, byte(int(g) * 4 / 5)}})
		}
	}
	c.noise, c.phase = noiseLeast+(noiseMost-noiseLeast)*r.Float64(), 2*math.Pi*r.Float64()
	return c
}

// stop is a window somewhere on the still that shows the middle of somebody of
// known dress.
func (c *clip) stop() vision.Box {
	w, h := float64(c.still.Picture.Width), float64(c.still.Picture.Height)
	width := min(w, h*clipWidth/clipHeight) * (leastWindow + (1-leastWindow)*c.rng.Float64())
	height := width * clipHeight / clipWidth
	var who []int
	for i, p := range c.still.People {
		if len(p.Worn) > 0 {
			who = append(who, i)
		}
	}
	at := c.still.People[who[c.rng.IntN(len(who))]].Box.Centre()
	x := at.X - width*(0.25+0.5*c.rng.Float64())
	y := at.Y - height*(0.3+0.4*c.rng.Float64())
	x, y = min(max(x, 0), w-width), min(max(y, 0), h-height)
	return vision.Box{X0: x, Y0: y, X1: x + width, Y1: y + height}
}

// window is what frame i shows of the still.
func (c *clip) window(i int) vision.Box {
	t := float64(i) / float64(max(c.n-1, 1)) * (clipStops - 1)
	k := min(int(t), clipStops-2)
	s := t - float64(k)
	s = s * s * (3 - 2*s) // it starts and stops gently
	a, b := c.stops[k], c.stops[k+1]
	mix := func(p, q float64) float64 { return p + s*(q-p) }
	return vision.Box{X0: mix(a.X0, b.X0), Y0: mix(a.Y0, b.Y0), X1: mix(a.X1, b.X1), Y1: mix(a.Y1, b.Y1)}
}

// person is where somebody is in frame i, pixels of the clip, and how much of the
// box is in it.
func (c *clip) person(who, i int) (box vision.Box, share float64) {
	w, b := c.window(i), c.still.People[who].Box
	k := clipWidth / w.Width()
	full := vision.Box{X0: (b.X0 - w.X0) * k, Y0: (b.Y0 - w.Y0) * k, X1: (b.X1 - w.X0) * k, Y1: (b.Y1 - w.Y0) * k}
	box = vision.Box{X0: max(full.X0, 0), Y0: max(full.Y0, 0), X1: min(full.X1, clipWidth), Y1: min(full.Y1, clipHeight)}
	if box.Width() <= 0 || box.Height() <= 0 {
		return box, 0
	}
	return box, box.Width() * box.Height() / (full.Width() * full.Height())
}

// draw paints frame i. Frames are drawn in order: noise and blur go on from one to
// the next.
func (c *clip) draw(i int, f *camera.Frame) {
	w := c.window(i)
	k := w.Width() / clipWidth
	light := 1 + lightSwing*math.Sin(c.phase+2*math.Pi*float64(i)*c.every.Seconds()/7)
	for y := range clipHeight {
		for x := range clipWidth {
			sample(c.still, w.X0+(float64(x)+0.5)*k-0.5, w.Y0+(float64(y)+0.5)*k-0.5, light, f.Pix[y*f.Stride+3*x:])
		}
	}
	for _, p := range c.posts {
		p.draw(i, f)
	}
	if c.rng.Float64() < blurShare {
		smear(f, 1+c.rng.IntN(5))
	}
	for y := range clipHeight {
		row := f.Pix[y*f.Stride : y*f.Stride+3*clipWidth]
		for x := range row {
			row[x] = byte(min(max(float64(row[x])+c.noise*c.rng.NormFloat64(), 0), 255))
		}
	}
}

// sample takes one pixel of a still, between its pixels by their distance.
func sample(s *Still, x, y, light float64, to []byte) {
	p := &s.Picture
	x, y = min(max(x, 0), float64(p.Width-1)), min(max(y, 0), float64(p.Height-1))
	x0, y0 := int(x), int(y)
	x1, y1 := min(x0+1, p.Width-1), min(y0+1, p.Height-1)
	u, v := x-float64(x0), y-float64(y0)
	for ch := range 3 {
		at := func(x, y int) float64 { return float64(p.Pix[y*p.Stride+3*x+ch]) }
		top, low := at(x0, y0)*(1-u)+at(x1, y0)*u, at(x0, y1)*(1-u)+at(x1, y1)*u
		to[ch] = byte(min(max((top*(1-v)+low*v)*light, 0), 255))
	}
}

// draw paints what passes.
func (p *post) draw(i int, f *camera.Frame) {
	if i < p.from || i >= p.from+p.frames {
		return
	}
	t := float64(i-p.from) / float64(max(p.frames-1, 1))
	mid := p.x0 + t*(p.x1-p.x0)
	from, to := int((mid-p.width/2)*clipWidth), int((mid+p.width/2)*clipWidth)
	for y := range clipHeight {
		for x := max(from, 0); x < min(to, clipWidth); x++ {
			copy(f.Pix[y*f.Stride+3*x:], p.grey[:])
		}
	}
}

// smear blurs along the rows by so many pixels to each side, as a pan does.
func smear(f *camera.Frame, by int) {
	row := make([]byte, 3*clipWidth)
	for y := range clipHeight {
		line := f.Pix[y*f.Stride : y*f.Stride+3*clipWidth]
		copy(row, line)
		for x := range clipWidth {
			for ch := range 3 {
				sum, n := 0, 0
				for k := max(x-by, 0); k <= min(x+by, clipWidth-1); k++ {
					sum, n = sum+int(row[3*k+ch]), n+1
				}
				line[3*x+ch] = byte(sum / n)
			}
		}
	}
}
