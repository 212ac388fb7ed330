package plc_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"linesman/plc"
)

// TestDocumentedMap holds docs/plc.md and registers.go equal.
func TestDocumentedMap(t *testing.T) {
	doc, err := os.ReadFile("../docs/plc.md")
	if err != nil {
		t.Fatal(err)
	}
	text := string(doc)
	rows := []struct {
		at    int
		name  string
		words int
	}{
		{plc.StatusMagic, "magic", 1}, {plc.StatusVersion, "version", 1}, {plc.StatusLanes, "lanes", 1}, {plc.StatusBits, "bits", 1},
		{plc.StatusBoot, "boot", 2}, {plc.StatusEncoder, "encoder", 2}, {plc.StatusFlags, "flags", 1}, {plc.StatusWhy, "why", 1},
		{plc.StatusSpeed, "speed", 2}, {plc.StatusTaken, "taken", 1}, {plc.StatusCommand, "command done", 1}, {plc.StatusEdges, "edges", 2},
		{plc.StatusEchoes, "echoes", 2}, {plc.StatusTrigger, "triggers", 2}, {plc.StatusScans, "scans", 1}, {plc.StatusBeat, "beat seen", 1},
		{plc.StatusStray, "stray", 2}, {plc.StatusDouble, "double", 2}, {plc.StatusVetoed, "vetoed", 2}, {plc.StatusUnsure, "unsure", 2},
		{plc.StatusEscaped, "escaped", 2}, {plc.StatusWindow, "window", 1}, {plc.StatusClear, "clear", 1}, {plc.StatusRecipe, "recipe", 1}, {plc.StatusLane, "lane 1", plc.LaneWords},
		{plc.BeatReg, "beat", 1}, {plc.CommandReg, "command", 1}, {plc.CommandSeq, "command seq", 1}, {plc.BootSeenReg, "boot seen", 1},
		{plc.HeadReg, "head", 1}, {plc.WindowReg, "window set", 1}, {plc.ClearReg, "clear set", 1}, {plc.RecipeReg, "recipe judged", 1},
	}
	for _, r := range rows {
		if want := fmt.Sprintf("| %d | `%s` | %d |", r.at, r.name, r.words); !strings.Contains(text, want) {
			t.Errorf("docs/plc.md has no row %q", want)
		}
	}
	for _, want := range []string{
		fmt.Sprintf("edges, %d slots of %d from %d", plc.EdgeSlots, plc.EdgeWords, plc.EdgeBase),
		fmt.Sprintf("echoes, %d slots of %d from %d", plc.EchoSlots, plc.EchoWords, plc.EchoBase),
		fmt.Sprintf("ring of entries: %d slots of %d words from %d", plc.EntrySlots, plc.EntryWords, plc.EntryBase),
		fmt.Sprintf("| %d to %d | outputs of the site", plc.OutputCoil, plc.Coils-1),
	} {
		if !strings.Contains(text, want) {
			t.Errorf("docs/plc.md does not say %q", want)
		}
	}
	for i := plc.EchoResult(1); i <= plc.Absent; i++ {
		if want := fmt.Sprintf("%d %s", i, strings.Fields(i.String())[0]); !strings.Contains(text, want) {
			t.Errorf("docs/plc.md does not name result %q", want)
		}
	}
}

func TestHoldReason(t *testing.T) {
	for reason, want := range map[plc.HoldReason]string{
		0:                             "none",
		plc.HoldHeartbeat:             "heartbeat lost",
		plc.HoldBoot | plc.HoldEscape: "controller restarted, part at the exit that was not passed",
	} {
		if got := reason.String(); got != want {
			t.Errorf("%d: %q, want %q", reason, got, want)
		}
	}
}
