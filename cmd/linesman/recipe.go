package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"

	"golang.org/x/term"

	"linesman/access"
	"linesman/config"
	"linesman/event/disk"
	"linesman/models/panel"
	"linesman/part"
	"linesman/recipe"
)

// RecipeCommands take a version of a recipe to a line, and back.
type RecipeCommands struct {
	List     RecipeListCmd     `cmd:"" help:"List the versions on the shelf, and by which the lines judge."`
	Diff     RecipeDiffCmd     `cmd:"" help:"Say what differs between two versions."`
	Test     RecipeTestCmd     `cmd:"" help:"Put a recipe on the shelf and judge recorded parts by it: what would change."`
	Sign     RecipeSignCmd     `cmd:"" help:"Sign a tested version."`
	Activate RecipeActivateCmd `cmd:"" help:"Have a line judge by a signed version."`
	Cancel   RecipeCancelCmd   `cmd:"" help:"Take a changeover back that waits for its place on the belt."`
	Back     RecipeBackCmd     `cmd:"" help:"Have a line judge by the version before: one step."`
	Shadow   RecipeShadowCmd   `cmd:"" help:"Have a candidate judge beside a running line, which acts on none of it."`
}

// Help tells the way.
func (RecipeCommands) Help() string {
	return `A version is a draft, then tested on recorded parts, then signed, then active. The
shelf (DATA/recipes) keeps each with its model, known by its hashes. What is active
there goes before the site file's own recipe, from the next part on.

  linesman recipe test candidate-20261126.023000.yaml -c site.yaml --line caps-1
  linesman recipe diff cap-28@1 cap-28@2 -c site.yaml
  linesman recipe sign cap-28@2 -c site.yaml --line caps-1 --user li
  linesman recipe shadow cap-28@2 -c site.yaml --line caps-1
  linesman recipe activate cap-28@2 -c site.yaml --line caps-1
  linesman recipe activate cap-28@3 -c site.yaml --line caps-1 --at-tick 184200
  linesman recipe cancel cap-28@3 -c site.yaml --line caps-1
  linesman recipe back -c site.yaml --line caps-1`
}

// shelfOf is a site's shelf, to be written.
func shelfOf(site *config.Site) recipe.Shelf {
	s := site.Shelf()
	s.Write = disk.Write
	return s
}

// RecipeTestCmd tests a recipe.
type RecipeTestCmd struct {
	SiteFlag
	File   string `arg:"" help:"The recipe's file, or NAME@VERSION of one on the shelf."`
	Line   string `help:"The line it is meant for. Default: the site's only one."`
	Sample int    `placeholder:"N" help:"Judge so many recorded parts, drawn evenly from all whose pictures are kept. Default: 10000; with --shift all."`
	Shift  string `placeholder:"FROM/TO|FILE" help:"Recorded in this stretch: FROM/TO, or how long back: 8h; or the JSON report of an earlier run, for the same parts."`
	From   string `placeholder:"TIME" help:"Recorded at this time or later: 2026-03-01, 2026-03-01T14:30, today, 2h (ago), 3d."`
	To     string `placeholder:"TIME" help:"Recorded before this time."`
	Page   string `placeholder:"FILE" help:"Write a copy of the page that shows each part that changes; the shelf keeps one as report.html."`
	JSON   bool   `help:"Print the report as JSON."`
}

// testedParts is how many recorded parts a recipe is tested on.
const testedParts = 10_000

// Run puts it there and judges by it, at low priority.
func (c *RecipeTestCmd) Run(ctx context.Context) error {
	if c.Shift != "" && (c.From != "" || c.To != "") {
		return errors.New("--shift says from when to when: leave --from and --to away")
	}
	if dir := filepath.Dir(c.Page); c.Page != "" && !isDir(dir) {
		return fmt.Errorf("--page %s: there is no folder %s; make it, or choose another place", c.Page, dir)
	}
	if c.Sample == 0 && c.Shift == "" {
		c.Sample = testedParts
	}
	giveWay(max(runtime.NumCPU()/2, 1))
	site, id, err := siteAndLine(c.Config, c.Line)
	if err != nil {
		return err
	}
	shelf := shelfOf(site)
	if err := asOwner(shelf.Dir); err != nil {
		return err
	}
	k, rec, m, err := c.put(ctx, site, id, shelf)
	if err != nil {
		return err
	}
	log, err := openLogFiles(logFolder(site))
	if err != nil {
		return err
	}
	defer log.Close()
	t := &trial{site: site, dir: rec.ModelDir(), recipes: map[string]*recipe.Recipe{string(id): rec}}
	if err := t.readFrom(); err != nil {
		return err
	}
	sample, err := (&ReplayCmd{Sample: c.Sample, Shift: c.Shift, From: c.From, To: c.To, Seed: 1}).drawn(site)
	if err != nil {
		return err
	}
	out, err := t.judge(ctx, log, m, sample)
	if err != nil {
		return err
	}
	if out.Report.Again == 0 {
		return fmt.Errorf("recipe %s: no recorded part of %s on line %s could be judged again: it is not tested. Judge some parts first, or lower keep.one_pass_in for a while", k.Recipe, rec.Name, id)
	}
	page, err := t.page(&out)
	if err != nil {
		return err
	}
	report, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return err
	}
	tested := recipe.Tested{At: out.At, By: whoRuns(), Report: sha256Of(report), Judged: uint64(out.Report.Again)}
	reject, pass, _ := out.Report.Turns()
	tested.Reject, tested.Pass = uint64(reject), uint64(pass)
	if k, err = shelf.SetTested(k.Recipe, tested, report, page); err != nil {
		return err
	}
	if c.Page != "" {
		if err := disk.Write(c.Page, 0o644, page); err != nil {
			return fmt.Errorf("--page %s: %w; choose a file that can be written", c.Page, err)
		}
	}
	if err := tellRecipe(ctx, site, id, k); err != nil {
		return err
	}
	if c.JSON {
		_, err = os.Stdout.Write(append(report, '\n'))
		return err
	}
	return tellTrial(os.Stdout, out)
}

// put brings the recipe onto the shelf, if it is not there, and opens its model.
func (c *RecipeTestCmd) put(ctx context.Context, site *config.Site, id part.LineID, shelf recipe.Shelf) (*recipe.Kept, *recipe.Recipe, panel.Folders, error) {
	rec, k, err := recipeNamed(shelf, c.File)
	if err != nil {
		return nil, nil, panel.Folders{}, err
	}
	m, err := modelsOf(rec, k)
	if err != nil || k != nil {
		return k, rec, m, err
	}
	if k, err = shelf.Add(c.File, rec, m.Model().SHA256); err != nil {
		return nil, nil, m, err
	}
	if rec, _, err = shelf.Load(k.Recipe); err != nil {
		return nil, nil, m, err
	}
	if k.Tested == nil {
		err = tellRecipe(ctx, site, id, k)
	}
	return k, rec, m, err
}

// tellRecipe logs how far a version has come.
func tellRecipe(ctx context.Context, site *config.Site, id part.LineID, k *recipe.Kept) error {
	return tellLog(ctx, site, changedEvent(site, id, k, whoRuns(), nil))
}

// RecipeSignCmd signs a tested version.
type RecipeSignCmd struct {
	SiteFlag
	ID   string `arg:"" help:"NAME@VERSION, on the shelf."`
	Line string `help:"The line it is meant for. Default: the site's only one."`
	User string `required:"" help:"Who signs; the password is asked for."`
	PasswordFlag
}

// Run proves the user and signs recipe, model and report together.
func (c *RecipeSignCmd) Run(ctx context.Context) error {
	site, id, err := siteAndLine(c.Config, c.Line)
	if err != nil {
		return err
	}
	shelf := shelfOf(site)
	_, k, err := shelf.Load(c.ID)
	if err != nil {
		return err
	}
	if k.Tested == nil {
		return k.Ready()
	}
	password, err := c.once(c.User, os.Stdin)
	if err != nil {
		return err
	}
	var sig access.Signature
	err = withAccess(c.Config, func(_ *config.Site, s *access.Store) (err error) {
		sig, err = s.Sign(ctx, access.SignRequest{User: c.User, Password: password, Meaning: "approved", Subject: "recipe " + k.Recipe + " with its report", SHA256: sha256Of([]byte(k.Bill())), Line: string(id)})
		return err
	})
	if err != nil {
		return err
	}
	if !sig.Role.May(access.Recipe) {
		return fmt.Errorf("%s signed as %s, who may not change recipes: it does not count; let quality or an engineer sign", sig.User, sig.Role)
	}
	if k, err = shelf.SetSigned(k.Recipe, recipe.Approval{At: sig.At, User: sig.User, Name: sig.Name, Event: sig.Event, Over: k.Bill()}); err != nil {
		return err
	}
	if err := tellRecipe(ctx, site, id, k); err != nil {
		return err
	}
	_, err = fmt.Printf("recipe %s is signed by %s (%s), over its report of %d parts: %d passes would be rejected, %d rejects let through\n",
		k.Recipe, cmp.Or(sig.Name, sig.User), sig.Role, k.Tested.Judged, k.Tested.Reject, k.Tested.Pass)
	return err
}

// once asks for a password that exists already.
func (f PasswordFlag) once(user string, in *os.File) (string, error) {
	if f.PasswordStdin || !term.IsTerminal(int(in.Fd())) {
		return f.password(user, in)
	}
	return prompt(in, "password of "+user+": ")
}
