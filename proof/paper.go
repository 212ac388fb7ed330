package proof

import (
	"bytes"
	"strings"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font/gofont/gobold"
	"golang.org/x/image/font/gofont/gomono"
	"golang.org/x/image/font/gofont/goregular"
)

// paper is a page that is drawn on from the top, in millimetres. A dry one is
// only measured.
type paper struct {
	pdf   *fpdf.Fpdf
	ink   *ink
	scale float64 // of all letters
	dry   bool
	y     float64 // how far down it is written
}

// style is how letters look.
type style struct {
	size       float64 // points at scale 1
	bold, mono bool
	grey       int // 0 is black, 255 white
}

func (s style) font() string {
	switch {
	case s.mono:
		return "mono"
	case s.bold:
		return "bold"
	}
	return "regular"
}

func newPaper(scale, height float64, dry bool) *paper {
	pdf := fpdf.NewCustom(&fpdf.InitType{OrientationStr: "P", UnitStr: "mm", Size: fpdf.SizeType{Wd: paperWidth, Ht: height}})
	pdf.SetMargins(marginX, marginY, marginX)
	pdf.SetAutoPageBreak(false, 0)
	// fpdf writes into the bytes it is given when it cuts a font down to the
	// letters used, so each page has its own.
	pdf.AddUTF8FontFromBytes("regular", "", bytes.Clone(goregular.TTF))
	pdf.AddUTF8FontFromBytes("bold", "", bytes.Clone(gobold.TTF))
	pdf.AddUTF8FontFromBytes("mono", "", bytes.Clone(gomono.TTF))
	pdf.AddPage()
	return &paper{pdf: pdf, ink: newInk(), scale: scale, dry: dry}
}

const pointMM = 25.4 / 72

// line is how tall a line is.
func (p *paper) line(st style) float64 { return st.size * p.scale * pointMM * 1.28 }

// use sets the font.
func (p *paper) use(st style) {
	p.pdf.SetFont(st.font(), "", st.size*p.scale)
	p.pdf.SetTextColor(st.grey, st.grey, st.grey)
}

// width is how wide a text is.
func (p *paper) width(text string, st style) float64 {
	p.use(st)
	w := 0.0
	for _, r := range p.ink.runs(text) {
		if r.foreign {
			w += p.ink.width(r.text, st.size*p.scale*pointMM)
		} else {
			w += p.pdf.GetStringWidth(r.text)
		}
	}
	return w
}

// text writes one line without moving down.
func (p *paper) text(x float64, text string, st style) {
	if p.dry {
		p.ink.runs(text)
		return
	}
	base := p.y + st.size*p.scale*pointMM*0.98
	for _, r := range p.ink.runs(text) {
		p.use(st)
		if !r.foreign {
			p.pdf.Text(x, base, r.text)
			x += p.pdf.GetStringWidth(r.text)
			continue
		}
		p.pdf.SetFillColor(st.grey, st.grey, st.grey)
		x = p.ink.draw(p.pdf, x, base, r.text, st.size*p.scale*pointMM)
	}
}

// paragraph writes a text in lines of at most w.
func (p *paper) paragraph(x, w float64, text string, st style) {
	for _, l := range p.wrap(text, w, st) {
		p.text(x, l, st)
		p.y += p.line(st)
	}
}

// wrap breaks a text between words, and a word only where it is longer than a
// line.
func (p *paper) wrap(text string, w float64, st style) []string {
	var out []string
	for _, given := range strings.Split(text, "\n") {
		line := ""
		for _, word := range strings.Split(given, " ") {
			next := word
			if line != "" {
				next = line + " " + word
			}
			if p.width(next, st) <= w {
				line = next
				continue
			}
			if line != "" {
				out = append(out, line)
			}
			line = ""
			for _, r := range word {
				if line != "" && p.width(line+string(r), st) > w {
					out = append(out, line)
					line = ""
				}
				line += string(r)
			}
		}
		out = append(out, line)
	}
	return out
}

// bullet writes a paragraph behind a dot.
func (p *paper) bullet(x, w float64, text string) {
	p.text(x+0.8, "•", style{size: 8})
	p.paragraph(x+3.5, w-3.5, text, style{size: 8})
}

// heading writes a block's head over a rule.
func (p *paper) heading(x, w float64, text string) {
	p.paragraph(x, w, text, style{size: 8.5, bold: true})
	p.y += 0.4
	p.rule(x, w, 0.3, 0)
	p.y += 0.4
}

// box writes a text as it is on grey.
func (p *paper) box(x, w float64, text string) {
	st := style{size: 6.6, mono: true}
	lines := p.wrap(text, w-3, st)
	p.y += 0.8 * p.scale
	height := float64(len(lines))*p.line(st) + 2*p.scale
	if !p.dry {
		p.pdf.SetFillColor(0xf2, 0xf2, 0xf2)
		p.pdf.Rect(x, p.y, w, height, "F")
	}
	bottom := p.y + height
	p.y += 0.9 * p.scale
	for _, l := range lines {
		p.text(x+1.5, l, st)
		p.y += p.line(st)
	}
	p.y = bottom + 0.6*p.scale
}

// rule draws a line across.
func (p *paper) rule(x, w, thick float64, grey int) {
	if p.dry {
		return
	}
	p.pdf.SetDrawColor(grey, grey, grey)
	p.pdf.SetLineWidth(thick)
	p.pdf.Line(x, p.y, x+w, p.y)
}

func (p *paper) lineAt(x, y, w float64) {
	if p.dry {
		return
	}
	p.pdf.SetDrawColor(0, 0, 0)
	p.pdf.SetLineWidth(0.2)
	p.pdf.Line(x, y, x+w, y)
}

func (p *paper) frame(x, y, w, h, thick float64) {
	if p.dry {
		return
	}
	p.pdf.SetDrawColor(0, 0, 0)
	p.pdf.SetLineWidth(thick)
	p.pdf.Rect(x, y, w, h, "D")
}
