"""Measuring: average precision by set and class, and from which score a class is believed."""
import cv2
import numpy as np
import torch
from loss import overlaps
from mosaic import PAD
from network import decode
from sets import LABELS, SETS


def answers(net, picture, size, floor=0.01):
    """What the network finds on one picture letterboxed to size: [n,6]: class, score, box in its pixels."""
    h, w = picture.shape[:2]
    scale = size / max(h, w)
    small = cv2.resize(picture, (round(w * scale), round(h * scale)), interpolation=cv2.INTER_LINEAR)
    canvas = np.full((-(-small.shape[0] // 32) * 32, -(-small.shape[1] // 32) * 32, 3), PAD, np.uint8)
    canvas[:small.shape[0], :small.shape[1]] = small
    boxes, log_p, _, _ = decode(net(torch.from_numpy(canvas.transpose(2, 0, 1)[None].copy()).float().to(next(net.parameters()).device)))
    boxes, log_p = boxes.cpu(), log_p.cpu()
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


def choose(found, pictures, masks):
    """The score from which each class is believed: dress and people where precision and recall meet best (F1 of boxes),
    fire and smoke where pictures are told apart best, a false one weighing twice a missed one."""
    out = {}
    for c, label in enumerate(LABELS):
        said = [i for i, (s, _, b) in enumerate(pictures) if masks[s][c]]
        best = (-1.0, 0.5)
        for sure in np.arange(0.05, 0.9, 0.01):
            if label in ("fire", "smoke"):
                shown = {i: bool((found[i][found[i][:, 0] == c][:, 1] >= sure).any()) for i in said}
                true = {i: bool((pictures[i][2][:, 0] == c).any()) for i in said}
                hit = np.mean([shown[i] for i in said if true[i]])
                false = np.mean([shown[i] for i in said if not true[i] and not (pictures[i][2][:, 0] >= LABELS.index("fire")).any()])
                value = hit - 2 * false
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
