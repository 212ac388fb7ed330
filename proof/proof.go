// Package proof proves: it tells one part from trigger to confirmation, judges
// it again from its kept picture, and writes the page on which a batch or a
// shift answers for itself. It reads the log and writes nothing into it; what
// the log does not say stands in its answers as a gap, never as a guess.
package proof

import (
	"context"

	"linesman/event"
)

// Log is what proof reads of the event log; event.Log and the reader of a
// copied log's files satisfy it.
type Log interface {
	Read(ctx context.Context, f event.Filter) ([]event.Event, error)
}
