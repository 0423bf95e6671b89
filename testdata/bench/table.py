"""table.py: the README's table of size, speed and score, beside the published models; make bench-table.

Students of all rows come from general texts, of which none is in a data set: folders of
m2v featurize of bge-small-en-v1.5 and all-MiniLM-L6-v2 over the same texts, which BGE and
MINILM name (`m2v featurize TEACHER --texts generic.txt --texts sentences.txt -o DIR`;
make sentences makes the second). What is there in .cache/bench/table is not made again.

folder   bytes of the folder's files
speed    texts a second of processor time by m2v encode with one thread: the first 30,000 texts
         of the features, less a run with one text; the median of ROUNDS (3), students in turn
choice, 14, v1  further.py; 14 of published models is golden/published.json's, over the same sets

ROWS=a;b picks rows whose names hold one of these. The table goes to stdout and, with
--write FILE, between the lines <!-- bench-table --> and <!-- /bench-table --> of FILE.
"""

import json
import os
import pathlib
import re
import statistics
import subprocess
import sys

from further import FOURTEEN, HOME, SHARED, score
from measure import run

ROOT = HOME.parents[1]
M2V = os.environ.get("M2V") or ROOT / "bin/m2v"
HERE = ROOT / ".cache/bench/table"
ROUNDS = int(os.environ.get("ROUNDS", 3))
ROWS = os.environ.get("ROWS", "").split(";")
MODELS = pathlib.Path(os.environ.get("M2V_TEST_MODELS") or pathlib.Path.home() / ".cache/m2v-test-models")
BGE, MINILM = os.environ.get("BGE"), os.environ.get("MINILM")
TEXTS = 30_000
TEACHER = MODELS / "bge-small-en-v1.5"

BOTH = ["--features", BGE, "--features", MINILM]
# name, folder, flags of m2v distill; of a string, the folder whose rows m2v quantize stores as int8
STUDENTS = [
    ("`m2v distill`, 256 dimensions", "plain", [TEACHER]),
    ("vectors of texts alone, 256", "alone", None),
    ("`--texts`, 256", "fit", ["--features", BGE]),
    ("the same, int8", "fit-int8", "fit"),
    ("`--texts --recipe best`, 256", "best", ["--features", BGE, "--recipe", "best"]),
    ("the same, int8 ", "best-int8", "best"),
    ("`--texts --recipe best`, two teachers, 512", "best-512", [*BOTH, "--recipe", "best", "--pca-dims", "512"]),
    ("the same, int8  ", "best-512-int8", "best-512"),
]
# What published.json calls the 14, in further.py's order.
PUBLISHED = """STS12 STS13 STS14 STS15 STS17 STSBenchmark SICK-R BIOSSES ArguAna Banking77Classification MassiveIntentClassification
MassiveScenarioClassification TweetSentimentExtractionClassification AmazonCounterfactualClassification""".split()
# name, dimensions, what else is known of it
BESIDE = [("M2V_base_output", "256"), ("potion-base-8M", "256"), ("potion-base-32M", "512"), ("static-retrieval-mrl-en-v1", "1024"), ("all-MiniLM-L6-v2", "384"), ("bge-small-en-v1.5", "384")]


def texts() -> pathlib.Path:
    """The first TEXTS texts of the features, as JSON Lines."""
    path = HERE / "texts.jsonl"
    if not path.exists():
        import pyarrow.parquet

        lines = []
        for shard in sorted(pathlib.Path(BGE).glob("shard-*.parquet")):
            if len(lines) < TEXTS:
                lines += pyarrow.parquet.read_table(shard, columns=["text"])["text"].to_pylist()
        path.write_text("".join(json.dumps({"text": t}) + "\n" for t in lines[:TEXTS]), encoding="utf8")
    return path


def alone() -> list:
    """Flags for the vectors of BGE without its rows: as from an embedding API."""
    folder = HERE / "vectors"
    if not folder.exists():
        folder.mkdir()
        for shard in pathlib.Path(BGE).resolve().glob("shard-*.parquet"):
            (folder / shard.name).symlink_to(shard)
        manifest = json.loads((pathlib.Path(BGE) / "features.json").read_text(encoding="utf8"))
        manifest.pop("rows", None)
        (folder / "features.json").write_text(json.dumps(manifest), encoding="utf8")
    return ["--features", folder, "--tokenizer", TEACHER]


def student(name: str, flags: list | str | None) -> pathlib.Path:
    folder = HERE / name
    if not (folder / "model.safetensors").exists():
        command = ["quantize", HERE / flags, "--quantize-to", "int8"] if isinstance(flags, str) else ["distill", *(alone() if flags is None else flags)]
        subprocess.run([str(part) for part in [M2V, *command, "-o", folder]], check=True, stdout=subprocess.DEVNULL)
    return folder


def speeds(folders: list[pathlib.Path]) -> list[float]:
    """Texts a second of processor time."""
    corpus, one = texts(), HERE / "one.jsonl"
    one.write_text('{"text": "one"}\n', encoding="utf8")
    out = HERE / "out.npy"
    taken = {f: [] for f in folders}
    for _ in range(ROUNDS):
        for f in folders:
            costs = [run([M2V, "encode", f, path, "-o", out, "--threads", "1"], env={**os.environ, "GOMAXPROCS": "1"})[0].cpu for path in (corpus, one)]
            taken[f].append(TEXTS / (costs[0] - costs[1]))
    out.unlink()
    return [statistics.median(taken[f]) for f in folders]


def main() -> None:
    if not BGE or not MINILM:
        sys.exit("table.py: BGE and MINILM name the folders of features: see its head")
    HERE.mkdir(parents=True, exist_ok=True)
    rows = [r for r in STUDENTS if any(part in r[0] for part in ROWS)]
    folders = [student(*r[1:]) for r in rows]
    lines = ["| model | rows | folder | texts a second | choice | v1 | 14 |", "|---|---|---|---|---|---|---|"]
    for (name, *_), folder, speed in zip(rows, folders, speeds(folders)):
        kept = HERE / f"{folder.name}.scores.json"
        if not kept.exists():
            kept.write_text(json.dumps(score(M2V, folder)), encoding="utf8")
        s = json.loads(kept.read_text(encoding="utf8"))
        about = json.loads(subprocess.run([M2V, "inspect", folder, "--json"], check=True, stdout=subprocess.PIPE).stdout)["static"]
        size = sum(f.stat().st_size for f in folder.iterdir()) / 1e6
        lines.append(f"| {name.strip()} | {about['rows']:,} × {about['dims']} | {size:.1f} MB | {round(speed, -3):,.0f} | {s['choice']:.2f} | {s['v1']:.2f} | {s['fourteen']:.2f} |")
    published = json.loads((SHARED / "golden/published.json").read_text(encoding="utf8"))
    assert len(PUBLISHED) == len(FOURTEEN)
    for name, dims in BESIDE:
        if all(t in published[name] for t in PUBLISHED):
            mean = sum(published[name][t] for t in PUBLISHED) / len(PUBLISHED)
            lines.append(f"| {name} (published) | {dims} dimensions | | | | | {mean:.2f} |")
    table = "\n".join(lines)
    print(table)
    if sys.argv[1:2] == ["--write"]:
        page = pathlib.Path(sys.argv[2])
        text, n = re.subn(r"(<!-- bench-table -->\n).*?(\n<!-- /bench-table -->)", lambda m: m[1] + "\n" + table + "\n" + m[2], page.read_text(encoding="utf8"), flags=re.S)
        if n != 1:
            sys.exit(f"table.py: {page} has {n} places for the table")
        page.write_text(text, encoding="utf8")


if __name__ == "__main__":
    main()
