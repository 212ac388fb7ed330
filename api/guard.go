package api

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
)

// policy lets the page load from here and from nowhere else, and nobody frame it.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; " +
	"media-src 'self' blob:; font-src 'self'; connect-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// headers go with every answer.
func headers(g *gin.Context) {
	h := g.Writer.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("X-Frame-Options", "DENY")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Opener-Policy", "same-origin")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Permissions-Policy", "camera=(), microphone=(), geolocation=()")
	h.Set("Cache-Control", "no-store") // what may be kept says so itself
}

// answerWithin bounds an answer that is not a stream; streams push the
// deadline out with every message.
const answerWithin = 30 * time.Second

func deadline(g *gin.Context) {
	// An error says that the writer knows no deadlines (a test's recorder).
	_ = http.NewResponseController(g.Writer).SetWriteDeadline(time.Now().Add(answerWithin))
}

// loopback reports whether an address to serve can be reached from this
// machine alone.
func loopback(addr string) bool {
	host, _, err := net.SplitHostPort(addr)
	if err != nil {
		host = addr
	}
	return local(host)
}

func local(host string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	ip, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return host == "localhost" || err == nil && ip.Unmap().IsLoopback()
}

// ownHost refuses requests that name a foreign host: a page of that host which
// has rebound its name to this machine.
func ownHost(extra []string) gin.HandlerFunc {
	return func(g *gin.Context) {
		host := g.Request.Host
		if h, _, err := net.SplitHostPort(host); err == nil {
			host = h
		}
		if local(host) || slices.Contains(extra, strings.ToLower(host)) {
			return
		}
		g.Header("Content-Type", "text/plain; charset=utf-8")
		g.Abort()
		g.String(http.StatusMisdirectedRequest, "This appliance answers on 127.0.0.1 and localhost only. To reach it by another name, start it on an address of the plant network.\n")
	}
}
