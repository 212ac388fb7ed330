package proof

import (
	"fmt"

	"linesman/event"
)

// Compared is what speaks most against a part, and the good part that it is most like
// and was compared with. It is not in the log: the model that judged is asked again.
type Compared struct {
	Camera   string  `json:"camera,omitempty"`   // that showed it
	Good     int     `json:"good,omitempty"`     // number of the good part in the model, from 1
	Name     string  `json:"name,omitempty"`     // its file when it was taught
	Kept     bool    `json:"kept,omitempty"`     // the model kept its picture
	Distance float64 `json:"distance,omitempty"` // in the model's feature distance
	Why      string  `json:"why,omitempty"`      // why nobody can say; all else is empty then
	Here     []byte  `json:"-"`                  // JPEG: the part around the place, which is framed
	There    []byte  `json:"-"`                  // JPEG: as much of the good part; nil where its picture was not kept
}

// text says it in one line.
func (c *Compared) text() string {
	if c.Why != "" {
		return "compared with no good part: " + c.Why
	}
	text := fmt.Sprintf("compared with good part %d", c.Good)
	if c.Name != "" {
		text += " (" + c.Name + ")"
	}
	text += fmt.Sprintf(", the one most like it there: feature distance %.3g", c.Distance)
	if !c.Kept {
		text += "; its picture was not kept with the model"
	}
	return text
}

// LastJudged returns the last of a part's verdicts, with the pictures of the last that
// kept any; ok is false where there is none. The events are in the order of the log.
func LastJudged(events []event.Event) (last event.PartJudged, ok bool, err error) {
	var views []event.View
	for _, e := range events {
		if e.Type != (event.PartJudged{}).EventType() {
			continue
		}
		if last, err = event.As[event.PartJudged](e); err != nil {
			return last, ok, err
		}
		if ok = true; last.Evidence != "" {
			views = last.Views
		}
	}
	last.Views = views
	return last, ok, nil
}
