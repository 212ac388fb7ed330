package anomaly

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"math"

	"linesman/models"
	"linesman/vision"
)

// tolerance is how far an answer to a sample may lie from the taught one.
const tolerance = 1e-3

// Part is one taught or stored part: its picture and, where it was located,
// the crop that channels read.
type Part struct {
	Picture
	Crop    *vision.Crop // nil for a whole picture
	Product float64      // share of a whole picture that is no ground; 0 where none is known
}

// Seal stores parts as the model's samples with what the model answers to
// them now, and closes the card with its hashes. It must be the last change.
func (m *Model) Seal(parts []Part, o Options) error {
	m.Samples, m.Card.Samples = map[string][]byte{}, nil
	d, err := m.unproven(o)
	if err != nil {
		return err
	}
	defer d.Close()
	m.Card.Classes = []string{Texture}
	for _, c := range d.channels {
		m.Card.Classes = append(m.Card.Classes, c.Name())
	}
	if m.Ground != nil {
		m.Card.Classes = append(m.Card.Classes, Extension)
	}
	if m.Soft != nil {
		m.Card.Classes = append(m.Card.Classes, Blur)
	}
	if m.Named != nil {
		m.Card.Classes = append(m.Card.Classes, m.Named.Classes...)
	}
	for i, p := range parts {
		s := Sample{File: fmt.Sprintf("samples/%d.png", i+1)}
		if p.Crop != nil {
			s.Crop = &SampleCrop{p.Crop.ToSensor, p.Crop.Centre, p.Crop.Box, p.Crop.Area, p.Crop.Surround}
		}
		if m.Samples[s.File], err = encodeSample(p.Picture); err != nil {
			return fmt.Errorf("sample %d: %w", i+1, err)
		}
		if s.Scores, err = d.scores(p); err != nil {
			return fmt.Errorf("sample %d: %w", i+1, err)
		}
		m.Card.Samples = append(m.Card.Samples, s)
	}
	if err := m.seal(); err != nil {
		return err
	}
	return m.Card.Check()
}

func (m *Model) seal() error {
	files, err := m.files()
	if err != nil {
		return err
	}
	m.Card.Files = nil
	for _, f := range files {
		m.Card.Files = append(m.Card.Files, File{f.name, sum(f.data)})
	}
	for _, s := range m.Card.Samples {
		m.Card.Files = append(m.Card.Files, File{s.File, sum(m.Samples[s.File])})
	}
	m.Card.Channels = nil
	for _, c := range m.Channels {
		m.Card.Channels = append(m.Card.Channels, Link{c.Name, c.file(), sum(c.Data)})
	}
	m.Card.SHA256 = m.Card.digest()
	return nil
}

// prove puts the samples to the detector and compares.
func (m *Model) prove(d *Detector) error {
	for _, s := range m.Card.Samples {
		part, err := m.decodeSample(s)
		if err != nil {
			return fmt.Errorf("%w: %s: %v; teach the model anew", ErrRefused, s.File, err)
		}
		have, err := d.scores(part)
		if err != nil {
			return fmt.Errorf("%w: %s: %v; teach the model anew", ErrRefused, s.File, err)
		}
		for channel, want := range s.Scores {
			got, ok := have[channel]
			if !ok || math.Abs(got-want) > tolerance*max(math.Abs(want), 1e-3) || math.IsNaN(want) {
				return fmt.Errorf("%w: %s scores %.5f in channel %q, it was taught as %.5f; this program or processor computes differently: teach the model anew here",
					ErrRefused, s.File, got, channel, want)
			}
			d.parity = max(d.parity, math.Abs(got-want))
		}
		if len(s.Scores) != len(have) {
			return fmt.Errorf("%w: %s has scores for %d channels of %d; teach the model anew", ErrRefused, s.File, len(s.Scores), len(have))
		}
	}
	return nil
}

// scores asks every channel about one part.
func (d *Detector) scores(p Part) (map[string]float64, error) {
	scores := map[string]float64{}
	if p.Crop == nil {
		r, err := d.Look(context.Background(), p.Picture, models.Ask{})
		if err != nil {
			return nil, err
		}
		for _, f := range r.Findings {
			scores[f.Class] = f.Score
		}
		if d.soft == nil {
			return scores, nil
		}
		if r, err = d.soft.judge(Soften(&p.Picture, 0), models.Ask{}); err != nil {
			return nil, err
		}
		for _, f := range r.Findings {
			scores["soft "+f.Class] = f.Score
		}
		return scores, nil
	}
	var r [1]models.Result
	if err := d.Detect(context.Background(), []vision.Crop{*p.Crop}, models.Ask{}, r[:]); err != nil {
		return nil, err
	}
	if why := r[0].Unanswered; why != "" {
		return nil, errors.New(why)
	}
	for _, f := range r[0].Findings {
		scores[f.Class] = f.Score
	}
	return scores, nil
}

// encodeSample writes the picture as PNG, its mask as transparency.
func encodeSample(p Picture) ([]byte, error) {
	img := image.NewNRGBA(image.Rect(0, 0, p.Width, p.Height))
	for i := range p.Width * p.Height {
		copy(img.Pix[4*i:], p.Pix[3*i:3*i+3])
		img.Pix[4*i+3] = 255
		if p.Mask != nil {
			img.Pix[4*i+3] = p.Mask[i]
		}
	}
	var file bytes.Buffer
	if err := png.Encode(&file, img); err != nil {
		return nil, err
	}
	return file.Bytes(), nil
}

func (m *Model) decodeSample(s Sample) (Part, error) {
	data, ok := m.Samples[s.File]
	if !ok {
		return Part{}, fmt.Errorf("the card gives no hash for it")
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return Part{}, err
	}
	p := Part{Picture: FromImage(img)}
	if s.Crop == nil {
		return p, nil
	}
	if p.Width != p.Height {
		return Part{}, fmt.Errorf("a located part of %d x %d pixels is not square", p.Width, p.Height)
	}
	p.Mask = bytes.Repeat([]byte{255}, p.Width*p.Height)
	if n, ok := img.(*image.NRGBA); ok {
		for i := range p.Mask {
			p.Mask[i] = n.Pix[4*i+3]
		}
	}
	c := s.Crop
	p.Crop = &vision.Crop{Size: p.Width, Pix: p.Pix, Mask: p.Mask, ToSensor: c.ToSensor, Centre: c.Centre, Box: c.Box, Area: c.Area, Surround: c.Surround}
	return p, nil
}
