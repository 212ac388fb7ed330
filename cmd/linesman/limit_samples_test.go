package main

import (
	"encoding/json"
	"errors"
	"os/exec"
	"testing"

	"linesman/event"
)

// judgeSamples has a site's limit samples judged, and holds the exit status to
// what is said of the bad ones.
func judgeSamples(t *testing.T, binary string, flag SiteFlag, bad, good uint64) {
	t.Helper()
	text, err := exec.Command(binary, "sample", "judge", "--json", "-c", flag.Config).Output()
	var failed *exec.ExitError
	if err != nil && !errors.As(err, &failed) {
		t.Fatal(err)
	}
	var got event.SamplesJudged
	must(t, json.Unmarshal(text, &got))
	if got.Bad.Parts != bad || got.Good.Parts != good || got.Unjudged != 0 || got.Why != "operator" || got.Line != "caps-1" || got.ModelHash == "" {
		t.Errorf("limit samples: %+v", got)
	}
	if uint64(len(got.Wrong)) != got.Bad.Wrong+got.Good.Wrong || (got.Bad.Wrong > 0) != (err != nil) {
		t.Errorf("%d bad and %d good ones judged wrong, %d named; the command ended with %v", got.Bad.Wrong, got.Good.Wrong, len(got.Wrong), err)
	}
}
