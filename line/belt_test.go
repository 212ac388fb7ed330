package line

import (
	"reflect"
	"testing"

	"linesman/part"
	"linesman/plc"
)

func tick(n int64) part.Tick { return part.Tick{Epoch: 1, Count: n} }

func TestOrderPutsFramesBack(t *testing.T) {
	o := order{next: 1, waiting: map[uint64]looked{}}
	var got []uint64
	for _, n := range []uint64{2, 3, 1, 5, 4} {
		for _, l := range o.put(looked{job: job{ticket: n}}) {
			got = append(got, l.ticket)
		}
	}
	for i, n := range got {
		if n != uint64(i+1) {
			t.Fatalf("decided in the order %v", got)
		}
	}
	if len(got) != 5 {
		t.Fatalf("decided %v, want all five", got)
	}
}

func TestLaneFindsTheNearestPartWithinTolerance(t *testing.T) {
	var l lane
	parts := map[int64]*tracked{}
	for _, n := range []int64{300, 100, 200} {
		parts[n] = &tracked{Part: part.Part{GateAt: tick(n)}}
		l.expect(parts[n])
	}
	tests := []struct {
		name      string
		at        part.Tick
		tolerance int64
		want      *tracked
	}{
		{"exact", tick(200), 10, parts[200]},
		{"a little early", tick(95), 10, parts[100]},
		{"nearest of two", tick(240), 100, parts[200]},
		{"too far", tick(150), 20, nil},
		{"another epoch", part.Tick{Epoch: 2, Count: 200}, 10, nil},
	}
	for _, tt := range tests {
		if got := l.find(tt.at, tt.tolerance); got != tt.want {
			t.Errorf("%s: got %v want %v", tt.name, got, tt.want)
		}
	}
	if l.expected[0] != parts[100] || l.expected[2] != parts[300] {
		t.Error("expected parts are not in the order of the gate")
	}
}

func TestLandTakesThePartAtTheSensorsDistance(t *testing.T) {
	a, b := &tracked{gatedAt: tick(100)}, &tracked{gatedAt: tick(150)}
	l := lane{landing: []*tracked{a, b}}
	if got := l.land(tick(191), 40, 30); got != b {
		t.Fatal("the edge 41 counts behind b's gate was not taken for b")
	}
	if got := l.land(tick(500), 40, 30); got != nil {
		t.Fatal("an edge far behind everything confirmed a part")
	}
}

func TestCoverKnowsWhatNoPictureShowed(t *testing.T) {
	var c cover
	if !c.known(tick(5)) {
		t.Error("before the first frame everything is known to be unseen")
	}
	c.begin(tick(100))
	c.miss(span{tick(200), tick(250)})
	for at, want := range map[int64]bool{99: true, 100: false, 199: false, 200: true, 250: true, 251: false} {
		if got := c.known(tick(at)); got != want {
			t.Errorf("tick %d: got %v want %v", at, got, want)
		}
	}
}

func TestInheritedPartsMetTheSensorBeforeTheAccountBegan(t *testing.T) {
	var l lane
	if !l.inherited(tick(100)) {
		t.Error("with no part at the gate yet, every confirmation is of an earlier account")
	}
	l.since(tick(200))
	l.since(tick(300))
	for at, want := range map[int64]bool{199: true, 200: false, 301: false} {
		if got := l.inherited(tick(at)); got != want {
			t.Errorf("tick %d, first part at 200: got %v want %v", at, got, want)
		}
	}
}

func TestDueFindsPartsOnBothSidesOfTheSensor(t *testing.T) {
	a, b := &tracked{Part: part.Part{GateAt: tick(100)}}, &tracked{Part: part.Part{GateAt: tick(150)}}
	unseen := &tracked{Part: part.Part{GateAt: tick(121)}, unseen: true}
	l := lane{expected: []*tracked{b}, landing: []*tracked{a, unseen}}
	tests := []struct {
		at, reach int64
		want      *tracked
	}{{100, 1, a}, {150, 1, b}, {120, 40, a}, {130, 40, b}, {125, 10, nil}}
	for _, tt := range tests {
		if got := l.due(tick(tt.at), tt.reach); got != tt.want {
			t.Errorf("tick %d within %d: got %v want %v", tt.at, tt.reach, got, tt.want)
		}
	}
}

func TestPassOutputsAreNamedAsTheDriversDo(t *testing.T) {
	one, many := &Gate{Point: "pass", Lanes: []int{1}}, &Gate{Point: "pass", Lanes: []int{1, 2, 3}}
	if got := pointOf(one, 1) + " " + pointOf(many, 3); got != "pass pass-3" {
		t.Errorf("got %q", got)
	}
}

// What the first reading brings is counted once: by its edges.
func TestCountersBeforeTheFirstReading(t *testing.T) {
	st := plc.Status{Counts: plc.Counts{Triggers: 9, Gate: []uint64{7, 5}, Eject: []uint64{1, 0}, Exit: []uint64{5, 4}}, Edges: []plc.Edge{
		{Sensor: plc.TriggerEdge}, {Sensor: plc.GateEdge, Lane: 2}, {Sensor: plc.EjectEdge, Lane: 1}, {Sensor: plc.ExitEdge, Lane: 2}, {Sensor: plc.ExitEdge, Lane: 2}}}
	want := plc.Counts{Triggers: 8, Gate: []uint64{7, 4}, Eject: []uint64{0, 0}, Exit: []uint64{5, 2}}
	if got := before(st); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v want %+v", got, want)
	}
	if st.Counts.Gate[1] != 5 {
		t.Error("the reading itself was altered")
	}
}
