package proof_test

import (
	"bytes"
	"encoding/base64"
	"strings"
	"testing"
	"time"

	"linesman/event"
	"linesman/proof"
)

// TestStoryPage: the page carries what was measured against what, and its pictures; it
// asks for nothing from elsewhere, and words of the log are words on it.
func TestStoryPage(t *testing.T) {
	picture := []byte("\x89PNG\r\n\x1a\n the part")
	heated := []byte("\x89PNG\r\n\x1a\n warm")
	here, there := []byte("\xff\xd8\xff here"), []byte("\xff\xd8\xff there")
	inside := func(b []byte) string { return base64.StdEncoding.EncodeToString(b) }
	fail := judgedEvent(onePart, "fail", func(p *event.PartJudged) {
		p.Reasons = append(p.Reasons, event.Reason{Rule: "size", Measured: 28.41, Limit: 28.2, Unit: "mm", Text: `too wide <script src="https://example.org/x.js">`})
	})
	fail.Seq = 1
	for name, tc := range map[string]struct {
		compared *proof.Compared
		seen     []proof.Seen
		has, not []string
	}{
		"all": {&proof.Compared{Camera: "top", Good: 12, Name: "cap-12.png", Kept: true, Distance: 3.25, Here: here, There: there}, []proof.Seen{{Picture: picture, Heated: heated, Camera: "top"}},
			[]string{inside(picture), inside(heated), inside(here), inside(there), "no. 12", "cap-12.png feature distance 3.25", "28.41 mm", "28.2 mm", "1.52 (1 = threshold)", "print (wrong print), camera top", "+19.0 ms", "&lt;script"},
			[]string{"<script", "No picture"}},
		"the good part was not kept": {&proof.Compared{Good: 12, Distance: 3.25, Here: here}, []proof.Seen{{Picture: picture}},
			[]string{inside(here), "good part 12", "not kept with the model"}, []string{inside(there), inside(heated)}},
		"not compared":       {&proof.Compared{Why: "its picture has expired"}, nil, []string{"No picture of it is at hand", "compared with no good part: its picture has expired"}, []string{"<img"}},
		"what is no picture": {nil, []proof.Seen{{Picture: []byte("<html>")}}, []string{"as it was seen"}, []string{"<img", inside([]byte("<html>"))}},
	} {
		t.Run(name, func(t *testing.T) {
			s := proof.Tell(onePart, []event.Event{fail})
			s.Compared = tc.compared
			var out bytes.Buffer
			if err := s.Page(&out, "demo", time.UTC, tc.seen); err != nil {
				t.Fatal(err)
			}
			page := out.String()
			for _, want := range append(tc.has, onePart, "FAIL   score 1.52", "B-2031", hash("b"), "2026-03-01") {
				if !strings.Contains(page, strings.ReplaceAll(want, "+", "&#43;")) && !strings.Contains(page, want) {
					t.Errorf("it lacks %q", want)
				}
			}
			for _, not := range append(tc.not, "src=\"http", "href=", "url(") {
				if strings.Contains(page, not) {
					t.Errorf("it has %q", not)
				}
			}
		})
	}
}

// TestComparedInText: the story for a terminal names the good part, or why there is none.
func TestComparedInText(t *testing.T) {
	for want, c := range map[string]*proof.Compared{
		"compared with good part 12 (cap-12.png), the one most like it there: feature distance 3.25\n": {Good: 12, Name: "cap-12.png", Kept: true, Distance: 3.25},
		"feature distance 3.25; its picture was not kept with the model\n":                             {Good: 3, Distance: 3.25},
		"compared with no good part: the model is not here\n":                                          {Why: "the model is not here"},
	} {
		s := proof.Tell(onePart, []event.Event{judgedEvent(onePart, "fail", nil)})
		s.Compared = c
		var out bytes.Buffer
		if err := s.Write(&out, time.UTC); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), want) {
			t.Errorf("it lacks %q:\n%s", want, out.String())
		}
	}
}
