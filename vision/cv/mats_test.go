//go:build matprofile

package cv

import (
	"testing"

	"gocv.io/x/gocv"

	"linesman/vision"
)

func TestEveryMatIsClosed(t *testing.T) {
	before := gocv.MatProfile.Count()
	l, err := NewLocator(tablets())
	if err != nil {
		t.Fatal(err)
	}
	var crops vision.Crops
	frame := (scene{w: 1000, h: 800, belt: dark, light: 1, noise: 5, discs: grid(white)}).draw(1)
	open := 0
	for i := range 20 {
		if err := l.Locate(frame, &crops); err != nil {
			t.Fatal(err)
		}
		if n := gocv.MatProfile.Count(); i == 0 {
			open = n
		} else if n != open {
			t.Fatalf("frame %d: %d Mats open, %d after the first", i, n, open)
		}
	}
	small := (scene{w: 800, h: 600, belt: dark, light: 1, noise: 5, discs: grid(white)[:3]}).draw(1)
	if err := l.Locate(small, &crops); err != nil {
		t.Fatal(err)
	}
	if n := gocv.MatProfile.Count(); n != open {
		t.Errorf("%d Mats open after a change of size, %d before", n, open)
	}
	if err := l.Close(); err != nil {
		t.Fatal(err)
	}
	if n := gocv.MatProfile.Count(); n != before {
		t.Errorf("%d Mats left open", n-before)
	}
}
