"""make interop: what m2v writes, read by the other runtimes, and the other way round.

Folders of every output type are distilled, and word vectors imported; each text's vector from `m2v encode`
must equal that of every reader in readers.py. Where the runtimes are known to differ (docs/parity.md),
the text is left out for that runtime and counted. The results are docs/interop.md.
"""

import gzip
import json
import os
import pathlib
import sys
import tempfile

import numpy as np
import classifiers
import others
import page
from readers import READERS, ROOT, SentenceTransformer, Student, left_out, run

SHARED = pathlib.Path(os.environ.get("M2V_SHARED") or ROOT.parent / "shared")

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
# Folders that others wrote, of each layout: static/testdata, made by testdata/gen/static.py.
LAYOUTS = ["st-flat", "st-nested", "st-normalize"]


def read_texts() -> list[str]:
    packed = SHARED / "golden/all-MiniLM-L6-v2/encode.jsonl.gz"
    if packed.exists():
        return [json.loads(line) for line in gzip.open(packed, "rt")]
    print(f"no {packed}: the texts of testdata/golden instead")
    return json.loads((ROOT / "testdata/golden/texts.json").read_text())


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
        for form, words in word_vectors(tmp).items():
            folder = tmp / form
            run("import", words, "-o", folder)
            (tmp / f"{form}-graph").mkdir()
            bad += compare_folder(Student(folder, texts, tmp / f"{form}-graph"), "import", form)
    return bad


def compare_folder(s: Student, teacher: str, variant: str) -> int:
    """m2v's vectors of a folder against each reader's; the number that differ."""
    bad = 0
    ours, out = s.m2v(), left_out(s)
    for reader, vectors in READERS.items():
        row = f"{teacher:18} {variant:14} {reader:22}"
        try:
            theirs = vectors(s)
        except RuntimeError as error:
            if REFUSED.get((reader, variant), "?") not in str(error):
                raise
            print(f"{row} refuses the folder, as known: {error}", flush=True)
            page.refuses(teacher, variant, reader)
            continue
        # Python computes and returns float16 where the rows are float16. A graph sums in another order.
        half = theirs.dtype == np.float16
        tolerance = 2e-3 if half else 2e-6 if reader in ("python", "rust") else 1e-5
        kept = ~out[reader]
        silent = s.silent and (reader == "rust" or reader == "python" and variant == "st-normalize")
        expected = ours
        if silent and reader == "python":  # it does not read modules.json
            theirs = theirs / (np.linalg.norm(theirs, axis=1, keepdims=True) + 1e-32)
        elif silent:  # it normalises where the configuration does not say
            expected = ours / (np.linalg.norm(ours, axis=1, keepdims=True) + 1e-32)
        scale = max(1.0, float(np.abs(expected).max()))  # unnormalised vectors are longer
        difference = float(np.abs(expected[kept].astype(float) - theirs[kept].astype(float)).max()) / scale
        ok = difference <= tolerance
        bad += not ok
        page.equal(teacher, variant, reader, ok, int(kept.sum()), int((~kept).sum()), half, silent)
        print(f"{row} {kept.sum():4} texts, {(~kept).sum():3} left out,"
              f" largest difference {difference:.1e} {'' if ok else 'MORE THAN ' + str(tolerance)}", flush=True)
    return bad


def compare(teacher: pathlib.Path, variants: dict[str, list[str]], texts: list[str]) -> int:
    bad = 0
    for variant, flags in variants.items():
        with tempfile.TemporaryDirectory() as name:
            tmp = pathlib.Path(name)
            folder = tmp / "student"
            run("distill", teacher, "-o", folder, *flags)
            s = Student(folder, texts, tmp)
            bad += compare_folder(s, teacher.name, variant)
            if variant in others.VARIANTS:
                bad += others.compare(s, teacher.name, variant)
    return bad


def compare_layouts() -> int:
    bad, texts = 0, json.loads((ROOT / "static/testdata/texts.json").read_text())
    for layout in LAYOUTS:
        with tempfile.TemporaryDirectory() as name:
            bad += compare_folder(Student(ROOT / "static/testdata" / layout, texts, pathlib.Path(name)), "layouts", layout)
    return bad


def main() -> None:
    texts = read_texts()
    if not SentenceTransformer:
        print("sentence-transformers is not installed: its steps are checked without torch; M2V_INTEROP_TORCH=1 make interop installs it")
    bad = sum(compare(ROOT / "testdata" / name, TINY, texts) for name in ["tiny-bert", "tiny-bpe", "tiny-unigram"])
    bad += compare_imported(texts) + compare_layouts() + classifiers.compare(texts) + others.compare_heads(texts) + others.compare_written_words()
    models = os.environ.get("M2V_TEST_MODELS")
    if models:
        bad += compare(pathlib.Path(models) / "all-MiniLM-L6-v2", REAL, texts)
        tokenizers = pathlib.Path(models) / "tokenizers"
        if not tokenizers.exists():
            raise SystemExit(f"{tokenizers} is missing: scripts/get-tokenizers makes it")
        bad += others.compare_tokenizers(tokenizers, texts)
    else:
        print("no real teachers: M2V_TEST_MODELS is not set")
    READERS["transformers.js"].close()
    if models and SHARED.exists():
        (ROOT / "docs/interop.md").write_text(page.text())
    else:
        print("docs/interop.md stays as it is: it takes real teachers and the texts of ../shared")
    sys.exit(f"{bad} comparisons failed" if bad else 0)


if __name__ == "__main__":
    main()
