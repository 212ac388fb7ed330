package proof

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"linesman/event"
)

//go:embed story.html
var storyText string

var storyTemplate = template.Must(template.New("story").Parse(storyText))

// Seen is a part as it was kept: a picture, and the same with its heat map over it,
// both PNG or JPEG; nil where there is none.
type Seen struct {
	Picture []byte
	Heated  []byte
	Camera  string
}

// shownPicture is one picture of the page.
type shownPicture struct {
	Data        template.URL
	What, Small string
}

// Page writes the story as one page that needs nothing else and can be sent as it is:
// no scripts, no pictures from elsewhere. Times are in the zone given.
func (s Story) Page(w io.Writer, site string, zone *time.Location, seen []Seen) error {
	var pictures []shownPicture
	show := func(data []byte, what, small string) {
		if len(data) > 0 {
			pictures = append(pictures, shownPicture{embedded(data), what, small})
		}
	}
	for _, p := range seen {
		of := ""
		if p.Camera != "" {
			of = "camera " + p.Camera
		}
		show(p.Picture, "as it was seen", of)
		show(p.Heated, "where it departs from good ones", of)
	}
	none := ""
	if c := s.Compared; c != nil {
		show(c.Here, "the worst place on this part", "")
		show(c.There, fmt.Sprintf("the good part most like it there: no. %d", c.Good), strings.TrimSpace(fmt.Sprintf("%s feature distance %.3g", c.Name, c.Distance)))
		if c.There == nil {
			none = c.text() + "."
		}
	}
	steps := [][]string{}
	for i := range s.Steps {
		steps = append(steps, s.Steps[i].cells(zone))
	}
	day := ""
	if slices.ContainsFunc(s.Steps, func(st Step) bool { return !st.At.IsZero() }) {
		day = s.day(zone)
	}
	label := ""
	if s.Label != nil {
		label = s.Label.text(zone)
	}
	return storyTemplate.Execute(w, map[string]any{"S": s, "Site": site, "Headline": s.headline(), "Day": day, "Zone": zone.String(), "Pictures": pictures,
		"NotCompared": none, "Reasons": pageReasons(s.Reasons), "Steps": steps, "Label": label, "Verdicts": pageVerdicts(s.Verdicts, zone)})
}

// pageReason is one row of what was measured against what.
type pageReason struct{ Rule, Text, Measured, Limit string }

func pageReasons(rs []event.Reason) (out []pageReason) {
	for _, r := range rs {
		row := pageReason{Rule: reasonName(r), Text: r.Text}
		if r.Measured != 0 || r.Limit != 0 {
			unit := r.Unit
			if strings.HasPrefix(unit, "1 =") { // scores say in words what 1 is
				unit = "(" + unit + ")"
			}
			row.Measured, row.Limit = strings.TrimSpace(fmt.Sprintf("%.4g %s", r.Measured, unit)), strings.TrimSpace(fmt.Sprintf("%.4g %s", r.Limit, unit))
		}
		out = append(out, row)
	}
	return out
}

func pageVerdicts(rs []Ruling, zone *time.Location) (out [][]string) {
	if len(rs) < 2 {
		return nil
	}
	for _, v := range rs {
		out = append(out, []string{number(v.Seq), moment(v.At, zone), v.Outcome, fmt.Sprintf("%.3g", v.Score), lastReason(v.Reasons)})
	}
	return out
}

// embedded is a picture within the page; what is no picture is left out.
func embedded(data []byte) template.URL {
	kind := http.DetectContentType(data)
	if !strings.HasPrefix(kind, "image/") {
		return ""
	}
	var b bytes.Buffer
	b.WriteString("data:" + kind + ";base64,")
	b.WriteString(base64.StdEncoding.EncodeToString(data))
	return template.URL(b.String())
}
