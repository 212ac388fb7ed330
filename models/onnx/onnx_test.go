package onnx_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"linesman/models"
	"linesman/models/onnx"
	"linesman/models/weights"
)

func open(t testing.TB, threads int) models.Session {
	t.Helper()
	s, err := onnx.Open(weights.Quick.Graph, threads)
	if err != nil {
		t.Fatalf("Open(backbone, %d): %v", threads, err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// pixels returns n pictures of w x h, each drawn by its seed.
func pixels(n, w, h int, seed uint32) models.Tensor {
	t := models.Tensor{Shape: []int64{int64(n), 3, int64(h), int64(w)}, Data: make([]float32, n*3*h*w)}
	for i := range t.Data {
		seed = seed*1664525 + 1013904223
		t.Data[i] = float32(seed>>8)/(1<<23) - 1
	}
	return t
}

func TestOpenRefuses(t *testing.T) {
	for _, c := range []struct {
		name    string
		graph   []byte
		threads int
		want    string
	}{
		{"no bytes", nil, 1, "empty"},
		{"no ONNX file", []byte("not a network at all"), 1, "no graph"},
		{"cut short", weights.Quick.Graph[:len(weights.Quick.Graph)/2], 1, "no graph"},
		{"no thread", weights.Quick.Graph, 0, "at least 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, err := onnx.Open(c.graph, c.threads)
			if err == nil {
				s.Close()
				t.Fatalf("Open took it, want an error with %q", c.want)
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %q, want it to say %q", err, c.want)
			}
		})
	}
}

func TestRunRefusesWrongShapes(t *testing.T) {
	s := open(t, 1)
	good := pixels(1, 64, 64, 1)
	for _, c := range []struct {
		name string
		in   []models.Tensor
		want string
	}{
		{"no input", nil, "0 inputs given"},
		{"four channels", []models.Tensor{{Shape: []int64{1, 4, 64, 64}, Data: make([]float32, 4*64*64)}}, "has shape"},
		{"flat", []models.Tensor{{Shape: []int64{3, 64, 64}, Data: good.Data}}, "has shape"},
		{"too few values", []models.Tensor{{Shape: good.Shape, Data: good.Data[1:]}}, "needs 12288 values"},
		{"empty batch", []models.Tensor{{Shape: []int64{0, 3, 64, 64}}}, "has shape"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var b models.Buffers
			defer b.Close()
			_, err := s.Run(c.in, &b)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want it to say %q", err, c.want)
			}
		})
	}
	if _, err := s.Run([]models.Tensor{good}, nil); err == nil {
		t.Error("Run without buffers gave no error")
	}
}

// TestAloneAndTogether holds that a picture's answer does not depend on its company.
func TestAloneAndTogether(t *testing.T) {
	s := open(t, 2)
	var b models.Buffers
	defer b.Close()
	batch := pixels(5, 96, 64, 7)
	out, err := s.Run([]models.Tensor{batch}, &b)
	if err != nil {
		t.Fatal(err)
	}
	d := out[slices.Index(s.Outputs(), "distance")]
	if want := []int64{5, 8, 12}; !slices.Equal(d.Shape, want) {
		t.Fatalf("distance has shape %v, want %v", d.Shape, want)
	}
	together := slices.Clone(d.Data)
	size := 3 * 96 * 64
	for i := range 5 {
		alone := models.Tensor{Shape: []int64{1, 3, 64, 96}, Data: batch.Data[i*size : (i+1)*size]}
		out, err := s.Run([]models.Tensor{alone}, &b)
		if err != nil {
			t.Fatal(err)
		}
		for j, got := range out[slices.Index(s.Outputs(), "distance")].Data {
			want := together[i*96+j]
			if diff := got - want; diff > 1e-3*want || -diff > 1e-3*want {
				t.Fatalf("picture %d patch %d: alone %v, together %v", i, j, got, want)
			}
		}
	}
}

func TestRunFromSeveralGoroutines(t *testing.T) {
	s := open(t, 1)
	var first models.Buffers
	defer first.Close()
	out, err := s.Run([]models.Tensor{pixels(2, 64, 64, 3)}, &first)
	if err != nil {
		t.Fatal(err)
	}
	want := slices.Clone(out[0].Data)
	var wait sync.WaitGroup
	for range 4 {
		wait.Go(func() {
			var b models.Buffers
			defer b.Close()
			for range 5 {
				out, err := s.Run([]models.Tensor{pixels(2, 64, 64, 3)}, &b)
				if err != nil {
					t.Error(err)
					return
				}
				if !slices.Equal(out[0].Data, want) {
					t.Error("another answer from another goroutine")
					return
				}
			}
		})
	}
	wait.Wait()
}

// TestSteadyState holds what a line relies on: after the first frame of a
// shape, a Run allocates next to nothing.
func TestSteadyState(t *testing.T) {
	s := open(t, 1)
	var b models.Buffers
	defer b.Close()
	in := []models.Tensor{pixels(1, 64, 64, 3)}
	if _, err := s.Run(in, &b); err != nil {
		t.Fatal(err)
	}
	n := testing.AllocsPerRun(20, func() {
		if _, err := s.Run(in, &b); err != nil {
			t.Fatal(err)
		}
	})
	if n > 6 {
		t.Errorf("%v allocations a Run, want at most 6", n)
	}
}

// TestManyShapes runs more shapes than are remembered, twice.
func TestManyShapes(t *testing.T) {
	s := open(t, 1)
	var b models.Buffers
	defer b.Close()
	for range 2 {
		for n := 1; n <= 40; n++ {
			out, err := s.Run([]models.Tensor{pixels(n, 64, 64, 3)}, &b)
			if err != nil {
				t.Fatalf("batch of %d: %v", n, err)
			}
			if got := out[0].Shape[0]; got != int64(n) {
				t.Fatalf("batch of %d answered as %d", n, got)
			}
		}
	}
}

func TestClosed(t *testing.T) {
	s := open(t, 1)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	var b models.Buffers
	if _, err := s.Run([]models.Tensor{pixels(1, 64, 64, 1)}, &b); err == nil {
		t.Error("a closed session ran")
	}
	if err := s.Close(); err != nil {
		t.Errorf("second Close: %v", err)
	}
}

func TestLibrary(t *testing.T) {
	path := filepath.Join(t.TempDir(), "elsewhere.so")
	t.Setenv(onnx.LibraryVariable, path)
	if got := onnx.Library(); got != path {
		t.Errorf("Library() = %s with %s set, want %s", got, onnx.LibraryVariable, path)
	}
	t.Setenv(onnx.LibraryVariable, "")
	got := onnx.Library()
	if _, err := os.Stat(got); err != nil {
		t.Errorf("Library() = %s, which is not there; run make to fetch it", got)
	}
}

func BenchmarkRun96(b *testing.B) {
	s := open(b, 2)
	var buffers models.Buffers
	defer buffers.Close()
	in := []models.Tensor{pixels(8, 96, 96, 3)}
	for b.Loop() {
		if _, err := s.Run(in, &buffers); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(8*b.N)/b.Elapsed().Seconds(), "parts/s")
}
