"""Writes static/testdata: small models in every layout and type, and the
vectors that the reference gives for them.

    .cache/gen/bin/python testdata/gen/static.py

Rows are drawn (NumPy's PCG64, seed 7), so this is about reading and encoding,
not about quality. Every folder but the sentence-transformers ones is written
by model2vec itself. golden.safetensors holds, for each folder, the vectors of
the texts in texts.json: as the model says, with max_length 3, without a limit,
and not normalised. Those named */st come from sentence-transformers, 6.2.0.
"""

import json
import shutil
from pathlib import Path

import numpy as np
from model2vec import StaticModel
from safetensors.numpy import load_file, save_file
from tokenizers import AddedToken, Tokenizer, models, normalizers, pre_tokenizers

OUT = Path(__file__).resolve().parents[2] / "static" / "testdata"
DIMS = 12
CLUSTERS = 9

WORDS = (
    "the a of and to in is it on for with as at by from old new big red black white small fast slow light "
    "river stone house garden winter summer morning music teacher student paper window bridge mountain "
    "walk run read write sing open close café naïve 日 本 語 東 京 . , ! ? - ' é ı"
).split()
PARTS = ["##s", "##ed", "##ing", "##er", "##ly", "##side", "##本"]

TEXTS = [
    "The old teacher reads a new paper.",
    "Mountainside bridges, rivers and stone houses!",
    "the",
    "the the the the the the the the",
    "",
    "   ",
    "zzz qqq",
    "zzz the qqq river",
    "CAFÉ naïve e\u0301",
    "東京 日本語",
    "the river is slow in winter and fast in summer, is it? it is.",
    "a" * 4000 + " river",
    "river " * 700,
    "日本" * 2000,
    "the [PAD] river [UNK] extra token stone",
    "\U0001f600 walk \U0001f600",
]


def wordpiece() -> Tokenizer:
    tokens = ["[PAD]", "[UNK]", *WORDS, *PARTS]
    t = Tokenizer(models.WordPiece({w: i for i, w in enumerate(tokens)}, unk_token="[UNK]"))
    t.normalizer = normalizers.BertNormalizer(lowercase=True, strip_accents=False)
    t.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    t.add_tokens([AddedToken("extra token", lstrip=True, rstrip=True)])
    t.enable_padding(length=128, pad_id=0, pad_token="[PAD]")  # must never act
    t.enable_truncation(4)
    return t


def unigram(unk: int) -> Tokenizer:
    rng = np.random.Generator(np.random.PCG64(11))
    tokens = ["<pad>", "<unk>", "▁", "."] + [f"▁{w}" for w in WORDS if w.isalpha()]
    tokens += [p.removeprefix("##") for p in PARTS] + sorted({c for w in WORDS if w.isascii() for c in w} - {"."})
    scores = [0.0, 0.0] + [-float(s) for s in np.round(rng.uniform(2, 9, len(tokens) - 2), 3)]
    t = Tokenizer(models.Unigram(list(zip(tokens, scores)), unk_id=unk, byte_fallback=False))
    t.normalizer = normalizers.NFKC()
    t.pre_tokenizer = pre_tokenizers.Metaspace()
    return t


def rows(n: int, seed: int = 7) -> np.ndarray:
    return np.random.Generator(np.random.PCG64(seed)).normal(0, 1, (n, DIMS)).astype(np.float32)


def write(name: str, tokenizer: Tokenizer, vectors: np.ndarray, **options) -> Path:
    folder = OUT / name
    config = {"model_type": "model2vec", "architectures": ["StaticModel"], "tokenizer_name": "m2v/tiny",
              "apply_pca": DIMS, "sif_coefficient": 1e-4, "hidden_dim": DIMS, "seq_length": 1000000,
              "normalize": options.get("normalize", True), "pooling": "mean"}
    StaticModel(vectors, tokenizer, config=config, **options).save_pretrained(folder)
    (folder / "README.md").unlink()
    return folder


def int8(vectors: np.ndarray) -> np.ndarray:
    scale = np.abs(vectors).max() / 127
    return np.clip(np.rint(vectors / scale), -127, 127).astype(np.int8)


def edit_config(folder: Path, edit, name: str = "config.json") -> None:
    path = folder / name
    config = json.loads(path.read_text())
    edit(config)
    path.write_text(json.dumps(config, indent=4))


def sentence_transformers(name: str, module: str, normalize: bool) -> None:
    """The folder as SentenceTransformer.save_pretrained lays it out."""
    folder = OUT / name
    source = OUT / "float32"
    (folder / module).mkdir(parents=True, exist_ok=True)
    tensors = load_file(source / "model.safetensors")
    save_file({"embedding.weight": tensors["embeddings"]}, folder / module / "model.safetensors")
    shutil.copy(source / "tokenizer.json", folder / module / "tokenizer.json")
    modules = [{"idx": 0, "name": "0", "path": module, "type": "sentence_transformers.models.StaticEmbedding"}]
    if normalize:
        modules.append({"idx": 1, "name": "1", "path": "1_Normalize", "type": "sentence_transformers.models.Normalize"})
    (folder / "modules.json").write_text(json.dumps(modules, indent=2))
    (folder / "config_sentence_transformers.json").write_text(json.dumps(
        {"model_type": "SentenceTransformer", "__version__": {"sentence_transformers": "5.1.0"},
         "prompts": {}, "default_prompt_name": None, "similarity_fn_name": "cosine"}, indent=2))


def make_models() -> None:
    bert = wordpiece()
    n = bert.get_vocab_size()
    full = rows(n) * np.linspace(0.2, 1.8, n, dtype=np.float32)[:, None]
    write("float32", bert, full, normalize=True)
    write("float16", bert, full.astype(np.float16), normalize=True)
    write("float64", bert, full.astype(np.float64), normalize=True)
    write("int8", bert, int8(full), normalize=True)
    write("short", bert, full, normalize=True, max_length=5)
    write("endless", bert, full, normalize=False, max_length=None)
    edit_config(write("silent", bert, full, normalize=True),
                lambda c: [c.pop(k) for k in ("normalize", "max_length")])

    rng = np.random.Generator(np.random.PCG64(3))
    mapping, weights = rng.integers(0, CLUSTERS, n), rng.uniform(0.1, 1, n)
    write("clusters", bert, rows(CLUSTERS), normalize=True, weights=weights, token_mapping=mapping.astype(np.int32))
    write("clusters-int8", bert, int8(rows(CLUSTERS)), normalize=True,
          weights=weights.astype(np.float32), token_mapping=mapping.astype(np.int64))
    write("weights", bert, full, normalize=False, weights=weights)

    good, stale = unigram(1), unigram(3)
    pieces = rows(good.get_vocab_size(), 5)
    write("unigram", good, pieces, normalize=True)
    write("unigram-stale", stale, pieces, normalize=True)

    sentence_transformers("st-flat", "", normalize=False)
    sentence_transformers("st-nested", "0_StaticEmbedding", normalize=False)
    sentence_transformers("st-normalize", "0_StaticEmbedding", normalize=True)


def make_goldens() -> None:
    from sentence_transformers import SentenceTransformer

    vectors: dict[str, np.ndarray] = {}
    for folder in sorted(p for p in OUT.iterdir() if p.is_dir()):
        model = StaticModel.from_pretrained(folder)
        for variant, options in {"default": {}, "length3": {"max_length": 3}, "nolimit": {"max_length": None},
                                 "raw": {"normalize": False}}.items():
            vectors[f"{folder.name}/{variant}"] = model.encode(TEXTS, **options).astype(np.float32)
        if folder.name.startswith("st-"):
            st = SentenceTransformer(str(folder), device="cpu")
            vectors[f"{folder.name}/st"] = st.encode(TEXTS).astype(np.float32)
    save_file(vectors, OUT / "golden.safetensors")
    (OUT / "texts.json").write_text(json.dumps(TEXTS) + "\n")


if __name__ == "__main__":
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    make_models()
    make_goldens()
