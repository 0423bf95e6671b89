"""What else than vectors of folders is compared: word vectors in gensim, what Python model2vec and gensim
write and m2v reads, and classifiers' heads.
"""

import json
import pathlib
import tempfile

import numpy as np
import page
from gensim.models import KeyedVectors
from model2vec import StaticModel
from model2vec.inference import StaticModelPipeline
from model2vec.inference.mlp import Activation, Layer, MLPHead
from readers import READERS, ROOT, Student, left_out, run, unknown_id
from safetensors.numpy import save_file
from tokenizers import Tokenizer

# The variants, which have each storage type, shared rows and weights, that this is done for.
VARIANTS = ["default", "float32", "float64", "int8", "clusters", "clusters-int8"]
# Folders of M2V_TEST_MODELS/tokenizers: byte-level BPE of two kinds, and BPE with byte fallback.
TOKENIZERS = ["gpt2", "qwen2_5", "llama2"]
# Python's mean of float16 rows is float16's; a graph sums in another order.
HALF, GRAPH = 2e-3, 1e-5


def verdict(name: str, variant: str, what: str, difference: float, tolerance: float) -> int:
    ok = difference <= tolerance
    print(f"{name:18} {variant:14} {what:22} largest difference {difference:.1e} {'' if ok else 'MORE THAN ' + str(tolerance)}", flush=True)
    page.other(name, variant, what, ok)
    return not ok


def compare(s: Student, name: str, variant: str) -> int:
    return gensim(s, name, variant, "word2vec") + gensim(s, name, variant, "npy") + written(s, name, variant)


def gensim(s: Student, name: str, variant: str, form: str) -> int:
    """The mean of gensim's vectors of a text's tokens against m2v's vector of the text."""
    folder = s.tmp / form
    run("export", s.folder, "--to", form, "-o", folder)
    if form == "word2vec":
        words = KeyedVectors.load_word2vec_format(str(folder / "vectors.txt"))
    else:
        rows = np.load(folder / "vectors.npy")
        words = KeyedVectors(rows.shape[1])
        words.add_vectors(json.loads((folder / "tokens.json").read_text()), rows)
    tokenizer = s.tokenizer()
    unk = unknown_id(tokenizer)
    worst, ours = 0.0, s.m2v()
    for text, vector in zip(s.texts[:100], ours):
        tokens = [tokenizer.id_to_token(i) for i in tokenizer.encode(text, add_special_tokens=False).ids if i != unk]
        if not tokens or len(tokens) > 100:
            continue
        mean = np.mean([words[t].astype(float) for t in tokens], axis=0)
        worst = max(worst, np.abs(mean / (np.linalg.norm(mean) + 1e-32) - vector).max())
    return verdict(name, variant, f"gensim, {form}", worst, GRAPH)


def written(s: Student, name: str, variant: str) -> int:
    """A folder that Python model2vec wrote, read by m2v."""
    folder = s.tmp / "written"
    model = StaticModel.from_pretrained(s.folder)
    model.save_pretrained(folder)
    copy = Student(folder, s.texts, s.tmp)
    theirs = model.encode(s.texts)
    tolerance = HALF if theirs.dtype == np.float16 else 2e-6
    return verdict(name, variant, "m2v reads model2vec", float(np.abs(copy.m2v() - theirs.astype(np.float32)).max()), tolerance)


def compare_tokenizers(folder: pathlib.Path, texts: list[str]) -> int:
    """Real tokenizers of other kinds, under rows of random numbers, in a graph."""
    bad, rng = 0, np.random.default_rng(4)
    for kind in TOKENIZERS:
        with tempfile.TemporaryDirectory() as name:
            tmp = pathlib.Path(name)
            (tmp / "graphs").mkdir()
            file = (folder / kind / "tokenizer.json").read_text()
            (tmp / "tokenizer.json").write_text(file)
            (tmp / "config.json").write_text(json.dumps({"normalize": True}))
            size = max(Tokenizer.from_str(file).get_vocab().values()) + 1
            save_file({"embeddings": rng.integers(-127, 128, (size, 8)).astype(np.int8)}, tmp / "model.safetensors")
            s = Student(tmp, texts, tmp / "graphs")
            kept, ours = ~left_out(s)["onnxruntime"], s.m2v()
            for reader in ("onnxruntime", "transformers.js"):
                bad += verdict("tokenizers", kind, reader, float(np.abs(READERS[reader](s) - ours)[kept].max()), GRAPH)
    return bad


def compare_heads(texts: list[str]) -> int:
    """A classifier in the reference's form: its probabilities against the graph's in both runtimes."""
    bad, rng = 0, np.random.default_rng(2)
    texts = [t for t in texts if len(t) < 500]
    for activation in (Activation.SOFTMAX, Activation.SIGMOID):
        with tempfile.TemporaryDirectory() as name:
            tmp = pathlib.Path(name)
            run("distill", ROOT / "testdata/tiny-bert", "-o", tmp / "student", "--quantize-to", "float32")
            model = StaticModel.from_pretrained(tmp / "student")
            layers = [
                Layer(rng.standard_normal((16, model.dim)).astype(np.float32), rng.standard_normal(16).astype(np.float32)),
                Layer(rng.standard_normal((3, 16)).astype(np.float32), rng.standard_normal(3).astype(np.float32)),
            ]
            pipeline = StaticModelPipeline(model, MLPHead(layers, activation, np.array(["a", "b", "c"])))
            pipeline.save_pretrained(str(tmp / "classifier"))
            want = pipeline.predict_proba(texts)
            s = Student(tmp / "classifier", texts, tmp)
            for reader in ("onnxruntime", "transformers.js"):
                bad += verdict("classifier", activation.value, reader, float(np.abs(READERS[reader](s) - want).max()), GRAPH)
    return bad


def compare_written_words() -> int:
    """word2vec files that gensim wrote, text and binary, read by m2v."""
    bad, rng = 0, np.random.default_rng(3)
    words = KeyedVectors(8)
    names = ["river", "stone", "bridge", "köln", "東京"]
    words.add_vectors(names, rng.standard_normal((len(names), 8)).astype(np.float32))
    for binary in (False, True):
        with tempfile.TemporaryDirectory() as name:
            tmp = pathlib.Path(name)
            words.save_word2vec_format(str(tmp / "words"), binary=binary)
            run("import", f"word2vec:{tmp}/words", "-o", tmp / "model")
            s = Student(tmp / "model", names, tmp)
            difference = float(np.abs(s.m2v() - words[names]).max())
            bad += verdict("gensim", "binary" if binary else "text", "m2v reads word2vec", difference, 2e-6)
    return bad
