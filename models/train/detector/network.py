"""YOLOX-nano out of its ONNX file and back into one, and what its maps mean."""
import onnx
import torch
import torch.nn.functional as F
from sets import LABELS
from torch import nn

BEGIN = {"person": 0, "machinery": 7, "vehicle": 2, "forklift": 7}  # COCO's classes that ours begin as; 7 is a truck
STRIDES = (8, 16, 32)


class Normed(nn.Module):
    """A convolution and the batch norm that was folded into it."""

    def __init__(self, conv):
        super().__init__()
        self.conv, self.norm, self.fresh = conv, nn.BatchNorm2d(conv.out_channels, eps=1e-3, momentum=0.03), None

    def forward(self, x):
        y = F.conv2d(x, self.conv.weight, None, self.conv.stride, self.conv.padding, self.conv.dilation, self.conv.groups)
        if self.fresh is not None:
            self.fresh.append((y.mean((0, 2, 3)), y.var((0, 2, 3))))
            return y + self.conv.bias[:, None, None]
        return self.norm(y)

    def begin(self):
        mean = torch.stack([m for m, _ in self.fresh]).mean(0)
        var = torch.stack([v for _, v in self.fresh]).mean(0)
        n = self.norm
        n.running_mean.copy_(mean)
        n.running_var.copy_(var)
        n.weight.data.copy_((var + n.eps).sqrt())
        n.bias.data.copy_(self.conv.bias.data + mean)
        self.conv.bias.requires_grad_(False)
        self.fresh = None

    def folded(self):
        k = self.norm.weight / (self.norm.running_var + self.norm.eps).sqrt()
        return (self.conv.weight * k[:, None, None, None]).detach(), (self.norm.bias - self.norm.running_mean * k).detach()


def predictions(graph):
    """Names of the outputs of the last convolutions: [(box, objectness, class)] by level."""
    by = {i: n.output[0] for n in graph.node if n.op_type == "Conv" for i in n.input}
    return [[by[f"head.{k}_preds.{level}.weight"] for k in ("reg", "obj", "cls")] for level in range(3)]


def network(path, still=0):
    """The stock file as a network of ours: pictures [n,3,h,w] BGR 0..255 to [(box, objectness, class)] maps by level.

    The first `still` convolutions, which see the most places and cost the most, are not trained."""
    import onnx2torch

    model = onnx.load(path)
    wanted = predictions(model.graph)
    flat = [name for level in wanted for name in level]
    del model.graph.value_info[:]
    model = onnx.shape_inference.infer_shapes(model)
    inferred = onnx.utils.Extractor(model).extract_model([model.graph.input[0].name], flat)
    net = onnx2torch.convert(inferred)
    for node in list(net.graph.nodes):  # x * sigmoid(x) is one step
        if node.op == "call_module" and type(net.get_submodule(node.target)).__name__ == "OnnxBinaryMathOperation" and len(node.args) == 2:
            x, s = node.args
            if getattr(s, "op", "") == "call_module" and isinstance(net.get_submodule(s.target), nn.Sigmoid) and s.args[0] is x:
                setattr(net, f"silu_{node.name}", nn.SiLU(inplace=False))
                with net.graph.inserting_before(node):
                    new = net.graph.call_module(f"silu_{node.name}", (x,))
                node.replace_all_uses_with(new)
                net.graph.erase_node(node)
    net.graph.eliminate_dead_code()
    last = {}
    convs = [n.target for n in net.graph.nodes if n.op == "call_module" and isinstance(net.get_submodule(n.target), nn.Conv2d)]
    source = [n for n in inferred.graph.node if n.op_type == "Conv"]
    assert len(convs) == len(source), "convolutions and nodes do not pair"
    for i, (target, node) in enumerate(zip(convs, source)):
        conv = net.get_submodule(target)
        if i < still:
            conv.requires_grad_(False)
            continue
        if node.output[0] in flat:
            last[node.output[0]] = target
            if node.output[0] in [w[2] for w in wanted] and conv.out_channels != len(LABELS):
                net.add_submodule(target, ours(conv))
        else:
            net.add_submodule(target, Normed(conv))
    net.recompile()
    net.source = {t: list(n.input[1:3]) for t, n in zip(convs, source)}
    return net


def ours(conv):
    """The convolution that tells classes apart, for our labels: some begin as one of COCO's."""
    new = nn.Conv2d(conv.in_channels, len(LABELS), 1)
    nn.init.normal_(new.weight, std=0.01)
    nn.init.constant_(new.bias, -2.0)
    for label, coco in BEGIN.items():
        new.weight.data[LABELS.index(label)] = conv.weight.data[coco]
        new.bias.data[LABELS.index(label)] = conv.bias.data[coco]
    return new


def decode(outputs):
    """Maps to rows: boxes [n,a,4] in pixels, logarithms of p [n,a,classes] and of 1-p, centres [a,2], strides [a]."""
    boxes, objects, classes, centres, strides = [], [], [], [], []
    for (box, obj, cls), stride in zip((outputs[0:3], outputs[3:6], outputs[6:9]), STRIDES):
        n, _, h, w = box.shape
        ys, xs = torch.meshgrid(torch.arange(h, device=box.device), torch.arange(w, device=box.device), indexing="ij")
        grid = torch.stack((xs, ys), -1).reshape(-1, 2).float()
        raw = box.flatten(2).transpose(1, 2)
        centre = (raw[..., :2] + grid) * stride
        half = raw[..., 2:].clamp(max=6).exp() * stride / 2
        boxes.append(torch.cat((centre - half, centre + half), -1))
        objects.append(obj.flatten(2).transpose(1, 2))
        classes.append(cls.flatten(2).transpose(1, 2))
        centres.append((grid + 0.5) * stride)
        strides.append(box.new_full((h * w,), float(stride)))
    obj, cls = torch.cat(objects, 1), torch.cat(classes, 1)
    log_p = F.logsigmoid(obj) + F.logsigmoid(cls)
    return torch.cat(boxes, 1), log_p, torch.cat(centres), torch.cat(strides)
