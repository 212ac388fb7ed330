package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"linesman/event"
	"linesman/event/disk"
	"linesman/proof"
)

// EventsPartCmd tells one part from trigger to confirmation.
type EventsPartCmd struct {
	LogFlag
	ID      string `arg:"" help:"The part's id, or the beginning or end of it, if among the newest 20,000 verdicts only one part has it."`
	JSON    bool   `help:"JSON, as the API's story."`
	Picture string `placeholder:"FILE" help:"Write the part's kept picture there."`
	Page    string `placeholder:"FILE" help:"Write all of it as a page (HTML) that can be sent on: pictures, heat map, the good part it was compared with."`
}

// Help shows how.
func (c *EventsPartCmd) Help() string {
	return `The times are those of the stages; what the controller reported has the time
at which its reading arrived, and the exact tick. What the log does not have is
named under Gaps. A rejected part is compared once more with the good parts of the
model that judged it, where the site names that model.

  linesman events part -c site.yaml 019cabdc-2a00-7f3e-9c52-6a1f0e4b7d21
  linesman events part -c site.yaml 4b7d21 --picture part.png
  linesman events part -c site.yaml 4b7d21 --page part.html
  linesman events part --dir /mnt/copy/log 4b7d21 --json`
}

// Run tells it.
func (c *EventsPartCmd) Run(ctx context.Context) error {
	log, zone, err := c.open()
	if err != nil {
		return err
	}
	defer log.Close()
	dir, _, err := c.folder()
	if err != nil {
		return err
	}
	evidence := filepath.Join(filepath.Dir(dir), "evidence")
	pages := &partPages{zone: zone, evidence: func(_ context.Context, sha string) (io.ReadSeekCloser, error) {
		data, err := keptFile(evidence, sha)
		return readSeeker{bytes.NewReader(data)}, err
	}}
	site, err := c.site()
	if err != nil {
		return err
	}
	if site != nil {
		compared := newComparer(site, pages.evidence)
		defer compared.close()
		pages.site, pages.nearest = site.Name, compared.nearest
	}
	return c.tell(ctx, log, evidence, pages, os.Stdout)
}

// tell writes the story to out, and picture and page out of the evidence's folder.
func (c *EventsPartCmd) tell(ctx context.Context, log proof.Log, evidence string, pages *partPages, out io.Writer) error {
	id, err := wholePartID(ctx, log, c.ID)
	if err != nil {
		return err
	}
	kept := func(sha string) bool { _, err := keptFile(evidence, sha); return err == nil }
	if _, err := os.Stat(evidence); err != nil {
		kept = nil // a copy of the log alone: nobody to ask
	}
	story, err := proof.TellFrom(ctx, log, id, kept)
	if err != nil {
		return err
	}
	verdicts, err := log.Read(ctx, event.Filter{Part: id, Types: []event.Type{event.PartJudged{}.EventType()}})
	if err != nil {
		return err
	}
	last, _, err := proof.LastJudged(verdicts)
	if err != nil {
		return err
	}
	if err := pages.compare(ctx, &story, last); err != nil {
		return err
	}
	if c.JSON {
		w := json.NewEncoder(out)
		w.SetIndent("", "  ")
		err = w.Encode(story)
	} else {
		err = story.Write(out, pages.zone)
	}
	if err == nil && c.Page != "" {
		var page []byte
		if page, err = pages.page(ctx, story, last); err == nil {
			err = disk.Write(c.Page, 0o644, page)
		}
	}
	if err != nil || c.Picture == "" {
		return err
	}
	return writePicture(c.Picture, evidence, story)
}

// recentVerdicts is among how many verdicts a shortened id is looked for.
const recentVerdicts = 20_000

// wholePartID completes a shortened id.
func wholePartID(ctx context.Context, log proof.Log, short string) (string, error) {
	short = strings.ToLower(strings.TrimSpace(short))
	if _, ok := event.ParseUUID(short); ok {
		return short, nil
	}
	if len(short) < 4 || strings.Trim(short, "0123456789abcdef-") != "" {
		return "", fmt.Errorf("part %q: want its id, or at least four digits of its beginning or end", short)
	}
	var found []string
	before := uint64(0)
	for range recentVerdicts / event.DefaultLimit {
		events, err := log.Read(ctx, event.Filter{Types: []event.Type{event.PartJudged{}.EventType()}, Newest: true, Before: before, Limit: event.DefaultLimit})
		if err != nil {
			return "", err
		}
		for _, e := range events {
			before = e.Seq
			if (strings.HasPrefix(e.Part, short) || strings.HasSuffix(e.Part, short)) && !slices.Contains(found, e.Part) {
				found = append(found, e.Part)
			}
		}
		if len(events) < event.DefaultLimit {
			break
		}
	}
	switch len(found) {
	case 0:
		return "", fmt.Errorf("part %q: none of the newest %d verdicts is of such a part; give the whole id", short, recentVerdicts)
	case 1:
		return found[0], nil
	}
	return "", fmt.Errorf("part %q: %d parts have it, such as %s; give more digits", short, len(found), strings.Join(found[:min(len(found), 5)], ", "))
}

// writePicture copies a part's kept picture out.
func writePicture(path, evidence string, s proof.Story) error {
	if s.Picture == "" {
		return errors.New("no picture of this part was kept; the story's gaps say why if the log does")
	}
	data, err := keptFile(evidence, s.Picture)
	if err != nil {
		return err
	}
	return disk.Write(path, 0o644, data)
}

// keptFile reads one piece of evidence beside a running appliance or out of a
// copy, and holds it against its hash.
func keptFile(evidence, sha string) ([]byte, error) {
	if len(sha) != 2*sha256.Size || strings.Trim(sha, "0123456789abcdef") != "" {
		return nil, fmt.Errorf("evidence %.70q: that is no SHA-256", sha)
	}
	paths, err := filepath.Glob(filepath.Join(evidence, "*", sha[:2], sha[2:]+".*"))
	if err != nil {
		return nil, err
	}
	if len(paths) == 0 {
		return nil, fmt.Errorf("evidence %s: not below %s: %w", sha, evidence, fs.ErrNotExist)
	}
	data, err := os.ReadFile(paths[0])
	if err != nil {
		return nil, err
	}
	if sum := sha256.Sum256(data); hex.EncodeToString(sum[:]) != sha {
		return nil, fmt.Errorf("evidence %s: the bytes of %s are not those that were kept", sha, paths[0])
	}
	return data, nil
}
