package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"linesman/models"
	"linesman/models/anomaly"
	"linesman/models/onnx"
	"linesman/models/teach"
	"linesman/proof/accuracy"
)

// teachFolder holds the good pictures to teach from; empty if there is none.
func (c *InspectCmd) teachFolder() string {
	if c.Teach != "" {
		return c.Teach
	}
	dir := c.Report
	if filepath.Base(dir) == "test" {
		dir = filepath.Dir(dir)
	}
	if dir = filepath.Join(dir, "train", accuracy.Good); isDir(dir) {
		return dir
	}
	return ""
}

// curveSteps checks --curve and returns its numbers, rising, none beyond the
// pictures there are.
func (c *InspectCmd) curveSteps() ([]int, error) {
	if len(c.Curve) == 0 {
		return nil, nil
	}
	dir := c.teachFolder()
	if dir == "" {
		return nil, errNoTeach
	}
	good, err := teach.FindPictures(dir)
	if err != nil {
		return nil, fmt.Errorf("--teach %s: %w", dir, err)
	}
	var steps []int
	for _, n := range c.Curve {
		if n < teach.Fewest {
			return nil, fmt.Errorf("--curve %d: a model needs at least %d good parts to be taught from", n, teach.Fewest)
		}
		steps = append(steps, min(n, len(good)))
	}
	if len(good) < teach.Fewest {
		return nil, fmt.Errorf("--teach %s: %d pictures; at least %d good ones are needed", dir, len(good), teach.Fewest)
	}
	slices.Sort(steps)
	return slices.Compact(steps), nil
}

// byHash orders pictures by the SHA-256 of their names: as good as by chance, the
// same everywhere, and fewer are always the first of more.
func byHash(files teach.Pictures) teach.Pictures {
	key := func(file string) []byte {
		h := sha256.Sum256([]byte(filepath.Base(file)))
		return h[:]
	}
	files = slices.Clone(files)
	slices.SortStableFunc(files, func(a, b string) int { return bytes.Compare(key(a), key(b)) })
	return files
}

// curve teaches anew from fewer good parts and judges the same pictures.
func (c *InspectCmd) curve(ctx context.Context, steps []int, found []labelled, tell func(string, int, int)) (*accuracy.Curve, error) {
	out := &accuracy.Curve{From: c.teachFolder()}
	good, err := teach.FindPictures(out.From)
	if err != nil {
		return nil, err
	}
	out.Have = len(good)
	good = byHash(good)
	for _, n := range steps {
		s, err := c.step(ctx, good[:n], found, tell)
		if err != nil {
			return nil, fmt.Errorf("curve at %d good parts: %w", n, err)
		}
		out.Steps = append(out.Steps, s)
	}
	return out, nil
}

func (c *InspectCmd) step(ctx context.Context, good teach.Pictures, found []labelled, tell func(string, int, int)) (accuracy.Step, error) {
	began, prefix := time.Now(), fmt.Sprintf("%d good parts: ", len(good))
	good = slices.Sorted(slices.Values(good)) // as teach takes a folder
	m, err := teach.Teach(ctx, teach.Input{Name: "curve", Good: good, Open: onnx.Open, Threads: c.Threads,
		Progress: func(stage string, done, total int) { tell(prefix+stage, done, total) }})
	if err != nil {
		return accuracy.Step{}, err
	}
	s := accuracy.Step{Parts: len(good), Took: time.Since(began)}
	d, err := m.Detector(c.options())
	if err != nil {
		return accuracy.Step{}, err
	}
	defer d.Close()
	var judged []accuracy.Judged
	look := func(i int) looked {
		picture, err := anomaly.ReadPicture(found[i].path)
		return lookedAt(ctx, d, picture, err, models.Ask{})
	}
	err = ahead(ctx, c.Threads, len(found), look, func(i int, k looked) error {
		judged = append(judged, judgedAs(&found[i], k.result, k.err))
		tell(prefix+"judging", i+1, len(found))
		return nil
	})
	if err != nil {
		return accuracy.Step{}, err
	}
	s.Figures, err = accuracy.Measure(judged)
	return s, err
}

// alsoIn counts the pictures of a folder whose bytes are among those given.
func (e *examination) alsoIn(dir string, judged map[[sha256.Size]byte]*labelled) (int, error) {
	if dir == "" {
		return 0, nil
	}
	files, err := teach.FindPictures(dir)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			return 0, fmt.Errorf("%s: %w", file, err)
		}
		if judged[sha256.Sum256(data)] != nil {
			n++
		}
	}
	return n, nil
}
