"""Makes distill/testdata/fit.json: what bin/fit-oracle.py of the shared folder solves for the tiny teacher's vocabulary.

Run from the module's root, in an environment with numpy, scipy, safetensors and tokenizers:

    python testdata/gen/distill_fit.py ../shared/bin/fit-oracle.py

The texts are split by Hugging Face's tokenizers and the student's tokenizer.json of
testdata/golden. Vectors and rows are made by the formula in `made`, which the Go test
has too, so that the file holds the results alone: the mean, and the rows of some tokens.
"""

import gzip
import json
import subprocess
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import numpy as np
from safetensors.numpy import load_file, save_file
from tokenizers import Tokenizer

ROOT = Path(__file__).resolve().parents[2]
TEXTS = [
    f"{who} {what} {where}"
    for who in ("a man", "the old woman", "two dogs", "my sister")
    for what in ("is playing a guitar", "bought a ticket", "asked about the exchange rate", "ran")
    for where in ("in the park", "on friday", "at the stock market")
] + ["☃ ☃", "wake me up at nine am", "a gripping, moving and beautifully acted film"]
WIDTHS = (12, 7)
oracle = sys.argv[1]
student = gzip.decompress((ROOT / "testdata/golden/tiny-bert/tokenizer.json.gz").read_bytes())
tokenizer = Tokenizer.from_str(student.decode())
tokenizer.no_padding()
ids = [e.ids for e in tokenizer.encode_batch(TEXTS, add_special_tokens=False)]
V = tokenizer.get_vocab_size()


def made(rows, width, seed):
    """rows×width numbers: integers by a formula, and later columns smaller."""
    n = np.arange(rows)[:, None] * 7919 + np.arange(width)[None, :] * 104729 + seed
    return (((n * n % 1000003) * (n % 997 + 1) % 2003 / 1000 - 1) / (1 + np.arange(width))).astype(np.float32)


def case(name, lessons, **options):
    """lessons: (number, whether its rows are given)."""
    with tempfile.TemporaryDirectory() as tmp:
        tmp = Path(tmp)
        (tmp / "tokenizer.json").write_bytes(student)
        (tmp / "ids.jsonl").write_text("".join(json.dumps(r) + "\n" for r in ids))
        arguments = []
        for k, has_rows in lessons:
            (tmp / f"{k}").mkdir()
            save_file({"embeddings": made(V, WIDTHS[k], 100 + k)}, tmp / f"{k}/model.safetensors")
            np.save(tmp / f"{k}.npy", made(len(TEXTS), WIDTHS[k], 200 + k))
            arguments.append(f"{tmp / str(k) if has_rows else ''}:{tmp / f'{k}.npy'}")
        command = [sys.executable, oracle, tmp / "out.safetensors", tmp / "tokenizer.json", tmp / "ids.jsonl"]
        subprocess.run([*command, *(f"{k}={v}" for k, v in options.items()), *arguments], check=True)
        out = load_file(tmp / "out.safetensors")
    return {"name": name, "lessons": [{"number": k, "rows": r} for k, r in lessons], "options": options,
            "rows": [[float(f"{x:.7g}") for x in row] for row in out["rows"][sample]]}


# Tokens of the texts, and some that no text holds.
sample = sorted({t for r in ids for t in r[:3]})[::3] + [V // 2, V - 1]
golden = {
    "versions": {name: version(name) for name in ("numpy", "scipy", "tokenizers")},
    "texts": TEXTS, "ids": ids, "vocabulary": V, "widths": WIDTHS, "sample": sample,
    "cases": [
        case("one lesson with rows", [(0, True)], D=5),
        case("vectors alone", [(0, False)], D=5, ridge=0.5),
        case("two lessons with rows", [(0, True), (1, True)], D=6, whiten=0.0),
        case("two lessons, one by its vectors alone", [(0, True), (1, False)], D=6),
    ],
}
path = ROOT / "distill/testdata/fit.json"
path.parent.mkdir(parents=True, exist_ok=True)
path.write_text("{\n" + ",\n".join(f"{json.dumps(k)}: {json.dumps(v, separators=(',', ':'))}" for k, v in golden.items()) + "\n}\n")
