package line

import (
	"bytes"
	"encoding/json"
	"image"
	"image/png"

	"linesman/event"
	"linesman/vision"
)

// keepsakeCrop is a part's pixels on their way to becoming evidence.
type keepsakeCrop struct {
	size int
	pix  []byte // RGB
}

func copyCrop(c *vision.Crop) *keepsakeCrop {
	return &keepsakeCrop{c.Size, append([]byte(nil), c.Pix...)}
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
	encoder := png.Encoder{CompressionLevel: png.BestSpeed, BufferPool: &pngBuffers{}}
	var out bytes.Buffer
	for k := range s.kept {
		out.Reset()
		if err := encoder.Encode(&out, k.crop.picture()); err != nil {
			s.cfg.Log.Error("encoding evidence failed", "line", s.cfg.Line, "part", k.event.Part, "err", err)
		} else {
			k.judged.Evidence = s.cfg.Keep(k.class, out.Bytes())
		}
		s.cfg.Events.Emit(withData(k.event, k.judged))
	}
}

// picture returns the pixels as an image.
func (c *keepsakeCrop) picture() image.Image {
	img := image.NewNRGBA(image.Rect(0, 0, c.size, c.size))
	for i, j := 0, 0; i+2 < len(c.pix); i, j = i+3, j+4 {
		img.Pix[j], img.Pix[j+1], img.Pix[j+2], img.Pix[j+3] = c.pix[i], c.pix[i+1], c.pix[i+2], 255
	}
	return img
}

// pngBuffers keeps the encoder's buffer between pictures; one goroutine uses it.
type pngBuffers struct{ b *png.EncoderBuffer }

func (p *pngBuffers) Get() *png.EncoderBuffer  { return p.b }
func (p *pngBuffers) Put(b *png.EncoderBuffer) { p.b = b }

func withData(e event.Event, p event.Payload) event.Event {
	data, err := json.Marshal(p)
	if err != nil { // our own structs of plain numbers and words
		panic("line: " + err.Error())
	}
	e.Data, e.Severity = data, p.EventSeverity()
	return e
}
