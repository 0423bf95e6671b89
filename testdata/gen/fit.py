"""Makes the goldens of package fit: what bin/fit-oracle.py of the shared folder solves.

Run from the module's root after make build, in an environment with numpy, scipy and
safetensors:

    python testdata/gen/fit.py ../shared/bin/fit-oracle.py

fit/testdata/golden.json is of made-up data. Inputs and outputs are committed; the oracle
is not. Vectors and rows are rounded to three digits, so that the file stays small and
holds the very numbers.

fit/testdata/tiny.json is of the tiny teachers, on texts that the test makes by the same
rule. bin/m2v gives the inputs (raw rows, ids, vectors); the file has sampled rows.
"""

import json
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file

V, N, WIDTHS = 50, 120, (12, 7)
oracle = sys.argv[1]
rng = np.random.default_rng(13)

# Tokens follow Zipf; token V−1 and V−2 are in no text; texts 5 and 40 have unknown tokens (id 0) only.
p = 1 / np.arange(1, V - 1)
ids = [rng.choice(V - 2, size=rng.integers(1, 14), p=p / p.sum()).tolist() for _ in range(N)]
ids[5], ids[40] = [], [0, 0]
ids = [[0 if t == 0 else t for t in r] for r in ids]
meaning = rng.normal(size=(V, 20)) / np.sqrt(1 + np.arange(20))
rows, vectors = [], []
for width in WIDTHS:
    look = rng.normal(size=(20, width))
    rows.append(np.round(meaning @ look + rng.normal(size=(V, width)) + 1, 3))
    text = np.stack([meaning[r].mean(0) if r else rng.normal(size=20) for r in ids])
    vectors.append(np.round(text @ look + rng.normal(size=(N, width)) / 2 + 1.5, 3))


def case(name, teachers, texts=N, **options):
    """teachers: (number, whether its rows are given)."""
    with tempfile.TemporaryDirectory() as tmp:
        tmp = Path(tmp)
        vocab = {f"t{i}": i for i in range(V)}
        (tmp / "tokenizer.json").write_text(json.dumps({"model": {"vocab": vocab, "unk_token": "t0"}}))
        (tmp / "ids.jsonl").write_text("".join(json.dumps(r) + "\n" for r in ids[:texts]))
        arguments = []
        for k, has_rows in teachers:
            (tmp / f"{k}").mkdir()
            save_file({"embeddings": rows[k].astype(np.float32)}, tmp / f"{k}/model.safetensors")
            np.save(tmp / f"{k}.npy", vectors[k][:texts].astype(np.float32))
            arguments.append(f"{tmp / str(k) if has_rows else ''}:{tmp / f'{k}.npy'}")
        command = [sys.executable, oracle, tmp / "out.safetensors", tmp / "tokenizer.json", tmp / "ids.jsonl"]
        subprocess.run([*command, *(f"{k}={v}" for k, v in options.items()), *arguments], check=True)
        out = load_file(tmp / "out.safetensors")
    return {"name": name, "teachers": [{"vectors": k, "rows": r} for k, r in teachers], "texts": texts, "options": options,
            **{k: [float(f"{x:.7g}") for x in v.ravel()] for k, v in out.items()}}


cases = [
    case("one teacher", [(0, True)], D=8),
    case("vectors alone", [(0, False)], D=8),
    case("no whitening, strong ridge", [(1, True)], D=5, whiten=0.0, ridge=2.0),
    case("two teachers", [(0, True), (1, True)], D=8),
    case("more dims than any teacher", [(0, True), (1, True)], D=17),
    case("two teachers, one by its vectors alone", [(0, True), (1, False)], D=9),
    case("fewer texts than dims", [(0, True)], texts=11, D=9),  # 10 have tokens: 9 components
]
golden = {
    "versions": {name: version(name) for name in ("numpy", "scipy")},
    "vocabulary": V, "ids": ids,
    "widths": WIDTHS,
    "rows": [r.ravel().tolist() for r in rows],
    "vectors": [v.ravel().tolist() for v in vectors],
    "cases": cases,
}
path = Path(__file__).resolve().parents[2] / "fit/testdata/golden.json"
path.parent.mkdir(parents=True, exist_ok=True)
path.write_text("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v, separators=(',', ':'))}" for k, v in golden.items()) + "\n}\n")

# The tiny teachers. Text i has 3 + i % 12 words of tiny-bert's vocabulary.
DIMS, TEXTS = 40, 300
root = Path(__file__).resolve().parents[2]
words = [w for w in json.loads((root / "testdata/tiny-bert/tokenizer.json").read_text(encoding="utf8"))["model"]["vocab"] if w.isascii() and w.isalpha()]
texts = [" ".join(words[(i * 7919 + j * 104729 + i * j * 31) % len(words)] for j in range(3 + i % 12)) for i in range(TEXTS)]
tiny = []
with tempfile.TemporaryDirectory() as tmp:
    tmp = Path(tmp)
    m2v = lambda *arguments, **o: subprocess.run([root / "bin/m2v", *arguments], check=True, **o)
    (tmp / "texts.txt").write_text("\n".join(texts) + "\n")
    m2v("distill", root / "testdata/tiny-bert", "-o", tmp / "raw", "--pca-dims=none", "--sif-coefficient=none", "--quantize-to=float32")
    with open(tmp / "ids.jsonl", "wb") as f:
        m2v("tokenize", tmp / "raw", tmp / "texts.txt", "--ids", stdout=f)
    for name in ("tiny-bert", "tiny-bpe", "tiny-unigram"):
        m2v("encode", root / "testdata" / name, tmp / "texts.txt", "-o", tmp / f"{name}.npy")
    for others in (["tiny-unigram"], ["tiny-bpe", "tiny-unigram"]):
        command = [sys.executable, oracle, tmp / "out.safetensors", tmp / "raw/tokenizer.json", tmp / "ids.jsonl", f"D={DIMS}"]
        subprocess.run([*command, f"{tmp / 'raw'}:{tmp / 'tiny-bert.npy'}", *(f":{tmp / f'{o}.npy'}" for o in others)], check=True)
        rows = load_file(tmp / "out.safetensors")["rows"]
        sample = list(range(3, len(rows), len(rows) // 24))
        tiny.append({"teachers": ["tiny-bert", *others], "dims": DIMS, "texts": TEXTS, "ids": sample, "rows": [float(f"{x:.7g}") for x in rows[sample].ravel()]})
(root / "fit/testdata/tiny.json").write_text("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in tiny) + "\n]\n")
