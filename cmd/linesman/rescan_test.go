//go:build cgo

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"linesman/config"
	"linesman/event"
)

// scanAgain runs the command over a site and returns what was found.
func scanAgain(t *testing.T, c RescanCmd) *rescanned {
	t.Helper()
	must(t, c.sound())
	site, err := config.Load(c.Config)
	must(t, err)
	out, err := c.scan(t.Context(), site)
	must(t, err)
	return out
}

// answersTo are the answers to alarms of a rule.
func (r *rescanned) answersTo(rule string) (out []string) {
	for _, a := range r.Alarms {
		if a.Rule == rule {
			out = append(out, a.Answer)
		}
	}
	return out
}

// answerTo is the answer to one alarm of the log; without any, an empty one. The film goes
// on while its clip is made, and on a slow box the next alarm is there before the appliance
// is stopped.
func (r *rescanned) answerTo(id string) foundAlarm {
	for _, a := range r.Alarms {
		if a.Logged != nil && a.Logged.ID == id {
			return a
		}
	}
	return foundAlarm{}
}

// A worker walks over the hatched floor before an appliance; what it kept is
// scanned again: by the same rules, by others, and out of a file.
func TestRescan(t *testing.T) {
	dir, camera := t.TempDir(), freeAddress(t)
	play(t, camera)
	// Into this zone he comes in the third second, so that the clip reaches back.
	y := openYard(t, dir, camera, "[[0.2, 0.55], [0.95, 0.45], [0.98, 0.98], [0.2, 0.98]]", "[[0.1, 0.6], [0.44, 0.6], [0.3, 0.85], [0.1, 0.85]]")
	const floor = "somebody on the hatched floor"
	e := y.await("somebody on the floor", event.AlarmRaised{}.EventType(), 0, 60*time.Second, about(floor))
	r := y.await("the alarm's clip", event.AlarmRecorded{}.EventType(), e.Seq, 60*time.Second, func(r event.Event) bool { return r.Subject == e.Subject && strings.Contains(string(r.Data), "clips") })
	kept, err := event.As[event.AlarmRecorded](r)
	must(t, err)
	clip, err := y.a.evidence.Get(kept.Clips[0].SHA256)
	must(t, err)
	y.stop()
	site := filepath.Join(dir, "site.yaml")
	before := filesOf(t, filepath.Join(dir, "data"))

	of := func(rule string) string {
		path := filepath.Join(t.TempDir(), "rules.yaml")
		must(t, os.WriteFile(path, []byte("rules:\n  - {name: "+floor+", "+rule+", severity: high, say: Go.}\n"), 0o600))
		return path
	}
	base := RescanCmd{SiteFlag: SiteFlag{site}, From: "1h", To: "now"}
	same := scanAgain(t, base)
	if got := same.answerTo(e.Subject); got.Answer != "stays" || !same.Compared {
		t.Errorf("by the same rules the alarm is %q: %+v", got.Answer, same.Alarms)
	}
	page, err := same.page(mustLoad(t, site))
	must(t, err)
	for _, want := range []string{floor, "as kept in the log", "as seen now", "data:image/jpeg;base64,", "stay", same.By[0].Model} {
		if !bytes.Contains(page, []byte(want)) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if out := os.Getenv("RESCAN_PAGE"); out != "" {
		must(t, os.WriteFile(out, page, 0o600))
	}
	for _, c := range []struct{ rule, want, why string }{
		{`when: number(person in zone("hatched")) > 50, for: 1s`, "gone", "not so for as long"},
		{`when: person in zone("hatched"), for: 5m`, "not judged", "looks 5m1.3s back"},
	} {
		other := base
		other.Rules = of(c.rule)
		got := scanAgain(t, other)
		if is := got.answerTo(e.Subject); is.Answer != c.want || !strings.Contains(is.Why, c.why) {
			t.Errorf("by %s the alarm is %q because %q, want %s because %q: %+v", c.rule, is.Answer, is.Why, c.want, c.why, got.Alarms)
		}
	}

	path := filepath.Join(t.TempDir(), "kept.mp4")
	must(t, os.WriteFile(path, clip, 0o600))
	file := scanAgain(t, RescanCmd{SiteFlag: SiteFlag{site}, Files: []string{path}, Side: 416})
	if rec := file.Recordings; len(rec) != 1 || rec[0].Camera != "floor" || rec[0].From.Sub(kept.Clips[0].From).Abs() > time.Millisecond || rec[0].Pictures < 10 || rec[0].Why != "" {
		t.Errorf("the file is %+v, want the camera and the time of the log's clip %+v", file.Recordings, kept.Clips[0])
	}
	if file.By[0].Side != 416 || len(file.answersTo(floor)) == 0 {
		t.Errorf("a clip out of a file: %+v, %+v", file.By, file.Alarms)
	}

	if after := filesOf(t, filepath.Join(dir, "data")); after != before {
		t.Errorf("the scan changed the site's data:\n%s\n%s", before, after)
	}
	sha := kept.Clips[0].SHA256
	matches, err := filepath.Glob(filepath.Join(dir, "data", "evidence", "*", sha[:2], sha[2:]+"*"))
	must(t, err)
	for _, m := range matches {
		must(t, os.Remove(m))
	}
	lost := scanAgain(t, base)
	if got := lost.answerTo(e.Subject); len(matches) == 0 || got.Answer != "not judged" {
		t.Errorf("its clip is gone (%d files), and the alarm is %q", len(matches), got.Answer)
	}
}

func mustLoad(t *testing.T, path string) *config.Site {
	t.Helper()
	site, err := config.Load(path)
	must(t, err)
	return site
}

// filesOf lists a folder's files with their sizes and times.
func filesOf(t *testing.T, dir string) string {
	t.Helper()
	var b strings.Builder
	must(t, filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		st, err := d.Info()
		if err == nil && !strings.HasSuffix(path, "-shm") {
			b.WriteString(path + " " + st.ModTime().String() + "\n")
		}
		return err
	}))
	return b.String()
}

func TestRescanRefuses(t *testing.T) {
	site := "../../examples/safety/site.yaml"
	video := "../../sim/footage/workers.mp4"
	for _, c := range []struct {
		cmd  RescanCmd
		want string
	}{
		{RescanCmd{}, "--from TIME for the log's clips, or files"},
		{RescanCmd{At: "today"}, "say what to scan"},
		{RescanCmd{From: "1h", At: "today"}, "--at goes with files"},
		{RescanCmd{Files: []string{video}, To: "now"}, "--to goes with --from"},
		{RescanCmd{From: "1h", Side: 7}, "want 64 to 8192"},
		{RescanCmd{From: "1h", Report: "/no/such/folder/x.html"}, "there is no folder"},
		{RescanCmd{Files: []string{video}, Camera: []string{"flor"}}, "watches no such camera"},
		{RescanCmd{Files: []string{video}, Model: "no-model"}, "neither one that ships"},
		{RescanCmd{Files: []string{site}}, "no video can be read"},
		{RescanCmd{Files: []string{video}}, "give --at TIME"},
		{RescanCmd{From: "1h"}, "the first run of a site makes it"},
	} {
		dir := t.TempDir()
		text, err := os.ReadFile(site)
		must(t, err)
		rules, err := os.ReadFile("../../examples/safety/rules.yaml")
		must(t, err)
		must(t, os.WriteFile(filepath.Join(dir, "site.yaml"), []byte(strings.Replace(string(text), "../../data/safety", "data", 1)), 0o600))
		must(t, os.WriteFile(filepath.Join(dir, "rules.yaml"), rules, 0o600))
		c.cmd.Config = filepath.Join(dir, "site.yaml")
		err = c.cmd.sound()
		if err == nil {
			_, err = c.cmd.scan(t.Context(), mustLoad(t, c.cmd.Config))
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v, want %q", c.cmd, err, c.want)
		}
	}
}

// The recording that ships, without any log: what the rules say of it.
func TestRescanOfAFile(t *testing.T) {
	dir := t.TempDir()
	text, err := os.ReadFile("../../examples/safety/site.yaml")
	must(t, err)
	must(t, os.WriteFile(filepath.Join(dir, "site.yaml"), []byte(strings.Replace(string(text), "../../data/safety", "data", 1)), 0o600))
	must(t, os.WriteFile(filepath.Join(dir, "rules.yaml"), []byte(`rules:
  - {name: by day, when: person, during: "10:00-18:00", severity: low, say: Go.}
  - {name: by night, when: person, during: "22:00-04:00", severity: low, say: Go.}
  - {name: a crowd, when: number(person) > 50, severity: low, say: Go.}
`), 0o600))
	got := scanAgain(t, RescanCmd{SiteFlag: SiteFlag{filepath.Join(dir, "site.yaml")}, Files: []string{"../../sim/footage/workers.mp4"}, At: "2026-03-02T12:00"})
	if len(got.Recordings) != 1 || got.Recordings[0].Pictures < 15 || got.Recordings[0].Why != "" || got.Compared {
		t.Fatalf("recordings %+v, compared %v", got.Recordings, got.Compared)
	}
	if a := got.Alarms; len(a) != 1 || a[0].Rule != "by day" || a[0].Answer != "new" || !bytes.HasPrefix(a[0].now, []byte{0xff, 0xd8}) || a[0].At.Format("15:04") != "11:00" {
		t.Errorf("alarms %+v, want one by day, at noon in Berlin", a)
	}
	var said bytes.Buffer
	must(t, got.tell(&said))
	if !strings.Contains(said.String(), "alarms that would be raised: 1; there is no log") {
		t.Errorf("it says:\n%s", said.String())
	}
}
