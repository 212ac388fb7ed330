package event

import (
	"context"
	"encoding/binary"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// kept is a log that only takes.
type kept struct {
	Log
	events []Event
}

func (k *kept) Append(_ context.Context, events []Event) ([]Event, error) {
	k.events = append(k.events, events...)
	return events, nil
}

// left makes a ring file with n events in it, closed as if by kill -9.
func left(t *testing.T, n int) (path string, want []Event) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "ring")
	r, err := OpenRing(RingSettings{Path: path, Size: minRingSize})
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		e := New("/demo", "p", time.Unix(int64(1000+i), 0), PartSeen{Trigger: uint64(i + 1)})
		e.ID = NewID()
		r.Emit(e)
		want = append(want, e)
	}
	if err := r.file.unmap(); err != nil {
		t.Fatal(err)
	}
	return path, want
}

// edit changes a ring file's bytes.
func edit(t *testing.T, path string, change func([]byte) []byte) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, change(b), 0o600); err != nil {
		t.Fatal(err)
	}
}

// replay opens the ring and returns what reaches the log.
func replay(t *testing.T, path string) (events []Event, losses []RingLost) {
	t.Helper()
	r, err := OpenRing(RingSettings{Path: path, Size: minRingSize, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var log kept
	if err := r.Run(ctx, &log); err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	for _, e := range log.events {
		if e.Type != (RingLost{}).EventType() {
			events = append(events, e)
			continue
		}
		l, err := As[RingLost](e)
		if err != nil {
			t.Fatal(err)
		}
		losses = append(losses, l)
	}
	return events, losses
}

func setWord(b []byte, at int, v uint64) { binary.LittleEndian.PutUint64(b[at:], v) }
func getWord(b []byte, at int) uint64    { return binary.LittleEndian.Uint64(b[at:]) }

func TestRestart(t *testing.T) {
	const n = 10
	size := func(b []byte) int { return int(getWord(b, wordHead)) / n } // of one record
	for name, test := range map[string]struct {
		change func(b []byte) []byte
		want   []int // indexes of the events that are carried over
		why    []string
		counts []uint64
	}{
		"killed": {func(b []byte) []byte { return b }, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, nil, nil},
		"killed within Emit": {func(b []byte) []byte {
			setWord(b, ringPage+9*size(b), 0)
			return b
		}, []int{0, 1, 2, 3, 4, 5, 6, 7, 8}, []string{"torn record"}, []uint64{1}},
		"one producer killed within Emit, others went on": {func(b []byte) []byte {
			setWord(b, ringPage+3*size(b), 0)
			return b
		}, []int{0, 1, 2, 4, 5, 6, 7, 8, 9}, []string{"torn record"}, []uint64{1}},
		"a bit flipped": {func(b []byte) []byte {
			b[ringPage+5*size(b)+40] ^= 4
			return b
		}, []int{0, 1, 2, 3, 4, 6, 7, 8, 9}, []string{"torn record"}, []uint64{1}},
		"a loss not yet told": {func(b []byte) []byte {
			setWord(b, wordLost, 7)
			setWord(b, wordLostFrom, 5e9)
			setWord(b, wordLostTo, 6e9)
			return b
		}, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, []string{"ring full"}, []uint64{7}},
		"power cut": {func(b []byte) []byte {
			b[wordBoot] ^= 1
			return b
		}, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, []string{"up to 100 ms may be missing"}, []uint64{0}},
		"power cut, header older than the records": {func(b []byte) []byte {
			b[wordBoot] ^= 1
			setWord(b, wordHead, uint64(2*size(b)))
			return b
		}, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, []string{"up to 100 ms may be missing"}, []uint64{0}},
		"power cut, a record older than the header": {func(b []byte) []byte {
			b[wordBoot] ^= 1
			clear(b[ringPage+4*size(b) : ringPage+5*size(b)])
			return b
		}, []int{0, 1, 2, 3, 5, 6, 7, 8, 9}, []string{"up to 100 ms may be missing"}, []uint64{0}},
		"closed, then the machine was started again": {func(b []byte) []byte {
			b[wordBoot] ^= 1
			setWord(b, wordState, ringClosed)
			return b
		}, []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}, nil, nil},
		"no ring file": {func(b []byte) []byte {
			return []byte(strings.Repeat("hello", 1000))
		}, nil, []string{"it is no ring file"}, []uint64{0}},
		"shortened": {func(b []byte) []byte { return b[:len(b)-4096] }, nil, []string{"unreadable"}, []uint64{0}},
		"tail beyond head": {func(b []byte) []byte {
			setWord(b, wordTail, getWord(b, wordHead)+16)
			return b
		}, nil, []string{"do not belong together"}, []uint64{0}},
		"ended before it was made": {func(b []byte) []byte { return make([]byte, 8192) }, nil, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			path, in := left(t, n)
			edit(t, path, test.change)
			events, losses := replay(t, path)
			var want []Event
			for _, i := range test.want {
				want = append(want, in[i])
			}
			if d := cmp.Diff(want, events); d != "" {
				t.Errorf("carried over (-want +got):\n%s", d)
			}
			if len(losses) != len(test.why) {
				t.Fatalf("losses told: %+v, want %q", losses, test.why)
			}
			for i, l := range losses {
				if !strings.Contains(l.Why, test.why[i]) || l.Count != test.counts[i] || l.To.Before(l.From) {
					t.Errorf("loss told: %+v, want %d %q", l, test.counts[i], test.why[i])
				}
			}
			if again, more := replay(t, path); len(again) > 0 || len(more) > 0 {
				t.Errorf("told again at the next start: %v, %v", again, more)
			}
		})
	}
}

// After a power cut the tail on disk may be older than what the ring was given
// since: it went on round, over what the old tail points to.
func TestPowerCutOldTail(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ring")
	r, err := OpenRing(RingSettings{Path: path, Size: minRingSize})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var log kept
	for i := range 12_000 { // one lap and a half, drained but for the last lot
		r.Emit(New("/demo", "p", time.Unix(1000, 0), PartSeen{Trigger: uint64(i + 1)}))
		if i%1000 == 999 && i < 11_000 {
			if err := r.Run(ctx, &log); err != nil {
				t.Fatal(err)
			}
		}
	}
	undrained := 12_000 - len(log.events)
	if r.file.load(wordHead) < uint64(len(r.file.area)) {
		t.Fatal("the ring did not go round")
	}
	if err := r.file.unmap(); err != nil {
		t.Fatal(err)
	}
	edit(t, path, func(b []byte) []byte {
		b[wordBoot] ^= 1
		setWord(b, wordTail, 0)
		setWord(b, wordHead, 4096)
		return b
	})
	events, losses := replay(t, path)
	if len(losses) != 1 {
		t.Errorf("losses told: %+v", losses)
	}
	if len(events) < undrained {
		t.Fatalf("%d events came back, want at least the %d that were not in the log", len(events), undrained)
	}
	for i, e := range events {
		p, err := As[PartSeen](e)
		if want := uint64(12_000 - len(events) + i + 1); err != nil || p.Trigger != want {
			t.Fatalf("place %d: trigger %d, want %d (%v)", i, p.Trigger, want, err)
		}
	}
}

func FuzzReadRecord(f *testing.F) {
	area := make([]byte, 1024)
	e := New("/demo", "p", time.Unix(1, 0), PLCState{Controller: "plc-1"})
	n := bodySize(&e, "")
	putBody(area[recordHead:recordHead+n], &e, MakeID(e.Time), "")
	sealRecord(area, 0, uint32(n))
	sealRecord(area, recordSize(n), padLength)
	f.Add(area, uint64(0))
	f.Add(area, recordSize(n))
	f.Add(area, uint64(1<<40))
	f.Fuzz(func(t *testing.T, raw []byte, pos uint64) {
		if len(raw) < recordAlign {
			return
		}
		area := make([]byte, (len(raw)+recordAlign-1)&^(recordAlign-1))
		copy(area, raw)
		body, size, k := readRecord(area, pos)
		if k == hole {
			if size != 0 || body != nil {
				t.Fatalf("a hole of %d bytes", size)
			}
			return
		}
		if size == 0 || pos%uint64(len(area))+size > uint64(len(area)) {
			t.Fatalf("record at %d of %d bytes in an area of %d", pos, size, len(area))
		}
		if k == whole && recordSize(uint64(len(body))) != size {
			t.Fatalf("record of %d bytes with a body of %d", size, len(body))
		}
	})
}

func FuzzParseBody(f *testing.F) {
	for _, e := range []Event{New("/demo", "p", time.Unix(1, 0), PLCState{Controller: "plc-1"}), {}} {
		e.Time = time.Unix(1, 2)
		body := make([]byte, bodySize(&e, "odd"))
		putBody(body, &e, MakeID(e.Time), "odd")
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		e, err := parseBody(body)
		if err != nil {
			return
		}
		odd := ""
		id, ok := ParseUUID(e.ID)
		if !ok {
			odd = e.ID
		}
		again := make([]byte, bodySize(&e, odd))
		putBody(again, &e, id, odd)
		if back, err := parseBody(again); err != nil || !cmp.Equal(e, back) {
			t.Fatalf("%+v came back as %+v, %v", e, back, err)
		}
	})
}
