package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"linesman/camera"
	"linesman/camera/codec"
	"linesman/event"
	"linesman/rules"
	"linesman/watch"
)

// play judges one stretch of pictures, and holds it against the log.
func (s *scanning) play(ctx context.Context, g *strip) error {
	told := recordedAs{Camera: g.camera, From: g.from.UTC(), To: g.to.UTC(), Files: len(g.files)}
	alarms, _, err := s.alarms(ctx, g.from, g.to.Add(time.Second))
	if err != nil {
		return err
	}
	engine, err := s.site.SafetyRules()
	if err != nil {
		return err
	}
	heard, err := s.heard(ctx, factsOf(engine), g.from, g.to)
	if err != nil {
		return err
	}
	set := s.settings(g.camera)
	eyes, err := s.w.eyes(s.site, set.Detector)
	if err != nil {
		return err
	}
	c := watch.RescanConfig{Camera: g.camera, Settings: set, Eyes: eyes, Faces: s.w.faces.find, Rules: engine, Heard: heard, Log: s.logger()}
	for i := range alarms {
		if alarms[i].Camera == g.camera {
			c.Moments = append(c.Moments, alarms[i].Raised)
		}
	}
	r, err := watch.NewRescan(c)
	if err != nil {
		return err
	}
	defer r.Close()
	v := &viewing{rescan: r, pool: camera.NewPool(1)}
	var bad error
	for i := range g.files {
		err := s.show(ctx, v, &g.files[i])
		if ctx.Err() != nil {
			return ctx.Err()
		}
		bad = errors.Join(bad, err)
	}
	seen := r.End()
	told.Pictures, told.Blind = seen.Pictures, len(seen.Blind)
	if bad != nil {
		told.Why = bad.Error()
	}
	if seen.Pictures > 0 {
		told.From, told.To = seen.From.UTC(), seen.To.UTC()
	}
	s.out.Recordings = append(s.out.Recordings, told)
	if bad != nil { // of what is not whole nothing is said but why
		for i := range alarms {
			if a := &alarms[i]; a.Camera == g.camera && !a.Raised.Before(g.from) && !a.Raised.After(g.to) {
				s.out.Alarms = append(s.out.Alarms, s.unseen(a, "its recording can not be read: "+bad.Error()))
			}
		}
		return nil
	}
	for _, a := range seen.Against(alarms) {
		s.out.Alarms = append(s.out.Alarms, s.answered(&a, g))
	}
	return nil
}

// factsOf says which events the rules speak of.
func factsOf(e *rules.Engine) (out []event.Filter) {
	for _, f := range e.Facts() {
		out = append(out, event.Filter{Types: []event.Type{f.Type}, Subject: f.Subject})
	}
	return out
}

// answered is one alarm as it is told of.
func (s *scanning) answered(a *watch.Answered, g *strip) foundAlarm {
	f := foundAlarm{Answer: string(a.Answer), Why: a.Why, Camera: g.camera, Logged: a.Was, then: s.picture(a.Was), now: a.Shown}
	if a.Was != nil {
		f.Rule, f.Text, f.At = a.Was.Rule, a.Was.Text, a.Was.Raised.UTC()
	}
	if is := a.Is; is != nil {
		f.Rule, f.Text, f.At, f.Until, f.Severity = is.Rule, is.Text, is.Raised.UTC(), is.Ended.UTC(), is.Severity.String()
		f.now, f.marked = is.Picture, true
	}
	return f
}

// viewing shows a rescan the pictures of several files.
type viewing struct {
	rescan *watch.Rescan
	pool   *camera.Pool
	seq    uint64
}

// show plays one file.
func (s *scanning) show(ctx context.Context, v *viewing, f *recordingFile) error {
	path := f.path
	if f.sha != "" {
		data, err := s.evidence.Get(f.sha)
		if err != nil {
			return err
		}
		path = filepath.Join(s.scratch, "clip.mp4")
		if err := os.WriteFile(path, data, 0o600); err != nil {
			return err
		}
		defer os.Remove(path)
	}
	name := f.path
	if name == "" {
		name = "clip " + f.sha
	}
	rec, err := codec.OpenRecording(path)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	defer rec.Close()
	for {
		p, err := rec.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err == nil {
			err = v.see(ctx, p, f)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
}

// see shows one picture, if it is wanted.
func (v *viewing) see(ctx context.Context, p *codec.Picture, of *recordingFile) error {
	at := of.from.Add(p.PTS)
	if !v.rescan.Wants(at) {
		return ctx.Err()
	}
	f := v.pool.Get(p.Width, p.Height, camera.RGB)
	defer f.Release()
	if err := p.RGB(f.Pix); err != nil {
		return err
	}
	v.seq++
	f.Camera, f.Seq, f.At, f.Damaged = of.camera, v.seq, at, p.Damaged
	return v.rescan.See(ctx, f)
}
