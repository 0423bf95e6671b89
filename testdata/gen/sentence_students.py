"""Make testdata/sentence/students.json and students.bin: what model2vec makes of the teachers.

    python testdata/gen/sentence_students.py [BACKBONES]

For each backbone, and for each tokenizer_config.json of sentence_teachers.tokenizers, the
distill of model2vec 0.10.0 with transformers 5.3.0, without PCA and weights: its tokens, its
rows (float32, V×8) and the ids that its tokenizer gives to the texts. BACKBONES is a folder of
what sentence_backbones.build writes; without it they are built anew (minutes).
"""

import json
import logging
import pathlib
import sys
import tempfile
import warnings

import numpy as np
import torch
from model2vec.distill import distill

import sentence_backbones as backbones
import sentence_teachers as teachers


def student(folder):
    model = distill(str(folder), device="cpu", pca_dims=None, sif_coefficient=None, quantize_to="float32")
    vocabulary = model.tokenizer.get_vocab()
    return model, [t for t, _ in sorted(vocabulary.items(), key=lambda item: item[1])]


def main():
    logging.disable(logging.WARNING)
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as temp:
        source = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(temp)
        cases = [teachers.Case("student of " + name, name) for name in backbones.BACKBONES] + [c for c in teachers.tokenizers() if "tokenizer_config" in c["name"]]
        cases = [c for c in cases if c["backbone"] != "t5"]  # it runs the decoder too, and fails
        lines, rows = [], []
        for n, case in enumerate(cases):
            if not (source / case["backbone"]).exists():
                backbones.build(case["backbone"], source / case["backbone"])
            folder = pathlib.Path(temp) / f"case{n}"
            teachers.write(case.done(), folder, source / case["backbone"])
            try:
                model, tokens = student(folder)
            except Exception as e:
                print(case["name"], type(e).__name__, str(e)[:200])
                continue
            ids = [model.tokenizer.encode(t, add_special_tokens=False).ids for t in teachers.TEXTS]
            config = folder / "tokenizer_config.json"
            config = json.loads(config.read_text()) if config.exists() else None
            lines.append({"name": case["name"], "backbone": case["backbone"], "config": config, "tokens": tokens, "unk": model.unk_token_id, "ids": ids})
            rows.append(np.asarray(model.embedding, dtype="<f4"))
            print(case["name"], len(tokens), flush=True)
    text = ",\n".join(json.dumps(line, ensure_ascii=False, separators=(",", ":")) for line in lines)
    (teachers.OUT / "students.json").write_text("[\n" + text + "\n]\n")
    (teachers.OUT / "students.bin").write_bytes(b"".join(r.tobytes() for r in rows))


if __name__ == "__main__":
    main()
