package main

import (
	"context"

	"linesman/event/sqlite"
)

// verifyLog lets the store check its files.
func verifyLog(ctx context.Context, dir string, keys, heads []string, v *Verified) error {
	b := bar(1, "verify")
	r, err := sqlite.Verify(ctx, sqlite.VerifySettings{Dir: dir, Verifiers: keys, Heads: heads, Progress: func(done, total uint64) {
		b.ChangeMax64(int64(max(total, 1)))
		_ = b.Set64(int64(done)) // a bar that can not be drawn is no reason to stop
	}})
	if err != nil {
		return err
	}
	_ = b.Finish()
	v.checked("%d events (seq %d to %d) in %d files, held against %d signed heads", r.Events, r.First, r.Last, r.Files, r.Heads)
	for _, f := range r.Findings {
		v.wrong(Wrong{File: f.File, Seq: f.Seq, ID: f.ID, What: f.What})
	}
	v.Notes = append(v.Notes, r.Notes...)
	return nil
}
