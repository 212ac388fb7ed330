package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"

	"linesman/alarm"
	"linesman/config"
	"linesman/event"
	"linesman/event/disk"
	"linesman/event/evidence"
	"linesman/models/onnx"
	"linesman/models/secondlook"
	"linesman/proof"
	"linesman/vision"
)

// lookMade is a candidate of the second look, as its folder tells of it.
type lookMade struct {
	At   time.Time            `json:"at"`
	By   string               `json:"by"`
	Made event.SecondLookMade `json:"made"`
}

// lookMaker makes one.
type lookMaker struct {
	looks   *secondLooks
	log     proof.Log
	get     func(sha string) ([]byte, error) // a kept picture
	threads int
	last    int // alarms that it is tried on
	by      string

	eye      *secondlook.Eye
	features map[string][]float32 // by the crop's hash
	crops    map[string][]byte    // PNG, of the report
}

// make learns from what people said, tries it on the last alarms and writes it
// down. The error wraps secondlook.ErrTooFew where there is not enough to learn
// from.
func (k *lookMaker) make(ctx context.Context) (lookMade, error) {
	k.features, k.crops = map[string][]float32{}, map[string][]byte{}
	labels, err := alarm.ListLabels(ctx, k.log)
	if err != nil {
		return lookMade{}, err
	}
	if k.eye, err = secondlook.OpenEye(onnx.Open, k.threads); err != nil {
		return lookMade{}, err
	}
	defer k.eye.Close()
	var said []secondlook.Said
	through := uint64(0)
	for _, l := range labels {
		through = max(through, l.Seq)
		if l.Unlearned != "" {
			continue
		}
		sights, err := k.sights(ctx, l.Alarm, l.Camera, l.Sights)
		if err != nil {
			return lookMade{}, err
		}
		for _, s := range sights {
			said = append(said, secondlook.Said{Sight: s, Real: l.Label != string(alarm.NothingThere)})
		}
	}
	at := time.Now().UTC().Truncate(time.Second)
	learned, err := secondlook.Learn(said, at, through)
	if err != nil {
		return lookMade{Made: event.SecondLookMade{Through: through, LeftOut: learned.LeftOut}}, err
	}
	cases, err := k.cases(ctx, labels)
	if err != nil {
		return lookMade{}, err
	}
	return k.write(learned, learned.Try(cases), at, through)
}

// sights reads what an alarm was about and looks at it. What is gone is left out.
func (k *lookMaker) sights(ctx context.Context, id, camera string, all []event.AlarmSight) (out []secondlook.Sight, err error) {
	for _, s := range all {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		if k.features[s.Crop] == nil {
			png, err := k.get(s.Crop)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return nil, err
			}
			w, h, pix, err := evidence.Pixels(png)
			if err != nil || w != secondlook.Side || h != secondlook.Side {
				return nil, fmt.Errorf("crop %s of alarm %s is %d x %d pixels (%v): want %d x %d", s.Crop, id, w, h, err, secondlook.Side, secondlook.Side)
			}
			if k.features[s.Crop], err = k.eye.Look(pix); err != nil {
				return nil, err
			}
			k.crops[s.Crop] = png
		}
		out = append(out, secondlook.Sight{Camera: camera, Label: s.Label, Box: vision.Box{X0: s.Box.X0, Y0: s.Box.Y0, X1: s.Box.X1, Y1: s.Box.Y1}, Alarm: id, Crop: s.Crop, Features: k.features[s.Crop]})
	}
	return out, nil
}

// cases are the last alarms about something seen that a second look may withhold.
func (k *lookMaker) cases(ctx context.Context, labels []alarm.Labelled) (out []secondlook.Case, err error) {
	said := map[string]string{}
	for _, l := range labels {
		said[l.Alarm] = l.Label
	}
	f := event.Filter{Types: []event.Type{event.AlarmRecorded{}.EventType()}, Newest: true, Limit: 1000}
	for len(out) < k.last {
		events, err := k.log.Read(ctx, f)
		if err != nil {
			return nil, err
		}
		for _, e := range events {
			f.Before = e.Seq
			r, err := event.As[event.AlarmRecorded](e)
			if err != nil {
				return nil, err
			}
			if len(r.Sights) == 0 || r.Firm != "" || len(out) >= k.last {
				continue
			}
			sights, err := k.sights(ctx, r.Alarm, r.Camera, r.Sights)
			if err != nil {
				return nil, err
			}
			if len(sights) == len(r.Sights) {
				out = append(out, secondlook.Case{Alarm: r.Alarm, Sights: sights, Label: said[r.Alarm]})
			}
		}
		if len(events) < f.Limit {
			break
		}
	}
	return out, nil
}

// write keeps a candidate as a whole, with its report.
func (k *lookMaker) write(learned secondlook.Learned, tried []secondlook.Tried, at time.Time, through uint64) (lookMade, error) {
	data, sha, err := learned.Encode()
	if err != nil {
		return lookMade{}, err
	}
	m := lookMade{At: at, By: k.by, Made: event.SecondLookMade{Version: learned.Version, Hash: sha, Through: through, LeftOut: learned.LeftOut,
		Mistaken: uint64(len(learned.Mistaken)), Real: uint64(len(learned.Real)), Alarms: uint64(len(tried))}}
	p := &m.Made
	for _, t := range tried {
		real := t.Label == string(alarm.Real) || t.Label == string(alarm.NotWanted)
		if real {
			p.Reals++
		}
		switch {
		case !t.Withheld:
			continue
		case real:
			p.Price++
		case t.Label == string(alarm.NothingThere):
			p.False++
		default:
			p.Unlabelled++
		}
		p.Withheld++
	}
	if bound, ok := proof.Upper(p.Price, p.Reals); ok {
		p.Upper = bound
	}
	report, err := json.MarshalIndent(reportOf(tried), "", " ")
	if err != nil {
		return m, err
	}
	page, err := k.page(&m, tried)
	if err != nil {
		return m, err
	}
	p.Report, p.Page = sha256Of(report), sha256Of(page)
	text, err := json.MarshalIndent(m, "", " ")
	if err != nil {
		return m, err
	}
	home := k.looks.home()
	if err := os.MkdirAll(home, 0o750); err != nil {
		return m, err
	}
	part, err := os.MkdirTemp(home, unfinishedPrefix)
	if err != nil {
		return m, fmt.Errorf("the second look can not be written: %w; let the appliance write there", err)
	}
	for name, data := range map[string][]byte{secondlook.File: data, reportFile: report, pageFile: page, candidateFile: append(text, '\n')} {
		if err := disk.Write(filepath.Join(part, name), 0o640, data); err != nil {
			return m, errors.Join(err, os.RemoveAll(part))
		}
	}
	if err := os.Rename(part, filepath.Join(home, candidatePrefix+learned.Version)); err != nil {
		return m, errors.Join(err, os.RemoveAll(part))
	}
	return m, disk.SyncDir(home)
}

// candidates are those that were made, newest first.
func (l *secondLooks) candidates() (out []lookMade, err error) {
	files, err := filepath.Glob(filepath.Join(l.home(), candidatePrefix+"*", candidateFile))
	if err != nil {
		return nil, err
	}
	slices.Sort(files)
	for _, path := range slices.Backward(files) {
		m, err := readLookMade(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue // it was removed meanwhile
		}
		if err != nil {
			return nil, err
		}
		out = append(out, m)
	}
	return out, nil
}

func (l *secondLooks) made(version string) (lookMade, error) {
	return readLookMade(filepath.Join(l.home(), candidatePrefix+version, candidateFile))
}

func readLookMade(path string) (m lookMade, err error) {
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &m)
	}
	if err != nil {
		return m, fmt.Errorf("%s: %w; bring it back from a backup, or remove its folder", path, err)
	}
	return m, nil
}

// lookReport is what a candidate would have made of the last alarms.
type lookReport struct {
	Alarms []lookCase `json:"alarms"` // newest first
}

type lookCase struct {
	Alarm    string      `json:"alarm"`
	Label    string      `json:"label,omitempty"` // what people said of it
	Withheld bool        `json:"would_be_withheld"`
	Things   []lookThing `json:"things"`
}

type lookThing struct {
	Camera string  `json:"camera"`
	Label  string  `json:"label"`
	Crop   string  `json:"crop_sha256"`
	Why    string  `json:"why,omitempty"`   // it would be raised
	Like   string  `json:"like,omitempty"`  // the alarm called mistaken that it is most like
	Apart  float64 `json:"apart,omitempty"` // how unlike that
	Limit  float64 `json:"limit,omitempty"`
	Real   string  `json:"real,omitempty"` // the alarm called real that it is most like
	Far    float64 `json:"far,omitempty"`

	likeCrop, realCrop string
}

func reportOf(tried []secondlook.Tried) (r lookReport) {
	r.Alarms = []lookCase{}
	for _, t := range tried {
		c := lookCase{Alarm: t.Alarm, Label: t.Label, Withheld: t.Withheld}
		for i, o := range t.Opinions {
			s := &t.Sights[i]
			thing := lookThing{Camera: s.Camera, Label: s.Label, Crop: s.Crop, Why: o.Why}
			if o.Like != nil {
				thing.Like, thing.Apart, thing.Limit, thing.likeCrop = o.Like.Alarm, o.Apart, o.Limit, o.Like.Crop
			}
			if o.Real != nil {
				thing.Real, thing.Far, thing.realCrop = o.Real.Alarm, o.Far, o.Real.Crop
			}
			c.Things = append(c.Things, thing)
		}
		r.Alarms = append(r.Alarms, c)
	}
	return r
}

// giveWay removes the oldest candidates beyond those that are kept, but none that
// judges, judged before or judges beside.
func (l *secondLooks) giveWay(keep int) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	st, err := l.state()
	if err != nil {
		return err
	}
	used := map[string]bool{st.Active.version(): true, st.Before.version(): true, st.Shadow.version(): true}
	all, err := l.candidates()
	if err != nil {
		return err
	}
	free := slices.DeleteFunc(all, func(m lookMade) bool { return used[m.Made.Version] || m.By != learning })
	for _, m := range free[min(keep, len(free)):] {
		away, err := os.MkdirTemp(l.home(), unfinishedPrefix)
		if err != nil {
			return err
		}
		if err := errors.Join(os.Rename(filepath.Join(l.home(), candidatePrefix+m.Made.Version), filepath.Join(away, "old")), os.RemoveAll(away)); err != nil {
			return err
		}
	}
	return nil
}

// evidenceOf is the folder of a site's kept pictures.
func evidenceOf(site *config.Site) evidence.Folder {
	return evidence.Folder(filepath.Join(site.Path(site.Data), "evidence"))
}

// countsOf counts labels, in a fixed order.
func countsOf(labels []alarm.Labelled) (out []string) {
	n, learnable := map[string]int{}, map[string]int{}
	for _, l := range labels {
		n[l.Label]++
		if l.Unlearned == "" {
			learnable[l.Label]++
		}
	}
	for _, label := range slices.Sorted(maps.Keys(n)) {
		out = append(out, fmt.Sprintf("%s %d (%d to learn from)", label, n[label], learnable[label]))
	}
	return out
}
