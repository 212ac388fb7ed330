package api

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
)

type evidenceQuery struct {
	SHA256 string `path:"sha256" pattern:"^[0-9a-f]{64}$"`
}

func (s *server) registerEvidence(a huma.API) {
	op := get("/evidence/{sha256}", "evidence", "A kept picture or clip")
	op.Errors = []int{403, 404}
	op.Description = "Pictures of safety cameras have their faces veiled; a clip shows them, and is refused until its alarm is acknowledged."
	op.Responses = map[string]*huma.Response{"200": {
		Description: "The file as it was kept",
		Content:     map[string]*huma.MediaType{"application/octet-stream": {Schema: &huma.Schema{Type: huma.TypeString, Format: "binary"}}},
	}}
	huma.Register(a, op, func(ctx context.Context, q *evidenceQuery) (*huma.StreamResponse, error) {
		file, err := s.Evidence(ctx, q.SHA256)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, huma.Error404NotFound("no evidence " + q.SHA256 + ": it was never kept, or has expired; an evidence.dropped event says when")
		}
		if errors.Is(err, fs.ErrPermission) {
			return nil, huma.Error403Forbidden("evidence " + q.SHA256 + ": " + err.Error())
		}
		if err != nil {
			return nil, s.broken("opening evidence", err)
		}
		return &huma.StreamResponse{Body: func(h huma.Context) { s.sendEvidence(h, q.SHA256, file) }}, nil
	})
}

// sendEvidence copies the file out, or the ranges of it that are asked for: some
// phones play a clip in no other way. Its kind is read off its first bytes, and
// only pictures and clips are ever named as something a browser would open.
func (s *server) sendEvidence(h huma.Context, sha string, file io.ReadSeekCloser) {
	defer file.Close()
	g := humagin.Unwrap(h)
	head := make([]byte, 512)
	n, err := io.ReadFull(file, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		s.Logger.Error("evidence can not be read", "sha256", sha, "err", err)
		g.Status(http.StatusInternalServerError)
		return
	}
	kind := http.DetectContentType(head[:n])
	if !strings.HasPrefix(kind, "image/") && !strings.HasPrefix(kind, "video/") {
		kind = "application/octet-stream"
	}
	g.Header("Content-Type", kind)
	g.Header("Content-Security-Policy", "default-src 'none'; sandbox")
	g.Header("Cache-Control", "private, max-age=31536000, immutable") // the name is the hash of the content
	g.Header("ETag", `"`+sha+`"`)
	http.ServeContent(g.Writer, g.Request, "", time.Time{}, file)
}
