"""probe.py PROBING.py: eval/testdata/probe.json, what the reference's probe of PEARL's PPDB does with given numbers.

PROBING.py is evaluation/pearl/probing.py of github.com/MinishLab/evaluation (commit 1625b10): it runs as it is, but
for its first weights and the order of its batches, which have no seed there and come from the formula `made` here, as
in eval/probe_test.go. numpy 2.4.6, scikit-learn 1.9.1, torch 2.15.0, pytorch-lightning 2.6.6.
"""
import importlib.util
import json
import logging
import pathlib
import sys
import warnings

import numpy as np
import torch
from torch.utils.data import DataLoader, Sampler

ROOT = pathlib.Path(__file__).resolve().parents[2]
N, WIDTH, HIDDEN, SHOWN = 2503, 24, 256, 12
warnings.filterwarnings("ignore")
logging.getLogger("pytorch_lightning").setLevel(logging.ERROR)
spec = importlib.util.spec_from_file_location("probing", sys.argv[1])
probing = importlib.util.module_from_spec(spec)
spec.loader.exec_module(probing)


def made(rows, cols, seed):
    """rows×cols numbers within ±1, by a formula in integers."""
    n = np.arange(rows)[:, None] * 7919 + np.arange(cols)[None, :] * 104729 + seed
    return (n * n % 1000003 % 2003 / 1001 - 1).astype(np.float32)


class Order(Sampler):
    """The rows of each epoch, sorted by numbers of the formula."""

    def __init__(self, rows):
        self.rows, self.epoch = rows, 0

    def __len__(self):
        return self.rows

    def __iter__(self):
        self.epoch += 1
        yield from np.argsort(made(self.rows, 1, self.epoch)[:, 0], kind="stable").tolist()


seen = {}


class Given(probing.ProbingModel):
    def __init__(self, **options):
        super().__init__(**options)
        seen["model"], seen["stop"] = self, []
        with torch.no_grad():
            for k, p in enumerate((self.linear.weight, self.linear.bias, self.linear2.weight, self.linear2.bias)):
                p.copy_(torch.from_numpy(made(*(p.shape if p.dim() == 2 else (1, len(p))), 300 + k).reshape(p.shape) / 8))

    def train_dataloader(self):
        return DataLoader(self.train_dataset, batch_size=self.batch_size, sampler=Order(len(self.train_dataset)))

    def on_validation_epoch_end(self):
        if not self.trainer.sanity_checking:
            seen["stop"].append(float(torch.stack([o["val_accuracy"] for o in self.validation_outputs]).mean()))
        super().on_validation_epoch_end()


def parts(n):
    """Which rows the reference learns from, stops by and tests on."""
    kept = []

    class Stopped(Exception):
        pass

    def model(**options):
        kept.extend([int(v) for v in options[k].concat_input[:, 0]] for k in ("train_dataset", "valid_dataset", "test_dataset"))
        raise Stopped

    probing.ProbingModel = model
    try:
        probing.run_probing_model(np.arange(n, dtype=np.float32)[:, None], [0] * n)
    except Stopped:
        return kept


out = {"parts": {str(n): parts(n) for n in (6, 7, 403)}, "n": N, "width": WIDTH}
x = 2 * made(N, WIDTH, 1)
teller = made(WIDTH, 1, 200)[:, 0]
score = np.maximum(x @ teller, 0) + x[:, 0] * x[:, 1] + 2 * made(N, 1, 500)[:, 0]
y = [int(v) for v in score > np.median(score)]
probing.ProbingModel = Given
accuracy = probing.run_probing_model(x, y)
m = seen["model"]
out |= {
    "labels": "".join(map(str, y)), "epochs": len(seen["stop"]), "stop": seen["stop"], "accuracy": accuracy,
    "w1": m.linear.weight.detach().numpy().ravel()[:SHOWN].tolist(), "b1": m.linear.bias.detach().numpy()[:SHOWN].tolist(),
    "w2": m.linear2.weight.detach().numpy().ravel()[:SHOWN].tolist(), "b2": m.linear2.bias.item(),
}
(ROOT / "eval/testdata/probe.json").write_text(json.dumps(out, separators=(",", ":")) + "\n")
print(out["epochs"], out["stop"], out["accuracy"])
