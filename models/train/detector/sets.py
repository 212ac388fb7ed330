"""The four sets: what each labels, and how its pictures are read."""
import json

import cv2
import numpy as np

LABELS = ["person", "helmet", "no-helmet", "vest", "no-vest", "mask", "no-mask", "cone", "machinery", "vehicle", "forklift", "fire", "smoke"]
SETS = {"css": 1.0, "hardhat": 1.0, "fire": 1.0, "forklift": 3.0}  # how often a picture is taken
ABSENT = {"css": ["fire", "smoke"], "hardhat": ["fire", "smoke"], "forklift": ["fire", "smoke"], "fire": []}


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
