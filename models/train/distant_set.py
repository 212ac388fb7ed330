#!/usr/bin/env python3
"""Makes a set of pictures as a plant camera sees them, 1280 x 704 with small people, out of stills of people nearby.

    python models/train/distant_set.py ../shared/data/safety/hardhat valid /tmp/distant --across 4
    python ../shared/measure/detect.py --model ppe /tmp/distant/hardhat/valid

Each picture is laid out of stills of one split, ACROSS side by side in a row, none of them enlarged; labels go along.
It stands in for pictures of plant cameras where there are none with labels: by it the sides of the detector's looks were
chosen (on valid), not its weights. Seams and lighting are not those of one camera.
"""
import argparse
import json
import random
import shutil
from pathlib import Path

import cv2
import numpy as np

WIDTH, HEIGHT = 1280, 704


def lay(stills, across, rng):
    """One picture and its labels [class, cx, cy, w, h] in shares."""
    canvas = np.full((HEIGHT, WIDTH, 3), 96, np.uint8)
    wide, rows, boxes = WIDTH // across, max(1, round(across * HEIGHT / WIDTH)), []
    high = HEIGHT // rows
    for n in range(across * rows):
        path, labels = stills[rng.randrange(len(stills))]
        still = cv2.imread(str(path))
        scale = min(1.0, wide / still.shape[1], high / still.shape[0])
        small = cv2.resize(still, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        h, w = small.shape[:2]
        x = n % across * wide + rng.randint(0, wide - w)
        y = n // across * high + rng.randint(0, high - h)
        canvas[y:y + h, x:x + w] = small
        boxes += [(c, (x + cx * w) / WIDTH, (y + cy * h) / HEIGHT, bw * w / WIDTH, bh * h / HEIGHT) for c, cx, cy, bw, bh in labels]
    return canvas, boxes


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("set", type=Path)
    parser.add_argument("split")
    parser.add_argument("out", type=Path)
    parser.add_argument("--across", type=int, default=4)
    parser.add_argument("--count", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    rng = random.Random(args.seed)
    stills = []
    for path in sorted((args.set / args.split / "images").iterdir()):
        label = args.set / args.split / "labels" / (path.stem + ".txt")
        rows = [line.split()[:5] for line in label.read_text().splitlines()] if label.exists() else []
        stills.append((path, [(int(r[0]), *map(float, r[1:])) for r in rows if len(r) == 5]))
    out = args.out / args.set.name / args.split
    for folder in ("images", "labels"):
        shutil.rmtree(out / folder, ignore_errors=True)
        (out / folder).mkdir(parents=True)
    (out.parent / "classes.json").write_text(json.dumps(json.loads((args.set / "classes.json").read_text())))
    for n in range(args.count):
        picture, boxes = lay(stills, args.across, rng)
        cv2.imwrite(str(out / "images" / f"{n:03d}.jpg"), picture, [cv2.IMWRITE_JPEG_QUALITY, 85])
        (out / "labels" / f"{n:03d}.txt").write_text("".join(f"{c} {cx:.6f} {cy:.6f} {w:.6f} {h:.6f}\n" for c, cx, cy, w, h in boxes))
    print(f"{args.count} pictures in {out}")


if __name__ == "__main__":
    main()
