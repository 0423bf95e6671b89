"""trainer.py STUDENT TEXTS VECTORS.npy OUT: the reference's trainer, tokenlearn 0.2.1, on given features.

STUDENT is a distilled model with float32 rows, TEXTS a text a line, VECTORS the teacher's
vectors of them (N×H). The trained model goes to OUT. Prints the seconds of the training
alone as JSON; options are those that tokenlearn's program has by default, with the
student's dimensions.

fit.py runs it where M2V_TOKENLEARN_PYTHON names a Python that has tokenlearn 0.2.1,
model2vec 0.10.0 and torch: together some gigabytes, so nothing here installs them.
"""

import json
import sys
import time

sys.path.pop(0)  # this folder has a tokenlearn.py of its own

import numpy as np
from model2vec import StaticModel
from tokenlearn.train import train_model

student, texts, vectors, out = sys.argv[1:]
model = StaticModel.from_pretrained(student)
lines = open(texts, encoding="utf8").read().rstrip("\n").split("\n")
features = np.load(vectors)
if len(lines) != len(features):
    sys.exit(f"trainer.py: {len(lines)} texts, {len(features)} vectors")
start = time.perf_counter()
trained = train_model(model, lines, features, pca_dims=model.embedding.shape[1])
seconds = time.perf_counter() - start
trained.save_pretrained(out)
print(json.dumps({"seconds": seconds}))
