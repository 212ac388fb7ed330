package evidence

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"linesman/event/disk"
)

// holdsFile lies beside the pictures: one line of JSON a deed, in order.
const holdsFile = "held.jsonl"

// deed is one line of the file: who holds what from now on, or no longer.
type deed struct {
	Who      string   `json:"who"`
	Held     []string `json:"held,omitempty"`
	Released []string `json:"released,omitempty"`
}

// holds remembers which files must stay, and for whom.
type holds struct {
	mu   sync.Mutex                 // held while what goes is chosen and removed
	by   map[string]map[string]bool // sha -> who
	file *os.File
}

// Hold keeps files from making room until the same who releases them: an open
// alarm ("alarm:0199..."), a batch's samples, a person. It is on disk when it
// returns. The error wraps fs.ErrNotExist and names the files that are not
// there any more; all others are held.
func (s *Store) Hold(who string, shas ...string) error {
	if who == "" {
		return errors.New("evidence: a hold needs somebody who can release it")
	}
	s.holds.mu.Lock()
	defer s.holds.mu.Unlock()
	d := deed{Who: who}
	var gone []string
	for _, sha := range shas {
		switch {
		case !s.has(sha):
			gone = append(gone, sha)
		case !s.holds.by[sha][who]:
			d.Held = append(d.Held, sha)
		}
	}
	if err := s.holds.write(d); err != nil {
		return err
	}
	if len(gone) > 0 {
		return fmt.Errorf("evidence %s can not be held: %w", strings.Join(gone, ", "), fs.ErrNotExist)
	}
	return nil
}

// Release ends who's hold on the files, on all of them if none is named. What
// others hold stays.
func (s *Store) Release(who string, shas ...string) error {
	s.holds.mu.Lock()
	defer s.holds.mu.Unlock()
	if len(shas) == 0 {
		shas = slices.Sorted(maps.Keys(s.holds.by))
	}
	d := deed{Who: who}
	for _, sha := range shas {
		if s.holds.by[sha][who] {
			d.Released = append(d.Released, sha)
		}
	}
	return s.holds.write(d)
}

// Holders returns who holds a file.
func (s *Store) Holders(sha string) []string {
	s.holds.mu.Lock()
	defer s.holds.mu.Unlock()
	return slices.Sorted(maps.Keys(s.holds.by[sha]))
}

// has reports whether a file is kept, or on its way.
func (s *Store) has(sha string) bool {
	s.mu.Lock()
	_, waits := s.waiting[sha]
	s.mu.Unlock()
	if waits {
		return true
	}
	_, err := s.folder.find(sha)
	return err == nil
}

// held reports whether anybody holds a file; h.mu is held.
func (h *holds) held(sha string) bool { return len(h.by[sha]) > 0 }

// write makes a deed durable and then valid; h.mu is held.
func (h *holds) write(d deed) error {
	if len(d.Held)+len(d.Released) == 0 {
		return nil
	}
	text, err := json.Marshal(d)
	if err != nil {
		return err
	}
	if _, err = h.file.Write(append(text, '\n')); err == nil {
		err = h.file.Sync()
	}
	if err != nil {
		return fmt.Errorf("evidence: the hold could not be written down: %w; look at the disk", err)
	}
	h.apply(d)
	return nil
}

func (h *holds) apply(d deed) {
	for _, sha := range d.Held {
		if h.by[sha] == nil {
			h.by[sha] = map[string]bool{}
		}
		h.by[sha][d.Who] = true
	}
	for _, sha := range d.Released {
		if delete(h.by[sha], d.Who); len(h.by[sha]) == 0 {
			delete(h.by, sha)
		}
	}
}

// open reads who holds what, and writes it anew where most of it is over.
func (h *holds) open(dir string, log *slog.Logger) error {
	h.by = map[string]map[string]bool{}
	path := filepath.Join(dir, holdsFile)
	text, err := os.ReadFile(path)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("evidence: what is held can not be read: %w", err)
	}
	deeds, damaged := h.read(text)
	if damaged > 0 {
		log.Error("lines of the list of held evidence are damaged and do not count", "file", path, "lines", damaged)
	}
	if active := h.list(); damaged == 0 && (deeds > 2*len(active)+100 || len(text) > 0 && text[len(text)-1] != '\n') {
		if err := rewrite(path, active); err != nil {
			return err
		}
	}
	if h.file, err = os.OpenFile(path, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o640); err != nil {
		return fmt.Errorf("evidence: %w", err)
	}
	if damaged > 0 && text[len(text)-1] != '\n' {
		_, err = h.file.WriteString("\n")
	}
	return err
}

// read applies the lines of the file. The last one may be torn by a crash: its
// deed was never promised.
func (h *holds) read(text []byte) (deeds, damaged int) {
	lines := bufio.NewReader(bytes.NewReader(text))
	for {
		line, err := lines.ReadBytes('\n')
		if err == io.EOF { // nothing, or torn
			return deeds, damaged
		}
		var d deed
		if json.Unmarshal(line, &d) != nil || d.Who == "" {
			damaged++
			continue
		}
		deeds++
		h.apply(d)
	}
}

// list returns the holds as deeds, one for each holder.
func (h *holds) list() []deed {
	held := map[string][]string{}
	for _, sha := range slices.Sorted(maps.Keys(h.by)) {
		for who := range h.by[sha] {
			held[who] = append(held[who], sha)
		}
	}
	var out []deed
	for _, who := range slices.Sorted(maps.Keys(held)) {
		out = append(out, deed{Who: who, Held: held[who]})
	}
	return out
}

// rewrite puts a file of these deeds in the old one's place.
func rewrite(path string, deeds []deed) error {
	var text bytes.Buffer
	lines := json.NewEncoder(&text)
	for _, d := range deeds {
		if err := lines.Encode(d); err != nil {
			return err
		}
	}
	if err := disk.Write(path, 0o640, text.Bytes()); err != nil {
		return fmt.Errorf("evidence: %w", err)
	}
	return nil
}

func (h *holds) close() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.file == nil {
		return nil
	}
	err := h.file.Close()
	h.file = nil
	return err
}
