package event

import "strings"

// DefaultLimit is how many events Read returns when the filter names no Limit.
const DefaultLimit = 1000

// Match reports whether the event is one the filter selects. Limit and Newest
// are the reader's business.
func (f Filter) Match(e Event) bool {
	return e.Seq > f.After && (f.Before == 0 || e.Seq < f.Before) && f.MatchType(e.Type) &&
		(f.Subject == "" || f.Subject == e.Subject) &&
		(f.Part == "" || f.Part == e.Part) &&
		(f.Batch == "" || f.Batch == e.Batch) &&
		(f.From.IsZero() || !e.Time.Before(f.From)) &&
		(f.To.IsZero() || e.Time.Before(f.To))
}

// MatchType reports whether the filter's types include t.
func (f Filter) MatchType(t Type) bool {
	for _, want := range f.Types {
		if prefix, ok := strings.CutSuffix(string(want), "*"); want == t || ok && strings.HasPrefix(string(t), prefix) {
			return true
		}
	}
	return len(f.Types) == 0
}
