package line

import "testing"

// A pass that is overruled after its minute was told must not become a minute
// of 18 trillion parts.
func TestCountsThatWentBack(t *testing.T) {
	told := uint64(0)
	for i, c := range []struct{ now, want uint64 }{{10, 10}, {8, 0}, {9, 0}, {10, 0}, {13, 3}} {
		if got := grown(c.now, &told); got != c.want {
			t.Errorf("minute %d, counted %d: told %d, want %d", i, c.now, got, c.want)
		}
	}
}
