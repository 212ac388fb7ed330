package bench

import (
	"context"
	"math"

	"linesman/sim"
)

// account keeps a tally up with a run, so that what is held of parts does not
// grow with it: what has met its gate is counted a block of pictures later,
// when the log tells all of it.
type account struct {
	*tally
	told *told
	mark *sim.Fate // the farthest part at the last visit; all before it can be counted now
}

// forgetMM is how far behind the parts that are counted a verdict may lie before
// it is forgotten: more than any two could be confused over.
const forgetMM = 1000

// catchUp counts what can be counted. The clock stands.
func (a *account) catchUp(ctx context.Context, p *plant) error {
	if len(p.fates) == 0 {
		return nil
	}
	farthest := p.fates[0]
	for _, f := range p.fates {
		if f.Part.MM > farthest.Part.MM {
			farthest = f
		}
	}
	if a.mark != nil {
		if err := a.count(ctx, p, a.mark.Part.MM); err != nil {
			return err
		}
		a.told.forget(a.mark.Tick - uint32(forgetMM*a.layout.PerMM))
	}
	a.mark = &farthest
	return nil
}

// finish counts all that is left. The plant is halted.
func (a *account) finish(ctx context.Context, p *plant) error { return a.count(ctx, p, math.Inf(1)) }

// count counts the parts before a place.
func (a *account) count(ctx context.Context, p *plant, before float64) error {
	if err := p.drained(ctx); err != nil {
		return err
	}
	if err := a.told.read(ctx, p.store); err != nil {
		return err
	}
	rest, err := a.take(p.fates, a.told, before)
	p.fates = rest
	return err
}
