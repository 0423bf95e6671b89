"""make bench-encode: what encoding costs, against model2vec-rs and Python model2vec.

Same model folder, same 50,000 paragraphs. The programs run in turn, so that a busy
moment of the machine meets all of them, and what is compared is compared within a
round. A first pass after loading is cold; the best of those after it is warm: caches
may then hold words, never texts. ROUNDS=N sets how often (5), GIGABYTES=N how much
text the memory of m2v encode is measured with (2; 0 leaves it out).

Whole programs are measured from file to file, with texts of three lengths. PARTS=lengths
measures nothing else. TOKENIZERS_PYTHON names a Python whose tokenizers package
is the newest (this one).
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

from measure import median, record, run

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SHARED = pathlib.Path(os.environ.get("M2V_SHARED") or ROOT.parent / "shared")
M2V, CACHE = ROOT / "bin/m2v", ROOT / ".cache/bench"
RUST = pathlib.Path(sys.prefix).parent / "target/release/encode"
ROUNDS = int(os.environ.get("ROUNDS", 5))
GIGABYTES = float(os.environ.get("GIGABYTES", 2))
COUNT, PASSES = 50_000, 4
LENGTHS = {30: 200_000, 143: 200_000, 2_000: 8_000}  # characters of a text, and how many

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

# The two print the processor time that the first tenth of the texts takes, without imports and loading.
PYTHON_ENCODE = """
import json, sys, time
from model2vec import StaticModel
texts = [json.loads(line) for line in sys.stdin]
model = StaticModel.from_pretrained(sys.argv[1])
start = time.process_time()
model.encode(texts, use_multiprocessing=False)
print(time.process_time() - start)
"""
TOKENIZERS = """
import json, sys, time, tokenizers
texts = [json.loads(line) for line in sys.stdin]
tokenizer = tokenizers.Tokenizer.from_file(sys.argv[1] + "/tokenizer.json")
tokenizer.no_padding()
tokenizer.no_truncation()
start = time.process_time()
for i in range(0, len(texts), 1024):
    tokenizer.encode_batch_fast(texts[i : i + 1024], add_special_tokens=False)
print(time.process_time() - start)
print(tokenizers.__version__, file=sys.stderr)
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
        ours, theirs = (statistics.median(warm for _, warm in rates[program]) for program in ("m2v", who))
        record("encode", f"{name}, {threads} thread{'s' * (threads > 1)}, the call alone, warm, beside {who}", f"{ours:,.0f} texts/s", f"{theirs:,.0f} texts/s", [b for _, b in ratios], str(least))


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
    record("encode", f"{name}, one sentence, whole program, processor time", f"{first.cpu * 1000:.0f} ms", "", [], "150 ms" if name.startswith("Unigram") else "15 ms, of a 15 MB model")


def one_thread(command: list, texts: pathlib.Path) -> tuple[float, str]:
    """The seconds that a program prints, and its words."""
    environment = {**os.environ, "GOMAXPROCS": "1", "RAYON_NUM_THREADS": "1", "TOKENIZERS_PARALLELISM": "false", "OMP_NUM_THREADS": "1"}
    with texts.open() as lines:
        process = subprocess.run([str(part) for part in command], stdin=lines, capture_output=True, env=environment, check=True)
    return float(process.stdout), process.stderr.decode().strip()


def by_length(model: pathlib.Path, length: int, count: int, tmp: pathlib.Path) -> None:
    """Whole programs from a file of texts to a file of vectors, and Python's call alone, by processor time."""
    lines, part = tmp / "lines.jsonl", tmp / "part.jsonl"
    with lines.open("wb") as file:
        subprocess.run([sys.executable, HERE / "paragraphs.py", SHARED / "eval", str(count), str(length)], stdout=file, check=True)
    with lines.open() as file:
        part.write_text("".join(next(file) for _ in range(count // 10)))
    print(f"\n{count:,} texts of {length:,} characters, from file to file: µs of processor a text")
    for threads in sorted({1, os.cpu_count() or 1}):
        environment = {**os.environ, "GOMAXPROCS": str(threads), "RAYON_NUM_THREADS": str(threads)}
        ours, theirs = [], []
        for _ in range(ROUNDS):
            for name in ("out.npy", "out.raw"):  # each program makes a new file: taking an old one's pages away is no part of it
                (tmp / name).unlink(missing_ok=True)
            ours.append(run([M2V, "encode", model, lines, "--threads", str(threads), "-o", tmp / "out.npy"], env=environment)[0])
            with lines.open() as file, (tmp / "out.raw").open("wb") as out:
                theirs.append(run([RUST, model], stdin=file, output=out, env=environment)[0])
        a, b = median(ours), median(theirs)
        cpu, wall = statistics.median(y.cpu / x.cpu for x, y in zip(ours, theirs)), statistics.median(y.wall / x.wall for x, y in zip(ours, theirs))
        fastest = min(y.cpu for y in theirs) / min(x.cpu for x in ours)
        print(f"  {threads} thread{'s' * (threads > 1)}: m2v {1e6 * a.cpu / count:.2f} ({a.peak:.0f} MB), model2vec-rs {1e6 * b.cpu / count:.2f} ({b.peak:.0f} MB); "
              f"medians of ratios {cpu:.2f} (wall {wall:.2f}), fastest runs {fastest:.2f}", flush=True)
        record("encode", f"{count:,} texts of {length:,} characters, file to file, {threads} thread{'s' * (threads > 1)}, processor time, beside model2vec-rs",
               f"{1e6 * a.cpu / count:.2f} µs a text", f"{1e6 * b.cpu / count:.2f} µs", [x.cpu / y.cpu for x, y in zip(ours, theirs)], "0.40")
    python, _ = one_thread([sys.executable, "-c", PYTHON_ENCODE, model], part)
    tokenizers, version = one_thread([os.environ.get("TOKENIZERS_PYTHON", sys.executable), "-c", TOKENIZERS, model], part)
    ids, _ = one_thread([CACHE / "encodeloop", "-ids", model], part)
    print(f"  Python model2vec, encode alone: {1e7 * python / count:.2f}; tokenizers {version} alone: {1e7 * tokenizers / count:.2f}, m2v's tokenizer alone: {1e7 * ids / count:.2f}", flush=True)


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
        for length, count in LENGTHS.items():
            by_length(next(iter(models(pathlib.Path(folder)).values()))[0], length, count, tmp)
        if os.environ.get("PARTS") == "lengths":
            return
        for model, (path, wanted) in models(pathlib.Path(folder)).items():
            for threads in sorted({1, os.cpu_count() or 1}):
                in_process(model, path, wanted, lines, threads)
            processes(model, path, lines, tmp)
        if GIGABYTES:
            memory(next(iter(models(pathlib.Path(folder)).values()))[0], lines, tmp)


if __name__ == "__main__":
    main()
