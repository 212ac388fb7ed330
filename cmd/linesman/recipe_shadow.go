package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"path/filepath"

	"linesman/access"
	"linesman/config"
	"linesman/part"
)

// RecipeShadowCmd has a candidate judge beside a line.
type RecipeShadowCmd struct {
	SiteFlag
	ID   string `arg:"" optional:"" help:"NAME@VERSION on the shelf, or the folder of a candidate beside the site file."`
	Line string `help:"The line. Default: the site's only one."`
	End  bool   `help:"End what judges beside the line."`
}

// Help says what it shows.
func (*RecipeShadowCmd) Help() string {
	return `The candidate judges the same parts beside the line, in its idle moments. The line
acts on none of it and is not slowed. Each minute model.shadowed counts the parts it
would have sent the other way, and names some with their pictures. A changeover ends
it, and so does the end of the appliance.

  linesman recipe shadow cap-28@2 -c site.yaml --line caps-1
  linesman recipe shadow candidate-20261126.023000 -c site.yaml --line caps-1
  linesman events tail -c site.yaml --type model.shadowed
  linesman recipe shadow --end -c site.yaml --line caps-1`
}

// Run asks the appliance that runs.
func (c *RecipeShadowCmd) Run(ctx context.Context) error {
	if (c.ID == "") != c.End {
		return errors.New("say what is to judge beside the line, NAME@VERSION or a candidate's folder, or end it with --end")
	}
	site, id, err := siteAndLine(c.Config, c.Line)
	if err != nil {
		return err
	}
	if !inUse(logFolder(site)) {
		return fmt.Errorf("no appliance runs, so nothing judges on line %s: start it with linesman run, or judge recorded parts with linesman replay --recipe", id)
	}
	token, err := access.LocalToken(accessDir(site))
	if err != nil {
		return err
	}
	there := &remoteLog{url: "http://" + nearby(site.Listen), token: token}
	var line struct {
		Judges string `json:"judges"`
	}
	path := "/api/v1/lines/" + url.PathEscape(string(id)) + "/shadow"
	if c.End {
		if err := there.ask(ctx, http.MethodDelete, path+"?actor="+url.QueryEscape(whoRuns()), nil, &line); err != nil {
			return err
		}
		_, err = fmt.Printf("nothing judges beside line %s any more\n", id)
		return err
	}
	body, err := c.body(site, id)
	if err != nil {
		return err
	}
	if err := there.ask(ctx, http.MethodPost, path, body, &line); err != nil {
		return err
	}
	_, err = fmt.Printf("%s judges beside line %s, by %s; end it with: linesman recipe shadow --end --line %s\n", c.ID, id, line.Judges, id)
	return err
}

// body names the candidate as the API does.
func (c *RecipeShadowCmd) body(site *config.Site, id part.LineID) ([]byte, error) {
	of := map[string]string{"actor": whoRuns()}
	shelf := site.Shelf()
	_, err := shelf.Get(c.ID)
	switch {
	case err == nil:
		of["recipe"] = c.ID
		return json.Marshal(of)
	case !errors.Is(err, fs.ErrNotExist):
		return nil, err
	case !isDir(c.ID):
		return nil, fmt.Errorf("%w, and there is no such folder", err)
	}
	home, err := filepath.Abs(site.Path("."))
	if err != nil {
		return nil, err
	}
	dir, err := filepath.Abs(c.ID)
	if err != nil {
		return nil, err
	}
	if of["model"], err = filepath.Rel(home, dir); err != nil || !filepath.IsLocal(of["model"]) {
		return nil, fmt.Errorf("line %s: %s does not lie beside the site file, in %s: bring the candidate's folder there, with its draft", id, c.ID, home)
	}
	return json.Marshal(of)
}
