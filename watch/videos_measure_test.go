//go:build measure && cgo

package watch

import (
	"flag"
	"fmt"
	"math"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"linesman/camera"
	"linesman/event"
)

var (
	safetyData = flag.String("safety", "../../shared/data/safety", "folder of safety videos and stills")
	vtest      = flag.String("vtest", "/usr/share/doc/opencv-doc/examples/data/vtest.avi", "OpenCV's video of pedestrians")
)

const (
	vtestFile = "vtest.avi"
	oneByOne  = "one-by-one-person-detection.mp4"
	worker    = "worker-zone-detection-preview.mp4"
)

// places of vtest and of one-by-one, by hand (bench/testdata/safety says how).
const (
	vtestPlaces = `
zones:
  lawn: {polygon: [[0.06, 0.56], [0.30, 0.62], [0.60, 0.76], [0.60, 0.80], [0.06, 0.80]]}
  walk: {polygon: [[0.12, 0.33], [0.33, 0.33], [0.33, 0.50], [0.12, 0.50]]}
lines:
  path: {points: [[0.44, 0.30], [0.44, 0.68]], in: left}
  yard: {points: [[0.64, 0.79], [0.92, 0.37]], in: left}
`
	tablePlaces = `
zones:
  table: {polygon: [[0.05, 0.55], [0.95, 0.55], [0.95, 1], [0.05, 1]]}
  sky: {polygon: [[0, 0], [1, 0], [1, 0.1], [0, 0.1]]}
`
)

// Every kind of rule of place and dress on a video that shows what it speaks of, and
// on one, or at a time, that does not: nothing is then raised. The seconds were read
// off the videos by eye, as the counts of bench/testdata/safety; where somebody walks
// too slowly to run, the video is played faster. A video is shown once to all the rules
// that it is for.
func TestRulesOnVideos(t *testing.T) {
	noon := time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)
	night := noon.Add(11 * time.Hour)
	runs := func(state string) []event.Event {
		return []event.Event{event.New("/press", "press-1", noon, event.LineState{Line: "press-1", State: state})}
	}
	cases := []struct {
		name     string
		film     film
		places   string
		rule     string // the term
		more     string // of the rule
		at       time.Time
		heard    []event.Event
		from, to float64 // seconds of the film between which the first alert is raised; 0, 0: never
	}{
		{name: "in a zone", film: film{video: vtestFile}, places: vtestPlaces, rule: `person in zone("walk")`, from: 17, to: 21},
		{name: "in no zone", film: film{video: worker}, places: tablePlaces, rule: `person in zone("sky")`},
		{name: "by night", film: film{video: vtestFile}, places: vtestPlaces, rule: `person in zone("walk")`, more: "during: 22:00-06:00", at: night, from: 17, to: 21},
		{name: "by day", film: film{video: vtestFile}, places: vtestPlaces, rule: `person in zone("walk")`, more: "during: 22:00-06:00"},
		{name: "in by the left", film: film{video: vtestFile}, places: vtestPlaces, rule: `came(person in zone("walk"), "left")`, from: 17, to: 22},
		{name: "in from below", film: film{video: vtestFile}, places: vtestPlaces, rule: `came(person in zone("walk"), "up")`},
		{name: "loitering", film: film{video: vtestFile}, places: vtestPlaces, rule: `longer(person in zone("walk"), "5s")`, from: 28, to: 31},
		{name: "only passing", film: film{video: vtestFile}, places: vtestPlaces, rule: `longer(person in zone("walk"), "12s")`},
		{name: "over the line, in", film: film{video: vtestFile}, places: vtestPlaces, rule: `crossed(person, "path", "in")`, from: 6, to: 8},
		{name: "over the line, out", film: film{video: worker}, places: "lines:\n  tape: {points: [[0.52, 0.48], [0.22, 1]], in: left}\n", rule: `crossed(person, "tape", "out")`},
		{name: "head count", film: film{video: vtestFile}, places: vtestPlaces, rule: `headcount("left") > 2`, from: 18, to: 24},
		{name: "few heads", film: film{video: vtestFile}, places: vtestPlaces, rule: `headcount("left") > 8`},
		{name: "a crowd", film: film{video: vtestFile}, places: vtestPlaces, rule: `number(person) > 5`, more: "for: 2s", from: 6, to: 16},
		{name: "no crowd", film: film{video: vtestFile}, places: vtestPlaces, rule: `number(person) > 10`, more: "for: 2s"},
		{name: "running", film: film{video: vtestFile, fast: 3}, places: vtestPlaces, rule: `running(person)`, more: "for: 1s", from: 1, to: 26},
		{name: "walking", film: film{video: vtestFile}, places: vtestPlaces, rule: `running(person)`, more: "for: 1s"},
		{name: "faster", film: film{video: vtestFile, fast: 3}, places: vtestPlaces, rule: `faster(person, "1.5 heights/s")`, more: "for: 1s", from: 1, to: 26},
		{name: "not faster", film: film{video: vtestFile}, places: vtestPlaces, rule: `faster(person, "1.5 heights/s")`, more: "for: 1s"},
		{name: "heading right", film: film{video: vtestFile}, places: vtestPlaces, rule: `heading(person in zone("walk"), "right")`, from: 27, to: 31},
		{name: "heading up", film: film{video: vtestFile}, places: vtestPlaces, rule: `heading(person in zone("walk"), "up")`},
		{name: "no helmet", film: film{video: oneByOne}, places: tablePlaces, rule: `without(person, "helmet")`, more: "each: person", heard: runs("running"), from: 6, to: 139},
		{name: "a helmet", film: film{video: worker}, places: tablePlaces, rule: `without(person, "helmet")`, more: "each: person"},
		{name: "no vest", film: film{video: oneByOne}, places: tablePlaces, rule: `without(person, "vest")`, more: "each: person", heard: runs("running"), from: 6, to: 139},
		{name: "a vest", film: film{video: worker}, places: tablePlaces, rule: `without(person, "vest")`, more: "each: person"},
		{name: "no mask", film: film{video: "css/test/images/css_test_0005.jpg"}, rule: `without(person, "mask")`, more: "each: person", from: 1, to: 8},
		{name: "a mask, and none asked for", film: film{video: "css/test/images/css_test_0016.jpg"}, rule: `without(person, "mask")`, more: "each: person"},
		{name: "a mask", film: film{video: "css/test/images/css_test_0016.jpg"}, rule: `wearing(person, "mask")`, from: 1, to: 8},
		{name: "no mask, and one asked for", film: film{video: "css/test/images/css_test_0005.jpg"}, rule: `wearing(person, "mask")`},
		{name: "forklift near somebody", film: film{video: "forklift/test/images/fk_test_0034.jpg"}, rule: `near(person, forklift, "5 m")`, from: 0.5, to: 6},
		{name: "forklift and nobody", film: film{video: "forklift/test/images/fk_test_0028.jpg"}, rule: `near(person, forklift, "5 m")`},
		{name: "close to a press that runs", film: film{video: oneByOne}, places: tablePlaces, rule: `near(person, zone("table"), "1 m") and runs("press-1")`, heard: runs("running"), from: 6, to: 12},
		{name: "close to a press that stands", film: film{video: oneByOne}, places: tablePlaces, rule: `near(person, zone("table"), "1 m") and runs("press-1")`, heard: runs("stopped")},
		{name: "goods left on the lawn", film: film{video: vtestFile, after: 15 * time.Second, alter: boxOnLawn}, places: vtestPlaces, rule: `longer(goods in zone("lawn"), "20s")`, from: 34, to: 50},
		{name: "nothing left", film: film{video: vtestFile}, places: vtestPlaces, rule: `longer(goods in zone("lawn"), "20s")`},
		{name: "fire", film: film{video: "fire/test/images/fire_test_0007.jpg"}, rule: "fire or smoke", from: 2, to: 8},
		{name: "smoke", film: film{video: "fire/test/images/fire_test_0088.jpg"}, rule: "smoke", from: 2, to: 8},
		{name: "fire without smoke", film: film{video: "fire/test/images/fire_test_0071.jpg"}, rule: "smoke"},
		{name: "no fire", film: film{video: vtestFile}, places: vtestPlaces, rule: "fire or smoke"},
		{name: "no fire at the table", film: film{video: oneByOne}, places: tablePlaces, rule: "fire or smoke", heard: runs("running")},
		{name: "covered", film: film{video: vtestFile, after: 60 * time.Second, alter: cloth}, rule: "camera.covered", from: 60, to: 70},
		{name: "dark", film: film{video: vtestFile, after: 60 * time.Second, alter: lampsOut}, rule: "camera.dark or camera.covered", from: 60, to: 70},
		{name: "moved", film: film{video: vtestFile, after: 60 * time.Second, alter: aside}, rule: "camera.moved", from: 60, to: 70},
		{name: "out of focus", film: film{video: vtestFile, after: 60 * time.Second, alter: outOfFocus}, rule: "camera.blurred", from: 60, to: 70},
		{name: "frozen", film: film{video: vtestFile, after: 60 * time.Second, alter: stuck()}, rule: "camera.frozen", from: 60, to: 70},
		{name: "not frozen", film: film{video: vtestFile}, places: vtestPlaces, rule: "camera.frozen"},
		{name: "down", film: film{video: vtestFile, gone: 60 * time.Second}, rule: "camera.down", more: "for: 3s", from: 62, to: 65},
		{name: "not down", film: film{video: vtestFile}, places: vtestPlaces, rule: "camera.down", more: "for: 3s"},
		{name: "all well with the camera", film: film{video: vtestFile}, places: vtestPlaces, rule: "camera.covered or camera.moved or camera.blurred or camera.dark or camera.frozen"},
	}
	type showing struct {
		terms  []term
		raised [][]float64 // of the terms, once it was shown
	}
	showings, at := map[string]*showing{}, make([]*showing, len(cases))
	for i := range cases {
		c := &cases[i]
		if c.at.IsZero() {
			c.at = noon
		}
		of := fmt.Sprint(c.film.video, c.film.fast, c.places, c.at, c.heard)
		if c.film.alter != nil || c.film.gone > 0 {
			of = c.name
		}
		if showings[of] == nil {
			showings[of] = &showing{}
		}
		at[i] = showings[of]
		at[i].terms = append(at[i].terms, term{c.rule, c.more})
	}
	for i, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			show := at[i]
			if show.raised == nil {
				c.film.video = where(c.film.video)
				show.raised = raisedBy(t, &c.film, c.places, c.at, c.heard, show.terms...)
			}
			holdRaised(t, c.rule, show.raised[slices.Index(show.terms, term{c.rule, c.more})], c.from, c.to)
		})
	}
}

// paint writes to each pixel of a box of shares of the picture.
func paint(f *camera.Frame, x0, y0, x1, y1 float64, value func(x, y int) [3]float64) {
	for y := int(y0 * float64(f.Height)); y < int(y1*float64(f.Height)); y++ {
		for x := int(x0 * float64(f.Width)); x < int(x1*float64(f.Width)); x++ {
			for k, v := range value(x, y) {
				f.Pix[y*f.Stride+3*x+k] = byte(min(max(v, 0), 255))
			}
		}
	}
}

// where is the file of a film's name.
func where(video string) string {
	switch {
	case video == vtestFile:
		return *vtest
	case strings.HasSuffix(video, ".jpg"):
		return filepath.Join(*safetyData, video)
	}
	return filepath.Join(*safetyData, "videos", video)
}

// stuck shows the first picture that it is given over and over.
func stuck() func(*camera.Frame, *rand.Rand) {
	var kept []byte
	return func(f *camera.Frame, _ *rand.Rand) {
		if kept == nil {
			kept = append(kept, f.Pix...)
		}
		copy(f.Pix, kept)
	}
}

func boxOnLawn(f *camera.Frame, noise *rand.Rand) {
	paint(f, 0.16, 0.63, 0.21, 0.72, func(x, y int) [3]float64 {
		n := 4 * noise.NormFloat64()
		if (x/6+y/20)%2 == 0 {
			n -= 15
		}
		return [3]float64{170 + n, 130 + n, 80 + n}
	})
}

func cloth(f *camera.Frame, noise *rand.Rand) {
	paint(f, 0, 0, 1, 1, func(x, y int) [3]float64 {
		v := 60 + 20*math.Sin(float64(x+y)/90) + 4*noise.NormFloat64()
		return [3]float64{v, v, v}
	})
}

func lampsOut(f *camera.Frame, noise *rand.Rand) {
	paint(f, 0, 0, 1, 1, func(_, _ int) [3]float64 {
		return [3]float64{4 + noise.NormFloat64(), 4 + noise.NormFloat64(), 4 + noise.NormFloat64()}
	})
}

func aside(f *camera.Frame, _ *rand.Rand) {
	by := 3 * (f.Width / 5)
	for y := range f.Height {
		row := f.Pix[y*f.Stride : y*f.Stride+3*f.Width]
		shifted := append(append([]byte(nil), row[by:]...), row[:by]...)
		copy(row, shifted)
	}
}

func outOfFocus(f *camera.Frame, _ *rand.Rand) {
	const by = 8
	line := make([]float64, max(f.Width, f.Height))
	blur := func(n, from, step int) {
		for k := range 3 {
			for i := range n {
				line[i] = float64(f.Pix[from+k+i*step])
			}
			for i := range n {
				lo, hi, sum := max(i-by, 0), min(i+by, n-1), 0.0
				for j := lo; j <= hi; j++ {
					sum += line[j]
				}
				f.Pix[from+k+i*step] = byte(sum / float64(hi-lo+1))
			}
		}
	}
	for y := range f.Height {
		blur(f.Width, y*f.Stride, 3)
	}
	for x := range f.Width {
		blur(f.Height, 3*x, f.Stride)
	}
}
