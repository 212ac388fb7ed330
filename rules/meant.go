package rules

import (
	"cmp"
	"slices"
)

// meant says which of the names there are is nearest to one that is not among
// them: ", did you mean ...?"; "" if none is near.
func meant(name string, names []string) string {
	near := func(n string) int { return edits(name, n) }
	if len(names) == 0 {
		return ""
	}
	best := slices.MinFunc(names, func(a, b string) int { return cmp.Or(cmp.Compare(near(a), near(b)), cmp.Compare(a, b)) })
	if near(best) > max(1, (len(name)+1)/3) {
		return ""
	}
	return ", did you mean " + best + "?"
}

// edits counts the letters to be changed, put in, left out or swapped with their
// neighbour to make one word of another (Damerau, 1964; restricted).
func edits(a, b string) int {
	s, t := []rune(a), []rune(b)
	d := make([][]int, len(s)+1)
	for i := range d {
		d[i] = make([]int, len(t)+1)
		d[i][0] = i
	}
	for j := range t {
		d[0][j+1] = j + 1
	}
	for i := range s {
		for j := range t {
			change := 1
			if s[i] == t[j] {
				change = 0
			}
			d[i+1][j+1] = min(d[i][j+1]+1, d[i+1][j]+1, d[i][j]+change)
			if i > 0 && j > 0 && s[i] == t[j-1] && s[i-1] == t[j] {
				d[i+1][j+1] = min(d[i+1][j+1], d[i-1][j-1]+1)
			}
		}
	}
	return d[len(s)][len(t)]
}
