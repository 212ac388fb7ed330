package modbus

import (
	"context"
	"fmt"
	"time"

	"linesman/part"
	"linesman/plc"
)

// batch is how many entries fit into one request of at most 123 words.
const batch = 123 / plc.EntryWords

// Queue writes entries into the free slots of the ring, in order, and then the
// head. Entries that find no free slot are not written.
func (c *conn) Queue(ctx context.Context, entries []plc.Entry) (int, error) {
	done := 0
	for done < len(entries) {
		n, bad := c.good(entries[done:])
		if n > c.room() {
			if err := c.look(ctx); err != nil {
				return done, err
			}
		}
		room := c.room()
		n = min(n, room, batch, plc.EntrySlots-int((c.head+1)%plc.EntrySlots))
		if n > 0 {
			if err := c.put(ctx, entries[done:done+n]); err != nil {
				return done, err
			}
			done += n
			continue
		}
		if room == 0 {
			return done, nil
		}
		return done, bad
	}
	return done, nil
}

// good returns how many entries from the first on can be sent, and what is
// wrong with the next.
func (c *conn) good(entries []plc.Entry) (int, error) {
	for i, e := range entries {
		switch {
		case e.Lane < 1 || e.Lane > c.lanes:
			return i, fmt.Errorf("controller %s: %w: part %s is in lane %d, the controller has %d", c.set.URL, plc.ErrRefused, e.Part, e.Lane, c.lanes)
		case e.Due.Epoch != c.unroll.Now().Epoch:
			return i, fmt.Errorf("controller %s: part %s, due at %v: %w", c.set.URL, e.Part, e.Due, plc.ErrStale)
		}
	}
	return len(entries), nil
}

// room returns how many slots are free, as far as we know.
func (c *conn) room() int { return plc.EntrySlots - int(c.head-c.taken) }

// look asks how many entries have been taken. A number that no ring of ours
// can have reached is of a controller that began anew: so do we.
func (c *conn) look(ctx context.Context) error {
	w, err := c.input(ctx, "read queue", plc.StatusTaken, 1)
	if err != nil {
		return err
	}
	c.taken = w[0]
	if c.room() < 0 {
		c.head = c.taken
	}
	return nil
}

// put writes entries into neighbouring free slots, the sequence word of each
// last, then the head.
func (c *conn) put(ctx context.Context, entries []plc.Entry) error {
	words := make([]uint16, 0, batch*plc.EntryWords)
	for i, e := range entries {
		t1, t2 := c.split(uint32(e.Trigger))
		d1, d2 := c.split(uint32(e.Due.Count) & c.mask())
		words = append(words, t1, t2, uint16(e.Lane), wire(e.Outcome), d1, d2, uint16(c.boot), c.head+1+uint16(i))
	}
	slot := int((c.head + 1) % plc.EntrySlots)
	if err := c.write(ctx, "queue", plc.EntryBase+slot*plc.EntryWords, words...); err != nil {
		return err
	}
	head := c.head + uint16(len(entries))
	if err := c.write(ctx, "queue", plc.HeadReg, head); err != nil {
		return err
	}
	c.head = head
	return nil
}

func (c *conn) mask() uint32 { return uint32(1<<c.bits - 1) }

// wire returns the outcome's number; what is not a pass can not become one.
func wire(o part.Outcome) uint16 {
	switch o {
	case part.Pass:
		return plc.WirePass
	case part.Fail:
		return plc.WireFail
	default:
		return plc.WireInconclusive
	}
}

// Beat changes the heartbeat register.
func (c *conn) Beat(ctx context.Context) error {
	c.beat++
	return c.write(ctx, "heartbeat", plc.BeatReg, c.beat)
}

// Hold asks for reject and a stopped feed.
func (c *conn) Hold(ctx context.Context) error { return c.order(ctx, "hold", plc.CommandHold) }

// Release ends a hold.
func (c *conn) Release(ctx context.Context) error { return c.order(ctx, "release", plc.CommandRelease) }

// Judging writes the number of the product judged by.
func (c *conn) Judging(ctx context.Context, number uint16) error {
	return c.write(ctx, "product", plc.RecipeReg, number)
}

func (c *conn) order(ctx context.Context, what string, command uint16) error {
	seq := c.command + 1
	if err := c.write(ctx, what, plc.CommandReg, command, seq); err != nil {
		return err
	}
	c.command = seq
	return nil
}

// signals remembers the answers to the last signals: the same id twice acts
// once.
type signals struct {
	seen  map[string]plc.Ack
	order []string
}

const signalMemory = 1024

func (s *signals) remember(a plc.Ack) {
	if a.ID == "" {
		return
	}
	s.seen[a.ID] = a
	s.order = append(s.order, a.ID)
	if len(s.order) > signalMemory {
		delete(s.seen, s.order[0])
		s.order = s.order[1:]
	}
}

// Set writes the point's coil now. A pass coil falls back by itself, after the
// controller's window; Pulse of other points is for the controller's program.
func (c *conn) Set(ctx context.Context, s plc.Signal) (plc.Ack, error) {
	if a, ok := c.signals.seen[s.ID]; ok && s.ID != "" {
		return a, nil
	}
	ack := plc.Ack{ID: s.ID, At: time.Now()}
	coil, err := c.set.coil(s.Point)
	if err != nil {
		return ack, err
	}
	if !s.Expires.IsZero() && ack.At.After(s.Expires) {
		ack.Why = fmt.Sprintf("expired %v ago", ack.At.Sub(s.Expires).Round(time.Millisecond))
		c.signals.remember(ack)
		return ack, nil
	}
	if err := c.ready(ctx, "set "+s.Point); err != nil {
		return ack, err
	}
	if err := c.client.WriteCoil(c.set.Base+coil, s.Value); err != nil {
		return ack, c.wrap("set "+s.Point, err)
	}
	ack.At, ack.Done = time.Now(), true
	c.signals.remember(ack)
	return ack, nil
}
