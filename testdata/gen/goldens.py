"""What the reference, model2vec 0.10.0, makes of the tiny teachers: testdata/golden.

    python testdata/gen/goldens.py

Written for each teacher, with `dims` half its width:

    vocabulary.json.gz   tokens in row order; the teacher's ids of each; bos and eos
    tokenizer.json.gz    the tokenizer of the student
    rows.safetensors     sampled rows (their numbers: rows) of the variants below, their weights,
                         and the vectors of texts.json from half_f32
    custom.json, .safetensors   (tiny-bert) the same with words of one's own
    facts.json           versions, sizes, config, k-means inertia

On one machine every file is the same each time. On another, whose instruction set adds up in another order, torch's
rows differ by up to 1e-6, and with them sizes of the last bit of float16. k-means adds up by threads, so it gets one.
"""

import gzip
import json
import logging
import os
import pathlib

os.environ["OMP_NUM_THREADS"] = "1"  # before numpy and scikit-learn are there

import numpy as np
import sklearn
import tokenizers
import torch
import transformers
from model2vec import StaticModel, __version__
from model2vec.distill import distillation
from safetensors.numpy import save_file
from sklearn.cluster import KMeans
from tokenizers import Tokenizer

import tinytexts
import torch_model

OUT = tinytexts.ROOT / "testdata/golden"
SAMPLE, CLUSTERS = 48, 100
CREATE_EMBEDDINGS = distillation.create_embeddings
TEXTS = [
    "Hello, World! It's 2026-11-23.", "the quick brown fox jumps over the lazy dog", "naïve café ÅNGSTRÖM e\u0301",
    "日本語のテキスト東京", "مرحبا بالعالم", "Привет, мир!", "emoji 👍🏽🎉 test", "don't can't won't", "a\u200bb zero width",
    "tab\tnew\nline  double  space", "", "   ", "[CLS] hi [SEP] [MASK] [UNK] [PAD]", "<s> hi </s> <mask> <unk> <pad>", "x" * 300,
    "supercalifragilisticexpialidocious antidisestablishmentarianism", "how do I activate my new card?",
    "what is the exchange rate between dollars and euros", "wake me up at nine am on friday", "a gripping, moving and beautifully acted film",
    "the movie is dull, dull, dull", "Where is the Orinoco River?", "Who invented the telephone?",
    "Interleukin-6 increases C-reactive protein in patients with rheumatoid arthritis.", "play some jazz music", "1,234.56 + 7/8 = ?",
    "UPPER lower MiXeD", "http://example.org/a_b?c=d&e=f#g", "ﬁne ligature ①②③ ½", "a man is playing a guitar",
    "someone plays an instrument", " ".join(["a plane is taking off from the airport"] * 120),
]
CUSTOM = ["xkcdq", "star wars", "e-mail", "the", "Guitarist", "café", "  padded  ", "xkcdq", "日本", "...", "[unused3]", "", "New York City", "zyzzyva"]


class Reference:
    """The reference's distillation with one forward pass for all variants."""

    def __init__(self, folder: pathlib.Path):
        self.model, self.tokenizer = torch_model.load(folder)
        self.memory, self.tokenized = {}, []

    def embed(self, tokenized, model, device, pad_token_id, pooling):
        key = (str(pooling), len(tokenized))
        if key not in self.memory:
            self.memory[key] = CREATE_EMBEDDINGS(model=model, tokenized=tokenized, device=device, pad_token_id=pad_token_id, pooling=pooling)
        self.tokenized = tokenized
        return self.memory[key].copy()

    def distill(self, **options) -> StaticModel:
        distillation.create_embeddings = self.embed
        return distillation.distill_from_model(self.model, self.tokenizer, device="cpu", **options)

    def teacher_ids(self) -> list[list[int]]:
        """What the last distillation ran, in the teacher's own ids.

        The reference prunes the teacher first and runs ids of what is left.
        """
        from skeletoken import TokenizerModel

        pruned = TokenizerModel.from_transformers_tokenizer(self.tokenizer).prune_added_tokens()
        old = pruned.model_delta.token_mapping
        return [[old[i] for i in ids] for ids in self.tokenized]


def write_json(path: pathlib.Path, value) -> None:
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix == ".gz":
        path.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
    else:
        path.write_text(text + "\n")


def variants(dims: int) -> dict[str, dict]:
    raw = {"pca_dims": None, "sif_coefficient": None, "quantize_to": "float32"}
    return {
        "raw_mean": raw, "raw_first": {**raw, "pooling": "first"}, "raw_last": {**raw, "pooling": "last"},
        "default": {},  # dims 256: more than the teacher's width
        "auto_f32": {"pca_dims": "auto", "quantize_to": "float32"},
        "variance095_f32": {"pca_dims": 0.95, "quantize_to": "float32"},
        "nopca": {"pca_dims": None}, "nozipf": {"pca_dims": dims, "sif_coefficient": None},
        "half_f32": {"pca_dims": dims, "quantize_to": "float32"}, "half_f16": {"pca_dims": dims, "quantize_to": "float16"},
        "half_f64": {"pca_dims": dims, "quantize_to": "float64"}, "half_int8": {"pca_dims": dims, "quantize_to": "int8"},
    }


def mended(student: StaticModel, unk_id: int) -> StaticModel:
    """The same student with a Unigram tokenizer whose unk_id is right."""
    file = json.loads(student.tokenizer.to_str())
    file["model"]["unk_id"] = unk_id
    return StaticModel(student.embedding, Tokenizer.from_str(json.dumps(file)), normalize=True)


def write_goldens(name: str) -> None:
    out, reference = OUT / name, Reference(tinytexts.ROOT / "testdata" / name)
    dims = reference.model.config.hidden_size // 2
    models = {key: reference.distill(**options) for key, options in variants(dims).items()}
    student = models["half_f32"]

    ids = reference.teacher_ids()
    tokens = [token for token, _ in sorted(student.tokenizer.get_vocab().items(), key=lambda item: item[1])]
    framed = [len(sequence) == 3 for sequence in ids]
    assert all(framed), "every row is a token of the teacher"
    write_json(out / "vocabulary.json.gz", {"bos": ids[0][:1], "eos": ids[0][2:], "tokens": tokens, "ids": [sequence[1] for sequence in ids]})
    write_json(out / "tokenizer.json.gz", json.loads(student.tokenizer.to_str()))

    rows = np.sort(np.random.default_rng(tinytexts.SEED).choice(len(tokens), SAMPLE, replace=False))
    tensors = {key: np.ascontiguousarray(model.embedding[rows]) for key, model in models.items()}
    tensors["rows"] = rows.astype(np.int64)
    tensors["weights"] = distillation.compute_weights(len(tokens), 1e-4)[rows]
    stale = student.unk_token_id
    if tokens[stale] not in ("[UNK]", "<unk>"):
        # A defect of the reference: Unigram's unk_id is not renumbered (reference.md).
        # m2v renumbers it, so its vectors are to equal the mended student's.
        tensors["vectors_stale_unk_id"] = student.encode(TEXTS)
        student = mended(student, tokens.index("<unk>"))
    tensors["vectors"] = student.encode(TEXTS)
    tensors["vectors_max_length_16"] = student.encode(TEXTS, max_length=16)
    student.normalize = False
    tensors["vectors_unnormalized"] = student.encode(TEXTS)
    save_file(tensors, out / "rows.safetensors")
    (out / "rows.safetensors").chmod(0o644)

    reduced = distillation.apply_pca(models["raw_mean"].embedding, dims)
    write_json(out / "facts.json", {
        "model2vec": __version__, "torch": torch.__version__, "transformers": transformers.__version__, "tokenizers": tokenizers.__version__,
        "scikit-learn": sklearn.__version__, "rows": len(tokens), "dims": dims, "variance095_dims": models["variance095_f32"].dim,
        "median_token_length": student.median_token_length, "unk_token_id": stale, "clusters": CLUSTERS,
        # Of the reduced, unweighted rows: what m2v clusters.
        "inertia": float(KMeans(CLUSTERS, init="random", random_state=42).fit(reduced.astype(np.float32)).inertia_),
        "config": models["default"].config,
    })


def write_custom(name: str) -> None:
    """Words of one's own, appended to the vocabulary: reference.md, step 3."""
    out, reference = OUT / name, Reference(tinytexts.ROOT / "testdata" / name)
    raw = reference.distill(vocabulary=CUSTOM, pca_dims=None, sif_coefficient=None, quantize_to="float32")
    model = reference.distill(vocabulary=CUSTOM, quantize_to="float32")
    tokens = [token for token, _ in sorted(model.tokenizer.get_vocab().items(), key=lambda item: item[1])]
    student = json.loads(model.tokenizer.to_str())
    known = set(json.loads(gzip.decompress((out / "vocabulary.json.gz").read_bytes()))["tokens"])
    appended = [i for i, token in enumerate(tokens) if token not in known]
    ids = reference.teacher_ids()
    write_json(out / "custom.json", {
        "vocabulary": CUSTOM, "rows": len(tokens), "removed": sorted(known - set(tokens)),
        "tokens": [tokens[i] for i in appended], "token_rows": appended, "ids": [ids[i] for i in appended],
        "added_tokens": [t for t in student["added_tokens"] if t["content"] not in known],
    })
    save_file({"raw_mean": raw.embedding[appended], "vectors": model.encode(CUSTOM)}, out / "custom.safetensors")
    (out / "custom.safetensors").chmod(0o644)


def main() -> None:
    logging.disable(logging.WARNING)
    torch.manual_seed(0)
    write_json(OUT / "texts.json", TEXTS)
    for name in ["tiny-bert", "tiny-bpe", "tiny-unigram"]:
        if not (tinytexts.ROOT / "testdata" / name).exists():
            continue
        write_goldens(name)
        print(name, (OUT / name / "facts.json").read_text())
    if (tinytexts.ROOT / "testdata/tiny-bert").exists():
        write_custom("tiny-bert")


if __name__ == "__main__":
    main()
