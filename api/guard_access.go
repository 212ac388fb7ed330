package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"linesman/access"
	"linesman/event"
)

// Access proves who asks; access.Store is made for this. It answers within
// microseconds for a token it has seen, and refuses with one of the errors of
// package access.
type Access interface {
	Bearer(ctx context.Context, token string) (access.Identity, error)
}

// nobody is who asks without a token where reading is open to all.
var nobody = access.Identity{Actor: "anonymous", Role: access.Viewer, Read: []event.Type{"*"}}

// scheme names the way to prove oneself in the API's document.
const scheme = "token"

type identityKey struct{}

// identity is who asks. Behind guardAccess a write always has a proven one.
func identity(ctx context.Context) access.Identity {
	if who, ok := ctx.Value(identityKey{}).(access.Identity); ok {
		return who
	}
	return nobody
}

// need refuses who lacks a right, for handlers.
func need(ctx context.Context, right access.Right) error {
	if who := identity(ctx); !who.May(right) {
		return huma.Error403Forbidden(lacks(who, right))
	}
	return nil
}

func lacks(who access.Identity, right access.Right) string {
	return who.Actor + " has not the right \"" + string(right) + "\": an admin gives it by a role (linesman user role) or a token with that scope (linesman token add)"
}

// guardAccess lets nobody write without a valid token, and, where reading
// wants one too, nobody read the API or the metrics. The token is taken from
// the Authorization header alone: a foreign page can make a browser send
// cookies, but not that. Whoever sends a token is held to it, for reads too.
func (s *server) guardAccess(g *gin.Context) {
	r := g.Request
	if byReceipt(r.URL.Path) {
		return // the token in the path proves itself
	}
	write := r.Method != http.MethodGet && r.Method != http.MethodHead && r.Method != http.MethodOptions
	guarded := strings.HasPrefix(r.URL.Path, "/api/") || r.URL.Path == "/metrics"
	header := r.Header.Get("Authorization")
	open := !s.TokenToRead && (header == "" || s.Access == nil)
	if !write && (open || !guarded) {
		return
	}
	if s.Access == nil {
		refuse(g, http.StatusForbidden, "this appliance knows no tokens, so nothing can be written here: give api.Config its Access")
		return
	}
	kind, token, _ := strings.Cut(header, " ")
	if header == "" || !strings.EqualFold(kind, "Bearer") {
		refuse(g, http.StatusUnauthorized, "this needs a token: send it as \"Authorization: Bearer lm_...\"; an admin makes one with linesman token add")
		return
	}
	token = strings.TrimSpace(token)
	who, err := s.Access.Bearer(r.Context(), token)
	switch {
	case errors.Is(err, access.ErrBusy):
		g.Header("Retry-After", "1")
		refuse(g, http.StatusTooManyRequests, err.Error())
		return
	case errors.Is(err, access.ErrForbidden):
		refuse(g, http.StatusForbidden, err.Error())
		return
	case errors.Is(err, access.ErrUnknown), errors.Is(err, access.ErrExpired), errors.Is(err, access.ErrRevoked), errors.Is(err, access.ErrLocked):
		refuse(g, http.StatusUnauthorized, err.Error()+"; an admin makes a token with linesman token add")
		return
	case err != nil:
		s.Logger.Error("no token can be checked", "err", err)
		refuse(g, http.StatusServiceUnavailable, "no token can be checked now: see the appliance's own log, and run linesman doctor")
		return
	}
	if line := g.Param("line"); !who.OnLine(line) {
		refuse(g, http.StatusForbidden, who.Actor+" is not for line "+line+", only for "+strings.Join(who.Lines, ", "))
		return
	}
	if !write && !who.May(access.Read) {
		refuse(g, http.StatusForbidden, lacks(who, access.Read))
		return
	}
	ctx, stop := s.whileValid(context.WithValue(r.Context(), identityKey{}, who), token)
	defer stop()
	g.Request = r.WithContext(ctx)
	g.Next()
}

// proveAgainEvery is how long a stream may outlive its token.
const proveAgainEvery = 5 * time.Second

// whileValid ends ctx soon after the token is revoked or expires, so that a
// stream does not go on for ever. Call stop when the answer is given.
func (s *server) whileValid(parent context.Context, token string) (ctx context.Context, stop func()) {
	ctx, cancel := context.WithCancel(parent)
	var again *time.Timer
	armed := make(chan struct{})
	again = time.AfterFunc(proveAgainEvery, func() {
		<-armed
		_, err := s.Access.Bearer(ctx, token)
		if err != nil && !errors.Is(err, access.ErrBusy) {
			cancel()
			return
		}
		if ctx.Err() == nil {
			again.Reset(proveAgainEvery)
		}
	})
	close(armed)
	return ctx, func() {
		cancel()
		again.Stop()
	}
}

// refuse answers in the API's own form and ends the request.
func refuse(g *gin.Context, status int, why string) {
	if status == http.StatusUnauthorized {
		g.Header("WWW-Authenticate", `Bearer realm="linesman"`)
	}
	g.Header("Content-Type", "application/problem+json")
	g.AbortWithStatusJSON(status, huma.ErrorModel{Status: status, Title: http.StatusText(status), Detail: why})
}

// secure says in the API's document which operations want a token: all that
// write, and all others where reading wants one too.
func (s *server) secure(doc *huma.OpenAPI) {
	if doc.Components.SecuritySchemes == nil {
		doc.Components.SecuritySchemes = map[string]*huma.SecurityScheme{}
	}
	doc.Components.SecuritySchemes[scheme] = &huma.SecurityScheme{Type: "http", Scheme: "bearer",
		Description: "A token made with linesman token add. Every write wants it; reading does where the site says so."}
	for name, path := range doc.Paths {
		if byReceipt(name) {
			continue
		}
		for _, op := range []*huma.Operation{path.Post, path.Put, path.Patch, path.Delete} {
			if op != nil {
				op.Security = []map[string][]string{{scheme: {}}}
			}
		}
	}
}
