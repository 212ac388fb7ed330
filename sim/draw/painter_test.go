package draw

import (
	"bytes"
	"flag"
	"image/png"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"linesman/camera"
	"linesman/sim"
)

var update = flag.Bool("update", false, "write the golden pictures")

// frameOf paints one picture.
func frameOf(p *Painter, travelled float64, parts []sim.Part) *camera.Frame {
	w, h := p.Size()
	f := camera.NewPool(1).Get(w, h, camera.RGB)
	p.Paint(travelled, parts, f)
	return f
}

// small is the drawn line seen through a smaller window.
func small(product sim.Product) sim.Layout {
	l := product.Layout()
	switch product {
	case sim.Tablets:
		l.Lanes, l.FrameXMM, l.FrameYMM = 2, 36, 20
	case sim.Capsules:
		l.Lanes, l.FrameXMM, l.FrameYMM = 2, 36, 32
	case sim.Caps:
		l.FrameXMM, l.FrameYMM, l.MMPerPx = 32, 32, 0.2
	}
	return l
}

func TestGoldenPictures(t *testing.T) {
	for _, product := range products {
		painter := NewPainter(small(product), 18, Options{Exposure: 40 * time.Microsecond, SpeedMMs: 700})
		for _, kind := range slices.Concat([]sim.Kind{sim.Good}, product.Kinds(), product.MoreKinds()) {
			name := string(product) + "-" + string(kind)
			t.Run(name, func(t *testing.T) {
				l := small(product)
				spec := Spec{Layout: l, Seed: 17, Good: 4, Touching: 0.5}
				if kind != sim.Good {
					spec.Good, spec.Defective, spec.Kinds = 0, 4, []sim.Kind{kind}
				}
				parts := lay(spec)
				f := frameOf(painter, parts[0].MM+l.CameraMM, parts)
				file := filepath.Join("testdata", bytesName(name)+".png")
				if *update {
					if err := writePNG(file, f); err != nil {
						t.Fatal(err)
					}
				}
				in, err := os.Open(file)
				if err != nil {
					t.Fatalf("%v; make it with go test ./sim/draw -update and look at it", err)
				}
				defer in.Close()
				want, err := png.Decode(in)
				if err != nil {
					t.Fatal(err)
				}
				if want.Bounds().Dx() != f.Width || want.Bounds().Dy() != f.Height {
					t.Fatalf("golden picture of %v, drew %dx%d", want.Bounds(), f.Width, f.Height)
				}
				off, worst := 0, 0
				for y := range f.Height {
					for x := range f.Width {
						r, g, b, _ := want.At(x, y).RGBA()
						for k, v := range []uint32{r, g, b} {
							d := int(f.Pix[y*f.Stride+x*3+k]) - int(v>>8)
							if d != 0 {
								off++
							}
							worst = max(worst, d, -d)
						}
					}
				}
				// Other processors fuse multiplications: a level now and then.
				if worst > 2 || off > f.Width*f.Height*3/100 {
					t.Errorf("%d values differ from %s, at most by %d; look at the difference, then -update", off, file, worst)
				}
			})
		}
	}
}

// bytesName turns a kind's words into a file name.
func bytesName(s string) string { return string(bytes.ReplaceAll([]byte(s), []byte(" "), []byte("-"))) }

func TestSameSeedSamePixels(t *testing.T) {
	l := small(sim.Tablets)
	parts := lay(Spec{Layout: l, Seed: 5, Good: 10, Defective: 10, Shuffle: true})
	at := parts[3].MM + l.CameraMM
	a := frameOf(NewPainter(l, 1, Options{}), at, parts)
	p := NewPainter(l, 1, Options{})
	frameOf(p, at-50, parts) // what was painted before does not matter
	if b := frameOf(p, at, parts); !bytes.Equal(a.Pix, b.Pix) {
		t.Error("the same seed and place gave other pixels")
	}
	if b := frameOf(NewPainter(l, 2, Options{}), at, parts); bytes.Equal(a.Pix, b.Pix) {
		t.Error("another seed gave the same pixels")
	}
}

// A flaw is as strong as the truth says where it is fully there, changes no
// pixel beside the part, and covers the area of its size.
func TestFlawsMeasureAsTheTruthSays(t *testing.T) {
	for _, product := range products {
		l := product.Layout()
		p := NewPainter(l, 1, Options{})
		w, h := p.Size()
		for _, part := range lay(Spec{Layout: l, Seed: 21, Defective: 140, Touching: -1}) {
			b := p.body(part.MM+l.CameraMM, part)
			if b.look.flaw == nil {
				continue
			}
			flat := canvas{pix: bytes.Repeat([]byte{60}, w*h*3), stride: w * 3, width: w, height: h}
			flat.whole(&b)
			sound := bytes.Clone(flat.pix)
			flat.flaw(&b)
			slack := 0.012
			if part.Kind == sim.Stain && product == sim.Caps {
				slack = 0.025 // its tint is set for the bare cap and may lie on ink
			}
			var off, n, area float64
			for i := 0; i < len(sound); i += 3 {
				x, y := float32(i/3%w)+0.5-b.x, float32(i/3/w)+0.5-b.y
				m := b.look.flaw.at(x/b.perMM, y/b.perMM, 1/b.perMM)
				was := rgb{float64(sound[i]), float64(sound[i+1]), float64(sound[i+2])}.luma()
				is := rgb{float64(flat.pix[i]), float64(flat.pix[i+1]), float64(flat.pix[i+2])}.luma()
				cover := b.covers(x, y)
				if cover == 0 && was != is {
					t.Fatalf("%s %s: changes the belt", product, part.Kind)
				}
				area += math.Abs(float64(m))
				if m >= 0.99 && cover == 1 {
					off, n = off+math.Abs(is-was)/was, n+1
				}
			}
			if n > 0 {
				if got := off / n; math.Abs(got-part.Contrast) > slack {
					t.Errorf("%s %s of %.2f mm: contrast %.3f over %g pixels, truth says %.3f", product, part.Kind, part.SizeMM, got, n, part.Contrast)
				}
			}
			size := 2 * math.Sqrt(area/math.Pi) * l.MMPerPx
			switch part.Kind {
			case sim.Crack:
				size = area * l.MMPerPx * l.MMPerPx / (part.SizeMM * crackLength)
			case sim.Dent:
				continue // half of it is bright
			case sim.EmptyHalf:
				size = lengthOf(b.look.flaw)
			}
			if size < 0.8*part.SizeMM || size > 1.2*part.SizeMM {
				t.Errorf("%s %s: covers as much as %.3f mm, truth says %.3f", product, part.Kind, size, part.SizeMM)
			}
		}
	}
}

// lengthOf measures an empty half along its middle, mm.
func lengthOf(f *flaw) float64 {
	const step = 0.01
	n := 0
	for a := float32(-15); a < 15; a += step {
		if f.at(f.x+a*f.dirX, f.y+a*f.dirY, 0.1) >= 0.5 {
			n++
		}
	}
	return float64(n) * step
}

// A capsule is as long as it should be, and as much longer or shorter as the
// truth says of one that is not.
func TestCapsulesAreAsLongAsTheTruthSays(t *testing.T) {
	l := sim.Capsules.Layout()
	p := NewPainter(small(sim.Capsules), 1, Options{})
	length := func(part sim.Part) float64 {
		b := p.body(0, part)
		n := 0
		for u := float32(-150); u < 150; u += 0.1 {
			if b.covers(u*b.cos, u*b.sin) > 0.5 {
				n++
			}
		}
		return float64(n) / 10 / l.PxPerMM()
	}
	for _, c := range []struct {
		kind   sim.Kind
		lo, hi func(size float64) float64 // of the length
	}{
		{sim.Good, func(float64) float64 { return 19.74 }, func(float64) float64 { return 20.26 }},
		{sim.NotClosed, func(s float64) float64 { return 20.23 + s }, func(s float64) float64 { return 20.27 + s }},
		{sim.SquashedEnd, func(s float64) float64 { return 19.74 - s - 0.3 }, func(s float64) float64 { return 20.26 - s }},
		{sim.MissingHalf, func(s float64) float64 { return 19.98 - s }, func(s float64) float64 { return 20.02 - s }},
		{sim.DoubleCap, func(float64) float64 { return 19.74 }, func(float64) float64 { return 20.26 }},
	} {
		spec := Spec{Layout: l, Seed: 5, Defective: 60, Kinds: []sim.Kind{c.kind}}
		if c.kind == sim.Good {
			spec.Good, spec.Defective, spec.Kinds = 60, 0, nil
		}
		for _, part := range lay(spec) {
			if got := length(part); got < c.lo(part.SizeMM) || got > c.hi(part.SizeMM) {
				t.Errorf("%s of size %.2f mm is %.2f mm long, want %.2f to %.2f", c.kind, part.SizeMM, got, c.lo(part.SizeMM), c.hi(part.SizeMM))
			}
		}
	}
}

// Capsules lie along the belt, cap first or body first.
func TestCapsulesLieInTheirChannels(t *testing.T) {
	first := 0
	parts := lay(Spec{Layout: sim.Capsules.Layout(), Seed: 6, Good: 400})
	for _, p := range parts {
		if off := math.Abs(math.Remainder(p.Angle, math.Pi)); off > play {
			t.Fatalf("a capsule lies %.3f radians off its channel, want at most %g", off, play)
		}
		if math.Cos(p.Angle) > 0 {
			first++
		}
	}
	if first < 160 || first > 240 {
		t.Errorf("%d of %d capsules travel cap first, want about half", first, len(parts))
	}
}

func TestColours(t *testing.T) {
	d := roll(1)
	// A belt of a day draws colours as near to the usual one as rounding.
	for _, delta := range []float64{0, 1e-9, 3e-6, 1e-3, 0.5, 1.3, 6, 18, 36} {
		for range 50 {
			c := tabletColour.away(&d, delta)
			if got := c.lab().deltaE(tabletColour.lab()); math.Abs(got-delta) > max(0.02*delta, roundTrip) {
				t.Fatalf("a colour delta E %.2g away, asked for %g", got, delta)
			}
		}
	}
	if got := (rgb{255, 255, 255}).lab(); math.Abs(got[0]-100) > 0.01 || math.Hypot(got[1], got[2]) > 0.02 {
		t.Errorf("white is Lab %v, want 100 0 0", got)
	}
}

// Noise is two per cent of full scale, the light stays within a tenth.
func TestNoiseAndLight(t *testing.T) {
	l := small(sim.Tablets)
	p := NewPainter(l, 3, Options{})
	parts := lay(Spec{Layout: l, Seed: 5, Good: 2, Touching: -1})
	f := frameOf(p, parts[0].MM+l.CameraMM, parts)
	clean := canvas{pix: make([]byte, len(f.Pix)), stride: f.Stride, width: f.Width, height: f.Height}
	p.belt.paint(clean.pix, clean.stride, clean.width, 0)
	flat := canvas{pix: bytes.Repeat([]byte{120}, len(f.Pix)), stride: f.Stride, width: f.Width, height: f.Height}
	p.expose(1, flat)
	var sum, square float64
	n := 0.0
	for y := 80; y < 120; y++ { // where the fall-off is flat
		for x := 3 * 150; x < 3*210; x++ {
			v := float64(flat.pix[y*flat.stride+x])
			sum, square, n = sum+v, square+v*v, n+1
		}
	}
	sd := math.Sqrt(square/n - sum/n*sum/n)
	if sd < 4.8 || sd > 5.5 {
		t.Errorf("noise of %.2f grey levels on a flat field, want 5.1", sd)
	}
	lo, hi := 2.0, 0.0
	for i := range 20000 {
		s := p.light.strength(float64(i) * 84)
		lo, hi = min(lo, s), max(hi, s)
	}
	if lo < 0.9 || hi > 1.1 || hi-lo < 0.15 {
		t.Errorf("the lamps swing between %.3f and %.3f of nominal, want nearly 0.9 to 1.1", lo, hi)
	}
}

func TestPaintRefusesAnotherSize(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("painted into a frame of another size")
		}
	}()
	NewPainter(small(sim.Caps), 1, Options{}).Paint(0, nil, camera.NewPool(1).Get(10, 10, camera.RGB))
}

func BenchmarkPaint(b *testing.B) {
	for _, product := range products {
		b.Run(string(product), func(b *testing.B) {
			l := product.Layout()
			parts := lay(Spec{Layout: l, Seed: 5, Good: 400, Defective: 400, Shuffle: true})
			p := NewPainter(l, 7, Options{Exposure: 50 * time.Microsecond, SpeedMMs: 800})
			w, h := p.Size()
			f := camera.NewPool(1).Get(w, h, camera.RGB)
			p.Paint(0, nil, f)
			for i := 0; b.Loop(); i++ {
				p.Paint(300+float64(i%7)*45, parts, f)
			}
		})
	}
}
