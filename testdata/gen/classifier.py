"""classifier.py: folders of model2vec's StaticModelPipeline, and what it predicts with them.

Needs model2vec[train]; writes classifier/testdata/{single,multi,numbers}: a head that was trained
for a moment on the tiny model static/testdata/float32, and expected.json beside them.
"""

import json
import shutil
from pathlib import Path

from model2vec.inference import StaticModelPipeline
from model2vec.train import StaticModelForClassification, StaticModelForRegression

ROOT = Path(__file__).parents[2]
OUT = ROOT / "classifier/testdata"
MODEL = ROOT / "static/testdata/float32"
A = ["the old house", "a stone bridge", "mountain and river", "a red window", "the black paper", "white stone"]
B = ["music in summer", "sing and read", "the teacher and the student", "run in the morning", "read a new paper", "walk"]
TEXTS = ["the old red bridge", "sing in the garden", "", "music", "the teacher reads by the river"]

single = StaticModelForClassification.from_pretrained(MODEL, hidden_dim=6)
single.fit(A + B, [3] * 6 + [10] * 6, max_epochs=20, learning_rate=1e-2)
multi = StaticModelForClassification.from_pretrained(MODEL, n_layers=0)
multi.fit(A + B, [["thing"], ["thing", "stone"]] * 3 + [["deed"]] * 6, max_epochs=20, learning_rate=1e-2)
numbers = StaticModelForRegression.from_pretrained(MODEL, hidden_dim=6)
numbers.fit(A + B, [[0.5, i / 3] for i in range(12)], max_epochs=20, learning_rate=1e-2)

expected = {"texts": TEXTS}
for name, model in (("single", single), ("multi", multi), ("numbers", numbers)):
    shutil.rmtree(OUT / name, ignore_errors=True)
    model.to_pipeline().save_pretrained(OUT / name)
    (OUT / name / "README.md").unlink()
    p = StaticModelPipeline.from_pretrained(OUT / name)
    values = p.predict(TEXTS) if name == "numbers" else p.predict_proba(TEXTS)
    labels = [] if name == "numbers" else [[str(v) for v in (x if name == "multi" else [x])] for x in p.predict(TEXTS)]
    expected[name] = {"values": values.ravel().tolist(), "labels": labels}
(OUT / "expected.json").write_text(json.dumps(expected, indent=1) + "\n")
