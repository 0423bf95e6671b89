"""make bench, second part: what an ablation of seven variants costs beside one distillation.

m2v distill and m2v ablate of all-MiniLM-L6-v2 run in turn, ROUNDS=N times (3), whole
processes; an ablation runs its teacher once, so it may take 1.2 times as long.
"""

import os
import pathlib
import statistics
import sys
import tempfile

from measure import line, median, record, rounds, run

M2V = pathlib.Path(__file__).resolve().parents[2] / "bin/m2v"
ROUNDS = int(os.environ.get("ROUNDS", 3))
TEACHER = "all-MiniLM-L6-v2"


def main() -> None:
    models = os.environ.get("M2V_TEST_MODELS") or sys.exit("bench: set M2V_TEST_MODELS to the folder that get-models fills")
    teacher = pathlib.Path(models) / TEACHER
    print(f"load {os.getloadavg()[0]:.1f}, medians of {ROUNDS} rounds in turn, {TEACHER}")
    one, seven = [], []
    with tempfile.TemporaryDirectory() as name:
        tmp = pathlib.Path(name)
        for n in range(ROUNDS):
            one.append(run([M2V, "distill", teacher, "--no-cache", "-o", tmp / f"student-{n}"])[0])
            out = tmp / f"ablation-{n}"
            # The recipe's six without --plain, and one of the grid.
            seven.append(run([M2V, "ablate", teacher, "--recipe", "current", "--grid", "pca-dims=128", "--no-cache", "-o", out])[0])
            if (made := len(list((out / "variants").iterdir()))) != 7:
                raise SystemExit(f"bench: the ablation made {made} students, not 7")
    line("m2v distill", median(one))
    line("m2v ablate, 7 variants", median(seven))
    for kind in ("wall", "cpu"):
        ratios = [getattr(b, kind) / getattr(a, kind) for a, b in zip(one, seven)]
        print(f"ablate / distill, {kind:20} {statistics.median(ratios):8.2f}     (wall at most 1.2; {rounds(ratios)})")
        what = {"wall": "seven students, beside one distillation", "cpu": "the same, processor time"}[kind]
        record("ablate", what, f"{getattr(median(seven), kind):.1f} s", f"{getattr(median(one), kind):.1f} s", ratios, "1.10")


if __name__ == "__main__":
    main()
