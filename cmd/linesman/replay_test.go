package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"linesman/event"
	"linesman/line"
	"linesman/proof"
)

// TestReplayCommand lets the appliance judge a drawn line for a while, kills it
// once, and has the program judge again what it stored, beside the running
// appliance too: nothing changed. Then pictures and settings are lost, and each
// loss is named.
func TestReplayCommand(t *testing.T) {
	binary, model := build(t)
	v := &victim{t: t, binary: binary, model: model, mode: line.ModeQueue, dir: t.TempDir(), seed: 5}
	v.plcAddress, v.framesAddress = free(t), free(t)
	v.writeSite()
	file := filepath.Join(v.dir, "recipe.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text = append(text, "keep: {one_pass_in: 2}\n"...)
	if err := os.WriteFile(file, text, 0o644); err != nil {
		t.Fatal(err)
	}
	endSim := v.startSim()
	v.start()
	v.passing(time.Time{})
	v.travelled(60)
	if err := v.run.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	killed := time.Now()
	_ = v.run.Wait() // it was killed
	// The newest picture might as well not have been written any more.
	unwritten := v.newestPicture()
	if err := os.Remove(v.picture(unwritten)); err != nil {
		t.Fatal(err)
	}
	v.start()
	v.passing(killed)
	if beside := v.replaySample(0); beside.Again == 0 { // the appliance runs on
		t.Errorf("beside a running appliance: %+v", beside)
	}
	v.end(v.run)
	endSim()
	told, lost := 0, 0
	for _, e := range v.events() {
		if d, err := event.As[event.EvidenceDropped](e); err == nil && d.Why == "never written" {
			if lost += len(d.Hashes); slices.Contains(d.Hashes, unwritten) {
				told++
			}
		}
	}
	if told != 1 {
		t.Errorf("the picture that was never written is named %d times, want once", told)
	}

	report := v.replaySample(0)
	if report.Again < 30 || report.Again+report.Impossible[proof.Gone] != report.Drawn || report.Largest > 1e-4 || report.ByOutcome["fail"] == 0 || report.ByOutcome["pass"] == 0 {
		t.Errorf("%+v: want rejects and passes judged again", report)
	}
	t.Logf("%d verdicts, %d with pictures, judged again %v, largest difference %g, not possible %v", report.Verdicts, report.Kept, report.ByOutcome, report.Largest, report.Impossible)

	if report.Impossible[proof.Gone] > lost {
		t.Errorf("%d pictures are named as never written, not possible: %v", lost, report.Impossible)
	}

	var kept []event.PartJudged
	ids := map[string]string{} // by picture
	for _, e := range v.events() {
		if j, err := event.As[event.PartJudged](e); err == nil && j.Evidence != "" && j.Evidence != unwritten && j.Heatmap != unwritten {
			kept = append(kept, j)
			ids[j.Evidence] = e.Part
		}
	}
	one := func(sha string) (proof.Replayed, int) {
		var got proof.Replayed
		return got, v.replay(&got, "--part", ids[sha], "--json")
	}
	if got, code := one(kept[0].Evidence); code != 0 {
		t.Errorf("a part that is whole: %d, %+v", code, got)
	}
	for what, spoil := range map[string]func(path string) error{
		string(proof.Gone):    os.Remove,
		string(proof.Altered): func(path string) error { return os.WriteFile(path, []byte("another picture"), 0o600) },
	} {
		sha := kept[1].Evidence
		kept = slices.Delete(kept, 1, 2)
		if err := spoil(v.picture(sha)); err != nil {
			t.Fatal(err)
		}
		var got proof.Replayed
		if code := v.replay(&got, "--part", ids[sha], "--json"); code != 1 || string(got.Why) != what {
			t.Errorf("%s: ended with %d, said %q", what, code, got.Why)
		}
	}
	// The recipe's next version lies in its place, the one of that time beside it.
	if err := errors.Join(os.WriteFile(filepath.Join(v.dir, "caps-1.yaml"), text, 0o644), os.WriteFile(file, append(text, "limits: {anomaly: 3}\n"...), 0o644)); err != nil {
		t.Fatal(err)
	}
	if again := v.replaySample(0); again.Impossible[proof.OtherRecipe] > 0 || again.Again == 0 {
		t.Errorf("with an earlier recipe beside the new one: %+v", again)
	}
	if err := os.Remove(filepath.Join(v.dir, "caps-1.yaml")); err != nil {
		t.Fatal(err)
	}
	if again := v.replaySample(1); again.Again > 0 || again.Impossible[proof.OtherRecipe] == 0 {
		t.Errorf("without the recipe of that time: %+v", again)
	}
}

// picture is where a kept picture lies.
func (v *victim) picture(sha string) (path string) {
	v.t.Helper()
	err := filepath.WalkDir(filepath.Join(v.dir, "data", "evidence"), func(p string, _ fs.DirEntry, err error) error {
		if strings.HasPrefix(filepath.Base(filepath.Dir(p))+filepath.Base(p), sha) {
			path = p
		}
		return err
	})
	if err != nil || path == "" {
		v.t.Fatalf("picture %s: %v", sha, err)
	}
	return path
}

// travelled waits until n more parts have met the gate, and is the operator
// meanwhile: a busy machine may miss a heartbeat, and the line is held.
func (v *victim) travelled(n int) {
	v.t.Helper()
	began, until := len(v.fates()), time.Now().Add(2*time.Minute)
	for len(v.fates()) < began+n {
		if time.Now().After(until) {
			v.t.Fatalf("%d parts in two minutes; the appliance says: %s", len(v.fates())-began, v.said)
		}
		v.release()
		time.Sleep(200 * time.Millisecond)
	}
}

// newestPicture is the one that was written last.
func (v *victim) newestPicture() (sha string) {
	v.t.Helper()
	var at time.Time
	err := filepath.WalkDir(filepath.Join(v.dir, "data", "evidence"), func(p string, d fs.DirEntry, err error) error {
		if err != nil || filepath.Ext(p) != ".png" {
			return err
		}
		info, err := d.Info()
		if err == nil && info.ModTime().After(at) {
			at, sha = info.ModTime(), filepath.Base(filepath.Dir(p))+strings.TrimSuffix(filepath.Base(p), ".png")
		}
		return err
	})
	if err != nil || sha == "" {
		v.t.Fatalf("no picture: %v", err)
	}
	return sha
}

func (v *victim) replaySample(want int) (report proof.Report) {
	v.t.Helper()
	if code := v.replay(&report, "--sample", "10000", "--json"); code != want {
		v.t.Errorf("ended with %d, want %d: %+v", code, want, report)
	}
	return report
}

// replay runs the command and reads what it printed.
func (v *victim) replay(into any, args ...string) (code int) {
	v.t.Helper()
	cmd := exec.Command(v.binary, append([]string{"replay", "-c", filepath.Join(v.dir, "site.yaml")}, args...)...)
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		v.t.Fatal(err)
	}
	if err := json.Unmarshal(out.Bytes(), into); err != nil {
		v.t.Fatalf("%v: %s%s", err, &out, &said)
	}
	return cmd.ProcessState.ExitCode()
}

// The table says it all to a person, and the words for one part name what
// changed.
func TestTellReplay(t *testing.T) {
	changed := proof.Replayed{Part: "p1", Line: "caps-1", Recipe: "caps@1", Model: "caps@1", Seq: 7, Was: proof.Verdict{Outcome: "fail", Score: 1.5, Reasons: []event.Reason{{Text: "dark place 1.2 mm"}}},
		Is: &proof.Verdict{Outcome: "pass", Score: 0.5}, Outcome: true, Changes: []string{"outcome was fail, is pass"}}
	same := changed
	same.Outcome, same.Changes, same.Difference = false, nil, 2e-6
	lost := proof.Replayed{Part: "p2", Why: proof.Gone, Error: "view top: evidence abc: file does not exist"}
	for name, c := range map[string]struct {
		tell func(*bytes.Buffer) error
		want []string
	}{
		"changed": {func(b *bytes.Buffer) error { return tellReplayed(b, &changed) }, []string{"recorded: fail, score 1.500000", "dark place 1.2 mm", "now: pass", "CHANGED: outcome was fail, is pass"}},
		"same":    {func(b *bytes.Buffer) error { return tellReplayed(b, &same) }, []string{"the same outcome and reasons, score off by 2e-06"}},
		"lost":    {func(b *bytes.Buffer) error { return tellReplayed(b, &lost) }, []string{"not judged again, picture gone: view top"}},
		"sample": {func(b *bytes.Buffer) error {
			return tellSample(b, &proof.Report{Verdicts: 900, Kept: 90, Drawn: 50, Again: 40, Outcome: 1, ByOutcome: map[string]int{"fail": 30, "pass": 10}, Largest: 1, LargestOf: "p1",
				Impossible: map[proof.Why]int{proof.Gone: 10}, Examples: map[proof.Why]string{proof.Gone: "part p2: lost"}, Changed: []proof.Replayed{changed}})
		}, []string{"40 (fail 30, pass 10)", "1 (part p1)", "10 (part p2: lost)", "CHANGED part p1: outcome was fail, is pass"}},
	} {
		var b bytes.Buffer
		if err := c.tell(&b); err != nil {
			t.Fatal(err)
		}
		for _, want := range c.want {
			if !strings.Contains(b.String(), want) {
				t.Errorf("%s: %q is missing in\n%s", name, want, fmt.Sprint(&b))
			}
		}
	}
}
