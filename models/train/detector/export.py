"""The trained network as a file that is served, and the proof that both say the same."""
from pathlib import Path

import numpy as np
import onnx
import torch
from network import Normed
from onnx import numpy_helper
from sets import LABELS
from stem import whole


def write(net, stock, file):
    """Writes the network's weights into the stock file: any number of pictures of any size that 32 divides."""
    model = onnx.load(stock)
    numbers = {}
    for target, (weight, bias) in net.source.items():
        m = net.get_submodule(target)
        numbers[weight], numbers[bias] = m.folded() if isinstance(m, Normed) else (m.weight.detach(), m.bias.detach())
    for tensor in model.graph.initializer:
        if tensor.name in numbers:
            tensor.CopyFrom(numpy_helper.from_array(numbers[tensor.name].numpy().astype(np.float32), tensor.name))
    width = 5 + len(LABELS)
    for node in model.graph.node:
        if node.op_type == "Reshape":
            shape = np.array([0, width, -1], np.int64)
            name = node.output[0] + "_shape"
            model.graph.initializer.append(numpy_helper.from_array(shape, name))
            node.input[1] = name
    free(model.graph.input[0], ["pictures", 3, "height", "width"])
    free(model.graph.output[0], ["pictures", "rows", width])
    del model.graph.value_info[:]
    whole(model)
    used = {i for n in model.graph.node for i in n.input}
    kept = [t for t in model.graph.initializer if t.name in used]
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    onnx.checker.check_model(model)
    Path(file).parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, file)
    compare(net, file)


def free(value, shape):
    dims = value.type.tensor_type.shape.dim
    del dims[:]
    for d in shape:
        dim = dims.add()
        if isinstance(d, str):
            dim.dim_param = d
        else:
            dim.dim_value = d


@torch.no_grad()
def compare(net, file):
    """Both must say the same of two pictures of another size than the stock file's."""
    import onnxruntime

    x = torch.rand(2, 3, 256, 320, generator=torch.Generator().manual_seed(1)) * 255
    got = onnxruntime.InferenceSession(file).run(None, {"images": x.numpy()})[0]
    maps = net(x)
    want = torch.cat([torch.cat((maps[3 * i], maps[3 * i + 1].sigmoid(), maps[3 * i + 2].sigmoid()), 1).flatten(2) for i in range(3)], 2).transpose(1, 2).numpy()
    worst = np.abs(got - want).max()
    print(f"{file}: {got.shape}, differs from the trained network by at most {worst:.2g}")
    if worst > 1e-2:
        raise SystemExit("the exported file does not say what was trained")
