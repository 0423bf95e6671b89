"""clusters.py EVAL NAME=STUDENT…: how much scikit-learn's own scores of clustering vary with the seed.

EVAL is the folder of data sets, STUDENT a static model in float32, such as
m2v distill all-MiniLM-L6-v2 --quantize-to float32 makes. Prints JSON: of each student
and data set the mean and the standard deviation, per cent, of the V-measure over 30
seeds of MiniBatchKMeans(batch_size=500, n_init=3) (Clust) or KMeans(n_init=10) (Pearl).

docs/evaluation.md quotes it: how little a difference of one run's scores says.
"""
import gzip, json, os, sys
import numpy as np
from model2vec import StaticModel
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.metrics import v_measure_score

SEEDS = 30
SETS = {
    "cluster/twentynewsgroups-titles": lambda k, s: MiniBatchKMeans(k, batch_size=500, n_init=3, random_state=s),
    "cluster/stackoverflow": lambda k, s: MiniBatchKMeans(k, batch_size=500, n_init=3, random_state=s),
    "cluster/biomedical": lambda k, s: MiniBatchKMeans(k, batch_size=500, n_init=3, random_state=s),
    "cluster/searchsnippets": lambda k, s: MiniBatchKMeans(k, batch_size=500, n_init=3, random_state=s),
    "pearl/conll-cluster": lambda k, s: KMeans(k, n_init=10, random_state=s),
    "pearl/bc5cdr-cluster": lambda k, s: KMeans(k, n_init=10, random_state=s),
}


def rows(path):
    f = open(path, encoding="utf8", newline="\n") if os.path.exists(path) else gzip.open(path + ".gz", "rt", encoding="utf8", newline="\n")
    with f:
        return [line.rstrip("\n").split("\t") for line in f]


out = {}
for spec in sys.argv[2:]:
    name, folder = spec.split("=", 1)
    model = StaticModel.from_pretrained(folder)
    out[name] = {}
    for path, make in SETS.items():
        table = rows(f"{sys.argv[1]}/{path}.tsv")
        labels = [r[0] for r in table]
        x = model.encode([r[1] for r in table], use_multiprocessing=False).astype(np.float32)
        scores = [100 * v_measure_score(labels, make(len(set(labels)), seed).fit_predict(x)) for seed in range(SEEDS)]
        out[name][path.split("/")[1]] = {"mean": round(float(np.mean(scores)), 3), "sd": round(float(np.std(scores, ddof=1)), 3)}
json.dump(out, sys.stdout, indent=1)
print()
