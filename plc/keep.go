package plc

import (
	"context"
	"errors"
	"sync"
	"time"
)

// keeper has the points that are to stay as they were set, whatever becomes of the
// controller meanwhile.
type keeper struct {
	mu     sync.Mutex // never held over a call
	points map[string]kept
}

type kept struct {
	value bool
	set   bool // the controller has it, since its start and since it was reached
}

// Keep is Set for a point that is to stay as it is set: it is set anew after every
// reconnection and restart of the controller, to what was asked for last. That counts
// even where the answer is an error, unless the controller refuses the point. There is
// no pulse.
func (s *Supervisor) Keep(ctx context.Context, sig Signal) (Ack, error) {
	sig.Pulse = 0
	s.keeper.wish(sig.Point, sig.Value)
	var ack Ack
	if err := s.give(ctx, func(ctx context.Context, c Controller) (err error) {
		ack, err = c.Set(ctx, sig)
		s.keeper.answered(sig.Point, sig.Value, ack, err)
		return err
	}); err != nil {
		return Ack{}, err
	}
	return ack, nil
}

func (k *keeper) wish(point string, value bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.points == nil {
		k.points = map[string]kept{}
	}
	k.points[point] = kept{value: value}
}

// answered takes the controller's answer, unless another value is wanted by now. What
// rests, as it does from the controller's start on, need not be kept.
func (k *keeper) answered(point string, value bool, ack Ack, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if is, ok := k.points[point]; !ok || is.value != value {
		return
	}
	switch {
	case errors.Is(err, ErrRefused), err == nil && ack.Done && !value:
		delete(k.points, point)
	case err == nil && ack.Done:
		k.points[point] = kept{value: value, set: true}
	}
}

// forgotten notes that nothing is known of the points any more.
func (k *keeper) forgotten() {
	k.mu.Lock()
	defer k.mu.Unlock()
	for point, is := range k.points {
		k.points[point] = kept{value: is.value}
	}
}

// next returns a point that the controller may not have as it is wanted.
func (k *keeper) next() (point string, value, ok bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	for point, is := range k.points {
		if !is.set {
			return point, is.value, true
		}
	}
	return "", false, false
}

// setKept sets what the controller may not have as it is wanted. What it does not do now
// is tried again at the next reading.
func (s *Supervisor) setKept(ctx context.Context, c Controller) error {
	for {
		point, value, ok := s.keeper.next()
		if !ok {
			return nil
		}
		ack, err := c.Set(ctx, Signal{Point: point, Value: value, Due: time.Now()})
		s.keeper.answered(point, value, ack, err)
		if err != nil && !errors.Is(err, ErrRefused) {
			return err
		}
		if err == nil && !ack.Done {
			return nil
		}
	}
}
