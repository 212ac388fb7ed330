// Package draw lays parts on an endless belt and draws what a camera above it
// sees, with the truth about every part: tablets in eight lanes, capsules in
// four, bottle caps one by one. A Feed decides what lies where, a Painter turns a place of the
// belt into pixels, Record writes both to a folder that anybody's line can be
// measured with. Everything follows from seeds, so a failure replays.
//
// What is drawn: a woven belt with powder on it that comes and goes; lamps that
// drift by ten per cent and light the picture's middle more than its corners;
// good parts that differ in size, colour, speckle, tilt and print; noise of two
// per cent of full scale; motion blur of exposure times speed.
//
// Coordinates: millimetres along the belt as in sim.Part; pixels x to the
// right (the direction of travel), y down, the first pixel's centre at (0.5, 0.5).
package draw

import "math"

// dice is a seeded stream of numbers (splitmix64), the same on every machine
// and for every version of Go.
type dice struct{ state uint64 }

// roll returns a stream that depends on all of the words.
func roll(words ...uint64) dice {
	d := dice{0x6c696e65736d616e}
	for _, w := range words {
		d.state ^= w
		d.state = d.next()
	}
	return d
}

func (d *dice) next() uint64 {
	d.state += 0x9e3779b97f4a7c15
	z := d.state
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// unit returns a number in [0, 1).
func (d *dice) unit() float64 { return float64(d.next()>>11) / (1 << 53) }

// span returns a number evenly between lo and hi.
func (d *dice) span(lo, hi float64) float64 { return lo + (hi-lo)*d.unit() }

// logSpan returns a number between lo and hi whose logarithm is even.
func (d *dice) logSpan(lo, hi float64) float64 { return lo * math.Pow(hi/lo, d.unit()) }

// below returns a whole number in [0, n).
func (d *dice) below(n int) int { return int(d.next() >> 1 % uint64(n)) }

// normal returns a Gaussian number of mean 0 and deviation 1.
func (d *dice) normal() float64 {
	return math.Sqrt(-2*math.Log(1-d.unit())) * math.Cos(2*math.Pi*d.unit())
}

// clamp limits v to 0..1.
func clamp(v float32) float32 { return min(max(v, 0), 1) }
