package scene

import (
	"bufio"
	"encoding/json"
	"os"
	"testing"

	"linesman/models/detect"
	"linesman/vision"
)

// recorded reads the detections of a video.
func recorded(t *testing.T, file string) (pictures [][]detect.Found) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var rows [][]any
		if err := json.Unmarshal(lines.Bytes(), &rows); err != nil {
			t.Fatal(err)
		}
		var found []detect.Found
		for _, r := range rows {
			n := func(i int) float64 { return r[i].(float64) }
			found = append(found, detect.Found{Label: r[0].(string), Score: n(1), Box: vision.Box{X0: n(2), Y0: n(3), X1: n(4), Y1: n(5)}})
		}
		pictures = append(pictures, found)
	}
	return pictures
}

// TestWorkerZone follows a real worker, as a small network sees him: by hand, one
// man comes from below, goes over the striped tape into the bay on its left
// between the second and the third second, and stands there.
func TestWorkerZone(t *testing.T) {
	pictures := recorded(t, "testdata/worker-zone.jsonl")
	for _, every := range []int{1, 2, 3} { // 15, 7.5 and 5 pictures a second
		f, err := NewFollower(Settings{
			Zones: map[string]Zone{"bay": {Polygon: [][]float64{{0.08, 0.38}, {0.515, 0.48}, {0.19, 1}, {0, 1}, {0, 0.5}}}},
			Lines: map[string]Line{"tape": {Points: [][]float64{{0.19, 0.99}, {0.515, 0.48}}, In: "left"}},
		})
		if err != nil {
			t.Fatal(err)
		}
		numbers := map[uint64]bool{}
		entered, left, in, out, when := 0, 0, 0, 0, 0.0
		var last Scene
		for n := 0; n < len(pictures); n += every {
			s := float64(n) / 15
			last = f.Step(Observation{At: after(s), Width: 480, Height: 270, Detections: pictures[n]})
			for _, tr := range last.Tracks {
				numbers[tr.Number] = true
			}
			for _, p := range last.Passages {
				if p.Entered {
					entered, when = entered+1, s
				} else {
					left++
				}
			}
			for _, c := range last.Crossings {
				if c.In {
					in++
				} else {
					out++
				}
			}
		}
		if len(numbers) != 1 || entered != 1 || left != 0 || when < 2 || when > 3 || in != 1 || out != 0 {
			t.Errorf("every %d: %d people, entered %d times (at %.1f s), left %d, over the tape %d in, %d out; by hand 1, 1 (2 to 3 s), 0, 1, 0", every, len(numbers), entered, when, left, in, out)
		}
		if len(last.Tracks) != 1 || last.Tracks[0].Motion.Heading != "" || last.Counts[0].People != 1 {
			t.Errorf("every %d: at the end %+v, %+v", every, last.Tracks, last.Counts)
		}
	}
}

// TestOneByOne follows six people who come to a table one after the other, stand
// there and go: by hand six people, six times at the table, over two minutes.
func TestOneByOne(t *testing.T) {
	f, err := NewFollower(Settings{Zones: map[string]Zone{"table": {Polygon: [][]float64{{0.42, 0.6}, {0.75, 0.6}, {0.75, 1}, {0.42, 1}}}}})
	if err != nil {
		t.Fatal(err)
	}
	entered, left, most := 0, 0, 0
	for n, found := range recorded(t, "testdata/one-by-one.jsonl") {
		sc := f.Step(Observation{At: after(float64(n) / 5), Width: 768, Height: 432, Detections: found})
		most = max(most, len(sc.Tracks))
		for _, p := range sc.Passages {
			if p.Entered {
				entered++
			} else {
				left++
			}
		}
	}
	if f.totals.Tracks != 6 || f.totals.Again != 0 || most != 1 || entered != 6 || left != 6 {
		t.Errorf("%d people (%d taken up again), at most %d at once, %d came to the table, %d left it; by hand 6, 0, 1, 6, 6", f.totals.Tracks, f.totals.Again, most, entered, left)
	}
}
