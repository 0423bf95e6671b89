"""make bench-encode: what encoding costs, against model2vec-rs and Python model2vec.

Same model folder, same 50,000 paragraphs. The programs run in turn, so that a busy
moment of the machine meets all of them, and what is compared is compared within a
round. A first pass after loading is cold; the best of those after it is warm: caches
may then hold words, never texts. ROUNDS=N sets how often (5), GIGABYTES=N how much
text the memory of m2v encode is measured with (2; 0 leaves it out).
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

from measure import median, run

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SHARED = pathlib.Path(os.environ.get("M2V_SHARED") or ROOT.parent / "shared")
M2V, CACHE = ROOT / "bin/m2v", ROOT / ".cache/bench"
RUST = pathlib.Path(sys.prefix).parent / "target/release/encode"
ROUNDS = int(os.environ.get("ROUNDS", 5))
GIGABYTES = float(os.environ.get("GIGABYTES", 2))
COUNT, PASSES = 50_000, 4

PYTHON = """
import json, sys, time
from model2vec import StaticModel
texts = [json.loads(line) for line in sys.stdin]
start = time.perf_counter()
model = StaticModel.from_pretrained(sys.argv[1])
load = time.perf_counter() - start
passes = []
for _ in range(int(sys.argv[2])):
    start = time.perf_counter()
    model.encode(texts, use_multiprocessing=sys.argv[3] != "1")
    passes.append(time.perf_counter() - start)
print(json.dumps({"load": load, "passes": passes}), file=sys.stderr)
"""


def student(folder: pathlib.Path) -> pathlib.Path:
    """The default float32 student of all-MiniLM-L6-v2, distilled once."""
    out = CACHE / "all-MiniLM-L6-v2-float32"
    if not (out / "model.safetensors").exists():
        CACHE.mkdir(parents=True, exist_ok=True)
        subprocess.run([M2V, "distill", folder / "all-MiniLM-L6-v2", "-o", out, "--quantize-to", "float32"], check=True, stdout=subprocess.DEVNULL)
    return out


def models(folder: pathlib.Path) -> dict[str, tuple[pathlib.Path, float]]:
    """Name, folder and the factor over Rust to reach, of each model."""
    return {"WordPiece, 29,525 × 256 float32": (student(folder), 1.0), "Unigram, 276,326 tokens": (folder / "static-int8-vq", 3.0)}


def passes(command: list, texts: pathlib.Path, threads: int) -> dict:
    environment = {**os.environ, "GOMAXPROCS": str(threads), "RAYON_NUM_THREADS": str(threads),
                   "TOKENIZERS_PARALLELISM": "false" if threads == 1 else "true", "OMP_NUM_THREADS": str(threads)}
    with texts.open() as lines:
        process = subprocess.run([str(part) for part in command], stdin=lines, stdout=subprocess.DEVNULL,
                                 stderr=subprocess.PIPE, env=environment, check=True)
    return json.loads(process.stderr.decode().strip().splitlines()[-1])


def in_process(name: str, model: pathlib.Path, wanted: float, texts: pathlib.Path, threads: int) -> None:
    programs = {"m2v": [CACHE / "encodeloop", model, PASSES], "model2vec-rs": [RUST, model, PASSES],
                "Python model2vec": [sys.executable, "-c", PYTHON, model, 1, threads]}
    rates = {who: [] for who in programs}  # (cold, warm) of each round
    for n in range(ROUNDS):
        for who, command in programs.items():
            if who.startswith("Python") and n > 1:
                continue  # it is slow, and far away
            times = passes(command, texts, threads)["passes"]
            rates[who].append((COUNT / times[0], COUNT / min(times[1:] or times)))
    print(f"\n{name}, {threads} thread{'s' * (threads > 1)}: texts/s, cold and warm")
    for who, pairs in rates.items():
        cold, warm = (statistics.median(values) for values in zip(*pairs))
        print(f"  {who:18} {cold:10,.0f} {warm:10,.0f}")
    for who, least in (("model2vec-rs", wanted), ("Python model2vec", 15.0)):
        ratios = [(a[0] / b[0], a[1] / b[1]) for a, b in zip(rates["m2v"], rates[who])]
        cold, warm = (statistics.median(values) for values in zip(*ratios))
        print(f"  m2v / {who:16} {cold:6.2f} {warm:10.2f}     (at least {least})", flush=True)


def processes(name: str, model: pathlib.Path, texts: pathlib.Path, tmp: pathlib.Path) -> None:
    """Whole programs, from start to a file of vectors."""
    one = tmp / "one.txt"
    one.write_text("A sentence.\n")
    first = median([run([M2V, "encode", model, one, "-o", tmp / "one.npy"])[0] for _ in range(11)])
    ours, theirs = [], []
    for _ in range(ROUNDS):
        ours.append(run([M2V, "encode", model, texts, "-o", tmp / "out.npy"])[0])
        with texts.open() as lines:
            theirs.append(run([RUST, model], stdin=lines)[0])
    print(f"\n{name}: whole programs")
    print(f"  m2v encode, one sentence    {first.wall:7.3f} s  {first.peak:5.0f} MB")
    print(f"  m2v encode, {COUNT:,} texts   {median(ours).wall:7.3f} s  {median(ours).peak:5.0f} MB")
    print(f"  model2vec-rs, the same      {median(theirs).wall:7.3f} s  {median(theirs).peak:5.0f} MB", flush=True)


def memory(model: pathlib.Path, texts: pathlib.Path, tmp: pathlib.Path) -> None:
    long = tmp / "long.jsonl"
    block = texts.read_bytes()
    with long.open("wb") as file:
        for _ in range(round(GIGABYTES * 1e9 / len(block))):
            file.write(block)
    cost, _ = run([M2V, "encode", model, long, "--format", "raw", "-o", os.devnull])
    lines = long.stat().st_size // len(block) * COUNT
    print(f"\nm2v encode, {long.stat().st_size / 1e9:.1f} GB of text: {cost.wall:.1f} s, {lines / cost.wall:,.0f} texts/s, {cost.peak:.0f} MB  (under 200 MB)")


def main() -> None:
    folder = os.environ.get("M2V_TEST_MODELS") or sys.exit("bench: set M2V_TEST_MODELS to the folder that get-models fills")
    CACHE.mkdir(parents=True, exist_ok=True)
    subprocess.run(["go", "build", "-o", CACHE / "encodeloop", "./testdata/bench/encodeloop"], cwd=ROOT, check=True)
    print(f"{os.cpu_count()} cores, {COUNT:,} paragraphs, medians of {ROUNDS} rounds in turn")
    with tempfile.TemporaryDirectory() as name:
        tmp = pathlib.Path(name)
        lines = tmp / "texts.jsonl"
        with lines.open("wb") as file:
            subprocess.run([sys.executable, HERE / "paragraphs.py", SHARED / "eval", str(COUNT)], stdout=file, check=True)
        for model, (path, wanted) in models(pathlib.Path(folder)).items():
            for threads in sorted({1, os.cpu_count() or 1}):
                in_process(model, path, wanted, lines, threads)
            processes(model, path, lines, tmp)
        if GIGABYTES:
            memory(next(iter(models(pathlib.Path(folder)).values()))[0], lines, tmp)


if __name__ == "__main__":
    main()
