package supervised

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"linesman/models/supervised/graphs"
)

func TestCardRefuses(t *testing.T) {
	head := func(h string) string {
		return strings.Replace(detectorCard, "{head: yolov8, activation: none, overlap: 0.45}", h, 1)
	}
	for _, c := range []struct{ name, card, old, new, want string }{
		{"another kind", segmenterCard, "segmenter", "sorter", "kind"},
		{"no version", segmenterCard, `version: "1"`, `version: ""`, "version"},
		{"no licence", segmenterCard, "drawn by a test", `""`, "licence"},
		{"graph elsewhere", segmenterCard, "name: dark", "name: dark\ngraph: ../m.onnx", "outside the folder"},
		{"unknown key", segmenterCard, "name: dark", "name: dark\ncolour: red", "colour"},
		{"no width", segmenterCard, "width: 64", "width: 0", "width and height"},
		{"huge", segmenterCard, "width: 64", "width: 5000", "1 to 4096"},
		{"no fit", segmenterCard, "fit: letterbox, ", "", "input.fit"},
		{"no divide", segmenterCard, ", divide: 255", "", "input.divide"},
		{"order", segmenterCard, "width: 64", "order: hsv, width: 64", "input.order"},
		{"means of another count", segmenterCard, "width: 64", "mean: [1], width: 64", "input.mean"},
		{"deviation of 0", segmenterCard, "width: 64", "deviation: [1, 0, 1], width: 64", "above 0"},
		{"no activation", segmenterCard, "activation: sigmoid", "name: maps", "output.activation"},
		{"boxes of a segmenter", segmenterCard, "activation: sigmoid", "activation: sigmoid, overlap: 0.5", "of detectors"},
		{"softmax of one", strings.Replace(segmenterCard, "- {name: bright, ignore: true}", "", 1), "sigmoid", "softmax", "sure everywhere"},
		{"no classes", segmenterCard, "classes:\n- {name: stain, threshold: 0.5, least_area_px: 4}\n- {name: bright, ignore: true}\n", "", "none fails a part"},
		{"all ignored", segmenterCard, "threshold: 0.5, least_area_px: 4", "ignore: true", "none fails a part"},
		{"no name", segmenterCard, "name: stain", `name: ""`, "name of its own"},
		{"a name twice", segmenterCard, "name: bright", "name: stain", "name of its own"},
		{"no threshold", segmenterCard, "threshold: 0.5, ", "", "threshold is 0"},
		{"threshold of percent", segmenterCard, "threshold: 0.5", "threshold: 50", "between 0 and 1"},
		{"threshold that is no number", segmenterCard, "threshold: 0.5", "threshold: .nan", "between 0 and 1"},
		{"ignored with a threshold", segmenterCard, "ignore: true", "ignore: true, threshold: 0.5", "is ignored"},
		{"negative area", segmenterCard, "least_area_px: 4", "least_area_px: -4", "least_area_px"},
		{"another head", detectorCard, "yolov8", "ssd", "output.head"},
		{"softmax of boxes", detectorCard, "activation: none", "activation: softmax", "output.activation"},
		{"no overlap", detectorCard, ", overlap: 0.45", "", "output.overlap"},
		{"other boxes", detectorCard, "overlap: 0.45", "overlap: 0.45, boxes: xywh", "output.boxes"},
		{"other units", detectorCard, "overlap: 0.45", "overlap: 0.45, units: mm", "output.units"},
		{"yolox with boxes", head("{head: yolox, activation: none, overlap: 0.5, boxes: xyxy}"), "", "", "a yolox head has its own"},
		{"stride", head("{head: yolox, activation: none, overlap: 0.5, strides: [7]}"), "", "", "7 does not divide"},
		{"strides of another head", detectorCard, "overlap: 0.45", "overlap: 0.45, strides: [8]", "leave them out"},
		{"no most", head("{head: yolov10, activation: none}"), "", "", "output.most"},
		{"most of another head", detectorCard, "overlap: 0.45", "overlap: 0.45, most: 300", "yolov10"},
		{"kept back", head("{head: yolov10, activation: none, most: 300, least: 0.6}"), "", "", "below output.least"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if !strings.Contains(c.card, c.old) {
				t.Fatalf("the card has no %q", c.old)
			}
			_, err := Parse([]byte(strings.Replace(c.card, c.old, c.new, 1)))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want it to say %q", err, c.want)
			}
		})
	}
}

// A card may be JSON; the hash in verdicts changes with what can change an answer,
// and with nothing else.
func TestHash(t *testing.T) {
	dir := t.TempDir()
	card, err := Parse([]byte(segmenterCard))
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(map[string]any{"kind": "segmenter", "name": "dark", "version": "1", "licence": "another wording",
		"input":   map[string]any{"width": 64, "height": 64, "fit": "letterbox", "pad": 128, "divide": 255},
		"output":  map[string]any{"activation": "sigmoid"},
		"classes": []map[string]any{{"name": "stain", "threshold": 0.5, "least_area_px": 4}, {"name": "bright", "ignore": true}}})
	if err != nil {
		t.Fatal(err)
	}
	graph := graphs.Maps(side)
	for name, data := range map[string][]byte{"card.json": text, "model.onnx": graph} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	f, err := Read(dir)
	if err != nil || !Is(dir) {
		t.Fatal(Is(dir), err)
	}
	hash := card.model(graph).SHA256
	if f.Model().SHA256 != hash {
		t.Errorf("card.json has the hash %s, card.yaml %s", f.Model().SHA256, hash)
	}
	// It stands in stored verdicts and under signatures: no release may change it.
	if fixed := card.model([]byte("graph")).SHA256; fixed != "76f25b0011ba42e339f2d89708c5f46b6a6270400284243d2a64a45bf757e755" {
		t.Errorf("the hash of an old card is another one now: %s", fixed)
	}
	for _, edit := range [][2]string{{"0.5", "0.6"}, {"least_area_px: 4", "least_area_px: 5"}, {"pad: 128", "pad: 0"}, {"sigmoid", "softmax"}, {"stain", "spot"}, {`"1"`, `"2"`}} {
		other, err := Parse([]byte(strings.Replace(segmenterCard, edit[0], edit[1], 1)))
		if err != nil {
			t.Fatal(err)
		}
		if other.model(graph).SHA256 == hash {
			t.Errorf("%s for %s leaves the hash", edit[1], edit[0])
		}
	}
	if card.model(graphs.Roots(side)).SHA256 == hash {
		t.Error("another graph leaves the hash")
	}
	if Is(t.TempDir()) {
		t.Error("an empty folder is taken for a model")
	}
	if _, err := Read(t.TempDir()); err == nil || !strings.Contains(err.Error(), "card.yaml") {
		t.Errorf("an empty folder gives %v", err)
	}
}

// Whatever a card says, it is refused or can be worked by.
func FuzzCard(f *testing.F) {
	f.Add([]byte(segmenterCard))
	f.Add([]byte(detectorCard))
	f.Add([]byte(`{"kind": "detector", "classes": [{"name": "x", "threshold": 1e308}]}`))
	f.Add([]byte("kind: detector\ninput: {width: 9e9}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		c, err := Parse(text)
		if err != nil {
			return
		}
		if err := c.Check(); err != nil {
			t.Errorf("taken, and then refused: %v", err)
		}
		if in := c.Input; in.Width > maxSide || in.Height > maxSide || len(in.Mean) != in.Planes() || len(in.Deviation) != in.Planes() || c.model(nil).SHA256 == "" {
			t.Errorf("the input %+v was taken", in)
		}
	})
}

// The cards in the documentation are cards.
func TestDocumented(t *testing.T) {
	page, err := os.ReadFile("../../docs/models.md")
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[Kind]int{}
	for _, block := range strings.Split(string(page), "```yaml\n")[1:] {
		text, _, _ := strings.Cut(block, "```")
		if !strings.HasPrefix(text, "kind:") {
			continue
		}
		c, err := Parse([]byte(text))
		if err != nil {
			t.Errorf("%v in\n%s", err, text)
		}
		kinds[c.Kind]++
	}
	if kinds[Detector] != 1 || kinds[Segmenter] != 1 {
		t.Errorf("cards by kind: %v", kinds)
	}
}
