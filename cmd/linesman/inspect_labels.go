package main

import (
	"fmt"
	"image"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"linesman/models/anomaly"
	"linesman/models/teach"
	"linesman/proof/accuracy"
)

// labelled is a picture whose truth is known.
type labelled struct {
	path string
	name string // below the data folder, with slashes
	kind string // accuracy.Good, or the defect: the name of its folder
	mask string // file, white where defective; empty if there is none
}

// marked is the defect of pictures whose masks alone say that they have one.
const marked = "marked"

// notDefects are folders beside good/ that hold no pictures to judge.
var notDefects = []string{"masks", "ground_truth", "train"}

// findLabelled finds the pictures of a set, and what is known of them:
//
//	DIR/good/..., DIR/<defect>/...
//	DIR/test/good/..., DIR/test/<defect>/...
//	DIR/... with masks for the defective ones
//
// A mask is MASKS/<stem>.png, MASKS/<defect>/<stem>.png or, as in MVTec's sets,
// MASKS/<defect>/<stem>_mask.png; masks empty takes DIR/masks or DIR/ground_truth.
func findLabelled(dir, masks string) ([]labelled, error) {
	root := dir
	if isDir(filepath.Join(dir, "test")) && !isDir(filepath.Join(dir, accuracy.Good)) {
		root = filepath.Join(dir, "test")
	}
	for _, name := range notDefects[:2] {
		if masks == "" && isDir(filepath.Join(dir, name)) {
			masks = filepath.Join(dir, name)
		}
	}
	files, err := teach.FindPictures(root)
	if err != nil {
		return nil, fmt.Errorf("report %s: %w", dir, err)
	}
	var found []labelled
	loose := ""
	for _, file := range files {
		rel, err := filepath.Rel(root, file)
		if err != nil {
			return nil, fmt.Errorf("report %s: %w", dir, err)
		}
		l := labelled{path: file, name: filepath.ToSlash(rel)}
		kind, _, inside := strings.Cut(l.name, "/")
		switch {
		case !inside:
			loose = l.name
		case below(file, masks), slices.Contains(notDefects, kind):
			continue
		default:
			l.kind = kind
		}
		found = append(found, l)
	}
	good := slices.ContainsFunc(found, func(l labelled) bool { return l.kind == accuracy.Good })
	bad := slices.ContainsFunc(found, func(l labelled) bool { return l.kind != accuracy.Good && l.kind != "" })
	if !good && !bad && loose != "" && masks != "" {
		return labelByMask(dir, masks, found)
	}
	switch {
	case !good:
		return nil, fmt.Errorf("report %s: no picture in a folder %q, here or in test; put pictures of good parts there, and those of each defect into a folder of its own", dir, accuracy.Good)
	case !bad:
		return nil, fmt.Errorf("report %s: only good pictures; put those of each defect into a folder named after it, beside %q: without them no escape can be counted", dir, accuracy.Good)
	case loose != "":
		return nil, fmt.Errorf("report %s: %s lies in no folder, so nobody knows whether its part is good; move it to %q or to its defect's folder", dir, loose, accuracy.Good)
	}
	return found, findMasks(dir, masks, found)
}

// labelByMask takes a picture for defective whose mask has a white pixel.
func labelByMask(dir, masks string, found []labelled) ([]labelled, error) {
	for i := range found {
		found[i].kind = marked
	}
	if err := findMasks(dir, masks, found); err != nil {
		return nil, err
	}
	kinds := map[string]bool{}
	for i := range found {
		l := &found[i]
		white := false
		if l.mask != "" {
			m, err := readMask(l.mask)
			if err != nil {
				return nil, err
			}
			white = slices.Contains(m.on, true)
		}
		if !white {
			l.kind, l.mask = accuracy.Good, ""
		}
		kinds[l.kind] = true
	}
	if len(kinds) < 2 {
		return nil, fmt.Errorf("report %s: by the masks in %s all %d pictures are %s; pictures of good and of defective parts are both needed: a defective part's mask has the picture's name and white where the defect is",
			dir, masks, len(found), found[0].kind)
	}
	return found, nil
}

// findMasks names the masks of the defective pictures and checks their size.
func findMasks(dir, masks string, found []labelled) error {
	if masks == "" {
		return nil
	}
	taken := map[string]string{}
	for i := range found {
		l := &found[i]
		if l.kind == accuracy.Good {
			continue
		}
		stem := strings.TrimSuffix(filepath.Base(l.path), filepath.Ext(l.path))
		for _, name := range []string{filepath.Join(l.kind, stem+".png"), filepath.Join(l.kind, stem+"_mask.png"), stem + ".png", stem + "_mask.png"} {
			if path := filepath.Join(masks, name); l.mask == "" && isFile(path) {
				l.mask = path
			}
		}
		if l.mask == "" {
			continue
		}
		if other := taken[l.mask]; other != "" {
			return fmt.Errorf("report %s: mask %s could be that of %s or of %s; put it into a folder of the defect's name in %s", dir, l.mask, other, l.name, masks)
		}
		taken[l.mask] = l.name
		if err := fits(l); err != nil {
			return err
		}
	}
	return nil
}

// fits refuses a mask that is no picture or not of its picture's size. A picture
// that can not be read is told of when it is judged.
func fits(l *labelled) error {
	mask, err := sizeOf(l.mask)
	if err != nil {
		return fmt.Errorf("mask %s: %w; write it as PNG, white where the part is defective, or remove it", l.mask, err)
	}
	picture, err := sizeOf(l.path)
	if err == nil && mask != picture {
		return fmt.Errorf("mask %s is %d x %d pixels, its picture %s %d x %d: a mask covers its picture pixel by pixel; draw it on the picture as stored", l.mask, mask.X, mask.Y, l.name, picture.X, picture.Y)
	}
	return nil
}

func sizeOf(path string) (image.Point, error) {
	f, err := os.Open(path)
	if err != nil {
		return image.Point{}, err
	}
	defer f.Close()
	head, _, err := image.DecodeConfig(f)
	return image.Pt(head.Width, head.Height), err
}

// mask says of each pixel whether it is defective.
type mask struct {
	width, height int
	on            []bool
}

// readMask reads a mask; white is what is lighter than half.
func readMask(path string) (mask, error) {
	p, err := anomaly.ReadPicture(path)
	if err != nil {
		return mask{}, fmt.Errorf("mask %s: %w; write it as PNG, white where the part is defective, or remove it", path, err)
	}
	m := mask{p.Width, p.Height, make([]bool, p.Width*p.Height)}
	for i := range m.on {
		r, g, b := int(p.Pix[3*i]), int(p.Pix[3*i+1]), int(p.Pix[3*i+2])
		m.on[i] = (299*r+587*g+114*b)/1000 > 127
	}
	return m, nil
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// below says whether a file lies in a folder; no folder holds nothing.
func below(file, dir string) bool {
	if dir == "" {
		return false
	}
	rel, err := filepath.Rel(dir, file)
	return err == nil && rel != ".." && !strings.HasPrefix(rel, ".."+string(filepath.Separator))
}
