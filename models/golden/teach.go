package golden

import (
	"errors"
	"fmt"
	"math"
	"slices"

	"linesman/vision"
)

// Fewest good parts that say anything about how good parts vary.
const Fewest = 12

// teaching is a Model in the making.
type teaching struct {
	*Model
	crops []vision.Crop
	poses []pose
	radii [][]float64
	s     *scratch
	polar *polar
	tell  func(done, total int)
	done  int
	total int
}

// Teach learns a product from located crops of good parts, typically 200, all
// of one size. progress, if not nil, is told how far it is. The crops are only
// read. Parts that are unlike most of the others do little harm, but every one
// taught as good widens the limits.
func Teach(crops []vision.Crop, mmPerPx float64, progress func(done, total int)) (*Model, error) {
	if err := teachable(crops, mmPerPx); err != nil {
		return nil, fmt.Errorf("teach golden picture: %w", err)
	}
	if progress == nil {
		progress = func(int, int) {}
	}
	if isLong(crops) {
		l, err := teachLong(crops, mmPerPx, progress)
		if err == nil {
			return &Model{mmPerPx: mmPerPx, size: crops[0].Size, long: l}, nil
		}
		if !errors.Is(err, errUneven) {
			return nil, fmt.Errorf("teach golden picture: %w", err)
		}
		// Parts of many shapes are compared by what they have in common with
		// a disc of their size: widely, but not without a word.
	}
	t := newTeaching(crops, mmPerPx, progress)
	if err := t.learnGolden(); err != nil {
		return nil, fmt.Errorf("teach golden picture: %w", err)
	}
	t.learnSpread()
	t.findLeast()
	t.learnLimits()
	t.prepare()
	progress(t.total, t.total)
	return t.Model, nil
}

func newTeaching(crops []vision.Crop, mmPerPx float64, progress func(done, total int)) *teaching {
	return &teaching{
		Model: &Model{mmPerPx: mmPerPx, size: crops[0].Size, strength: span{1, 1}, slope: span{-1, 1}},
		crops: crops, tell: progress, total: 8 * len(crops),
	}
}

// learnGolden learns the golden picture, and lays every good part on it.
func (t *teaching) learnGolden() error {
	t.learnLook()
	if err := t.learnOutline(); err != nil {
		return err
	}
	t.body = newField(int(math.Ceil(t.radius)) + 2)
	t.learnBody()
	t.learnPrint()
	t.learnSlope()
	return t.look()
}

func teachable(crops []vision.Crop, mmPerPx float64) error {
	if len(crops) < Fewest {
		return fmt.Errorf("%d good parts, need at least %d; 200 are usual", len(crops), Fewest)
	}
	if !(mmPerPx > 0) {
		return fmt.Errorf("mm_per_px is %v: give the millimetres one pixel covers", mmPerPx)
	}
	for i := range crops {
		m := Model{size: crops[0].Size}
		if err := m.fits(&crops[i]); err != nil {
			return fmt.Errorf("good part %d: %w", i+1, err)
		}
	}
	return nil
}

func (t *teaching) step() {
	t.done++
	t.tell(min(t.done, t.total), t.total)
}

// learnLook learns how the parts' colour stands to the belt's, and how big
// they roughly are.
func (t *teaching) learnLook() {
	var ratios, surrounds [3][]float32
	var radii []float64
	for i := range t.crops {
		c := &t.crops[i]
		area := 0
		for _, m := range c.Mask {
			if m != 0 {
				area++
			}
		}
		r := math.Sqrt(float64(area) / math.Pi)
		radii = append(radii, r)
		s := scratch{pose: pose{x: float64(c.Size) / 2, y: float64(c.Size) / 2}}
		mean := s.meanColour(c, 0.8*r)
		for k := range mean {
			ratios[k] = append(ratios[k], float32(mean[k])/max(c.Surround[k], 1))
			surrounds[k] = append(surrounds[k], c.Surround[k])
		}
	}
	for k := range ratios {
		t.ratio[k], t.surround[k] = median(ratios[k]), median(surrounds[k])
	}
	slices.Sort(radii)
	t.radius = radii[len(radii)/2]
	t.rays = raysFor(t.radius)
	t.s = blankScratch(t.size, t.rays)
}

// learnOutline measures every part's outline and keeps where each part lies.
func (t *teaching) learnOutline() error {
	var kept []vision.Crop
	var radii []float32
	t.chooseEdge()
	for round := range 2 { // the second with the true radius
		kept, radii = kept[:0], radii[:0]
		t.poses, t.radii = t.poses[:0], t.radii[:0]
		for i := range t.crops {
			t.s.load(&t.crops[i], t.ratio)
			if t.s.findOutline(&t.crops[i], t.radius, t.edgeShare, t.rays) == nil {
				kept = append(kept, t.crops[i])
				t.poses = append(t.poses, t.s.pose)
				t.radii = append(t.radii, slices.Clone(t.s.radii))
				radii = append(radii, float32(t.s.pose.radius))
			}
			if round == 0 {
				t.step()
			}
		}
		if len(kept) < Fewest {
			return fmt.Errorf("only %d of %d good parts show their whole outline: check diameter_mm and mm_per_px", len(kept), len(t.crops))
		}
		t.radius = float64(median(radii))
	}
	t.crops = kept
	for i := range t.poses {
		t.poses[i].scale = t.poses[i].radius / t.radius
		t.poses[i].strength, t.poses[i].zoom = 1, 1
	}
	return nil
}

// chooseEdge picks, for a part whose rim is darker than its face or whose
// shadow lies beside it, where its edge is best looked for.
func (t *teaching) chooseEdge() {
	best := math.Inf(1)
	for _, share := range []float64{0.5, 0.4, 0.3, 0.2} {
		var rough []float64
		for i := 0; i < len(t.crops); i += max(len(t.crops)/25, 1) {
			t.s.load(&t.crops[i], t.ratio)
			if t.s.findOutline(&t.crops[i], t.radius, share, t.rays) == nil {
				rough = append(rough, t.s.roughness())
			}
		}
		if len(rough) == 0 {
			continue
		}
		slices.Sort(rough)
		// The worst of them counts: an edge that is lost now and then is no edge.
		if r := rough[len(rough)*9/10]; r < 0.75*best {
			best, t.edgeShare = r, share
		}
	}
}
