package line

import "linesman/part"

// order puts one view's frames back into the order in which they were taken
// in: workers finish as they please.
type order struct {
	next    uint64
	waiting map[uint64]looked
	ready   []looked

	tick  part.Tick // of the newest frame decided
	seen  bool
	parts []*tracked // of the newest frame decided
}

// put takes one answer and returns those that may be decided now, oldest
// first. The slice is good until the next put.
func (o *order) put(l looked) []looked {
	o.ready = o.ready[:0]
	o.waiting[l.ticket] = l
	for {
		next, ok := o.waiting[o.next]
		if !ok {
			return o.ready
		}
		delete(o.waiting, o.next)
		o.ready = append(o.ready, next)
		o.next++
	}
}
