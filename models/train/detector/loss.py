"""Which place answers for which thing, and what it costs to be wrong."""
import torch
from network import decode

TOP, ALPHA, BETA = 10, 1.0, 6.0  # places a thing is assigned to; powers of class and overlap in how well they fit


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
    fit = torch.where((inside > 0) | near, fit + 1e-12, fit.new_zeros(()))
    value, place = fit.topk(min(TOP, fit.shape[1]), 1)
    taken = torch.zeros_like(fit).scatter_(1, place, (value > 0).float()) > 0
    twice = taken.sum(0) > 1
    if twice.any():  # the one it overlaps most
        best = torch.zeros_like(taken).scatter_(0, torch.where(taken, iou, iou.new_full((), -1.0)).argmax(0, True), True)
        taken = torch.where(twice[None], best & taken, taken)
    things, places = taken.nonzero(as_tuple=True)
    fit = torch.where(taken, fit, fit.new_zeros(()))
    most, best = fit.amax(1), torch.where(taken, iou, fit.new_zeros(())).amax(1)
    return places, things, (fit[things, places] / (most[things] + 1e-12) * best[things])


def loss(outputs, truths, sets, mask):
    """The loss of a batch: (sum, class part, box part). Outputs, truths and mask are on one device."""
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
