package anomaly

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"

	"linesman/models"
	"linesman/vision"
)

// Kind is the card's word for models of this package.
const Kind = "anomaly"

// Card is card.yaml: what the model is, what it learned from, how good it was
// found to be, and what it must answer to its own samples.
type Card struct {
	Kind    string `yaml:"kind"`
	Name    string `yaml:"name"`
	Version string `yaml:"version"`
	// SHA256 is over every file and setting that can change an answer.
	SHA256 string `yaml:"sha256"`
	Chosen string `yaml:"chosen"` // what was chosen and why, for a person

	Files    []File   `yaml:"files"`
	Channels []Link   `yaml:"channels,omitempty"`
	Classes  []string `yaml:"classes"`

	Input     Input     `yaml:"input"`
	Aggregate Aggregate `yaml:"aggregate"`
	Threshold float64   `yaml:"threshold"` // aggregated patch distance at score 1
	// Limit is the joined score at which 1 is said, where labelled defects moved it; 0 is 1.
	Limit float64 `yaml:"limit,omitempty"`
	// FalseRejectRate is the share of good parts expected above the threshold: what
	// was asked for, or the share of held-out good parts that lie above it if higher.
	FalseRejectRate float64 `yaml:"false_reject_rate"`
	// FalseRejectAtMost is what so few held-out good parts can promise: the one-sided 95 %
	// bound on that share (Clopper and Pearson 1934). 0 in cards of before it was kept.
	FalseRejectAtMost float64 `yaml:"false_reject_at_most,omitempty"`

	Taught  Taught   `yaml:"taught"`
	Figures Figures  `yaml:"figures"`
	Data    []Source `yaml:"data"`
	Samples []Sample `yaml:"samples"`
}

// File is one file of the folder with its hash.
type File struct {
	Name   string `yaml:"name"`
	SHA256 string `yaml:"sha256"`
}

// Link ties a channel to its file.
type Link struct {
	Name   string `yaml:"name"`
	File   string `yaml:"file"`
	SHA256 string `yaml:"sha256"`
}

// Taught says what teaching had and did.
type Taught struct {
	Parts   int    `yaml:"parts"`
	Folds   int    `yaml:"folds"`    // of the cross-validation behind the threshold
	Patches int    `yaml:"patches"`  // seen
	Bank    []int  `yaml:"bank"`     // kept, by level of the network
	HeldOut string `yaml:"held_out"` // how good parts scored that the bank had not seen
}

// Figures are what was measured while teaching. Scores: 1 = threshold.
type Figures struct {
	GoodMedian  float64  `yaml:"good_median"`  // of held-out good parts
	GoodHighest float64  `yaml:"good_highest"` // of held-out good parts
	GoodAbove   int      `yaml:"good_above"`   // held-out good parts above the threshold
	Defects     int      `yaml:"defects,omitempty"`
	AUROC       *float64 `yaml:"auroc,omitempty"` // labelled defects against held-out good parts
	Missed      *int     `yaml:"missed,omitempty"`
	Named       *int     `yaml:"named,omitempty"` // labelled defects given their own name, when the model had not seen them
}

// Source is one body of data or weights behind the model.
type Source struct {
	What    string `yaml:"what"`
	Licence string `yaml:"licence"`
}

// Sample is one stored picture and what the model answered to it when taught.
type Sample struct {
	File   string             `yaml:"file"`
	Scores map[string]float64 `yaml:"scores"` // by channel
	Crop   *SampleCrop        `yaml:"crop,omitempty"`
}

// SampleCrop is what channels read of a located part beside its pixels.
type SampleCrop struct {
	ToSensor vision.Affine `yaml:"to_sensor"`
	Centre   vision.Point  `yaml:"centre"`
	Box      vision.Box    `yaml:"box"`
	Area     float64       `yaml:"area"`
	Surround [3]float32    `yaml:"surround"`
}

// Model returns the name that stands in every verdict.
func (c *Card) Model() models.Model {
	return models.Model{Name: c.Name, Version: c.Version, SHA256: c.SHA256}
}

// Check refuses a card that could not judge.
func (c *Card) Check() error {
	if c.Kind != Kind {
		return fmt.Errorf("kind %q: want %s", c.Kind, Kind)
	}
	if c.Name == "" {
		return fmt.Errorf("the model has no name")
	}
	if err := c.Input.Check(); err != nil {
		return err
	}
	if !(c.Threshold > 0) || math.IsInf(c.Threshold, 0) {
		return fmt.Errorf("threshold %v: want a number above 0", c.Threshold)
	}
	if !(c.Aggregate.Share >= 0) || c.Aggregate.Share > 1 || c.Aggregate.Least < 1 {
		return fmt.Errorf("aggregate share %v, least %d: want a share from 0 to 1 of at least 1 patch", c.Aggregate.Share, c.Aggregate.Least)
	}
	if !(c.Limit >= 0) || math.IsInf(c.Limit, 0) {
		return fmt.Errorf("limit %v: want a joined score above 0", c.Limit)
	}
	if len(c.Samples) == 0 {
		return fmt.Errorf("no samples: a model must be able to prove that it answers as it was taught")
	}
	return nil
}

// digest is over all that can change an answer: name, files, channels, and the
// settings between pixels and score.
func (c *Card) digest() string {
	h := sha256.New()
	fmt.Fprintf(h, "%s\n%s\n%s\n", c.Kind, c.Name, c.Version)
	for _, f := range c.Files {
		fmt.Fprintf(h, "file %s %s\n", f.Name, f.SHA256)
	}
	for _, l := range c.Channels {
		fmt.Fprintf(h, "channel %s %s %s\n", l.Name, l.File, l.SHA256)
	}
	fmt.Fprintf(h, "input %s %d %v\n", c.Input.Fit, c.Input.Size, c.Input.Enlarge)
	if c.Input.Alone {
		fmt.Fprintf(h, "alone\n")
	}
	fmt.Fprintf(h, "aggregate %v %d\nthreshold %v\n", c.Aggregate.Share, c.Aggregate.Least, c.Threshold)
	if c.Limit != 0 {
		fmt.Fprintf(h, "limit %v\n", c.Limit)
	}
	return hex.EncodeToString(h.Sum(nil))
}

func sum(data []byte) string {
	h := sha256.Sum256(data)
	return hex.EncodeToString(h[:])
}
