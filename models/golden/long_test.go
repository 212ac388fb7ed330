package golden

import (
	"bytes"
	"errors"
	"math"
	"math/rand/v2"
	"strings"
	"sync"
	"testing"

	"linesman/vision"
)

// barFlaw is what is wrong with a drawn bar; places count from its middle,
// along it towards its dark end, and across.
type barFlaw struct {
	u, v, r  float64 // a disc
	contrast float64
	bite     float64 // pixels missing from one long side about u = -20
	longer   float64 // pixels of half the length
	tint     float64 // levels added to blue of the bright half alone
	taper    float64 // share of the width by which one end is wider than the middle
	joint    float64 // pixels by which the border of the halves lies further on
}

// bar draws one long part for itself: rounded ends, a dark half and a bright
// one, their border a little further on or back, a highlight that stays where
// the lamp is whichever end comes first, a little askew.
func bar(rng *rand.Rand, f barFlaw) vision.Crop {
	const size, halfLong, halfWide = 128, 48.0, 16.0
	c := vision.Crop{Size: size, Pix: make([]byte, 3*size*size), Mask: make([]byte, size*size), ToSensor: vision.Shift(500, 300)}
	light := 0.9 + 0.2*rng.Float64()
	belt := [3]float64{40 * light, 45 * light, 42 * light}
	for k, b := range belt {
		c.Surround[k] = float32(b)
	}
	x, y := size/2+rng.Float64()-0.5, size/2+rng.Float64()-0.5
	angle := 0.2 * (rng.Float64() - 0.5)
	if rng.IntN(2) == 0 {
		angle += math.Pi
	}
	sin, cos := math.Sincos(angle)
	long := halfLong + 1.5*(rng.Float64()-0.5) + f.longer
	border := 6 + 3*(rng.Float64()-0.5) + f.joint
	shine := 0.8 + 0.4*rng.Float64()
	shade := [2]float64{1 + 0.01*rng.NormFloat64(), 1 + 0.01*rng.NormFloat64()}
	for j := range size {
		for i := range size {
			dx, dy := float64(i)+0.5-x, float64(j)+0.5-y
			u, v := dx*cos+dy*sin, dy*cos-dx*sin
			wide := halfWide * (1 + f.taper*u/halfLong)
			if math.Abs(u+20) < 5 && v > 0 {
				wide -= f.bite
			}
			in := wide - math.Hypot(max(math.Abs(u)-long+wide, 0), v)
			cover := min(max(in+0.5, 0), 1)
			dark := min(max(u-border+0.5, 0), 1)
			glow := shine * 40 * math.Exp(-(dy+6)*(dy+6)/8)
			factor := 1 - 0.3*(v/halfWide)*(v/halfWide)
			if math.Hypot(u-f.u, v-f.v) < f.r {
				factor *= 1 + f.contrast
			}
			for k := range 3 {
				bright, deep := [3]float64{190, 180, 150}[k], [3]float64{80, 120, 110}[k]
				if k == 2 {
					bright += f.tint
				}
				own := (bright*shade[0]*(1-dark) + deep*shade[1]*dark) * factor
				level := light*(own+glow)*cover + belt[k]*(1-cover) + 3*rng.NormFloat64()
				c.Pix[3*(j*size+i)+k] = byte(min(max(level+0.5, 0), 255))
			}
			if cover > 0.5 {
				c.Mask[j*size+i] = 255
				c.Area++
			}
		}
	}
	return c
}

func goodBars(seed uint64, n int) []vision.Crop {
	rng := rand.New(rand.NewPCG(seed, 4))
	crops := make([]vision.Crop, n)
	for i := range crops {
		crops[i] = bar(rng, barFlaw{})
	}
	return crops
}

var bars = sync.OnceValues(func() (*Model, error) { return Teach(goodBars(1, 120), 0.1, nil) })

func TestLongPartsAreTakenForLong(t *testing.T) {
	m := taught(t, bars)
	if m.long == nil {
		t.Fatal("bars were taken for discs")
	}
	if taught(t, plain).long != nil {
		t.Error("discs were taken for bars")
	}
	if d := 2 * m.long.half[0] * 0.1; math.Abs(d-9.6) > 0.1 {
		t.Errorf("a bar of 9.6 mm was learned as %.2f mm", d)
	}
	if d := 2 * m.long.half[1] * 0.1; math.Abs(d-3.2) > 0.1 {
		t.Errorf("a bar 3.2 mm wide was learned as %.2f mm", d)
	}
	if len(m.long.stances) != 2 || len(m.long.regions) != 2 || !m.long.joint.used() {
		t.Errorf("%v, joint %+v, want both ways, two colours and a joint", m, m.long.joint)
	}
	if !strings.Contains(m.String(), "either end first, 2 colours") {
		t.Errorf("%v", m)
	}
}

// A cap that is pushed further on than most shows its colour where most show the body's.
func TestJointOfLongPartsIsNoFlawOfTheOutline(t *testing.T) {
	const mm = 0.1 // a pixel
	rng := rand.New(rand.NewPCG(5, 7))
	crops := make([]vision.Crop, 120)
	for i := range crops {
		crops[i] = bar(rng, barFlaw{joint: 0.8 * rng.NormFloat64()})
	}
	m, err := Teach(crops, mm, nil)
	if err != nil {
		t.Fatal(err)
	}
	if !m.long.joint.used() {
		t.Fatal("no joint was found")
	}
	for range 20 {
		for _, joint := range []float64{-3, 0, 3} {
			c := bar(rng, barFlaw{joint: joint})
			all, err := m.Score(&c, nil)
			if err != nil {
				t.Fatal(err)
			}
			if r := all[Outline]; r.Measured > mm {
				t.Errorf("a dark half that begins %.1f px further on: the outline is %.2f mm off (%s)", joint, r.Measured, r.Text)
			}
		}
	}
}

func TestFlawsOfLongPartsAreToldByTheirChannel(t *testing.T) {
	for _, c := range []struct {
		name    string
		flaw    barFlaw
		channel string
		text    string
	}{
		{"dark spot", barFlaw{u: -25, v: 2, r: 2, contrast: -0.25}, "surface", "dark place"},
		{"spot near the end", barFlaw{u: 41, v: 0, r: 2, contrast: -0.3}, "surface", "dark place"},
		{"bright spot", barFlaw{u: 25, v: 3, r: 2, contrast: 0.3}, "surface", "bright place"},
		{"faint stain", barFlaw{u: -25, v: 2, r: 7, contrast: -0.08}, "surface", "dark place"},
		{"bite", barFlaw{bite: 3}, "outline", "is missing"},
		{"too long", barFlaw{longer: 4.5}, "size", "too long"},
		{"too short", barFlaw{longer: -4.5}, "size", "too short"},
		{"one half of a wrong colour", barFlaw{tint: 25}, "colour", "colour off"},
		{"halves not pushed together", barFlaw{joint: 7}, "surface", "bright place"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := taught(t, bars)
			rng := rand.New(rand.NewPCG(99, 2))
			for range 6 { // either end first
				crop := bar(rng, c.flaw)
				tells(t, m, &crop, c.channel, c.text)
			}
		})
	}
}

func TestGoodLongPartsPass(t *testing.T) {
	m := taught(t, bars)
	for i, crop := range goodBars(7, 300) {
		name, worst, err := m.Worst(&crop)
		if err != nil || worst.Score >= 1 {
			t.Errorf("part %d: %s %.2f %s %v, want below 1", i, name, worst.Score, worst.Text, err)
		}
	}
}

func TestPlaceOfALongPartsFlawIsInSensorPixels(t *testing.T) {
	m := taught(t, bars)
	rng := rand.New(rand.NewPCG(5, 5))
	for range 4 {
		crop := bar(rng, barFlaw{u: 0, v: 0, r: 3, contrast: -0.4})
		readings, err := m.Score(&crop, nil)
		if err != nil {
			t.Fatal(err)
		}
		at := readings[Surface].Box.Centre()
		if math.Abs(at.X-(500+64)) > 3 || math.Abs(at.Y-(300+64)) > 3 {
			t.Errorf("spot found at %v, drawn at (564, 364)", at)
		}
	}
}

func TestSavedLongModelsAnswerTheSame(t *testing.T) {
	m := taught(t, bars)
	data := m.Save()
	loaded, err := Load(data)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(loaded.Save(), data) {
		t.Error("saving what was loaded gives other bytes")
	}
	for i, crop := range goodBars(13, 5) {
		_, a, _ := m.Worst(&crop)
		_, b, err := loaded.Worst(&crop)
		if err != nil || a != b {
			t.Errorf("part %d: %+v before, %+v after, %v", i, a, b, err)
		}
	}
	for _, at := range []int{len(longMagic) + 9, len(data) / 2, len(data) - 2} {
		torn := bytes.Clone(data)
		torn[at] ^= 1
		if _, err := Load(torn); !errors.Is(err, ErrDamaged) {
			t.Errorf("byte %d altered: %v, want ErrDamaged", at, err)
		}
	}
}

func TestLongModelsRefuseLimitsThatNothingExceeds(t *testing.T) {
	for name, spoil := range map[string]func(l *long){
		"limit":   func(l *long) { l.limit[Colour] = math.Inf(1) },
		"outline": func(l *long) { l.outline[0] = append([]float32{0}, l.outline[0][1:]...) },
		"joint":   func(l *long) { l.joint.Held = span{-1e9, 1e9} },
		"contour": func(l *long) {
			l.contour = append([]knot(nil), l.contour...)
			l.contour[3].U = float32(math.NaN())
		},
	} {
		good := taught(t, bars).long
		l := &long{
			size: good.size, mmPerPx: good.mmPerPx, surround: good.surround, width: good.width, height: good.height,
			half: good.half, moment: good.moment, contour: good.contour, outline: good.outline, face: good.face, inside: good.inside,
			joint: good.joint, stances: good.stances, regions: good.regions, stretch: good.stretch, limit: good.limit,
		}
		spoil(l)
		if _, err := Load(l.save()); !errors.Is(err, ErrDamaged) {
			t.Errorf("%s: %v, want ErrDamaged", name, err)
		}
	}
}

func TestPartsOfManyOutlinesAreNotLaidOverOneAnother(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 3))
	var crops []vision.Crop
	for range 40 { // each tapers otherwise
		crops = append(crops, bar(rng, barFlaw{taper: 1.4 * (rng.Float64() - 0.5)}))
	}
	if _, err := teachLong(crops, 0.1, func(int, int) {}); !errors.Is(err, errUneven) {
		t.Errorf("%v, want %v", err, errUneven)
	}
}

func TestAnEmptyMaskIsNoPart(t *testing.T) {
	m := taught(t, bars)
	crop := bar(rand.New(rand.NewPCG(5, 5)), barFlaw{})
	clear(crop.Mask)
	if _, err := m.Score(&crop, nil); err == nil || !strings.Contains(err.Error(), "mask") {
		t.Errorf("%v, want an error that names the mask", err)
	}
	half := bar(rand.New(rand.NewPCG(5, 5)), barFlaw{})
	for k := range half.Mask {
		if k%half.Size > half.Size/2-24 {
			half.Mask[k] = 0
		}
	}
	readings, err := m.Score(&half, nil)
	if err != nil || readings[Surface].Score < 1 || !strings.Contains(readings[Surface].Text, "not this product") {
		t.Errorf("a stump: %+v %v, want a fail that says so", readings, err)
	}
}
