// Package onnxfile reads and changes ONNX files field by field: what is not asked for
// is copied byte by byte.
package onnxfile

import (
	"encoding/binary"
	"fmt"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// Field numbers of onnx.proto3.
const (
	ModelGraph       protowire.Number = 7
	GraphInitializer protowire.Number = 5
	GraphOutput      protowire.Number = 12
	TensorName       protowire.Number = 8
	ValueName        protowire.Number = 1

	tensorDims    protowire.Number = 1
	tensorType    protowire.Number = 2
	tensorRaw     protowire.Number = 9
	valueType     protowire.Number = 2
	typeTensor    protowire.Number = 1
	tensorElement protowire.Number = 1
	typeFloat                      = 1
)

// Each copies a message field by field; change sees the length-delimited
// ones and says what stands there instead, or that the field goes.
func Each(message []byte, change func(protowire.Number, []byte) ([]byte, bool, error)) ([]byte, error) {
	out := make([]byte, 0, len(message))
	for len(message) > 0 {
		num, kind, n := protowire.ConsumeTag(message)
		if n < 0 {
			return nil, fmt.Errorf("no ONNX file: %w", protowire.ParseError(n))
		}
		size := protowire.ConsumeFieldValue(num, kind, message[n:])
		if size < 0 {
			return nil, fmt.Errorf("no ONNX file: %w", protowire.ParseError(size))
		}
		if kind != protowire.BytesType {
			out = append(out, message[:n+size]...)
			message = message[n+size:]
			continue
		}
		body, _ := protowire.ConsumeBytes(message[n:])
		body, keep, err := change(num, body)
		if err != nil {
			return nil, err
		}
		if keep {
			out = protowire.AppendTag(out, num, kind)
			out = protowire.AppendBytes(out, body)
		}
		message = message[n+size:]
	}
	return out, nil
}

// String reads one string of a message; empty when absent.
func String(message []byte, field protowire.Number) (string, error) {
	var found string
	_, err := Each(message, func(num protowire.Number, body []byte) ([]byte, bool, error) {
		if num == field {
			found = string(body)
		}
		return nil, false, nil
	})
	return found, err
}

// Tensor encodes a float32 TensorProto.
func Tensor(name string, data []float32, dims ...int64) []byte {
	var t []byte
	for _, d := range dims {
		t = protowire.AppendTag(t, tensorDims, protowire.VarintType)
		t = protowire.AppendVarint(t, uint64(d))
	}
	t = protowire.AppendTag(t, tensorType, protowire.VarintType)
	t = protowire.AppendVarint(t, typeFloat)
	t = protowire.AppendTag(t, TensorName, protowire.BytesType)
	t = protowire.AppendString(t, name)
	raw := make([]byte, 0, 4*len(data))
	for _, v := range data {
		raw = binary.LittleEndian.AppendUint32(raw, math.Float32bits(v))
	}
	t = protowire.AppendTag(t, tensorRaw, protowire.BytesType)
	return protowire.AppendBytes(t, raw)
}

// Floats returns the numbers of a float32 TensorProto as Tensor writes it; nil for
// any other.
func Floats(tensor []byte) (data []float32) {
	Each(tensor, func(num protowire.Number, body []byte) ([]byte, bool, error) {
		if num == tensorRaw && len(body)%4 == 0 {
			for at := 0; at < len(body); at += 4 {
				data = append(data, math.Float32frombits(binary.LittleEndian.Uint32(body[at:])))
			}
		}
		return nil, false, nil
	})
	return data
}

// Initializers returns the float32 tensors that an ONNX file holds, by name.
func Initializers(file []byte) (map[string][]float32, error) {
	found := map[string][]float32{}
	_, err := Each(file, func(num protowire.Number, body []byte) ([]byte, bool, error) {
		if num != ModelGraph {
			return nil, false, nil
		}
		_, err := Each(body, func(num protowire.Number, body []byte) ([]byte, bool, error) {
			if num == GraphInitializer {
				name, err := String(body, TensorName)
				if err != nil {
					return nil, false, err
				}
				found[name] = Floats(body)
			}
			return nil, false, nil
		})
		return nil, false, err
	})
	return found, err
}

// WithOutputs returns the file with float32 tensors inside the graph made outputs as
// well, after those there are.
func WithOutputs(file []byte, names ...string) ([]byte, error) {
	return Each(file, func(num protowire.Number, body []byte) ([]byte, bool, error) {
		if num != ModelGraph {
			return body, true, nil
		}
		out := append([]byte(nil), body...)
		for _, name := range names {
			element := protowire.AppendVarint(protowire.AppendTag(nil, tensorElement, protowire.VarintType), typeFloat)
			kind := protowire.AppendBytes(protowire.AppendTag(nil, typeTensor, protowire.BytesType), element)
			value := protowire.AppendString(protowire.AppendTag(nil, ValueName, protowire.BytesType), name)
			value = protowire.AppendBytes(protowire.AppendTag(value, valueType, protowire.BytesType), kind)
			out = protowire.AppendBytes(protowire.AppendTag(out, GraphOutput, protowire.BytesType), value)
		}
		return out, true, nil
	})
}
