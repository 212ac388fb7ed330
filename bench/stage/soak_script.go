package stage

import (
	"math/rand/v2"
	"time"
)

// script is what is done, drawn before it begins.
type script struct {
	visits  []span
	drops   []drop
	kills   []time.Time
	outages []outage
}

type drop struct {
	span
	silent bool // it is there and sends nothing
}

type outage struct {
	span
	kind string
}

// write draws a script. Of the drops one in ten is long enough that its alarm is
// owed.
func (s Soak) write(began time.Time) script {
	rng := rand.New(rand.NewPCG(s.Seed, 5))
	var out script
	from, to := began.Add(s.Still), began.Add(s.For-s.Still)
	between := func(least, most time.Duration) time.Duration {
		return least + time.Duration(rng.Int64N(int64(most-least)))
	}
	for at := from; at.Before(to); {
		end := at.Add(between(8*time.Second, 11*time.Second))
		out.visits = append(out.visits, span{at, end})
		at = end.Add(between(9*time.Second, 13*time.Second))
	}
	every := to.Sub(from) / time.Duration(max(s.Drops, 1))
	for i := range s.Drops {
		long := every / 4
		if i%10 == 9 {
			long = max(every*3/4, 13*time.Second)
		}
		at := from.Add(time.Duration(i)*every + between(0, every/5))
		length := between(200*time.Millisecond, max(long, 300*time.Millisecond))
		if i%10 == 9 {
			length = long
		}
		out.drops = append(out.drops, drop{span{at, at.Add(length)}, rng.IntN(3) == 0})
	}
	half := to.Sub(from) / 2
	for i := range max(s.Kills-1, 0) {
		step := half / time.Duration(s.Kills-1)
		out.kills = append(out.kills, from.Add(time.Duration(i)*step+between(step/4, step)))
	}
	if s.Kills > 0 {
		out.kills = append(out.kills, to.Add(-between(s.Still/4, s.Still)))
	}
	left := time.Duration(float64(s.For) * s.Down)
	n := max(int(left/(90*time.Second)), min(int(left/(5*time.Second)), 4))
	for i := range n {
		length, step := left/time.Duration(n), to.Sub(from)/time.Duration(n)
		at := from.Add(time.Duration(i)*step + between(0, max(step-length, time.Millisecond)))
		out.outages = append(out.outages, outage{span{at, at.Add(length)}, outages[rng.IntN(len(outages))]})
	}
	return out
}
