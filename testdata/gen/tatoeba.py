"""tatoeba.py MODEL BITEXT: F1 of finding translations, per cent, by model2vec, numpy and scikit-learn: what
TestRealTatoeba wants. MODEL is static-int8-vq, BITEXT the folder of tatoeba-XXX-eng.tsv.

model2vec 0.10.0, scikit-learn 1.9.1. Source of the protocol: AbsTaskBitextMining of mteb 2.20.0.
"""
import glob
import json
import os
import sys

import numpy as np
from model2vec import StaticModel
from sklearn.metrics import f1_score

model = StaticModel.from_pretrained(sys.argv[1])


def unit(texts):
    x = model.encode(texts, use_multiprocessing=False).astype(np.float64)
    return x / (np.linalg.norm(x, axis=1, keepdims=True) + 1e-32)


scores = {}
for path in sorted(glob.glob(f"{sys.argv[2]}/tatoeba-*-eng.tsv")):
    with open(path, encoding="utf8", newline="\n") as f:
        pairs = [line.rstrip("\n").split("\t") for line in f]
    found = (unit([a for a, _ in pairs]) @ unit([b for _, b in pairs]).T).argmax(1)
    scores[os.path.basename(path)[len("tatoeba-"):-len(".tsv")]] = round(100 * f1_score(range(len(pairs)), found, average="weighted", zero_division=0), 4)
print(json.dumps(scores, indent=1))
