"""make interop: what m2v writes, read by the other runtimes.

Folders of every output type are distilled, and word vectors imported; each text's vector from `m2v encode`
must equal Python model2vec's, model2vec-rs's and, where it is installed,
sentence-transformers'. Where the runtimes are known to differ (docs/parity.md),
the text is left out for that runtime and counted in the table.
"""

import gzip
import json
import os
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from model2vec import StaticModel
from model2vec.inference import StaticModelPipeline
from tokenizers import Tokenizer

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = pathlib.Path(os.environ.get("M2V_SHARED") or ROOT.parent / "shared")
M2V = ROOT / "bin/m2v"
RUST = ROOT / ".cache/interop/target/release/encode"
MAX_LENGTH = 512

try:
    from sentence_transformers import SentenceTransformer
except ImportError:
    SentenceTransformer = None

TINY = {
    "default": [],
    "float32": ["--quantize-to", "float32"],
    "float64": ["--quantize-to", "float64"],
    "int8": ["--quantize-to", "int8"],
    "clusters": ["--vocabulary-quantization", "200", "--quantize-to", "float32"],
    "clusters-int8": ["--vocabulary-quantization", "200", "--quantize-to", "int8"],
    "nopca": ["--pca-dims", "none"],
    "nozipf": ["--sif-coefficient", "none", "--pca-dims", "0.9"],
    "unnormalized": ["--normalize=false", "--quantize-to", "float32"],
}
# What a runtime does not read (docs/parity.md), by what it then says.
REFUSED = {
    ("rust", "float64"): "unsupported tensor dtype: F64",
    ("sentence-transformers", "int8"): "Only Tensors of floating point",
}
REAL = {"float32": ["--quantize-to", "float32"], "clusters-int8": ["--vocabulary-quantization", "2000", "--quantize-to", "int8"]}


def read_texts() -> list[str]:
    packed = SHARED / "golden/all-MiniLM-L6-v2/encode.jsonl.gz"
    if packed.exists():
        return [json.loads(line) for line in gzip.open(packed, "rt")]
    print(f"no {packed}: the texts of testdata/golden instead")
    return json.loads((ROOT / "testdata/golden/texts.json").read_text())


def m2v_vectors(folder: pathlib.Path, texts: list[str], tmp: pathlib.Path) -> np.ndarray:
    lines = tmp / "texts.jsonl"
    lines.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    out = tmp / "vectors.npy"
    out.unlink(missing_ok=True)
    subprocess.run([M2V, "encode", folder, lines, "--field", "text", "-o", out], check=True)
    return np.load(out)


def rust_vectors(folder: pathlib.Path, texts: list[str]) -> np.ndarray:
    lines = "".join(json.dumps(text) + "\n" for text in texts)
    run = subprocess.run([RUST, folder], input=lines.encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if run.returncode:
        raise RuntimeError(run.stderr.decode().strip())
    return np.frombuffer(run.stdout, "<f4").reshape(len(texts), -1)


def left_out(folder: pathlib.Path, texts: list[str]) -> dict[str, np.ndarray]:
    """Per runtime, which texts it is known to treat otherwise than Python 0.10."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    model = json.loads(tokenizer.to_str())["model"]
    unk = model.get("unk_id") if model["type"] == "Unigram" else tokenizer.token_to_id(model.get("unk_token") or "")
    lengths = sorted(map(len, tokenizer.get_vocab()))
    # The characters, in Rust bytes, that a text keeps before it is tokenised.
    cut = MAX_LENGTH * lengths[(len(lengths) - 1) // 2]
    long, unknown, empty = [], [], []
    for text in texts:
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        long.append(len(ids) > MAX_LENGTH or len(text.encode()) > cut)
        unknown.append(unk in ids)
        empty.append(not ids)
    long, unknown, empty = np.array(long), np.array(unknown), np.array(empty)
    # Rust drops UNK before it truncates and counts bytes; sentence-transformers
    # neither drops UNK nor truncates, and makes NaN of no token at all in float16.
    return {"python": np.zeros(len(texts), bool), "rust": long, "sentence-transformers": long | unknown | empty}


def others(folder: pathlib.Path, texts: list[str]):
    yield "python", lambda: StaticModel.from_pretrained(folder).encode(texts)
    yield "rust", lambda: rust_vectors(folder, texts)
    if SentenceTransformer:
        yield "sentence-transformers", lambda: SentenceTransformer(str(folder), device="cpu").encode(texts)


def word_vectors(tmp: pathlib.Path) -> dict[str, str]:
    """What m2v import reads, by name: small files in the forms that it takes."""
    rng = np.random.default_rng(1)
    line = lambda word, row: " ".join([word, *map(repr, row.tolist())]) + "\n"
    golden = json.loads((ROOT / "wordvec/testdata/words.json").read_text())
    lower = [w for w in golden["words"] if w == w.lower() and not any(c.isspace() for c in w)]
    (tmp / "lower.txt").write_text("".join(line(w, rng.standard_normal(8)) for w in lower))
    pieces = json.loads((ROOT / "sentencepiece/testdata/identity.json").read_text())["pieces"]
    (tmp / "pieces.txt").write_text(f"{len(pieces)} 8\n" + "".join(line(p, rng.standard_normal(8)) for p in pieces))
    return {"glove": f"glove:{tmp}/lower.txt", "bpemb": f"bpemb:{ROOT}/sentencepiece/testdata/identity.model,{tmp}/pieces.txt"}


def compare_imported(texts: list[str]) -> int:
    """Folders of m2v import. max_length is none in them, which Rust does not read."""
    bad = 0
    with tempfile.TemporaryDirectory() as name:
        tmp = pathlib.Path(name)
        texts = texts + [c["text"] for c in json.loads((ROOT / "wordvec/testdata/words.json").read_text())["cases"]]
        for form, system in word_vectors(tmp).items():
            folder = tmp / form
            subprocess.run([M2V, "import", system, "-o", folder], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            bad += compare_folder(folder, f"{'import':18} {form:14}", form, texts, tmp)
    return bad


def compare_classifiers(texts: list[str]) -> int:
    """Folders of m2v train: StaticModelPipeline's probabilities and labels against those of m2v predict."""
    bad = 0
    with tempfile.TemporaryDirectory() as name:
        tmp = pathlib.Path(name)
        words = {"thing": "house stone river bridge mountain window paper garden", "deed": "sing read write run walk open close teacher"}
        rows = [{"text": f"the {word} and it", "label": label} for label, list_ in words.items() for word in list_.split()]
        several = [{"text": r["text"], "label": [r["label"]] if i % 3 else ["thing", "deed"]} for i, r in enumerate(rows)]
        lines = tmp / "texts.jsonl"
        lines.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
        for task, data in {"single": rows, "multi": several}.items():
            (tmp / f"{task}.jsonl").write_text("".join(json.dumps(r) + "\n" for r in data))
            for head in ("logreg", "mlp"):
                folder = tmp / f"{task}-{head}"
                subprocess.run([M2V, "train", ROOT / "static/testdata/float32", "--data", tmp / f"{task}.jsonl", "-o", folder, "--head", head,
                                "--quiet"], check=True, stdout=subprocess.DEVNULL)
                run = [M2V, "predict", folder, lines, "--field", "text", "--probabilities"]
                ours = [json.loads(line) for line in subprocess.run(run, check=True, stdout=subprocess.PIPE).stdout.splitlines()]
                pipeline = StaticModelPipeline.from_pretrained(folder)
                theirs, labels = pipeline.predict_proba(texts), pipeline.predict(texts)
                mine = np.array([[o["probabilities"][str(c)] for c in pipeline.classes_] for o in ours])
                difference = float(np.abs(mine - theirs).max())
                same = all(list(o.get("labels", [o.get("label")])) == ([str(t)] if task == "single" else [str(v) for v in t]) for o, t in zip(ours, labels))
                ok = same and difference <= 2e-6
                bad += not ok
                print(f"{'train':18} {task + ', ' + head:14} {'python':22} {len(texts):4} texts, largest difference {difference:.1e}"
                      f" {'' if ok else 'LABELS OR PROBABILITIES DIFFER'}", flush=True)
    return bad


def compare_folder(folder: pathlib.Path, label: str, variant: str, texts: list[str], tmp: pathlib.Path) -> int:
    """m2v's vectors of a folder against each runtime's; the number that differ."""
    bad = 0
    ours, out = m2v_vectors(folder, texts, tmp), left_out(folder, texts)
    for runtime, vectors in others(folder, texts):
        row = f"{label} {runtime:22}"
        try:
            theirs = vectors()
        except RuntimeError as error:
            if REFUSED.get((runtime, variant), "?") not in str(error):
                raise
            print(f"{row} refuses the folder, as known: {error}", flush=True)
            continue
        # Python computes and returns float16 where the rows are float16.
        tolerance = 2e-3 if theirs.dtype == np.float16 else 2e-6
        kept = ~out[runtime]
        scale = max(1.0, float(np.abs(ours).max()))  # unnormalised vectors are longer
        difference = float(np.abs(ours[kept].astype(float) - theirs[kept].astype(float)).max()) / scale
        ok = difference <= tolerance
        bad += not ok
        print(f"{row} {kept.sum():4} texts, {(~kept).sum():3} left out,"
              f" largest difference {difference:.1e} {'' if ok else 'MORE THAN ' + str(tolerance)}", flush=True)
    return bad


def compare(teacher: pathlib.Path, variants: dict[str, list[str]], texts: list[str]) -> int:
    bad = 0
    for variant, flags in variants.items():
        with tempfile.TemporaryDirectory() as name:
            tmp = pathlib.Path(name)
            folder = tmp / "student"
            subprocess.run([M2V, "distill", teacher, "-o", folder, *flags], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            bad += compare_folder(folder, f"{teacher.name:18} {variant:14}", variant, texts, tmp)
    return bad


def main() -> None:
    texts = read_texts()
    if not SentenceTransformer:
        print("sentence-transformers is not installed and not checked: M2V_INTEROP_TORCH=1 make interop installs it")
    bad = sum(compare(ROOT / "testdata" / name, TINY, texts) for name in ["tiny-bert", "tiny-bpe", "tiny-unigram"])
    bad += compare_imported(texts)
    bad += compare_classifiers(texts)
    models = os.environ.get("M2V_TEST_MODELS")
    if models:
        bad += compare(pathlib.Path(models) / "all-MiniLM-L6-v2", REAL, texts)
    else:
        print("no real teachers: M2V_TEST_MODELS is not set")
    sys.exit(f"{bad} comparisons failed" if bad else 0)


if __name__ == "__main__":
    main()
