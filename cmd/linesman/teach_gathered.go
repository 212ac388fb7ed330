package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"linesman/models/teach"
	"linesman/recipe"
	"linesman/vision"
)

// fromSite fills in what the line's site file and recipe say; without a site file it
// asks that what is needed was given.
func (c *TeachCmd) fromSite() error {
	if c.Config == "" {
		if c.Out == "" {
			return errors.New("--out is missing: the folder for the model")
		}
		return nil
	}
	if c.MMPerPx != 0 {
		return errors.New("--mm-per-px and a site file: the view says what one pixel covers; leave one of them away")
	}
	site, id, err := siteAndLine(c.Config, c.Line)
	if err != nil {
		return err
	}
	c.line = id
	set := site.Lines[id]
	shelf := site.Shelf()
	active, err := shelf.Active(string(id))
	if err != nil {
		return err
	}
	if active != nil {
		c.judges = active.Recipe
	}
	if len(set.Views) != 1 {
		return fmt.Errorf("line %s has %d views: teach by --recipe, --mm-per-px and --belt of one", id, len(set.Views))
	}
	c.MMPerPx, c.Belt = set.Views[0].MMPerPx, set.Views[0].Belt
	if c.Recipe == "" {
		c.Recipe = site.Path(set.Recipe)
	}
	if c.Out != "" {
		return nil
	}
	rec, err := recipe.Load(c.Recipe)
	if err != nil {
		return err
	}
	if c.Out = rec.ModelDir(); c.Out == "" {
		return fmt.Errorf("recipe %s names no taught model: give --out", c.Recipe)
	}
	return nil
}

// goodParts locates the parts of the good frames. Of frames that linesman gather took,
// those are taken that it took, but for what a person said otherwise.
func (c *TeachCmd) goodParts(set vision.LocateSettings, tell func(string, int, int)) (teach.Crops, error) {
	files, err := teach.FindPictures(c.Good)
	if err != nil {
		return nil, err
	}
	list := filepath.Join(c.Good, partsFile)
	text, err := os.ReadFile(list)
	if errors.Is(err, fs.ErrNotExist) {
		if len(c.With)+len(c.Without) > 0 {
			return nil, fmt.Errorf("%s was not gathered by linesman gather: no %s there to leave parts out of; remove pictures instead", c.Good, partsFile)
		}
		return cut(files, set, tell)
	}
	if err != nil {
		return nil, err
	}
	parts, err := takenParts(text, c.With, c.Without)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", list, err)
	}
	var good teach.Crops
	err = cutEach(files, set, tell, func(file string, crop *vision.Crop) {
		for i := range parts {
			p := &parts[i]
			near := set.DiameterPx() / 4
			if p.Take && p.on(file) && math.Hypot(p.At[0]-crop.Centre.X, p.At[1]-crop.Centre.Y) < near {
				good, p.Take = append(good, crop.Clone()), false // once
			}
		}
	})
	for _, p := range parts {
		if p.Take && err == nil {
			err = fmt.Errorf("part %s is not found on its picture any more: its file was removed, or part: of the recipe or the view's scale has changed since; leave it out by --without %s, or gather anew", p.Part, p.Part)
		}
	}
	return good, err
}

// on says whether the part lies on a picture.
func (p *gathered) on(file string) bool {
	stem := strings.TrimSuffix(filepath.Base(file), filepath.Ext(file))
	return p.Part[:max(0, strings.LastIndexByte(p.Part, '-'))] == stem
}

// takenParts reads a list of gathered parts, and what a person said otherwise.
func takenParts(list []byte, with, without []string) (parts []gathered, err error) {
	lines := bufio.NewScanner(bytes.NewReader(list))
	for n := 1; lines.Scan(); n++ {
		var p gathered
		if err := json.Unmarshal(lines.Bytes(), &p); err != nil || p.Part == "" {
			return nil, fmt.Errorf("line %d is no gathered part (%v): gather anew", n, err)
		}
		parts = append(parts, p)
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	for i, names := range [][]string{with, without} {
		for _, name := range names {
			k := slices.IndexFunc(parts, func(p gathered) bool { return p.Part == name })
			if k < 0 {
				return nil, fmt.Errorf("there is no part %q; the page %s shows their names", name, lookPage)
			}
			parts[k].Take = i == 0
		}
	}
	return parts, nil
}
