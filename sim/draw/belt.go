package draw

import (
	"math"

	"linesman/sim"
)

// The belt: dark, woven, worn lengthwise, with tablet powder or dust on it.
const (
	weaveLength = 2048 // pixels after which the weave repeats, a power of two
	stationMM   = 25   // one stretch of belt that collects its own dirt
	stations    = 160  // the belt's length in them
	dirtLife    = 40   // revolutions until a wiper takes a speck away
)

var beltColour = map[sim.Product]rgb{
	sim.Tablets:  {46, 62, 70},
	sim.Capsules: {43, 45, 50},
	sim.Caps:     {52, 66, 58},
}

// wear is how rough a belt is, as shares of its brightness.
type wear struct{ thread, lengthwise, fine, broad float64 }

// Tablets ride on coarse cloth that powder has worn into lanes, caps on a
// smooth one, capsules in the channels of a matt moulded one.
var beltWear = map[sim.Product]wear{
	sim.Tablets:  {thread: 0.28, lengthwise: 0.06, fine: 0.18, broad: 0.14},
	sim.Capsules: {thread: 0.04, lengthwise: 0.03, fine: 0.07, broad: 0.06},
	sim.Caps:     {thread: 0.05, lengthwise: 0.03, fine: 0.05, broad: 0.06},
}

// belt is the ground parts lie on, drawn once for weaveLength pixels.
type belt struct {
	height int
	pix    []byte // RGB rows of 2*weaveLength, so that any stretch is one piece
	seed   uint64
}

//go:norace
func newBelt(layout sim.Layout, seed uint64) *belt {
	_, height := layout.FramePx()
	b := &belt{height: height, pix: make([]byte, 2*weaveLength*height*3), seed: seed}
	colour, rough := beltColour[layout.Product], beltWear[layout.Product]
	fine := mottle(256, seed^21, []float64{1, 1})
	broad := mottle(256, seed^22, []float64{0.2, 0.5, 1, 1.5, 1.5})
	d := roll(seed, 23)
	streaks := make([]float64, height)
	for i := range streaks {
		streaks[i] = rough.lengthwise * d.normal()
		if layout.Product == sim.Capsules {
			streaks[i] += channel((float64(i)+0.5)*layout.MMPerPx, layout)
		}
	}
	for y := range height {
		row := b.pix[y*2*weaveLength*3:][: 2*weaveLength*3 : 2*weaveLength*3]
		for x := range weaveLength {
			// A twill: threads of eight pixels, each row of them set over by two.
			thread := math.Sin(float64(x+y*2)*2*math.Pi/8) * math.Sin(float64(y)*2*math.Pi/8)
			v := 1 + rough.thread*thread + streaks[y] + rough.fine*float64(fine[(y&255)*256+x&255])/40 +
				rough.broad*float64(broad[(y>>2&255)*256+x>>3&255])/40
			for c := range 3 {
				row[x*3+c] = byte(min(max(colour[c]*v, 0), 255))
			}
		}
		copy(row[weaveLength*3:], row[:weaveLength*3])
	}
	return b
}

// channel is how much brighter or darker than its floor the belt is, across mm
// from the picture's top: each lane's channel has a wall towards the lamps,
// which lies in the dark, and one away from them, which does not.
func channel(across float64, l sim.Layout) float64 {
	off := math.Remainder(across-l.FrameYMM/2-float64(l.Lanes-1)/2*l.LaneMM, l.LaneMM)
	wall := step(channelMM/2-0.1, channelMM/2+0.4, math.Abs(off)) * (1 - step(channelMM/2+0.8, channelMM/2+1.4, math.Abs(off)))
	if off < 0 {
		return -0.22 * wall
	}
	return 0.25 * wall
}

// channelMM is how wide a capsule's channel is.
const channelMM = 10.0

// paint fills a frame with belt. shift is the picture's left edge in pixels
// against the travel.
//
//go:norace
func (b *belt) paint(pix []byte, stride, width int, shift int64) {
	at := int(((shift % weaveLength) + weaveLength) % weaveLength)
	for y := range b.height {
		copy(pix[y*stride:y*stride+width*3], b.pix[(y*2*weaveLength+at)*3:])
	}
}

// speck is one bit of dirt in the picture, in pixels.
type speck struct {
	x, y, radius float32
	gain         float32 // of brightness at its middle
}

// dirt returns what lies on the stretch of belt from lowMM to highMM of
// travel, placed by toPx. It grows and goes with the belt's revolutions.
func (b *belt) dirt(lowMM, highMM, perMM float64, toPx func(mm float64) float64, into []speck) []speck {
	for station := math.Floor(lowMM/stationMM) - 1; station*stationMM <= highMM; station++ {
		turn, place := math.Floor(station/stations), math.Mod(station, stations)
		d := roll(b.seed, 24, uint64(int64(place)))
		for range 7 {
			age := math.Mod(turn+float64(d.below(dirtLife))+dirtLife, dirtLife) / dirtLife
			mm := station*stationMM + d.span(0, stationMM)
			into = append(into, speck{
				x:      float32(toPx(mm)),
				y:      float32(d.unit()) * float32(b.height),
				radius: float32(d.logSpan(0.1, 0.5) * perMM * (0.4 + 0.6*age)),
				gain:   float32(d.span(-0.2, 0.5) * age),
			})
		}
	}
	return into
}
