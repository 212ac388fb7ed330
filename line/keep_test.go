package line

import (
	"slices"
	"testing"

	"linesman/camera"
	"linesman/event"
	"linesman/models"
	"linesman/vision"
)

// listed is a log that keeps what it is told.
type listed struct{ events []event.Event }

func (l *listed) Emit(e event.Event) { l.events = append(l.events, e) }

// A reject keeps its picture and its heat map; a pass its picture alone. The
// verdict is logged with what was kept, or without.
func TestKeep(t *testing.T) {
	crop := &vision.Crop{Size: 2, Pix: []byte{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12}, Mask: []byte{0, 255, 255, 0}, ToSensor: vision.Shift(3, 4), Centre: vision.Point{X: 7, Y: 8}, Lane: 2, Touching: true}
	hot := models.Heatmap{Width: 2, Height: 1, Score: []float32{0, 1}}
	for name, c := range map[string]struct {
		outcome  string
		heat     models.Heatmap
		full     bool // nothing can be stored
		want     []Picture
		evidence string
		heatmap  string
	}{
		"reject":           {"fail", hot, false, []Picture{{2, 2, camera.RGB, crop.Pix, nil}, {2, 1, camera.Grey, []byte{0, 128}, nil}}, "sha1", "sha2"},
		"pass":             {"pass", hot, false, []Picture{{2, 2, camera.RGB, crop.Pix, nil}}, "sha1", ""},
		"no heat":          {"inconclusive", models.Heatmap{}, false, []Picture{{2, 2, camera.RGB, crop.Pix, nil}}, "sha1", ""},
		"heat of no shape": {"fail", models.Heatmap{Width: 3, Height: 3, Score: []float32{1}}, false, []Picture{{2, 2, camera.RGB, crop.Pix, nil}}, "sha1", ""},
		"no room":          {"fail", hot, true, []Picture{{2, 2, camera.RGB, crop.Pix, nil}, {2, 1, camera.Grey, []byte{0, 128}, nil}}, "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			var kept []Picture
			var log listed
			s := &Station{kept: make(chan keepsake, 1), cfg: Config{
				Events: &log,
				Keep: func(class string, p Picture) string {
					kept = append(kept, p)
					if c.full {
						return ""
					}
					return []string{"sha1", "sha2"}[len(kept)-1]
				},
			}}
			s.kept <- keepsake{crops: []*keepsakeCrop{nil, copyCrop(crop, c.heat)}, class: "reject", judged: event.PartJudged{Outcome: c.outcome, Views: []event.View{{Name: "side", Missing: "it broke"}, {Name: "top", Camera: "c1"}}}, event: event.Event{Type: event.PartJudged{}.EventType()}}
			close(s.kept)
			s.keep()
			if !slices.EqualFunc(kept, c.want, func(a, b Picture) bool {
				return a.Width == b.Width && a.Height == b.Height && a.Format == b.Format && slices.Equal(a.Pix, b.Pix)
			}) {
				t.Errorf("kept %v, want %v", kept, c.want)
			}
			if len(log.events) != 1 {
				t.Fatalf("%d events, want 1", len(log.events))
			}
			if of := kept[0].Crop; of == nil || of.View != "top" || of.Camera != "c1" || of.Centre != [2]float64{7, 8} || of.ToSensor != [6]float64{1, 0, 3, 0, 1, 4} || of.Lane != 2 || !of.Touching || !slices.Equal(of.Mask, crop.Mask) {
				t.Errorf("the picture says of its part %+v", of)
			}
			got, err := event.As[event.PartJudged](log.events[0])
			if err != nil || got.Evidence != c.evidence || got.Heatmap != c.heatmap {
				t.Errorf("logged picture %q, heat map %q, error %v; want %q, %q", got.Evidence, got.Heatmap, err, c.evidence, c.heatmap)
			}
			if want := (event.View{Name: "top", Camera: "c1", Evidence: c.evidence, Heatmap: c.heatmap}); len(got.Views) != 2 || got.Views[1] != want || got.Views[0].Evidence != "" {
				t.Errorf("logged views %+v, want the second %+v", got.Views, want)
			}
		})
	}
}

// One part in n is kept, however many parts a picture shows.
func TestSampled(t *testing.T) {
	for _, parts := range []int{1, 4, 8, 48} {
		for _, n := range []int{1, 2, 4, 64, 1000} {
			kept, all := 0, 0
			for trigger := uint64(1); all < 400*n; trigger++ {
				for i := range parts {
					all++
					if sampled(trigger, i, n) {
						kept++
					}
				}
			}
			if got := float64(kept) * float64(n) / float64(all); got < 0.8 || got > 1.2 {
				t.Errorf("%d parts a picture, one in %d: %d of %d kept", parts, n, kept, all)
			}
		}
	}
}
