package sqlite

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"linesman/event"
)

// claimHead takes in what one signed head says.
func (v *verifier) claimHead(signed, from string) (event.Head, bool) {
	h, err := event.OpenHead(signed, v.keys...)
	if err != nil {
		v.find("", 0, "", "%s: %v", from, err)
		return h, false
	}
	v.report.Heads++
	for _, f := range h.Files {
		v.heads[f.File] = append(v.heads[f.File], claim{f, from})
	}
	return h, true
}

// readHeads gathers every signed head: in the files, beside them, in log.sealed
// events, and those given.
func (v *verifier) readHeads() {
	bounds := map[string]uint64{} // by day: the last group that record has
	for title, w := range v.trees {
		if w.version < format {
			continue
		}
		if g, err := groupIn(w.at); err == nil && w.shelf == record {
			bounds[w.day] = g[1]
		}
		v.events(w, event.LogSealed{}.EventType(), func(e event.Event) {
			if s, err := event.As[event.LogSealed](e); err == nil {
				v.claimHead(s.Head, fmt.Sprintf("the head in event %d of %s", e.Seq, title))
			}
		})
		v.events(w, event.LogDropped{}.EventType(), func(e event.Event) {
			if d, err := event.As[event.LogDropped](e); err == nil {
				v.dropped[d.File] = dropped{d.First, d.Last}
			}
		})
	}
	for title, w := range v.trees {
		if w.version < format {
			continue
		}
		g, err := groupIn(w.at)
		half := err == nil && w.shelf == parts && g[1] > bounds[w.day]
		if half {
			w.until = g[0]
			v.report.Notes = append(v.report.Notes, fmt.Sprintf("%s: the group from event %d on was being written when the process ended: it was never acknowledged, and the next start takes it out", title, g[0]))
		}
		var signed string
		if err := w.at.QueryRowContext(context.Background(), "SELECT head FROM file").Scan(&signed); err != nil {
			v.find(title, 0, "", "its head can not be read: %v", err)
			continue
		}
		if signed == "" && w.first == 0 || half {
			continue
		}
		if h, ok := v.claimHead(signed, "the head in "+title); ok && !slices.ContainsFunc(h.Files, func(f event.FileHead) bool { return f.File == title }) {
			v.find(title, 0, "", "its head belongs to other files")
		}
	}
	if text, err := os.ReadFile(filepath.Join(v.set.Dir, headsFile)); err == nil {
		for i, signed := range event.SplitHeads(text) {
			v.claimHead(signed, fmt.Sprintf("head %d in the file heads", i+1))
		}
	}
	for i, signed := range v.set.Heads {
		v.claimHead(signed, fmt.Sprintf("head %d that was given", i+1))
	}
	for title, claims := range v.heads {
		slices.SortFunc(claims, func(a, b claim) int { return cmpSeq(a.Size, b.Size) })
		if w, ok := v.trees[title]; ok {
			w.claims = claims
		}
	}
}

// events calls fn with every event of a type in a file. Types of the log itself
// are few.
func (v *verifier) events(w *walking, t event.Type, fn func(event.Event)) {
	id, ok := w.words.id(string(t))
	if !ok {
		return
	}
	events, err := scan(context.Background(), w.at, &w.words, "SELECT "+columns+" FROM events NOT INDEXED WHERE type = ? ORDER BY seq", id)
	if err != nil {
		v.find(w.title(), 0, "", "its own events can not be read: %v", err)
	}
	for _, e := range events {
		fn(e)
	}
}

// ends holds that no file ends too early, or later than was signed.
func (v *verifier) ends() {
	for title, w := range v.trees {
		if w.file.path == "" || w.version < format {
			continue
		}
		if len(w.chunks) > 0 && w.until == 0 && !w.lost {
			v.find(title, 0, "", "it has hashes of %d chunks of events that are not there: its tail was cut", len(w.chunks))
			w.lost = true
		}
		signed := uint64(0)
		for _, c := range v.heads[title] {
			signed = max(signed, c.Size)
			if c.Size > w.tree.size && !w.lost {
				v.find(title, w.last+1, "", "its tail was cut: %s knows %d events, %d are there", c.from, c.Size, w.tree.size)
				w.lost = true
			}
		}
		if w.tree.size > signed && w.until == 0 && !w.lost {
			v.find(title, w.last, "", "%d events stand in it and only %d are signed: the others were added by somebody else", w.tree.size, signed)
		}
	}
}

// pages has SQLite look at every page and index: events that hold may still be
// found by an index that does not.
func (v *verifier) pages(ctx context.Context) {
	for _, title := range sortedKeys(v.trees) {
		w := v.trees[title]
		if w.at == nil || w.lost {
			continue
		}
		var said string
		err := w.at.QueryRowContext(ctx, "PRAGMA integrity_check(1)").Scan(&said)
		switch {
		case ctx.Err() != nil:
		case err != nil:
			v.find(title, 0, "", "its pages can not be read: %v; its events hold", err)
		case said != "ok":
			v.find(title, 0, "", "its events hold, but not its pages or indexes: %s", strings.ReplaceAll(said, "\n", " "))
		}
	}
}

// missing names files that heads know and that are not there.
func (v *verifier) missing() {
	for _, title := range sortedKeys(v.heads) {
		claims := v.heads[title]
		_, there := v.trees[title]
		_, gone := v.dropped[title]
		gone = gone || base(day(title)) <= v.expiredUpTo()
		if last := claims[len(claims)-1]; !there && !gone && last.Size > 0 {
			v.find(title, 0, "", "the file with %d events is missing, and no log.dropped says that retention removed it (%s knows it)", last.Size, last.from)
		}
	}
}

// expiredUpTo is the last day whose record retention has removed: whatever is
// as old has gone before it, and what was told of that with it.
func (v *verifier) expiredUpTo() (last string) {
	for title := range v.dropped {
		if s, d, _ := strings.Cut(title, "-"); s == string(record) {
			last = max(last, base(d))
		}
	}
	return last
}

// day is a title without its shelf.
func day(title string) string {
	_, d, _ := strings.Cut(title, "-")
	return d
}
