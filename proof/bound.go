package proof

import "gonum.org/v1/gonum/stat/distuv"

// confidence is that of every bound on a certificate, one-sided.
const confidence = 0.95

// Upper returns the bound below which a rate lies with confidence, of which k
// of n were seen (Clopper and Pearson 1934). ok is false where the counts allow
// no claim: nothing was run, or all of it went wrong.
func Upper(k, n uint64) (bound float64, ok bool) {
	if n == 0 || k >= n {
		return 1, false
	}
	return distuv.Beta{Alpha: float64(k) + 1, Beta: float64(n - k)}.Quantile(confidence), true
}
