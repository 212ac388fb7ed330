package belt

import (
	"time"

	"linesman/sim"
)

var _ sim.Wiring = (*Belt)(nil)

// Attach connects the controller's program. Call it before the first Advance.
func (b *Belt) Attach(p sim.Program) { b.program = p }

// Now returns belt time.
func (b *Belt) Now() time.Duration { return b.now }

// Encoder returns the raw count.
func (b *Belt) Encoder() uint32 { return uint32(b.counts() - b.zero) }

// ZeroEncoder makes the raw count 0 here.
func (b *Belt) ZeroEncoder() { b.zero = b.counts() }

// Load arms the lane's compare register to fire ahead counts from now.
func (b *Belt) Load(lane int, ahead int64) {
	l := &b.lanes[lane-1]
	l.compare++
	version := l.compare
	mm := float64(b.counts()+max(1, ahead)) / b.cfg.Layout.PerMM
	b.rankedAt(max(b.travelled, mm), rankCompare, func() {
		if version == b.lanes[lane-1].compare && b.program != nil {
			b.program.Compare(lane)
		}
	})
}

// Unload disarms the lane's compare register.
func (b *Belt) Unload(lane int) { b.lanes[lane-1].compare++ }

// Gate commands the lane's valve; the gate moves a valve delay later.
func (b *Belt) Gate(lane int, open bool) {
	b.atTime(b.now+b.cfg.ValveDelay, func() { b.lanes[lane-1].open = open })
}

// Feed lets the feed lay parts, or stops it. What lies on the belt moves on.
func (b *Belt) Feed(run bool) { b.feeding = run }

// Drive runs or stops the belt.
func (b *Belt) Drive(run bool) {
	if run != b.driving {
		b.anchor()
		b.driving = run
	}
}

// ScanIn asks for the program's next scan.
func (b *Belt) ScanIn(d time.Duration) {
	b.atTime(b.now+d, func() {
		if b.program != nil {
			b.program.Scan()
		}
	})
}
