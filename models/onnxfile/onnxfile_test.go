package onnxfile

import (
	"bytes"
	"slices"
	"testing"

	"google.golang.org/protobuf/encoding/protowire"

	"linesman/models/weights"
)

func TestInitializers(t *testing.T) {
	field := func(num protowire.Number, body []byte) []byte {
		return protowire.AppendBytes(protowire.AppendTag(nil, num, protowire.BytesType), body)
	}
	file := append(field(2, []byte("producer")), field(ModelGraph, slices.Concat(
		field(GraphInitializer, Tensor("bank_0", []float32{1, -2.5, 3}, 3)), field(GraphInitializer, Tensor("mean_0", []float32{0.5}, 1))))...)
	got, err := Initializers(file)
	if err != nil {
		t.Fatal(err)
	}
	if len(got) != 2 || !slices.Equal(got["bank_0"], []float32{1, -2.5, 3}) || !slices.Equal(got["mean_0"], []float32{0.5}) {
		t.Errorf("read %v", got)
	}
	more, err := WithOutputs(file, "features_0", "features_1")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := Initializers(more); err != nil || len(again) != 2 || len(more) <= len(file) || !bytes.HasPrefix(more, file[:10]) {
		t.Errorf("with outputs: %v, %v", again, err)
	}
	for _, broken := range [][]byte{file[:len(file)-2], {0xff}} {
		if _, err := Initializers(broken); err == nil {
			t.Errorf("%d bytes of no whole file were read", len(broken))
		}
		if _, err := WithOutputs(broken, "x"); err == nil {
			t.Errorf("%d bytes of no whole file were changed", len(broken))
		}
	}
}

func FuzzInitializers(f *testing.F) {
	f.Add([]byte{})
	f.Add(weights.Quick.Graph[:300])
	f.Add([]byte{7<<3 | 2, 6, 5<<3 | 2, 4, 9<<3 | 2, 2, 1, 2})
	f.Fuzz(func(t *testing.T, file []byte) {
		if _, err := Initializers(file); err != nil {
			if _, err := Each(file, func(_ protowire.Number, body []byte) ([]byte, bool, error) { return body, true, nil }); err == nil {
				if _, err := WithOutputs(file); err != nil {
					t.Errorf("a file that can be copied can not be added to: %v", err)
				}
			}
		}
	})
}
