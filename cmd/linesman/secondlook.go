package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"text/tabwriter"

	"linesman/access"
	"linesman/alarm"
	"linesman/api"
	"linesman/config"
	"linesman/models/secondlook"
	"linesman/proof"
)

// SecondLookCommands keep what people called mistaken from raising alarms.
type SecondLookCommands struct {
	Label    LookLabelCmd    `cmd:"" help:"Say whether what raised an alarm was real."`
	Labels   LookLabelsCmd   `cmd:"" help:"List what people said of alarms."`
	Make     LookMakeCmd     `cmd:"" help:"Learn a candidate from what people said, and try it on the last alarms. Nothing changes."`
	List     LookListCmd     `cmd:"" help:"Say by what alarms are withheld, and what waits."`
	Shadow   LookShadowCmd   `cmd:"" help:"Have a candidate judge beside the alarms."`
	Activate LookActivateCmd `cmd:"" help:"Have alarms withheld by a candidate."`
	Back     LookBackCmd     `cmd:"" help:"Go one step back: to the candidate before, or to none."`
}

// Help gives examples.
func (SecondLookCommands) Help() string {
	return `A detector that takes a pillar for a person takes it so every night. What people
said of alarms is learned on the box: a thing is looked at a second time before it
raises one, and is taken away only where it stands where others were called mistaken,
looks like them and like nothing that was called real. Rules that hold a line, critical
ones, fire and smoke are never withheld.

  linesman secondlook label 0199c1d2-... nothing-there -c site.yaml
  linesman secondlook make -c site.yaml
  linesman secondlook activate 20261127.140500 -c site.yaml
  linesman secondlook back -c site.yaml`
}

// LookLabelCmd labels an alarm.
type LookLabelCmd struct {
	SiteFlag
	ID    string `arg:"" help:"The alarm's id, or that of what was withheld."`
	Label string `arg:"" help:"real; nothing-there: what was seen is not what it was taken for; not-wanted: it was there, and no alarm was wanted; none takes it back."`
	Note  string `help:"One line for a person."`
}

// Run asks the appliance that runs: it holds the pictures.
func (c *LookLabelCmd) Run(ctx context.Context) error {
	body := map[string]string{"label": strings.ReplaceAll(c.Label, "-", " "), "note": c.Note}
	var answer api.AlarmLabel
	if err := c.ask(ctx, "/api/v1/alarms/"+url.PathEscape(c.ID)+"/label", body, &answer); err != nil {
		return err
	}
	if _, err := fmt.Printf("alarm %s is labelled %s\n", answer.Alarm, answer.Label); err != nil {
		return err
	}
	if answer.Unlearned != "" {
		_, err := fmt.Printf("it counts, but nothing can be learned from it: %s\n", answer.Unlearned)
		return err
	}
	return nil
}

// ask has the appliance that runs do something.
func (c *SiteFlag) ask(ctx context.Context, path string, body map[string]string, answer any) error {
	site, err := config.Load(c.Config)
	if err != nil {
		return err
	}
	if !inUse(logFolder(site)) {
		return errors.New("no appliance runs: start it with linesman run")
	}
	token, err := access.LocalToken(accessDir(site))
	if err != nil {
		return err
	}
	body["actor"] = whoRuns()
	text, err := json.Marshal(body)
	if err != nil {
		return err
	}
	return (&remoteLog{url: "http://" + nearby(site.Listen), token: token}).ask(ctx, http.MethodPost, path, text, answer)
}

// LookLabelsCmd lists what is labelled.
type LookLabelsCmd struct {
	SiteFlag
	JSON bool `help:"Print it as JSON."`
}

// Run lists it.
func (c *LookLabelsCmd) Run(ctx context.Context) error {
	site, err := config.Load(c.Config)
	if err != nil {
		return err
	}
	zone, err := site.Location()
	if err != nil {
		return err
	}
	return looksOf(site).read(func(log proof.Log) error {
		all, err := alarm.ListLabels(ctx, log)
		if err != nil {
			return err
		}
		if c.JSON {
			return printJSON(os.Stdout, all)
		}
		if len(all) == 0 {
			_, err := fmt.Println("nobody has labelled an alarm yet: press \"false alarm\" or \"it was real\" on the alarm page, or linesman secondlook label")
			return err
		}
		t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
		fmt.Fprintln(t, "ALARM\tCAMERA\tRULE\tLABEL\tBY\tWHEN\tNOTE")
		for _, l := range all {
			note := l.Note
			if l.Unlearned != "" {
				note = strings.TrimPrefix(note+"; not learned from: "+l.Unlearned, "; ")
			}
			fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", l.Alarm, l.Camera, l.Rule, l.Label, l.By, l.At.In(zone).Format("2006-01-02 15:04"), note)
		}
		if err := t.Flush(); err != nil {
			return err
		}
		_, err = fmt.Println(strings.Join(countsOf(all), ", "))
		return err
	})
}

// LookMakeCmd makes a candidate.
type LookMakeCmd struct {
	SiteFlag
	Try      int  `default:"1000" placeholder:"N" help:"Try it on the last N alarms about something seen."`
	Threads  int  `default:"1" help:"Cores to use."`
	JSON     bool `help:"Print what was made as JSON."`
	Learning bool `hidden:""` // the appliance itself has it made, and tells the log
}

// Run makes it, behind everything else on the box.
func (c *LookMakeCmd) Run(ctx context.Context) error {
	giveWay(c.Threads)
	site, err := config.Load(c.Config)
	if err != nil {
		return err
	}
	if err := asOwner(filepath.Join(logFolder(site), "lock")); err != nil {
		return err
	}
	looks := looksOf(site)
	k := &lookMaker{looks: looks, get: evidenceOf(site).Get, threads: max(c.Threads, 1), last: c.Try, by: whoRuns()}
	if c.Learning {
		k.by = learning
	}
	var m lookMade
	err = looks.read(func(log proof.Log) error {
		k.log = log
		m, err = k.make(ctx)
		return err
	})
	if errors.Is(err, secondlook.ErrTooFew) {
		return fmt.Errorf("nothing that could be withheld: %w; label more alarms (linesman secondlook label, or the buttons on the alarm page)", err)
	}
	if err != nil {
		return err
	}
	if !c.Learning {
		if err := looks.say(ctx, m.Made, m.By); err != nil {
			return err
		}
	}
	if c.JSON {
		return printJSON(os.Stdout, m)
	}
	p := &m.Made
	_, err = fmt.Printf("second look %s in %s, from %d things called mistaken and %d called real\nof the last %d alarms it would not have raised %d: %d called mistaken, %d called real (of %d), %d of which nobody said anything; see %s\nnothing changes until a person has it so: linesman secondlook activate %s\n",
		p.Version, filepath.Join(looks.home(), candidatePrefix+p.Version), p.Mistaken, p.Real, p.Alarms, p.Withheld, p.False, p.Price, p.Reals, p.Unlabelled, filepath.Join(looks.home(), candidatePrefix+p.Version, pageFile), p.Version)
	return err
}

// LookListCmd lists candidates.
type LookListCmd struct {
	SiteFlag
	JSON bool `help:"Print it as JSON."`
}

// Run lists them.
func (c *LookListCmd) Run(ctx context.Context) error {
	site, err := config.Load(c.Config)
	if err != nil {
		return err
	}
	st, err := looksOf(site).State(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(os.Stdout, st)
	}
	t := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "VERSION\tSTATE\tBY\tWOULD WITHHOLD\tCALLED REAL\tNOBODY SAID")
	for _, k := range st.Candidates {
		state := "waits"
		switch k.Made.Version {
		case st.Active:
			state = "active"
		case st.Shadow:
			state = "in shadow"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%d of %d\t%d of %d\t%d\n", k.Made.Version, state, k.By, k.Made.Withheld, k.Made.Alarms, k.Made.Price, k.Made.Reals, k.Made.Unlabelled)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	switch {
	case st.Active == "":
		_, err = fmt.Println("no alarm is withheld: everything is raised")
	case st.CanGoBack:
		_, err = fmt.Printf("alarms are withheld by %s; one step back leads to %s: linesman secondlook back\n", st.Active, orNone(st.Before))
	}
	if err == nil && st.Failed != "" {
		_, err = fmt.Printf("the last could not be made: %s\n", st.Failed)
	}
	return err
}

func orNone(version string) string {
	if version == "" {
		return "none"
	}
	return version
}

var lookVersion = regexp.MustCompile(`^[0-9]{8}\.[0-9]{6}$`)

// order has an appliance, or the files of one that does not run, take another look.
func (c *SiteFlag) order(ctx context.Context, version, path string, here func(*secondLooks) error) error {
	if version != "" && !lookVersion.MatchString(version) {
		return fmt.Errorf("%q is no version of a second look, such as 20261127.140500; linesman secondlook list names them", version)
	}
	site, err := config.Load(c.Config)
	if err != nil {
		return err
	}
	if inUse(logFolder(site)) {
		return c.ask(ctx, path, map[string]string{}, &api.SecondLook{})
	}
	if err := asOwner(filepath.Join(logFolder(site), "lock")); err != nil {
		return err
	}
	return here(looksOf(site))
}

// LookShadowCmd has one judge beside.
type LookShadowCmd struct {
	SiteFlag
	Version string `arg:"" optional:"" help:"Of a candidate."`
	End     bool   `help:"End what judges beside the alarms."`
}

// Run does it.
func (c *LookShadowCmd) Run(ctx context.Context) error {
	if (c.Version == "") != c.End {
		return errors.New("say which candidate is to judge beside the alarms, or end it with --end")
	}
	path := "/api/v1/secondlook/unshadow"
	if c.Version != "" {
		path = "/api/v1/secondlook/" + c.Version + "/shadow"
	}
	if err := c.order(ctx, c.Version, path, func(l *secondLooks) error { return l.Shadow(ctx, c.Version, whoRuns()) }); err != nil {
		return err
	}
	if c.End {
		_, err := fmt.Println("nothing judges beside the alarms any more")
		return err
	}
	_, err := fmt.Printf("second look %s judges beside the alarms and withholds none; secondlook.shadowed tells each hour what it would have\n", c.Version)
	return err
}

// LookActivateCmd makes one active.
type LookActivateCmd struct {
	SiteFlag
	Version string `arg:"" help:"Of a candidate."`
}

// Run does it.
func (c *LookActivateCmd) Run(ctx context.Context) error {
	if err := c.order(ctx, c.Version, "/api/v1/secondlook/"+c.Version+"/activate", func(l *secondLooks) error { return l.Activate(ctx, c.Version, whoRuns()) }); err != nil {
		return err
	}
	_, err := fmt.Printf("alarms are withheld by second look %s; one step leads back: linesman secondlook back\n", c.Version)
	return err
}

// LookBackCmd goes one step back.
type LookBackCmd struct{ SiteFlag }

// Run does it.
func (c *LookBackCmd) Run(ctx context.Context) error {
	if err := c.order(ctx, "", "/api/v1/secondlook/back", func(l *secondLooks) error { return l.Back(ctx, whoRuns()) }); err != nil {
		return err
	}
	_, err := fmt.Println("one step back is taken; linesman secondlook list says by what alarms are withheld now")
	return err
}
