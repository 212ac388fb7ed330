package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/boombuler/barcode/qr"

	"linesman/event"
	"linesman/event/export"
	"linesman/event/sqlite"
)

// EventsHeadCmd shows how far the log has come, signed.
type EventsHeadCmd struct {
	PlaceFlag
	QR bool `help:"As a QR code too, for the terminal."`
}

// Help shows how.
func (c *EventsHeadCmd) Help() string {
	return `A head is a few lines, signed: how many events each of a day's files has, and one
number over all of them. Keep it where the plant's people can not change it, on
paper or in another company's mail: events verify --head tells with it years
later whether anything before it was altered, removed or cut off.

It is the newest that stands in the log's files: a running appliance signs one
with each group of events it stores.

  linesman events head -c site.yaml > head-2026-03-01.txt
  linesman events head -c site.yaml --qr
  linesman events verify --dir /mnt/copy/log --head head-2026-03-01.txt`
}

// Run shows it.
func (c *EventsHeadCmd) Run(ctx context.Context) error {
	dir, _, err := c.place()
	if err != nil {
		return err
	}
	p, h, err := newestHead(ctx, dir)
	if err != nil {
		return err
	}
	if _, err := io.WriteString(os.Stdout, p.text()); err != nil {
		return err
	}
	if c.QR {
		if err := printQR(os.Stdout, p.text()); err != nil {
			return err
		}
	}
	if newest, err := newestSeq(ctx, dir); err == nil && newest > h.Seq {
		_, err := fmt.Fprintf(os.Stderr, "the log has gone on to %d since\n", newest)
		return err
	}
	return nil
}

// newestSeq returns the seq of the newest event in a log's folder.
func newestSeq(ctx context.Context, dir string) (uint64, error) {
	log, err := openLogFiles(dir)
	if err != nil {
		return 0, err
	}
	_, newest, err := export.Ends(ctx, log)
	return newest, errors.Join(err, log.Close())
}

// paper is a head as somebody keeps it, with the keys that check it.
type paper struct {
	head string // signed note
	keys []string
}

const keyTitle = "key: "

// text writes it as readPaper reads it.
func (p paper) text() string {
	var b strings.Builder
	for _, k := range p.keys {
		b.WriteString(keyTitle + k + "\n")
	}
	return b.String() + p.head
}

// errNoHead is what a text says that holds no head.
var errNoHead = errors.New("no head stands in it; one begins with \"linesman log of\" and ends with a line that begins with a dash")

// readPaper finds the head in a text, and the keys in lines of their own. Line
// ends and blanks at the end of a line may have suffered on the way.
func readPaper(text string) (p paper, err error) {
	var lines []string
	signed := 0 // lines up to the last signature
	for l := range strings.Lines(text) {
		l = strings.TrimRight(l, " \t\r\n")
		if key, ok := strings.CutPrefix(l, keyTitle); ok {
			p.keys = append(p.keys, key)
			continue
		}
		if len(lines) == 0 && !strings.HasPrefix(l, "linesman log of ") {
			continue
		}
		if signed > 0 && !strings.HasPrefix(l, "— ") {
			break
		}
		lines = append(lines, l)
		if strings.HasPrefix(l, "— ") {
			signed = len(lines)
		}
	}
	if signed == 0 {
		return p, errNoHead
	}
	p.head = strings.Join(lines[:signed], "\n") + "\n"
	return p, nil
}

// maxPaper bounds what is read of a head, in bytes.
const maxPaper = 1 << 20

// readPaperFrom reads a head from a file; "-" is the standard input.
func readPaperFrom(path string) (paper, error) {
	in := io.ReadCloser(os.Stdin)
	if path != "-" {
		f, err := os.Open(path)
		if err != nil {
			return paper{}, err
		}
		in = f
	}
	defer in.Close()
	text, err := io.ReadAll(io.LimitReader(in, maxPaper))
	if err != nil {
		return paper{}, fmt.Errorf("head %s: %w", path, err)
	}
	p, err := readPaper(string(text))
	if err != nil {
		return paper{}, fmt.Errorf("head %s: %w", path, err)
	}
	return p, nil
}

// newestHead returns the newest head in a log's folder that its keys signed,
// with the key that did.
func newestHead(ctx context.Context, dir string) (paper, event.Head, error) {
	log, err := sqlite.OpenReader(dir)
	if err != nil {
		return paper{}, event.Head{}, err
	}
	defer log.Close()
	signed, _, err := log.Head(ctx)
	if err != nil {
		return paper{}, event.Head{}, err
	}
	keys, err := readKeys(dir)
	if err != nil {
		return paper{}, event.Head{}, err
	}
	for _, key := range slices.Backward(keys) {
		if h, err := event.OpenHead(signed, key); err == nil {
			return paper{signed, []string{key}}, h, nil
		}
	}
	return paper{}, event.Head{}, fmt.Errorf("event log %s: the key of its newest head is gone from its verifiers", dir)
}

// readKeys returns the public keys of a log's folder, newest last.
func readKeys(dir string) ([]string, error) { return sqlite.Verifiers(dir) }

// printQR draws a text as a QR code of half blocks, for a dark terminal.
func printQR(w io.Writer, text string) error {
	code, err := qr.Encode(text, qr.L, qr.Unicode)
	if err != nil {
		return fmt.Errorf("the head does not fit into a QR code: %w", err)
	}
	size := code.Bounds().Dx()
	const quiet = 4 // modules of rest around it, as the standard asks
	light := func(x, y int) bool {
		if x < 0 || y < 0 || x >= size || y >= size {
			return true
		}
		r, _, _, _ := code.At(x, y).RGBA()
		return r > 0
	}
	var b strings.Builder
	for y := -quiet; y < size+quiet; y += 2 {
		for x := -quiet; x < size+quiet; x++ {
			switch up, down := light(x, y), light(x, y+1); {
			case up && down:
				b.WriteRune('█')
			case up:
				b.WriteRune('▀')
			case down:
				b.WriteRune('▄')
			default:
				b.WriteByte(' ')
			}
		}
		b.WriteByte('\n')
	}
	_, err = io.WriteString(w, b.String())
	return err
}
