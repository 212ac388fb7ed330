package eventtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"linesman/event"
)

// TestLog holds a log to the promises of event.Log. open makes an empty log;
// the suite closes it.
func TestLog(t *testing.T, open func(t *testing.T) event.Log) {
	for name, test := range map[string]func(*testing.T, event.Log){
		"round trip":                testRoundTrip,
		"seq without gaps":          testSeq,
		"same id twice":             testSameID,
		"same id, other payload":    testSameIDOtherPayload,
		"many writers":              testManyWriters,
		"invalid":                   testInvalid,
		"filter":                    testFilter,
		"pages":                     testPages,
		"follow":                    testFollow,
		"slow follower":             testSlowFollower,
		"follower's error":          testFollowerError,
		"closed":                    testClosed,
		"cancelled before it began": testCancelled,
	} {
		t.Run(name, func(t *testing.T) {
			log := open(t)
			t.Cleanup(func() {
				if err := log.Close(); err != nil {
					t.Errorf("Close: %v", err)
				}
			})
			test(t, log)
		})
	}
}

func appendAll(t *testing.T, log event.Log, events []event.Event) []event.Event {
	t.Helper()
	got, err := log.Append(context.Background(), events)
	if err != nil {
		t.Fatalf("Append of %d events: %v", len(events), err)
	}
	return got
}

func read(t *testing.T, log event.Log, f event.Filter) []event.Event {
	t.Helper()
	got, err := log.Read(context.Background(), f)
	if err != nil {
		t.Fatalf("Read(%+v): %v", f, err)
	}
	return got
}

func seqs(events []event.Event) []uint64 {
	out := make([]uint64, len(events))
	for i, e := range events {
		out[i] = e.Seq
	}
	return out
}

func testRoundTrip(t *testing.T, log event.Log) {
	full := event.Event{
		ID: event.NewID(), Source: "/demo/line/caps-1", Type: "linesman.part.judged.v1",
		Time: Noon.In(time.FixedZone("CST", 8*3600)), Subject: "第一条线 ✓", Severity: event.Critical,
		Part: event.NewID(), Batch: "B-1", Cause: "not-a-uuid", Actor: "user:li",
		Data: []byte(`{"outcome":"pass","text":"瓶盖 \u0000"}`),
	}
	bare := event.Event{Source: "/demo", Type: "acme.thing.v1", Time: Noon, Data: []byte(`null`)}
	stored := appendAll(t, log, []event.Event{full, bare})
	full.Seq, full.Time = 1, full.Time.UTC()
	bare.Seq, bare.Actor, bare.ID = 2, "system", stored[1].ID
	if _, ok := event.ParseID(bare.ID); !ok {
		t.Errorf("an event without id got %q, want a UUIDv7", bare.ID)
	}
	want := []event.Event{full, bare}
	if d := cmp.Diff(want, stored); d != "" {
		t.Errorf("Append returned (-want +got):\n%s", d)
	}
	if d := cmp.Diff(want, read(t, log, event.Filter{})); d != "" {
		t.Errorf("Read returned (-want +got):\n%s", d)
	}
}

func testSeq(t *testing.T, log event.Log) {
	in := Sample(300)
	var want []event.Event
	for _, group := range [][]event.Event{in[:1], in[1:7], in[7:200], in[200:]} {
		want = append(want, appendAll(t, log, group)...)
	}
	for i, e := range want {
		if e.Seq != uint64(i)+1 {
			t.Fatalf("event %d got seq %d, want %d", i, e.Seq, i+1)
		}
	}
	if d := cmp.Diff(want, read(t, log, event.Filter{})); d != "" {
		t.Errorf("Read (-want +got):\n%s", d)
	}
}

func testSameID(t *testing.T, log event.Log) {
	in := Sample(10)
	first := appendAll(t, log, in)
	again := appendAll(t, log, append(slices.Clone(in[4:]), in[5], Sample(1)[0]))
	want := append(seqs(first)[4:], first[5].Seq, 11)
	if d := cmp.Diff(want, seqs(again)); d != "" {
		t.Errorf("seqs of a second append (-want +got):\n%s", d)
	}
	if got := read(t, log, event.Filter{}); len(got) != 11 {
		t.Errorf("the log has %d events, want 11", len(got))
	}
}

func testSameIDOtherPayload(t *testing.T, log event.Log) {
	pass := event.New("/demo", "p", Noon, event.PartJudged{Outcome: "pass"})
	pass.ID = event.NewID()
	fail := event.New("/demo", "p", Noon, event.PartJudged{Outcome: "fail"})
	fail.ID = pass.ID
	appendAll(t, log, []event.Event{pass})
	if got := appendAll(t, log, []event.Event{fail}); got[0].Seq != 1 {
		t.Errorf("the same id with another payload got seq %d, want 1", got[0].Seq)
	}
	got := read(t, log, event.Filter{})
	if len(got) != 1 || string(got[0].Data) != string(pass.Data) {
		t.Errorf("the log holds %v, want the first payload alone", got)
	}
}

func testManyWriters(t *testing.T, log event.Log) {
	const writers, each = 8, 40
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			var last uint64
			for i := range each {
				e := event.New("/demo", fmt.Sprintf("w%d", w), Noon, event.PartJudged{Outcome: []string{"pass", "fail"}[i%2], Trigger: uint64(i + 1)})
				got, err := log.Append(context.Background(), []event.Event{e})
				if err != nil {
					t.Errorf("writer %d: %v", w, err)
					return
				}
				if got[0].Seq <= last {
					t.Errorf("writer %d: seq %d after %d", w, got[0].Seq, last)
				}
				last = got[0].Seq
			}
		})
	}
	wg.Wait()
	all := read(t, log, event.Filter{})
	if len(all) != writers*each {
		t.Fatalf("the log has %d events, want %d", len(all), writers*each)
	}
	for i, e := range all {
		if e.Seq != uint64(i)+1 {
			t.Fatalf("place %d has seq %d: a gap", i, e.Seq)
		}
	}
}

func testInvalid(t *testing.T, log event.Log) {
	good := Sample(1)[0]
	for name, spoil := range map[string]func(*event.Event){
		"no type":         func(e *event.Event) { e.Type = "" },
		"no source":       func(e *event.Event) { e.Source = "" },
		"id":              func(e *event.Event) { e.ID = "42" },
		"id in capitals":  func(e *event.Event) { e.ID = strings.ToUpper(event.NewID()) },
		"no time":         func(e *event.Event) { e.Time = time.Time{} },
		"no data":         func(e *event.Event) { e.Data = nil },
		"data":            func(e *event.Event) { e.Data = []byte(`{"a":`) },
		"large data":      func(e *event.Event) { e.Data = []byte(`"` + strings.Repeat("x", event.MaxData) + `"`) },
		"no UTF-8":        func(e *event.Event) { e.Subject = "\xff" },
		"unknown urgency": func(e *event.Event) { e.Severity = 9 },
	} {
		bad := good
		spoil(&bad)
		if _, err := log.Append(context.Background(), []event.Event{good, bad}); !errors.Is(err, event.ErrInvalid) {
			t.Errorf("%s: got error %v, want ErrInvalid", name, err)
		}
	}
	if got := read(t, log, event.Filter{}); len(got) != 0 {
		t.Errorf("refused appends left %d events", len(got))
	}
}

func testFilter(t *testing.T, log event.Log) {
	all := appendAll(t, log, Sample(60))
	for name, f := range map[string]event.Filter{
		"all":                  {},
		"after":                {After: 20},
		"before":               {Before: 20},
		"between":              {After: 10, Before: 12},
		"nothing between":      {After: 10, Before: 11},
		"beyond":               {After: 1000},
		"type":                 {Types: []event.Type{"linesman.plc.state.v1"}},
		"two types":            {Types: []event.Type{"linesman.part.gated.v1", "linesman.plc.state.v1"}},
		"same type twice":      {Types: []event.Type{"linesman.part.gated.v1", "linesman.part.*"}},
		"prefix":               {Types: []event.Type{"linesman.part.*"}},
		"unknown type":         {Types: []event.Type{"linesman.part"}},
		"part":                 {Part: all[21].Part},
		"unknown part":         {Part: "none"},
		"subject":              {Subject: "plc-1"},
		"subject is a part":    {Subject: all[22].Subject},
		"batch":                {Batch: "B-2"},
		"unknown batch":        {Batch: "B-9"},
		"from":                 {From: Noon.Add(30 * time.Second)},
		"to is not included":   {To: Noon.Add(30 * time.Second)},
		"from to":              {From: Noon.Add(30 * time.Second), To: Noon.Add(40 * time.Second)},
		"long ago":             {To: time.Date(1500, 1, 1, 0, 0, 0, 0, time.UTC)},
		"far ahead":            {From: time.Date(3000, 1, 1, 0, 0, 0, 0, time.UTC)},
		"batch and type":       {Batch: "B-1", Types: []event.Type{"linesman.part.*"}},
		"type and time":        {From: Noon.Add(20 * time.Second), Types: []event.Type{"linesman.plc.*"}},
		"everything at once":   {After: 3, Before: 50, Types: []event.Type{"*"}, Subject: all[31].Subject, Part: all[31].Part, Batch: "B-2", From: Noon, To: Noon.Add(time.Hour)},
		"time and one past it": {From: Noon.Add(31 * time.Second), To: Noon.Add(31*time.Second + 1)},
	} {
		for _, newest := range []bool{false, true} {
			for _, limit := range []int{0, 1, 7} {
				f.Newest, f.Limit = newest, limit
				var want []event.Event
				for _, e := range all {
					if f.Match(e) {
						want = append(want, e)
					}
				}
				if newest {
					slices.Reverse(want)
				}
				if limit > 0 {
					want = want[:min(limit, len(want))]
				}
				if d := cmp.Diff(seqs(want), seqs(read(t, log, f))); d != "" {
					t.Errorf("%s, newest %v, limit %d (-want +got):\n%s", name, newest, limit, d)
				}
			}
		}
	}
}

func testPages(t *testing.T, log event.Log) {
	appendAll(t, log, Sample(event.DefaultLimit+50))
	if got := read(t, log, event.Filter{}); len(got) != event.DefaultLimit {
		t.Errorf("without a limit Read returned %d events, want %d", len(got), event.DefaultLimit)
	}
	var after uint64
	var n int
	for {
		page := read(t, log, event.Filter{After: after, Limit: 100})
		if len(page) == 0 {
			break
		}
		for _, e := range page {
			if e.Seq != after+1 {
				t.Fatalf("seq %d after %d", e.Seq, after)
			}
			after = e.Seq
			n++
		}
	}
	if n != event.DefaultLimit+50 {
		t.Errorf("pages held %d events, want %d", n, event.DefaultLimit+50)
	}
}

func testFollow(t *testing.T, log event.Log) {
	in := Sample(40)
	appendAll(t, log, in[:20])
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	got := make(chan uint64, 64)
	done := make(chan error, 1)
	appended := make(chan struct{})
	go func() {
		done <- log.Follow(ctx, 5, func(e event.Event) error { got <- e.Seq; return nil })
	}()
	for want := uint64(6); want <= 40; want++ {
		if want == 21 {
			go func() {
				defer close(appended)
				for _, e := range in[20:] {
					if _, err := log.Append(context.Background(), []event.Event{e}); err != nil {
						t.Errorf("Append: %v", err)
					}
				}
			}()
		}
		if seq := <-got; seq != want {
			t.Fatalf("followed to seq %d, want %d", seq, want)
		}
	}
	<-appended
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("Follow returned %v, want context.Canceled", err)
	}
}

func testSlowFollower(t *testing.T, log event.Log) {
	ctx, cancel := context.WithCancel(context.Background())
	held, release := make(chan struct{}), make(chan struct{})
	done := make(chan error, 1)
	var n int
	go func() {
		done <- log.Follow(ctx, 0, func(e event.Event) error {
			if n == 0 {
				close(held)
				<-release
			}
			if n++; n == 200 {
				cancel()
			}
			return nil
		})
	}()
	in := Sample(200)
	appendAll(t, log, in[:1])
	<-held
	for _, e := range in[1:] { // returns although the follower stands still
		appendAll(t, log, []event.Event{e})
	}
	close(release)
	if err := <-done; !errors.Is(err, context.Canceled) || n != 200 {
		t.Errorf("the slow follower saw %d of 200 events and returned %v", n, err)
	}
}

func testFollowerError(t *testing.T, log event.Log) {
	appendAll(t, log, Sample(3))
	enough := errors.New("enough")
	err := log.Follow(context.Background(), 0, func(e event.Event) error {
		if e.Seq == 2 {
			return enough
		}
		return nil
	})
	if !errors.Is(err, enough) {
		t.Errorf("Follow returned %v, want the follower's own error", err)
	}
}

func testClosed(t *testing.T, log event.Log) {
	appendAll(t, log, Sample(3))
	seen, done := make(chan struct{}), make(chan error, 1)
	go func() {
		done <- log.Follow(context.Background(), 0, func(e event.Event) error {
			if e.Seq == 3 {
				close(seen)
			}
			return nil
		})
	}()
	<-seen
	if err := log.Close(); err != nil {
		t.Fatalf("Close: %v", err)
	}
	if err := <-done; !errors.Is(err, event.ErrClosed) {
		t.Errorf("Follow of a closed log returned %v, want ErrClosed", err)
	}
	if _, err := log.Append(context.Background(), Sample(1)); !errors.Is(err, event.ErrClosed) {
		t.Errorf("Append to a closed log: %v, want ErrClosed", err)
	}
	if _, err := log.Read(context.Background(), event.Filter{}); !errors.Is(err, event.ErrClosed) {
		t.Errorf("Read of a closed log: %v, want ErrClosed", err)
	}
}

func testCancelled(t *testing.T, log event.Log) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := log.Append(ctx, Sample(1)); !errors.Is(err, context.Canceled) {
		t.Errorf("Append: %v, want context.Canceled", err)
	}
	if got := read(t, log, event.Filter{}); len(got) != 0 {
		t.Errorf("a cancelled append stored %d events", len(got))
	}
}
