package main

import "linesman/api"

// logState is the log's health, for the metrics.
func (a *appliance) logState() api.LogState {
	ring := a.ring.State()
	out := api.LogState{RingUsed: ring.Used, RingSize: ring.Size, RingLost: ring.Lost}
	s, err := a.store.State()
	if err != nil {
		a.log.Warn("the log's files can not be looked at", "err", err)
	}
	out.Oldest, out.Newest, out.Bytes, out.Free, out.Sealed = s.Oldest, s.Newest, s.Bytes, s.Free, s.Sealed
	return out
}
