package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"linesman/alarm"
	"linesman/api"
	"linesman/config"
	"linesman/event"
	"linesman/event/disk"
	"linesman/models/secondlook"
	"linesman/proof"
	"linesman/watch"
)

// secondLooks keeps by which candidate of the second look alarms are withheld: for
// commands and for the API, by the same rules.
type secondLooks struct {
	site *config.Site
	// read lends the log.
	read func(func(proof.Log) error) error
	// tell logs events.
	tell func(context.Context, ...event.Event) error
	// second is what looks in this process; nil in a command's.
	second *watch.Second

	mu      sync.Mutex // held while what is active is read and written
	refused string     // why what is active can not judge
}

var _ api.SecondLooks = (*secondLooks)(nil)

// lookState is what is active, as its file has it.
type lookState struct {
	Active *lookTerm `json:"active,omitempty"`
	Before *lookTerm `json:"before,omitempty"` // absent with Stepped: none
	// Stepped says that a step back is left: Before was active, or nothing was.
	Stepped bool      `json:"can_go_back"`
	Shadow  *lookTerm `json:"shadow,omitempty"`
}

// lookTerm is a candidate that somebody put to work.
type lookTerm struct {
	Version string    `json:"version"`
	Hash    string    `json:"sha256"`
	Since   time.Time `json:"since"`
	By      string    `json:"by"`
}

func (t *lookTerm) version() string {
	if t == nil {
		return ""
	}
	return t.Version
}

// looksOf is the second looks of a command, beside a running appliance or without
// one.
func looksOf(site *config.Site) *secondLooks {
	d := deskOf(site)
	return &secondLooks{site: site, read: d.read, tell: func(ctx context.Context, e ...event.Event) error { return tellLog(ctx, site, e...) }}
}

// home is the folder of the candidates.
func (l *secondLooks) home() string { return filepath.Join(l.site.Path(l.site.Data), "secondlook") }

func (l *secondLooks) stateFile() string { return filepath.Join(l.home(), "state.json") }

func (l *secondLooks) state() (st lookState, err error) {
	text, err := os.ReadFile(l.stateFile())
	if errors.Is(err, fs.ErrNotExist) {
		return st, nil
	}
	if err == nil {
		err = json.Unmarshal(text, &st)
	}
	if err != nil {
		return st, fmt.Errorf("%s: %w; bring it back from a backup, or remove it: then everything is raised", l.stateFile(), err)
	}
	return st, nil
}

func (l *secondLooks) write(st lookState) error {
	text, err := json.MarshalIndent(st, "", " ")
	if err != nil {
		return err
	}
	return disk.Write(l.stateFile(), 0o640, append(text, '\n'))
}

// load reads a candidate as it was when it was made.
func (l *secondLooks) load(version, hash string) (*watch.Judge, error) {
	dir := filepath.Join(l.home(), candidatePrefix+version)
	data, err := os.ReadFile(filepath.Join(dir, secondlook.File))
	if err != nil {
		return nil, fmt.Errorf("second look %s: %w; linesman secondlook list names those there are", version, err)
	}
	if hash == "" {
		made, err := l.made(version)
		if err != nil {
			return nil, err
		}
		hash = made.Made.Hash
	}
	m, err := secondlook.Decode(data, hash)
	if err != nil {
		return nil, fmt.Errorf("second look %s: %w", version, err)
	}
	return &watch.Judge{Model: m, Hash: hash}, nil
}

// open puts to work what was when the process before ended. What can not judge
// withholds nothing: alarms go out as if there was none.
func (l *secondLooks) open() {
	st, err := l.state()
	if err == nil && st.Active != nil {
		var j *watch.Judge
		if j, err = l.load(st.Active.Version, st.Active.Hash); err == nil {
			err = l.second.Use(j)
		}
	}
	if err != nil {
		l.refused = err.Error()
	}
	if st.Shadow != nil {
		if j, err := l.load(st.Shadow.Version, st.Shadow.Hash); err == nil {
			_, _, _ = l.second.Shadow(j, time.Now()) // its report goes on from here
		}
	}
}

// Activate has alarms withheld by a candidate.
func (l *secondLooks) Activate(ctx context.Context, version, actor string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	st, err := l.state()
	if err != nil {
		return err
	}
	j, err := l.load(version, "")
	if err != nil {
		return err
	}
	if st.Active.version() == version && l.refused == "" {
		return fmt.Errorf("second look %s is active already", version)
	}
	was := st.Active
	st.Before, st.Stepped = was, true
	st.Active = &lookTerm{version, j.Hash, time.Now().UTC(), actor}
	return l.change(ctx, st, j, event.SecondLookActivated{Version: version, Hash: j.Hash, Was: was.version()}, actor)
}

// Back goes one step back: to what was active before, which may be nothing.
func (l *secondLooks) Back(ctx context.Context, actor string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	st, err := l.state()
	if err != nil {
		return err
	}
	if !st.Stepped {
		return errors.New("there is no step back: nothing was made active, or it was taken back already")
	}
	was := st.Active
	st.Active, st.Before, st.Stepped = st.Before, nil, st.Before != nil
	p := event.SecondLookActivated{Was: was.version(), Back: true}
	var j *watch.Judge
	if st.Active != nil {
		if j, err = l.load(st.Active.Version, st.Active.Hash); err != nil {
			// What was before can not judge any more: none does, which is on the safe side.
			p.Why = "the one before can not judge: " + err.Error()
			st.Active, st.Stepped, j = nil, false, nil
		} else {
			p.Version, p.Hash = st.Active.Version, st.Active.Hash
		}
	}
	return l.change(ctx, st, j, p, actor)
}

// change has another look, or none, withhold alarms. To withhold less it is done
// before it is written, to withhold more after the log has it.
func (l *secondLooks) change(ctx context.Context, st lookState, j *watch.Judge, p event.SecondLookActivated, actor string) error {
	if p.Back && l.second != nil {
		if err := l.second.Use(j); err != nil {
			return err
		}
	}
	if st.Shadow != nil && st.Active != nil && st.Shadow.Version == st.Active.Version {
		if err := l.endShadow(ctx, &st, "it is active", actor); err != nil {
			return err
		}
	}
	e := event.New("/"+l.site.Name, "secondlook", time.Now(), p)
	e.ID, e.Actor = event.NewID(), actor
	if err := l.tell(ctx, e); err != nil && !p.Back {
		return fmt.Errorf("the log refuses, so nothing changes: %w", err)
	}
	if err := l.write(st); err != nil {
		return err
	}
	l.refused = ""
	if !p.Back && l.second != nil {
		return l.second.Use(j)
	}
	return nil
}

// Shadow has a candidate judge beside the alarms, "" ends it.
func (l *secondLooks) Shadow(ctx context.Context, version, actor string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	st, err := l.state()
	if err != nil {
		return err
	}
	if version == "" && st.Shadow == nil {
		return errors.New("nothing judges beside the alarms")
	}
	var j *watch.Judge
	if version != "" {
		if version == st.Active.version() {
			return fmt.Errorf("second look %s is active: it withholds alarms already", version)
		}
		if j, err = l.load(version, ""); err != nil {
			return err
		}
	}
	if err := l.endShadow(ctx, &st, "somebody ended it, or put another there", actor); err != nil {
		return err
	}
	if j == nil {
		return l.write(st)
	}
	now := time.Now().UTC()
	st.Shadow = &lookTerm{version, j.Hash, now, actor}
	if err := l.write(st); err != nil {
		return err
	}
	if l.second != nil {
		if _, _, err := l.second.Shadow(j, now); err != nil {
			return err
		}
	}
	return l.say(ctx, event.SecondLookShadowed{Version: version, Hash: j.Hash, From: now, To: now, Began: true}, actor)
}

// endShadow ends what judges beside the alarms, if anything does.
func (l *secondLooks) endShadow(ctx context.Context, st *lookState, why, actor string) error {
	was := st.Shadow
	st.Shadow = nil
	if was == nil || l.second == nil {
		return nil
	}
	told, ok, err := l.second.Shadow(nil, time.Now())
	if err != nil || !ok {
		return err
	}
	told.Ended = why
	return l.say(ctx, told, actor)
}

func (l *secondLooks) say(ctx context.Context, p event.Payload, actor string) error {
	e := event.New("/"+l.site.Name, "secondlook", time.Now(), p)
	e.ID, e.Actor = event.NewID(), actor
	return l.tell(ctx, e)
}

// lastWithheld is how many alarms that were not raised are told of.
const lastWithheld = 50

// State says by what alarms are withheld, and what waits.
func (l *secondLooks) State(ctx context.Context) (out api.SecondLook, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	out = api.SecondLook{Candidates: []api.SecondLookCandidate{}, Last: []api.SecondLookWithheld{}}
	st, err := l.state()
	if err != nil {
		return out, err
	}
	out.CanGoBack, out.Before, out.Shadow, out.Refused = st.Stepped, st.Before.version(), st.Shadow.version(), l.refused
	if st.Active != nil {
		out.Active, out.Since, out.By = st.Active.Version, &st.Active.Since, st.Active.By
	}
	if l.second != nil {
		j := l.second.Judging(time.Now())
		out.Withheld, out.Looked, out.Would = j.Withheld, j.Beside.Looked, j.Beside.Withheld
	}
	all, err := l.candidates()
	if err != nil {
		return out, err
	}
	for _, c := range all {
		out.Candidates = append(out.Candidates, api.SecondLookCandidate{At: c.At, By: c.By, Made: c.Made})
	}
	return out, l.read(func(log proof.Log) error { return l.past(ctx, log, &out) })
}

// past fills in what the log knows.
func (l *secondLooks) past(ctx context.Context, log proof.Log, out *api.SecondLook) error {
	last, err := log.Read(ctx, event.Filter{Types: []event.Type{event.SecondLookMade{}.EventType(), event.SecondLookFailed{}.EventType()}, Newest: true, Limit: 1})
	if err != nil {
		return err
	}
	for _, e := range last {
		if f, err := event.As[event.SecondLookFailed](e); err == nil {
			out.Failed = f.Cause
		}
	}
	labels, err := alarm.ListLabels(ctx, log)
	if err != nil {
		return err
	}
	said := map[string]string{}
	for _, s := range labels {
		said[s.Alarm] = s.Label
	}
	events, err := log.Read(ctx, event.Filter{Types: []event.Type{event.AlarmWithheld{}.EventType()}, Newest: true, Limit: lastWithheld})
	if err != nil {
		return err
	}
	for _, e := range events {
		w, err := event.As[event.AlarmWithheld](e)
		if err != nil {
			return err
		}
		out.Last = append(out.Last, api.SecondLookWithheld{ID: e.Subject, At: e.Time.UTC(), Label: said[e.Subject], What: w})
	}
	return nil
}

// Report returns a candidate's report.
func (l *secondLooks) Report(version string) (page, report []byte, err error) {
	dir := filepath.Join(l.home(), candidatePrefix+version)
	page, errPage := os.ReadFile(filepath.Join(dir, pageFile))
	report, errReport := os.ReadFile(filepath.Join(dir, reportFile))
	if err := errors.Join(errPage, errReport); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, nil, fmt.Errorf("there is no second look %s: %w", version, fs.ErrNotExist)
		}
		return nil, nil, err
	}
	return page, report, nil
}
