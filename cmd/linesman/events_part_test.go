package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"linesman/event"
	"linesman/event/eventtest"
	"linesman/proof"
)

func TestEventsPart(t *testing.T) {
	at := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	picture := []byte("\x89PNG of one part")
	sum := sha256.Sum256(picture)
	sha := hex.EncodeToString(sum[:])
	evidence := filepath.Join(t.TempDir(), "evidence")
	kept := filepath.Join(evidence, "reject", sha[:2], sha[2:]+".png")
	if err := os.MkdirAll(filepath.Dir(kept), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(kept, picture, 0o644); err != nil {
		t.Fatal(err)
	}
	log := eventtest.NewMemory()
	ids := []string{"019caa20-b600-7f3e-9c52-6a1f0e4b7d21", "019caa20-b601-7f3e-9c52-6a1f0e4b7d99"}
	for i, id := range ids {
		e := event.New("/demo/line/caps-1", "part", at, event.PartJudged{Line: "caps-1", Outcome: "fail", Score: 1.5, Evidence: []string{sha, strings.Repeat("e", 64)}[i], Timing: event.Timing{Exposure: at}})
		e.Part = id
		log.Emit(e)
	}
	told := func(c EventsPartCmd) (string, error) {
		var out bytes.Buffer
		err := c.tell(context.Background(), log, evidence, &partPages{zone: time.UTC}, &out)
		return out.String(), err
	}
	for _, tc := range []struct {
		name, id  string
		want, err string
	}{
		{"whole id", ids[0], "FAIL   score 1.5", ""},
		{"its end", "7d21", "part " + ids[0], ""},
		{"its beginning", "019CAA20-B601", "part " + ids[1], ""},
		{"two have it", "019caa20", "", "2 parts have it"},
		{"none has it", "ffff", "", "none of the newest"},
		{"too short", "7d", "", "at least four digits"},
		{"no id", "part one", "", "at least four digits"},
		{"never here", "019caa20-b600-7f3e-9c52-000000000000", "", "no event of this part"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			got, err := told(EventsPartCmd{ID: tc.id})
			if tc.err != "" && (err == nil || !strings.Contains(err.Error(), tc.err)) || tc.err == "" && err != nil {
				t.Fatalf("error %v, want %q", err, tc.err)
			}
			if !strings.Contains(got, tc.want) {
				t.Errorf("wrote %q, want %q in it", got, tc.want)
			}
		})
	}
	t.Run("as JSON", func(t *testing.T) {
		got, err := told(EventsPartCmd{ID: ids[0], JSON: true})
		var s proof.Story
		if err != nil || json.Unmarshal([]byte(got), &s) != nil || s.Part != ids[0] || len(s.Steps) != 8 {
			t.Errorf("%v, %s", err, got)
		}
	})
	out := filepath.Join(t.TempDir(), "part.png")
	if _, err := told(EventsPartCmd{ID: ids[0], Picture: out}); err != nil {
		t.Fatal(err)
	}
	if got, err := os.ReadFile(out); err != nil || !bytes.Equal(got, picture) {
		t.Errorf("picture %q, %v; want what was kept", got, err)
	}
	if got, err := told(EventsPartCmd{ID: ids[1], Picture: out}); err == nil || !strings.Contains(got, "not among the evidence") {
		t.Errorf("error %v and story %q for a picture that is gone; want both to say so", err, got)
	}
	if err := os.WriteFile(kept, []byte("another"), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := told(EventsPartCmd{ID: ids[0], Picture: out}); err == nil || !strings.Contains(err.Error(), "are not those that were kept") {
		t.Errorf("an altered picture: %v, want a refusal", err)
	}
}
