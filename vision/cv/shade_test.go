package cv

import (
	"math"
	"testing"
)

// TestUsual: a patch of the belt that comes and goes is taken out, within bounds; what
// stays is the usual, and is not.
func TestUsual(t *testing.T) {
	var u usual
	for i := range 300 {
		level := 1.5 + 0.002*math.Sin(float64(i))
		if off := u.off(level); math.Abs(off) > 0.005 {
			t.Fatalf("frame %d: a steady belt is %v off", i, off)
		}
	}
	if off := u.off(1.52); math.Abs(off-0.02) > 0.003 {
		t.Errorf("a darker patch: %v off, want 0.02", off)
	}
	if off := u.off(1.1); off != -mostLevel {
		t.Errorf("a frame of much darker parts: %v off, want %v at most", off, -mostLevel)
	}
	var off float64
	for range 6 * usualFrames {
		off = u.off(1.4)
	}
	if math.Abs(off) > 0.001 {
		t.Errorf("parts that stay darker: still %v off after %d frames", off, 6*usualFrames)
	}
}
