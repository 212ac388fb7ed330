package anomaly

import (
	"errors"
	"strings"
	"testing"

	"linesman/models"
)

// answers is a network whose answer has whatever shape it likes.
type answers struct {
	brightness
	shape []int64
	data  int
}

func (a answers) Run([]models.Tensor, *models.Buffers) ([]models.Tensor, error) {
	return []models.Tensor{{Shape: a.shape, Data: make([]float32, a.data)}}, nil
}

// TestWrongShape takes a whole and untampered folder whose network answers in
// another shape than that of the patches: it is refused when it is loaded.
func TestWrongShape(t *testing.T) {
	for name, session := range map[string]answers{
		"a number a picture": {shape: []int64{1, 1}, data: 1},
		"another grid":       {shape: []int64{1, 3, 3}, data: 9},
		"another batch":      {shape: []int64{7, 8, 8}, data: 7 * 64},
		"too few values":     {shape: []int64{1, 8, 8}, data: 5},
		"nothing":            {},
	} {
		t.Run(name, func(t *testing.T) {
			m, o := sealed(t, true)
			o.Open = opener(session)
			d, err := m.Detector(o)
			if err == nil {
				d.Close()
				t.Fatal("the model was taken")
			}
			if !errors.Is(err, ErrRefused) || !strings.Contains(err.Error(), "teach") {
				t.Errorf("error %q, want ErrRefused and what to do", err)
			}
		})
	}
}
