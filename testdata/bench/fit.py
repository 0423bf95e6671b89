"""make bench-fit: what a fit costs, against the oracle in scipy.

The solve: 60,000 texts of generic.txt × 256 dimensions, 20 steps, with two threads
(fitsolve) and by bin/fit-oracle.py of the shared folder with one, in turn, on the same
ids, rows and vectors of all-MiniLM-L6-v2. The oracle's seconds are those that it prints,
of the solve alone; fitsolve's those of the stage of that name, and of all stages.
Both residuals are printed: they are of the same equations.

Memory: the peak of fitsolve with the same texts once and eight times.

The teacher's vectors are made once by m2v encode and kept in .cache/bench/fit; that takes
minutes. VECTORS=FILE.npy takes others. ROUNDS=N sets how often the two are run (3),
TEXTS=N how many texts (60000).
"""

import json
import os
import pathlib
import re
import statistics
import subprocess
import sys

import numpy as np
from encode import CACHE, M2V, SHARED, student
from measure import rounds, run
from safetensors.numpy import load_file

ROUNDS = int(os.environ.get("ROUNDS", 3))
TEXTS = int(os.environ.get("TEXTS", 60_000))
STEPS, WANTED = 20, 0.35
HERE = CACHE / "fit"
GENERIC = pathlib.Path(os.environ.get("M2V_TEST_TEXTS") or pathlib.Path.home() / ".cache/m2v-test-texts") / "generic.txt"


def once(path: pathlib.Path, make) -> pathlib.Path:
    """The file, made where it is not there yet."""
    if not path.exists():
        make()
    return path


def distill(teacher: pathlib.Path, out: pathlib.Path, *flags) -> pathlib.Path:
    return once(out, lambda: subprocess.run([M2V, "distill", teacher, "-o", out, *flags], check=True, stdout=subprocess.DEVNULL))


def inputs(models: pathlib.Path) -> dict:
    """The files that both programs read."""
    HERE.mkdir(parents=True, exist_ok=True)
    teacher = models / "all-MiniLM-L6-v2"
    folder = student(models)
    raw = distill(teacher, HERE / "raw", "--pca-dims", "none", "--sif-coefficient", "none", "--quantize-to", "float32")
    texts = HERE / f"generic-{TEXTS}.txt"
    lines = GENERIC.read_text(encoding="utf8").split("\n")[:TEXTS]
    once(texts, lambda: texts.write_text("\n".join(lines) + "\n", encoding="utf8"))
    vectors = pathlib.Path(os.environ.get("VECTORS") or HERE / f"generic-{TEXTS}.npy")
    once(vectors, lambda: subprocess.run([M2V, "encode", teacher, texts, "--max-length", "256", "-o", vectors], check=True))
    ids = HERE / f"generic-{TEXTS}.jsonl"
    with open(ids, "wb") as f:
        subprocess.run([M2V, "tokenize", folder, texts, "--ids"], check=True, stdout=f)
    np.save(HERE / "rows.npy", load_file(raw / "model.safetensors")["embeddings"])
    tokenizer = json.loads((folder / "tokenizer.json").read_text(encoding="utf8"))["model"]
    return {"tokenizer": folder / "tokenizer.json", "ids": ids, "vectors": vectors, "raw": raw, "rows": HERE / "rows.npy",
            "tokens": len(tokenizer["vocab"]), "unknown": tokenizer["vocab"][tokenizer["unk_token"]]}


def ours(i: dict, *flags):
    cost, text = run([CACHE / "fitsolve", f"-steps={STEPS}", f"-unknown={i['unknown']}", *flags, i["tokens"], i["ids"], i["vectors"], i["rows"]],
                     output=subprocess.PIPE)
    return cost, json.loads(text)


def theirs(i: dict):
    one = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, SHARED / "bin/fit-oracle.py", HERE / "oracle.safetensors", i["tokenizer"], i["ids"], f"steps={STEPS}", f"{i['raw']}:{i['vectors']}"]
    cost, text = run(command, output=subprocess.PIPE, env=one)
    text = text.decode()
    return cost, float(re.search(r"solve ([\d.]+) s", text)[1]), re.findall(r"residual (\S+)", text)[-1]


def solve(i: dict) -> None:
    ratios, wholes = [], []
    for _ in range(ROUNDS):
        a_cost, a = ours(i, "-threads=2")
        b_cost, b, residual = theirs(i)
        ratios.append(a["solve"] / b)
        wholes.append(a_cost.cpu / b_cost.cpu)
        print(f"fitsolve, 2 threads: solve {a['solve']:.2f} s, all {a['all']:.2f} s ({a_cost.cpu:.1f} s cpu), residual {a['residual']:.2e} | "
              f"scipy, 1 thread: solve {b:.2f} s ({b_cost.cpu:.1f} s cpu in all), residual {residual}", flush=True)
    print(f"{a['texts']} texts, {a['entries']} entries, {a['seen']} tokens seen")
    print(f"solve, m2v / scipy {statistics.median(ratios):.3f}   (at most {WANTED}; {rounds(ratios)})")
    print(f"whole process, processor time, m2v / scipy {statistics.median(wholes):.3f}   ({rounds(wholes)})", flush=True)


def memory(i: dict) -> None:
    peaks = {}
    for times in (1, 8):
        cost, result = ours(i, f"-repeat={times}", "-holdout=0.05", "-steps=2")
        peaks[times] = cost.peak, result["entries"] * 8 / 1e6
        print(f"{result['texts']} texts: peak {cost.peak:.0f} MB, of which S is {peaks[times][1]:.0f} MB", flush=True)
    grown, s = (peaks[8][k] - peaks[1][k] for k in (0, 1))
    print(f"eight times the texts: {grown:.0f} MB more, {s:.0f} MB of them S")


def main() -> None:
    models = pathlib.Path(os.environ.get("M2V_TEST_MODELS") or sys.exit("bench: set M2V_TEST_MODELS to the folder that get-models fills"))
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, {ROUNDS} rounds in turn, all-MiniLM-L6-v2, {TEXTS} texts")
    i = inputs(models)
    solve(i)
    memory(i)


if __name__ == "__main__":
    main()
