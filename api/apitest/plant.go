// Package apitest is a plant on a shelf: a site with one line of drawn tablets,
// canned verdicts and a log in memory, in whatever state a page has to show.
// Tests of the api and of the page run against it; no camera, model or
// controller is needed.
package apitest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"slices"
	"sync"
	"time"

	"linesman/api"
	"linesman/camera"
	"linesman/event"
	"linesman/line"
	"linesman/part"
	"linesman/rules"
)

// Scene is the state a plant is in.
type Scene string

// The scenes.
const (
	Running  Scene = "running"  // all is well; one part in sixty is rejected
	Held     Scene = "held"     // the line is held, nothing comes
	Camera   Scene = "camera"   // the line's camera is down: blind
	PLC      Scene = "plc"      // the controller does not answer
	Ledger   Scene = "ledger"   // the two columns of the ledger differ
	Frozen   Scene = "frozen"   // the camera beside the line shows a still picture
	Stale    Scene = "stale"    // the line has ceased to say anything
	Stopped  Scene = "stopped"  // the belt stands
	Untaught Scene = "untaught" // just started: no part yet
	Drifted  Scene = "drifted"  // the lamps have grown dark, and a limit sample would escape by an older model
	Watched  Scene = "safety"   // two safety cameras, one of them down, and alarms in every state
	Flood    Scene = "flood"    // the same with two hundred alarms more
)

// Scenes are all of them.
var Scenes = []Scene{Running, Held, Camera, PLC, Ledger, Frozen, Stale, Stopped, Untaught, Drifted, Watched, Flood}

const (
	lineID = part.LineID("tablets-1")
	top    = part.CameraID("top")
	gate   = part.CameraID("gate-view")
	model  = "tab-9@4"
)

var (
	modelHash  = hash([]byte("model"))
	recipeHash = hash([]byte("recipe"))
)

// Plant is the canned site. Run moves it.
type Plant struct {
	Log Log

	scene  Scene
	safety *Safety // of the scenes Watched and Flood
	pool   *camera.Pool
	start  time.Time

	mu       sync.Mutex
	rng      *rand.Rand
	n        uint64 // frames
	counts   line.Counts
	lastAt   time.Time
	evidence map[string][]byte
	compared map[string]*api.Nearest // by the hash of the part's picture
	latest   *camera.Frame
	watchers map[chan line.Shot]bool
}

// New returns a plant with a past: some thousand parts have gone by.
func New(scene Scene, seed uint64) *Plant {
	p := &Plant{
		scene: scene, pool: camera.NewPool(8), start: time.Now(), rng: rand.New(rand.NewPCG(seed, 9)),
		evidence: map[string][]byte{}, compared: map[string]*api.Nearest{}, watchers: map[chan line.Shot]bool{},
	}
	if scene == Watched || scene == Flood {
		p.safety = newSafety(p)
	}
	if scene == Untaught {
		return p
	}
	p.remember()
	p.counts = line.Counts{Pass: 48_211, Fail: 498, Inconclusive: 37, Late: 2}
	for i := range 7 {
		p.Step(time.Now().Add(-time.Duration(7-i) * 504 * time.Millisecond))
	}
	return p
}

// Config returns what api.New is to be given, but for UI and Addr.
func (p *Plant) Config() api.Config {
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil { // a system without zone data
		zone = time.FixedZone("Asia/Shanghai", 8*3600)
	}
	c := api.Config{
		Site: "demo", Version: "0.1.0", Zone: zone,
		Lines:   func() []line.Status { return []line.Status{p.status()} },
		Shots:   p.shots,
		Cameras: p.beside,
		Latest:  p.newest,
		Eyes:    func(part.LineID) []line.Eye { return p.eyes() },
		Log:     &p.Log,
		Evidence: func(_ context.Context, sha string) (io.ReadSeekCloser, error) {
			p.mu.Lock()
			defer p.mu.Unlock()
			data, ok := p.evidence[sha]
			if !ok {
				return nil, fmt.Errorf("evidence %s: %w", sha, fs.ErrNotExist)
			}
			return struct {
				io.ReadSeeker
				io.Closer
			}{bytes.NewReader(data), io.NopCloser(nil)}, nil
		},
	}
	c.Nearest = func(_ context.Context, j event.PartJudged) (*api.Nearest, error) {
		p.mu.Lock()
		defer p.mu.Unlock()
		if n := p.compared[j.Evidence]; n != nil {
			return n, nil
		}
		return nil, fmt.Errorf("%w: it was judged without a taught model", api.ErrNotCompared)
	}
	if p.safety != nil {
		p.safety.config(&c)
	}
	return c
}

// Run moves the plant until ctx ends: a frame of some sixty tablets every
// 504 ms, as at 400,000 an hour.
func (p *Plant) Run(ctx context.Context) {
	if p.safety != nil {
		ended := make(chan struct{})
		go func() { defer close(ended); p.safety.run(ctx) }()
		defer func() { <-ended }()
	}
	frames, beside := time.NewTicker(504*time.Millisecond), time.NewTicker(200*time.Millisecond)
	defer frames.Stop()
	defer beside.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case now := <-frames.C:
			if p.moves() {
				p.Step(now)
			}
		case <-beside.C:
			p.look()
		}
	}
}

// moves reports whether parts come. A scene in which they have ceased to come
// begins with three seconds in which they still did, so that a page has a
// picture to call old.
func (p *Plant) moves() bool {
	switch p.scene {
	case Running, Ledger, Frozen, Drifted, Watched, Flood:
		return true
	case Untaught:
		return false
	}
	return time.Since(p.start) < 3*time.Second
}

// Step judges one more frame, exposed at the time given.
func (p *Plant) Step(at time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.n++
	p.lastAt = at
	kinds := []string{"chip", "spot", "crack", "stain", "colour"}
	tablets := lay(p.rng, func() string {
		if p.rng.Float64() < 0.025 {
			return kinds[p.rng.IntN(len(kinds))]
		}
		return ""
	})
	f := paint(p.pool, p.rng, tablets)
	defer f.Release()
	f.Camera, f.Seq, f.Trigger, f.At = top, p.n, p.n, at
	shot := line.Shot{Line: lineID, Frame: f}
	for i, t := range tablets {
		m := p.judge(t, p.n == 4 && i == 20)
		shot.Parts = append(shot.Parts, m)
		p.record(f, t, m, i, tablets)
	}
	for w := range p.watchers {
		shot.Frame.Retain()
		select {
		case w <- shot:
			continue
		default:
		}
		select { // newest wins
		case old := <-w:
			old.Frame.Release()
		default:
		}
		w <- shot
	}
}

// judge gives the canned answer to a drawn tablet.
func (p *Plant) judge(t tablet, doubt bool) line.Mark {
	m := line.Mark{ID: part.NewID(), Box: t.box(), Lane: t.lane, Outcome: part.Pass, Score: 0.3 + 0.35*p.rng.Float64()}
	switch {
	case doubt:
		m.Outcome, m.Score = part.Inconclusive, 0
		m.Reasons = []rules.Reason{{Rule: "late", Camera: top, Measured: 271, Limit: 250, Unit: "ms", Text: "answered 21 ms after its deadline"}}
	case t.kind != "":
		m.Outcome, m.Score = part.Fail, 1.2+2.2*p.rng.Float64()
		m.Reasons = reasons(t.kind, m.Score)
		m.Heat, m.HeatWidth, m.HeatHeight = heat(t, m.Score, 24), 24, 24
	}
	return m
}

func reasons(kind string, score float64) []rules.Reason {
	r := map[string]rules.Reason{
		"chip":   {Rule: "outline", Class: "chip", Limit: 0.35, Unit: "mm", Text: "outline leaves the good parts' range"},
		"spot":   {Rule: "texture", Class: "spot", Limit: 1, Text: "unlike the good parts at one place"},
		"crack":  {Rule: "contrast", Class: "crack", Limit: 0.08, Unit: "mm", Text: "a dark line across the face"},
		"stain":  {Rule: "texture", Class: "stain", Limit: 1, Text: "unlike the good parts at one place"},
		"colour": {Rule: "colour", Class: "colour", Limit: 3.2, Unit: "dE", Text: "colour differs from the good parts'"},
	}[kind]
	r.Camera, r.Measured = top, r.Limit*score
	out := []rules.Reason{r}
	if kind == "chip" {
		out = append(out, rules.Reason{Rule: "size", Class: "size", Camera: top, Measured: 59.1, Limit: 60.4, Unit: "mm²", Text: "area is below the good parts' range"})
	}
	return out
}

// record writes the part's events and keeps its picture. Call with mu held.
func (p *Plant) record(f *camera.Frame, t tablet, m line.Mark, i int, tablets []tablet) {
	tick := int64(p.n)*840 + int64(t.x)
	judged := event.PartJudged{
		Line: string(lineID), Outcome: m.Outcome.String(), Score: m.Score, Model: model, ModelHash: modelHash,
		Recipe: "tab-9@12", RecipeHash: recipeHash, Lane: t.lane, Trigger: f.Trigger,
		Tick: event.Tick{Epoch: 1, Count: tick}, Due: event.Tick{Epoch: 1, Count: tick + 7300}, Late: m.Outcome == part.Inconclusive,
		Timing: event.Timing{
			Exposure: f.At, Located: f.At.Add(9 * time.Millisecond), Judged: f.At.Add(time.Duration(38+i/8) * time.Millisecond),
			Acked: f.At.Add(time.Duration(46+i/8) * time.Millisecond), Deadline: f.At.Add(250 * time.Millisecond),
		},
	}
	for _, r := range m.Reasons {
		judged.Reasons = append(judged.Reasons, event.Reason{Rule: r.Rule, Class: r.Class, Camera: string(r.Camera), Measured: r.Measured, Limit: r.Limit, Unit: r.Unit, Text: r.Text})
	}
	switch m.Outcome {
	case part.Pass:
		p.counts.Pass++
	case part.Fail:
		p.counts.Fail++
	case part.Inconclusive:
		p.counts.Inconclusive++
		judged.Timing.Acked = f.At.Add(271 * time.Millisecond)
	}
	if m.Outcome != part.Pass {
		judged.Evidence = p.keep(crop(f, t))
	}
	if m.Outcome == part.Fail {
		judged.Heatmap = p.keep(heatPNG(t, m.Score))
		judged.Views = []event.View{{Name: "top", Camera: string(top), Evidence: judged.Evidence, Heatmap: judged.Heatmap}}
		p.compared[judged.Evidence] = nearest(f, t, tablets)
	}
	events := []event.Event{event.New("/demo/line/"+string(lineID), string(m.ID), judged.Timing.Judged, judged)}
	if m.Outcome != part.Pass {
		events = append(events,
			event.New("/demo/line/"+string(lineID), string(m.ID), f.At.Add(4380*time.Millisecond), event.PartGated{Line: string(lineID), Outcome: judged.Outcome, Lane: t.lane, Due: judged.Due, Result: "kept"}),
			event.New("/demo/line/"+string(lineID), string(m.ID), f.At.Add(4610*time.Millisecond), event.PartConfirmed{Line: string(lineID), Outcome: judged.Outcome, Lane: t.lane, Went: "ejected", Tick: event.Tick{Epoch: 1, Count: tick + 7684}}))
	}
	for i := range events {
		events[i].Part, events[i].Batch = string(m.ID), "B-1107"
	}
	_, _ = p.Log.Append(context.Background(), events) // a log in memory takes all
}

func (p *Plant) keep(data []byte) string {
	sha := hash(data)
	p.evidence[sha] = data
	return sha
}

func hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// shots is api.Config.Shots.
func (p *Plant) shots(id part.LineID) (<-chan line.Shot, func(), error) {
	if id != lineID {
		return nil, nil, fmt.Errorf("line %q: there is only %q", id, lineID)
	}
	w := make(chan line.Shot, 1)
	p.mu.Lock()
	p.watchers[w] = true
	p.mu.Unlock()
	return w, func() {
		p.mu.Lock()
		defer p.mu.Unlock()
		delete(p.watchers, w)
		select {
		case left := <-w:
			left.Frame.Release()
		default:
		}
	}, nil
}

// look takes the next picture of the camera beside the line.
func (p *Plant) look() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.scene == Frozen && p.latest != nil && p.latest.Seq > 5 {
		return
	}
	n := uint64(1)
	if p.latest != nil {
		n = p.latest.Seq + 1
		p.latest.Release()
	}
	p.latest = overhead(p.pool, gate, n)
	p.latest.At = time.Now()
}

func (p *Plant) newest(id part.CameraID) *camera.Frame {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.latest == nil || id != gate {
		return nil
	}
	return p.latest.Retain()
}

// Part returns the id of one rejected part.
func (p *Plant) Part() string {
	events, _ := p.Log.Read(context.Background(), event.Filter{})
	i := slices.IndexFunc(events, func(e event.Event) bool {
		j, err := event.As[event.PartJudged](e)
		return err == nil && j.Outcome == "fail"
	})
	return events[i].Part
}
