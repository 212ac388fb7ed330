package supervised

import (
	"linesman/models/anomaly"
	"linesman/vision"
)

// frame is how a picture stands in the network's input.
type frame struct {
	// toPicture maps pixels of the input to the picture's.
	toPicture vision.Affine
	inside    vision.Box // of the picture, in pixels of the input
}

// feeder makes pictures the network's input. One goroutine at a time.
type feeder struct {
	in     *Input
	fitter anomaly.Fitter
	planes []float32 // red, green, blue
}

// feed writes a picture into out, Planes x Height x Width numbers.
func (f *feeder) feed(p *anomaly.Picture, out []float32) frame {
	in, n := f.in, f.in.Width*f.in.Height
	if len(f.planes) != 3*n {
		f.planes = make([]float32, 3*n)
	}
	at := f.fill(p)
	for i := range in.Planes() {
		k, off := 1/(in.Divide*in.Deviation[i]), -in.Mean[i]/in.Deviation[i]
		to := out[i*n : (i+1)*n]
		if in.Order == "grey" { // ITU-R BT.601, as OpenCV and Pillow have it
			red, green, blue := f.planes[:n], f.planes[n:2*n], f.planes[2*n:]
			for j := range to {
				to[j] = (0.299*red[j]+0.587*green[j]+0.114*blue[j])*k + off
			}
			continue
		}
		from := i
		if in.Order == "bgr" {
			from = 2 - i
		}
		for j, v := range f.planes[from*n : (from+1)*n] {
			to[j] = v*k + off
		}
	}
	return at
}

// fill brings a picture to the input's size, values 0..255.
func (f *feeder) fill(p *anomaly.Picture) frame {
	in := f.in
	if in.Fit == "stretch" {
		f.fitter.Fit(p, in.Width, in.Height, f.planes)
		for i, v := range f.planes {
			f.planes[i] = v*128 + 127
		}
		w, h := float64(in.Width), float64(in.Height)
		return frame{vision.Affine{A: float64(p.Width) / w, E: float64(p.Height) / h}, vision.Box{X1: w, Y1: h}}
	}
	box := vision.Fit(p.Width, p.Height, in.Width, in.Height)
	box.Fill(p.Pix, 3*p.Width, vision.Normalise{Deviation: [3]float32{1, 1, 1}}, [3]byte{in.Pad, in.Pad, in.Pad}, f.planes)
	return frame{box.ToPicture(), vision.Box{X0: box.Left, Y0: box.Top, X1: box.Left + box.Scale*float64(p.Width), Y1: box.Top + box.Scale*float64(p.Height)}}
}
