package apitest

import (
	"bytes"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"math"
	"math/rand/v2"

	"linesman/api"
	"linesman/camera"
	"linesman/part"
	"linesman/vision"
)

// tablet is one drawn part and what is wrong with it.
type tablet struct {
	x, y, r float64 // pixels
	lane    int
	kind    string // "": good
	angle   float64
	tone    float64
}

// box is the tablet's, in pixels of the sensor.
func (t tablet) box() vision.Box {
	return vision.Box{X0: t.x - t.r, Y0: t.y - t.r, X1: t.x + t.r, Y1: t.y + t.r}
}

// flaw is where its defect is.
func (t tablet) flaw() (x, y float64) {
	d := 0.5
	if t.kind == "chip" {
		d = 0.92
	}
	return t.x + d*t.r*math.Cos(t.angle), t.y + d*t.r*math.Sin(t.angle)
}

const beltWidth, beltHeight = 1000, 800

// lay returns one frame's tablets: 8 lanes, a pitch of 120 pixels.
func lay(rng *rand.Rand, defect func() string) []tablet {
	var out []tablet
	for lane := 1; lane <= 8; lane++ {
		for x := 70 + 8*rng.Float64(); x < beltWidth-50; x += 118 + 8*rng.Float64() {
			if rng.Float64() < 0.06 {
				continue
			}
			out = append(out, tablet{
				x: x, y: float64(lane)*98 - 44 + 4*rng.Float64(), r: 44, lane: lane,
				kind: defect(), angle: 2 * math.Pi * rng.Float64(), tone: 0.97 + 0.06*rng.Float64(),
			})
		}
	}
	return out
}

// paint draws tablets on a belt into a fresh frame.
func paint(pool *camera.Pool, rng *rand.Rand, tablets []tablet) *camera.Frame {
	f := pool.Get(beltWidth, beltHeight, camera.RGB)
	for y := range beltHeight {
		light := 1 - 0.16*math.Pow(float64(y-beltHeight/2)/float64(beltHeight/2), 2)
		for x := range beltWidth {
			grain := float64((x*7919+y*104729)%13) - 6
			put(f, x, y, (52+grain/2)*light, (66+grain/2)*light, (72+grain/2)*light)
		}
	}
	for _, t := range tablets {
		fx, fy := t.flaw()
		for y := int(t.y - t.r - 6); y <= int(t.y+t.r+8); y++ {
			for x := int(t.x - t.r - 6); x <= int(t.x+t.r+8); x++ {
				if x < 0 || y < 0 || x >= beltWidth || y >= beltHeight {
					continue
				}
				d := math.Hypot(float64(x)-t.x, float64(y)-t.y) / t.r
				if d > 1 {
					if s := math.Hypot(float64(x)-t.x-3, float64(y)-t.y-5) / t.r; s < 1.06 {
						dim(f, x, y, 0.6)
					}
					continue
				}
				shade := t.tone * (1 - 0.25*math.Pow(d, 6)) * (1 - 0.05*(float64(x)-t.x+float64(y)-t.y)/t.r)
				r, g, b := 236*shade, 233*shade, 224*shade
				near := math.Hypot(float64(x)-fx, float64(y)-fy)
				switch {
				case t.kind == "spot" && near < 6:
					r, g, b = r*0.45, g*0.42, b*0.4
				case t.kind == "stain" && near < 15:
					r, g, b = r*0.9, g*0.76, b*0.55
				case t.kind == "chip" && near < 14:
					r, g, b = 74, 84, 88
				case t.kind == "crack" && crack(t, float64(x), float64(y)):
					r, g, b = r*0.5, g*0.5, b*0.5
				case t.kind == "colour":
					r, g, b = r*0.98, g*0.86, b*0.82
				}
				put(f, x, y, r, g, b)
			}
		}
	}
	for i := 0; i < len(f.Pix); i += 3 {
		n := int(rng.Uint32()%7) - 3
		for c := range 3 {
			f.Pix[i+c] = byte(min(max(int(f.Pix[i+c])+n, 0), 255))
		}
	}
	return f
}

func crack(t tablet, x, y float64) bool {
	u := (x-t.x)*math.Cos(t.angle) + (y-t.y)*math.Sin(t.angle)
	v := -(x-t.x)*math.Sin(t.angle) + (y-t.y)*math.Cos(t.angle)
	return math.Abs(v+4*math.Sin(u/7)) < 1.6 && u > -10 && u < 0.9*t.r
}

func put(f *camera.Frame, x, y int, r, g, b float64) {
	at := y*f.Stride + x*3
	f.Pix[at], f.Pix[at+1], f.Pix[at+2] = byte(min(r, 255)), byte(min(g, 255)), byte(min(b, 255))
}

func dim(f *camera.Frame, x, y int, by float64) {
	at := y*f.Stride + x*3
	for c := range 3 {
		f.Pix[at+c] = byte(float64(f.Pix[at+c]) * by)
	}
}

// heat is a drawn heat map over the tablet: a hill at its flaw.
func heat(t tablet, score float64, cells int) []byte {
	out := make([]byte, cells*cells)
	fx, fy := t.flaw()
	for j := range cells {
		for i := range cells {
			x := t.x - t.r + 2*t.r*(float64(i)+0.5)/float64(cells)
			y := t.y - t.r + 2*t.r*(float64(j)+0.5)/float64(cells)
			d := math.Hypot(x-fx, y-fy) / (0.36 * t.r)
			r := 0.25 + score*math.Exp(-d*d)
			out[j*cells+i] = byte(255 * r / (1 + r))
		}
	}
	return out
}

// crop cuts the tablet out of its frame as PNG, a fifth wider than it is.
func crop(f *camera.Frame, t tablet) []byte {
	half := int(t.r * 1.2)
	m := image.NewRGBA(image.Rect(0, 0, 2*half, 2*half))
	for y := range 2 * half {
		for x := range 2 * half {
			u, v := min(max(int(t.x)-half+x, 0), f.Width-1), min(max(int(t.y)-half+y, 0), f.Height-1)
			p := f.Pix[v*f.Stride+u*3:]
			m.SetRGBA(x, y, color.RGBA{p[0], p[1], p[2], 255})
		}
	}
	return encoded(m)
}

// nearest is a canned answer of what a tablet was compared with: the same place of a good
// one of its frame; nil if there is no good one.
func nearest(f *camera.Frame, t tablet, tablets []tablet) *api.Nearest {
	for i, good := range tablets {
		if good.kind != "" {
			continue
		}
		fx, fy := t.flaw()
		side := 0.9 * t.r
		return &api.Nearest{Camera: string(top), Good: i + 1, Kept: true, Distance: 4.2,
			Here: pane(f, fx, fy, side), There: pane(f, good.x+fx-t.x, good.y+fy-t.y, side)}
	}
	return nil
}

// pane is a square of a frame as JPEG, four times as large.
func pane(f *camera.Frame, x, y, side float64) []byte {
	const times = 4
	n := int(side * times)
	m := image.NewRGBA(image.Rect(0, 0, n, n))
	for j := range n {
		for i := range n {
			u := min(max(int(x-side/2+float64(i)/times), 0), f.Width-1)
			v := min(max(int(y-side/2+float64(j)/times), 0), f.Height-1)
			p := f.Pix[v*f.Stride+u*3:]
			m.SetRGBA(i, j, color.RGBA{p[0], p[1], p[2], 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil { // into memory, of a picture of our own
		panic("apitest: " + err.Error())
	}
	return b.Bytes()
}

// heatPNG is the heat map over the crop's extent.
func heatPNG(t tablet, score float64) []byte {
	wide := t
	wide.r = t.r * 1.2
	fx, fy := t.flaw() // the flaw stays where it is while the extent grows
	const cells = 48
	m := image.NewGray16(image.Rect(0, 0, cells, cells))
	for j := range cells {
		for i := range cells {
			x := wide.x - wide.r + 2*wide.r*(float64(i)+0.5)/cells
			y := wide.y - wide.r + 2*wide.r*(float64(j)+0.5)/cells
			d := math.Hypot(x-fx, y-fy) / (0.36 * t.r)
			r := 0.2 + score*math.Exp(-d*d)
			m.SetGray16(i, j, color.Gray16{uint16(65535 * r / (1 + r))})
		}
	}
	return encoded(m)
}

func encoded(m image.Image) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil { // into memory, of a picture of our own
		panic("apitest: " + err.Error())
	}
	return b.Bytes()
}

// overhead draws what a camera above the line's end sees: the belt from the
// side, parts passing under a gate.
func overhead(pool *camera.Pool, id part.CameraID, n uint64) *camera.Frame {
	const w, h = 640, 360
	f := pool.Get(w, h, camera.RGB)
	f.Camera, f.Seq = id, n
	for y := range h {
		for x := range w {
			switch {
			case y < 96:
				put(f, x, y, 96+float64(y)/4, 100+float64(y)/4, 104+float64(y)/4)
			case y < 110 || y > 268 && y < 282:
				put(f, x, y, 150, 154, 158)
			case y <= 268:
				put(f, x, y, 54, 62, 66)
			default:
				put(f, x, y, 88-float64(y-280)/3, 90-float64(y-280)/3, 92-float64(y-280)/3)
			}
			if x > 396 && x < 432 && y > 60 && y < 300 {
				put(f, x, y, 168, 172, 176)
			}
		}
	}
	for lane := range 8 {
		for k := range 18 {
			x := math.Mod(float64(k)*38+float64(n)*9+float64(lane%3)*9, w+40) - 20
			y := 122 + float64(lane)*19
			for dy := -7.0; dy <= 7; dy++ {
				for dx := -8.0; dx <= 8; dx++ {
					u, v := int(x+dx), int(y+dy)
					if dx*dx/64+dy*dy/40 <= 1 && u >= 0 && u < w && (u <= 396 || u >= 432) {
						put(f, u, v, 226, 223, 214)
					}
				}
			}
		}
	}
	return f
}
