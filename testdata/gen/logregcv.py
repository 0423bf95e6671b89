"""logregcv.py: scikit-learn's LogisticRegressionCV for packages logreg and classifier.

Writes logreg/testdata/cv.json: rows, labels, and of each case the C that is chosen, the mean
accuracy of each C, the folds and the predictions; and classifier/testdata/tfidf.json: TfidfVectorizer's rows of a few texts.
"""

import json
from pathlib import Path

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegressionCV
from sklearn.model_selection import StratifiedKFold

rng = np.random.default_rng(5)
cases = []
for classes, rows, width, spread in ((2, 90, 4, 1.5), (3, 121, 5, 1.5), (4, 83, 3, 1.0)):
    centers = rng.normal(size=(classes, width))
    y = rng.integers(0, classes, rows)
    x = (centers[y] + spread * rng.normal(size=(rows, width))).astype(np.float32)
    test = rng.normal(size=(30, width)).astype(np.float32) * 2
    m = LogisticRegressionCV(
        Cs=10, cv=5, l1_ratios=(0,), use_legacy_attributes=False, max_iter=1000, tol=1e-8
    ).fit(x, y)
    folds = np.zeros(rows, int)
    for f, (_, held) in enumerate(StratifiedKFold(5).split(x, y)):
        folds[held] = f
    cases.append({
        "classes": classes, "width": width, "x": x.ravel().tolist(), "y": y.tolist(), "test": test.ravel().tolist(),
        "c": float(np.ravel(m.C_)[0]), "scores": np.asarray(m.scores_).reshape(5, 10).mean(0).tolist(),
        "folds": folds.tolist(), "predicted": m.predict(test).tolist(),
        "weights": m.coef_.ravel().tolist(),
    })
texts = ["The cat, the CAT and a dog_1!", "Größe 42 x ½½ naïve café", "", "ΣΊΣΥΦΟΣ the dog İstanbul"]
vectorizer = TfidfVectorizer().fit(texts)
rows = vectorizer.transform(texts).toarray()
tfidf = {"texts": texts, "words": vectorizer.get_feature_names_out().tolist(), "rows": rows.ravel().tolist()}
(Path(__file__).parents[2] / "classifier/testdata").mkdir(exist_ok=True)
(Path(__file__).parents[2] / "classifier/testdata/tfidf.json").write_text(json.dumps(tfidf) + "\n")
out = Path(__file__).parents[2] / "logreg/testdata/cv.json"
out.write_text(json.dumps({"cases": cases}, separators=(",", ":")) + "\n")
