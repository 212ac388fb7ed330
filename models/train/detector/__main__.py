#!/usr/bin/env python3
"""Trains the detector for people, their dress, vehicles, fire and smoke that models/detect serves.

YOLOX-nano with COCO weights (Apache-2.0), taken out of its ONNX file, is trained on with four small sets that label
different things. It runs on 2 cores, can be stopped at any moment and goes on from where it was.
--begin models/detect/safety/model.onnx trains on what ships; --device cuda trains on an NVIDIA card. A training that was
begun on one device goes on on another.

    python3 -m venv /tmp/train
    /tmp/train/bin/pip install numpy==2.4.6 onnx==1.23.2 onnxruntime==1.24.4 torch==2.15.0 onnx2torch==1.5.15 opencv-python-headless==5.0.0.93
    /tmp/train/bin/python models/train/detector train ../shared/data/safety --out /tmp/detector --minutes 120
    /tmp/train/bin/python models/train/detector export ../shared/data/safety --out /tmp/detector models/detect/safety/model.onnx
    /tmp/train/bin/python -m unittest discover -v models/train/detector    # masks and going on, on drawn pictures

The tests need what the training needs, 6 GB, so `make test` does not run them; without it they fail at the first import,
they do not pass.

How it is made:
- The file's batch norm is folded into its convolutions, with which nothing trains well. Each convolution gets a batch norm
  again whose first answer is the identity, measured on training pictures; the export folds them back, so that what is
  served is the file that came, with other numbers, fewer classes and its beginning as one convolution (stem.py).
- p(class) = sigmoid(objectness) sigmoid(class), as YOLOX serves it, is trained as a whole: places and how right a box
  should feel are assigned as in TOOD (Feng et al., ICCV 2021), the loss of a class is the quality focal loss (Li et al.,
  NeurIPS 2020), the box's is GIoU (Rezatofighi et al., CVPR 2019).
- A set says nothing about what it does not label: its classes alone enter the loss of its pictures (masks). Nobody is on
  fire in the sets of dress, so fire and smoke count as absent there.
- Mosaics of pictures of one set, scaled by 0.3 to 1.7, up to nine of them in one: people far away are small.
- The weights that count are a running mean (decay 0.9995); where training goes on from a file, also what lies halfway
  between that and the mean (Wortsman et al., CVPR 2022: it fits the pictures trained on less, and others better). What is
  kept is the best on the sets' `valid`; `test` is not looked at here.
"""
import argparse
import json
import math
import random
import time
from pathlib import Path

import numpy as np
import torch
from export import write
from loss import loss
from mosaic import batches
from network import Normed, network
from score import answers, choose, measure, worth
from sets import masks, read
from torch import nn

STOCK = "weights/yolox_nano_416.onnx"


def device(name):
    """The device to train on; one that is asked for and not there is refused, not silently replaced."""
    if name == "cuda" and not torch.cuda.is_available():
        raise SystemExit("--device cuda: torch sees no NVIDIA card here (nvidia-smi shows the driver's cards); leave --device out to train on the CPU")
    return torch.device(name)


def begin(net, pictures, size, rng, on):
    """Gives every convolution its batch norm, measured on training pictures, on device `on`, where the network is."""
    normed = [m for m in net.modules() if isinstance(m, Normed)]
    for m in normed:
        m.fresh = []
    with torch.no_grad():
        for images, _, _ in batches(pictures, size, 12, 8, rng, False):
            net(images.to(on))
    for m in normed:
        m.begin()


def train(args):
    torch.set_num_threads(args.threads)
    on = device(args.device)
    out = Path(args.out)
    out.mkdir(parents=True, exist_ok=True)
    pictures, valid = read(args.data, "train"), read(args.data, "valid")
    mask = {k: torch.from_numpy(v).to(on) for k, v in masks(args.data).items()}
    rng = random.Random(args.seed)
    torch.manual_seed(args.seed)
    net = network(args.begin or args.data / STOCK, args.still).to(on)
    begin(net, pictures, 416, rng, on)
    net.to(memory_format=torch.channels_last)
    mean = {k: v.clone() for k, v in net.state_dict().items()}
    first = {k: v.clone() for k, v in mean.items()} if args.begin else None
    decayed = [p for n, p in net.named_parameters() if p.requires_grad and p.dim() > 1]
    others = [p for n, p in net.named_parameters() if p.requires_grad and p.dim() <= 1]
    optimiser = torch.optim.AdamW([{"params": decayed, "weight_decay": 0.02}, {"params": others, "weight_decay": 0.0}], lr=args.rate)
    state, spent, step, epoch, best = out / "state.pt", 0.0, 0, 0, -1.0
    if state.exists():
        s = torch.load(state, map_location="cpu", weights_only=False)  # it may come from another device
        net.load_state_dict(s["net"])
        optimiser.load_state_dict(s["optimiser"])
        mean, first = moved(s["mean"], on), moved(s["first"], on)
        spent, step, epoch, best = s["spent"], s["step"], s["epoch"], s["best"]
        rng.setstate(s["rng"])
        print(f"goes on after epoch {epoch}, {spent / 60:.0f} min", flush=True)
    probe = network(args.data / STOCK, args.still).to(on)
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
            total, c, b = loss(net(images.to(on)), [t.to(on) for t in truths], sets, mask)
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
            for name, weights in candidates(mean, first).items():
                probe.load_state_dict(weights)
                table = measure(probe, valid, 416)
                value = worth(table)
                line += f"\n  {name}: worth {value:.4f} " + json.dumps({s: {k: round(v, 3) for k, v in t.items()} for s, t in table.items()})
                if value > best:
                    best = value
                    torch.save({"mean": moved(weights, "cpu"), "still": args.still, "epoch": epoch, "worth": value, "table": table}, out / "best.pt")
        print(line, flush=True)
        torch.save({"net": net.state_dict(), "optimiser": optimiser.state_dict(), "mean": mean, "first": first, "spent": spent, "step": step, "epoch": epoch, "best": best, "rng": rng.getstate()}, out / "state.new")
        (out / "state.new").replace(state)


def moved(weights, on):
    """Weights {name: tensor}, or None, on a device."""
    return None if weights is None else {k: v.to(on) for k, v in weights.items()}


def candidates(mean, first):
    """The weights to choose among on valid: the running mean, and what lies halfway between it and a file begun from."""
    if first is None:
        return {"mean": mean}
    return {"mean": mean, "halfway": {k: torch.lerp(first[k], v, 0.5) if v.is_floating_point() else v for k, v in mean.items()}}


def best(args):
    """The network that was best on valid."""
    kept = torch.load(Path(args.out) / "best.pt", map_location="cpu", weights_only=False)
    net = network(args.data / STOCK, kept.get("still", 0))
    net.load_state_dict(kept["mean"])
    return net.eval()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", choices=["train", "export", "measure"])
    parser.add_argument("data", type=Path, help="folder with css, hardhat, fire, forklift and weights")
    parser.add_argument("file", nargs="?", help="export: the ONNX file to write")
    parser.add_argument("--out", required=True, help="folder of the training's state")
    parser.add_argument("--minutes", type=float, default=120, help="of training, over all runs together")
    parser.add_argument("--begin", help="begin from a file that was exported before, instead of from COCO's")
    parser.add_argument("--still", type=int, default=0, help="how many of the first convolutions are left as they are; 9: up to a fourth of the size")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--steps", type=int, default=75, help="batches of an epoch")
    parser.add_argument("--every", type=int, default=4, help="epochs between two looks at valid")
    parser.add_argument("--sizes", type=lambda s: [int(x) for x in s.split(",")], default=[352, 416, 480])
    parser.add_argument("--rate", type=float, default=0.001)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu", help="where the training runs; measure and export run on the CPU")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_intermixed_args()
    if args.command == "export":
        write(best(args), args.data / STOCK, args.file)
    elif args.command == "measure":
        net = best(args)
        valid = read(args.data, "valid")
        for size in args.sizes:
            table = measure(net, valid, size)
            print(size, f"worth {worth(table):.4f}", json.dumps(table), flush=True)
        with torch.no_grad():
            found = [answers(net, picture, args.sizes[-1]) for _, picture, _ in valid]
        for label, (sure, value) in choose(found, valid, masks(args.data)).items():
            print(f"  {label}: {sure}  # {value}")
    else:
        train(args)


if __name__ == "__main__":
    main()
