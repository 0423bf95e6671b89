"""Of train.py: one training of the reference's classifier. A job comes on stdin, a line of JSON goes out."""

import json
import os
import sys
import time

os.environ["TQDM_DISABLE"] = "1"

import torch  # noqa: E402
from model2vec.train import StaticModelForClassification  # noqa: E402

torch.set_num_threads(int(os.environ.get("THREADS", 2)))
job = json.load(sys.stdin)
model = StaticModelForClassification.from_pretrained(job["student"])
texts = 0
forward = model.forward


def counted(batch):
    global texts
    if model.training:
        texts += len(batch)
    return forward(batch)


model.forward = counted
start = time.process_time()
model.fit(job["x"], job["y"], random_seed=job["seed"])
seconds = time.process_time() - start
print(json.dumps({"texts": texts, "seconds": seconds, "labels": [str(v) for v in model.predict(job["test"])]}))
