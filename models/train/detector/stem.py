"""The network's beginning as one convolution.

YOLOX begins by laying four shifted halves of the picture one behind the other and a convolution of 3 x 3 over them.
That is a convolution of 6 x 6 over the picture itself, two pixels a step: the same sums in another order, without the
copies. A file that begins so already is left as it is.

    python models/train/detector/stem.py models/detect/safety/model.onnx
"""
import sys

import numpy as np
import onnx
from onnx import helper, numpy_helper

SHIFTS = ((0, 0), (1, 0), (0, 1), (1, 1))  # down and right, of the halves in YOLOX's order


def whole(model):
    """Joins the stem's slices and its first convolution, in place."""
    graph = model.graph
    picture = graph.input[0].name
    made = {o: n for n in graph.node for o in n.output}
    conv = next(n for n in graph.node if n.op_type == "Conv")
    if conv.input[0] == picture:
        return
    halves = made[conv.input[0]]
    gone = [halves]
    for name in halves.input:
        while name != picture:
            node = made[name]
            if node.op_type != "Slice":
                raise SystemExit(f"the network begins with {node.op_type}, not with YOLOX's slices")
            if node not in gone:
                gone.append(node)
            name = node.input[0]
    weight = next(t for t in graph.initializer if t.name == conv.input[1])
    narrow = numpy_helper.to_array(weight)
    wide = np.zeros((narrow.shape[0], 3, 6, 6), np.float32)
    for i, (down, right) in enumerate(SHIFTS):
        wide[:, :, down::2, right::2] = narrow[:, 3 * i : 3 * i + 3]
    weight.CopyFrom(numpy_helper.from_array(wide, weight.name))
    conv.input[0] = picture
    del conv.attribute[:]
    conv.attribute.extend(helper.make_attribute(k, v) for k, v in
                          dict(dilations=[1, 1], group=1, kernel_shape=[6, 6], pads=[2, 2, 2, 2], strides=[2, 2]).items())
    for node in gone:
        graph.node.remove(node)
    used = {i for n in graph.node for i in n.input}
    kept = [t for t in graph.initializer if t.name in used]
    del graph.initializer[:]
    graph.initializer.extend(kept)


def main(file):
    model = onnx.load(file)
    whole(model)
    onnx.checker.check_model(model)
    onnx.save(model, file)


if __name__ == "__main__":
    main(sys.argv[1])
