package api

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
)

// reportPolicy is that of a page that carries its style and its pictures.
const reportPolicy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox; frame-ancestors 'none'"

// htmlKind is the content type of a report as a page.
const htmlKind = "text/html; charset=utf-8"

// report answers with a report as it is. Nothing of a page runs in the browser.
func (s *server) report(kind string, body []byte) *huma.StreamResponse {
	return &huma.StreamResponse{Body: func(h huma.Context) {
		g := humagin.Unwrap(h)
		g.Header("Content-Type", kind)
		g.Header("Content-Security-Policy", reportPolicy)
		g.Status(http.StatusOK)
		if _, err := g.Writer.Write(body); err != nil {
			s.Logger.Debug("report not sent to its end", "err", err)
		}
	}}
}
