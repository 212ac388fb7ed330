package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"

	"linesman/camera"
	"linesman/event/disk"
	"linesman/models/anomaly"
	"linesman/models/teach"
	"linesman/recipe"
	"linesman/vision"
	"linesman/vision/cv"
)

// located teaches from parts on a belt, and lets the recipe name the model.
func (c *TeachCmd) located(ctx context.Context, in teach.Input) error {
	text, set, err := c.recipe()
	if err != nil {
		return err
	}
	good, err := c.goodParts(set, in.Progress)
	if err != nil {
		return err
	}
	if len(good) < teach.Fewest {
		return fmt.Errorf("%s: %d whole parts were found in its pictures; check part.diameter_mm, --mm-per-px and --belt", c.Good, len(good))
	}
	if c.Defects != "" {
		if in.Defects, in.DefectNames, err = cutKinds(c.Defects, set, in.Progress); err != nil {
			return err
		}
	}
	model, err := teach.Located(ctx, in, good, set.MMPerPx)
	if err != nil {
		return fmt.Errorf("teaching from %s: %w", c.Good, err)
	}
	if err := model.Write(c.Out); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(c.Recipe), 0o755); err != nil {
		return err
	}
	if err := disk.Write(c.Recipe, 0o644, text); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "taught from %d parts; %s names the model\n", len(good), c.Recipe)
	if err := printCard(model); err != nil || c.Config == "" {
		return err
	}
	if c.judges != "" {
		fmt.Fprintf(os.Stderr, "line %s goes on judging by %s, which a person made active; what was taught just now is a draft.\nnext: %s, then sign and activate it (docs/recipes.md)\n",
			c.line, c.judges, typed(os.Args[0], "recipe", "test", c.Recipe, "-c", c.Config, "--line", string(c.line)))
		return nil
	}
	fmt.Fprintf(os.Stderr, "next: %s, then release at the controller's panel, or: %s\n", typed(os.Args[0], "run", "-c", c.Config), typed(os.Args[0], "line", "release", "-c", c.Config, string(c.line)))
	return nil
}

// recipe returns the recipe as it will be, and how it finds its parts.
func (c *TeachCmd) recipe() (text []byte, set vision.LocateSettings, err error) {
	model, err := filepath.Rel(filepath.Dir(c.Recipe), c.Out)
	if err != nil {
		model = c.Out
	}
	text, err = os.ReadFile(c.Recipe)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		if c.MM <= 0 {
			return nil, set, fmt.Errorf("recipe %s is new: give the part's largest extent as --diameter-mm", c.Recipe)
		}
		text = fmt.Appendf(nil, "recipe: %s\nversion: 1\npart: {diameter_mm: %g, lanes: %d, lane_mm: %g}\nmodel: %s\n", filepath.Base(filepath.Clean(c.Out)), c.MM, c.Lanes, c.LaneMM, model)
	case err != nil:
		return nil, set, fmt.Errorf("recipe %s: %w", c.Recipe, err)
	default:
		before, err := recipe.Parse(text)
		if err != nil {
			return nil, set, fmt.Errorf("recipe %s: %w", c.Recipe, err)
		}
		version := before.Version + 1
		if _, err := os.Stat(filepath.Join(filepath.Dir(c.Recipe), before.Model, anomaly.CardFile)); errors.Is(err, fs.ErrNotExist) && !filepath.IsAbs(before.Model) {
			version = before.Version // nothing was ever judged by it
		}
		if text, err = renamed(text, model, version); err != nil {
			return nil, set, fmt.Errorf("recipe %s: %w", c.Recipe, err)
		}
	}
	r, err := recipe.Parse(text)
	if err != nil {
		return nil, set, fmt.Errorf("recipe %s: %w", c.Recipe, err)
	}
	set = r.Part
	set.MMPerPx, set.Belt = c.MMPerPx, c.Belt
	if set.MMPerPx <= 0 {
		return nil, set, errors.New("--mm-per-px is missing: what one pixel covers on the belt, as the site file's view says")
	}
	return text, set, nil
}

var (
	modelRow   = regexp.MustCompile(`(?m)^model:[ \t]*[^#\n]*?([ \t]*(#.*)?)$`)
	versionRow = regexp.MustCompile(`(?m)^version:[ \t]*\d+`)
)

// renamed is a recipe's text with another model and version, all else, comments
// too, as it was.
func renamed(text []byte, model string, version int) ([]byte, error) {
	if len(modelRow.FindAllIndex(text, 2)) != 1 || len(versionRow.FindAllIndex(text, 2)) != 1 {
		return nil, errors.New("want one row that begins with model: and one that begins with version:, each with its value on the same row")
	}
	text = modelRow.ReplaceAllFunc(text, func(row []byte) []byte {
		return append([]byte("model: "+model), modelRow.FindSubmatch(row)[1]...)
	})
	return versionRow.ReplaceAll(text, fmt.Appendf(nil, "version: %d", version)), nil
}

// cutKinds locates the parts of labelled frames, and says of each what it shows.
func cutKinds(dir string, set vision.LocateSettings, tell func(string, int, int)) (parts teach.Crops, kinds []string, err error) {
	files, err := teach.FindPictures(dir)
	if err != nil {
		return nil, nil, err
	}
	for i, kind := range files.Kinds(dir) {
		found, err := cut(files[i:i+1], set, tell)
		if err != nil {
			return nil, nil, err
		}
		parts = append(parts, found...)
		for range found {
			kinds = append(kinds, kind)
		}
	}
	return parts, kinds, nil
}

// cutAll locates the parts of every picture in a folder.
func cutAll(dir string, set vision.LocateSettings, tell func(string, int, int)) (teach.Crops, error) {
	files, err := teach.FindPictures(dir)
	if err != nil {
		return nil, err
	}
	return cut(files, set, tell)
}

// cut locates the parts of pictures.
func cut(files teach.Pictures, set vision.LocateSettings, tell func(string, int, int)) (all teach.Crops, err error) {
	err = cutEach(files, set, tell, func(_ string, c *vision.Crop) { all = append(all, c.Clone()) })
	return all, err
}

// cutEach locates the parts of pictures, in their order, and lends each out for a call.
func cutEach(files teach.Pictures, set vision.LocateSettings, tell func(string, int, int), each func(file string, c *vision.Crop)) error {
	locator, err := cv.NewLocator(set)
	if err != nil {
		return err
	}
	defer locator.Close()
	pool := camera.NewPool(1)
	var found vision.Crops
	for i, file := range files {
		picture, err := anomaly.ReadPicture(file)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		f := pool.Get(picture.Width, picture.Height, camera.RGB)
		copy(f.Pix, picture.Pix)
		err = locator.Locate(f, &found)
		f.Release()
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		for k := range found.Items {
			each(file, &found.Items[k])
		}
		tell("finding parts", i+1, len(files))
	}
	return nil
}
