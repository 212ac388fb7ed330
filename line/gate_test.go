package line

import (
	"strings"
	"testing"

	"linesman/event"
	"linesman/part"
	"linesman/plc"
)

// A part that no picture showed has no verdict to log. It comes to the gate and is
// seen nowhere behind it: the log names it, the account closes, the line goes on.
func TestUnseenAndUnconfirmed(t *testing.T) {
	b := newWatched(t, Watch{})
	o := newOwner(b.Station)
	o.set.Encoder = Encoder{PerMM: 10, Bits: 32}
	o.ctl.known, o.ctl.status = true, plc.Status{Now: part.Tick{Epoch: 1, Count: 1000}}
	before := len(b.q.said)
	o.atGate(plc.Edge{Sensor: plc.GateEdge, Lane: 1, Tick: part.Tick{Epoch: 1, Count: 1000}})
	o.passedBy(part.Tick{Epoch: 1, Count: 1 << 20})
	said := b.q.said[before:]
	if v := of[event.PartJudged](t, said); len(v) != 0 {
		t.Errorf("a verdict on a part that nobody saw: %+v", v)
	}
	if s := of[event.PartSuspect](t, said); len(s) != 1 || !strings.Contains(s[0].Why, "did not confirm") {
		t.Errorf("it is named by %+v", s)
	}
	l := o.batch().ledger
	if l.Unseen != 1 || l.Ejected != 1 || len(o.lanes[0].landing) != 0 {
		t.Errorf("account %+v, %d parts still awaited", l, len(o.lanes[0].landing))
	}
}
