"""Of train.py: one training of the reference's classifier. A job comes on stdin, a line of JSON goes out."""

import json
import os
import sys
import time

os.environ["TQDM_DISABLE"] = "1"

import numpy as np  # noqa: E402
import torch  # noqa: E402
from model2vec import StaticModel  # noqa: E402
from model2vec.train import StaticModelForClassification  # noqa: E402

torch.set_num_threads(int(os.environ.get("THREADS", 2)))
job = json.load(sys.stdin)
base = StaticModel.from_pretrained(job["student"])
rows, used = base.embedding.astype(np.float32), None
if job["used"]:
    # Adam leaves a row that never has a gradient where it is, so rows that no training text holds
    # can be left out of the table and put back afterwards: the same numbers in a fifth of the time.
    encoded = base.tokenizer.encode_batch_fast([text[:5120] for text in job["x"]], add_special_tokens=False)
    used = sorted({i for e in encoded for i in e.ids})
    mapping = np.zeros(len(rows), dtype=np.int64)
    mapping[used] = np.arange(len(used))
    model = StaticModelForClassification(
        vectors=torch.from_numpy(rows[used].copy()), tokenizer=base.tokenizer, token_mapping=mapping.tolist(), max_length=512
    )
else:
    model = StaticModelForClassification.from_static_model(model=base)
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
if used:
    rows[used] = model.embeddings.weight.detach().numpy()
    model.embeddings = torch.nn.EmbeddingBag.from_pretrained(torch.from_numpy(rows), mode="mean")
    model.token_mapping = torch.nn.Parameter(torch.arange(len(rows)), requires_grad=False)
print(json.dumps({"texts": texts, "seconds": seconds, "labels": [str(v) for v in model.predict(job["test"])]}))
