package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"text/tabwriter"
	"time"

	"linesman/config"
	"linesman/event/disk"
	"linesman/event/evidence"
	"linesman/part"
	"linesman/watch"
)

// RescanCmd judges recordings of safety cameras anew.
type RescanCmd struct {
	SiteFlag
	Files  []string `arg:"" optional:"" type:"existingfile" help:"Recordings to scan, MP4 with H.264 or H.265, instead of the log's clips; with --from both."`
	Camera []string `placeholder:"ID" help:"Of these cameras only; of FILES that do not name theirs, the one that it is. Default: all."`
	From   string   `placeholder:"TIME" help:"Clips of alarms raised at this time or later: 2026-03-01, 2026-03-01T14:30, today, 2h (ago), 3d."`
	To     string   `placeholder:"TIME" help:"Clips of alarms raised before this time. Default: now."`
	At     string   `placeholder:"TIME" help:"When the first picture of FILES was exposed, where they do not say."`
	Model  string   `placeholder:"NAME|DIR" help:"Look by this detector instead: ppe, fire, safety, coco, or a folder with a card."`
	Side   int      `placeholder:"N" help:"Longest side of what the network is shown, in pixels, instead of the site file's."`
	Far    bool     `help:"Look a second time, finer, for people far away."`
	Rules  string   `type:"existingfile" placeholder:"FILE" help:"Judge by these rules instead of the site file's."`
	Report string   `placeholder:"FILE" help:"Write what was found as one HTML page with pictures; faces are veiled."`
	JSON   bool     `help:"Print what was found as JSON."`
}

// Help tells when to use it.
func (c *RescanCmd) Help() string {
	return `Plays recordings to the rules as if they were seen now, each picture at the time it
was exposed: the clips that the log keeps of its alarms, or files. Says which alarms
stay, which are gone, which are new, and of which a recording can not tell. Nothing is
written, nobody is called; an appliance may run meanwhile and goes first.

  linesman rescan -c site.yaml --from 7d --side 1280 --report rescan.html
  linesman rescan -c site.yaml --from yesterday --rules next-rules.yaml
  linesman rescan -c site.yaml --from 30d --model models/safety-large --camera gate
  linesman rescan -c site.yaml --camera gate --at 2026-03-01T14:30 gate.mp4

A clip holds the seconds around its alarm and no more. A rule that looks further back
than the clip does is not judged, unless it speaks all the same (docs/safety.md).
It ends with 0, whatever it finds, and with 1 if no recording could be scanned.`
}

// rescanned is what is printed as JSON and written as a page.
type rescanned struct {
	Site       string         `json:"site"`
	At         time.Time      `json:"at"` // when it was scanned, UTC
	From       time.Time      `json:"from,omitzero"`
	To         time.Time      `json:"to,omitzero"`
	Rules      string         `json:"rules"` // their file
	By         []lookedBy     `json:"by"`
	Compared   bool           `json:"compared"` // there is a log to hold it against
	Counts     map[string]int `json:"counts"`   // by answer
	Alarms     []foundAlarm   `json:"alarms"`
	Recordings []recordedAs   `json:"recordings"`
}

// lookedBy is by what a camera's recordings were looked at.
type lookedBy struct {
	Camera part.CameraID `json:"camera"`
	Model  string        `json:"model"`
	SHA256 string        `json:"model_sha256"`
	Side   int           `json:"side"`
	Far    bool          `json:"far"`
}

// foundAlarm is one alarm with what became of it.
type foundAlarm struct {
	Answer   string             `json:"answer"` // stays, gone, new, not judged
	Why      string             `json:"why,omitempty"`
	Camera   part.CameraID      `json:"camera"`
	Rule     string             `json:"rule"`
	Severity string             `json:"severity,omitempty"` // by the rule that speaks now
	Text     string             `json:"text"`
	At       time.Time          `json:"at"`             // when it would be raised now; of others, when it was
	Until    time.Time          `json:"until,omitzero"` // it would be over; absent: it stands at the recording's end
	Logged   *watch.LoggedAlarm `json:"logged,omitempty"`

	now    []byte // JPEG: of the picture that raises it now, or what is seen at its time
	marked bool   // now shows what it is about
	then   []byte // JPEG: the log's own
}

// recordedAs is one stretch of pictures that was scanned, or why it could not be.
type recordedAs struct {
	Camera   part.CameraID `json:"camera"`
	From     time.Time     `json:"from"`
	To       time.Time     `json:"to"`
	Files    int           `json:"files"`
	Pictures int           `json:"pictures"`
	Blind    int           `json:"blind_stretches"`
	Why      string        `json:"not_scanned_because,omitempty"`
}

// Run scans and prints.
func (c *RescanCmd) Run(ctx context.Context) error {
	if err := c.sound(); err != nil {
		return err
	}
	giveWay(max(runtime.NumCPU()/2, 1))
	site, err := config.Load(c.Config)
	if err != nil {
		return err
	}
	out, err := c.scan(ctx, site)
	if err != nil {
		return err
	}
	if c.Report != "" {
		page, err := out.page(site)
		if err == nil {
			err = disk.Write(c.Report, 0o644, page)
		}
		if err != nil {
			return fmt.Errorf("--report %s: %w; choose a file that can be written", c.Report, err)
		}
	}
	if c.JSON {
		err = printJSON(os.Stdout, out)
	} else {
		err = out.tell(os.Stdout)
	}
	if err == nil && !slices.ContainsFunc(out.Recordings, func(r recordedAs) bool { return r.Why == "" }) {
		err = errors.New("no recording could be scanned; see above")
	}
	return err
}

// sound refuses flags that do not go together.
func (c *RescanCmd) sound() error {
	switch {
	case len(c.Files) == 0 && c.From == "":
		return errors.New("say what to scan: --from TIME for the log's clips, or files")
	case len(c.Files) == 0 && c.At != "":
		return errors.New("--at goes with files")
	case len(c.Files) > 0 && c.From == "" && c.To != "":
		return errors.New("--to goes with --from")
	case c.Side != 0 && (c.Side < 64 || c.Side > 8192):
		return fmt.Errorf("--side %d: want 64 to 8192 pixels", c.Side)
	case c.Report != "" && !isDir(filepath.Dir(c.Report)):
		return fmt.Errorf("--report %s: there is no folder %s; make it, or choose another place", c.Report, filepath.Dir(c.Report))
	}
	return nil
}

// scanning is one run of the command.
type scanning struct {
	cmd      *RescanCmd
	site     *config.Site
	cameras  []part.CameraID
	w        *watching
	log      logReader // nil: there is none to hold against
	evidence evidence.Folder
	scratch  string // a folder of its own, for clips while they are read
	out      *rescanned
}

// scan judges all recordings that are meant.
func (c *RescanCmd) scan(ctx context.Context, site *config.Site) (*rescanned, error) {
	s := &scanning{cmd: c, site: site, w: &watching{detectors: map[string]*watch.Detectors{}}, evidence: evidence.Folder(filepath.Join(site.Path(site.Data), "evidence")),
		out: &rescanned{Site: site.Name, At: time.Now().UTC(), Counts: map[string]int{}, Alarms: []foundAlarm{}, Recordings: []recordedAs{}}}
	defer s.close()
	if err := s.settle(); err != nil {
		return nil, err
	}
	stretches, lost, err := s.stretches(ctx)
	if err != nil {
		return nil, err
	}
	bar := &twoBars{}
	for i := range stretches {
		bar.show(i, len(stretches))
		if err := s.play(ctx, &stretches[i]); err != nil {
			bar.end()
			return nil, err
		}
	}
	bar.end()
	s.out.Alarms = append(s.out.Alarms, lost...)
	s.finish()
	return s.out, ctx.Err()
}

// settle takes the flags in, and opens what looks.
func (s *scanning) settle() (err error) {
	if len(s.site.Watches) == 0 {
		return errors.New("the site file has no watches: there is no safety camera whose recordings could be scanned")
	}
	s.cameras = s.site.WatchIDs()
	if len(s.cmd.Camera) > 0 {
		all := s.cameras
		s.cameras = nil
		for _, id := range s.cmd.Camera {
			if !slices.Contains(all, part.CameraID(id)) {
				return fmt.Errorf("--camera %s: the site file watches no such camera; there are %v", id, all)
			}
			s.cameras = append(s.cameras, part.CameraID(id))
		}
	}
	if s.cmd.Rules != "" {
		if s.site.Rules, err = filepath.Abs(s.cmd.Rules); err != nil {
			return err
		}
	}
	if s.site.Rules == "" {
		return errors.New("the site file names no rules: give --rules FILE")
	}
	s.out.Rules = s.site.Path(s.site.Rules)
	if _, err := s.site.SafetyRules(); err != nil {
		return err
	}
	if s.w.faces, err = openFaces(); err != nil {
		return err
	}
	for _, id := range s.cameras {
		set := s.settings(id).Detector
		d, err := s.w.eyes(s.site, set)
		if err != nil {
			return fmt.Errorf("camera %s: %w", id, err)
		}
		m := d.Model()
		s.out.By = append(s.out.By, lookedBy{Camera: id, Model: m.Name + "@" + m.Version, SHA256: m.SHA256, Side: set.Side, Far: set.Far})
	}
	s.scratch, err = os.MkdirTemp("", "linesman-rescan-") // of this user alone: clips show faces
	return err
}

// settings are a camera's, as the flags want them.
func (s *scanning) settings(id part.CameraID) watch.Settings {
	set := *s.site.Watches[id]
	if s.cmd.Model != "" {
		set.Detector.Model = s.cmd.Model
		if dir, _ := detectors(s.cmd.Model); dir == nil {
			if abs, err := filepath.Abs(s.cmd.Model); err == nil {
				set.Detector.Model = abs
			}
		}
	}
	if s.cmd.Side != 0 {
		set.Detector.Side = s.cmd.Side
	}
	set.Detector.Far = set.Detector.Far || s.cmd.Far
	return set
}

func (s *scanning) close() {
	s.w.close()
	if s.log != nil {
		s.log.Close()
	}
	if s.scratch != "" {
		_ = os.RemoveAll(s.scratch)
	}
}

// finish sorts and counts.
func (s *scanning) finish() {
	slices.SortStableFunc(s.out.Alarms, func(a, b foundAlarm) int { return a.At.Compare(b.At) })
	for _, a := range s.out.Alarms {
		s.out.Counts[a.Answer]++
	}
}

// logger tells what goes wrong beside the report.
func (s *scanning) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
}

// answers are in the order in which a person wants to read them.
var answers = []watch.Answer{watch.AnswerNew, watch.AnswerGone, watch.AnswerStays, watch.AnswerNotJudged}

// tell prints it for a person.
func (r *rescanned) tell(w io.Writer) error {
	for _, s := range r.Recordings {
		if s.Why != "" {
			fmt.Fprintf(w, "camera %s, %s: not scanned: %s\n", s.Camera, s.From.Format(time.RFC3339), s.Why)
			continue
		}
		fmt.Fprintf(w, "camera %s, %s to %s: %d pictures judged\n", s.Camera, s.From.Format(time.RFC3339), s.To.Format(time.RFC3339), s.Pictures)
	}
	for _, by := range r.By {
		fmt.Fprintf(w, "camera %s looked at by %s, %d pixels\n", by.Camera, by.Model, by.Side)
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, answer := range answers {
		for _, a := range r.Alarms {
			if a.Answer == string(answer) {
				fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", a.Answer, a.At.Format("2006-01-02T15:04:05.0Z07:00"), a.Camera, a.Rule, a.Why)
			}
		}
	}
	if err := t.Flush(); err != nil {
		return err
	}
	if !r.Compared {
		_, err := fmt.Fprintf(w, "alarms that would be raised: %d; there is no log to hold them against\n", r.Counts["new"])
		return err
	}
	_, err := fmt.Fprintf(w, "%d stay, %d are gone, %d are new, %d could not be judged\n", r.Counts["stays"], r.Counts["gone"], r.Counts["new"], r.Counts["not judged"])
	return err
}
