package event

import "context"

// Proving is what a log can show of itself beside its events.
type Proving interface {
	// Head returns a head of everything that is stored, signed, and the key
	// that whoever holds the head needs to check it.
	Head(ctx context.Context) (signed, verifier string, err error)
	// Inclusion shows that the event of a seq stands in the log. The error
	// wraps ErrGone for one that was never there or has expired.
	Inclusion(ctx context.Context, seq uint64) (Inclusion, error)
	// Consistency shows that a file ("record-2026-03-01") only grew since it
	// had from events. The error wraps ErrGone for a file that is not there.
	Consistency(ctx context.Context, file string, from uint64) (Consistency, error)
	// Extent returns the seqs of the oldest and newest event there are; both 0
	// in an empty log. A follower that asks from before oldest-1 has a gap.
	Extent() (oldest, newest uint64)
}

// Cursors remembers how far a reader has come, on disk. Names are free; the
// api puts a reader's token before them.
type Cursors interface {
	Cursor(ctx context.Context, name string) (seq uint64, err error) // 0 for one never set
	SetCursor(ctx context.Context, name string, seq uint64) error    // durable when it returns; may go back
}
