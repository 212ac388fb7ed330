package main

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestTakenParts(t *testing.T) {
	const list = `{"part":"0001-1","at":[1,2],"score":0.4,"take":true}
{"part":"0001-2","at":[3,4],"score":2,"why":"surface","take":false}
`
	for _, c := range []struct {
		name          string
		list          string
		with, without []string
		taken         string // or what the error says
	}{
		{"as proposed", list, nil, nil, "0001-1"},
		{"one back", list, []string{"0001-2"}, nil, "0001-1 0001-2"},
		{"one away", list, nil, []string{"0001-1"}, ""},
		{"unknown", list, []string{"0009-1"}, nil, `no part "0009-1"`},
		{"no list", "{}\n", nil, nil, "line 1"},
		{"damaged", list[:20], nil, nil, "line 1"},
	} {
		parts, err := takenParts([]byte(c.list), c.with, c.without)
		var taken []string
		for _, p := range parts {
			if p.Take {
				taken = append(taken, p.Part)
			}
		}
		if err != nil && (c.taken == "" || !strings.Contains(err.Error(), c.taken)) || err == nil && strings.Join(taken, " ") != c.taken {
			t.Errorf("%s: %v, %v; want %q", c.name, taken, err, c.taken)
		}
	}
	for part, on := range map[string]bool{"0001-2": true, "0002-1": false, "0001": false} {
		if p := (gathered{Part: part}); p.on("some/0001.png") != on {
			t.Errorf("part %s on 0001.png: %v", part, !on)
		}
	}
}

// TestFirstVerdict takes a box that was taught nothing to its first verdicts, by the
// commands of docs/first-verdict.md, beside a drawn line.
func TestFirstVerdict(t *testing.T) {
	binary := program(t)
	dir, plc, frames, page := t.TempDir(), free(t), free(t), free(t)
	site := filepath.Join(dir, "site.yaml")
	fates := filepath.Join(dir, "fates.jsonl")
	process(t, binary, "sim", "--product", "caps", "--seed", "6", "--defects", "0.1", "--plc", plc, "--frames", frames, "--rtsp", "", "--control", "", "--report", fates)
	say := func(in string, args ...string) string {
		t.Helper()
		c := exec.CommandContext(t.Context(), binary, args...)
		c.Stdin = strings.NewReader(in)
		out, err := c.CombinedOutput()
		if err != nil {
			t.Fatalf("linesman %s: %v\n%s", strings.Join(args, " "), err, out)
		}
		return string(out)
	}
	until(t, "the drawn line listens", func() bool {
		c, err := net.Dial("tcp", frames) // the last that it opens
		if err == nil {
			c.Close()
		}
		return err == nil
	})
	say(strings.Join([]string{"caps", "28", "sim://" + frames, "tcp://" + plc, "4", "120", "850", "", "", ""}, "\n"), "init", site, "--listen", page)
	if out, err := exec.Command(binary, "init", site).CombinedOutput(); err == nil || !strings.Contains(string(out), "is there already") {
		t.Errorf("init over a site that is there: %v %s", err, out)
	}

	const parts = 60
	good := filepath.Join(dir, "gathered")
	said := say("", "gather", "-c", site, "--parts", fmt.Sprint(parts), "--over", "4s")
	text, err := os.ReadFile(filepath.Join(good, partsFile))
	must(t, err)
	left := strings.Count(string(text), `"take":false`)
	// One cap in ten is defective; of so few parts a good one may stand out, too.
	if n := strings.Count(string(text), "\n"); n != parts || left == 0 || left > parts/4 || !strings.Contains(said, fmt.Sprintf("%d of them stand out", left)) {
		t.Errorf("%d parts, %d left out; it said %s", n, left, said)
	}
	look, err := os.ReadFile(filepath.Join(good, lookPage))
	must(t, err)
	if n := strings.Count(string(look), "<img"); n != parts || strings.Contains(string(look), "ZgotmplZ") || strings.Contains(string(look), "http") {
		t.Errorf("the page shows %d parts", n)
	}
	if out, err := exec.Command(binary, "gather", "-c", site).CombinedOutput(); err == nil || !strings.Contains(string(out), "is not empty") {
		t.Errorf("gathered twice into one folder: %v %s", err, out)
	}

	said = say("", "teach", "-c", site, "--good", good)
	if !strings.Contains(said, fmt.Sprintf("taught from %d parts", parts-left)) {
		t.Errorf("it was taught by: %s", said)
	}
	say("", "check", "-c", site)
	process(t, binary, "run", "-c", site)
	until(t, "the appliance has the controller", func() bool { return strings.Contains(status(page), `"connected":true`) })
	say("", "line", "release", "-c", site, "caps-1")
	// The drawn line knows what went where: good caps pass, defective ones do not.
	count := func() (passed, rejected, escaped int) {
		text, _ := os.ReadFile(fates)
		all := strings.Split(string(text), "\n")
		begun := max(0, slices.IndexFunc(all, func(l string) bool { return strings.Contains(l, `"passed"`) }))
		for _, l := range all[begun:] {
			var g gated
			switch {
			case json.Unmarshal([]byte(l), &g) != nil:
			case g.Side == "passed" && g.Kind != "good":
				escaped++
			case g.Side == "passed":
				passed++
			case g.Kind != "good":
				rejected++
			}
		}
		return passed, rejected, escaped
	}
	until(t, "caps are judged", func() bool { passed, rejected, _ := count(); return passed >= 60 && rejected >= 6 })
	if passed, rejected, escaped := count(); escaped > rejected/4 {
		t.Errorf("%d good caps passed, %d defective ones were rejected, %d escaped", passed, rejected, escaped)
	}
	if out, err := exec.Command(binary, "gather", "-c", site, "--out", filepath.Join(dir, "again")).CombinedOutput(); err == nil || !strings.Contains(string(out), "an appliance runs here") {
		t.Errorf("gathered beside an appliance: %v %s", err, out)
	}
}

// status asks the page how the lines are; empty while it does not answer.
func status(page string) string {
	answer, err := http.Get("http://" + page + "/api/v1/status")
	if err != nil {
		return ""
	}
	defer answer.Body.Close()
	text, _ := io.ReadAll(answer.Body) // what is missing is not found
	return string(text)
}

// process starts a command and ends it with the test.
func process(t *testing.T, binary string, args ...string) {
	t.Helper()
	c := exec.Command(binary, args...)
	must(t, c.Start())
	t.Cleanup(func() {
		_ = c.Process.Signal(os.Interrupt)
		_ = c.Wait() // it ends by our signal
	})
}

// until waits, for a minute or two, until something is so.
func until(t *testing.T, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(2 * time.Minute); !so(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited in vain: %s", what)
		}
	}
}

// TestFirstVerdictPage holds the steps of docs/first-verdict.md equal to those that
// scripts/first-verdict.sh does.
func TestFirstVerdictPage(t *testing.T) {
	script, err := os.ReadFile("../../scripts/first-verdict.sh")
	must(t, err)
	page, err := os.ReadFile("../../docs/first-verdict.md")
	must(t, err)
	var done, told []string
	for n, s := range regexp.MustCompile(`(?m)^step (\d+) '(.+?)' `).FindAllStringSubmatch(string(script), -1) {
		done = append(done, fmt.Sprintf("| %d | %s | %s |", n+1, s[2], s[1]))
	}
	for _, row := range strings.Split(string(page), "\n") {
		if regexp.MustCompile(`^\| \d+ \|`).MatchString(row) {
			told = append(told, row)
		}
	}
	if len(done) == 0 || !slices.Equal(done, told) {
		t.Errorf("the script does\n%s\nthe page tells\n%s", strings.Join(done, "\n"), strings.Join(told, "\n"))
	}
}
