package main

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"html/template"
	"time"

	"linesman/config"
	"linesman/watch"
)

//go:embed rescan.html
var rescanText string

var rescanTemplate = template.Must(template.New("rescan").Parse(rescanText))

// rescanGroup is the alarms of one answer on the page.
type rescanGroup struct {
	Name, Note string
	Alarms     []rescanCard
}

// rescanCard is one alarm on the page.
type rescanCard struct {
	foundAlarm
	When      string
	Then, Now template.URL // pictures, "" where there is none
}

// mostOfAGroup is how many alarms of a group are shown with their pictures.
const mostOfAGroup = 200

var groupWords = map[watch.Answer][2]string{
	watch.AnswerNew:       {"New", "They would be raised now and are not in the log. An alarm that was shelved or suppressed is not in the log either."},
	watch.AnswerGone:      {"Gone", "They are in the log and would not be raised now."},
	watch.AnswerStays:     {"Stay", "They are in the log and would be raised now."},
	watch.AnswerNotJudged: {"Not judged", "The recording can not tell. That is not the same as not raised."},
}

// page writes what was found for a person. It needs nothing else.
func (r *rescanned) page(site *config.Site) ([]byte, error) {
	zone, err := site.Location()
	if err != nil {
		return nil, err
	}
	const form = "2006-01-02 15:04:05"
	var groups []rescanGroup
	cut := 0
	for _, answer := range answers {
		g := rescanGroup{Name: groupWords[answer][0], Note: groupWords[answer][1]}
		if answer == watch.AnswerNew && !r.Compared {
			g.Name, g.Note = "Raised", "There is no log to hold them against."
		}
		for i := range r.Alarms {
			a := &r.Alarms[i]
			switch {
			case a.Answer != string(answer):
			case len(g.Alarms) == mostOfAGroup:
				cut++
			default:
				g.Alarms = append(g.Alarms, rescanCard{*a, a.At.In(zone).Format(form), embedded(a.then), embedded(a.now)})
			}
		}
		if len(g.Alarms) > 0 {
			groups = append(groups, g)
		}
	}
	when := func(t time.Time) string { return t.In(zone).Format(form) }
	var out bytes.Buffer
	err = rescanTemplate.Execute(&out, map[string]any{"R": r, "Groups": groups, "Cut": cut, "Made": when(r.At), "Zone": zone.String(),
		"Program": builtAs(), "Recordings": rowsOf(r.Recordings, when), "New": r.Counts["new"], "Gone": r.Counts["gone"], "Stays": r.Counts["stays"], "Not": r.Counts["not judged"]})
	return out.Bytes(), err
}

// recordingRow is one recording on the page.
type recordingRow struct {
	recordedAs
	Begins, Ends string
}

func rowsOf(in []recordedAs, when func(time.Time) string) (out []recordingRow) {
	for _, r := range in {
		out = append(out, recordingRow{r, when(r.From), when(r.To)})
	}
	return out
}

// embedded is a JPEG within the page.
func embedded(jpeg []byte) template.URL {
	if len(jpeg) == 0 {
		return ""
	}
	return template.URL("data:image/jpeg;base64," + base64.StdEncoding.EncodeToString(jpeg))
}
