package supervised

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"linesman/models"
	"linesman/vision"
)

// answer is a detector's answer with one box, [20, 30, 40, 40] of the input, of the
// second of two classes, at the given probability.
type answer struct {
	output string
	shape  []int64
	fill   func(data []float32, n int, p float32)
}

var answers = map[string]answer{
	"yolov8": {"{head: yolov8, activation: none, overlap: 0.5}", []int64{1, 6, 84}, func(d []float32, n int, p float32) {
		for i, v := range []float32{30, 35, 20, 10, 0.01, p} {
			d[i*n+50] = v
		}
	}},
	"yolov8, rows": {"{head: yolov8, activation: none, overlap: 0.5, boxes: xyxy}", []int64{1, 84, 6}, func(d []float32, n int, p float32) { copy(d[50*6:], []float32{20, 30, 40, 40, 0.01, p}) }},
	"shares": {"{head: yolov8, activation: none, overlap: 0.5, units: shares}", []int64{1, 84, 6}, func(d []float32, n int, p float32) {
		copy(d[50*6:], []float32{30. / 64, 35. / 64, 20. / 64, 10. / 64, 0, p})
	}},
	"yolov5":  {"{head: yolov5, activation: none, overlap: 0.5}", []int64{1, 84, 7}, func(d []float32, n int, p float32) { copy(d[50*7:], []float32{30, 35, 20, 10, 0.9, 0.1, p / 0.9}) }},
	"yolov10": {"{head: yolov10, activation: none, most: 300, least: 0.1}", []int64{1, 84, 6}, func(d []float32, n int, p float32) { copy(d, []float32{20, 30, 40, 40, p, 1}) }},
	"yolox": {"{head: yolox, activation: none, overlap: 0.5}", []int64{1, 84, 7}, func(d []float32, n int, p float32) {
		// cell 67 is x 3, y 0 of the grid of 16 pixels, the second
		copy(d[67*7:], []float32{30./16 - 3, 35. / 16, float32(math.Log(20. / 16)), float32(math.Log(10. / 16)), 1, 0, p})
	}},
}

// read reads an answer of a detector with the classes hole (0.5) and stain (0.4) on a
// picture of 128 x 64 pixels, stretched.
func read(t *testing.T, output string, shape []int64, data []float32, floor float64) (*scene, error) {
	t.Helper()
	text := strings.Replace(detectorCard, "{head: yolov8, activation: none, overlap: 0.45}", output, 1)
	card, err := Parse([]byte(strings.Replace(text, "{name: bright, ignore: true}", "{name: hole, threshold: 0.4}", 1)))
	if err != nil {
		t.Fatal(err)
	}
	p := grey(128, 64, 0)
	s := &scene{card: &card, picture: &p, toSensor: vision.Affine{A: 1, E: 1}, floor: floor,
		at: frame{toPicture: vision.Affine{A: 2, E: 1}}}
	tab, err := card.boxesOf(models.Tensor{Shape: shape, Data: data})
	if err != nil {
		return nil, err
	}
	return s, s.readBoxes(tab)
}

func size(shape []int64) int { return int(shape[1] * shape[2]) }

func TestHeads(t *testing.T) {
	for name, a := range answers {
		t.Run(name, func(t *testing.T) {
			data := make([]float32, size(a.shape))
			a.fill(data, int(a.shape[2]), 0.6)
			s, err := read(t, a.output, a.shape, data, 0.5)
			if err != nil {
				t.Fatal(err)
			}
			if len(s.found) != 1 || s.found[0].class != 1 || math.Abs(s.found[0].score-1.5) > 1e-5 || !close2(s.found[0].box, box(40, 30, 80, 40), 1e-3) || !s.complete {
				t.Errorf("found %+v, complete %v, want class 1 with 1.5 in 40, 30 to 80, 40", s.found, s.complete)
			}
			a.fill(data, int(a.shape[2]), 0.3)
			if s, err = read(t, a.output, a.shape, data, 1); err != nil || len(s.found) > 0 || math.Abs(s.below-0.75) > 1e-5 {
				t.Errorf("below the floor: %+v, score %v, %v, want 0.75", s.found, s.below, err)
			}
			for _, bad := range []float32{float32(math.NaN()), float32(math.Inf(1)), 7} {
				a.fill(data, int(a.shape[2]), bad)
				if _, err := read(t, a.output, a.shape, data, 0.5); err == nil {
					t.Errorf("a probability of %v was taken", bad)
				}
			}
		})
	}
}

// A place of a box that is no number is no answer, however unsure the box.
func TestBoxesNoNumber(t *testing.T) {
	for name, a := range answers {
		data := make([]float32, size(a.shape))
		a.fill(data, int(a.shape[2]), 0.2)
		for i, v := range data {
			if v > 1 {
				data[i] = float32(math.NaN())
			}
		}
		if name == "shares" || name == "yolox" {
			data[0] = float32(math.NaN())
		}
		if _, err := read(t, a.output, a.shape, data, 0.5); err == nil || !strings.Contains(err.Error(), "no number") {
			t.Errorf("%s: error %v", name, err)
		}
	}
}

func TestSuppress(t *testing.T) {
	data := make([]float32, 84*7)
	for i, row := range [][]float32{
		{30, 35, 20, 10, 1, 0, 0.6},
		{31, 35, 20, 10, 1, 0, 0.8}, // the same thing, surer
		{31, 35, 20, 10, 1, 0.7, 0}, // another class there
		{50, 35, 20, 10, 1, 0, 0.5}, // beside it
	} {
		copy(data[7*i:], row)
	}
	s, err := read(t, "{head: yolov5, activation: none, overlap: 0.5}", []int64{1, 84, 7}, data, 1)
	if err != nil {
		t.Fatal(err)
	}
	got := ""
	for _, f := range s.found {
		got += fmt.Sprintf("%d %.2f; ", f.class, f.score)
	}
	if want := "1 2.00; 0 1.40; 1 1.25; "; got != want {
		t.Errorf("found %s want %s", got, want)
	}
}

// A list that may be cut is not said to be complete: nothing is excused by it.
func TestNotComplete(t *testing.T) {
	full := func(n int) []float32 {
		d := make([]float32, 0, 6*n)
		for range n {
			d = append(d, 20, 30, 40, 40, 0.5, 1)
		}
		return d
	}
	for _, c := range []struct {
		name  string
		most  int
		n     int
		floor float64
		want  bool
	}{
		{"room left", 4, 3, 1, true},
		{"as many as it gives", 3, 3, 1, false},
		{"down to what it keeps back", 4, 3, 0.2, false},
	} {
		s, err := read(t, fmt.Sprintf("{head: yolov10, activation: none, most: %d, least: 0.1}", c.most), []int64{1, int64(c.n), 6}, full(c.n), c.floor)
		if err != nil {
			t.Fatal(err)
		}
		if s.complete != c.want {
			t.Errorf("%s: complete is %v, want %v", c.name, s.complete, c.want)
		}
	}
	n := mostFound + 1
	data := full(n)
	s, err := read(t, "{head: yolov10, activation: none, most: 300}", []int64{1, int64(n), 6}, data, 1)
	if err != nil {
		t.Fatal(err)
	}
	var r models.Result
	s.result(models.Ask{Places: 1}, &r)
	if r.Listed != 0 || len(r.Findings) != mostFound {
		t.Errorf("%d findings, listed from %v", len(r.Findings), r.Listed)
	}
	data[6*5+5] = 2 // a class that the card does not have
	if _, err := read(t, "{head: yolov10, activation: none, most: 300}", []int64{1, int64(n), 6}, data, 1); err == nil || !strings.Contains(err.Error(), "class 2 of 2") {
		t.Errorf("a class too many gives %v", err)
	}
}
