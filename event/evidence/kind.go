package evidence

import (
	"bytes"
	"io"
	"net/http"
)

// extensions are the kinds of files there are.
var extensions = []string{".png", ".jpg", ".mp4", ".bin"}

// extension reads a file's kind off its first bytes.
func extension(data []byte) string {
	switch http.DetectContentType(data) {
	case "image/png":
		return ".png"
	case "image/jpeg":
		return ".jpg"
	case "video/mp4":
		return ".mp4"
	}
	return ".bin"
}

// newReader reads bytes that are in memory.
func newReader(data []byte) io.ReadSeekCloser { return reader{bytes.NewReader(data)} }

type reader struct{ *bytes.Reader }

// Close has nothing to give back.
func (reader) Close() error { return nil }
