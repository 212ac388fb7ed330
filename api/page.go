package api

import (
	"bytes"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

// notBuilt stands in for the page of an appliance built without it.
const notBuilt = `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>Linesman</title><h1>The page is not built</h1>
<p>The line, the log and the API run. This program was built without its page: run <code>make build</code> and start it again.</p>
<p>本程序未包含页面。请运行 <code>make build</code> 后重新启动。</p>
<p><a href="/api/v1/status">/api/v1/status</a> &middot; <a href="/api/v1/openapi.json">/api/v1/openapi.json</a></p></html>
`

// pages serves the built page. Names under assets/ carry a hash of their
// content and may be kept for ever; the rest is asked for every time.
func pages(ui fs.FS) gin.HandlerFunc {
	return func(g *gin.Context) {
		name := strings.TrimPrefix(path.Clean(g.Request.URL.Path), "/")
		switch {
		case strings.HasPrefix(name, "api/"):
			g.Header("Content-Type", "application/problem+json")
			g.String(http.StatusNotFound, `{"title":"Not Found","status":404,"detail":"no such path; see /api/v1/openapi.json"}`)
			return
		case g.Request.Method != http.MethodGet && g.Request.Method != http.MethodHead:
			refuse(g, http.StatusMethodNotAllowed, "nothing can be written at this path; see /api/v1/openapi.json")
			return
		case name == "" || name == ".":
			name = "index.html"
		case name == "phone":
			name = "phone.html"
		}
		body, err := read(ui, name)
		switch {
		case err == nil:
		case name == "index.html", name == "phone.html":
			g.Data(http.StatusOK, "text/html; charset=utf-8", []byte(notBuilt))
			return
		default:
			g.String(http.StatusNotFound, "not found\n")
			return
		}
		if strings.HasPrefix(name, "assets/") {
			g.Header("Cache-Control", "public, max-age=31536000, immutable")
		} else {
			g.Header("Cache-Control", "no-cache")
		}
		if kind := kindOf(name); kind != "" {
			g.Header("Content-Type", kind)
		}
		g.Status(http.StatusOK)
		http.ServeContent(g.Writer, g.Request, name, time.Time{}, bytes.NewReader(body))
	}
}

// kindOf is what a file of the page is. Not every system's list knows manifests.
func kindOf(name string) string {
	if path.Ext(name) == ".webmanifest" {
		return "application/manifest+json"
	}
	return mime.TypeByExtension(path.Ext(name))
}

func read(ui fs.FS, name string) ([]byte, error) {
	if ui == nil || !fs.ValidPath(name) || strings.HasPrefix(path.Base(name), ".") {
		return nil, fs.ErrNotExist
	}
	return fs.ReadFile(ui, name)
}
