package bench

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"runtime/metrics"
	"time"

	"linesman/event/sqlite"
)

// ShiftResult is one shift, behind the eyes: parts on a drawn belt, the line's
// own account, verdicts, entries and events, the real connection to a simulated
// controller, the real ring and log. No picture is drawn, located, recognised
// or kept. The belt goes as fast as all of that keeps up.
type ShiftResult struct {
	Parts     int     `json:"parts"`
	Hours     float64 `json:"hours"` // of the belt at its rate
	WallS     float64 `json:"wall_s"`
	RealTime  float64 `json:"times_real_time"`
	LogWaitS  float64 `json:"waited_for_log_s"` // of wall time, the belt stood because the ring was half full
	Events    uint64  `json:"events"`           // handed over
	LogEvents uint64  `json:"log_events"`       // in the log, with its own
	LogBytes  int64   `json:"log_bytes"`        // of its files, closed
	PerPart   float64 `json:"log_bytes_per_part"`

	Commits   uint64       `json:"commits"` // synced transactions: one in each of the two files that a group has events for
	Groups    uint64       `json:"groups"`  // appended by the ring's drainer
	PerGroup  float64      `json:"events_per_group"`
	AppendMS  *Percentiles `json:"append_ms"`          // of a group
	EmitMS    *Percentiles `json:"emit_ms"`            // of the call that hands an event over
	DurableMS *Percentiles `json:"emit_to_durable_ms"` // from that call to the event on disk

	RingBytes int    `json:"ring_bytes"`
	RingMost  int    `json:"ring_most_used_bytes"`
	Lost      uint64 `json:"lost_events"`

	GoodPassed     int      `json:"good_passed"`
	Defective      int      `json:"defective"`
	Escapes        int      `json:"escapes"`
	FalseRejects   int      `json:"false_rejects"`
	Collateral     int      `json:"collateral"`
	LedgerBalanced bool     `json:"ledger_balanced"`
	Ledger         []string `json:"ledger_differences,omitempty"`

	Log          LogCount `json:"log"`
	CountS       float64  `json:"count_s"` // to read every event again
	VerifyS      float64  `json:"verify_s"`
	VerifyGood   bool     `json:"verify_good"`
	VerifyEvents uint64   `json:"verify_events"`
	HeapMostMB   float64  `json:"heap_most_mb"` // of Go, while the belt moved
}

// result gathers what the plant says, halted.
func (h *haul) result(o *Shift, took time.Duration) *ShiftResult {
	t, hours := &h.fates, float64(o.Parts)/o.RatePerHour
	r := &ShiftResult{
		Parts: t.met(), Hours: hours, WallS: took.Seconds(), RealTime: hours * 3600 / took.Seconds(), LogWaitS: h.logWait.Seconds(),
		Events: h.ring.took.n.Load(), EmitMS: h.ring.took.percentiles(), DurableMS: h.log.durable.percentiles(),
		Groups: h.log.appends.n.Load(), AppendMS: h.log.appends.percentiles(),
		RingBytes: h.ring.State().Size, RingMost: int(h.ring.most.Load()), Lost: h.ring.State().Lost,
		GoodPassed: t.passed - t.escapes, Defective: t.defective, Escapes: t.escapes, FalseRejects: t.falseRejects, Collateral: t.collateral,
		Ledger: h.station.Status().Ledger.Check(), HeapMostMB: h.heap,
	}
	r.LedgerBalanced = len(r.Ledger) == 0
	r.PerGroup = float64(r.Events) / float64(max(r.Groups, 1))
	return r
}

// read closes the log and looks at what is in it.
func (r *ShiftResult) read(ctx context.Context, p *plant, dir string, say func(string, ...any)) error {
	say("reading every event again")
	began := time.Now()
	count, err := countLog(ctx, p.store)
	if err != nil {
		return err
	}
	r.Log, r.CountS = *count, time.Since(began).Seconds()
	state, err := p.store.State()
	if err != nil {
		return err
	}
	r.LogEvents, r.Commits = state.Newest, state.Commits
	r.Lost += count.lost
	p.close()
	if r.LogBytes, err = bytesIn(dir); err != nil {
		return err
	}
	r.PerPart = float64(r.LogBytes) / float64(max(r.Parts, 1))
	say("verifying %d events, %d MB", r.LogEvents, r.LogBytes>>20)
	began = time.Now()
	v, err := sqlite.Verify(ctx, sqlite.VerifySettings{Dir: dir})
	if err != nil {
		return err
	}
	r.VerifyS, r.VerifyGood, r.VerifyEvents = time.Since(began).Seconds(), v.Good, v.Events
	return nil
}

// bytesIn returns the bytes of a folder's files.
func bytesIn(dir string) (n int64, err error) {
	err = filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		info, err := os.Stat(path)
		if err == nil {
			n += info.Size()
		}
		return err
	})
	return n, err
}

// heapMB is what Go's heap holds, with what nobody needs any more but was not yet collected.
func heapMB() float64 {
	s := []metrics.Sample{{Name: "/memory/classes/heap/objects:bytes"}}
	metrics.Read(s)
	return float64(s[0].Value.Uint64()) / 1e6
}
