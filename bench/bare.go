package bench

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"

	"linesman/models"
	"linesman/models/anomaly"
	"linesman/models/onnx"
	"linesman/models/teach"
)

// Bare is the same graph on the same crops, run by ONNX Runtime alone, at its best of
// batch and of how two cores are used: one thread, two threads in one run, or two runs
// of one thread beside each other, as the line itself uses them.
type Bare struct {
	PerSecond float64 `json:"parts_per_s"`
	Batch     int     `json:"batch"`
	Threads   int     `json:"threads"`
	AtOnce    int     `json:"runs_at_once,omitempty"` // absent: one, as reports before had it
	Crops     int     `json:"crops"`

	processorMS float64 // a part
}

const (
	bareCrops = 2000             // how many the bare runtime is given
	bareLong  = 10 * time.Second // the best setting is measured for
)

// bareONNX measures the graph of the model in dir: every setting once to find the best,
// and that one anew, for longer. The best of several short runs is the luckiest too.
func bareONNX(ctx context.Context, dir string, good teach.Crops) (Bare, error) {
	m, err := anomaly.Read(dir)
	if err != nil {
		return Bare{}, err
	}
	if len(good) == 0 {
		return Bare{}, fmt.Errorf("bare ONNX Runtime: no crops to run on")
	}
	w, h := m.Card.Input.Extent(good[0].Size, good[0].Size)
	size := 3 * w * h
	input := make([]float32, len(good)*size)
	var fitter anomaly.Fitter
	for i := range good {
		picture := anomaly.PictureOf(&good[i])
		fitter.Fit(&picture, w, h, input[i*size:(i+1)*size])
	}
	best := Bare{Crops: len(good)}
	measure := func(b Bare, long time.Duration) (float64, error) {
		return bareAtOnce(ctx, m.Graph, input, size, []int64{int64(b.Batch), 3, int64(h), int64(w)}, b.Threads, b.AtOnce, long)
	}
	for _, cores := range [][2]int{{1, 1}, {2, 1}, {1, 2}} {
		for _, batch := range []int{1, 4, 8, 32} {
			if batch > len(good) {
				continue
			}
			b := Bare{Crops: len(good), Batch: batch, Threads: cores[0], AtOnce: cores[1]}
			if b.PerSecond, err = measure(b, 0); err != nil {
				return Bare{}, err
			}
			if b.PerSecond > best.PerSecond {
				best = b
			}
		}
	}
	from := time.Now()
	spent := processTime()
	best.PerSecond, err = measure(best, bareLong)
	best.processorMS = float64(processTime()-spent) / 1e6 / (best.PerSecond * time.Since(from).Seconds())
	return best, err
}

// bareAtOnce runs bareRate so many times beside each other, each in a session of its
// own, and returns their crops a second together.
func bareAtOnce(ctx context.Context, graph []byte, input []float32, size int, shape []int64, threads, atOnce int, long time.Duration) (float64, error) {
	rates := make([]float64, atOnce)
	g, ctx := errgroup.WithContext(ctx)
	for i := range rates {
		g.Go(func() (err error) {
			rates[i], err = bareRate(ctx, graph, input, size, shape, threads, long)
			return err
		})
	}
	err := g.Wait()
	sum := 0.
	for _, r := range rates {
		sum += r
	}
	return sum, err
}

// bareRate runs the whole input in batches, once and again until so long has gone, and
// returns crops a second. The first batch warms up and is not counted.
func bareRate(ctx context.Context, graph []byte, input []float32, size int, shape []int64, threads int, long time.Duration) (float64, error) {
	session, err := onnx.Bare(graph, threads)
	if err != nil {
		return 0, err
	}
	defer session.Close()
	var buffers models.Buffers
	defer buffers.Close()
	step := int(shape[0]) * size
	run := func(at int) error {
		_, err := session.Run([]models.Tensor{{Shape: shape, Data: input[at : at+step]}}, &buffers)
		return err
	}
	if err := run(0); err != nil {
		return 0, err
	}
	n, began := 0, time.Now()
	for n == 0 || time.Since(began) < long {
		for at := 0; at+step <= len(input); at += step {
			if err := ctx.Err(); err != nil {
				return 0, err
			}
			if err := run(at); err != nil {
				return 0, err
			}
			n += int(shape[0])
		}
	}
	return float64(n) / time.Since(began).Seconds(), nil
}
