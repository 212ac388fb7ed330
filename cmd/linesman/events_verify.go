package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"linesman/event"
	"linesman/event/evidence"
	"linesman/event/export"
	"linesman/proof"
)

// EventsVerifyCmd shows whether the log is what was written.
type EventsVerifyCmd struct {
	PlaceFlag
	Head        []string `placeholder:"FILE" help:"A head that was kept elsewhere, as events head prints it; - reads the standard input. Several by commas."`
	Certificate []string `placeholder:"FILE" help:"A shift certificate (HTML, PDF or its data): its head is checked and its figures are counted again."`
	Key         []string `placeholder:"KEY" help:"The public key that must have signed, known from elsewhere. Default: those in the log's own folder and beside a head."`
	Evidence    bool     `help:"Hold each kept picture against its hash too."`
	Show        int      `default:"10" help:"How many findings to print; 0 is all."`
	JSON        bool     `help:"One JSON object."`
}

// Help shows how.
func (c *EventsVerifyCmd) Help() string {
	return `Every event is hashed again, every file's tree and every signed head is held
against it, and what is altered, removed, inserted or out of order is named with
its file, seq and id. The appliance may run, and is not needed: a copy of the
folder is enough. The exit code is 1 when something is wrong.

Whoever can write the log's folder can write all of it anew, keys and heads
included. What that person can not change is a head or a key kept elsewhere:
give one, and verify finds that too.

  linesman events verify -c site.yaml
  linesman events verify --dir /mnt/copy/log --head head-2026-03-01.txt
  linesman events verify --dir /mnt/copy/log --certificate shift-2026-03-01.pdf --key demo+1a2b3c4d+AbCd...
  linesman events verify -c site.yaml --evidence --json`
}

// Wrong is one thing that is not as it was written.
type Wrong struct {
	File string `json:"file,omitempty"`
	Seq  uint64 `json:"seq,omitempty"`
	ID   string `json:"id,omitempty"`
	What string `json:"what"`
}

// String tells it in one line.
func (w Wrong) String() string {
	text := ""
	if w.File != "" {
		text = w.File + ": "
	}
	if w.Seq > 0 {
		text += fmt.Sprintf("seq %d: ", w.Seq)
	}
	if w.ID != "" {
		text += fmt.Sprintf("id %q: ", w.ID)
	}
	return text + w.What
}

// Verified is the outcome of a verification.
type Verified struct {
	Good     bool     `json:"good"`
	Checked  []string `json:"checked"`  // what was held against what
	Findings []Wrong  `json:"findings"` // worst first as they were found
	Notes    []string `json:"notes"`    // what could not be checked, and why
}

func (v *Verified) wrong(w Wrong) { v.Findings = append(v.Findings, w) }

func (v *Verified) checked(format string, a ...any) {
	v.Checked = append(v.Checked, fmt.Sprintf(format, a...))
}

// errWrong is the exit code's reason.
var errWrong = errors.New("the log is not what was written")

// Run verifies and prints what was found.
func (c *EventsVerifyCmd) Run(ctx context.Context) error {
	dir, site, err := c.place()
	if err != nil {
		return err
	}
	pictures := filepath.Join(filepath.Dir(filepath.Clean(dir)), "evidence")
	if site != nil {
		pictures = filepath.Join(site.Path(site.Data), "evidence")
	}
	v, err := c.verify(ctx, dir, pictures, verifyLog)
	if err != nil {
		return err
	}
	if err := c.print(os.Stdout, v); err != nil {
		return err
	}
	if !v.Good {
		return errWrong
	}
	return nil
}

// logCheck is what is asked of the store: every file of dir against its own
// tree and heads, and against the heads given.
type logCheck func(ctx context.Context, dir string, keys, heads []string, v *Verified) error

// verify checks all that was asked for.
func (c *EventsVerifyCmd) verify(ctx context.Context, dir, pictures string, check logCheck) (*Verified, error) {
	v := &Verified{Checked: []string{}, Findings: []Wrong{}, Notes: []string{}}
	keys := slices.Clone(c.Key)
	if len(keys) == 0 {
		own, err := readKeys(dir)
		if err != nil {
			return nil, err
		}
		keys = own
	}
	given := len(c.Key) > 0
	var heads []string
	for _, path := range c.Head {
		p, err := readPaperFrom(path)
		if err != nil {
			return nil, err
		}
		if !given {
			keys = union(keys, p.keys)
		}
		c.openHead(v, path, p.head, keys, &heads)
	}
	certificates, err := c.certificates(v, &keys, &heads)
	if err != nil {
		return nil, err
	}
	if !given && len(heads) == 0 {
		v.Notes = append(v.Notes, "the keys and heads are those in the log's own folder: whoever can write there could have made all of it anew. A head or key kept elsewhere shows that too (--head, --certificate, --key)")
	}
	if err := check(ctx, dir, keys, heads, v); err != nil {
		return nil, err
	}
	if len(certificates) > 0 || c.Evidence {
		if err := c.beyond(ctx, dir, pictures, certificates, v); err != nil {
			return nil, err
		}
	}
	v.Good = len(v.Findings) == 0
	return v, nil
}

// openHead checks a head's signature and takes it up among those to hold the
// log against.
func (c *EventsVerifyCmd) openHead(v *Verified, path, signed string, keys []string, heads *[]string) {
	h, err := event.OpenHead(signed, keys...)
	if err != nil {
		v.wrong(Wrong{What: fmt.Sprintf("head %s: %v", path, err)})
		return
	}
	*heads = append(*heads, signed)
	v.checked("head %s: seq %d of %s, signed %s", path, h.Seq, h.Site, h.Time.Format("2006-01-02 15:04:05 MST"))
}

// certificates reads the pages given, and takes up their heads and keys.
func (c *EventsVerifyCmd) certificates(v *Verified, keys, heads *[]string) (out map[string]proof.Certificate, err error) {
	out = map[string]proof.Certificate{}
	for _, path := range c.Certificate {
		text, err := os.ReadFile(path)
		if err != nil {
			return nil, err
		}
		page, err := proof.ReadCertificate(bytes.NewReader(text))
		if err != nil {
			v.wrong(Wrong{What: fmt.Sprintf("certificate %s: %v", path, err)})
			continue
		}
		if same, err := page.Matches(text); err != nil || !same {
			v.Notes = append(v.Notes, fmt.Sprintf("certificate %s: what it shows is not what this program writes of the data in it: another version or a box with other fonts wrote it, or somebody changed its text. What is counted again are the data", path))
		}
		if len(c.Key) == 0 {
			*keys = union(*keys, []string{page.Verifier})
		}
		c.openHead(v, path, page.Head, *keys, heads)
		out[path] = page
	}
	return out, nil
}

// beyond checks what stands on the log's events: certificates and pictures.
func (c *EventsVerifyCmd) beyond(ctx context.Context, dir, pictures string, certificates map[string]proof.Certificate, v *Verified) error {
	log, err := openLogFiles(dir)
	if err != nil {
		v.wrong(Wrong{What: "certificates and pictures could not be checked: " + err.Error()})
		return nil
	}
	defer log.Close()
	for _, path := range c.Certificate {
		page, ok := certificates[path]
		if !ok {
			continue
		}
		differ, err := proof.Recount(ctx, log, page)
		if err != nil {
			return fmt.Errorf("certificate %s: %w", path, err)
		}
		for _, d := range differ {
			v.wrong(Wrong{What: fmt.Sprintf("certificate %s: %s", path, d)})
		}
		if len(differ) == 0 {
			v.checked("certificate %s: its figures are those of the log", path)
		}
	}
	if !c.Evidence {
		return nil
	}
	b := bar(-1, "pictures")
	a, err := evidence.Folder(pictures).Audit(ctx, log, func(f evidence.Fault) {
		v.wrong(Wrong{File: "evidence", Seq: f.Seq, ID: f.Part, What: fmt.Sprintf("picture %s is %s", f.SHA256, f.What)})
	}, func(looked int) { _ = b.Set(looked) }) // a bar that can not be drawn is no reason to stop
	if err != nil {
		return fmt.Errorf("evidence: %w", err)
	}
	_ = b.Finish()
	v.checked("%d pictures that events name: %d are as they were kept, %d made room and the log says so", a.Named, a.Sound, a.Dropped)
	if a.Young > 0 {
		v.Notes = append(v.Notes, fmt.Sprintf("%d pictures of the last minute may still be on their way to the disk", a.Young))
	}
	return nil
}

// print tells a person, or a program.
func (c *EventsVerifyCmd) print(w io.Writer, v *Verified) error {
	if c.JSON {
		e := json.NewEncoder(w)
		e.SetIndent("", "  ")
		return e.Encode(v)
	}
	var err error
	say := func(format string, a ...any) {
		if err == nil {
			_, err = fmt.Fprintln(w, export.Plain(fmt.Sprintf(format, a...))) // pages and events may come from anybody
		}
	}
	for _, x := range v.Checked {
		say("checked  %s", x)
	}
	for i, x := range v.Findings {
		if i == c.Show && c.Show > 0 {
			say("wrong    and %d more; --show 0 names them all", len(v.Findings)-i)
			break
		}
		say("wrong    %s", x)
	}
	for _, x := range v.Notes {
		say("note     %s", x)
	}
	if v.Good {
		say("good     nothing was altered, removed, inserted or reordered in what was checked")
	}
	return err
}

// union is a with those of b that are not in it.
func union(a, b []string) []string {
	out := slices.Clone(a)
	for _, x := range b {
		if !slices.Contains(out, x) {
			out = append(out, x)
		}
	}
	return out
}

// verifyRestored verifies a log that came back, and says what was checked.
func verifyRestored(ctx context.Context, dir string) ([]string, error) {
	v, err := (&EventsVerifyCmd{}).verify(ctx, dir, "", verifyLog)
	if err != nil {
		return nil, err
	}
	if !v.Good {
		return nil, fmt.Errorf("%s (%d findings)", v.Findings[0], len(v.Findings))
	}
	return v.Checked, nil
}
