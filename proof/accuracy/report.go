package accuracy

import (
	"bytes"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"io"
	"strings"
	"time"
)

// Model is what judged, in words for a reader.
type Model struct {
	Name, Version, SHA256 string
	Threshold             float64 // in the model's own measure, at score 1
	Parts                 int     // good parts it was taught from
	FalseRejectRate       float64 // share of good parts it expects to reject
	FalseRejectAtMost     float64 // what the held-out ones promise with 95 %; 0: not known
	Chosen                string  // what was chosen at teaching and why
}

// Image is an encoded picture for the page.
type Image struct {
	Type          string // "image/jpeg"
	Data          []byte
	Width, Height int
}

// Shown is a picture the reader should look at: as it is, and with what the
// model saw in it.
type Shown struct {
	Judged
	Plain, Heat Image
	Outlined    bool  // a mask's outline is drawn on Heat
	Near        *Near // nil unless it was rejected and the model can say
}

// Near is the place of a picture that speaks most against it, and the good place it
// was compared with.
type Near struct {
	Here  Image
	There *Image // nil if the model did not keep that picture
	Text  string
}

// Report is all that the page says. Figures are counted from Judged.
type Report struct {
	Model       Model
	Set         string // what the pictures are called
	Folder      string // where they lie
	SHA256      string // over the pictures' bytes and labels
	Made        time.Time
	Program     string // version of linesman
	Processor   string
	MS          float64 // a picture, on the mean
	Judged      []Judged
	Pixels      *Pixels // nil without masks
	WithoutMask int     // defective pictures the masks folder says nothing of
	Lowest      []Shown // defective, lowest score first
	Highest     []Shown // good, highest score first
	Curve       *Curve  // nil if not asked for
	Look        []string
	NotNear     string // why no picture has a Near; empty if the model can say
}

//go:embed report.html
var pageText string

//go:embed style.html
var styleText string

var htmlPage = parse("report", pageText)

// parse reads a page's template; all pages have one style and one way to write
// figures.
func parse(name, text string) *template.Template {
	return template.Must(template.Must(template.New(name).Funcs(words).Parse(styleText)).Parse(text))
}

var words = template.FuncMap{
	"ratio": ratio, "percent": percent, "score": func(s float64) string { return fmt.Sprintf("%.2f", s) },
	"at": func(x float64) string { return fmt.Sprintf("%.1f", x) }, "add": func(a, b float64) float64 { return a + b },
	"rate": func(s Share) string { return percent(s.Rate()) }, "bound": bound, "short": short, "picture": picture,
	"join":   func(s []string) string { return strings.Join(s, "; ") },
	"moment": moment,
}

// page is what the template reads.
type page struct {
	*Report
	Figures
	Title     string
	Verdict   []string
	About     [][2]string
	Histogram *histogram
	Graph     *curveChart
	Pixel     string
	Unjudged  []Judged
	Mistakes  []Judged
	Not       []string
}

// Measured is a report's figures, as a program reads them.
type Measured struct {
	Set    string `json:"set"`
	Model  string `json:"model"` // SHA-256
	SHA256 string `json:"pictures"`
	Figures
	Pixel *float64 `json:"pixel_auroc"`
	Curve []Step   `json:"curve,omitempty"`
}

// Measure counts what the report says.
func (r *Report) Measure() (Measured, error) {
	f, err := Measure(r.Judged)
	m := Measured{Set: r.Set, Model: r.Model.SHA256, SHA256: r.SHA256, Figures: f}
	if area, ok := r.Pixels.AUROC(); ok {
		m.Pixel = &area
	}
	if r.Curve != nil {
		m.Curve = r.Curve.Steps
	}
	return m, err
}

// HTML writes the report as one page that needs nothing else: no scripts, no
// fonts, no pictures from elsewhere. File names and reasons are foreign text and
// are escaped.
func (r *Report) HTML(w io.Writer) error {
	f, err := r.Measure()
	if err != nil {
		return err
	}
	p := page{Report: r, Figures: f.Figures, Title: "Accuracy of " + r.Model.Name + " on " + r.Set, Verdict: f.Sentences(), About: r.about(f.Figures),
		Histogram: newHistogram(r.Judged), Graph: newCurveChart(r.Curve), Not: limits(f.Figures)}
	if f.Pixel != nil {
		p.Pixel = ratio(*f.Pixel)
	}
	for i := range r.Judged {
		switch j := &r.Judged[i]; {
		case j.Unjudged != "":
			p.Unjudged = append(p.Unjudged, *j)
		case j.Mistake():
			p.Mistakes = append(p.Mistakes, *j)
		}
	}
	var out bytes.Buffer
	if err := htmlPage.Execute(&out, p); err != nil {
		return err
	}
	_, err = w.Write(out.Bytes())
	return err
}

func (r *Report) about(f Figures) [][2]string {
	return [][2]string{
		{"model", r.Model.Name},
		{"version", r.Model.Version},
		{"taught from", fmt.Sprintf("%d good parts", r.Model.Parts)},
		{"threshold", fmt.Sprintf("%.4g, shown as score 1", r.Model.Threshold)},
		{"pictures", fmt.Sprintf("%d good, %d defective", f.Good.Pictures, f.Defective.Pictures)},
		{"judged", r.Made.UTC().Format("2006-01-02 15:04 UTC")},
		{"program", "linesman " + r.Program},
		{"folder", r.Folder},
		{"processor", r.Processor},
		{"model's SHA-256", r.Model.SHA256},
		{"pictures' SHA-256", r.SHA256},
	}
}

// Sentences is the answer in two sentences.
func (f Figures) Sentences() []string {
	var kinds []string
	for _, k := range f.Defects {
		kinds = append(kinds, fmt.Sprintf("%s %d of %d", k.Name, k.Rejected(), k.Pictures))
	}
	what := f.Defects[0].Name
	by := ""
	if len(kinds) > 1 {
		what, by = "defective", " ("+strings.Join(kinds, ", ")+")"
	}
	missed := ""
	switch n := f.Defective.Unjudged + f.Good.Unjudged; {
	case n == 1:
		missed = " 1 could not be judged and counts as a mistake."
	case n > 1:
		missed = fmt.Sprintf(" %d could not be judged and count as mistakes.", n)
	}
	rejected := f.FalseRejects.Count - f.Good.Unjudged
	parts := "parts"
	if f.Defective.Pictures == 1 {
		parts = "part"
	}
	return []string{
		fmt.Sprintf("Of %d %s %s %d %s rejected%s, of %d good ones %d.%s",
			f.Defective.Pictures, what, parts, f.Defective.Rejected(), are(f.Defective.Rejected()), by, f.Good.Pictures, rejected, missed),
		fmt.Sprintf("AUROC %s (95 %% interval %s to %s); balanced accuracy %s at the model's own threshold, %s at the best one for these pictures.",
			ratio(f.AUROC.Value), ratio(f.AUROC.Low), ratio(f.AUROC.High), ratio(f.Balanced), ratio(f.Best.Balanced)),
	}
}

func are(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

// limits says what the page does not prove.
func limits(f Figures) []string {
	return []string{
		fmt.Sprintf("The bounds hold for parts like these, each a part of its own: the same part twice is no second part. To show one mistake in 10,000 takes 30,000 parts without a mistake; here are %d good and %d defective.", f.Good.Pictures, f.Defective.Pictures),
		"A defect that is not among these pictures is not in these figures.",
		"The best threshold is known only afterwards, from these very pictures: it is what a better threshold could gain at most, not a promise.",
		"Pictures in a folder are not the line: light, focus, position and time to the gate are proven there (linesman bench line, limit samples).",
	}
}

// ratio is a number from 0 to 1 to four places; only what is 1 is written as 1.
func ratio(v float64) string {
	s := fmt.Sprintf("%.4f", v)
	if v < 1 && s == "1.0000" {
		return "0.9999"
	}
	return s
}

// percent does not break before its sign. It has one place, and two digits below 1 %; only all is 100 %.
func percent(v float64) string {
	switch p := 100 * v; {
	case p == 0 || p == 100:
		return fmt.Sprintf("%.0f\u00a0%%", p)
	case p < 1:
		return fmt.Sprintf("%.2g\u00a0%%", p)
	default:
		return fmt.Sprintf("%.1f\u00a0%%", min(p, 99.9))
	}
}

// bound says what the counts allow to claim.
func bound(s Share) string {
	if s.Of == 0 || s.Count >= s.Of {
		return "no claim"
	}
	return "at most " + percent(s.Upper)
}

// short is the beginning of a hash.
func short(hash string) string { return hash[:min(12, len(hash))] }

// picture is an image's address that holds the image. Its bytes are base64, so
// nothing in them can end the attribute.
func picture(i Image) template.URL {
	return template.URL("data:" + i.Type + ";base64," + base64.StdEncoding.EncodeToString(i.Data))
}
