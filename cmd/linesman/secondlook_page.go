package main

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"html/template"
	"slices"

	"linesman/alarm"
	"linesman/models/secondlook"
)

//go:embed secondlook.html
var secondLookText string

var secondLookTemplate = template.Must(template.New("second look").Parse(secondLookText))

// shownLook is an alarm on the page.
type shownLook struct {
	lookCase
	Price  bool
	Things []shownThing
}

type shownThing struct {
	lookThing
	Pic, LikePic, RealPic template.URL
}

// mostRaised bounds how many alarms that are raised as before the page shows.
const mostRaised = 50

// page shows each alarm that would change, those that people called real first. It
// needs nothing else.
func (k *lookMaker) page(m *lookMade, tried []secondlook.Tried) ([]byte, error) {
	picture := func(sha string) template.URL {
		if k.crops[sha] == nil {
			return ""
		}
		return template.URL("data:image/png;base64," + base64.StdEncoding.EncodeToString(k.crops[sha]))
	}
	var shown []shownLook
	raised := 0
	for _, c := range reportOf(tried).Alarms {
		if !c.Withheld {
			if raised++; raised > mostRaised {
				continue
			}
		}
		s := shownLook{lookCase: c, Price: c.Withheld && (c.Label == string(alarm.Real) || c.Label == string(alarm.NotWanted))}
		for _, t := range c.Things {
			s.Things = append(s.Things, shownThing{t, picture(t.Crop), picture(t.likeCrop), picture(t.realCrop)})
		}
		shown = append(shown, s)
	}
	rank := func(s shownLook) int {
		switch {
		case s.Price:
			return 0
		case s.Withheld && s.Label == "":
			return 1
		case s.Withheld:
			return 2
		}
		return 3
	}
	slices.SortStableFunc(shown, func(a, b shownLook) int { return rank(a) - rank(b) })
	var out bytes.Buffer
	err := secondLookTemplate.Execute(&out, map[string]any{"Made": m.Made, "Percent": 100 * m.Made.Upper, "Alarms": shown, "More": max(raised-mostRaised, 0)})
	return out.Bytes(), err
}
