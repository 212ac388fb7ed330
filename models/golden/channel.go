package golden

import (
	"errors"

	"linesman/models"
	"linesman/models/anomaly"
)

// ChannelName is what models that carry a golden comparison call it.
const ChannelName = "golden"

// Channels opens what may judge beside a model's network: of located parts, and of a
// product on its ground in whole pictures.
func Channels() map[string]anomaly.OpenChannel {
	return map[string]anomaly.OpenChannel{
		ChannelName: func(data []byte) (anomaly.Channel, error) {
			m, err := Load(data)
			if err != nil {
				return nil, err
			}
			return channel{m}, nil
		},
		WholeName: func(data []byte) (anomaly.Channel, error) {
			w, err := LoadWhole(data)
			if err != nil {
				return nil, err
			}
			return w, nil
		},
	}
}

// channel lets the comparison speak beside the network.
type channel struct{ m *Model }

// Name returns ChannelName.
func (channel) Name() string { return ChannelName }

// Score judges one located part by its worst reading, and names the others that are
// worth a word.
func (c channel) Score(p *anomaly.Part, _ models.Ask, into *anomaly.Reading) error {
	if p.Crop == nil {
		return errors.New("it was taught on located parts and can not judge a whole picture")
	}
	var keep [channels]Reading
	all, err := c.m.Score(p.Crop, keep[:0])
	if err != nil {
		return err
	}
	worst := worstOf(all)
	*into = c.said(worst, &all[worst])
	for i := range all {
		if same := all[i].Measured == all[worst].Measured && all[i].Unit == all[worst].Unit; !same && all[i].Score > worthReason {
			into.Also = append(into.Also, c.said(i, &all[i]))
		}
	}
	return nil
}

// said is a reading as the network's model hears it.
func (c channel) said(i int, r *Reading) anomaly.Reading {
	return anomaly.Reading{Class: c.m.Channels()[i], Score: r.Score, Box: r.Box, Area: r.Area, Measured: r.Measured, Limit: r.Limit, Unit: r.Unit, Text: r.Text}
}
