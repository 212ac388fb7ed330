package proof

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// sheet is the page before it is drawn: both forms say the same.
type sheet struct {
	Title    string
	About    [][2]string // what, value
	Look     []string    // what somebody should look at; empty if nothing
	Left     []table
	Right    []table
	Signed   table
	Head     string
	Verifier string
	Check    []string // how to check it
	Not      []string // what it does not prove
	Hand     string   // for signatures on paper
	Foot     string
}

// table is one block of the page.
type table struct {
	Title   string
	Columns []string // heads; the first is to the left, the others to the right unless Text
	Text    bool     // all columns to the left
	Rows    [][]string
	Notes   []string
}

// rowsAtMost keeps the page a page; the data inside hold every row.
const rowsAtMost = 7

// sheet lays the certificate out in words.
func (c Certificate) sheet() sheet {
	zone, err := time.LoadLocation(c.Zone)
	if err != nil {
		zone = time.UTC
	}
	s := sheet{
		Title: "Certificate of batch " + c.Batch, Head: c.Head, Verifier: c.Verifier, Look: c.look(),
		Left:   []table{c.countsTable(), c.challengesTable(), c.alarmsTable(zone)},
		Right:  []table{c.accountTable(zone), c.judgesTable(), c.lossesTable(zone)},
		Signed: c.signaturesTable(zone),
		Foot:   "Times are " + c.Zone + ". Written by Linesman",
	}
	if c.Version != "" {
		s.Foot += " " + c.Version
	}
	s.Foot += " out of the event log; the same data are in this file for programs to read."
	if c.Batch == "" {
		s.Title = "Certificate of a stretch of time"
		if c.Shift != "" {
			s.Title = "Certificate of the " + c.Shift + " shift"
		}
	}
	about := func(what, value string) { s.About = append(s.About, [2]string{what, value}) }
	about("site", c.Site)
	about("line", c.Line)
	if c.Batch != "" {
		about("batch", c.Batch)
	}
	about("from", stamp(c.From, zone))
	if c.Open {
		about("until", "still running when this was made")
	} else {
		about("until", stamp(c.To, zone))
	}
	about("made", stamp(c.Made, zone)+", log at seq "+thousands(c.Seq))
	s.Check = []string{
		"Keep this page away from the appliance. Later, on any computer with Linesman and a copy of the log's folder, run:",
		"linesman events verify --dir COPY --certificate THIS-FILE",
		"It checks that the head on this page is signed by the site's key, that no event before it was altered, added, reordered or cut off, and counts every figure again. From paper: scan the code or type the head into a file, and give that with --head.",
	}
	s.Not = c.not()
	s.Hand = "On paper: reviewed by"
	return s
}

// look lists what somebody should look at before this page is filed.
func (c Certificate) look() []string {
	var out []string
	say := func(format string, a ...any) { out = append(out, fmt.Sprintf(format, a...)) }
	if c.Open {
		say("It was still running: the figures are of that moment.")
	}
	switch {
	case len(c.Accounts) == 0 && c.Open:
		say("There is no account of parts yet: it is written when the batch is closed. The appliance's own page has the present one.")
	case len(c.Accounts) == 0:
		say("There is no account of parts: no batch was closed in this time, as after a power cut.")
	}
	var open []string
	var mismatches uint64
	for _, a := range c.Accounts {
		if mismatches += a.Mismatches; !a.Balanced {
			open = append(open, a.Batch)
			if len(a.Differences) > 0 {
				open[len(open)-1] += " (" + strings.Join(a.Differences, "; ") + ")"
			}
		}
	}
	if n := len(open); n > 0 {
		more := ""
		if n > 3 {
			open, more = open[:3], " and others"
		}
		say("%s: batch %s%s.", several(uint64(n), "account does not balance", "accounts do not balance"), strings.Join(open, ", "), more)
	}
	if mismatches > 0 {
		say("%s: each event names the ticks between which the columns parted.", several(mismatches, "ledger mismatch was found", "ledger mismatches were found"))
	}
	if c.Counts.Suspect > 0 {
		say("%s on the good side.", several(c.Counts.Suspect, "part was suspected", "parts were suspected"))
	}
	if c.Counts.Lost > 0 {
		say("%s: nobody can say where they went.", several(c.Counts.Lost, "part was lost", "parts were lost"))
	}
	if n := len(c.Losses); n > 0 {
		say("The record has %s.", several(uint64(n), "hole", "holes"))
	}
	var wrong, run uint64
	for _, ch := range c.Challenges {
		wrong, run = wrong+ch.Run-ch.Right, run+ch.Run
	}
	if wrong > 0 {
		say("%s of %s not judged or sorted rightly.", several(wrong, "challenge", "challenges"), thousands(run))
	}
	if c.Counts.Judged() == 0 {
		say("No part was judged in this time.")
	}
	return out
}

func (c Certificate) countsTable() table {
	t := table{Title: "Parts, by their last verdict", Columns: []string{"outcome", "parts", "share"}}
	n := c.Counts
	row := func(what string, parts uint64) {
		t.Rows = append(t.Rows, []string{what, thousands(parts), share(parts, n.Judged())})
	}
	row("pass", n.Pass)
	row("fail: rejected", n.Fail)
	row("inconclusive: rejected", n.Inconclusive)
	t.Rows = append(t.Rows, []string{"judged", thousands(n.Judged()), ""})
	note := func(format string, a ...any) { t.Notes = append(t.Notes, fmt.Sprintf(format, a...)) }
	note("Of these late %s. Verdicts taken back %s. Lost %s, suspect %s.", thousands(n.Late), thousands(n.Overruled), thousands(n.Lost), thousands(n.Suspect))
	if x := c.Expired; x != nil {
		note("%s passes are counted by %s, since their own events have expired (%s): to the whole minute at both ends.", thousands(x.Pass), several(x.Minutes, "minute of the line", "minutes of the line"), strings.Join(x.Files, ", "))
	}
	return t
}

func (c Certificate) accountTable(zone *time.Location) table {
	t := table{Title: "Account of parts", Columns: []string{"", "we", "controller", "difference"}}
	for i, a := range c.Accounts {
		if i == 3 {
			t.Notes = append(t.Notes, fmt.Sprintf("%d more accounts are in the data.", len(c.Accounts)-i))
			break
		}
		x := a.Account
		if len(c.Accounts) > 1 || c.Batch == "" {
			t.Rows = append(t.Rows, []string{"batch " + a.Batch, "", "", ""})
		}
		row := func(what string, we, they uint64) {
			d := "0"
			if we != they {
				d = strconv.FormatInt(int64(we-they), 10)
			}
			t.Rows = append(t.Rows, []string{what, thousands(we), thousands(they), d})
		}
		row("frames", x.FramesReceived, x.FramesTriggered)
		row("parts", x.Found, x.AtGate)
		row("verdicts, left the gate", x.Verdicts, x.Ejected+x.Exited)
		row("passes, exited", x.Passes-min(x.Passes, x.Collateral), x.Exited)
		row("rejects, ejected", x.Rejects+x.Collateral, x.Ejected)
		verdict := "it balances"
		if !a.Balanced {
			verdict = "it DOES NOT BALANCE"
		}
		when := "When the batch was closed"
		if a.Seq == 0 {
			when = "At " + stamp(a.At, zone) + ", as the line had it (this can not be counted again from the log)"
		}
		on := ""
		if x.Travelling+x.Lost > 0 {
			on = fmt.Sprintf(" Between camera and gate %s, lost %s.", thousands(x.Travelling), thousands(x.Lost))
		}
		if x.Collateral > 0 {
			on += fmt.Sprintf(" Collateral, good but ejected, %s.", thousands(x.Collateral))
		}
		t.Notes = append(t.Notes, fmt.Sprintf("%s%s: %s.%s", batchName(c, a), when, verdict, on))
	}
	if len(c.Accounts) == 0 {
		t.Notes = append(t.Notes, "No account: no batch was closed in this time.")
	} else {
		t.Notes = append(t.Notes, "A difference in a balanced account is of parts that were under way or are named by an event.")
	}
	return t
}

func batchName(c Certificate, a BatchAccount) string {
	if len(c.Accounts) > 1 {
		return a.Batch + ". "
	}
	return ""
}

func (c Certificate) challengesTable() table {
	t := table{Title: "Challenges: pieces whose truth is known", Columns: []string{"piece", "right", "of"}}
	var bad, good, badWrong, goodWrong uint64
	for _, ch := range c.Challenges {
		if ch.Want == "pass" {
			good, goodWrong = good+ch.Run, goodWrong+ch.Run-ch.Right
		} else {
			bad, badWrong = bad+ch.Run, badWrong+ch.Run-ch.Right
		}
		t.Rows = append(t.Rows, []string{ch.Kind + ", to be judged " + ch.Want, thousands(ch.Right), thousands(ch.Run)})
	}
	t.cut()
	if len(c.Challenges) == 0 {
		t.Columns = nil
		t.Notes = append(t.Notes, "None were run.")
	}
	t.Notes = append(t.Notes, claim("defects missed", badWrong, bad), claim("good parts rejected", goodWrong, good))
	return t
}

// claim says what the counts allow to say of a rate.
func claim(what string, wrong, run uint64) string {
	if run == 0 {
		return "Rate of " + what + ": no claim, since no such piece was run."
	}
	bound, ok := Upper(wrong, run)
	if !ok {
		return fmt.Sprintf("Rate of %s: no claim, all %s went wrong.", what, thousands(run))
	}
	return fmt.Sprintf("Rate of %s: at most %.2g %% with 95 %% confidence (%s of %s).", what, 100*bound, thousands(wrong), thousands(run))
}

func (c Certificate) alarmsTable(zone *time.Location) table {
	t := table{Title: "Alarms, severity high and above", Columns: []string{"type", "first", "last", "times"}}
	for _, a := range c.Alarms {
		t.Rows = append(t.Rows, []string{a.Type + " (" + a.Severity + "): " + short(a.Text, 60), clockIn(a.First, zone, c), clockIn(a.Last, zone, c), thousands(a.Count)})
	}
	t.cut()
	if len(c.Alarms) == 0 {
		t.Columns, t.Notes = nil, append(t.Notes, "None.")
	}
	return t
}

func (c Certificate) judgesTable() table {
	t := table{Title: "What judged", Columns: []string{"name, SHA-256", "parts"}}
	for _, g := range []struct {
		what   string
		judges []Judge
	}{{"recipe", c.Recipes}, {"model", c.Models}} {
		for i, j := range g.judges {
			if i == 3 {
				t.Notes = append(t.Notes, fmt.Sprintf("%d more of kind %s are in the data.", len(g.judges)-i, g.what))
				break
			}
			t.Rows = append(t.Rows, []string{g.what + " " + j.Name + "\n" + j.SHA256, thousands(j.Parts)})
		}
	}
	if len(t.Rows) == 0 {
		t.Columns, t.Notes = nil, append(t.Notes, "No verdict is in the log that names a recipe or a model.")
	}
	var eyes []string
	for _, e := range c.Eyes {
		eyes = append(eyes, fmt.Sprintf("camera %s %s, without a usable picture %s", e.Camera, e.State, several(e.Down, "time", "times")))
	}
	if len(eyes) == 0 {
		eyes = []string{"no camera changed its state"}
	}
	t.Notes = append(t.Notes, "Eyes: "+strings.Join(eyes, "; ")+".")
	return t
}

func (c Certificate) lossesTable(zone *time.Location) table {
	t := table{Title: "Holes in the record", Columns: []string{"what", "when", "events"}}
	for _, l := range c.Losses {
		n := "unknown"
		if l.Count > 0 {
			n = thousands(l.Count)
		}
		at := ""
		if !l.From.IsZero() {
			at = clockIn(l.From, zone, c) + " - " + clockIn(l.To, zone, c)
		}
		t.Rows = append(t.Rows, []string{l.What + ": " + short(l.Why, 60), at, n})
	}
	t.cut()
	if len(c.Losses) == 0 {
		t.Columns, t.Notes = nil, append(t.Notes, "None is known.")
	}
	for _, p := range c.Pictures {
		t.Notes = append(t.Notes, fmt.Sprintf("Pictures of class %s: up to %s of this time not there: %s.", p.Class, thousands(p.Count), p.Why))
	}
	return t
}

func (c Certificate) signaturesTable(zone *time.Location) table {
	t := table{Title: "Electronic signatures", Columns: []string{"name", "role", "meaning", "when", "SHA-256 of what was signed"}, Text: true}
	for _, s := range c.Signatures {
		t.Rows = append(t.Rows, []string{s.Name + " (" + s.User + ")", s.Role, s.Meaning, stamp(s.At, zone), s.SHA256})
	}
	if len(t.Rows) > 4 {
		t.Notes = append(t.Notes, fmt.Sprintf("%d more are in the data.", len(t.Rows)-4))
		t.Rows = t.Rows[:4]
	}
	if len(c.Signatures) == 0 {
		t.Columns, t.Notes = nil, append(t.Notes, "None up to this head.")
	}
	return t
}

// not says what the page does not prove.
func (c Certificate) not() []string {
	out := []string{
		"It does not prove that a part without a finding is without a flaw: that depends on what the recipe looks for and on the challenges above.",
		"It does not prove what happened before the appliance wrote it down, nor that a clock was right: the order is the log's, the times are the appliance's.",
		"This page is not signed by itself; the head is. Only counting again shows that the figures are the log's, and only a key known from elsewhere shows that the head is the site's.",
	}
	if c.Expired != nil {
		out = append(out, "Passes whose events have expired can not be looked at one by one.")
	}
	return out
}

// cut shortens a table to what the page holds.
func (t *table) cut() {
	if len(t.Rows) > rowsAtMost {
		t.Notes = append(t.Notes, fmt.Sprintf("%d more are in the data.", len(t.Rows)-rowsAtMost))
		t.Rows = slices.Clone(t.Rows[:rowsAtMost])
	}
}

func stamp(t time.Time, zone *time.Location) string { return t.In(zone).Format("2006-01-02 15:04:05") }

// clockIn leaves the day away where the certificate is of one day.
func clockIn(t time.Time, zone *time.Location, c Certificate) string {
	if c.To.Sub(c.From) < 24*time.Hour {
		return t.In(zone).Format("15:04:05")
	}
	return t.In(zone).Format("01-02 15:04")
}

// thousands writes a number in groups of three, with narrow spaces.
func thousands(n uint64) string {
	text := strconv.FormatUint(n, 10)
	for at := len(text) - 3; at > 0; at -= 3 {
		text = text[:at] + "\u202f" + text[at:]
	}
	return text
}

func share(n, of uint64) string {
	if of == 0 {
		return ""
	}
	return fmt.Sprintf("%.3f %%", 100*float64(n)/float64(of))
}

func several(n uint64, one, more string) string {
	if n == 1 {
		return "1 " + one
	}
	return thousands(n) + " " + more
}

// short cuts a text to so many letters.
func short(text string, letters int) string {
	r := []rune(text)
	if len(r) <= letters {
		return text
	}
	return strings.TrimSpace(string(r[:letters-1])) + "…"
}
