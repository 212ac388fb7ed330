#!/usr/bin/env python3
"""Trains the detector for people, their dress, vehicles, fire and smoke that models/detect serves.

YOLOX-nano with COCO weights (Apache-2.0), taken out of its ONNX file, is trained on with four small sets that label
different things. It runs on 2 cores, can be stopped at any moment and goes on from where it was. What ships took 87 minutes of one core;
--begin models/detect/safety/model.onnx trains it on.

    python3 -m venv /tmp/train
    /tmp/train/bin/pip install numpy==2.4.6 onnx==1.23.2 onnxruntime==1.24.4 torch==2.15.0 onnx2torch==1.5.15 opencv-python-headless==5.0.0.93
    /tmp/train/bin/python models/train/detector.py train ../shared/data/safety --out /tmp/detector --minutes 120
    /tmp/train/bin/python models/train/detector.py export ../shared/data/safety --out /tmp/detector models/detect/safety/model.onnx

How it is made:
- The file's batch norm is folded into its convolutions, with which nothing trains well. Each convolution gets a batch norm
  again whose first answer is the identity, measured on training pictures; the export folds them back, so that what is
  served is the file that came, with other numbers and fewer classes.
- p(class) = sigmoid(objectness) sigmoid(class), as YOLOX serves it, is trained as a whole: places and how right a box
  should feel are assigned as in TOOD (Feng et al., ICCV 2021), the loss of a class is the quality focal loss (Li et al.,
  NeurIPS 2020), the box's is GIoU (Rezatofighi et al., CVPR 2019).
- A set says nothing about what it does not label: its classes alone enter the loss of its pictures (MASKS). Nobody is on
  fire in the sets of dress, so fire and smoke count as absent there.
- Mosaics of pictures of one set, scaled by 0.3 to 1.7, up to nine of them in one: people far away are small.
- The weights that count are a running mean (decay 0.9995). The epoch kept is the best on the sets' `valid`; `test` is not
  looked at here.
"""
import argparse
import json
import math
import random
import time
from pathlib import Path

import cv2
import numpy as np
import onnx
import torch
import torch.nn.functional as F
from onnx import numpy_helper
from torch import nn

LABELS = ["person", "helmet", "no-helmet", "vest", "no-vest", "mask", "no-mask", "cone", "machinery", "vehicle", "forklift", "fire", "smoke"]
BEGIN = {"person": 0, "machinery": 7, "vehicle": 2, "forklift": 7}  # COCO's classes that ours begin as; 7 is a truck
SETS = {"css": 1.0, "hardhat": 1.0, "fire": 1.0, "forklift": 3.0}  # how often a picture is taken
ABSENT = {"css": ["fire", "smoke"], "hardhat": ["fire", "smoke"], "forklift": ["fire", "smoke"], "fire": []}
STRIDES = (8, 16, 32)
PAD = 114
TOP, ALPHA, BETA = 10, 1.0, 6.0  # places a thing is assigned to; powers of class and overlap in how well they fit


def read(root, split):
    """All pictures of a split: (set, BGR uint8, boxes [n,5]: class, x0, y0, x1, y1 in pixels)."""
    found = []
    for name in SETS:
        mapping = json.loads((root / name / "classes.json").read_text())
        for path in sorted((root / name / split / "images").iterdir()):
            picture = cv2.imread(str(path))
            if picture is None:
                continue
            h, w = picture.shape[:2]
            rows = []
            label = root / name / split / "labels" / (path.stem + ".txt")
            for line in label.read_text().splitlines() if label.exists() else []:
                c, cx, cy, bw, bh = map(float, line.split()[:5])
                ours = mapping.get(str(int(c)))
                if ours in LABELS:
                    rows.append([LABELS.index(ours), (cx - bw / 2) * w, (cy - bh / 2) * h, (cx + bw / 2) * w, (cy + bh / 2) * h])
            found.append((name, picture, np.array(rows, np.float32).reshape(-1, 5)))
    return found


def masks(root):
    """Which classes each set says anything about: {set: [classes] of 0 and 1}."""
    out = {}
    for name in SETS:
        mapping = json.loads((root / name / "classes.json").read_text())
        said = set(mapping.values()) | set(ABSENT[name])
        out[name] = np.array([float(label in said) for label in LABELS], np.float32)
    return out


# ---- pictures ----


def paste(canvas, picture, boxes, scale, x, y, cell):
    """Draws a picture scaled, its upper left at x, y, inside cell (x0, y0, x1, y1); returns its boxes there."""
    h, w = picture.shape[:2]
    wide, high = max(1, round(w * scale)), max(1, round(h * scale))
    small = cv2.resize(picture, (wide, high), interpolation=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR)
    x, y = int(x), int(y)
    x0, y0, x1, y1 = max(cell[0], x), max(cell[1], y), min(cell[2], x + wide), min(cell[3], y + high)
    if x1 <= x0 or y1 <= y0:
        return boxes[:0]
    canvas[y0:y1, x0:x1] = small[y0 - y:y1 - y, x0 - x:x1 - x]
    out = boxes.copy()
    out[:, 1:] = boxes[:, 1:] * scale + np.array([x, y, x, y], np.float32)
    whole = (out[:, 3] - out[:, 1]) * (out[:, 4] - out[:, 2])
    out[:, 1::2] = out[:, 1::2].clip(x0, x1)
    out[:, 2::2] = out[:, 2::2].clip(y0, y1)
    left = (out[:, 3] - out[:, 1]) * (out[:, 4] - out[:, 2])
    return out[(left > 0.3 * whole) & (out[:, 3] - out[:, 1] > 2) & (out[:, 4] - out[:, 2] > 2)]


def colours(picture, rng):
    """Light, colour and now and then blur, noise, JPEG or greyness, as cameras differ."""
    hsv = cv2.cvtColor(picture, cv2.COLOR_BGR2HSV).astype(np.float32)
    hsv[..., 0] = (hsv[..., 0] + rng.uniform(-4, 4)) % 180
    hsv[..., 1] *= rng.uniform(0.5, 1.5)
    hsv[..., 2] *= rng.uniform(0.55, 1.45)
    picture = cv2.cvtColor(hsv.clip(0, 255).astype(np.uint8), cv2.COLOR_HSV2BGR)
    if rng.random() < 0.1:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.5, 1.5))
    if rng.random() < 0.1:
        picture = cv2.imdecode(cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, rng.randint(25, 70)])[1], cv2.IMREAD_COLOR)
    if rng.random() < 0.05:
        picture = cv2.cvtColor(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    return picture


def compose(pictures, chosen, size, rng, plain):
    """One training picture of size x size out of pictures of one set; returns it with its boxes."""
    canvas = np.full((size, size, 3), PAD, np.uint8)
    parts = []
    if plain:
        _, picture, boxes = pictures[chosen[0]]
        h, w = picture.shape[:2]
        scale = size / max(h, w) * rng.uniform(0.6, 1.25)
        x, y = rng.uniform(min(0, size - w * scale), max(0, size - w * scale)), rng.uniform(min(0, size - h * scale), max(0, size - h * scale))
        parts.append(paste(canvas, picture, boxes, scale, x, y, (0, 0, size, size)))
    else:
        side = 3 if rng.random() < 0.15 else 2
        cuts = sorted(round(size * (i + rng.uniform(-0.35, 0.35)) / side) for i in range(1, side))
        cuts = [0, *cuts, size]
        for n in range(side * side):
            _, picture, boxes = pictures[chosen[n]]
            r, c = divmod(n, side)
            cell = (cuts[c], cuts[r], cuts[c + 1], cuts[r + 1])
            h, w = picture.shape[:2]
            wide, high = cell[2] - cell[0], cell[3] - cell[1]
            scale = max(wide / w, high / h) * rng.uniform(0.6, 1.0) * (1.7 if rng.random() < 0.25 else 1.0)
            x = cell[0] + rng.uniform(min(0, wide - w * scale), max(0, wide - w * scale))
            y = cell[1] + rng.uniform(min(0, high - h * scale), max(0, high - h * scale))
            parts.append(paste(canvas, picture, boxes, scale, x, y, cell))
    boxes = np.concatenate(parts)
    if rng.random() < 0.5:
        canvas = canvas[:, ::-1]
        boxes[:, [1, 3]] = size - boxes[:, [3, 1]]
    return colours(np.ascontiguousarray(canvas), rng), boxes


def batches(pictures, size, count, batch, rng, plain):
    """Batches of training pictures: float32 [batch,3,size,size] BGR 0..255, boxes and set names."""
    by_set = {}
    for i, (name, _, _) in enumerate(pictures):
        by_set.setdefault(name, []).append(i)
    names = list(by_set)
    weights = [len(by_set[n]) * SETS[n] for n in names]
    for _ in range(count):
        images, boxes, sets = [], [], []
        for _ in range(batch):
            name = rng.choices(names, weights)[0]
            image, b = compose(pictures, rng.choices(by_set[name], k=9), size, rng, plain or rng.random() < 0.25)
            images.append(image.transpose(2, 0, 1))
            boxes.append(torch.from_numpy(b))
            sets.append(name)
        yield torch.from_numpy(np.stack(images)).float().contiguous(memory_format=torch.channels_last), boxes, sets


# ---- the network ----


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


def network(path):
    """The stock file as a network of ours: pictures [n,3,h,w] BGR 0..255 to [(box, objectness, class)] maps by level."""
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
    for target, node in zip(convs, source):
        conv = net.get_submodule(target)
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
        ys, xs = torch.meshgrid(torch.arange(h), torch.arange(w), indexing="ij")
        grid = torch.stack((xs, ys), -1).reshape(-1, 2).float()
        raw = box.flatten(2).transpose(1, 2)
        centre = (raw[..., :2] + grid) * stride
        half = raw[..., 2:].clamp(max=6).exp() * stride / 2
        boxes.append(torch.cat((centre - half, centre + half), -1))
        objects.append(obj.flatten(2).transpose(1, 2))
        classes.append(cls.flatten(2).transpose(1, 2))
        centres.append((grid + 0.5) * stride)
        strides.append(torch.full((h * w,), float(stride)))
    obj, cls = torch.cat(objects, 1), torch.cat(classes, 1)
    log_p = F.logsigmoid(obj) + F.logsigmoid(cls)
    return torch.cat(boxes, 1), log_p, torch.cat(centres), torch.cat(strides)


# ---- the loss ----


def overlaps(a, b):
    """IoU of boxes a [n,4] with b [m,4]: [n,m]."""
    low = torch.maximum(a[:, None, :2], b[None, :, :2])
    high = torch.minimum(a[:, None, 2:], b[None, :, 2:])
    both = (high - low).clamp(min=0).prod(-1)
    area = lambda x: (x[:, 2:] - x[:, :2]).clamp(min=0).prod(-1)
    return both / (area(a)[:, None] + area(b)[None] - both + 1e-9)


def giou(a, b):
    """Generalised IoU of boxes [n,4] pair by pair."""
    both = (torch.minimum(a[:, 2:], b[:, 2:]) - torch.maximum(a[:, :2], b[:, :2])).clamp(min=0).prod(-1)
    either = (a[:, 2:] - a[:, :2]).prod(-1) + (b[:, 2:] - b[:, :2]).prod(-1) - both
    hull = (torch.maximum(a[:, 2:], b[:, 2:]) - torch.minimum(a[:, :2], b[:, :2])).prod(-1)
    return both / (either + 1e-9) - (hull - either) / (hull + 1e-9)


@torch.no_grad()
def assign(boxes, p, centres, strides, truth):
    """Which place answers for which thing: (places, things, how right the place should feel)."""
    inside = torch.minimum(centres[None] - truth[:, None, 1:3], truth[:, None, 3:5] - centres[None]).amin(-1)
    middle = (truth[:, None, 1:3] + truth[:, None, 3:5]) / 2
    near = ((centres[None] - middle).abs().amax(-1) < strides) & (strides == 8)  # the smallest hold no place
    iou = overlaps(truth[:, 1:5], boxes)
    fit = p[:, truth[:, 0].long()].T ** ALPHA * iou ** BETA
    fit = torch.where((inside > 0) | near, fit + 1e-12, torch.zeros(()))
    value, place = fit.topk(min(TOP, fit.shape[1]), 1)
    taken = torch.zeros_like(fit).scatter_(1, place, (value > 0).float()) > 0
    twice = taken.sum(0) > 1
    if twice.any():  # the one it overlaps most
        best = torch.zeros_like(taken).scatter_(0, torch.where(taken, iou, torch.full((), -1.0)).argmax(0, True), True)
        taken = torch.where(twice[None], best & taken, taken)
    things, places = taken.nonzero(as_tuple=True)
    fit = torch.where(taken, fit, torch.zeros(()))
    most, best = fit.amax(1), torch.where(taken, iou, torch.zeros(())).amax(1)
    return places, things, (fit[things, places] / (most[things] + 1e-12) * best[things])


def loss(outputs, truths, sets, mask):
    """The loss of a batch: (sum, class part, box part)."""
    boxes, log_p, centres, strides = decode(outputs)
    p = log_p.exp()
    target = torch.zeros_like(p)
    box, weight = boxes.new_zeros(()), 1.0
    for n, truth in enumerate(truths):
        if not len(truth):
            continue
        places, things, feel = assign(boxes[n].detach(), p[n].detach(), centres, strides, truth)
        target[n, places, truth[things, 0].long()] = feel
        box = box + ((1 - giou(boxes[n, places], truth[things, 1:5])) * feel).sum()
        weight += float(feel.sum())
    said = torch.stack([mask[s] for s in sets])[:, None]
    log_not = torch.log1p(-p.clamp(max=1 - 1e-6))
    classes = -(target * log_p + (1 - target) * log_not) * (target - p).detach().abs().pow(1.5)
    classes = (classes * said).sum()
    return (2.0 * classes + 2.5 * box) / weight, float(classes.detach()) / weight, float(box.detach()) / weight


# ---- measuring ----


def answers(net, picture, size, floor=0.01):
    """What the network finds on one picture letterboxed to size: [n,6]: class, score, box in its pixels."""
    h, w = picture.shape[:2]
    scale = size / max(h, w)
    small = cv2.resize(picture, (round(w * scale), round(h * scale)), interpolation=cv2.INTER_LINEAR)
    canvas = np.full((-(-small.shape[0] // 32) * 32, -(-small.shape[1] // 32) * 32, 3), PAD, np.uint8)
    canvas[:small.shape[0], :small.shape[1]] = small
    boxes, log_p, _, _ = decode(net(torch.from_numpy(canvas.transpose(2, 0, 1)[None].copy()).float()))
    p, out = log_p[0].exp(), []
    for c in range(len(LABELS)):
        keep = (p[:, c] > floor).nonzero()[:, 0]
        if not len(keep):
            continue
        score, order = p[keep, c].sort(descending=True)
        b = boxes[0, keep[order]][:300]
        score, over, alive = score[:300], overlaps(b, b), torch.ones(len(b), dtype=torch.bool)
        for i in range(len(b)):
            if alive[i]:
                alive[i + 1:] &= over[i, i + 1:] < 0.65
        out += [[c, float(s), *(x / scale).tolist()] for s, x in zip(score[alive], b[alive])]
    return np.array(out, np.float32).reshape(-1, 6)


def average_precision(found, truths):
    """AP at IoU 0.5, area under the envelope; found [(score, picture, box)], truths {picture: boxes}."""
    total, taken, hits = sum(map(len, truths.values())), {}, []
    for score, picture, box in sorted(found, key=lambda f: -f[0]):
        truth = truths.get(picture)
        hit = False
        if truth is not None and len(truth):
            o = overlaps(torch.tensor(box)[None], torch.from_numpy(truth))[0]
            o[list(taken.get(picture, ()))] = 0
            best = int(o.argmax())
            if o[best] >= 0.5:
                taken.setdefault(picture, set()).add(best)
                hit = True
        hits.append(hit)
    if not total or not hits:
        return 0.0
    right = np.cumsum(hits)
    precision = np.maximum.accumulate((right / np.arange(1, len(hits) + 1))[::-1])[::-1]
    recall = right / total
    return float((np.diff(recall, prepend=0) * precision).sum())


@torch.no_grad()
def measure(net, pictures, size):
    """AP50 by set and label: {set: {label: ap}}."""
    net.eval()
    found = [answers(net, picture, size) for _, picture, _ in pictures]
    table = {}
    for name in SETS:
        mine = [i for i, (s, _, _) in enumerate(pictures) if s == name]
        for c, label in enumerate(LABELS):
            truths = {i: pictures[i][2][pictures[i][2][:, 0] == c][:, 1:] for i in mine}
            if sum(map(len, truths.values())):
                seen = [(float(r[1]), i, r[2:].tolist()) for i in mine for r in found[i] if r[0] == c]
                table.setdefault(name, {})[label] = average_precision(seen, truths)
    return table


def worth(table):
    """One number to choose by: each set's aim counts alike."""
    css = np.mean([table["css"][k] for k in ("person", "helmet", "no-helmet", "vest", "no-vest")])
    hardhat = np.mean([table["hardhat"][k] for k in ("person", "helmet", "no-helmet")])
    fire, fork = np.mean(list(table["fire"].values())), np.mean(list(table["forklift"].values()))
    return float(0.4 * css + 0.25 * hardhat + 0.25 * fire + 0.1 * fork)


def choose(found, pictures):
    """The score from which each class is believed: dress and people where precision and recall meet best (F1 of boxes),
    fire and smoke where pictures are told apart best, one false picture in twenty at most."""
    out = {}
    for c, label in enumerate(LABELS):
        said = [i for i, (s, _, b) in enumerate(pictures) if MASKED[s][c]]
        best = (-1.0, 0.5)
        for sure in np.arange(0.05, 0.9, 0.01):
            if label in ("fire", "smoke"):
                shown = {i: bool((found[i][found[i][:, 0] == c][:, 1] >= sure).any()) for i in said}
                true = {i: bool((pictures[i][2][:, 0] == c).any()) for i in said}
                hit = np.mean([shown[i] for i in said if true[i]])
                false = np.mean([shown[i] for i in said if not true[i] and not (pictures[i][2][:, 0] >= LABELS.index("fire")).any()])
                value = hit - 2 * max(0.0, false - 0.05)
            else:
                right = wrong = total = 0
                for i in said:
                    truth = torch.from_numpy(pictures[i][2][pictures[i][2][:, 0] == c][:, 1:])
                    mine = found[i][(found[i][:, 0] == c) & (found[i][:, 1] >= sure)]
                    total += len(truth)
                    hits = int((overlaps(truth, torch.from_numpy(mine[:, 2:])).amax(1) >= 0.5).sum()) if len(truth) and len(mine) else 0
                    right, wrong = right + hits, wrong + max(0, len(mine) - hits)
                value = 2 * right / max(1, right + wrong + total)
            if value > best[0] + 1e-9:
                best = (value, float(sure))
        out[label] = (round(best[1], 2), round(best[0], 3))
    return out


MASKED = {}


# ---- the commands ----


def begin(net, pictures, size, rng):
    """Gives every convolution its batch norm, measured on training pictures."""
    normed = [m for m in net.modules() if isinstance(m, Normed)]
    for m in normed:
        m.fresh = []
    with torch.no_grad():
        for images, _, _ in batches(pictures, size, 12, 8, rng, False):
            net(images)
    for m in normed:
        m.begin()


def train(args):
    torch.set_num_threads(args.threads)
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    pictures, valid = read(args.data, "train"), read(args.data, "valid")
    mask = {k: torch.from_numpy(v) for k, v in masks(args.data).items()}
    rng = random.Random(args.seed)
    torch.manual_seed(args.seed)
    net = network(args.begin or args.data / "weights" / "yolox_nano_416.onnx")
    begin(net, pictures, 416, rng)
    net.to(memory_format=torch.channels_last)
    mean = {k: v.clone() for k, v in net.state_dict().items()}
    decayed = [p for n, p in net.named_parameters() if p.requires_grad and p.dim() > 1]
    others = [p for n, p in net.named_parameters() if p.requires_grad and p.dim() <= 1]
    optimiser = torch.optim.AdamW([{"params": decayed, "weight_decay": 0.02}, {"params": others, "weight_decay": 0.0}], lr=args.rate)
    state, spent, step, epoch, best = out / "state.pt", 0.0, 0, 0, -1.0
    if state.exists():
        s = torch.load(state, weights_only=False)
        net.load_state_dict(s["net"])
        optimiser.load_state_dict(s["optimiser"])
        mean, spent, step, epoch, best = s["mean"], s["spent"], s["step"], s["epoch"], s["best"]
        rng.setstate(s["rng"])
        print(f"goes on after epoch {epoch}, {spent / 60:.0f} min", flush=True)
    probe = network(args.data / "weights" / "yolox_nano_416.onnx")
    while spent < args.minutes * 60:
        net.train()
        began, sums, count = time.time(), np.zeros(3), 0
        plain = spent > 0.85 * args.minutes * 60
        size = rng.choice(args.sizes)
        for images, truths, sets in batches(pictures, size, args.steps, args.batch, rng, plain):
            done = min(1.0, (spent + time.time() - began) / (args.minutes * 60))
            rate = args.rate * min(1.0, (step + 1) / 200) * (0.02 + 0.98 * (1 + math.cos(math.pi * done)) / 2)
            for group in optimiser.param_groups:
                group["lr"] = rate
            total, c, b = loss(net(images), truths, sets, mask)
            optimiser.zero_grad(set_to_none=True)
            total.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 10.0)
            optimiser.step()
            step += 1
            keep = min(0.9995, (1 + step) / (20 + step))
            with torch.no_grad():
                for k, v in net.state_dict().items():
                    mean[k].lerp_(v, 1 - keep) if v.is_floating_point() else mean[k].copy_(v)
            sums += (float(total.detach()), c, b)
            count += 1
        spent += time.time() - began
        epoch += 1
        line = f"epoch {epoch} {spent / 60:.1f} min size {size} rate {rate:.5f} loss {sums[0] / count:.3f} class {sums[1] / count:.3f} box {sums[2] / count:.3f}"
        if epoch % args.every == 0 or spent >= args.minutes * 60:
            probe.load_state_dict(mean)
            table = measure(probe, valid, 416)
            value = worth(table)
            line += f" worth {value:.4f} " + json.dumps({s: {k: round(v, 3) for k, v in t.items()} for s, t in table.items()})
            if value > best:
                best = value
                torch.save({"mean": mean, "epoch": epoch, "worth": value, "table": table}, out / "best.pt")
        print(line, flush=True)
        torch.save({"net": net.state_dict(), "optimiser": optimiser.state_dict(), "mean": mean, "spent": spent, "step": step, "epoch": epoch, "best": best, "rng": rng.getstate()}, out / "state.new")
        (out / "state.new").replace(state)


def export(args):
    """Writes the best weights into the stock file: any number of pictures of any size that 32 divides."""
    net = network(args.data / "weights" / "yolox_nano_416.onnx")
    net.load_state_dict(torch.load(Path(args.out) / "best.pt", weights_only=False)["mean"])
    net.eval()
    model = onnx.load(args.data / "weights" / "yolox_nano_416.onnx")
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
    used = {i for n in model.graph.node for i in n.input}
    kept = [t for t in model.graph.initializer if t.name in used]
    del model.graph.initializer[:]
    model.graph.initializer.extend(kept)
    onnx.checker.check_model(model)
    Path(args.file).parent.mkdir(parents=True, exist_ok=True)
    onnx.save(model, args.file)
    compare(net, args.file)


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


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["train", "export", "measure"])
    parser.add_argument("data", type=Path, help="folder with css, hardhat, fire, forklift and weights")
    parser.add_argument("file", nargs="?", help="export: the ONNX file to write")
    parser.add_argument("--out", required=True, help="folder of the training's state")
    parser.add_argument("--minutes", type=float, default=120, help="of training, over all runs together")
    parser.add_argument("--begin", help="begin from a file that was exported before, instead of from COCO's")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--steps", type=int, default=75, help="batches of an epoch")
    parser.add_argument("--every", type=int, default=4, help="epochs between two looks at valid")
    parser.add_argument("--sizes", type=lambda s: [int(x) for x in s.split(",")], default=[352, 416, 480])
    parser.add_argument("--rate", type=float, default=0.001)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_intermixed_args()
    if args.command == "export":
        export(args)
    elif args.command == "measure":
        net = network(args.data / "weights" / "yolox_nano_416.onnx")
        net.load_state_dict(torch.load(Path(args.out) / "best.pt", weights_only=False)["mean"])
        net.eval()
        MASKED.update(masks(args.data))
        valid = read(args.data, "valid")
        for size in args.sizes:
            table = measure(net, valid, size)
            print(size, f"worth {worth(table):.4f}", json.dumps(table), flush=True)
        with torch.no_grad():
            found = [answers(net, picture, args.sizes[-1]) for _, picture, _ in valid]
        for label, (sure, value) in choose(found, valid).items():
            print(f"  {label}: {sure}  # {value}")
    else:
        train(args)


if __name__ == "__main__":
    main()
