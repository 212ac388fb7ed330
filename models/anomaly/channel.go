package anomaly

import (
	"fmt"
	"math"

	"linesman/models"
	"linesman/vision"
)

// Texture is the class of what the network finds, Likeness of what looks like
// labelled defects.
const (
	Texture  = "texture"
	Likeness = "likeness"
)

// Channel is one further way to tell a bad part from a good one. Score reads
// the part, keeps nothing of it, and is called from several goroutines at the
// same time. A channel that was taught on located parts refuses a whole picture,
// and the other way round. An error makes the whole part a missing view, never a
// pass.
type Channel interface {
	Name() string
	Score(p *Part, ask models.Ask, into *Reading) error
}

// Lister is a Channel that can name every place, not its worst alone.
type Lister interface {
	Channel
	// Places appends a reading for every place that scores least or more, each with
	// all that hangs together above least, and what would be the worst without it
	// next. false: there may be others.
	Places(p *Part, least float64, into []Reading) ([]Reading, bool, error)
}

// Reading is what one channel says of one part. Box and Area are pixels of the
// sensor; Measured and Limit are the plain numbers behind the score, in Unit.
type Reading struct {
	Class    string  // what was found, for the verdict; empty is the channel's name
	Score    float64 // unclamped, 1 = threshold
	Box      vision.Box
	Area     float64
	Measured float64
	Limit    float64
	Unit     string
	Text     string
	// Also is what else the channel measured that is near its limit or beyond, each under
	// its own Class, none above Score: reasons of their own beside this one. It is the
	// caller's.
	Also []Reading
	// Heat says where, if it was asked for and the channel knows: scores over the
	// whole picture, 1 = threshold. It is the caller's.
	Heat models.Heatmap
}

// OpenChannel makes a channel of the bytes it saved in a model folder.
type OpenChannel func(data []byte) (Channel, error)

// ChannelFile is one channel as it lies in a model folder.
type ChannelFile struct {
	Name string
	Data []byte
}

func (c ChannelFile) file() string { return "channel-" + c.Name + ".bin" }

// openChannels makes the model's channels by the registry that cmd handed in.
func openChannels(files []ChannelFile, registry map[string]OpenChannel) ([]Channel, error) {
	var channels []Channel
	for _, f := range files {
		open, ok := registry[f.Name]
		if !ok {
			return nil, fmt.Errorf("%w: channel %q is not known to this program; update linesman or teach the model anew", ErrRefused, f.Name)
		}
		c, err := open(f.Data)
		if err != nil {
			return nil, fmt.Errorf("%w: channel %q: %v; teach the model anew", ErrRefused, f.Name, err)
		}
		channels = append(channels, c)
	}
	return channels, nil
}

// checkScore refuses what is no number: it would compare as "not above 1".
func checkScore(channel string, score float64) error {
	if math.IsNaN(score) || math.IsInf(score, 0) {
		return fmt.Errorf("channel %q: the score is no number (%v)", channel, score)
	}
	return nil
}
