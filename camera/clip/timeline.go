package clip

import (
	"math"
	"slices"
	"time"

	"linesman/camera"
)

// scale is the file's clock, in ticks a second: that of RTP video.
const scale = 90000

// timeline is when each packet of a file is decoded and shown, in ticks.
type timeline struct {
	decode []int64 // rising, from 0
	show   []int64 // not before decode
	last   int64   // how long the last picture stands
}

// timesOf lays packets, given in the order of decoding, on the file's clock. The
// order of showing follows the stream; times of decoding are the same times
// sorted, put back so far that nothing is shown before it is decoded.
func timesOf(packets []*camera.Packet) timeline {
	t := timeline{show: make([]int64, len(packets))}
	var at time.Duration
	for i := 1; i < len(packets); i++ {
		at += step(packets[i-1], packets[i])
		t.show[i] = ticks(at)
	}
	t.decode = slices.Clone(t.show)
	slices.Sort(t.decode)
	for i := 1; i < len(t.decode); i++ {
		t.decode[i] = max(t.decode[i], t.decode[i-1]+1) // two at once would be one to some players
	}
	var back int64
	for i := range t.show {
		back = max(back, t.decode[i]-t.show[i])
	}
	first := t.decode[0]
	for i := range t.show {
		t.decode[i] -= first
		t.show[i] += back - first
	}
	t.last = t.usual()
	return t
}

// usual is the median time from picture to picture; a 25th of a second for one
// picture alone.
func (t timeline) usual() int64 {
	if len(t.decode) < 2 {
		return scale / 25
	}
	steps := make([]int64, len(t.decode)-1)
	for i := range steps {
		steps[i] = t.decode[i+1] - t.decode[i]
	}
	slices.Sort(steps)
	return steps[len(steps)/2]
}

// lasts is how long packet i holds until the next is decoded.
func (t timeline) lasts(i int) int64 {
	if i == len(t.decode)-1 {
		return t.last
	}
	return t.decode[i+1] - t.decode[i]
}

// gaps returns the packets before and after each stretch in which nothing came:
// more than a second, and more than three times what is usual.
func gaps(packets []*camera.Packet) (found [][2]*camera.Packet) {
	if len(packets) < 2 {
		return nil
	}
	long := max(time.Second, time.Duration(3*timesOf(packets).usual())*time.Second/scale)
	for i := 1; i < len(packets); i++ {
		if step(packets[i-1], packets[i]) > long {
			found = append(found, [2]*camera.Packet{packets[i-1], packets[i]})
		}
	}
	return found
}

// ticks rounds a time to the file's clock.
func ticks(d time.Duration) int64 {
	return int64(math.Round(d.Seconds() * scale))
}
