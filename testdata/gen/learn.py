"""learn.py [FILE]: numbers of torch and of model2vec's trainer for package learn.

Needs torch, and model2vec[train] for the losses and the split; writes learn/testdata/torch.json.
"""

import json
import sys
from pathlib import Path

import numpy as np
import torch
from model2vec.train.classifier import BinaryFocalLoss, FocalLoss
from model2vec.train.pairs import PairInfoNCELoss
from model2vec.train.similarity import CosineLoss
from model2vec.train.utils import split_indices

torch.manual_seed(1)
OUT = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[2] / "learn/testdata/torch.json")


def flat(t):
    return t.detach().double().flatten().tolist()


def dense(kind, **options):
    p = torch.nn.Parameter(torch.randn(6))
    start, grads, steps = flat(p), [], []
    optimizer = kind([p], **options)
    for _ in range(5):
        p.grad = torch.randn(6)
        grads.append(flat(p.grad))
        optimizer.step()
        steps.append(flat(p))
    return {"start": start, "gradients": grads, "steps": steps}


def sparse():
    table = torch.nn.Parameter(torch.randn(5, 3))
    start, batches, steps = flat(table), [], []
    optimizer = torch.optim.SparseAdam([table], lr=0.05)
    for rows in ([0, 2], [2, 4], [1], [2, 0, 1], [4]):
        values = torch.randn(len(rows), 3)
        table.grad = torch.sparse_coo_tensor([rows], values, (5, 3))
        optimizer.step()
        batches.append({"rows": rows, "values": flat(values)})
        steps.append(flat(table))
    return {"start": start, "batches": batches, "steps": steps}


def plateau():
    optimizer = torch.optim.Adam([torch.nn.Parameter(torch.zeros(1))], lr=1e-3)
    scheduler = torch.optim.lr_scheduler.ReduceLROnPlateau(
        optimizer, mode="min", factor=0.5, patience=3, min_lr=1e-6, threshold=0.03, threshold_mode="rel"
    )
    losses = [1, 0.9, 0.89, 0.88, 0.88, 0.879, 0.7, 0.71, 0.72, 0.73, 0.74, 0.6] + [0.6] * 60
    rates = []
    for loss in losses:
        scheduler.step(loss)
        rates.append(optimizer.param_groups[0]["lr"])
    return {"losses": losses, "rates": rates}


def loss(function, scores, *targets):
    scores = torch.nn.Parameter(scores)
    value = function(scores, *targets)
    value.backward()
    return {"scores": flat(scores), "loss": value.item(), "slope": flat(scores.grad)}


def losses():
    classes = torch.tensor([0, 2, 1, 2])
    weight = torch.tensor([0.5, 1.0, 2.5])
    out = {}
    for gamma in (0.0, 2.0):
        for weighted in (False, True):
            w = weight if weighted else None
            name = f"gamma {gamma:.0f}, weights {'yes' if weighted else 'no'}"
            out["classes, " + name] = loss(FocalLoss(gamma, w), torch.randn(4, 3), classes)
            y = torch.tensor([[1, 0, 1], [0, 0, 0], [1, 1, 1], [0, 1, 0]]).float()
            out["labels, " + name] = loss(BinaryFocalLoss(gamma, w), torch.randn(4, 3), y)
    goal = torch.randn(4, 3)
    out["cosine"] = loss(CosineLoss(), torch.randn(4, 3), goal) | {"targets": flat(goal)}
    out["mse"] = loss(torch.nn.MSELoss(), torch.randn(4, 3), goal) | {"targets": flat(goal)}
    return out


def infonce():
    a, b = torch.nn.Parameter(torch.randn(5, 4)), torch.nn.Parameter(torch.randn(5, 4))
    ids_a, ids_b = torch.tensor([0, 1, 0, 2, 3]), torch.tensor([4, 5, 6, 5, 7])
    value = PairInfoNCELoss(0.05)((a, b, ids_a, ids_b), torch.arange(5))
    value.backward()
    return {
        "anchors": flat(a), "candidates": flat(b), "ids_a": ids_a.tolist(), "ids_b": ids_b.tolist(),
        "loss": value.item(), "slope_a": flat(a.grad), "slope_b": flat(b.grad),
    }


def splits():
    out = []
    rng = np.random.default_rng(3)
    for n, classes in ((50, 3), (997, 7), (20, 15), (103, 0), (12, 5)):
        labels = [int(v) for v in rng.integers(0, classes, n) ** 2 // classes] if classes else []
        train, test = split_indices(n, 0.1, max_test_size=10_000, stratify_by=labels or None, random_seed=42)
        out.append({"n": n, "labels": labels, "train": len(train), "test": test.tolist()})
    return out


OUT.parent.mkdir(exist_ok=True)
OUT.write_text(json.dumps({
    "adam": dense(torch.optim.Adam, lr=0.05),
    "adamw": dense(torch.optim.AdamW, lr=0.05, weight_decay=0.1),
    "sparse_adam": sparse(), "plateau": plateau(), "losses": losses(), "infonce": infonce(), "splits": splits(),
}) + "\n")
