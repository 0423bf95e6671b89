"""docs/interop.md: who reads what, as the last run of make interop found it."""

import importlib.metadata
import json

TOKENIZERS = {
    "tiny-bert": "WordPiece", "tiny-bpe": "BPE, byte level", "tiny-unigram": "Unigram", "all-MiniLM-L6-v2": "WordPiece",
}
# Of a variant: storage type of the rows, what else is special, layout.
VARIANTS = {
    "default": ("float16", ""), "float32": ("float32", ""), "float64": ("float64", ""), "int8": ("int8", ""),
    "clusters": ("float32", "shared rows, weights"), "clusters-int8": ("int8", "shared rows, weights"),
    "nopca": ("float16", "no PCA"), "nozipf": ("float16", "no weights by rank"), "unnormalized": ("float32", "not normalised"),
    "glove": ("float32", "imported, no limit"), "bpemb": ("float32", "imported, no limit"),
    "st-flat": ("float32", ""), "st-nested": ("float32", ""), "st-normalize": ("float32", ""),
}
LAYOUTS = {"st-flat": "sentence-transformers", "st-nested": "0_StaticEmbedding", "st-normalize": "0_StaticEmbedding"}
IMPORTED = {"glove": "WordLevel", "bpemb": "BPE, sentencepiece"}
COLUMNS = ["python", "rust", "sentence-transformers", "onnxruntime", "transformers.js"]
REASONS = {
    "rust": "b", "sentence-transformers": "c", "onnxruntime": "d", "transformers.js": "d, h",
}

cells: dict[tuple[str, str], dict[str, str]] = {}
rest: dict[tuple[str, str], dict[str, str]] = {}


def equal(teacher: str, variant: str, reader: str, ok: bool, kept: int, left: int, half: bool, normalised: bool) -> None:
    cell = f"{kept}" if ok else "**differs**"
    if normalised:
        cell += " (g)"
    if half:
        cell += " (a)"
    reason = REASONS.get(reader, "?")
    if reader == "transformers.js" and teacher != "import":
        reason = "d"
    if left:
        cell += f", {left} not ({reason})"
    cells.setdefault((teacher, variant), {})[reader] = cell


def refuses(teacher: str, variant: str, reader: str) -> None:
    cells.setdefault((teacher, variant), {})[reader] = {"rust": "refuses (e)"}.get(reader, "refuses (f)")


def other(name: str, variant: str, what: str, ok: bool) -> None:
    rest.setdefault((name, variant), {})[what] = "equal" if ok else "**differs**"


def table(head: list[str], lines: list[list[str]]) -> str:
    return "\n".join("| " + " | ".join(line) + " |" for line in [head, ["---"] * len(head), *lines])


def folders() -> str:
    lines = []
    for (teacher, variant), found in cells.items():
        kind = TOKENIZERS.get(teacher) or IMPORTED.get(variant, "WordPiece")
        storage, special = VARIANTS[variant]
        lines.append([kind, teacher, ", ".join(filter(None, [storage, special])), LAYOUTS.get(variant, "model2vec"), *[found[c] for c in COLUMNS]])
    return table(["tokenizer", "made of", "rows", "layout", "Python model2vec", "model2vec-rs", "sentence-transformers", "onnxruntime", "transformers.js"], lines)


def words() -> str:
    columns = ["gensim, word2vec", "gensim, npy", "m2v reads model2vec"]
    lines = [[TOKENIZERS[n], n, ", ".join(filter(None, VARIANTS[v])), *[found[c] for c in columns]] for (n, v), found in rest.items() if n in TOKENIZERS]
    return table(["tokenizer", "made of", "rows", *columns], lines)


def lines_of(name: str) -> str:
    return "".join(f"- {variant}: " + ", ".join(f"{what} {found}" for what, found in all.items()) + "\n" for (n, variant), all in rest.items() if n == name)


def text() -> str:
    from readers import ROOT, SentenceTransformer

    version = importlib.metadata.version
    js = json.loads((ROOT / "testdata/interop/node/package.json").read_text())["dependencies"]["@huggingface/transformers"]
    torch = "sentence-transformers itself" if SentenceTransformer else "the steps of sentence-transformers 6.2's `StaticEmbedding`, without torch (`M2V_INTEROP_TORCH=1 make interop` runs the real one)"
    return f"""# Interoperability

`make interop` wrote this page: it makes the folders, has each program read them, and compares each text's vector with that of
`m2v encode`. Versions: Python model2vec {version("model2vec")}, model2vec-rs of `testdata/interop/rust/Cargo.toml`, onnxruntime {version("onnxruntime")},
transformers.js {js} under Node, gensim {version("gensim")}, and {torch}.

Equal means that no value differs by more than 2e-6, and 1e-5 in a graph, of vectors of length 1, or of the longest value where vectors are not normalised.

## Folders that m2v writes, and the graphs that m2v export makes of them

A number is how many texts have equal vectors; `N not` says how many are left out, and the letter why. onnxruntime and transformers.js read
the folder of `m2v export --to onnx`, the others the model folder. The folders of the layouts at the end were written by other programs.

{folders()}

- (a) Python computes and returns float16 where rows are float16: equal within 2e-3.
- (b) model2vec-rs drops unknown tokens before it cuts at 512 tokens, whatever `max_length` says, and counts bytes where Python counts characters.
- (c) sentence-transformers neither drops unknown tokens nor cuts texts, and has no vector for a text of no token.
- (d) Python cuts a text at `max_length` × the median token length characters before it tokenizes, which neither a graph nor a `tokenizer.json` can
  say; and a graph sums thousands of rows, which only a model without a limit does, to four digits.
- (e) model2vec-rs reads no float64.
- (f) torch trains no int8, which sentence-transformers asks of rows without weights.
- (g) Where the configuration does not say whether to normalise, model2vec-rs does, and Python model2vec does not, though modules.json says so; m2v and
  sentence-transformers follow modules.json. Equal once both are normalised.
- (h) JavaScript writes a final Σ in lower case as ς, counts other characters as white space, and its patterns have no `\\A` and `\\z`, which the
  tokenizers of `m2v import` use.

Other tokenizers, of `scripts/get-tokenizers`, under rows of random numbers:

{lines_of("tokenizers")}
## Word vectors for gensim, and folders that Python model2vec writes

gensim reads `m2v export --to word2vec` and `--to npy`; the mean of its vectors of a text's tokens is compared. m2v reads what `save_pretrained` of
Python model2vec writes.

{words()}

## Classifiers

A head in the reference's form (`head.safetensors`), exported: the probabilities of `predict_proba` against the graph's.

{lines_of("classifier")}
## Word vectors that gensim writes, in m2v import

{lines_of("gensim")}
## What has no reverse direction

model2vec-rs, onnxruntime and transformers.js write no static models. m2v does not read a static model back from ONNX: the graph lacks the tokens of its rows, which
`tokenizer.json` names, and the model folder that it was made of has everything. The Hub is in [hub.md](hub.md).
"""
