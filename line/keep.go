package line

import (
	"encoding/json"

	"linesman/camera"
	"linesman/event"
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
}

// keepsakeCrop is a part's pixels on their way to becoming evidence.
type keepsakeCrop struct {
	size int
	pix  []byte // RGB
	heat models.Heatmap
}

func copyCrop(c *vision.Crop, h models.Heatmap) *keepsakeCrop {
	return &keepsakeCrop{c.Size, append([]byte(nil), c.Pix...), h}
}

// picture returns the part.
func (c *keepsakeCrop) picture() Picture {
	return Picture{c.size, c.size, camera.RGB, c.pix}
}

// heatmap returns what the model saw on it; ok is false if it saw nothing.
func (c *keepsakeCrop) heatmap() (p Picture, ok bool) {
	if h := c.heat; h.Width > 0 && h.Width*h.Height == len(h.Score) {
		return Picture{h.Width, h.Height, camera.Grey, heat(h)}, true
	}
	return Picture{}, false
}

// keepsake is one verdict whose picture is to be stored before it is logged.
type keepsake struct {
	crop   *keepsakeCrop
	class  string
	event  event.Event
	judged event.PartJudged
}

// keep stores pictures and then logs the verdicts that name them, until the
// queue closes. It is the only place of the line that meets a disk.
func (s *Station) keep() {
	for k := range s.kept {
		k.judged.Evidence = s.cfg.Keep(k.class, k.crop.picture())
		if h, ok := k.crop.heatmap(); ok && k.judged.Outcome != "pass" {
			k.judged.Heatmap = s.cfg.Keep(k.class, h)
		}
		s.cfg.Events.Emit(withData(k.event, k.judged))
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
