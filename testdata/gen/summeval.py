"""summeval.py EVAL NAME=STUDENT…: SummEval's score of static models in double precision.

54 of SummEval's summaries are there twice, so that their similarities are equal; in
float32, as ../shared/golden/eval.json was made, rounding tells equal ones apart, and
ranks by it. In double precision what is equal stays equal to 1e-15, and is rounded to
1e-12 here. Prints JSON, per cent by name.
"""
import gzip, json, sys
import numpy as np
from model2vec import StaticModel
from scipy.stats import spearmanr


def unit(x):
    x = x.astype(np.float64)
    return x / (np.linalg.norm(x, axis=1, keepdims=True) + 1e-32)


with gzip.open(f"{sys.argv[1]}/summ/summeval.jsonl.gz", "rt", encoding="utf8") as f:
    rows = [json.loads(line) for line in f]
out = {}
for spec in sys.argv[2:]:
    name, folder = spec.split("=", 1)
    model = StaticModel.from_pretrained(folder)
    rhos = []
    for r in rows:
        human = unit(model.encode(r["human_summaries"], use_multiprocessing=False))
        machine = unit(model.encode(r["machine_summaries"], use_multiprocessing=False))
        rhos.append(spearmanr(np.round((machine @ human.T).max(1), 12), r["relevance"])[0])
    out[name] = round(100 * float(np.mean(rhos)), 3)
json.dump(out, sys.stdout, indent=1)
print()
