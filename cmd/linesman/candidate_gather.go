package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"linesman/line"
	"linesman/models/golden"
	"linesman/models/teach"
	"linesman/proof"
)

// gather collects what is taught and what is only asked about.
func (k *candidate) gather(ctx context.Context, tell func(string, int, int)) error {
	size, err := k.unlabelled(ctx, tell)
	if err != nil {
		return err
	}
	passes := len(k.good)
	if err := k.labelled(ctx, size); err != nil {
		return err
	}
	if k.Good == "" {
		if err := k.vet(ctx, passes); err != nil {
			return err
		}
	}
	if have := len(k.good); have < golden.Fewest {
		return fmt.Errorf("%d good parts are too few to teach from (%d of them labelled), want at least %d and better 200: give frames of good parts with --good, or keep more passes (keep.one_pass_in of the recipe)",
			have, len(k.made.Labelled), golden.Fewest)
	}
	return nil
}

// vet leaves out the passes, the first of what is taught, that stand out from all the
// rest: the model that let them pass may be what is to be mended, and a defect that is
// taught as good is let through for good.
func (k *candidate) vet(ctx context.Context, passes int) error {
	why, err := standOut(ctx, k.good, k.site.Lines[k.id].Views[0].MMPerPx, func(i int) bool { return i >= passes })
	if err != nil {
		return err
	}
	var good teach.Crops
	var names []string
	for i, crop := range k.good {
		switch {
		case why[i] != "":
			k.made.LeftOut = append(k.made.LeftOut, fmt.Sprintf("part %s, a kept pass: it stands out from the others (%s)", k.passOf[i], why[i]))
			continue
		case i < passes && (len(names) == 0 || names[len(names)-1] != k.passOf[i]):
			names = append(names, k.passOf[i])
		}
		good = append(good, crop)
	}
	out := len(k.good) - len(good)
	if out == 0 {
		return nil
	}
	k.good, k.made.Passes = good, names
	k.made.GoodFrom += fmt.Sprintf("; %d that stood out from the others were left out", out)
	return nil
}

// labelled reads the parts that people spoke of: the good ones are taught, the
// defective ones put aside. Crops of another size than the others' (0: any)
// are left out.
func (k *candidate) labelled(ctx context.Context, size int) error {
	for i := range k.labels {
		l := &k.labels[i]
		crops, why := k.learnable(ctx, l)
		if err := ctx.Err(); err != nil {
			return err
		}
		if size == 0 && len(crops) > 0 {
			size = crops[0].Size
		}
		if why == "" && len(sized(crops, size)) < len(crops) {
			why = "its picture has another size than the others': it was judged by another recipe"
		}
		switch {
		case why != "":
			k.made.LeftOut = append(k.made.LeftOut, fmt.Sprintf("part %s, %s: %s", l.Part, l.Label, why))
		case proof.Label(l.Label).Bad():
			k.defects = append(k.defects, crops...)
			for range crops {
				k.kinds = append(k.kinds, l.Class)
			}
		default:
			k.good = append(k.good, crops...)
			k.made.Labelled = append(k.made.Labelled, l.Part)
		}
	}
	return nil
}

// learnable returns a labelled part as it was judged, or why nothing is learned
// from it.
func (k *candidate) learnable(ctx context.Context, l *proof.Labelled) (crops teach.Crops, why string) {
	if l.Unlearned != "" {
		return nil, l.Unlearned
	}
	c, err := k.replay.LabelledCase(ctx, l)
	if err != nil {
		return nil, err.Error()
	}
	if !proof.Label(l.Label).Bad() {
		if why := k.unfit(&c); why != "" {
			return nil, why
		}
	}
	if crops, err = cropsOf(&c); err != nil {
		return nil, err.Error()
	}
	return crops, ""
}

// unfit says why a good part's picture shows nothing that should be learned: it
// was rejected for its frame, not for itself.
func (k *candidate) unfit(c *proof.Case) string {
	limits := k.rec.Limits
	for _, v := range c.Judged.Views {
		switch q := v.Quality; {
		case v.Missing != "":
			return "view " + v.Name + ": " + v.Missing
		case q.Covered:
			return "view " + v.Name + " showed nothing"
		case q.Focus < limits.MinFocus:
			return fmt.Sprintf("view %s was blurred (focus %.3g, at least %.3g)", v.Name, q.Focus, limits.MinFocus)
		case q.Clipped > limits.MaxClipped:
			return fmt.Sprintf("view %s was too bright or too dark (%.0f %% clipped)", v.Name, 100*q.Clipped)
		}
	}
	return ""
}

// unlabelled adds the good parts that nobody spoke of, and returns the size of
// their crops.
func (k *candidate) unlabelled(ctx context.Context, tell func(string, int, int)) (size int, err error) {
	if k.Good != "" {
		set, view := k.rec.Part, k.site.Lines[k.id].Views[0]
		set.MMPerPx, set.Belt = view.MMPerPx, view.Belt
		frames, err := cutAll(k.Good, set, tell)
		if err != nil {
			return 0, err
		}
		k.made.GoodFrom = fmt.Sprintf("%d parts in the frames of %s", len(frames), k.Good)
		k.good = frames
		return cropSize(frames), nil
	}
	spoken := map[string]bool{}
	for _, l := range k.labels {
		spoken[l.Part] = true
	}
	passes, err := k.replay.KeptPasses(ctx, leastPasses, k.Most, func(part string) bool { return spoken[part] })
	if err != nil {
		return 0, err
	}
	var kept teach.Crops
	var parts []string // of kept
	var first, last time.Time
	for i := range passes {
		crops, err := cropsOf(&passes[i])
		if err != nil {
			continue // kept by an earlier version
		}
		kept = append(kept, crops...)
		parts = append(parts, slices.Repeat([]string{passes[i].Part}, len(crops))...)
		k.made.Passes = append(k.made.Passes, passes[i].Part)
		at := passes[i].Judged.Timing.Exposure
		if first.IsZero() {
			first = at
		}
		last = at
	}
	k.made.GoodFrom = fmt.Sprintf("%d passes of line %s whose pictures were kept, judged from %s to %s: the model of that time held them to be good, no person",
		len(k.made.Passes), k.id, first.UTC().Format("2006-01-02 15:04"), last.UTC().Format("2006-01-02 15:04 UTC"))
	size = cropSize(kept)
	k.good, k.passOf = sized(kept, size), nil
	for i := range kept {
		if kept[i].Size == size {
			k.passOf = append(k.passOf, parts[i])
		}
	}
	return size, nil
}

// cropsOf reads a part's kept pictures back as what was judged.
func cropsOf(c *proof.Case) (teach.Crops, error) {
	var out teach.Crops
	for _, file := range c.Pictures {
		if file == nil {
			continue
		}
		crop, err := line.CropOf(file)
		if err != nil {
			return nil, err
		}
		out = append(out, crop)
	}
	return out, nil
}

// cropSize is the size that most crops have: one model knows one.
func cropSize(crops teach.Crops) int {
	by, most := map[int]int{}, 0
	for _, c := range crops {
		if by[c.Size]++; by[c.Size] > by[most] {
			most = c.Size
		}
	}
	return most
}

// sized keeps the crops of one size.
func sized(crops teach.Crops, size int) teach.Crops {
	var out teach.Crops
	for _, c := range crops {
		if c.Size == size {
			out = append(out, c)
		}
	}
	return out
}
