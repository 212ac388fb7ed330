package vision

import (
	"math"
	"math/rand/v2"
	"testing"

	"linesman/camera"
)

// stage is a drawn frame: a bright disc on a dark belt, both with some noise.
type stage struct {
	light  float64
	tint   [3]float64
	sharp  float64 // pixels from the disc's level to the belt's
	x, y   float64
	smudge float64 // depth of a dark place
	seed   uint64
}

const (
	stageSize, stageRadius = 128, 30
	smudgeX, smudgeY       = 118, 22
)

func (s stage) draw(f *camera.Frame, crops *Crops) {
	rng := rand.New(rand.NewPCG(s.seed, 3))
	part, belt := [3]float64{180, 170, 160}, [3]float64{50, 60, 70}
	for y := range stageSize {
		for x := range stageSize {
			px, py := float64(x)+0.5, float64(y)+0.5
			k := min(max((stageRadius-math.Hypot(px-s.x, py-s.y))/s.sharp+0.5, 0), 1)
			dim := 1 - s.smudge*math.Exp(-((px-smudgeX)*(px-smudgeX)+(py-smudgeY)*(py-smudgeY))/(2*16*16))
			for c := range 3 {
				v := (belt[c] + k*(part[c]-belt[c])) * s.light * dim
				if s.tint != [3]float64{} {
					v *= s.tint[c]
				}
				f.Pix[y*f.Stride+3*x+c] = byte(min(max(v+3*rng.NormFloat64()+0.5, 0), 255))
			}
		}
	}
	crops.Reset()
	const size = 80
	c := crops.Add(size)
	left, top := int(s.x)-size/2, int(s.y)-size/2
	c.ToSensor, c.Centre, c.Lane = Shift(float64(left), float64(top)), Point{s.x, s.y}, 1
	c.Box = Box{s.x - stageRadius, s.y - stageRadius, s.x + stageRadius, s.y + stageRadius}
	c.Area = math.Pi * stageRadius * stageRadius
	for k, v := range belt {
		c.Surround[k] = float32(v * s.light)
		if s.tint != [3]float64{} {
			c.Surround[k] *= float32(s.tint[k])
		}
	}
	for y := range size {
		copy(c.Pix[3*y*size:3*(y+1)*size], f.Pix[(top+y)*f.Stride+3*left:])
		for x := range size {
			c.Mask[y*size+x] = 0
			if math.Hypot(float64(left+x)+0.5-s.x, float64(top+y)+0.5-s.y) < stageRadius {
				c.Mask[y*size+x] = 255
			}
		}
	}
}

var stageSet = LocateSettings{MMPerPx: 0.1, DiameterMM: 6, Lanes: 1, Belt: "+x"}

func look(t *testing.T, s stage) *Sight {
	t.Helper()
	f, crops, sight := camera.NewPool(1).Get(stageSize, stageSize, camera.RGB), new(Crops), new(Sight)
	s.draw(f, crops)
	sight.Take(f, crops, crops.Items, []float64{0.5}, 1, &stageSet)
	if sight.Good.Parts != 1 || sight.Good.Edges != 1 {
		t.Fatalf("%+v: of one good part %d were measured, %d edges", s, sight.Good.Parts, sight.Good.Edges)
	}
	return sight
}

// TestSight holds each measure to what it is to see, and to be blind to what the
// others see.
func TestSight(t *testing.T) {
	plain := stage{light: 1, sharp: 2, x: 64, y: 64}
	was := look(t, plain)
	for _, c := range []struct {
		name                   string
		change                 func(*stage)
		light, red, blue       float64 // factors
		edgeLow, edgeHigh      float64 // factors
		across, along, darkest float64
	}{
		{name: "nothing but noise", change: func(s *stage) { s.seed = 9 }, light: 1, red: 1, blue: 1, edgeLow: 0.9, edgeHigh: 1.1},
		{name: "darker", change: func(s *stage) { s.light = 0.7 }, light: 0.7, red: 1, blue: 1, edgeLow: 0.88, edgeHigh: 1.12},
		{name: "redder", change: func(s *stage) { s.tint = [3]float64{1.1, 1, 0.9} }, light: 1, red: 1.1, blue: 0.9, edgeLow: 0.9, edgeHigh: 1.1},
		{name: "blurred", change: func(s *stage) { s.sharp = 5 }, light: 1, red: 1, blue: 1, edgeLow: 1.5, edgeHigh: 3},
		{name: "moved", change: func(s *stage) { s.x, s.y = 67, 60 }, light: 1, red: 1, blue: 1, edgeLow: 0.9, edgeHigh: 1.1, across: -4, along: 3},
		{name: "smudged", change: func(s *stage) { s.smudge = 0.25 }, light: 1, red: 1, blue: 1, edgeLow: 0.9, edgeHigh: 1.1, darkest: 0.1},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := plain
			c.change(&s)
			now := look(t, s)
			ratio := func(k int) float64 { return now.Good.Part[k] / was.Good.Part[k] }
			near := func(what string, got, want, within float64) {
				if math.Abs(got-want) > within {
					t.Errorf("%s %.3f, want %.3f", what, got, want)
				}
			}
			near("light", ratio(1), c.light, 0.02)
			near("red against green", ratio(0)/ratio(1), c.red, 0.02)
			near("blue against green", ratio(2)/ratio(1), c.blue, 0.02)
			near("across", now.Good.Across-was.Good.Across, c.across, 0.01)
			near("along", now.Good.Along-was.Good.Along, c.along, 0.01)
			if edge := now.Good.Edge / was.Good.Edge; edge < c.edgeLow || edge > c.edgeHigh {
				t.Errorf("the edge is %.2f times as wide, want %.2f to %.2f", edge, c.edgeLow, c.edgeHigh)
			}
			if c.name == "moved" {
				return // a lone part that lies elsewhere changes what the cells show
			}
			worst, at := 0.0, 0
			for i, v := range now.Cells.Value {
				if w := was.Cells.Value[i]; v != 0 && w != 0 && 1-float64(v/w) > worst {
					worst, at = 1-float64(v/w), i
				}
			}
			if c.darkest == 0 && worst > 0.06 || worst < c.darkest {
				t.Errorf("the cell that darkened most did by %.3f", worst)
			}
			x, y := (float64(at%now.Cells.Cols)+0.5)*float64(now.Cells.Side), (float64(at/now.Cells.Cols)+0.5)*float64(now.Cells.Side)
			if c.darkest > 0 && math.Hypot(x-smudgeX, y-smudgeY) > float64(now.Cells.Side) {
				t.Errorf("the darkest cell is about %.0f, %.0f, the smudge at %v, %v", x, y, smudgeX, smudgeY)
			}
		})
	}
}

// TestSightOnlyGood keeps parts that fail, and those without an answer, out of
// what good parts look like.
func TestSightOnlyGood(t *testing.T) {
	f, crops, sight := camera.NewPool(1).Get(stageSize, stageSize, camera.RGB), new(Crops), new(Sight)
	stage{light: 1, sharp: 2, x: 64, y: 64}.draw(f, crops)
	for _, c := range []struct {
		name  string
		score float64
		good  int
	}{{"good", 0.9, 1}, {"at the limit", 1, 0}, {"bad", 3, 0}, {"no answer", math.NaN(), 0}} {
		sight.Take(f, crops, crops.Items, []float64{c.score}, 1, &stageSet)
		if sight.Good.Parts != c.good || sight.All.Parts != 1 {
			t.Errorf("%s: %d good of %d, want %d of 1", c.name, sight.Good.Parts, sight.All.Parts, c.good)
		}
	}
}

// TestSightAllocatesNothing holds the promise that watching costs no garbage.
func TestSightAllocatesNothing(t *testing.T) {
	f, crops, sight := camera.NewPool(1).Get(stageSize, stageSize, camera.RGB), new(Crops), new(Sight)
	stage{light: 1, sharp: 2, x: 64, y: 64}.draw(f, crops)
	scores := []float64{0.5}
	if n := testing.AllocsPerRun(20, func() { sight.Take(f, crops, crops.Items, scores, 1, &stageSet) }); n > 0 {
		t.Errorf("%v allocations a frame", n)
	}
}

// TestCast: red and blue lamps pull a grey card the ways they should.
func TestCast(t *testing.T) {
	for _, c := range []struct {
		name      string
		red, blue float64
		a, b      [2]float64 // from, to
	}{
		{"white", 1, 1, [2]float64{-0.01, 0.01}, [2]float64{-0.01, 0.01}},
		{"warmer", 1.1, 0.9, [2]float64{1, 6}, [2]float64{5, 15}},
		{"bluer", 1, 1.1, [2]float64{0, 6}, [2]float64{-9, -4}},
	} {
		if a, b := Cast(c.red, c.blue); a < c.a[0] || a > c.a[1] || b < c.b[0] || b > c.b[1] {
			t.Errorf("%s: a* %.2f b* %.2f, want %v and %v", c.name, a, b, c.a, c.b)
		}
	}
}

// BenchmarkTake measures a tablet line's frame: 1000 x 800 pixels, 56 parts.
func BenchmarkTake(b *testing.B) {
	f, crops, sight := camera.NewPool(1).Get(1000, 800, camera.RGB), new(Crops), new(Sight)
	for i := range f.Pix {
		f.Pix[i] = byte(60 + i%7)
	}
	scores := make([]float64, 56)
	for i := range scores {
		const size = 112
		c := crops.Add(size)
		c.Centre = Point{120 + 120*float64(i%7), 50 + 100*float64(i/7)}
		left, top := int(c.Centre.X)-size/2, int(c.Centre.Y)-size/2
		c.ToSensor, c.Box, c.Area = Shift(float64(left), float64(top)), Box{c.Centre.X - 45, c.Centre.Y - 45, c.Centre.X + 45, c.Centre.Y + 45}, 45*45*math.Pi
		c.Surround = [3]float32{63, 63, 63}
		for y := range size {
			for x := range size {
				k := y*size + x
				c.Mask[k] = 0
				if math.Hypot(float64(x-size/2), float64(y-size/2)) < 45 {
					c.Mask[k] = 255
				}
				for ch := range 3 {
					c.Pix[3*k+ch] = 60 + c.Mask[k]/2
				}
			}
		}
	}
	set := LocateSettings{MMPerPx: 0.1, DiameterMM: 9, Lanes: 8, LaneMM: 10, Belt: "+x"}
	for b.Loop() {
		sight.Take(f, crops, crops.Items, scores, 1, &set)
	}
}
