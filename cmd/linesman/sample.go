package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"text/tabwriter"
	"time"

	"linesman/access"
	"linesman/config"
	"linesman/event/evidence"
	"linesman/proof"
)

// SampleCommands keeps what people say of judged parts.
type SampleCommands struct {
	Add    SampleAddCmd    `cmd:"" help:"Say what a judged part really is: a missed defect, a defect, a false reject, good."`
	List   SampleListCmd   `cmd:"" help:"List the parts that people labelled."`
	Remove SampleRemoveCmd `cmd:"" help:"Take back what was said of a part."`
	Judge  SampleJudgeCmd  `cmd:"" help:"Judge all labelled parts again by what judges the line now: the limit samples."`
}

// Help gives examples.
func (SampleCommands) Help() string {
	return `What is said of a part is an event (sample.labelled), and the part's pictures are
held for as long as it stands. Nothing that judges changes by it: a candidate
model learns from it (linesman candidate), and a person decides.

  linesman sample add 4b7d21 missed-defect --class crack -c site.yaml
  linesman sample add 6d9f43 defect --class crack -c site.yaml
  linesman sample add 5c8e32 false-reject --note "only dust" -c site.yaml
  linesman sample list -c site.yaml
  linesman sample remove 4b7d21 -c site.yaml
  linesman sample judge -c site.yaml --line caps-1`
}

// SampleAddCmd labels a part.
type SampleAddCmd struct {
	SiteFlag
	ID    string `arg:"" help:"The part's id, or its beginning or end."`
	Label string `arg:"" help:"missed-defect: it passed and is defective; defect: it was rejected, and rightly; false-reject: it was rejected and is good; good: it passed, and somebody looked."`
	Class string `help:"Of a missed defect, which needs it, or a defect: crack, stain, chip..."`
	Note  string `help:"One line for a person."`
}

// Run labels it.
func (c *SampleAddCmd) Run(ctx context.Context) error {
	return label(ctx, c.Config, proof.Saying{Part: c.ID, Label: proof.Label(strings.ReplaceAll(c.Label, "-", " ")), Class: c.Class, Note: c.Note})
}

// SampleRemoveCmd takes a label back.
type SampleRemoveCmd struct {
	SiteFlag
	ID   string `arg:"" help:"The part's id, or its beginning or end."`
	Note string `help:"Why, in one line."`
}

// Run takes it back.
func (c *SampleRemoveCmd) Run(ctx context.Context) error {
	return label(ctx, c.Config, proof.Saying{Part: c.ID, Label: proof.NoLabel, Note: c.Note})
}

// label says something of a part: to the appliance that runs, or else into the
// log and the evidence themselves.
func label(ctx context.Context, path string, s proof.Saying) error {
	site, err := config.Load(path)
	if err != nil {
		return err
	}
	if err := s.Check(); err != nil {
		return err
	}
	dir := logFolder(site)
	log, err := openLogFiles(dir)
	if err != nil {
		return err
	}
	s.Part, err = wholePartID(ctx, log, s.Part)
	if err := errors.Join(err, log.Close()); err != nil {
		return err
	}
	s.Actor = whoRuns()
	unlearned := ""
	if inUse(dir) {
		unlearned, err = labelThere(ctx, site, s)
	} else {
		unlearned, err = labelHere(ctx, site, s)
	}
	if err != nil {
		return err
	}
	if s.Label == proof.NoLabel {
		_, err = fmt.Printf("part %s has no label any more\n", s.Part)
		return err
	}
	if _, err = fmt.Printf("part %s is labelled %s\n", s.Part, s.Label); err == nil && unlearned != "" {
		_, err = fmt.Printf("it counts, but nothing can be learned from it: %s\n", unlearned)
	}
	return err
}

// labelThere says it to the appliance that runs.
func labelThere(ctx context.Context, site *config.Site, s proof.Saying) (unlearned string, err error) {
	token, err := access.LocalToken(accessDir(site))
	if err != nil {
		return "", err
	}
	body, err := json.Marshal(map[string]string{"label": string(s.Label), "class": s.Class, "note": s.Note, "actor": s.Actor})
	if err != nil {
		return "", err
	}
	var answer struct {
		Unlearned string `json:"not_learnable"`
	}
	there := &remoteLog{url: "http://" + nearby(site.Listen), token: token}
	err = there.ask(ctx, http.MethodPost, "/api/v1/parts/"+s.Part+"/label", body, &answer)
	return answer.Unlearned, err
}

// labelHere writes it down while no appliance runs.
func labelHere(ctx context.Context, site *config.Site, s proof.Saying) (unlearned string, err error) {
	pictures := filepath.Join(site.Path(site.Data), "evidence")
	if err := asOwner(pictures); err != nil {
		return "", err
	}
	log, err := openLogToWrite(logFolder(site), site.Name)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, log.Close()) }()
	// It only holds: making room is the appliance's.
	shelf, err := evidence.Open(evidence.Settings{Dir: pictures, MaxBytes: 1 << 62, MinFree: -1, Logger: slog.New(slog.NewTextHandler(os.Stderr, nil))})
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, shelf.Close()) }()
	said, err := (&proof.Labels{Log: log, Append: log.Append, Holds: shelf}).Say(ctx, s, nil)
	return said.Unlearned, err
}

// holdLabelled holds the pictures of labelled parts, as after a restored
// backup; afterwards each label holds its own.
func (a *appliance) holdLabelled(ctx context.Context) error {
	if err := (&proof.Labels{Log: a.store, Holds: a.evidence}).Reconcile(ctx); err != nil && ctx.Err() == nil {
		a.log.Error("pictures of labelled parts are not all held", "err", err)
	}
	return nil
}

// SampleListCmd lists what is labelled.
type SampleListCmd struct {
	SiteFlag
	Line string `help:"Of this line only."`
	JSON bool   `help:"Print it as JSON."`
}

// Help gives an example.
func (SampleListCmd) Help() string { return "  linesman sample list -c site.yaml --line caps-1" }

// Run lists it.
func (c *SampleListCmd) Run(ctx context.Context) error {
	site, err := config.Load(c.Config)
	if err != nil {
		return err
	}
	if c.Line != "" {
		if err := onLines(site, []string{c.Line}); err != nil {
			return err
		}
	}
	zone, err := site.Location()
	if err != nil {
		return err
	}
	log, err := openLogFiles(logFolder(site))
	if err != nil {
		return err
	}
	defer log.Close()
	all, err := (&proof.Labels{Log: log}).List(ctx, c.Line, nil)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(os.Stdout, all)
	}
	return listSamples(os.Stdout, all, zone)
}

func listSamples(w io.Writer, all proof.Standing, zone *time.Location) error {
	if len(all.Samples) == 0 {
		_, err := fmt.Fprintln(w, "nobody has labelled a part yet: linesman sample add")
		return err
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "PART\tLINE\tVERDICT\tLABEL\tCLASS\tBY\tWHEN\tNOTE")
	for _, l := range all.Samples {
		note := l.Note
		if l.Unlearned != "" {
			note = strings.TrimPrefix(note+"; not learned from: "+l.Unlearned, "; ")
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", l.Part, l.Line, l.Outcome, l.Label, l.Class, l.By, l.At.In(zone).Format("2006-01-02 15:04"), note)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	var counts []string
	for _, label := range []proof.Label{proof.MissedDefect, proof.Defect, proof.FalseReject, proof.GoodPart} {
		if n := all.Counts[label]; n > 0 {
			counts = append(counts, fmt.Sprintf("%s %d (%d with pictures)", label, n, all.Learnable[label]))
		}
	}
	_, err := fmt.Fprintln(w, strings.Join(counts, ", "))
	return err
}
