package proof_test

import (
	"strings"
	"testing"
	"time"

	"linesman/proof"
)

func TestShifts(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	at := func(text string) time.Time {
		at, err := time.ParseInLocation("2006-01-02 15:04", text, berlin)
		if err != nil {
			t.Fatal(err)
		}
		return at
	}
	for _, tc := range []struct {
		name, shift   string
		day, now      time.Time
		from, to, err string
	}{
		{"during it", "early", time.Time{}, at("2026-03-02 09:00"), "2026-03-02 06:00", "2026-03-02 14:00", ""},
		{"at its beginning", "early", time.Time{}, at("2026-03-02 06:00"), "2026-03-02 06:00", "2026-03-02 14:00", ""},
		{"before it, the last one", "late", time.Time{}, at("2026-03-02 09:00"), "2026-03-01 14:00", "2026-03-01 22:00", ""},
		{"past midnight", "night", time.Time{}, at("2026-03-02 03:00"), "2026-03-01 22:00", "2026-03-02 06:00", ""},
		{"a given day", "night", at("2026-02-27 00:00"), at("2026-03-02 03:00"), "2026-02-27 22:00", "2026-02-28 06:00", ""},
		{"the night the clock goes forward", "night", at("2026-03-28 00:00"), at("2026-04-02 03:00"), "2026-03-28 22:00", "2026-03-29 06:00", ""},
		{"no such shift", "noon", time.Time{}, at("2026-03-02 09:00"), "", "", "is not among early, late, night"},
	} {
		from, to, err := proof.Shifts(nil).Find(tc.shift, tc.day, tc.now, berlin)
		if tc.err != "" {
			if err == nil || !strings.Contains(err.Error(), tc.err) {
				t.Errorf("%s: %v, want %q", tc.name, err, tc.err)
			}
			continue
		}
		if err != nil || !from.Equal(at(tc.from)) || !to.Equal(at(tc.to)) {
			t.Errorf("%s: %s to %s, %v; want %s to %s", tc.name, from, to, err, tc.from, tc.to)
		}
	}
	for _, bad := range []string{"", "06:00", "06:00-25:00", "6-14", "06:00-06:00"} {
		if err := (proof.Shifts{"early": bad}).Validate(); err == nil || !strings.Contains(err.Error(), "06:00-14:00") {
			t.Errorf("%q: %v, want a refusal that shows how", bad, err)
		}
	}
	if err := proof.UsualShifts.Validate(); err != nil {
		t.Error(err)
	}
}
