"""make bench-large: what a large vocabulary costs m2v distill.

A teacher V×H of one layer with random weights is written for each of SIZES (276325x384,501153x768;
the second is LaBSE's size), distilled as a whole process, and removed again: 2 GB of disk. The
peak is held against that of the rows alone, V×H×4 bytes; a WordPiece tokenizer of V words of
random letters is read and edited, by m2v distill --dry-run. FLAGS are further flags of m2v distill,
M2V is another program than bin/m2v.
"""

import json
import os
import pathlib
import shlex
import string
import subprocess
import sys
import tempfile

import numpy as np
from measure import line, record, run

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "testdata/gen"))
import bert_onnx  # noqa: E402

M2V = os.environ.get("M2V") or ROOT / "bin/m2v"
SIZES = [tuple(map(int, size.split("x"))) for size in os.environ.get("SIZES", "276325x384,501153x768").split(",")]
FLAGS = shlex.split(os.environ.get("FLAGS", ""))
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def words(count: int) -> list[str]:
    """Different words of 2 to 9 letters, every third a continuation."""
    rng = np.random.default_rng(1)
    found = dict.fromkeys(SPECIAL + list(string.ascii_lowercase))
    while len(found) < count:
        letters, lengths = rng.integers(97, 123, (count, 9), np.uint8), rng.integers(2, 10, count)
        for row, length in zip(letters, lengths):
            found["##" * (len(found) % 3 == 0) + row[:length].tobytes().decode()] = None
    return list(found)[:count]


def tokenizer(count: int) -> dict:
    vocab = {word: i for i, word in enumerate(words(count))}
    return {
        "version": "1.0", "truncation": None, "padding": None,
        "added_tokens": [{"id": i, "content": word, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False, "special": True}
                         for i, word in enumerate(SPECIAL)],
        "normalizer": {"type": "BertNormalizer", "clean_text": True, "handle_chinese_chars": True, "strip_accents": None, "lowercase": True},
        "pre_tokenizer": {"type": "BertPreTokenizer"},
        "post_processor": {"type": "BertProcessing", "sep": ["[SEP]", vocab["[SEP]"]], "cls": ["[CLS]", vocab["[CLS]"]]},
        "decoder": {"type": "WordPiece", "prefix": "##", "cleanup": True},
        "model": {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": vocab},
    }


def weights(rows: int, width: int) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(2)
    at = "encoder.layer.0"
    shapes = {"embeddings.word_embeddings.weight": (rows, width), "embeddings.position_embeddings.weight": (64, width), "embeddings.token_type_embeddings.weight": (2, width)}
    for name in ("attention.self.query", "attention.self.key", "attention.self.value", "attention.output.dense", "intermediate.dense", "output.dense"):
        shapes |= {f"{at}.{name}.weight": (width, width), f"{at}.{name}.bias": (width,)}
    made = {name: rng.standard_normal(shape, np.float32) / np.float32(np.sqrt(width)) for name, shape in shapes.items()}
    for name in ("embeddings.LayerNorm", f"{at}.attention.output.LayerNorm", f"{at}.output.LayerNorm"):
        made |= {f"{name}.weight": np.ones(width, np.float32), f"{name}.bias": np.zeros(width, np.float32)}
    return made


def teacher(folder: pathlib.Path, rows: int, width: int) -> None:
    (folder / "onnx").mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps({"model_type": "bert", "vocab_size": rows, "hidden_size": width, "max_position_embeddings": 64}))
    (folder / "tokenizer.json").write_text(json.dumps(tokenizer(rows), ensure_ascii=False))
    graph = bert_onnx.build(weights(rows, width), layers=1, heads=12, epsilon=1e-12, token_types=True)
    (folder / "onnx/model.onnx").write_bytes(graph.SerializeToString())


def main() -> None:
    for rows, width in SIZES:
        with tempfile.TemporaryDirectory() as name:
            tmp = pathlib.Path(name)
            # In a process of its own: Linux counts what a parent holds as the peak of its child.
            subprocess.run([sys.executable, __file__, tmp / "teacher", str(rows), str(width)], check=True)
            size, most = (tmp / "teacher/onnx/model.onnx").stat().st_size / 2**20, 1.3 * rows * width * 4 / 2**20
            dry, _ = run([M2V, "distill", tmp / "teacher", "--dry-run", "--json", "--no-cache", *FLAGS])
            cost, _ = run([M2V, "distill", tmp / "teacher", "-o", tmp / "student", "--no-cache", *FLAGS])
        what = f"{rows:,} × {width}"
        line(f"dry run, {what}", dry)
        line(f"m2v distill, {what}", cost, f"rows {rows * width * 4 / 2**20:.0f} MB, graph {size:.0f} MB: at most 1.3 × the rows + the graph, {most + size:.0f} MB")
        record("distill", f"peak of {what}, beside its rows × 1.3 and its graph", f"{cost.peak:.0f} MB", f"{most + size:.0f} MB", [cost.peak / (most + size)], "1")


if __name__ == "__main__":
    if len(sys.argv) == 4:
        teacher(pathlib.Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
    else:
        main()
