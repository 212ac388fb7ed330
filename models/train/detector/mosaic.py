"""Training pictures: mosaics of one set's pictures, in other sizes, light and colours."""
import cv2
import numpy as np
import torch
from sets import SETS

PAD = 114


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
