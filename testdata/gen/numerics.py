"""Makes the goldens of the numeric packages: zipf, pca, quantize, cluster, logreg.

Run from the module's root, in an environment with numpy, scikit-learn and
model2vec[distill,quantization]:

    python testdata/gen/numerics.py [MODELS]

MODELS is the folder of real models that M2V_TEST_MODELS names; without it,
quantize/testdata/real.json stays as it is. Each <package>/testdata/golden.json holds its inputs, or how they are made, beside
what the reference makes of them, and the versions that made it.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np
from model2vec.distill.inference import compute_weights
from model2vec.quantization import quantize_embeddings
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.decomposition import PCA
from sklearn.linear_model import LogisticRegression

ROOT = Path(__file__).resolve().parents[2]
VERSIONS = {name: version(name) for name in ("model2vec", "numpy", "scikit-learn")}


def write(package, file="golden.json", **golden):
    path = ROOT / package / "testdata" / file
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = [f"{json.dumps(k)}: {json.dumps(v, separators=(',', ':'))}" for k, v in {"versions": VERSIONS, **golden}.items()]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n")


def floats(x):
    return np.asarray(x, dtype=np.float64).ravel().tolist()


def zipf():
    cases = []
    for n, a in ((1, 1e-4), (29525, 1e-4), (29525, 1e-5), (1000, 0.5)):
        w = compute_weights(n, a)
        at = sorted({0, 1 % n, n // 2, n - 1})
        cases.append({"n": n, "a": a, "at": at, "weights": floats(w[at])})
    write("zipf", cases=cases)


def pca():
    rng = np.random.default_rng(1)
    rows, width = 60, 10
    x = (rng.normal(size=(rows, width)) / (1 + np.arange(width)) + rng.normal(size=width)).astype(np.float32)
    fit = PCA(n_components=width, svd_solver="full").fit(x.astype(np.float64))
    scores = fit.transform(x.astype(np.float64))
    scores *= np.sign(scores[np.abs(scores).argmax(0), np.arange(width)])
    shares = [0.3, 0.5, 0.8, 0.9, 0.95, 0.99]
    kept = [int(PCA(n_components=s, svd_solver="full").fit(x.astype(np.float64)).n_components_) for s in shares]
    write("pca", rows=rows, width=width, x=floats(x), mean=floats(fit.mean_), variances=floats(fit.explained_variance_),
          scores=floats(scores), shares=shares, kept=kept)


def quantize():
    rng = np.random.default_rng(2)
    x = rng.normal(size=(40, 8)).astype(np.float32)
    x[0] = [0, -0.0, 1e-8, -3e-8, 6.0e-5, 1 + 2**-11, 1 + 3 * 2**-11, -1.5]
    large = x.copy()
    large[1] = [65504, 65519.996, 65520, -65520, 1e30, -1e30, 300, -0.4]
    cases = []
    for m in (x, large, x * np.float32(1e-6), np.zeros((2, 8), np.float32)):
        with np.errstate(all="ignore"):
            case = {"x": floats(m), "float16": quantize_embeddings(m, "float16").view(np.uint16).ravel().tolist()}
            if m.any():  # of zeros the reference makes 0/0
                case["int8"] = quantize_embeddings(m, "int8").ravel().tolist()
                case["scale"] = float(np.max(np.abs(m)) / 127.0)
        cases.append(case)
    write("quantize", width=8, cases=cases)


def quantize_real(models):
    from safetensors.numpy import load_file

    x = load_file(models / "static-int8-vq" / "model.safetensors")["embeddings"].astype(np.float32)
    k = 1000
    fit = KMeans(k, init="random", random_state=42).fit(x)  # as quantize_vocabulary calls it
    write("quantize", "real.json", model="static-int8-vq", rows=len(x), k=k, inertia=float(fit.inertia_))


def mixture(rows, width, centers, seed):
    """Rows about random centers, from a generator that Go repeats exactly."""
    state = seed

    def uniform():
        nonlocal state
        state = (state * 6364136223846793005 + 1442695040888963407) % 2**64
        return (state >> 40) / 2**24

    middle = np.array([[4 * uniform() for _ in range(width)] for _ in range(centers)])
    x = np.array([middle[i % centers] + [uniform() + uniform() + uniform() - 1.5 for _ in range(width)] for i in range(rows)])
    return x.astype(np.float32)


def cluster():
    rows, width, centers, seed = 2000, 12, 40, 3
    x = mixture(rows, width, centers, seed)
    cases = []
    for k in (5, 40, 200):
        case = {"k": k, "plusplus_10_runs": float(KMeans(k, n_init=10, random_state=0).fit(x).inertia_)}
        for name, make in (
            ("plusplus", lambda s: KMeans(k, n_init=1, random_state=s)),
            ("random", lambda s: KMeans(k, init="random", n_init=1, random_state=s)),
            ("mini_batch", lambda s: MiniBatchKMeans(k, batch_size=500, n_init=3, random_state=s)),
        ):
            inertias = [make(s).fit(x).inertia_ for s in range(40)]
            case |= {f"{name}_mean": float(np.mean(inertias)), f"{name}_sd": float(np.std(inertias))}
            if name != "random":
                case[f"{name}_seeds"] = floats(inertias[:10])
        cases.append(case)
    write("cluster", rows=rows, width=width, centers=centers, seed=seed, first=floats(x[0]), last=floats(x[-1]), cases=cases)


def logreg():
    rng = np.random.default_rng(4)
    cases = []
    for classes, rows, width, c in ((2, 40, 6, 1.0), (2, 10, 20, 0.1), (4, 80, 6, 1.0), (7, 35, 12, 10.0)):
        middle = rng.normal(size=(classes, width))
        y = np.arange(rows) % classes
        x = (middle[y] + rng.normal(size=(rows, width))).astype(np.float32)
        test = (middle[np.arange(20) % classes] + rng.normal(size=(20, width))).astype(np.float32)
        m = LogisticRegression(C=c, tol=1e-12, max_iter=100_000).fit(x.astype(np.float64), y)
        default = LogisticRegression(C=c).fit(x.astype(np.float64), y)
        cases.append({
            "classes": classes, "rows": rows, "width": width, "C": c, "x": floats(x), "y": y.tolist(), "test": floats(test),
            "weights": floats(m.coef_), "intercepts": floats(m.intercept_), "predicted": m.predict(test).tolist(),
            "probabilities": floats(m.predict_proba(test)), "default_weights": floats(default.coef_),
        })
    write("logreg", cases=cases)


if __name__ == "__main__":
    zipf()
    pca()
    quantize()
    cluster()
    logreg()
    if len(sys.argv) > 1:
        quantize_real(Path(sys.argv[1]))
