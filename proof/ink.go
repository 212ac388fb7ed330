package proof

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"codeberg.org/go-pdf/fpdf"
	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/goregular"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

// boxFonts are where Linux keeps fonts that have the letters the page's own
// lack: Chinese, Japanese, Korean first, then the rest of the world.
var boxFonts = []string{
	"/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc",
	"/usr/share/fonts/noto-cjk/NotoSansCJK-Regular.ttc",
	"/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
	"/usr/share/fonts/truetype/wqy/wqy-zenhei.ttc",
	"/usr/share/fonts/truetype/droid/DroidSansFallbackFull.ttf",
	"/usr/share/fonts/truetype/arphic/uming.ttc",
	"/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf",
	"/usr/share/fonts/truetype/noto/*.ttf",
}

// ink knows the letters that the page's own fonts lack. Those are drawn as
// outlines of a font of the box, so that any kind of font will do and none has
// to be put into the file.
type ink struct {
	buf     sfnt.Buffer
	missing []rune
}

// run is a piece of text whose letters are all of one kind.
type run struct {
	text    string
	foreign bool
}

func newInk() *ink { return &ink{} }

// native is the page's own font, which says what it has.
var native = sync.OnceValue(func() *sfnt.Font {
	f, err := sfnt.Parse(goregular.TTF)
	if err != nil { // it is compiled in
		panic("proof: the page's font: " + err.Error())
	}
	return f
})

// box opens the fonts of this box once. They stay open.
var box = sync.OnceValue(func() []*sfnt.Font {
	var out []*sfnt.Font
	for _, pattern := range boxFonts {
		paths, err := filepath.Glob(pattern)
		if err != nil { // a pattern of our own
			panic("proof: " + err.Error())
		}
		for _, path := range paths {
			if f := openFont(path); f != nil {
				out = append(out, f)
			}
		}
	}
	return out
})

// openFont opens a font, of a collection the one for simplified Chinese. A font
// that can not be read is one this box does not have.
func openFont(path string) *sfnt.Font {
	file, err := os.Open(path)
	if err != nil {
		return nil
	}
	all, err := sfnt.ParseCollectionReaderAt(file)
	if err != nil {
		file.Close()
		return nil
	}
	var first *sfnt.Font
	for i := range all.NumFonts() {
		f, err := all.Font(i)
		if err != nil {
			continue
		}
		if name, err := f.Name(nil, sfnt.NameIDFamily); err == nil && strings.HasSuffix(name, " SC") {
			return f
		}
		if first == nil {
			first = f
		}
	}
	return first
}

// blank are letters that take room and show nothing, by their width in em.
var blank = map[rune]float64{'\u202f': 0.17, '\u2009': 0.2}

// runs cuts a text where the kind of its letters changes.
func (k *ink) runs(text string) []run {
	var out []run
	for _, r := range text {
		if r < ' ' {
			r = ' '
		}
		_, narrow := blank[r]
		foreign := narrow || !k.has(native(), r)
		if n := len(out); n > 0 && out[n-1].foreign == foreign {
			out[n-1].text += string(r)
		} else {
			out = append(out, run{string(r), foreign})
		}
		if foreign && !narrow && k.font(r) == nil && !slices.Contains(k.missing, r) {
			k.missing = append(k.missing, r)
		}
	}
	return out
}

func (k *ink) has(f *sfnt.Font, r rune) bool {
	i, err := f.GlyphIndex(&k.buf, r)
	return err == nil && i != 0
}

// font returns the first font of the box that has a letter; nil if none has.
func (k *ink) font(r rune) *sfnt.Font {
	for _, f := range box() {
		if k.has(f, r) {
			return f
		}
	}
	return nil
}

// unknown lists the letters that could not be shown.
func (k *ink) unknown() string {
	var out []string
	for _, r := range k.missing[:min(len(k.missing), 20)] {
		out = append(out, strings.ToUpper("U+"+hex(r)))
	}
	return strings.Join(out, " ")
}

func hex(r rune) string {
	const digits = "0123456789abcdef"
	var out []byte
	for shift := 20; shift >= 0; shift -= 4 {
		if d := r >> shift & 15; d != 0 || len(out) > 0 || shift < 16 {
			out = append(out, digits[d])
		}
	}
	return string(out)
}

// em is the size letters are read at, in 64ths; they are scaled from there.
const em = 1000

// width is how wide foreign letters of a size are, in the size's unit.
func (k *ink) width(text string, size float64) float64 {
	w := 0.0
	for _, r := range text {
		w += k.advance(r) * size
	}
	return w
}

// advance is a letter's width in em.
func (k *ink) advance(r rune) float64 {
	if w, ok := blank[r]; ok {
		return w
	}
	f := k.font(r)
	if f == nil {
		return 0.6 // an empty box
	}
	i, err := f.GlyphIndex(&k.buf, r)
	if err != nil {
		return 0.6
	}
	w, err := f.GlyphAdvance(&k.buf, i, fixed.I(em), font.HintingNone)
	if err != nil {
		return 0.6
	}
	return float64(w) / 64 / em
}

// draw fills the letters' outlines and returns where the next one begins.
func (k *ink) draw(pdf *fpdf.Fpdf, x, base float64, text string, size float64) float64 {
	for _, r := range text {
		wide := k.advance(r) * size
		if _, narrow := blank[r]; !narrow && !k.outline(pdf, r, x, base, size/em/64) {
			pdf.SetLineWidth(0.1)
			pdf.Rect(x+0.1*size, base-0.7*size, 0.4*size, 0.7*size, "D")
		}
		x += wide
	}
	return x
}

// outline fills one letter; unit is what a 64th of an em's thousandth is.
func (k *ink) outline(pdf *fpdf.Fpdf, r rune, x, base, unit float64) bool {
	f := k.font(r)
	if f == nil {
		return false
	}
	i, err := f.GlyphIndex(&k.buf, r)
	if err != nil {
		return false
	}
	segments, err := f.LoadGlyph(&k.buf, i, fixed.I(em), nil)
	if err != nil {
		return false
	}
	at := func(p fixed.Point26_6) (float64, float64) { return x + float64(p.X)*unit, base + float64(p.Y)*unit }
	var px, py float64
	open := false
	for _, s := range segments {
		ax, ay := at(s.Args[0])
		switch s.Op {
		case sfnt.SegmentOpMoveTo:
			if open {
				pdf.ClosePath()
			}
			pdf.MoveTo(ax, ay)
			px, py, open = ax, ay, true
		case sfnt.SegmentOpLineTo:
			pdf.LineTo(ax, ay)
			px, py = ax, ay
		case sfnt.SegmentOpQuadTo: // as a cubic: a PDF has no others
			bx, by := at(s.Args[1])
			pdf.CurveBezierCubicTo(px+2*(ax-px)/3, py+2*(ay-py)/3, bx+2*(ax-bx)/3, by+2*(ay-by)/3, bx, by)
			px, py = bx, by
		case sfnt.SegmentOpCubeTo:
			bx, by := at(s.Args[1])
			cx, cy := at(s.Args[2])
			pdf.CurveBezierCubicTo(ax, ay, bx, by, cx, cy)
			px, py = cx, cy
		}
	}
	if open {
		pdf.ClosePath()
		pdf.DrawPath("F")
	}
	return true
}
