package proof

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"strings"
)

//go:embed certificate.html
var pageText string

var htmlPage = template.Must(template.New("certificate").Funcs(template.FuncMap{
	"lines": func(s string) []string { return strings.Split(s, "\n") },
	"first": func(i int) bool { return i == 0 },
}).Parse(pageText))

// HTML writes the certificate as one page that needs nothing else: no scripts,
// no fonts, no pictures from elsewhere. It prints on one A4 or Letter page.
func (c Certificate) HTML(w io.Writer) error {
	data, err := c.data()
	if err != nil {
		return err
	}
	modules, err := code(c.Head)
	if err != nil {
		return err
	}
	var path strings.Builder
	for y, row := range modules {
		for x, black := range row {
			if black {
				fmt.Fprintf(&path, "M%d %dh1v1h-1z", x+4, y+4)
			}
		}
	}
	s := c.sheet()
	scale, _ := s.fit(modules)
	var out bytes.Buffer
	err = htmlPage.Execute(&out, struct {
		sheet
		Data template.HTML
		Side int // of the QR code with its quiet zone, in modules
		QR   string
		Zoom string // in print; a browser's letters are wider than the PDF's
	}{s, template.HTML(dataIn[1].begin + string(data) + dataIn[1].end), len(modules) + 8, path.String(), fmt.Sprintf("%.3f", 0.88*scale)})
	if err != nil {
		return err
	}
	_, err = w.Write(out.Bytes())
	return err
}
