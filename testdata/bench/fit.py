"""make bench-fit: what a fit costs against the oracle in scipy, and what it brings.

The solve: 60,000 texts of generic.txt × 256 dimensions, 20 steps, with two threads
(fitsolve) and by bin/fit-oracle.py of the shared folder with one, in turn, on the same
ids, rows and vectors of all-MiniLM-L6-v2. The oracle's seconds are those that it prints,
of the solve alone; fitsolve's those of the stage of that name, and of all stages.
Both residuals are printed: they are of the same equations.

Memory: the peak of fitsolve with the same texts once and eight times.

The teacher: m2v featurize and onnxruntime driven from Python (teacher.py) over the same
TEACHER_TEXTS texts in the same batches, in turn; of both the time of the texts alone, which for
m2v is that of all texts less that of a run with one.

Scores: students of m2v distill --features, by m2v eval on the shared data; 14 is the mean
over the test sets of bin/against-published.py. Where M2V_TOKENLEARN_PYTHON names a Python
with tokenlearn 0.2.1 (trainer.py says what it needs), the reference's trainer gets the
same texts and vectors.

The teachers' vectors are made once by m2v featurize and kept in .cache/bench/fit, or in
the folder that FEATURES names, as generic-TEACHER and all-TEACHER (generic and tasks);
that takes long. PARTS=solve,memory,teacher,scores,trainer picks parts, SYSTEMS=a;b picks systems whose
names hold one of these, ROUNDS=N sets how often the solve and the teacher are run
(3), TEXTS=N how many texts (60000).
"""

import json
import os
import pathlib
import re
import statistics
import subprocess
import sys
import tempfile

import numpy as np
import pyarrow.parquet
from encode import CACHE, M2V, SHARED, student
from measure import record, rounds, run
from safetensors.numpy import load_file, save_file

ROUNDS = int(os.environ.get("ROUNDS", 3))
TEXTS = int(os.environ.get("TEXTS", 60_000))
TEACHER_TEXTS = int(os.environ.get("TEACHER_TEXTS", 8192))
PARTS = os.environ.get("PARTS", "solve,memory,teacher,scores,trainer").split(",")
SYSTEMS = os.environ.get("SYSTEMS", "").split(";")
STEPS, WANTED = 20, 0.35
HOME = pathlib.Path(__file__).resolve().parent
HERE = CACHE / "fit"
FEATURES = pathlib.Path(os.environ.get("FEATURES") or HERE)
CORPORA = pathlib.Path(os.environ.get("M2V_TEST_TEXTS") or pathlib.Path.home() / ".cache/m2v-test-texts")
MINILM, BGE = "all-MiniLM-L6-v2", "bge-small-en-v1.5"
# name, features, dimensions, v1 and 14 to reach
STUDENTS = [
    ("all-MiniLM, generic, 256", [f"generic-{MINILM}"], 256, 58.0, 69.2),
    ("bge-small, generic, 256", [f"generic-{BGE}"], 256, 58.4, 70.0),
    ("bge-small, all, 256", [f"all-{BGE}"], 256, 59.0, 71.1),
    ("bge-small, all, 384", [f"all-{BGE}"], 384, 59.3, 71.5),
    ("both, generic, 512", [f"generic-{BGE}", f"generic-{MINILM}"], 512, 59.3, 70.5),
]
ALONE = ("all-MiniLM, vectors alone, 256", 55.4, 67.0)


def once(path: pathlib.Path, make) -> pathlib.Path:
    """The file, made where it is not there yet."""
    if not path.exists():
        make()
    return path


def features(name: str, models: pathlib.Path) -> pathlib.Path:
    """A folder of m2v featurize: generic or all texts, and the teacher."""
    corpus, teacher = name.split("-", 1)
    texts = [f"--texts={CORPORA / f}" for f in (("generic.txt",) if corpus == "generic" else ("generic.txt", "tasks.txt"))]
    folder = FEATURES / name
    return once(folder, lambda: subprocess.run([M2V, "featurize", models / teacher, *texts, "-o", folder, "--max-length=256"], check=True, stdout=subprocess.DEVNULL))


def generic(models: pathlib.Path) -> tuple[pathlib.Path, pathlib.Path, pathlib.Path]:
    """The first TEXTS texts, all-MiniLM-L6-v2's vectors of them, and the features that hold both."""
    HERE.mkdir(parents=True, exist_ok=True)
    folder = features(f"generic-{MINILM}", models)
    shards = [pyarrow.parquet.read_table(f) for f in sorted(folder.glob("shard-*.parquet"))]
    texts, vectors = HERE / f"generic-{TEXTS}.txt", HERE / f"generic-{TEXTS}.npy"
    lines = [t for shard in shards for t in shard["text"].to_pylist()][:TEXTS]
    texts.write_text("\n".join(lines) + "\n", encoding="utf8")
    np.save(vectors, np.concatenate([np.stack(shard["vector"].to_numpy()) for shard in shards])[:TEXTS].astype(np.float32))
    return texts, vectors, folder


def inputs(models: pathlib.Path) -> dict:
    """The files that both programs read."""
    texts, vectors, folder = generic(models)
    default = student(models)
    ids = HERE / f"generic-{TEXTS}.jsonl"
    with open(ids, "wb") as f:
        subprocess.run([M2V, "tokenize", default, texts, "--ids"], check=True, stdout=f)
    # The oracle reads a folder with the tensor "embeddings".
    raw = HERE / "raw"
    raw.mkdir(exist_ok=True)
    (rows,) = load_file(folder / "rows.safetensors").values()
    save_file({"embeddings": rows}, raw / "model.safetensors")
    np.save(HERE / "rows.npy", rows)
    tokenizer = json.loads((default / "tokenizer.json").read_text(encoding="utf8"))["model"]
    return {"tokenizer": default / "tokenizer.json", "ids": ids, "vectors": vectors, "raw": raw, "rows": HERE / "rows.npy",
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
    ratios, wholes, seconds = [], [], []
    for _ in range(ROUNDS):
        a_cost, a = ours(i, "-threads=2")
        b_cost, b, residual = theirs(i)
        ratios.append(a["solve"] / b)
        wholes.append(a_cost.cpu / b_cost.cpu)
        seconds.append((a["solve"], b))
        print(f"fitsolve, 2 threads: solve {a['solve']:.2f} s, all {a['all']:.2f} s ({a_cost.cpu:.1f} s cpu), residual {a['residual']:.2e} | "
              f"scipy, 1 thread: solve {b:.2f} s ({b_cost.cpu:.1f} s cpu in all), residual {residual}", flush=True)
    print(f"{a['texts']} texts, {a['entries']} entries, {a['seen']} tokens seen")
    print(f"solve, m2v / scipy {statistics.median(ratios):.3f}   (at most {WANTED}; {rounds(ratios)})")
    us, them = (statistics.median(values) for values in zip(*seconds))
    record("fit", f"solve of {TEXTS:,} texts × 256, two threads, beside scipy's, one thread", f"{us:.2f} s", f"{them:.2f} s", ratios, str(WANTED))
    print(f"whole process, processor time, m2v / scipy {statistics.median(wholes):.3f}   ({rounds(wholes)})", flush=True)


def memory(i: dict) -> None:
    peaks = {}
    for times in (1, 8):
        cost, result = ours(i, f"-repeat={times}", "-holdout=0.05", "-steps=2")
        peaks[times] = cost.peak, result["entries"] * 8 / 1e6
        print(f"{result['texts']} texts: peak {cost.peak:.0f} MB, of which S is {peaks[times][1]:.0f} MB", flush=True)
    grown, s = (peaks[8][k] - peaks[1][k] for k in (0, 1))
    print(f"eight times the texts: {grown:.0f} MB more, {s:.0f} MB of them S")


def teacher(models: pathlib.Path) -> None:
    """texts/s of featurize over those of onnxruntime from Python."""
    folder = models / MINILM
    lines = (CORPORA / "generic.txt").read_text(encoding="utf8").splitlines()[:TEACHER_TEXTS]
    with tempfile.TemporaryDirectory() as name:
        tmp = pathlib.Path(name)
        texts, one = tmp / "texts.txt", tmp / "one.txt"
        texts.write_text("\n".join(lines) + "\n", encoding="utf8")
        one.write_text(lines[0] + "\n", encoding="utf8")
        (tmp / "texts.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))

        def featurize(file: pathlib.Path, out: str):
            return run([M2V, "featurize", folder, "--texts", file, "-o", tmp / out, "--no-rows", "--max-length=256"])[0]

        ratios = {way: {"wall": [], "cpu": []} for way in ("side", "inside")}
        for n in range(ROUNDS):
            load, ours = featurize(one, f"one-{n}"), featurize(texts, f"all-{n}")
            said = f"m2v featurize {len(lines) / (ours.wall - load.wall):.0f} texts/s"
            for way in ratios:
                _, text = run([sys.executable, HOME / "teacher.py", folder, way, tmp / "texts.jsonl"], output=subprocess.PIPE)
                theirs = json.loads(text)
                said += f", {way} {theirs['texts'] / theirs['wall']:.0f} texts/s"
                for kind in ("wall", "cpu"):
                    ratios[way][kind].append(theirs[kind] / (getattr(ours, kind) - getattr(load, kind)))
            print(said, flush=True)
    for way, kinds in ratios.items():
        for kind, values in kinds.items():
            print(f"texts a second, m2v featurize / Python {way}, by {kind}: {statistics.median(values):.2f}   (at least 0.97; {rounds(values)})", flush=True)
        record("fit", f"featurize, processor time, beside onnxruntime from Python, {way}", "", "", [1 / v for v in kinds["cpu"]], "0.85" if way == "side" else "")


def score(name: str, folder: pathlib.Path, wanted: tuple = ()) -> float:
    """v1 of a model, printed with 14."""
    _, text = run([M2V, "eval", folder, "--data", SHARED / "eval", "--json"], output=subprocess.PIPE)
    (result,) = json.loads(text)["models"]
    v1 = next(a["score"] for a in result["averages"] if a["name"] == "AvgAll.v1")
    scores = HERE / "scores.json"
    scores.write_text(json.dumps([{"system": name, "tasks": result["tasks"]}]))
    _, text = run([sys.executable, SHARED / "bin/against-published.py", scores, SHARED / "golden/published.json"], output=subprocess.PIPE)
    last = next(line for line in text.decode().splitlines() if line.startswith(name[:26]))
    fourteen = float(re.search(r" 14: ([\d.]+)", last)[1])
    print(f"{name:34} v1 {v1:.2f}  14 {fourteen:.2f}" + (f"   (at least {wanted[0]} and {wanted[1]})" if wanted else ""), flush=True)
    return v1


def fitted(out: str, *flags) -> tuple[pathlib.Path, float]:
    folder = HERE / out
    cost, text = run([M2V, "distill", *flags, "-o", folder, "--force", "--json"], output=subprocess.PIPE)
    report = json.loads(text)
    fit = report.get("fit") or {}
    print(f"  {out}: {cost.wall:.1f} s ({cost.cpu:.1f} s cpu), peak {cost.peak:.0f} MB, held-out cosine "
          f"{fit.get('cosine_before', 0):.4f} → {fit.get('cosine_after', 0):.4f}, {fit.get('steps')} steps", flush=True)
    return folder, cost.wall


def wanted_systems(names: list) -> list:
    return [n for n in names if any(word in n[0] for word in SYSTEMS)]


def scores(models: pathlib.Path) -> None:
    for name, folders, dims, v1, fourteen in wanted_systems(STUDENTS):
        flags = [f"--features={features(f, models)}" for f in folders]
        folder, _ = fitted(name.replace(", ", "-"), *flags, f"--pca-dims={dims}")
        score(name, folder, (v1, fourteen))
    for name, v1, fourteen in wanted_systems([ALONE]):
        texts, vectors, _ = generic(models)
        folder, _ = fitted("vectors-alone", f"--vectors={vectors}", f"--texts={texts}", f"--tokenizer={models / MINILM}")
        score(name, folder, (v1, fourteen))


def trainer(models: pathlib.Path) -> None:
    """The reference's trainer against the fit, on the same texts and vectors."""
    python = os.environ.get("M2V_TOKENLEARN_PYTHON")
    if not python:
        print("trainer: M2V_TOKENLEARN_PYTHON is not set, left out")
        return
    texts, vectors, folder = generic(models)
    ours, wall = fitted("beside-trainer", f"--features={folder}")
    out = HERE / "trained"
    command = [python, HOME / "trainer.py", student(models), texts, vectors, out]
    text = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout  # it draws bars on stderr, without end
    seconds = json.loads(text.decode().strip().splitlines()[-1])["seconds"]
    a, b = score(f"fit, {TEXTS} texts", ours), score(f"tokenlearn, {TEXTS} texts", out)
    print(f"fit over tokenlearn: v1 {a - b:+.2f}   (at least +2.5); whole distill --features / its training alone: {wall:.1f} s / {seconds:.1f} s = {wall / seconds:.3f}   (at most 0.05)")


def main() -> None:
    models = pathlib.Path(os.environ.get("M2V_TEST_MODELS") or sys.exit("bench: set M2V_TEST_MODELS to the folder that get-models fills"))
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}", flush=True)
    if "solve" in PARTS or "memory" in PARTS:
        i = inputs(models)
        if "solve" in PARTS:
            solve(i)
        if "memory" in PARTS:
            memory(i)
    if "teacher" in PARTS:
        teacher(models)
    if "scores" in PARTS:
        scores(models)
    if "trainer" in PARTS:
        trainer(models)


if __name__ == "__main__":
    main()
