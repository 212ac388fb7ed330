package proof

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"linesman/event"
)

// maxPage is the largest page that is read, in bytes.
const maxPage = 4 << 20

// maxName is the longest name of a line, batch or shift, in bytes, as in the
// envelope of an event.
const maxName = 1024

// The certificate's data lie between these in a page, once, as JSON in which
// encoding/json has escaped <, > and &: so they can not hide an end of their own.
var dataIn = []struct{ kind, begin, end string }{
	{"%PDF-", "<linesman:certificate>", "</linesman:certificate>"},
	{"<!DOCTYPE html>", `<script type="application/json" id="certificate">`, "</script>"},
}

// ErrNoCertificate is wrapped by the error for a file that is no certificate,
// or one that was broken.
var ErrNoCertificate = errors.New("no certificate")

// ReadCertificate reads the data back out of a page that HTML or PDF wrote, or
// out of the data alone. It checks the head's signature by the verifier the page
// itself names; whether that key is the site's own is for the reader to know.
func ReadCertificate(r io.Reader) (Certificate, error) {
	bad := func(format string, a ...any) (Certificate, error) {
		return Certificate{}, fmt.Errorf("%w: %s", ErrNoCertificate, fmt.Sprintf(format, a...))
	}
	page, err := io.ReadAll(io.LimitReader(r, maxPage+1))
	if err != nil {
		return Certificate{}, err
	}
	if len(page) > maxPage {
		return bad("it has more than %d bytes", maxPage)
	}
	data, err := pageData(page)
	if err != nil {
		return Certificate{}, err
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	var c Certificate
	if err := dec.Decode(&c); err != nil {
		return bad("its data: %v", err)
	}
	if _, err := dec.Token(); err != io.EOF {
		return bad("something follows its data")
	}
	if c.Form != Form {
		return bad("its data are of form %d, this program reads form %d", c.Form, Form)
	}
	head, err := event.OpenHead(c.Head, c.Verifier)
	if err != nil {
		return Certificate{}, fmt.Errorf("%w: %w", ErrNoCertificate, err)
	}
	switch {
	case head.Seq != c.Seq || head.Site != c.Site || !head.Time.Equal(c.Made):
		return bad("it says seq %d of %s at %s, its head seq %d of %s at %s", c.Seq, c.Site, c.Made, head.Seq, head.Site, head.Time)
	case c.Line == "" || !c.From.Before(c.To):
		return bad("it names no line, or no time")
	}
	for _, text := range []string{c.Line, c.Batch, c.Shift, c.Zone, c.Version} {
		if len(text) > maxName {
			return bad("a name in it has %d bytes; at most %d", len(text), maxName)
		}
	}
	return c, nil
}

// pageData returns the JSON in a page.
func pageData(page []byte) ([]byte, error) {
	for _, in := range dataIn {
		if !bytes.HasPrefix(page, []byte(in.kind)) {
			continue
		}
		if n := bytes.Count(page, []byte(in.begin)); n != 1 {
			return nil, fmt.Errorf("%w: its data begin %d times", ErrNoCertificate, n)
		}
		_, rest, _ := bytes.Cut(page, []byte(in.begin))
		data, _, ok := bytes.Cut(rest, []byte(in.end))
		if !ok {
			return nil, fmt.Errorf("%w: its data do not end", ErrNoCertificate)
		}
		return data, nil
	}
	if text := bytes.TrimSpace(page); len(text) > 0 && text[0] == '{' {
		return text, nil
	}
	return nil, fmt.Errorf("%w: it is neither HTML nor PDF that linesman certificate wrote, nor its JSON", ErrNoCertificate)
}

// data returns the certificate's JSON as pages carry it.
func (c Certificate) data() ([]byte, error) { return json.Marshal(c) }

// JSON writes the certificate's data alone.
func (c Certificate) JSON(w io.Writer) error {
	out := json.NewEncoder(w)
	out.SetIndent("", "  ")
	return out.Encode(c)
}

// Matches reports whether a page says what its data say: whether writing it
// again gives the same bytes. A page of another version of the program, or a PDF
// with letters of a font this box lacks, does not match though nothing is wrong.
func (c Certificate) Matches(page []byte) (bool, error) {
	var again bytes.Buffer
	write := c.JSON
	switch {
	case bytes.HasPrefix(page, []byte(dataIn[0].kind)):
		write = c.PDF
	case bytes.HasPrefix(page, []byte(dataIn[1].kind)):
		write = c.HTML
	}
	if err := write(&again); err != nil {
		return false, err
	}
	return bytes.Equal(again.Bytes(), page), nil
}
