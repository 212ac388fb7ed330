package line

import (
	"slices"
	"sync/atomic"
)

// viewers are those who watch the live picture. Each has room for one shot;
// the newest wins. The line never waits for any of them, nor for a lock: the
// list is never changed, only exchanged for another.
type viewers struct{ list atomic.Pointer[[]*viewer] }

// viewer is one who watches.
type viewer struct {
	shots chan Shot // has room for one; only the owner sends
	gone  atomic.Bool
}

// take gives back what lies in the viewer's box.
func (v *viewer) take() {
	select {
	case old := <-v.shots:
		old.Frame.Release()
	default:
	}
}

// all returns the list as it is; read-only.
func (v *viewers) all() []*viewer {
	if list := v.list.Load(); list != nil {
		return *list
	}
	return nil
}

// exchange puts a changed copy in the list's place.
func (v *viewers) exchange(change func([]*viewer) []*viewer) {
	for {
		old := v.list.Load()
		var list []*viewer
		if old != nil {
			list = slices.Clone(*old)
		}
		list = change(list)
		if v.list.CompareAndSwap(old, &list) {
			return
		}
	}
}

// watched reports whether anybody looks.
func (v *viewers) watched() bool { return len(v.all()) > 0 }

// Watch subscribes to judged frames until stop is called. The receiver
// releases each shot's frame.
func (s *Station) Watch() (shots <-chan Shot, stop func()) {
	one := &viewer{shots: make(chan Shot, 1)}
	s.viewers.exchange(func(l []*viewer) []*viewer { return append(l, one) })
	return one.shots, func() {
		if one.gone.Swap(true) {
			return
		}
		s.viewers.exchange(func(l []*viewer) []*viewer { return slices.DeleteFunc(l, func(v *viewer) bool { return v == one }) })
		one.take()
	}
}

// show hands a shot to every viewer. Only the owner calls it.
func (v *viewers) show(shot Shot) {
	for _, one := range v.all() {
		one.take()
		shot.Frame.Retain()
		one.shots <- shot // there is room: only we send
		// One who left meanwhile has emptied the box before this shot came; the
		// mark was set before that, so that one of us takes it back.
		if one.gone.Load() {
			one.take()
		}
	}
}
