package bench

import (
	"bufio"
	"fmt"
	"io"
	"strings"
)

// HandCrossing is one crossing as a person saw it.
type HandCrossing struct {
	Name    string // of the part: the same name is the same part, seen without a break
	Frame   uint64 // the first with the centre of what is seen of it beyond the line
	Forward bool
	Across  float64 // pixels along the line
}

// HandReport holds a count against one made by hand.
type HandReport struct {
	Parts     int           `json:"parts"`     // by hand
	Crossings int           `json:"crossings"` // by hand
	Matched   int           `json:"matched"`   // crossings found within half a second and a tenth of the picture's width
	Missed    []string      `json:"missed"`    // crossings by hand alone: name and frame
	Extra     []string      `json:"extra"`     // crossings counted alone: number and frame
	Mixed     []string      `json:"mixed"`     // parts whose crossings went to several ids, or whose id another part has too
	MostOff   uint64        `json:"most_frames_off"`
	Pairs     []HandPairing `json:"pairs"`
}

// HandPairing is one crossing by both counts.
type HandPairing struct {
	Name    string `json:"name"`
	Number  int    `json:"number"`
	Hand    uint64 `json:"hand_frame"`
	Counted uint64 `json:"counted_frame"`
}

// Equal reports whether both counts agree, crossing by crossing and id by id.
func (h *HandReport) Equal() bool { return len(h.Missed)+len(h.Extra)+len(h.Mixed) == 0 }

// How far apart the same crossing may be in two counts.
const (
	handFrames = 15
	handPx     = 64.
)

// ReadHand reads a hand count: a line a crossing with the part's name, the
// frame (from 1), "forward" or "back", and the place along the line in pixels;
// empty lines and what follows a # are left out.
func ReadHand(r io.Reader) ([]HandCrossing, error) {
	var all []HandCrossing
	lines := bufio.NewScanner(r)
	for n := 1; lines.Scan(); n++ {
		text, _, _ := strings.Cut(lines.Text(), "#")
		if strings.TrimSpace(text) == "" {
			continue
		}
		var c HandCrossing
		var way string
		if _, err := fmt.Sscan(text, &c.Name, &c.Frame, &way, &c.Across); err != nil || way != "forward" && way != "back" || len(strings.Fields(text)) != 4 {
			return nil, fmt.Errorf("hand count, line %d: %q: want name, frame, forward or back, and pixels along the line", n, strings.TrimSpace(text))
		}
		c.Forward = way == "forward"
		all = append(all, c)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("hand count: %w", err)
	}
	if len(all) == 0 {
		return nil, fmt.Errorf("hand count: no crossing in it")
	}
	return all, nil
}

// compareHand pairs each crossing by hand with the nearest one counted.
func compareHand(hand []HandCrossing, parts []CountedPart) *HandReport {
	type crossing struct {
		CountedCrossing
		number int
		taken  bool
	}
	var counted []crossing
	for _, p := range parts {
		for _, w := range p.Ways {
			counted = append(counted, crossing{CountedCrossing: w, number: p.Number})
		}
	}
	h := &HandReport{Crossings: len(hand), Missed: []string{}, Extra: []string{}, Mixed: []string{}}
	numberOf, nameOf := map[string]int{}, map[int]string{}
	names := map[string]bool{}
	for _, c := range hand {
		names[c.Name] = true
		nearest, off := -1, uint64(handFrames+1)
		for i, k := range counted {
			d := max(k.Frame, c.Frame) - min(k.Frame, c.Frame)
			if !k.taken && k.Forward == c.Forward && max(k.Across-c.Across, c.Across-k.Across) <= handPx && d < off {
				nearest, off = i, d
			}
		}
		if nearest < 0 {
			h.Missed = append(h.Missed, fmt.Sprintf("%s at %d", c.Name, c.Frame))
			continue
		}
		k := &counted[nearest]
		k.taken = true
		h.Matched++
		h.MostOff = max(h.MostOff, off)
		h.Pairs = append(h.Pairs, HandPairing{c.Name, k.number, c.Frame, k.Frame})
		if n, known := numberOf[c.Name]; known && n != k.number {
			h.Mixed = append(h.Mixed, fmt.Sprintf("%s is parts %d and %d", c.Name, n, k.number))
		}
		if name, known := nameOf[k.number]; known && name != c.Name {
			h.Mixed = append(h.Mixed, fmt.Sprintf("part %d is %s and %s", k.number, name, c.Name))
		}
		numberOf[c.Name], nameOf[k.number] = k.number, c.Name
	}
	for _, k := range counted {
		if !k.taken {
			h.Extra = append(h.Extra, fmt.Sprintf("part %d at %d", k.number, k.Frame))
		}
	}
	h.Parts = len(names)
	return h
}
