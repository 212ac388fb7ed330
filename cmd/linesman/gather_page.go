package main

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"html/template"
	"slices"

	"linesman/models/anomaly"
)

// lookPage is the page's file in the folder of gathered parts.
const lookPage = "look.html"

//go:embed look.html
var lookText string

var lookTemplate = template.Must(template.New("look").Parse(lookText))

// shownPart is a part on the page.
type shownPart struct {
	gathered
	Picture template.URL
	Side    int
}

// page shows each part, those that stand out first, then the most unlike. It needs
// nothing else, and says what to type for what was clicked.
func (g *gathering) page() ([]byte, error) {
	parts := make([]shownPart, len(g.parts))
	left := 0
	for i, p := range g.parts {
		crop := anomaly.PictureOf(&g.crops[i])
		img, err := encoded(shrunk(crop))
		if err != nil {
			return nil, err
		}
		parts[i] = shownPart{p, template.URL("data:" + img.Type + ";base64," + base64.StdEncoding.EncodeToString(img.Data)), img.Width}
		if !p.Take {
			left++
		}
	}
	slices.SortStableFunc(parts, func(a, b shownPart) int {
		switch {
		case a.Take != b.Take && a.Take, a.Take == b.Take && a.Score < b.Score:
			return 1
		case a.Take != b.Take || a.Score > b.Score:
			return -1
		}
		return 0
	})
	var out bytes.Buffer
	err := lookTemplate.Execute(&out, map[string]any{"Line": g.id, "Parts": parts, "Left": left, "Command": g.command})
	return out.Bytes(), err
}
