"""make bench-train, its second part: m2v tokenlearn and m2v train --pairs.

PARTS=tokenlearn,words,start,pairs,memory picks parts.

tokenlearn: both trainers on the first TEXTS texts (12288, a multiple of 4096) of the features
of all-MiniLM-L6-v2, as fit.py makes them: processor time of the whole m2v tokenlearn and of
the training alone of tokenlearn 0.2.1 (trainer.py), in one run, and the scores of both.
M2V_TOKENLEARN_PYTHON names the Python of the latter; without it, it is left out.
words: m2v tokenlearn with the 56,000 most frequent words of the texts.
start: the fit alone, and --start fit.
pairs: the fit, and the fit trained on the names and definitions of generic.txt.
memory: the peak of m2v tokenlearn on TEXTS texts, and on four times as many.
"""

import json
import os
import pathlib
import re
import resource
import subprocess

import fit as bench
from encode import M2V, SHARED, student
from measure import run

TEXTS = int(os.environ.get("TEXTS", 12_288))
PARTS = os.environ.get("PARTS", "tokenlearn,words,start,pairs,memory").split(",")
HERE = bench.HERE.parent / "tokenlearn"


def subset(folder: pathlib.Path, texts: int) -> pathlib.Path:
    """A folder of features with the first shards of another."""
    out = HERE / f"features-{texts}"
    out.mkdir(parents=True, exist_ok=True)
    about = json.loads((folder / "features.json").read_text())
    about["shards"] = about["shards"][: texts // 4096]
    about["texts"] = sum(s["texts"] for s in about["shards"])
    for file in folder.iterdir():
        if file.name != "features.json" and not (out / file.name).exists():
            (out / file.name).symlink_to(file.resolve())
    (out / "features.json").write_text(json.dumps(about))
    return out


def score(name: str, folder: pathlib.Path) -> None:
    _, text = run([M2V, "eval", folder, "--data", SHARED / "eval", "--json"], output=subprocess.PIPE)
    model = json.loads(text)["models"][0]
    mean = next(a["score"] for a in model["averages"] if a["name"] == "AvgAll.v2")
    print(f"{name:30} nine columns {mean:.2f}  " + "  ".join(f"{c['column']} {c['score']:.2f}" for c in model["columns"]), flush=True)


def trained(features: pathlib.Path, name: str, *flags):
    out = HERE / name
    cost, _ = run([M2V, "tokenlearn", bench_models() / bench.MINILM, f"--features={features}", "-o", out, "--force", *flags])
    print(f"  {name}: {cost.wall:.1f} s ({cost.cpu:.1f} s cpu), peak {cost.peak:.0f} MB", flush=True)
    return out, cost


def bench_models() -> pathlib.Path:
    return pathlib.Path(os.environ["M2V_TEST_MODELS"])


def reference(features: pathlib.Path, ours) -> None:
    python = os.environ.get("M2V_TOKENLEARN_PYTHON")
    if not python:
        print("tokenlearn 0.2.1: M2V_TOKENLEARN_PYTHON is not set, left out")
        return
    bench.TEXTS = TEXTS
    texts, vectors, _ = bench.generic(bench_models())
    out = HERE / "reference"
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [python, bench.HOME / "trainer.py", student(bench_models()), texts, vectors, out]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(f"processor time: tokenlearn 0.2.1 {seconds:.1f} s / m2v {ours.cpu:.1f} s = {seconds / ours.cpu:.1f}   (at least 1.5)", flush=True)
    score("tokenlearn 0.2.1", out)


def pairs(fitted: pathlib.Path) -> None:
    lines = (bench.CORPORA / "generic.txt").read_text(encoding="utf8").splitlines()
    found = [m for m in (re.match(r"([^:]{2,60}): (.+)$", line) for line in lines) if m]
    file = HERE / "pairs.jsonl"
    file.write_text("".join(json.dumps({"anchor": m[1], "positive": m[2]}) + "\n" for m in found), encoding="utf8")
    out = HERE / "paired"
    cost, _ = run([M2V, "train", fitted, f"--pairs={file}", "-o", out, "--force", "--train-batch-size=512"])
    print(f"  {len(found)} pairs: {cost.cpu:.1f} s cpu, peak {cost.peak:.0f} MB", flush=True)
    score("fit, then pairs", out)


def main() -> None:
    HERE.mkdir(parents=True, exist_ok=True)
    all_features = bench.features(f"generic-{bench.MINILM}", bench_models())
    features = subset(all_features, TEXTS)
    if "tokenlearn" in PARTS:
        ours, cost = trained(features, "trained")
        score("m2v tokenlearn", ours)
        reference(features, cost)
    if "words" in PARTS:
        score("m2v tokenlearn, 56,000 words", trained(features, "trained-words", "--vocab-size=56000")[0])
    if "start" in PARTS or "pairs" in PARTS:
        fitted = HERE / "fitted"
        run([M2V, "distill", f"--features={features}", "-o", fitted, "--force"])
        score("fit", fitted)
    if "start" in PARTS:
        score("m2v tokenlearn --start fit", trained(features, "trained-fit", "--start=fit")[0])
    if "pairs" in PARTS:
        pairs(fitted)
    if "memory" in PARTS:
        small, large = (trained(subset(all_features, n), f"memory-{n}", "--epochs=1")[1] for n in (TEXTS, 4 * TEXTS))
        print(f"four times the texts: {large.peak - small.peak:.0f} MB more", flush=True)


if __name__ == "__main__":
    main()
