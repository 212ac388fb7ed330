package line

import (
	"container/heap"
	"context"
	"fmt"
	"sync"
	"time"

	"linesman/part"
	"linesman/plc"
)

// pulses opens gates in pulse mode: a goroutine of its own waits for each
// pass's due moment and sets its point. What is cancelled or comes too late is
// never set, and the resting gate rejects the part.
type pulses struct {
	s      *Station
	orders chan pulseOrder
	quit   context.CancelFunc
	wait   sync.WaitGroup
}

// pulseOrder is one message to the pulse goroutine: a pass to come, one taken
// back, or a fresh reading of the belt.
type pulseOrder struct {
	id     part.ID
	lane   int
	due    part.Tick
	entry  plc.Entry
	cancel bool
	status *plc.Status
}

func (p *pulses) init(s *Station) {
	p.s = s
	pulse := false
	for _, g := range s.cfg.Settings.Gates {
		pulse = pulse || g.Mode == ModePulse
	}
	if !pulse {
		return
	}
	p.orders = make(chan pulseOrder, 1024)
	ctx, cancel := context.WithCancel(context.Background())
	p.quit = cancel
	p.wait.Go(func() { p.run(ctx) })
}

func (p *pulses) stop() {
	if p.quit != nil {
		p.quit()
		p.wait.Wait()
	}
}

// send never blocks; an order that finds no room is a pass that is not set.
func (p *pulses) send(o pulseOrder) bool {
	if p.orders == nil {
		return false
	}
	select {
	case p.orders <- o:
		return true
	default:
		return false
	}
}

// add takes a judged part over. In pulse mode the hand-over to this goroutine
// is the acknowledged entry: the coil is set at the due tick itself.
func (p *pulses) add(t *tracked) {
	if t.Outcome == part.Pass && !p.send(pulseOrder{id: t.ID, lane: t.Lane, due: t.GateAt, entry: entryOf(t)}) {
		return
	}
	e, at := entryOf(t), p.s.now()
	select {
	case p.s.acks <- ack{entry: e, at: at}:
	default: // found overdue
	}
}

func (p *pulses) cancel(t *tracked) { p.send(pulseOrder{id: t.ID, cancel: true}) }

func (p *pulses) reading(st plc.Status) { p.send(pulseOrder{status: &st}) }

func (p *pulses) run(ctx context.Context) {
	var queue pulseQueue
	var belt plc.Status
	gone := map[part.ID]bool{}
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case o := <-p.orders:
			switch {
			case o.status != nil:
				if o.status.Reset || o.status.Boot != belt.Boot && belt.Boot != 0 {
					queue, gone = nil, map[part.ID]bool{}
				}
				belt = *o.status
			case o.cancel:
				gone[o.id] = true
			default:
				heap.Push(&queue, o)
			}
		case <-timer.C:
		}
		next := p.fire(&queue, belt, gone)
		timer.Reset(next)
	}
}

// fire sets what is due and returns how long until the next.
func (p *pulses) fire(queue *pulseQueue, belt plc.Status, gone map[part.ID]bool) time.Duration {
	for queue.Len() > 0 {
		o := (*queue)[0]
		gate := p.s.cfg.Settings.gateOf(o.lane)
		if gone[o.id] {
			delete(gone, o.id)
			heap.Pop(queue)
			continue
		}
		counts, same := o.due.Sub(belt.Now)
		if !same {
			heap.Pop(queue)
			continue
		}
		if !belt.Running || belt.Speed <= 0 {
			return 20 * time.Millisecond
		}
		// The gate opens half a window before the part's centre is due, less the
		// valve's response; the controller ends the pulse by itself.
		lead := counts - int64(gate.WindowMM/2*p.s.cfg.Settings.Encoder.PerMM)
		at := belt.At.Add(time.Duration(float64(lead)/belt.Speed*1e9) - gate.Response.D())
		wait := at.Sub(p.s.now())
		if wait > 0 {
			return min(wait, 20*time.Millisecond)
		}
		heap.Pop(queue)
		open := time.Duration(gate.WindowMM * p.s.cfg.Settings.Encoder.PerMM / belt.Speed * 1e9)
		if -wait > open/2 {
			continue // too late to open for this part alone
		}
		p.s.cfg.Outputs.Signal(plc.Signal{ID: string(o.id), Point: pointOf(gate, o.lane), Value: true, Due: at, Expires: at.Add(open / 2), Pulse: open})
	}
	return time.Hour
}

// pulseQueue is a heap by due tick.
type pulseQueue []pulseOrder

func (q pulseQueue) Len() int           { return len(q) }
func (q pulseQueue) Less(i, j int) bool { return q[i].due.Before(q[j].due) }
func (q pulseQueue) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *pulseQueue) Push(x any)        { *q = append(*q, x.(pulseOrder)) }
func (q *pulseQueue) Pop() any {
	old := *q
	last := old[len(old)-1]
	*q = old[:len(old)-1]
	return last
}

// pointOf names the pass output of one lane: a gate of several lanes has one
// point a lane, "pass-3", as the drivers name them.
func pointOf(g *Gate, lane int) string {
	if len(g.Lanes) == 1 {
		return g.Point
	}
	return fmt.Sprintf("%s-%d", g.Point, lane)
}
