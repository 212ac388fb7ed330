package bench

import (
	"gonum.org/v1/gonum/stat/distuv"

	"linesman/proof"
)

// Upper95 returns the one-sided 95 % upper confidence bound on a rate of which
// k of n were seen (Clopper and Pearson 1934). Nothing seen of nothing says 1.
func Upper95(k, n int) float64 {
	bound, _ := proof.Upper(uint64(k), uint64(n))
	return bound
}

// Lower95 returns the one-sided 95 % lower confidence bound on the same rate,
// 0 where none was seen.
func Lower95(k, n int) float64 {
	if k == 0 {
		return 0
	}
	return distuv.Beta{Alpha: float64(k), Beta: float64(n-k) + 1}.Quantile(0.05)
}

// Share is how many defective parts of some sort were drawn and how many of
// them passed the gate. The bounds on the rate are one-sided and exact, 95 %
// each, so that the rate lies between both with 90 %.
type Share struct {
	Drawn   int     `json:"drawn"`
	Escapes int     `json:"escapes"`
	Lower95 float64 `json:"lower_95"`
	Upper95 float64 `json:"upper_95"`
}

// count is a Share before it is told.
type count struct{ drawn, escapes int }

func (c *count) add(escaped bool) {
	c.drawn++
	if escaped {
		c.escapes++
	}
}

func (c *count) join(d count) { c.drawn, c.escapes = c.drawn+d.drawn, c.escapes+d.escapes }

func (c count) share() Share {
	return Share{c.drawn, c.escapes, Lower95(c.escapes, c.drawn), Upper95(c.escapes, c.drawn)}
}
