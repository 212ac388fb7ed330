package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"linesman/camera/codec"
	"linesman/event"
	"linesman/part"
	"linesman/proof"
	"linesman/watch"
)

// strip is recordings of one camera that go on from one to the next: clips of
// alarms that came close together hold the same pictures.
type strip struct {
	camera   part.CameraID
	from, to time.Time
	files    []recordingFile // by their beginning
}

// recordingFile is one MP4 file, kept as evidence or given by hand.
type recordingFile struct {
	camera   part.CameraID
	from, to time.Time
	sha      string // of a kept one
	path     string // of one given by hand
}

// Bounds on what is read of the log beside the time that was asked for.
const (
	standsFor   = 24 * time.Hour   // an alarm may have been raised so long before the pictures
	clippedLate = 30 * time.Minute // a clip is finished, and told of, after its alarm
)

// stretches finds the recordings that are meant. lost are the alarms whose
// recording is not there.
func (s *scanning) stretches(ctx context.Context) (out []strip, lost []foundAlarm, err error) {
	zone, err := s.site.Location()
	if err != nil {
		return nil, nil, err
	}
	now := time.Now()
	span, err := between(proof.Sample{To: now}, s.cmd.From, s.cmd.To, now, zone)
	if err != nil {
		return nil, nil, err
	}
	if err := s.openLog(); err != nil {
		return nil, nil, err
	}
	var files []recordingFile
	if s.cmd.From != "" {
		s.out.From, s.out.To = span.From.UTC(), span.To.UTC()
		if files, lost, err = s.kept(ctx, span.From, span.To); err != nil {
			return nil, nil, err
		}
	}
	for _, path := range s.cmd.Files {
		f, err := s.given(path, now, zone)
		if err != nil {
			return nil, nil, err
		}
		files = append(files, f)
	}
	return joined(files), lost, nil
}

// openLog opens the log, which need not be there for files given by hand.
func (s *scanning) openLog() error {
	log, err := openLogFiles(logFolder(s.site))
	if errors.Is(err, fs.ErrNotExist) && s.cmd.From == "" {
		return nil
	}
	if err != nil {
		return err
	}
	s.log, s.out.Compared = log, true
	return nil
}

// joinedWithin is how far apart two clips may be and be seen as one.
const joinedWithin = time.Second

// joined makes stretches of recordings that overlap.
func joined(files []recordingFile) (out []strip) {
	slices.SortStableFunc(files, func(a, b recordingFile) int { return cmp.Or(cmp.Compare(a.camera, b.camera), a.from.Compare(b.from)) })
	for _, f := range files {
		if n := len(out) - 1; n >= 0 && out[n].camera == f.camera && !f.from.After(out[n].to.Add(joinedWithin)) {
			out[n].files = append(out[n].files, f)
			if f.to.After(out[n].to) {
				out[n].to = f.to
			}
			continue
		}
		out = append(out, strip{camera: f.camera, from: f.from, to: f.to, files: []recordingFile{f}})
	}
	return out
}

// read reads all events of a time, page by page, in the order of the log.
func (s *scanning) read(ctx context.Context, f event.Filter, each func(event.Event) error) error {
	f.Limit = 1000
	for {
		page, err := s.log.Read(ctx, f)
		if err != nil {
			return err
		}
		for _, e := range page {
			if err := each(e); err != nil {
				return err
			}
			f.After = e.Seq
		}
		if len(page) < f.Limit {
			return nil
		}
	}
}

// alarms are the log's alarms of the cameras that stood at some time from one to
// the other, and the clips kept of each.
func (s *scanning) alarms(ctx context.Context, from, to time.Time) (out []watch.LoggedAlarm, clips map[string][]event.AlarmClip, err error) {
	clips = map[string][]event.AlarmClip{}
	if s.log == nil {
		return nil, clips, nil
	}
	pictures := map[string]string{}
	last := map[string]int{} // by id
	types := []event.Type{event.AlarmRaised{}.EventType(), event.AlarmCleared{}.EventType(), event.AlarmRecorded{}.EventType()}
	err = s.read(ctx, event.Filter{Types: types, From: from.Add(-standsFor), To: to.Add(clippedLate)}, func(e event.Event) error {
		switch e.Type {
		case types[0]:
			p, err := event.As[event.AlarmRaised](e)
			if err != nil {
				return err
			}
			id := part.CameraID(p.Camera)
			rule, ok := watch.RuleOf(p.Key, id)
			if ok && !p.Drill && slices.Contains(s.cameras, id) && e.Time.Before(to) {
				out = append(out, watch.LoggedAlarm{ID: e.Subject, Rule: rule, Camera: id, Text: p.Text, Raised: e.Time})
				last[e.Subject] = len(out) - 1
			}
		case types[1]:
			if i, ok := last[e.Subject]; ok {
				out[i].Cleared = e.Time
			}
		default:
			p, err := event.As[event.AlarmRecorded](e)
			if err != nil {
				return err
			}
			clips[p.Alarm] = append(clips[p.Alarm], p.Clips...)
			if p.Picture != "" {
				pictures[p.Alarm] = p.Picture
			}
		}
		return nil
	})
	for i := range out {
		out[i].Picture = pictures[out[i].ID]
	}
	return slices.DeleteFunc(out, func(a watch.LoggedAlarm) bool { return !a.Cleared.IsZero() && a.Cleared.Before(from) }), clips, err
}

// kept are the clips of the alarms that were raised in a time, and the alarms that
// have none.
func (s *scanning) kept(ctx context.Context, from, to time.Time) (files []recordingFile, lost []foundAlarm, err error) {
	alarms, clips, err := s.alarms(ctx, from, to)
	if err != nil {
		return nil, nil, err
	}
	seen := map[string]bool{}
	for i := range alarms {
		a := &alarms[i]
		if a.Raised.Before(from) {
			continue
		}
		covered := false
		for _, c := range clips[a.ID] {
			covered = covered || !a.Raised.Before(c.From) && !a.Raised.After(c.To)
			if !seen[c.SHA256] {
				seen[c.SHA256] = true
				files = append(files, recordingFile{camera: a.Camera, from: c.From, to: c.To, sha: c.SHA256})
			}
		}
		if !covered {
			lost = append(lost, s.unseen(a, "no clip was kept of it"))
		}
	}
	// Another alarm's clip may show it.
	lost = slices.DeleteFunc(lost, func(l foundAlarm) bool {
		return slices.ContainsFunc(files, func(f recordingFile) bool {
			return f.camera == l.Camera && !l.At.Before(f.from) && !l.At.After(f.to)
		})
	})
	return files, lost, nil
}

// unseen is an alarm of the log of which there are no pictures.
func (s *scanning) unseen(a *watch.LoggedAlarm, why string) foundAlarm {
	return foundAlarm{Answer: string(watch.AnswerNotJudged), Why: why, Camera: a.Camera, Rule: a.Rule, Text: a.Text, At: a.Raised, Logged: a, then: s.picture(a)}
}

// picture is the log's own of an alarm, veiled as it was kept; nil if it is not
// there any more.
func (s *scanning) picture(a *watch.LoggedAlarm) []byte {
	if a == nil || a.Picture == "" {
		return nil
	}
	data, err := s.evidence.Get(a.Picture)
	if err != nil {
		return nil
	}
	return data
}

// given reads of a file of which camera it is, and from when.
func (s *scanning) given(path string, now time.Time, zone *time.Location) (f recordingFile, err error) {
	r, err := codec.OpenRecording(path)
	if err != nil {
		return f, fmt.Errorf("%s: %w", path, err)
	}
	defer r.Close()
	f.path = path
	if f.camera = part.CameraID(r.Tag("title")); !slices.Contains(s.cameras, f.camera) {
		if len(s.cameras) != 1 {
			return f, fmt.Errorf("%s does not say of which of the site's cameras it is: give --camera ID", path)
		}
		f.camera = s.cameras[0]
	}
	switch {
	case s.cmd.At != "":
		if f.from, err = parseWhen(s.cmd.At, now, zone); err != nil {
			return f, fmt.Errorf("--at: %w", err)
		}
	default:
		for _, tag := range []string{"date", "creation_time"} {
			if at, err := time.Parse(time.RFC3339Nano, r.Tag(tag)); err == nil && at.Year() > 1970 {
				f.from = at
				break
			}
		}
		if f.from.IsZero() {
			return f, fmt.Errorf("%s does not say when it was recorded: give --at TIME of its first picture", path)
		}
	}
	f.to = f.from.Add(r.Duration())
	return f, nil
}

// heard are the events that rules may speak of: as they stood when a stretch
// began, and what was said within it.
func (s *scanning) heard(ctx context.Context, facts []event.Filter, from, to time.Time) (out []event.Event, err error) {
	if s.log == nil {
		return nil, nil
	}
	for _, f := range facts {
		before := f
		before.To, before.Newest, before.Limit = from, true, 100
		if f.Subject != "" {
			before.Limit = 1
		}
		page, err := s.log.Read(ctx, before)
		if err != nil {
			return nil, err
		}
		out = append(out, page...)
		f.From, f.To = from, to
		if err := s.read(ctx, f, func(e event.Event) error { out = append(out, e); return nil }); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(out, func(a, b event.Event) int { return cmp.Compare(a.Seq, b.Seq) })
	return slices.CompactFunc(out, func(a, b event.Event) bool { return a.Seq == b.Seq }), nil
}
