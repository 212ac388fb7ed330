package proof

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"time"
)

// Recount counts a certificate's figures again from the log, up to the event
// the certificate was counted to, and names every one that differs; none if all
// are the same. The account of a batch that was still open is the line's own
// word of that moment and is left out. It does not check the log itself: that is
// what the head is for.
func Recount(ctx context.Context, log Log, c Certificate) ([]string, error) {
	zone, err := time.LoadLocation(c.Zone)
	if err != nil {
		zone = time.UTC
	}
	again, err := Certify(ctx, log, Wanted{Line: c.Line, Batch: c.Batch, Shift: c.Shift, From: c.From, To: c.To, Zone: zone, Head: c.Head, Verifier: c.Verifier})
	if err != nil {
		return nil, err
	}
	var out []string
	differ := func(what string, page, log any) {
		if a, b := asJSON(page), asJSON(log); a != b {
			out = append(out, fmt.Sprintf("%s: the page says %s, the log %s", what, a, b))
		}
	}
	for _, n := range []struct {
		what      string
		page, log uint64
	}{
		{"pass", c.Counts.Pass, again.Counts.Pass}, {"fail", c.Counts.Fail, again.Counts.Fail}, {"inconclusive", c.Counts.Inconclusive, again.Counts.Inconclusive},
		{"late", c.Counts.Late, again.Counts.Late}, {"collateral", c.Counts.Collateral, again.Counts.Collateral}, {"overruled", c.Counts.Overruled, again.Counts.Overruled},
		{"lost", c.Counts.Lost, again.Counts.Lost}, {"suspect", c.Counts.Suspect, again.Counts.Suspect},
	} {
		what := n.what
		if again.Expired != nil && c.Expired == nil && (what == "pass" || what == "late" || what == "collateral" || what == "overruled" || what == "suspect") {
			what += " (passes have expired since; what is left of them are the counts of whole minutes)"
		}
		differ(what, n.page, n.log)
	}
	differ("from", c.From, again.From)
	differ("to", c.To, again.To)
	differ("still running", c.Open, again.Open)
	closed := slices.DeleteFunc(slices.Clone(c.Accounts), func(a BatchAccount) bool { return a.Seq == 0 })
	list(differ, "account of batch", closed, again.Accounts, func(a BatchAccount) string { return fmt.Sprintf("%s, seq %d", a.Batch, a.Seq) })
	list(differ, "challenges", c.Challenges, again.Challenges, func(x Challenge) string { return x.Kind + ", to be judged " + x.Want })
	list(differ, "alarm", c.Alarms, again.Alarms, func(a Alarm) string { return a.Type })
	list(differ, "loss", c.Losses, again.Losses, func(l Loss) string { return fmt.Sprintf("%s, seq %d", l.What, l.Seq) })
	list(differ, "pictures", c.Pictures, again.Pictures, func(p Pictures) string { return p.Class + ", " + p.Why })
	list(differ, "camera", c.Eyes, again.Eyes, func(e Eye) string { return e.Camera })
	list(differ, "signature", c.Signatures, again.Signatures, func(s Signature) string { return fmt.Sprintf("seq %d", s.Seq) })
	if again.Expired == nil || c.Expired != nil && asJSON(c.Expired) == asJSON(again.Expired) {
		list(differ, "recipe", c.Recipes, again.Recipes, func(j Judge) string { return j.Name + " " + j.SHA256 })
		list(differ, "model", c.Models, again.Models, func(j Judge) string { return j.Name + " " + j.SHA256 })
	}
	return out, nil
}

// list compares two lists entry by entry, by what names an entry.
func list[T any](differ func(string, any, any), what string, page, log []T, name func(T) string) {
	of := func(all []T, n string) any {
		for _, x := range all {
			if name(x) == n {
				return x
			}
		}
		return nil
	}
	var names []string
	for _, x := range slices.Concat(page, log) {
		if n := name(x); !slices.Contains(names, n) {
			names = append(names, n)
		}
	}
	for _, n := range names {
		differ(what+" "+n, of(page, n), of(log, n))
	}
}

func asJSON(v any) string {
	if v == nil {
		return "nothing"
	}
	text, err := json.Marshal(v)
	if err != nil { // our own structs of plain numbers and words
		panic("proof: " + err.Error())
	}
	return string(text)
}
