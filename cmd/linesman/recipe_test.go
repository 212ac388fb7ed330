package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"linesman/event"
	"linesman/recipe"
)

// TestRecipeWay takes a candidate to a line and back: tested, signed, active; each
// step refuses to be left out.
func TestRecipeWay(t *testing.T) {
	binary, model := build(t)
	const good, defective = 48, 12
	flag, site, falsely, missed := drawnParts(t, filepath.Dir(model), good, defective)
	run := func(want int, in string, args ...string) string {
		t.Helper()
		cmd := exec.Command(binary, append(args, "-c", flag.Config)...)
		cmd.Stdin = strings.NewReader(in)
		text, err := cmd.CombinedOutput()
		if cmd.ProcessState == nil || cmd.ProcessState.ExitCode() != want {
			t.Fatalf("linesman %v: %v, want %d: %s", args, err, want, text)
		}
		return string(text)
	}
	refuses := func(want string, args ...string) { // as the program does, but in this process: it loads many libraries
		t.Helper()
		var c commands
		k, err := parser(t.Context(), &c).Parse(append(args, "-c", flag.Config))
		must(t, err)
		if err := k.Run(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("linesman %v: %v, want %q", args, err, want)
		}
	}
	says := func(text, want string) {
		t.Helper()
		if !strings.Contains(text, want) {
			t.Errorf("it says %q, want %q", text, want)
		}
	}
	run(0, "", "sample", "add", missed[0], "missed-defect", "--class", "spot")
	run(0, "", "sample", "add", falsely[0], "false-reject")
	out := filepath.Join(filepath.Dir(flag.Config), "candidate-1")
	run(0, "", "candidate", "make", "--out", out)
	before, err := site.Recipe("caps-1")
	must(t, err)

	says(run(1, "", "recipe", "sign", "cap-28@2", "--user", "li", "--password-stdin"), "not on the shelf")
	shift := filepath.Join(filepath.Dir(flag.Config), "shift.json")
	pages := shiftPages(t, run, refuses, out+".yaml", shift, good+defective)
	says(run(0, "", "recipe", "test", out+".yaml", "--shift", shift), "price")
	next, err := recipe.Load(out + ".yaml")
	must(t, err)
	id := next.ID()
	refuses("tested and not signed", "recipe", "activate", id)
	page := filepath.Join(site.Shelf().Dir, id, "report.html")
	shown, err := os.ReadFile(page)
	must(t, err)
	if figures := strings.Count(string(shown), "<figure"); figures != pages {
		t.Errorf("the page on the shelf shows %d changes, that of the replay before %d", figures, pages)
	}
	const password = "a long pass phrase"
	run(0, password, "user", "add", "li", "--name", "Li Wei", "--role", "quality", "--password-stdin")
	run(0, password, "user", "add", "otto", "--role", "operator", "--password-stdin")
	says(run(1, "another pass phrase", "recipe", "sign", id, "--user", "li", "--password-stdin"), "name or the password is wrong")
	says(run(1, password, "recipe", "sign", id, "--user", "otto", "--password-stdin"), "may not change recipes")
	says(run(0, password, "recipe", "sign", id, "--user", "li", "--password-stdin"), "signed by Li Wei")
	refuses("no version was active before", "recipe", "back")
	state := filepath.Join(site.Shelf().Dir, id, "state.json")
	signed, err := os.ReadFile(state)
	must(t, err)
	shelf := shelfOf(site)
	kept, err := shelf.Get(id)
	must(t, err)
	must(t, os.WriteFile(state, []byte(strings.ReplaceAll(string(signed), kept.Signed.Event, event.NewID())), 0o644))
	refuses("the log has no signature", "recipe", "activate", id)
	must(t, os.WriteFile(state, signed, 0o644))
	report := filepath.Join(site.Shelf().Dir, id, "report.json")
	text, err := os.ReadFile(report)
	must(t, err)
	must(t, os.WriteFile(report, append(text, ' '), 0o644))
	refuses("not the one that was signed", "recipe", "activate", id)
	must(t, os.WriteFile(report, text, 0o644))
	must(t, os.WriteFile(page, append(shown, ' '), 0o644))
	refuses("not the one that was signed", "recipe", "activate", id)
	must(t, os.WriteFile(page, shown, 0o644))
	says(run(0, "", "recipe", "activate", id), "once the appliance runs")
	now, err := site.Recipe("caps-1")
	must(t, err)
	if now.ID() != id || now.Hash() != next.Hash() || now.Hash() == before.Hash() {
		t.Errorf("the line judges by %s", now.ID())
	}
	refuses("already", "recipe", "activate", id)
	if again := (TeachCmd{Config: flag.Config}); again.fromSite() != nil || again.judges != id {
		t.Errorf("who teaches from the site file is told that %q judges, want %s", again.judges, id)
	}
	list := run(0, "", "recipe", "list")
	says(list, "signed by li")
	says(list, "judges by "+id)
	says(run(0, "", "recipe", "diff", before.ID(), id), "version: 1 -> 2")
	says(run(0, "", "recipe", "back"), "judges by "+before.ID())
	if now, err = site.Recipe("caps-1"); err != nil || now.Hash() != before.Hash() {
		t.Errorf("one step back, the line judges by %v (%v)", now, err)
	}
	run(0, "", "recipe", "back") // a step back from that is the step forward
	must(t, os.WriteFile(filepath.Join(site.Shelf().Dir, id, "recipe.yaml"), []byte("recipe: cap-28\n"), 0o644))
	if _, err := site.Recipe("caps-1"); err == nil {
		t.Error("an altered recipe on the shelf judges")
	}

	log, err := openLogFiles(logFolder(site))
	must(t, err)
	defer log.Close()
	events, err := log.Read(t.Context(), event.Filter{Types: []event.Type{event.RecipeChanged{}.EventType()}})
	must(t, err)
	var states []string
	for _, e := range events {
		p, err := event.As[event.RecipeChanged](e)
		must(t, err)
		states = append(states, p.State)
	}
	if got := strings.Join(states, " "); got != "draft tested signed active active active" {
		t.Errorf("the log tells of %s", got)
	}
}

// shiftPages replays a stretch of the log by a candidate, writes its report as JSON,
// and returns how many changes the page shows: all, each with its picture.
func shiftPages(t *testing.T, run func(int, string, ...string) string, refuses func(string, ...string), candidate, report string, parts int) int {
	t.Helper()
	page := strings.TrimSuffix(report, ".json") + ".html"
	text := run(0, "", "replay", "--recipe", candidate, "--shift", "2001-09-09/2001-09-10", "--page", page, "--json")
	text = text[strings.Index(text, "{"):] // the progress is before
	var got tried
	must(t, json.Unmarshal([]byte(text), &got))
	must(t, os.WriteFile(report, []byte(text), 0o644))
	shown, err := os.ReadFile(page)
	must(t, err)
	all := string(shown)
	reject, pass, other := got.Report.Turns()
	if got.Report.Again != parts || reject+pass+other == 0 || got.Page != sha256Of(shown) {
		t.Errorf("judged again: %+v", got)
	}
	for what, n := range map[string]int{"<figure": len(got.Report.Changed), "<img src=\"data:image/jpeg;base64,": len(got.Report.Changed), "no picture": 0, "<script": 0} {
		if strings.Count(all, what) != n {
			t.Errorf("%q stands %d times in the page, want %d", what, strings.Count(all, what), n)
		}
	}
	if want := fmt.Sprintf("Of %d parts judged again %d would get another outcome (95 %%: at most ", parts, reject+pass+other); !strings.Contains(all, want) {
		t.Errorf("%q is missing in the page", want)
	}
	for want, args := range map[string][]string{
		"want FROM/TO":                {"--recipe", candidate, "--shift", "/today"},
		"is no time":                  {"--recipe", candidate, "--shift", "teatime"},
		"is not before":               {"--recipe", candidate, "--shift", "2001-09-10/2001-09-09"},
		"names no stretch":            {"--recipe", candidate, "--shift", candidate},
		"names its own model":         {"--recipe", candidate, "--model", filepath.Dir(candidate), "--shift", "8h"},
		"leave --from and --to away":  {"--recipe", candidate, "--shift", "8h", "--from", "9h"},
		"go with --recipe or --model": {"--sample", "3", "--page", page},
		"there is no such file":       {"--recipe", "cap-28@77", "--shift", "8h"},
		"there is no folder":          {"--recipe", candidate, "--shift", "8h", "--page", filepath.Join(page, "deeper", "page.html")},
	} {
		refuses(want, append([]string{"replay"}, args...)...)
	}
	return len(got.Report.Changed)
}
