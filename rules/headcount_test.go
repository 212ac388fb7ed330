package rules

import (
	"slices"
	"strings"
	"testing"
	"time"

	"linesman/scene"
)

// While nobody can tell how many are in a space, a rule speaks only where every
// count that can be gives the same answer.
func TestUnknownHeads(t *testing.T) {
	for _, c := range []struct {
		when   string
		cell   int // the fewest
		hall   int
		wanted string // "raised", "silent", or "unknown"
	}{
		{`headcount("cell") > 2`, 0, 0, "unknown"},
		{`headcount("cell") > 2`, 3, 0, "raised"},
		{`headcount("cell") < 1`, 0, 0, "unknown"},
		{`headcount("cell") < 1`, 1, 0, "silent"},
		{`headcount("cell") == 5`, 0, 0, "unknown"},
		{`headcount("cell") == 5`, 6, 0, "silent"},
		{`headcount("cell") != 5`, 6, 0, "raised"},
		{`headcount("cell") >= 0`, 0, 0, "raised"},
		{`headcount("cell") > 2.5`, 2, 0, "unknown"},
		{`headcount("cell") > headcount("hall")`, 1, 4, "unknown"},
		{`headcount("cell") > headcount("hall")`, 5, 4, "raised"},
		{`headcount("cell") > 2 and runs("caps-1")`, 0, 0, "unknown"},
		{`headcount("hall") > 2 or headcount("cell") > 9`, 0, 3, "raised"},
		{`headcount("hall") > 2 and headcount("cell") > 9`, 0, 2, "silent"},
		{`headcount("hall") > 2`, 0, 2, "silent"},
	} {
		site := plant(t)
		site.Spaces = []string{"cell", "hall"}
		e, err := NewEngine([]Rule{{Name: "r", When: c.when, Severity: "high", Say: "Go."}}, site)
		if err != nil {
			t.Fatal(err)
		}
		step := func(after time.Duration, heads ...scene.Heads) []Change {
			return e.Step(Moment{At: time.Unix(1_800_000_000, 0).Add(after), Heads: heads})
		}
		hall := scene.Heads{Space: "hall", Now: c.hall}
		got := "silent"
		for _, ch := range step(0, scene.Heads{Space: "cell", Now: c.cell, Unknown: "nobody has counted"}, hall) {
			got = ch.Kind.String()
		}
		if want := strings.Replace(c.wanted, "unknown", "silent", 1); got != want {
			t.Errorf("%s with at least %d in the cell and %d in the hall: %s, want %s", c.when, c.cell, c.hall, got, want)
		}
		// What stands goes on standing where nobody can tell, and is cleared where one can.
		e.Restore([]Alert{{Rule: "r", Key: "old"}})
		var said []string
		for _, ch := range slices.Concat(step(time.Second), step(20*time.Second), step(40*time.Second)) {
			if ch.Alert.Key == "old" {
				said = append(said, ch.Kind.String()+" "+ch.Alert.Unseen)
			}
		}
		stands := slices.ContainsFunc(e.Standing(), func(a Alert) bool { return a.Key == "old" })
		switch {
		case c.wanted == "unknown" && (!stands || len(said) != 1 || !strings.Contains(said[0], "how many are in cell is not known: nobody has counted")):
			t.Errorf("%s: what stood said %q, stands %v; want it to stand and to say why nobody can tell", c.when, said, stands)
		case c.wanted == "silent" && stands:
			t.Errorf("%s: what stood was not cleared: %q", c.when, said)
		}
	}
}
