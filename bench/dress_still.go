package bench

import (
	"bufio"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"linesman/models/detect"
	"linesman/scene"
	"linesman/vision"
)

// Still is a picture whose people and their dress were labelled by others.
type Still struct {
	File    string
	Picture detect.Picture
	People  []StillPerson
}

// StillPerson is one of its people. What was labelled neither as worn nor as
// missing, or may be of two people, is unknown.
type StillPerson struct {
	Box  vision.Box // pixels of the still
	Worn map[scene.Item]scene.Worn
}

// labelled is one box of a label file.
type labelled struct {
	name string
	box  vision.Box
}

// ReadStills reads the labelled pictures of a folder: images/*.jpg, beside them
// labels/*.txt with a box a line (class, and centre x, y, width, height in shares
// of the picture), and classes.json, here or one folder up, with the classes'
// names by number. Only stills with somebody of known dress are returned, in the
// order of their names.
func ReadStills(dir string) ([]Still, error) {
	classes, err := readClasses(dir)
	if err != nil {
		return nil, err
	}
	files, err := filepath.Glob(filepath.Join(dir, "images", "*.jpg"))
	if err != nil {
		return nil, err
	}
	if len(files) == 0 {
		return nil, fmt.Errorf("stills: no images/*.jpg in %s; give a folder of labelled pictures, such as ../shared/data/safety/css/test", dir)
	}
	slices.Sort(files)
	var stills []Still
	for _, file := range files {
		s, err := readStill(file, classes)
		if err != nil {
			return nil, fmt.Errorf("stills: %s: %w", file, err)
		}
		if slices.ContainsFunc(s.People, func(p StillPerson) bool { return len(p.Worn) > 0 }) {
			stills = append(stills, s)
		}
	}
	if len(stills) == 0 {
		return nil, fmt.Errorf("stills: nobody in %s is labelled with helmet, no-helmet, vest or no-vest", dir)
	}
	return stills, nil
}

func readClasses(dir string) (map[string]string, error) {
	data, err := os.ReadFile(filepath.Join(dir, "classes.json"))
	if err != nil {
		data, err = os.ReadFile(filepath.Join(dir, "..", "classes.json"))
	}
	if err != nil {
		return nil, fmt.Errorf("stills: %s has no classes.json, nor has the folder above: it names the labels' classes by number", dir)
	}
	classes := map[string]string{}
	if err := json.Unmarshal(data, &classes); err != nil {
		return nil, fmt.Errorf("stills: classes.json of %s: %w", dir, err)
	}
	return classes, nil
}

func readStill(file string, classes map[string]string) (Still, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return Still{}, err
	}
	s := Still{File: filepath.Base(file)}
	if s.Picture, err = detect.Decode(data); err != nil {
		return Still{}, err
	}
	labels := filepath.Join(filepath.Dir(file), "..", "labels", strings.TrimSuffix(s.File, ".jpg")+".txt")
	text, err := os.ReadFile(labels)
	if err != nil {
		return Still{}, err
	}
	boxes, err := readLabels(string(text), classes, float64(s.Picture.Width), float64(s.Picture.Height))
	if err != nil {
		return Still{}, fmt.Errorf("%s: %w", labels, err)
	}
	s.People = dressed(boxes)
	return s, nil
}

func readLabels(text string, classes map[string]string, w, h float64) ([]labelled, error) {
	var boxes []labelled
	lines := bufio.NewScanner(strings.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		f := strings.Fields(lines.Text())
		if len(f) == 0 {
			continue
		}
		name, known := classes[f[0]]
		if len(f) != 5 || !known {
			return nil, fmt.Errorf("line %d: %q: want a class of classes.json, and centre x, y, width and height", n, lines.Text())
		}
		var v [4]float64
		for i := range v {
			var err error
			if v[i], err = strconv.ParseFloat(f[i+1], 64); err != nil || !(v[i] >= 0 && v[i] <= 1) {
				return nil, fmt.Errorf("line %d: %q: want shares of the picture from 0 to 1", n, lines.Text())
			}
		}
		boxes = append(boxes, labelled{name, vision.Box{X0: (v[0] - v[2]/2) * w, Y0: (v[1] - v[3]/2) * h, X1: (v[0] + v[2]/2) * w, Y1: (v[1] + v[3]/2) * h}})
	}
	return boxes, lines.Err()
}

// Where on a labelled person an item lies: within the box, its centre no lower than
// so much of its height. Whose head is a tenth of the height nearer to another
// person's is nobody's.
const (
	headWithin  = 0.45
	torsoWithin = 0.85
	notClear    = 0.1
)

// dressed gives the labelled pieces of dress to the people they are on. This is
// not how a scene does it: here boxes are the labels' own, and what is in doubt is
// left out.
func dressed(boxes []labelled) []StillPerson {
	var people []StillPerson
	for _, b := range boxes {
		if b.name == scene.Person {
			people = append(people, StillPerson{Box: b.box, Worn: map[scene.Item]scene.Worn{}})
		}
	}
	said := make([]map[scene.Item][]scene.Worn, len(people))
	for i := range said {
		said[i] = map[scene.Item][]scene.Worn{}
	}
	for _, b := range boxes {
		item, worn, within, from := scene.Helmet, scene.Yes, headWithin, 0.07
		switch b.name {
		case "helmet":
		case "no-helmet":
			worn = scene.No
		case "vest":
			item, within, from = scene.Vest, torsoWithin, 0.4
		case "no-vest":
			item, worn, within, from = scene.Vest, scene.No, torsoWithin, 0.4
		default:
			continue
		}
		best, second, who := math.Inf(1), math.Inf(1), -1
		for i, p := range people {
			c, h := b.box.Centre(), p.Box.Height()
			down, beside := (c.Y-p.Box.Y0)/h, math.Abs(c.X-p.Box.Centre().X)/p.Box.Width()
			if down < -0.05 || down > within || beside > 0.5 {
				continue
			}
			if fit := math.Hypot(down-from, beside); fit < best {
				best, second, who = fit, best, i
			} else if fit < second {
				second = fit
			}
		}
		switch {
		case who < 0:
		case second-best < notClear: // of two people
			for i, p := range people {
				if c := b.box.Centre(); c.X > p.Box.X0 && c.X < p.Box.X1 && c.Y > p.Box.Y0-0.05*p.Box.Height() && c.Y < p.Box.Y1 {
					said[i][item] = append(said[i][item], scene.Unknown)
				}
			}
		default:
			said[who][item] = append(said[who][item], worn)
		}
	}
	for i := range people {
		for item, all := range said[i] {
			if len(slices.Compact(slices.Clone(all))) == 1 && all[0] != scene.Unknown {
				people[i].Worn[item] = all[0]
			}
		}
	}
	return people
}
