package main

import (
	"bytes"
	"fmt"
	"testing"
	"time"

	"linesman/config/archive"
)

// What verify, import and restore tell a person.
func TestWhatCommandsSay(t *testing.T) {
	var out bytes.Buffer
	for _, v := range []*Verified{
		{Good: true, Checked: []string{"head h.txt: seq 48 of demo, signed 2026-03-01 12:00:00 UTC", "48 events (seq 1 to 48) in 2 files, held against 4 signed heads"}, Notes: []string{"the keys are those beside the files"}},
		{Checked: []string{"48 events (seq 1 to 48) in 2 files, held against 4 signed heads"}, Findings: []Wrong{
			{"record-2026-03-01", 7, "019cabdc-2a00-7f3e-9c52-000000000007", "altered: the event is not the one that was stored"},
			{File: "parts-2026-03-01", What: "the file is missing"}, {Seq: 9, What: "comes\x1btwice"},
			{"evidence", 12, "019c\x1b[2J", "picture ab is missing"}}},
	} {
		must(t, (&EventsVerifyCmd{Show: 3}).print(&out, v))
		out.WriteString("--\n")
	}
	must(t, (&EventsVerifyCmd{}).print(&out, &Verified{Findings: []Wrong{{"evidence", 12, "019c\x1b[2J", "picture ab is missing"}}}))
	for _, i := range []*importing{
		{log: &remoteLog{}, stored: 700}, {log: &remoteLog{}, stored: 1, already: 699, ours: 2, wrong: 3}, {stored: 5},
	} {
		fmt.Fprintf(&out, "--\n%s\n%s\n", i.account(), i.far())
	}
	out.WriteString("--\n")
	(&RestoreCmd{To: "/srv/linesman"}).next(&out, archive.Manifest{Site: "demo", SiteFile: "site.yaml", Made: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
		Elsewhere: []archive.Elsewhere{{Was: "/opt/models/caps", Path: "elsewhere/opt/models/caps"}}})
	checkGolden(t, "commands.golden", out.Bytes())
	if bytes.ContainsRune(out.Bytes(), '\x1b') {
		t.Error("something steers the terminal")
	}
}
