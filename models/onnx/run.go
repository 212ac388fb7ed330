package onnx

import (
	"errors"
	"fmt"
	"slices"

	ort "github.com/yalue/onnxruntime_go"

	"linesman/models"
)

// keptShapes bounds how many input shapes one goroutine's buffers remember.
// Lines see few: the number of parts in a frame.
const keptShapes = 32

// bound is the tensors of one input shape, made at its first Run and used again
// at every later one. The inputs lie over the caller's own memory: no copy.
type bound struct {
	session *Session
	in      []*ort.Tensor[float32]
	out     []*ort.Tensor[float32]
	from    [][]float32 // the caller's slices that in lies over
	ins     []ort.Value
	outs    []ort.Value
	answer  []models.Tensor
	varies  bool // the outputs' shapes follow what is seen
}

// kept is what models.Buffers.Driver holds: newest shape last.
type kept struct{ shapes []*bound }

// Run runs the graph. See models.Session for who owns what. A call with an
// input shape seen before, over the same memory, allocates next to nothing, unless
// the shapes of the graph's outputs follow what it sees.
func (s *Session) Run(in []models.Tensor, keep *models.Buffers) ([]models.Tensor, error) {
	if s.net == nil {
		return nil, errors.New("onnx: the session is closed")
	}
	if err := s.check(in); err != nil {
		return nil, err
	}
	k, err := keptIn(keep)
	if err != nil {
		return nil, err
	}
	b, err := k.bind(s, in)
	if err != nil {
		return nil, err
	}
	if b.varies {
		b.forget()
	}
	err = s.net.Run(b.ins, b.outs)
	if err != nil && b.answer != nil { // another shape than the last: as many boxes as were found
		b.varies = true
		b.forget()
		err = s.net.Run(b.ins, b.outs)
	}
	if err != nil {
		k.drop(b)
		return nil, fmt.Errorf("onnx: run on %v: %w", in[0].Shape, err)
	}
	if b.answer == nil {
		if err := b.adopt(); err != nil {
			k.drop(b)
			return nil, err
		}
	}
	return b.answer, nil
}

// keptIn returns the driver's part of a goroutine's buffers.
func keptIn(keep *models.Buffers) (*kept, error) {
	if keep == nil {
		return nil, errors.New("onnx: Run needs a models.Buffers of the calling goroutine")
	}
	if keep.Driver == nil {
		k := &kept{}
		keep.Driver, keep.Free = k, k.free
	}
	k, ok := keep.Driver.(*kept)
	if !ok {
		return nil, fmt.Errorf("onnx: these buffers belong to another runtime (%T)", keep.Driver)
	}
	return k, nil
}

// bind finds the tensors of this session and these shapes, or makes them.
func (k *kept) bind(s *Session, in []models.Tensor) (*bound, error) {
	for i, b := range k.shapes {
		if b.session == s && b.matches(in) {
			k.shapes = append(append(k.shapes[:i], k.shapes[i+1:]...), b)
			return b, b.lay(in)
		}
	}
	if len(k.shapes) >= keptShapes {
		k.drop(k.shapes[0])
	}
	b := &bound{
		session: s,
		in:      make([]*ort.Tensor[float32], len(in)),
		from:    make([][]float32, len(in)),
		ins:     make([]ort.Value, len(in)),
		outs:    make([]ort.Value, len(s.outputs)),
	}
	if err := b.lay(in); err != nil {
		b.free()
		return nil, err
	}
	k.shapes = append(k.shapes, b)
	return b, nil
}

func (b *bound) matches(in []models.Tensor) bool {
	for i := range in {
		if !slices.Equal(b.in[i].GetShape(), ort.Shape(in[i].Shape)) {
			return false
		}
	}
	return true
}

// lay puts input tensors over the caller's memory, anew only where it moved.
func (b *bound) lay(in []models.Tensor) error {
	for i, t := range in {
		if b.in[i] != nil && &b.from[i][0] == &t.Data[0] {
			continue
		}
		fresh, err := ort.NewTensor(ort.NewShape(t.Shape...), t.Data)
		if err != nil {
			return fmt.Errorf("onnx: input %d: %w", i, err)
		}
		if b.in[i] != nil {
			b.in[i].Destroy()
		}
		b.in[i], b.from[i], b.ins[i] = fresh, t.Data, fresh
	}
	return nil
}

// adopt keeps the outputs that the first Run made, for all later ones.
func (b *bound) adopt() error {
	for i, v := range b.outs {
		t, ok := v.(*ort.Tensor[float32])
		if !ok {
			return fmt.Errorf("onnx: output %q is no float32 tensor", b.session.outputs[i].name)
		}
		b.out = append(b.out, t)
		b.answer = append(b.answer, models.Tensor{Shape: slices.Clone(t.GetShape()), Data: t.GetData()})
	}
	return nil
}

// forget frees the outputs of the last Run.
func (b *bound) forget() {
	for i, v := range b.outs {
		if v != nil {
			v.Destroy()
			b.outs[i] = nil
		}
	}
	b.out, b.answer = nil, nil
}

func (b *bound) free() {
	for _, t := range b.in {
		if t != nil {
			t.Destroy()
		}
	}
	b.forget()
}

func (k *kept) drop(b *bound) {
	if i := slices.Index(k.shapes, b); i >= 0 {
		k.shapes = slices.Delete(k.shapes, i, i+1)
	}
	b.free()
}

func (k *kept) free() {
	for _, b := range k.shapes {
		b.free()
	}
	k.shapes = nil
}
