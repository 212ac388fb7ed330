// Package api shows: it serves the page, the numbers behind it, the log and
// the live picture over HTTP, to people and to programs. It writes events and
// nothing else; nothing here can move a gate. Whatever it needs of other rooms is handed in by cmd
// as functions, so that it knows neither drivers nor how a line runs.
//
// Versioned paths live under /api/v1; /api/v1/openapi.json describes them all.
// A slow, hung or hostile viewer costs itself pictures and never the line time:
// every hand-over to a viewer is a mailbox in which the newest wins.
package api

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"

	"linesman/alarm"
	"linesman/camera"
	"linesman/event"
	"linesman/line"
	"linesman/part"
	"linesman/proof"
)

// events is what the pages read of the log; event.Log satisfies it.
type events interface {
	Read(ctx context.Context, f event.Filter) ([]event.Event, error)
	Follow(ctx context.Context, after uint64, fn func(event.Event) error) error
}

// Config is what the api is given. Site, Lines, Shots and Log are required.
// Every function is called from many goroutines and must not block.
type Config struct {
	Site    string         // the site's name, shown in the head of the page
	Version string         // of the appliance
	Zone    *time.Location // screens show times in it; nil is UTC

	// Lines returns the present status of every line, in the site's order.
	Lines func() []line.Status
	// Shots subscribes to the judged frames of one line until stop is called.
	// The channel is bounded and the newest wins: a subscriber that lags loses
	// shots, never the line. Each shot carries one hold of its frame, which the
	// api releases; stop releases those that nobody took. An unknown line is an
	// error. Station.Watch is made for this.
	Shots func(id part.LineID) (shots <-chan line.Shot, stop func(), err error)
	// Cameras returns the state of the cameras to be shown beside the lines:
	// those that no line judges by. Nil: none.
	Cameras func() []camera.State
	// Latest returns the newest frame of a camera with one hold, which the api
	// releases, or nil if there is none. Nil: no pictures beside the lines.
	Latest func(id part.CameraID) *camera.Frame
	// Eyes returns how the cameras' own state stands on a line of Lines; Station.Eyes is
	// made for this. Nil: nothing is watched.
	Eyes func(id part.LineID) []line.Eye
	// AcceptOrigin makes what a view ("": every view) of a line shows now its new
	// origin, and may take the moment the eyes need for a frame; Station.AcceptOrigin is
	// made for this. Nil: nothing can be accepted.
	AcceptOrigin func(id part.LineID, view, reason, actor string) error
	// Log is the event log.
	Log events
	// Appender takes events, Proving shows that they stand, Cursors keeps how far
	// readers have come. Nil: what Log can do of it by itself, as the
	// appliance's log can all.
	Appender appender
	Proving  event.Proving
	Cursors  event.Cursors
	// LogState looks at the log's health, for the metrics. Nil: they leave it out.
	LogState func() LogState
	// Evidence opens one kept picture or clip by its SHA-256, 64 lower-case hex
	// digits; the api closes it. An error that wraps fs.ErrNotExist says that it
	// is gone or never was, one that wraps fs.ErrPermission that it may not be shown
	// now. Nil: nothing is kept.
	Evidence func(ctx context.Context, sha256 string) (io.ReadSeekCloser, error)
	// Nearest says what a rejected part was compared with, by the pictures that its
	// Views name. The error wraps ErrNotCompared where nobody can say. Nil: nobody can.
	Nearest func(ctx context.Context, judged event.PartJudged) (*Nearest, error)
	// PartPage writes a part's story as one page (HTML), with the pictures of its last
	// verdict that kept any; nil where there are no pages.
	PartPage func(ctx context.Context, told proof.Story, judged event.PartJudged) ([]byte, error)
	// Holds keeps the pictures of labelled parts from making room; evidence.Store
	// does. Nil: a label counts, but holds nothing.
	Holds proof.Holds
	// Watches are the safety cameras. Nil: there are none.
	Watches Watches
	// Alarms is the desk that keeps them. Nil: this appliance keeps none.
	Alarms *alarm.Desk
	// Phones are the pages that hold a stream open, the channel with driver page;
	// Push takes subscriptions, the one with driver webpush. Nil: there is none.
	Phones *alarm.Phones
	Push   alarm.Subscriber
	// SecondLooks keeps what people called mistaken from raising alarms. Nil: nothing
	// does.
	SecondLooks SecondLooks
	// Candidates are models taught anew that wait beside what lines judge by. Nil: there
	// are none.
	Candidates Candidates
	// Recipes takes versions of recipes to the lines. Nil: there are none.
	Recipes Recipes
	// Access proves who writes, and where TokenToRead is set also who reads the
	// API and the metrics. Nil: every write is refused.
	Access      Access
	TokenToRead bool
	// Shifts are the site's; nil is proof.UsualShifts.
	Shifts proof.Shifts
	// UI holds the built page, index.html at its root. Nil or empty: the page
	// says how to build it.
	UI fs.FS

	// Addr is the address that is served, "host:port". On a loopback address
	// only requests that name a loopback host or one of Hosts are answered, so
	// that no foreign page can read the line by rebinding its own name.
	Addr  string
	Hosts []string

	LiveFPS   float64      // pictures a second to a viewer, at most; default 5
	LiveWidth int          // pixels across a live picture, at most; default 1000
	Logger    *slog.Logger // default: discards
}

func (c *Config) fill() error {
	switch {
	case c.Lines == nil:
		return errors.New("api: Config.Lines is missing")
	case c.Shots == nil:
		return errors.New("api: Config.Shots is missing")
	case c.Log == nil:
		return errors.New("api: Config.Log is missing")
	case c.LiveFPS < 0 || c.LiveFPS > 30:
		return fmt.Errorf("api: LiveFPS %g: want 0 to 30", c.LiveFPS)
	case c.LiveWidth < 0:
		return fmt.Errorf("api: LiveWidth %d: want 0 or more", c.LiveWidth)
	}
	if log, ok := c.Log.(appender); ok && c.Appender == nil {
		c.Appender = log
	}
	if log, ok := c.Log.(event.Proving); ok && c.Proving == nil {
		c.Proving = log
	}
	if log, ok := c.Log.(event.Cursors); ok && c.Cursors == nil {
		c.Cursors = log
	}
	if c.Zone == nil {
		c.Zone = time.UTC
	}
	if c.LiveFPS == 0 {
		c.LiveFPS = 5
	}
	if c.LiveWidth == 0 {
		c.LiveWidth = 1000
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.Cameras == nil {
		c.Cameras = func() []camera.State { return nil }
	}
	if c.Latest == nil {
		c.Latest = func(part.CameraID) *camera.Frame { return nil }
	}
	if c.Evidence == nil {
		c.Evidence = func(context.Context, string) (io.ReadSeekCloser, error) { return nil, fs.ErrNotExist }
	}
	return nil
}

// server holds what the handlers share. It is read-only after New but for the
// galleries and the labels, which guard themselves.
type server struct {
	Config
	galleries *galleries
	safety    *watchRoom
	forms     forms
	labels    *proof.Labels
	// alarmSamples is the book of what people say of alarms; nil where the log takes
	// nothing.
	alarmSamples *alarm.Labels
}

// New returns the handler of everything under /. It fails only when the
// configuration lacks something.
func New(c Config) (http.Handler, error) {
	if err := c.fill(); err != nil {
		return nil, err
	}
	settle()
	s := &server{Config: c}
	var err error
	if s.forms, err = compileForms(); err != nil {
		return nil, err
	}
	s.labels = &proof.Labels{Log: c.Log, Holds: c.Holds}
	if c.Appender != nil {
		s.labels.Append = c.Appender.Append
		s.alarmSamples = &alarm.Labels{Log: struct {
			events
			appender
		}{c.Log, c.Appender}, Source: "/" + c.Site, Holds: c.Holds}
	}
	s.galleries = &galleries{config: &s.Config, byLine: map[part.LineID]*gallery{}}
	s.safety = newWatchRoom(s)

	router := gin.New()
	router.HandleMethodNotAllowed = true
	router.Use(gin.CustomRecoveryWithWriter(io.Discard, func(g *gin.Context, what any) {
		c.Logger.Error("a request broke", "path", g.Request.URL.Path, "err", what)
		g.AbortWithStatus(http.StatusInternalServerError)
	}), headers, deadline)
	if loopback(c.Addr) {
		router.Use(ownHost(c.Hosts))
	}
	router.Use(s.guardAccess)
	router.GET("/healthz", func(g *gin.Context) { g.String(http.StatusOK, "ok\n") })
	router.GET(linkPath+":token", s.link)
	router.POST(linkPath+":token", s.link)
	page := pages(c.UI)
	router.NoRoute(page)

	a := humagin.New(router, describe(c.Version))
	a.UseMiddleware(keepControl)
	router.GET("/metrics", gin.WrapH(s.metrics()))
	s.register(a)
	s.secure(a.OpenAPI())
	return router, nil
}

// settle sets what the libraries keep in globals, once for however many
// handlers there are.
var settle = sync.OnceFunc(func() {
	gin.SetMode(gin.ReleaseMode)
	huma.DefaultArrayNullable = false // every list is written, if empty as []
})

// describe names the API in its own document. No page of huma's is served:
// they load scripts from elsewhere, and a plant has no elsewhere.
func describe(version string) huma.Config {
	h := huma.DefaultConfig("Linesman", "1")
	h.Info.Description = "What the line does, decided and why, and the log that every module lives on. Nothing here moves a gate. Appliance version " + version + "."
	h.OpenAPIPath, h.DocsPath, h.SchemasPath = "/api/v1/openapi", "", ""
	h.CreateHooks = nil // no $schema in answers
	return h
}

func (s *server) register(a huma.API) {
	huma.Register(a, get("/status", "status", "The site and all its lines"), s.status)
	huma.Register(a, get("/lines", "lines", "All lines"), s.lines)
	huma.Register(a, get("/lines/{line}/rejects", "rejects", "Parts not passed, newest first"), s.rejects)
	huma.Register(a, get("/lines/{line}/passes", "passes", "Parts passed of which a picture was kept, newest first"), s.passes)
	huma.Register(a, get("/parts/{id}", "part", "One part: its verdict and all its events"), s.part)
	huma.Register(a, get("/events", "events", "Events that match"), s.events)
	s.registerFollow(a)
	s.registerAppend(a)
	s.registerCursors(a)
	s.registerSchemas(a)
	s.registerSamples(a)
	s.registerEyes(a)
	s.registerAccuracy(a)
	s.registerRecipes(a)
	s.registerShadow(a)
	s.registerProving(a)
	s.registerLive(a)
	s.registerEvidence(a)
	s.registerNearest(a)
	s.registerPartPage(a)
	s.registerCandidates(a)
	s.registerCertificate(a)
	s.registerWatches(a)
	s.registerAlarms(a)
	s.registerSecondLook(a)
}

// get describes one read.
func get(path, id, summary string) huma.Operation {
	return huma.Operation{Method: http.MethodGet, Path: "/api/v1" + path, OperationID: id, Summary: summary}
}
