package golden

import (
	"errors"

	"linesman/models"
	"linesman/models/anomaly"
)

// ChannelName is what models that carry a golden comparison call it.
const ChannelName = "golden"

// Channels opens what may judge beside a model's network: so far this one.
func Channels() map[string]anomaly.OpenChannel {
	return map[string]anomaly.OpenChannel{ChannelName: func(data []byte) (anomaly.Channel, error) {
		m, err := Load(data)
		if err != nil {
			return nil, err
		}
		return channel{m}, nil
	}}
}

// channel lets the comparison speak beside the network.
type channel struct{ m *Model }

// Name returns ChannelName.
func (channel) Name() string { return ChannelName }

// Score judges one located part by its worst reading.
func (c channel) Score(p *anomaly.Part, _ models.Ask, into *anomaly.Reading) error {
	if p.Crop == nil {
		return errors.New("it was taught on located parts and can not judge a whole picture")
	}
	name, r, err := c.m.Worst(p.Crop)
	if err != nil {
		return err
	}
	*into = anomaly.Reading{Class: name, Score: r.Score, Box: r.Box, Area: r.Area, Measured: r.Measured, Limit: r.Limit, Unit: r.Unit, Text: r.Text}
	return nil
}
