"""Folders of m2v train, read by Python's StaticModelPipeline: it predicts the same."""

import json
import pathlib
import subprocess
import tempfile

import numpy as np
from model2vec.inference import StaticModelPipeline
from others import verdict
from readers import M2V, ROOT, run

WORDS = {"thing": "house stone river bridge mountain window paper garden", "deed": "sing read write run walk open close teacher"}


def compare(texts: list[str]) -> int:
    bad = 0
    single = [{"text": f"the {word} and it", "label": label} for label, words in WORDS.items() for word in words.split()]
    multi = [{"text": r["text"], "label": [r["label"]] if i % 3 else ["thing", "deed"]} for i, r in enumerate(single)]
    with tempfile.TemporaryDirectory() as name:
        tmp = pathlib.Path(name)
        lines = tmp / "texts.jsonl"
        lines.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
        for task, data in {"single": single, "multi": multi}.items():
            (tmp / f"{task}.jsonl").write_text("".join(json.dumps(r) + "\n" for r in data))
            for head in ("logreg", "mlp"):
                folder = tmp / f"{task}-{head}"
                run("train", ROOT / "static/testdata/float32", "--data", tmp / f"{task}.jsonl", "-o", folder, "--head", head)
                command = [M2V, "predict", folder, lines, "--field", "text", "--probabilities"]
                out = subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout
                bad += compare_folder(folder, f"{task}, {head}", [json.loads(line) for line in out.splitlines()], texts)
    return bad


def compare_folder(folder: pathlib.Path, variant: str, ours: list[dict], texts: list[str]) -> int:
    pipeline = StaticModelPipeline.from_pretrained(folder)
    theirs, labels = pipeline.predict_proba(texts), pipeline.predict(texts)
    mine = np.array([[o["probabilities"][str(c)] for c in pipeline.classes_] for o in ours])
    given = [o["labels"] if "labels" in o else o["label"] for o in ours]
    wanted = [list(map(str, x)) if isinstance(x, np.ndarray) else str(x) for x in labels]
    difference = float(np.abs(mine - theirs).max()) if given == wanted else float("inf")
    return verdict("train", variant, "StaticModelPipeline", difference, 2e-6)
