package watch

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"linesman/alarm"
)

const lampRules = `rules:
  - name: somebody in the cell
    when: person in zone("cell")
    for: 1s
    keep: 2s
    severity: low
    say: Leave the cell.
    then: [beacon lamp, suspect caps-1, beacon lamp, beacon horn]
  - name: nobody is in the cell
    when: not (person in zone("cell"))
    for: 1s
    keep: 2s
    severity: low
    say: Go in.
`

// TestBeaconOfARule holds that the desk hears which lamps a rule lights, when its
// alarm is raised, and after a start while it stands; lines hear nothing of them.
func TestBeaconOfARule(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		lit := func(y *yard) (lit, dark int) {
			raised, _ := y.desk.told()
			for _, r := range raised {
				switch {
				case slices.Equal(r.Lamps, []string{"lamp", "horn"}):
					lit++
				case len(r.Lamps) == 0:
					dark++
				default:
					t.Errorf("raised with the lamps %q", r.Lamps)
				}
			}
			return lit, dark
		}
		y := openYardOf(t, lampRules, nil, func(*GuardConfig) {})
		y.show(3 * time.Second)
		if l, d := lit(y); l != 0 || d != 1 {
			t.Errorf("nobody is there: %d with lamps, %d without", l, d)
		}
		y.eyes.see(nil, person(240, 200))
		y.show(8 * time.Second)
		if l, d := lit(y); l != 1 || d != 1 {
			t.Errorf("somebody is there: %d with lamps, %d without", l, d)
		}
		if said := y.lines.heard(); said != "suspect caps-1" {
			t.Errorf("lines heard %q", said)
		}
		raised, _ := y.desk.told()
		key := raised[len(raised)-1].Key
		y.stop()

		after := openYardOf(t, lampRules, func(context.Context) ([]alarm.Alarm, error) {
			return []alarm.Alarm{{ID: "1", Key: key, Camera: "yard", Zone: "cell", Text: "somebody in the cell", Active: true, Raised: time.Now()}}, nil
		}, func(*GuardConfig) {})
		defer after.stop()
		after.eyes.see(nil, person(240, 200))
		after.show(4 * time.Second)
		if l, d := lit(after); l == 0 || d != 0 {
			t.Errorf("after a start: %d with lamps, %d without", l, d)
		}
	})
}
