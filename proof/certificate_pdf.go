package proof

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// The page in millimetres: what lies within both A4 and Letter.
const (
	paperWidth, paperHeight = 210.0, 297.0
	marginX, marginY        = 12.0, 10.0
	inner                   = paperWidth - 2*marginX
	gutter                  = 7.0
	column                  = (inner - gutter) / 2
	tallest                 = 279.0 - marginY // Letter is 279 mm tall
)

// PDF writes the certificate as one page. The same certificate gives the same
// bytes on every box that has the same fonts for letters beyond Latin, Greek and
// Cyrillic.
func (c Certificate) PDF(w io.Writer) error {
	data, err := c.data()
	if err != nil {
		return err
	}
	modules, err := code(c.Head)
	if err != nil {
		return err
	}
	s := c.sheet()
	scale, tall := s.fit(modules)
	height := paperHeight
	if tall > tallest {
		height = max(height, tall+marginY)
	}
	p := newPaper(scale, height, false)
	p.pdf.SetTitle(s.Title, true)
	p.pdf.SetProducer("Linesman", true)
	p.pdf.SetCatalogSort(true)
	p.pdf.SetCreationDate(c.Made)
	p.pdf.SetModificationDate(c.Made)
	p.pdf.SetXmpMetadata([]byte(`<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">` +
		`<rdf:Description rdf:about="" xmlns:linesman="urn:linesman:certificate">` + dataIn[0].begin + string(data) + dataIn[0].end +
		`</rdf:Description></rdf:RDF></x:xmpmeta><?xpacket end="r"?>`))
	p.sheet(s, modules)
	if err := p.pdf.Output(w); err != nil {
		return fmt.Errorf("certificate: PDF: %w", err)
	}
	return nil
}

// fit returns how large letters may be for all to be on one page, and how far
// down it then goes. What does not fit even so goes on longer paper: nothing is
// left away.
func (s sheet) fit(modules [][]bool) (scale, tall float64) {
	p := newPaper(1, paperHeight, true)
	for scale = 1; ; scale -= 0.04 {
		p.scale = scale
		if p.sheet(s, modules); p.y <= tallest || scale < 0.75 {
			return scale, p.y
		}
	}
}

// sheet draws the page from the top.
func (p *paper) sheet(s sheet, modules [][]bool) {
	p.y = marginY
	p.paragraph(marginX, inner, s.Title, style{size: 15, bold: true})
	p.y += 1
	p.rule(marginX, inner, 0.5, 0)
	p.about(s.About)
	p.look(s.Look)
	top := p.y
	bottom := top
	for i, tables := range [][]table{s.Left, s.Right} {
		p.y = top
		for _, t := range tables {
			p.table(marginX+float64(i)*(column+gutter), column, t)
		}
		bottom = max(bottom, p.y)
	}
	p.y = bottom
	p.table(marginX, inner, s.Signed)
	p.proof(s, modules)
	top = p.y
	p.heading(marginX, column, "How to check this")
	for i, text := range s.Check {
		if i == 1 {
			p.box(marginX, column, text)
			continue
		}
		p.paragraph(marginX, column, text, style{size: 8})
	}
	bottom = p.y
	p.y = top
	p.heading(marginX+column+gutter, column, "What this does not prove")
	for _, text := range s.Not {
		p.bullet(marginX+column+gutter, column, text)
	}
	p.y = max(bottom, p.y) + 7*p.scale
	p.hand(s.Hand)
	foot := s.Foot
	if missing := p.ink.unknown(); missing != "" {
		foot += " This box has no font for: " + missing + "; the data have them."
	}
	p.rule(marginX, inner, 0.2, 0x88)
	p.paragraph(marginX, inner, foot, style{size: 7, grey: 0x55})
}

// about draws the facts in a row, with as many rows as they need.
func (p *paper) about(facts [][2]string) {
	p.y += 1.2 * p.scale
	x := marginX
	name, value := style{size: 8.5, grey: 0x55}, style{size: 8.5, bold: true}
	for _, f := range facts {
		wide := p.width(f[0], name) + 1.5 + p.width(f[1], value)
		if x > marginX && x+wide > marginX+inner {
			x, p.y = marginX, p.y+p.line(name)
		}
		p.text(x, f[0], name)
		if x += p.width(f[0], name) + 1.5; wide > inner { // one that is longer than the page
			p.paragraph(x, marginX+inner-x, f[1], value)
			x = marginX
			continue
		}
		p.text(x, f[1], value)
		x += p.width(f[1], value) + 6
	}
	p.y += p.line(name) + 1
	p.rule(marginX, inner, 0.2, 0x88)
	p.y += 2 * p.scale
}

// look frames what somebody should look at.
func (p *paper) look(what []string) {
	top := p.y
	p.y += 1.2 * p.scale
	width := 0.2
	if len(what) == 0 {
		p.paragraph(marginX+2, inner-4, "Nothing in these figures asks for attention.", style{size: 8.5})
	} else {
		width = 0.5
		p.paragraph(marginX+2, inner-4, "To be looked at", style{size: 8.5, bold: true})
		for _, text := range what {
			p.bullet(marginX+2, inner-4, text)
		}
	}
	p.y += 1 * p.scale
	p.frame(marginX, top, inner, p.y-top, width)
	p.y += 3 * p.scale
}

// table draws one block, figures to the right, and what is below it.
func (p *paper) table(x, w float64, t table) {
	p.heading(x, w, t.Title)
	cell, head, sha := style{size: 8}, style{size: 8, grey: 0x55}, style{size: 5.6, mono: true}
	if len(t.Rows) > 0 {
		wide := p.columns(w, t, cell, head)
		p.row(x, wide, t, t.Columns, head, sha)
		for _, r := range t.Rows {
			p.row(x, wide, t, r, cell, sha)
			p.rule(x, w, 0.1, 0xcc)
		}
	}
	for _, n := range t.Notes {
		p.y += 0.5 * p.scale
		p.paragraph(x, w, n, style{size: 7.4, grey: 0x44})
	}
	p.y += 2.8 * p.scale
}

// columns shares the width out: each but the first as wide as it needs.
func (p *paper) columns(w float64, t table, cell, head style) []float64 {
	wide := make([]float64, len(t.Columns))
	for i, name := range t.Columns {
		wide[i] = p.width(name, head)
		for _, r := range t.Rows {
			if i < len(r) && len(r[i]) < 64 {
				wide[i] = max(wide[i], p.width(r[i], cell))
			}
		}
		wide[i] += 2.5
	}
	free := w
	for _, x := range wide[1:] {
		free -= x
	}
	if t.Text { // the last takes the rest
		free += wide[len(wide)-1] - wide[0]
		wide[len(wide)-1] = max(free, w/4)
		return wide
	}
	wide[0] = max(free, w/4)
	return wide
}

// row draws one row of a table as tall as its tallest cell.
func (p *paper) row(x float64, wide []float64, t table, cells []string, st, sha style) {
	top := p.y + 0.3*p.scale
	bottom := top
	for i, text := range cells {
		p.y = top
		switch lines := strings.SplitN(text, "\n", 2); {
		case i > 0 && t.Text && len(text) == 64:
			p.paragraph(x, wide[i], text, sha)
		case i > 0 && !t.Text:
			p.text(x+wide[i]-p.width(text, st), text, st)
			p.y += p.line(st)
		default:
			p.paragraph(x, wide[i]-2, lines[0], st)
			if len(lines) > 1 {
				p.paragraph(x, column, lines[1], sha)
				p.y += 0.5 * p.scale
			}
		}
		bottom = max(bottom, p.y)
		x += wide[i]
	}
	p.y = bottom + 0.3*p.scale
}

// proof draws the head as text and as code side by side.
func (p *paper) proof(s sheet, modules [][]bool) {
	side := 37.0
	top := p.y
	w := inner - side - 5
	p.heading(marginX, w, "Signed head of the log")
	p.box(marginX, w, strings.TrimSuffix(s.Head, "\n"))
	p.paragraph(marginX, w, "Key that checks it", style{size: 7.4, grey: 0x44})
	p.box(marginX, w, s.Verifier)
	if !p.dry {
		unit := side / float64(len(modules)+8)
		p.pdf.SetFillColor(0, 0, 0)
		for y, row := range modules {
			for x := 0; x < len(row); x++ {
				if !row[x] {
					continue
				}
				run := slices.Index(row[x:], false)
				if run < 0 {
					run = len(row) - x
				}
				p.pdf.Rect(marginX+inner-side+float64(x+4)*unit, top+float64(y+4)*unit, float64(run)*unit, unit, "F")
				x += run
			}
		}
	}
	p.y = max(p.y, top+side) + 2*p.scale
}

// hand draws the line for signatures on paper.
func (p *paper) hand(what string) {
	st := style{size: 8, grey: 0x55}
	x, third := marginX, inner/3
	for _, text := range []string{what, "signature", "date"} {
		p.text(x, text, st)
		from := x + p.width(text, st) + 2
		p.lineAt(from, p.y+p.line(st), x+third-3-from)
		x += third
	}
	p.y += p.line(st) + 3*p.scale
}
