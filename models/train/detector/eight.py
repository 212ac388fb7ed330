"""The served network in eight bits, for a box on which that is faster: static, a scale for each channel,
ranges from pictures of `valid`. What it loses is measured by linesman detect --model OUT, as any model is.

    python models/train/detector/eight.py models/detect/safety OUT ../shared/data/safety/css/valid [MORE/valid ...]
"""
import argparse
import shutil
from pathlib import Path

import numpy as np
import onnx
from onnx import version_converter
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from PIL import Image

ROOM = 114  # grey about a picture, as it is served


class Pictures(CalibrationDataReader):
    """Pictures at the size they are served at, evenly out of the sets."""

    def __init__(self, sets, each, side):
        files = []
        for s in sets:
            all_ = sorted((Path(s) / "images").iterdir())
            files += all_[:: max(1, len(all_) // each)][:each]
        self.rest, self.side = iter(files), side

    def get_next(self):
        file = next(self.rest, None)
        if file is None:
            return None
        picture = Image.open(file).convert("RGB")
        scale = self.side / max(picture.size)
        w, h = (max(1, round(v * scale)) for v in picture.size)
        x = np.full((self.side, self.side, 3), ROOM, np.float32)  # one size: ranges are counted over all
        x[:h, :w] = np.asarray(picture.resize((w, h), Image.BILINEAR))
        return {"images": x[:, :, ::-1].transpose(2, 0, 1)[None].copy()}


def heads(model):
    """The last convolutions: what they say is read as numbers, not looked at again."""
    by_output = {o: n for n in model.graph.node for o in n.output}
    found, ahead, seen = [], [model.graph.output[0].name], set()
    while ahead:
        node = by_output.get(ahead.pop())
        if node is None or node.name in seen:
            continue
        seen.add(node.name)
        if node.op_type == "Conv":
            found.append(node.name)
        else:
            ahead += node.input
    return found


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("folder", type=Path)
    p.add_argument("out", type=Path)
    p.add_argument("sets", nargs="+")
    p.add_argument("--each", type=int, default=60, help="pictures of each set")
    p.add_argument("--side", type=int, default=640, help="longest side they are served at, pixels")
    p.add_argument("--range", choices=["MinMax", "Entropy", "Percentile"], default="MinMax", help="how a tensor's range is taken from the pictures")
    p.add_argument("--heads", action="store_true", help="the last convolutions too")
    o = p.parse_args()
    shutil.copytree(o.folder, o.out, ignore=shutil.ignore_patterns("*.go"), dirs_exist_ok=True)
    model = version_converter.convert_version(onnx.load(o.folder / "model.onnx"), 13)
    for i, n in enumerate(model.graph.node):
        n.name = n.name or f"node{i}"
    named = o.out / "named.onnx"
    onnx.save(model, named)
    left = [] if o.heads else heads(model)
    print("left as they are:", ", ".join(left) or "none")
    quantize_static(named, o.out / "model.onnx", Pictures(o.sets, o.each, o.side), quant_format=QuantFormat.QDQ, per_channel=True, reduce_range=False,
                    activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8, calibrate_method=CalibrationMethod[o.range], nodes_to_exclude=left)
    named.unlink()


main()
