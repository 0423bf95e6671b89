"""Values wanted by internal/nprand/draws_test.go: draws of Python's random, of NumPy's Generator.choice, and of
the package datasets' train_test_split.

Python 3.11, numpy 2.4.6, datasets 5.
"""
import hashlib
import random

import numpy as np
from datasets.utils.stratify import stratified_shuffle_split_generate_indices


def digest(values):
    return hashlib.sha256(" ".join(map(str, values)).encode()).hexdigest()[:16]


for seed in 42, 7 + (3 << 32):
    r = random.Random(seed)
    print("python", seed, r.sample(range(10), 4), r.sample(range(30), 3), r.sample(range(1000), 7), r.choices(range(12), k=6), digest(r.sample(range(100003), 5000)), r.choices(range(5), k=3))

for seed in 0, 42:
    g = np.random.default_rng(seed)
    print("choice", seed, *[g.choice(n, k, replace=False).tolist() for n, k in ((1, 1), (5, 2), (5, 5), (9, 4))],
          digest(g.choice(20000, 300, replace=False)), digest(g.choice(20000, 500, replace=False)), g.choice(7, 3, replace=False).tolist())

for n, k, size in (30, 4, 7), (1000, 5, 128), (4000, 17, 2048):
    y = np.array([(i * i + i // 7) % k for i in range(n)])
    y = np.unique(y, return_inverse=True)[1]
    test = next(stratified_shuffle_split_generate_indices(y, n - size, size, rng=np.random.default_rng(42)))[1]
    print("split", n, k, size, digest(test), test[:5].tolist(), np.bincount(y[test]).tolist())
