package line

import (
	"encoding/json"
	"sync"

	"linesman/camera"
	"linesman/event"
	"linesman/event/evidence"
	"linesman/models"
	"linesman/vision"
)

// Picture is something to be kept: a part as it was cut out of its frame
// (RGB), or its heat map (Grey, one pixel a cell, as in Mark.Heat). Rows come
// from the top, without gaps.
type Picture struct {
	Width, Height int
	Format        camera.Format
	Pix           []byte
	Crop          *evidence.Crop // what the model read of the part beside its pixels; nil for a heat map
}

// KeepIn returns what stores pictures in a folder of evidence, for Config.Keep.
func KeepIn(s *evidence.Store) func(class string, p Picture) string {
	return func(class string, p Picture) string {
		if p.Crop != nil {
			return s.KeepPart(evidence.Class(class), p.Width, p.Pix, p.Crop)
		}
		return s.KeepPixels(evidence.Class(class), p.Width, p.Height, p.Format.Channels(), p.Pix)
	}
}

// keepsakeCrop is a part's crop on its way to becoming evidence.
type keepsakeCrop struct {
	crop   vision.Crop // owns its pixels
	heat   models.Heatmap
	pixels []byte // behind crop's Pix and Mask
}

// cloakroom lends the buffers of crops that may be kept.
var cloakroom = sync.Pool{New: func() any { return new(keepsakeCrop) }}

func copyCrop(c *vision.Crop, h models.Heatmap) *keepsakeCrop {
	k := cloakroom.Get().(*keepsakeCrop)
	if n := len(c.Pix) + len(c.Mask); cap(k.pixels) < n {
		k.pixels = make([]byte, 0, n)
	}
	k.pixels = append(append(k.pixels[:0], c.Pix...), c.Mask...)
	k.crop, k.heat = *c, h
	k.crop.Pix = k.pixels[:len(c.Pix):len(c.Pix)]
	if c.Mask != nil {
		k.crop.Mask = k.pixels[len(c.Pix):]
	}
	return k
}

// free gives the buffers back; k is not used afterwards.
func (k *keepsakeCrop) free() {
	if k != nil {
		k.crop, k.heat = vision.Crop{}, models.Heatmap{}
		cloakroom.Put(k)
	}
}

// picture returns the part as a view's camera showed it.
func (k *keepsakeCrop) picture(view, cam string) Picture {
	c := &k.crop
	t := c.ToSensor
	return Picture{c.Size, c.Size, camera.RGB, c.Pix, &evidence.Crop{
		View: view, Camera: cam, ToSensor: [6]float64{t.A, t.B, t.C, t.D, t.E, t.F}, Centre: [2]float64{c.Centre.X, c.Centre.Y},
		Box: [4]float64{c.Box.X0, c.Box.Y0, c.Box.X1, c.Box.Y1}, Area: c.Area, Lane: c.Lane, Touching: c.Touching, Surround: c.Surround, Mask: c.Mask,
	}}
}

// heatmap returns what the model saw on it; ok is false if it saw nothing.
func (k *keepsakeCrop) heatmap() (p Picture, ok bool) {
	if h := k.heat; h.Width > 0 && h.Width*h.Height == len(h.Score) {
		return Picture{h.Width, h.Height, camera.Grey, heat(h), nil}, true
	}
	return Picture{}, false
}

// keepsake is one verdict whose pictures are to be stored before it is logged.
type keepsake struct {
	crops  []*keepsakeCrop // by the views of judged; nil where there is none
	class  string
	event  event.Event
	judged event.PartJudged
}

// keep stores pictures and then logs the verdicts that name them, until the
// queue closes. It is the only place of the line that meets a disk.
func (s *Station) keep() {
	for k := range s.kept {
		s.keepViews(&k)
		s.cfg.Events.Emit(withData(k.event, k.judged))
	}
}

// keepViews stores a verdict's pictures and names them in it.
func (s *Station) keepViews(k *keepsake) {
	for i, c := range k.crops {
		if c == nil {
			continue
		}
		v := &k.judged.Views[i]
		v.Evidence = s.cfg.Keep(k.class, c.picture(v.Name, v.Camera))
		if h, ok := c.heatmap(); ok && k.judged.Outcome != "pass" {
			v.Heatmap = s.cfg.Keep(k.class, h)
		}
		if k.judged.Evidence == "" {
			k.judged.Evidence, k.judged.Heatmap = v.Evidence, v.Heatmap
		}
		c.free()
	}
}

func withData(e event.Event, p event.Payload) event.Event {
	data, err := json.Marshal(p)
	if err != nil { // our own structs of plain numbers and words
		panic("line: " + err.Error())
	}
	e.Data, e.Severity = data, p.EventSeverity()
	return e
}
