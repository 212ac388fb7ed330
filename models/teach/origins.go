package teach

import (
	"bytes"
	"cmp"
	"image"
	"image/jpeg"
	"path/filepath"
	"slices"

	"golang.org/x/image/draw"

	"linesman/models/anomaly"
)

// keptQuality is the JPEG quality of good pictures that a model keeps.
const keptQuality = 80

// origins says where the banks' patches were seen, and returns the pictures of the
// good parts that most of them come from, as far as there is room.
func (t *teacher) origins(levels []level) (*anomaly.Origins, map[string][]byte, error) {
	count := map[int]int{} // patches by good part
	for _, l := range levels {
		for _, p := range l.bank.from {
			count[p.Part]++
		}
	}
	parts := make([]int, 0, len(count))
	for i := range count {
		parts = append(parts, i)
	}
	slices.SortFunc(parts, func(a, b int) int { return cmp.Or(cmp.Compare(count[b], count[a]), cmp.Compare(a, b)) })
	o, kept, at := &anomaly.Origins{}, map[string][]byte{}, map[int]int{}
	bytes, room := 0, true
	for k, i := range parts {
		at[i] = k
		origin := anomaly.Origin{}
		if t.files != nil {
			origin.Name = filepath.Base(t.files[i])
		}
		if room && len(kept) < anomaly.MostKept {
			data, err := t.small(i)
			if err != nil {
				return nil, nil, err
			}
			if room = bytes+len(data) <= anomaly.MostKeptBytes; room {
				origin.File = anomaly.KeptName(k)
				kept[origin.File] = data
				bytes += len(data)
			}
		}
		o.Parts = append(o.Parts, origin)
	}
	for _, l := range levels {
		places := slices.Clone(l.bank.from)
		for r := range places {
			places[r].Part = at[places[r].Part]
		}
		o.Levels = append(o.Levels, places)
	}
	return o, kept, nil
}

// small is a good part's picture as JPEG, no larger than the network sees it.
func (t *teacher) small(i int) ([]byte, error) {
	part, err := t.whole.Part(i)
	if err != nil {
		return nil, err
	}
	img := part.Picture.Image()
	if w, h := t.Fit.Extent(part.Width, part.Height); w*h < part.Width*part.Height {
		less := image.NewRGBA(image.Rect(0, 0, w, h))
		draw.CatmullRom.Scale(less, less.Rect, img, img.Rect, draw.Src, nil)
		img = less
	}
	var out bytes.Buffer
	err = jpeg.Encode(&out, img, &jpeg.Options{Quality: keptQuality})
	return out.Bytes(), err
}
