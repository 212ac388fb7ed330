package bench

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"time"

	"linesman/camera"
	"linesman/models/detect"
	"linesman/models/onnx"
	"linesman/scene"
	"linesman/vision"
	"linesman/vision/tamper"
	"linesman/watch"
)

// DressRun says what `bench dress` does: over stills whose people and dress were
// labelled by others a camera pans, with dropouts, and what a station decides of
// each person's dress is held against the labels.
type DressRun struct {
	Stills []string // folders; ReadStills says what lies in them
	Clips  int
	For    time.Duration // of each clip
	FPS    float64
	Seed   uint64
	Model  fs.FS
	Side   int // of the network's input; 0: the card's
	Far    bool
	Log    *slog.Logger
	// Progress is told what is played; may be nil.
	Progress func(format string, args ...any)
}

// DressReport is what came of it.
type DressReport struct {
	Model  string  `json:"model"`
	Seed   uint64  `json:"seed"`
	FPS    float64 `json:"fps"`
	Clips  int     `json:"clips"`
	Stills int     `json:"stills"` // that had somebody of known dress
	Frames int     `json:"frames"` // shown
	Lost   int     `json:"lost"`   // left out
	// Asked are people of known dress in view for askedFor at least, four fifths of
	// them, as tall as dress is judged from; Small those in view who are not as tall.
	Asked int `json:"people"`
	Small int `json:"small"`

	Dress    DressScore  `json:"dress"`
	Tall     []DressBand `json:"by_height"`
	Identity Identity    `json:"identity"`
}

// DressBand is of people about as tall in the picture.
type DressBand struct {
	From  int        `json:"from_px"` // median height
	To    int        `json:"to_px"`   // 0: no end
	Dress DressScore `json:"dress"`
}

// Who is asked for, and how near a track must be to the label's box.
const (
	askedFor   = 4.  // seconds in view
	inView     = 0.8 // of the person's box
	sameOver   = 0.4 // overlap of track and label
	seenEnough = 0.5 // of the box: the label's place is known
)

var bandsPx = []int{60, 100, 150, 220}

// RunDress plays the clips as fast as they can be looked at, on a clock of their
// own.
func RunDress(ctx context.Context, o DressRun) (*DressReport, error) {
	if o.Clips < 1 || !(o.FPS > 0) || o.For < 2*time.Second || len(o.Stills) == 0 {
		return nil, errors.New("bench dress: want folders of stills, at least one clip of 2 s, and frames a second above 0")
	}
	if o.Progress == nil {
		o.Progress = func(string, ...any) {}
	}
	stills, err := o.stills()
	if err != nil {
		return nil, err
	}
	eyes, err := watch.NewDetectors(1, func() (*detect.Detector, error) {
		return detect.Load(o.Model, detect.Options{Open: onnx.Open, Threads: 1, Side: o.Side, Once: !o.Far})
	})
	if err != nil {
		return nil, err
	}
	defer eyes.Close()
	r := &DressReport{Model: eyes.Model().Name + "@" + eyes.Model().Version, Seed: o.Seed, FPS: o.FPS, Clips: min(o.Clips, len(stills)), Stills: len(stills)}
	for i, b := range bandsPx {
		band := DressBand{From: b}
		if i+1 < len(bandsPx) {
			band.To = bandsPx[i+1]
		}
		r.Tall = append(r.Tall, band)
	}
	if r.Clips < o.Clips {
		o.Progress("there are stills for %d clips only", r.Clips)
	}
	for i := range r.Clips {
		if err := o.clip(ctx, eyes, &stills[i], i, r); err != nil {
			return nil, fmt.Errorf("bench dress: clip of %s: %w", stills[i].File, err)
		}
	}
	return r, nil
}

// stills are those of all folders by turns, each folder's in an order of the seed.
func (o *DressRun) stills() ([]Still, error) {
	var sets [][]Still
	rng := rand.New(rand.NewPCG(o.Seed, 0x5711))
	for _, dir := range o.Stills {
		s, err := ReadStills(dir)
		if err != nil {
			return nil, err
		}
		rng.Shuffle(len(s), func(a, b int) { s[a], s[b] = s[b], s[a] })
		sets = append(sets, s)
	}
	var all []Still
	for len(sets) > 0 {
		for i := range sets {
			all = append(all, sets[i][0])
			sets[i] = sets[i][1:]
		}
		sets = slices.DeleteFunc(sets, func(s []Still) bool { return len(s) == 0 })
	}
	return all, nil
}

// clip plays one.
func (o *DressRun) clip(ctx context.Context, eyes watch.Eyes, still *Still, number int, r *DressReport) error {
	// A camera that pans has moved; here its scene is never learnt.
	set := watch.Settings{FPS: o.FPS, Tamper: tamper.Settings{Learn: time.Hour, Adapt: time.Hour}}
	if err := set.Validate(); err != nil {
		return err
	}
	guard, err := Watch{Log: o.Log}.guarded(&set)
	if err != nil {
		return err
	}
	s, err := watch.New(watch.Config{Camera: sceneCamera, Settings: set, Eyes: eyes, Guard: guard, Log: o.Log})
	if err != nil {
		return err
	}
	defer s.Close()
	every := time.Duration(float64(time.Second) / o.FPS)
	n := int(o.For / every)
	c := newClip(still, o.Seed<<16+uint64(number), every, n)
	began, pool := time.Unix(1_800_000_000, 0), camera.NewPool(1)
	var pictures []seenPicture
	for i := range n {
		f := pool.Get(clipWidth, clipHeight, camera.RGB)
		c.draw(i, f)
		if c.lost[i] {
			f.Release()
			r.Lost++
			continue
		}
		f.Camera, f.Seq, f.At = sceneCamera, uint64(i+1), began.Add(time.Duration(i)*every)
		sc, why := s.See(ctx, f)
		f.Release()
		if err := ctx.Err(); err != nil {
			return err
		}
		if why != "" {
			return errors.New(why)
		}
		r.Frames++
		pictures = append(pictures, pictureOf(sc, i))
	}
	c.score(pictures, r)
	o.Progress("clip %d of %d: %s", number+1, r.Clips, filepath.Base(still.File))
	return nil
}

// score holds what was decided against the labels.
func (c *clip) score(pictures []seenPicture, r *DressReport) {
	name := func(who int) string { return fmt.Sprintf("%s person %d", c.still.File, who+1) }
	w := whoIsWho(pictures, func(frame int) map[string]func(*seenTrack) float64 {
		out := map[string]func(*seenTrack) float64{}
		for who := range c.still.People {
			if box, share := c.person(who, frame); share >= seenEnough {
				out[name(who)] = func(t *seenTrack) float64 {
					inside := vision.Box{X0: max(t.box.X0, 0), Y0: max(t.box.Y0, 0), X1: min(t.box.X1, clipWidth), Y1: min(t.box.Y1, clipHeight)}
					return (1 - inside.Overlap(box)) / (1 - sameOver)
				}
			}
		}
		return out
	})
	d := w.identity(pictures)
	r.Identity.join(&d)
	book := dressBook{}
	for i, p := range pictures {
		for j, t := range p.tracks {
			if w.people[i][j] != "" {
				book.see(w.people[i][j], t.dress)
			}
		}
	}
	for who, p := range c.still.People {
		tall, seconds := c.heights(who)
		switch {
		case len(p.Worn) == 0 || seconds < askedFor:
			continue
		case tall < scene.DressPixels:
			r.Small++
			continue
		}
		r.Asked++
		for _, item := range scene.Items {
			if truth, known := p.Worn[item]; known {
				r.take(book.said(name(who), item), item, truth, tall, name(who))
			}
		}
	}
	r.Dress.sort()
}

func (r *DressReport) take(said saidOf, item scene.Item, truth scene.Worn, tall float64, who string) {
	about := fmt.Sprintf("%s (%.0f px)", who, tall)
	r.Dress.of(item).take(said, truth, about)
	for i := range r.Tall {
		if b := &r.Tall[i]; int(tall) >= b.From && (b.To == 0 || int(tall) < b.To) {
			b.Dress.of(item).take(said, truth, about)
			b.Dress.sort()
		}
	}
}

// heights is the median height of a person while in view, in pixels of the clip,
// and for how many seconds that is.
func (c *clip) heights(who int) (median, seconds float64) {
	var all []float64
	for i := range c.n {
		if box, share := c.person(who, i); share >= inView && !c.lost[i] {
			all = append(all, box.Height())
		}
	}
	if len(all) == 0 {
		return 0, 0
	}
	slices.Sort(all)
	return all[len(all)/2], float64(len(all)) * c.every.Seconds()
}
