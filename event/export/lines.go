package export

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"linesman/event"
)

// Lines writes events as JSON Lines: each line is the event's canonical form,
// byte for byte what the log's Merkle tree is made of.
type Lines struct {
	w   *bufio.Writer
	buf []byte
}

// NewLines writes to w.
func NewLines(w io.Writer) *Lines { return &Lines{w: bufio.NewWriterSize(w, 1<<16)} }

// Write adds one line.
func (l *Lines) Write(e event.Event) error {
	l.buf = append(event.AppendLine(l.buf[:0], e), '\n')
	_, err := l.w.Write(l.buf)
	return err
}

// Close writes what is held back.
func (l *Lines) Close() error { return l.w.Flush() }

// MaxLine bounds one line that is read: the largest event there can be, with
// every character of its envelope escaped.
const MaxLine = event.MaxData + 64<<10

// LineError is what is wrong with one line of a file that is read.
type LineError struct {
	Line int // from 1
	Err  error
}

// Error names the line.
func (e *LineError) Error() string { return fmt.Sprintf("line %d: %v", e.Line, e.Err) }

// Unwrap returns what is wrong.
func (e *LineError) Unwrap() error { return e.Err }

// ErrLine is wrapped by the LineError of a line too long to be an event.
var ErrLine = errors.New("line is longer than any event")

// Reader reads JSON Lines. A line that is no event is a LineError, after which
// the next one can be read.
type Reader struct {
	r    *bufio.Reader
	line int
}

// NewReader reads from r.
func NewReader(r io.Reader) *Reader { return &Reader{r: bufio.NewReaderSize(r, MaxLine+2)} }

// Line is the number of the line read last, from 1.
func (r *Reader) Line() int { return r.line }

// Next returns the next event; empty lines are passed over. The error is io.EOF
// at the end, a LineError for a bad line, or the reader's own.
func (r *Reader) Next() (event.Event, error) {
	for {
		text, err := r.r.ReadSlice('\n')
		if len(text) == 0 && err != nil {
			return event.Event{}, err
		}
		r.line++
		if errors.Is(err, bufio.ErrBufferFull) {
			return event.Event{}, r.passOver()
		}
		if err != nil && err != io.EOF {
			return event.Event{}, err
		}
		text = bytes.TrimSpace(text)
		if r.line == 1 {
			text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
		}
		if len(text) == 0 {
			continue
		}
		if !json.Valid(text) { // json.Unmarshal would say so too, but of a truncated line only "unexpected end"
			return event.Event{}, &LineError{r.line, fmt.Errorf("%w: no JSON: %.60q", event.ErrInvalid, text)}
		}
		var e event.Event
		if err := json.Unmarshal(text, &e); err != nil {
			return event.Event{}, &LineError{r.line, err}
		}
		return e, nil
	}
}

// passOver reads up to the end of a line that is too long.
func (r *Reader) passOver() error {
	for {
		_, err := r.r.ReadSlice('\n')
		if errors.Is(err, bufio.ErrBufferFull) {
			continue
		}
		if err != nil && err != io.EOF {
			return err
		}
		return &LineError{r.line, fmt.Errorf("%w: more than %d bytes", ErrLine, MaxLine)}
	}
}
