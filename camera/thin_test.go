package camera

import (
	"testing"
	"time"
)

func TestThin(t *testing.T) {
	type picture struct {
		ms  int
		key bool
	}
	steps := func(step, keys, n int) (out []picture) {
		for i := range n {
			out = append(out, picture{i * step, keys > 0 && i%keys == 0})
		}
		return out
	}
	for _, c := range []struct {
		name     string
		every    int // ms
		pictures []picture
		want     int // wanted
		keys     int // of them
	}{
		{"all", 0, steps(40, 50, 250), 250, 5},
		{"five of 25 a second", 200, steps(40, 0, 250), 50, 0},
		{"five of ten, keys in step", 200, steps(100, 20, 100), 50, 5},
		{"five of 25, keys out of step", 200, steps(40, 32, 250), 50, 8},
		{"key pictures alone", 200, steps(40, 1, 250), 51, 51},
		{"a camera that is early by an eighth", 200, steps(175, 0, 40), 40, 0},
		{"fewer than are wanted", 200, steps(500, 4, 20), 20, 5},
		{"a clock set back by an hour", 200, append(steps(100, 0, 10), picture{-3_600_000, false}, picture{-3_599_950, false}, picture{-3_599_800, false}), 7, 0},
		{"a small step back", 200, []picture{{0, false}, {200, false}, {190, false}, {400, false}}, 3, 0},
	} {
		thin := Thin{Every: time.Duration(c.every) * time.Millisecond}
		start := time.Date(2026, 3, 14, 6, 0, 0, 0, time.UTC)
		n, keys := 0, 0
		for _, p := range c.pictures {
			if thin.Wants(start.Add(time.Duration(p.ms)*time.Millisecond), p.key) {
				n++
				if p.key {
					keys++
				}
			}
		}
		if n != c.want || keys != c.keys {
			t.Errorf("%s: %d wanted, %d of them key pictures; want %d and %d", c.name, n, keys, c.want, c.keys)
		}
	}
}
