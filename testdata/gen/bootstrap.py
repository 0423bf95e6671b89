"""Makes ablate/testdata/bootstrap.json: the published claims on ablate/testdata/scores.json, by numpy.

Run from the module's root, in an environment with numpy:

    python testdata/gen/bootstrap.py

Differences are exact. Intervals are percentile bootstraps of 400,000 resamples, whose own
error is a sixth of that of the program's 10,000.
"""

import json
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parents[2] / "ablate" / "testdata"
CLAIMS = {
    "PCA": ("paper_output", "paper_output_nopca"),
    "Zipf": ("paper_output", "paper_output_nozipf"),
    "output over input": ("paper_output", "paper_input"),
}
RESAMPLES = 400_000


def means(groups, rng):
    """The mean of the groups' means, of RESAMPLES paired resamples."""
    total = np.zeros(RESAMPLES)
    for g in groups:
        total += g[rng.integers(0, len(g), (RESAMPLES, len(g)))].mean(axis=1)
    return total / len(groups)


def main():
    scores = json.loads((HERE / "scores.json").read_text())
    rng = np.random.default_rng(42)
    out = {"numpy": np.__version__}
    for name, (with_, over) in CLAIMS.items():
        columns = [np.array([v - scores[over][c][k] for k, v in sets.items()]) for c, sets in scores[with_].items()]
        for basis, groups in {"AvgAll.v1": [np.concatenate(columns)], "AvgAll.v2": columns}.items():
            low, high = np.percentile(means(groups, rng), [2.5, 97.5])
            out[f"{name}, {basis}"] = [float(np.mean([g.mean() for g in groups])), low, high]
    lines = [f" {json.dumps(k)}: {json.dumps(v)}" for k, v in out.items()]
    (HERE / "bootstrap.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
