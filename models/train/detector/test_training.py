"""Tests of the training, on pictures drawn here: what a set says nothing about teaches nothing, and a training that was
stopped goes on as if it had not been. How they are run stands in __main__.py."""
import argparse
import importlib.util
import json
import random
import shutil
import sys
import tempfile
import unittest
from pathlib import Path
from unittest import mock

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

import cv2
import numpy as np
import torch
from loss import loss
from sets import LABELS, SETS, masks, read

spec = importlib.util.spec_from_file_location("detector_main", HERE / "__main__.py")
trainer = importlib.util.module_from_spec(spec)
spec.loader.exec_module(trainer)

SHIPPED = HERE.parents[1] / "detect/safety/model.onnx"
STOCK = HERE.parents[1] / "detect/coco/model.onnx"
SAYS = {  # as the four sets do
    "css": ["helmet", "mask", "no-helmet", "no-mask", "no-vest", "person", "cone", "vest", "machinery", "vehicle"],
    "hardhat": ["no-helmet", "helmet", "person"],
    "fire": ["fire", "smoke"],
    "forklift": ["forklift", "person"],
}


def draw(root, each=2, side=96):
    """Writes four small sets of flat pictures with a box of each of their classes, and the stock weights."""
    rng = np.random.default_rng(3)
    for name, labels in SAYS.items():
        (root / name).mkdir()
        (root / name / "classes.json").write_text(json.dumps({str(i): label for i, label in enumerate(labels)}))
        for split in ("train", "valid"):
            for kind in ("images", "labels"):
                (root / name / split / kind).mkdir(parents=True)
            for n in range(each):
                picture, rows = np.full((side, side, 3), 90, np.uint8), []
                for c in range(len(labels)):
                    x, y = rng.uniform(0.2, 0.8, 2)
                    rows.append(f"{c} {x:.3f} {y:.3f} 0.3 0.3")
                    corner = (int((x - 0.15) * side), int((y - 0.15) * side))
                    cv2.rectangle(picture, corner, (corner[0] + side // 3, corner[1] + side // 3), tuple(int(v) for v in rng.integers(0, 255, 3)), -1)
                cv2.imwrite(str(root / name / split / "images" / f"{n}.png"), picture)
                (root / name / split / "labels" / f"{n}.txt").write_text("\n".join(rows))
    (root / "weights").mkdir()
    shutil.copy(SHIPPED, root / trainer.STOCK)


class Drawn(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name) / "data"
        self.root.mkdir()
        draw(self.root)


class Masks(Drawn):
    def test_a_set_speaks_of_its_classes_and_of_what_can_not_be_there(self):
        got = masks(self.root)
        self.assertEqual(list(got), list(SETS))
        for name, labels in SAYS.items():
            said = set(labels) | ({"fire", "smoke"} if name != "fire" else set())
            self.assertEqual({LABELS[i] for i in np.flatnonzero(got[name])}, said, name)

    def test_labels_that_are_not_ours_are_left_out(self):
        path = self.root / "hardhat" / "classes.json"
        path.write_text(json.dumps({"0": "umbrella", "1": "helmet", "2": "person"}))
        self.assertEqual({LABELS[i] for i in np.flatnonzero(masks(self.root)["hardhat"])}, {"helmet", "person", "fire", "smoke"})
        for name, _, boxes in read(self.root, "train"):
            if name == "hardhat":
                self.assertEqual(sorted({LABELS[int(c)] for c in boxes[:, 0]}), ["helmet", "person"])


class MaskedLoss(Drawn):
    SIDE = 64

    def maps(self, n, seed=5):
        """Maps of a network for n pictures, as leaves: (box, objectness, class) for each stride."""
        rng = torch.Generator().manual_seed(seed)
        out = []
        for stride in (8, 16, 32):
            cells = self.SIDE // stride
            for channels in (4, 1, len(LABELS)):
                out.append((torch.randn(n, channels, cells, cells, generator=rng) * 0.5).requires_grad_())
        return out

    def gradients(self, sets, truths):
        """How each picture's loss pulls at each class: [pictures, classes]."""
        outputs = self.maps(len(sets))
        total, _, _ = loss(outputs, truths, sets, {k: torch.from_numpy(v) for k, v in masks(self.root).items()})
        total.backward()
        return sum(o.grad.abs().sum((2, 3)) for o in outputs[2::3])

    def test_what_a_set_does_not_label_teaches_nothing(self):
        truth = torch.tensor([[0.0, 8, 8, 40, 40]])  # someone, or a fire
        for name in SETS:
            thing = truth.clone()
            thing[0, 0] = LABELS.index(SAYS[name][0])
            for truths in ([thing], [truth[:0]]):  # with something in the picture, and with nothing
                pull = self.gradients([name], truths)[0]
                said = masks(self.root)[name] > 0
                for c, label in enumerate(LABELS):
                    if said[c]:
                        self.assertGreater(float(pull[c]), 0, f"{name} says something about {label}")
                    else:
                        self.assertEqual(float(pull[c]), 0, f"{name} says nothing about {label}")

    def test_each_picture_of_a_batch_has_its_own_mask(self):
        pull = self.gradients(["fire", "forklift"], [torch.zeros(0, 5), torch.zeros(0, 5)])
        forklift, fire = LABELS.index("forklift"), LABELS.index("fire")
        self.assertEqual((float(pull[0, forklift]), float(pull[0, fire]) > 0), (0, True))
        self.assertGreater(float(pull[1, forklift]), 0)
        self.assertGreater(float(pull[1, fire]), 0, "nobody is on fire among the forklifts")


class Stem(unittest.TestCase):
    def test_one_convolution_says_the_same(self):
        import onnx
        import onnxruntime
        from stem import whole

        stock = onnx.load(STOCK)
        joined = onnx.ModelProto()
        joined.CopyFrom(stock)
        whole(joined)
        onnx.checker.check_model(joined)
        self.assertNotIn("Slice", {n.op_type for n in joined.graph.node})
        picture = np.random.default_rng(7).uniform(0, 255, (1, 3, 416, 416)).astype(np.float32)
        want, got = (onnxruntime.InferenceSession(m.SerializeToString()).run(None, {m.graph.input[0].name: picture})[0] for m in (stock, joined))
        self.assertGreater(np.ptp(want), 1)
        self.assertLess(np.abs(got - want).max(), 1e-3)

        again = onnx.ModelProto()
        again.CopyFrom(joined)
        whole(again)
        self.assertEqual(again.SerializeToString(), joined.SerializeToString(), "what is joined stays as it is")


class Stopped(BaseException):
    """As by Ctrl-C, in the middle of an epoch."""


class Resume(Drawn):
    def train(self, out, stop_at=None):
        """Trains for four short epochs by a clock that moves on a second at each look; returns what it kept."""
        args = argparse.Namespace(data=self.root, out=str(out), minutes=15 / 60, begin=None, still=0, batch=2, steps=2, every=2, sizes=[64, 96], rate=0.001, threads=2, seed=1, device="cpu")
        real, taken, clock = trainer.batches, 0, iter(range(10**6))

        def small(pictures, size, count, batch, rng, plain):
            nonlocal taken
            for row in real(pictures, min(size, 96), min(count, 2), 2, rng, plain):
                taken += 1
                if taken == stop_at:
                    raise Stopped
                yield row

        measure = trainer.measure
        quick = mock.patch.object(trainer, "measure", lambda net, pictures, size: measure(net, pictures, 96))
        with quick, mock.patch.object(trainer, "batches", small), mock.patch.object(trainer.time, "time", lambda: float(next(clock))), mock.patch("builtins.print"):
            trainer.train(args)
        return torch.load(Path(out) / "state.pt", weights_only=False), torch.load(Path(out) / "best.pt", weights_only=False)

    def same(self, a, b, what):
        self.assertEqual(a.keys(), b.keys(), what)
        for k in a:
            self.assertTrue(torch.equal(a[k], b[k]), f"{what}: {k} differs")

    def test_goes_on_as_if_it_had_not_been_stopped(self):
        whole, best = self.train(self.root.parent / "whole")
        self.assertGreater(whole["epoch"], 3)
        out = self.root.parent / "stopped"
        with self.assertRaises(Stopped):
            self.train(out, stop_at=2 + 2 * 2 + 2)  # 2 to begin with, two whole epochs, one step of the third
        kept = torch.load(out / "state.pt", weights_only=False)
        self.assertEqual((kept["epoch"], kept["step"]), (2, 4), "what was done of the broken epoch is forgotten, not half kept")
        with self.assertRaises(AssertionError):
            self.same(kept["net"], whole["net"], "half way")
        again, best_again = self.train(out)
        for k in ("spent", "step", "epoch", "best", "rng"):
            self.assertEqual(again[k], whole[k], k)
        for k in ("net", "mean"):
            self.same(again[k], whole[k], k)
        self.same(best_again["mean"], best["mean"], "best")
        self.assertEqual(best_again["epoch"], best["epoch"])

        done, _ = self.train(out)
        self.assertEqual(done["step"], whole["step"], "one that has had its minutes trains no further")
        self.same(done["net"], whole["net"], "net")


class Device(unittest.TestCase):
    def test_a_card_that_is_not_there_is_refused(self):
        self.assertEqual(trainer.device("cpu").type, "cpu")
        with mock.patch.object(torch.cuda, "is_available", lambda: False):
            with self.assertRaisesRegex(SystemExit, "--device cuda: torch sees no NVIDIA card"):
                trainer.device("cuda")
        with mock.patch.object(torch.cuda, "is_available", lambda: True):
            self.assertEqual(trainer.device("cuda").type, "cuda")


if __name__ == "__main__":
    unittest.main()
