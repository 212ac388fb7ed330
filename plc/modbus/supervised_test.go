package modbus_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"linesman/part"
	"linesman/plc"
	"linesman/plc/modbus"
	"linesman/sim/belt"
)

// TestComesBack breaks a real connection in each way a controller can, and
// sees it mended: down with an error that names the address, up again, and the
// epoch new only if the controller restarted.
func TestComesBack(t *testing.T) {
	for _, kind := range []belt.Kind{belt.Hang, belt.Refuse, belt.PLCRestart} {
		t.Run(string(kind), func(t *testing.T) {
			p := newPlant(t, nil)
			l, err := modbus.New(modbus.Settings{URL: p.url, Timeout: 50 * time.Millisecond})
			if err != nil {
				t.Fatal(err)
			}
			states, readings, acks := make(chan plc.State, 100), make(chan plc.Status, 10000), make(chan error, 10)
			s := plc.NewSupervisor(plc.SupervisorConfig{
				Name: "plc-1", Dial: l.Dial, Poll: 2 * time.Millisecond, BackOff: time.Millisecond, MaxBackOff: 4 * time.Millisecond,
				OnState:  func(st plc.State) { states <- st },
				OnStatus: func(st plc.Status) { readings <- st },
				OnAck:    func(_ plc.Entry, _ time.Time, err error) { acks <- err },
			})
			ctx, cancel := context.WithCancel(t.Context())
			done := make(chan error, 1)
			go func() { done <- s.Run(ctx) }()
			defer func() { cancel(); <-done }()

			if st := <-states; !st.Connected {
				t.Fatalf("first state %+v", st)
			}
			p.step(500 * time.Millisecond)
			first := <-readings
			if err := p.belt.Fault(string(kind), 1); err != nil {
				t.Fatal(err)
			}
			down := <-states
			if down.Connected || !strings.Contains(down.Error, p.url) {
				t.Fatalf("broken: %+v, want down, naming %s", down, p.url)
			}
			s.Submit([]plc.Entry{{Lane: 1, Due: part.Tick{Epoch: first.Now.Epoch, Count: first.Now.Count + 1e6}, Outcome: part.Pass}})
			for range 3 {
				p.step(500 * time.Millisecond) // the fault's second goes by
			}
			for st := range states {
				if st.Connected {
					break
				}
			}
			// The reading that follows the reconnection tells of it.
			restarted := kind == belt.PLCRestart
			for len(readings) > 0 {
				<-readings
			}
			last := <-readings
			if (last.Boot != first.Boot) != restarted || (last.Now.Epoch != first.Now.Epoch) != restarted {
				t.Errorf("boot %d then %d, epoch %d then %d", first.Boot, last.Boot, first.Now.Epoch, last.Now.Epoch)
			}
			if err := <-acks; (err != nil) != restarted {
				t.Errorf("the entry that waited was answered %v", err)
			}
		})
	}
}
