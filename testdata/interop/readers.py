"""The programs that read what m2v writes: a folder and texts → vectors.

Each reader is a function; READERS names them in the order of docs/interop.md's columns. A
RuntimeError says why a program refuses a folder.
"""

import json
import os
import pathlib
import subprocess

import numpy as np
import onnxruntime
from model2vec import StaticModel
from safetensors.numpy import load_file
from tokenizers import Tokenizer

ROOT = pathlib.Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache/interop"
M2V = ROOT / "bin/m2v"
RUST = CACHE / "target/release/encode"

try:
    from sentence_transformers import SentenceTransformer
except ImportError:
    SentenceTransformer = None


class Student:
    """A model folder, and the texts, of which m2v's own vectors are the ones to equal."""

    def __init__(self, folder: pathlib.Path, texts: list[str], tmp: pathlib.Path):
        self.folder, self.texts, self.tmp = folder, texts, tmp
        self.graph = None
        nested = folder / "0_StaticEmbedding"
        self.module = nested if nested.exists() else folder
        config = folder / "config.json"
        self.config = json.loads(config.read_text()) if config.exists() else {}
        self.max_length = self.config.get("max_length", 512)
        self.silent = "normalize" not in self.config

    def m2v(self) -> np.ndarray:
        lines = self.tmp / "texts.jsonl"
        lines.write_text("".join(json.dumps({"text": text}) + "\n" for text in self.texts))
        out = self.tmp / "vectors.npy"
        out.unlink(missing_ok=True)
        run("encode", self.folder, lines, "--field", "text", "-o", out)
        return np.load(out)

    def onnx(self) -> pathlib.Path:
        if self.graph is None:
            self.graph = self.tmp / "graph"
            run("export", self.folder, "--to", "onnx", "-o", self.graph)
        return self.graph

    def tokenizer(self) -> Tokenizer:
        tokenizer = Tokenizer.from_file(str(self.module / "tokenizer.json"))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        return tokenizer


def run(*args) -> None:
    subprocess.run([M2V, *args, "--quiet"], check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def python(s: Student) -> np.ndarray:
    return StaticModel.from_pretrained(s.folder).encode(s.texts)


def rust(s: Student) -> np.ndarray:
    lines = "".join(json.dumps(text) + "\n" for text in s.texts)
    done = subprocess.run([RUST, s.folder], input=lines.encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    if done.returncode:
        raise RuntimeError(done.stderr.decode().strip())
    return np.frombuffer(done.stdout, "<f4").reshape(len(s.texts), -1)


def sentence_transformers(s: Student) -> np.ndarray:
    if SentenceTransformer:
        return SentenceTransformer(str(s.folder), device="cpu").encode(s.texts)
    return static_embedding(s)


def static_embedding(s: Student) -> np.ndarray:
    """What sentence-transformers does with a folder, step by step and without torch.

    Source: StaticEmbedding of sentence-transformers 6.2 (load, tokenize, forward) and Normalize.
    """
    tensors = load_file(s.module / "model.safetensors")
    rows = tensors["embedding.weight"] if "embedding.weight" in tensors else tensors["embeddings"]
    if rows.dtype == np.int8 and "weights" not in tensors:
        raise RuntimeError("Only Tensors of floating point and complex dtype can require gradients")
    if "mapping" in tensors:  # folded at load
        rows = rows[tensors["mapping"]]
    if "weights" in tensors:
        rows = rows * tensors["weights"][:, None]
    tokenizer = s.tokenizer()
    ids = [e.ids for e in tokenizer.encode_batch(s.texts, add_special_tokens=False)]
    vectors = np.stack([rows[i].astype(np.float64).mean(0) if i else np.zeros(rows.shape[1]) for i in ids])
    modules = s.folder / "modules.json"
    if any(m["type"].endswith("Normalize") for m in json.loads(modules.read_text())):
        vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    return vectors.astype(np.float32)


def onnx_runtime(s: Student) -> np.ndarray:
    folder = s.onnx()
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.log_severity_level = 3
    session = onnxruntime.InferenceSession(str(folder / "onnx/model.onnx"), options)
    vectors = []
    for i in range(0, len(s.texts), 32):
        batch = tokenizer.encode_batch(s.texts[i : i + 32])
        inputs = {
            "input_ids": np.array([e.ids for e in batch], np.int64),
            "attention_mask": np.array([e.attention_mask for e in batch], np.int64),
        }
        vectors.append(session.run(None, inputs)[0])
    return np.concatenate(vectors)


class Node:
    """transformers.js in one process of Node, which answers a folder after another."""

    process = None

    def __call__(self, s: Student) -> np.ndarray:
        if self.process is None:
            self.process = subprocess.Popen(
                ["node", "transformers.mjs"], cwd=CACHE / "node", stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        texts, out = s.tmp / "texts.json", s.tmp / "vectors.f32"
        texts.write_text(json.dumps(s.texts))
        self.process.stdin.write(json.dumps({"folder": str(s.onnx()), "texts": str(texts), "out": str(out)}) + "\n")
        self.process.stdin.flush()
        answer = json.loads(self.process.stdout.readline())
        if "error" in answer:
            raise RuntimeError(answer["error"])
        return np.fromfile(out, "<f4").reshape(answer["rows"], answer["dims"])

    def close(self) -> None:
        if self.process is not None:
            self.process.stdin.close()
            self.process.wait()


READERS = {
    "python": python,
    "rust": rust,
    "sentence-transformers": sentence_transformers,
    "onnxruntime": onnx_runtime,
    "transformers.js": Node(),
}


def unknown_id(tokenizer: Tokenizer) -> int | None:
    model = json.loads(tokenizer.to_str())["model"]
    return model.get("unk_id") if model["type"] == "Unigram" else tokenizer.token_to_id(model.get("unk_token") or "")


def left_out(s: Student) -> dict[str, np.ndarray]:
    """Per reader, the texts that it is known to treat otherwise than Python 0.10 (docs/parity.md)."""
    tokenizer = s.tokenizer()
    unk = unknown_id(tokenizer)
    lengths = sorted(map(len, tokenizer.get_vocab()))
    half = (len(lengths) - 1) // 2
    most = s.max_length or float("inf")
    # The characters that Python keeps of a text, and the bytes that Rust keeps, which knows 512 only.
    median = int((lengths[half] + lengths[len(lengths) // 2]) / 2)
    cut, rust_cut = most * median, 512 * lengths[half]
    long, longer, script, rust_long, unknown, empty = [], [], [], [], [], []
    for text in s.texts:
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        long.append(len(ids) > most or len(text) > cut)
        longer.append(len(text) > cut or len(ids) > 1000)
        # Lower case of a final sigma, white space, and \A and \z, which imported tokenizers use.
        script.append(s.max_length is None and (not text.strip() or any(c in text for c in "Σ\x1c\x1d\x1e\x1f\x85")))
        rust_long.append(len(ids) > 512 or len(text.encode()) > rust_cut)
        unknown.append(unk in ids)
        empty.append(not ids)
    long, longer, script, rust_long, unknown, empty = map(np.array, (long, longer, script, rust_long, unknown, empty))
    return {
        "python": np.zeros(len(s.texts), bool),
        # Drops UNK before it truncates and counts bytes.
        "rust": rust_long,
        # Neither drops UNK nor truncates, and makes NaN of no token at all in float16.
        "sentence-transformers": long | unknown | empty,
        # A graph and a tokenizer.json cannot cut a text by its characters, and sum as float32.
        "onnxruntime": longer,
        "transformers.js": longer | script,
    }
