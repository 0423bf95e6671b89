"""further.py STUDENT…: two scores of each student folder, a line each; make bench-further.

choice  by which settings are chosen: the mean, over the columns of m2v eval, of the mean of a
        column's data sets that are neither among the 14 nor made of the same texts (SAME), and not
        Pearl's two k-means tasks, whose luck is eight points
14      the MTEB test sets for which the potion models' scores are published
        (bin/against-published.py), which nothing was chosen by
v1      the mean of the official data sets, for comparison with older tables

Needs the shared data (M2V_SHARED, ../shared beside the checkout) and bin/m2v (M2V names another).
EVAL_FLAGS are further flags of m2v eval.
"""

import json
import os
import pathlib
import subprocess
import sys

HOME = pathlib.Path(__file__).resolve().parent
SHARED = pathlib.Path(os.environ.get("M2V_SHARED", HOME.parents[2] / "shared"))
FOURTEEN = """STS12-test STS13-test STS14-test STS15-test STS17-en-en-test STSBenchmark-test SICK-R-all BIOSSES-test arguana
banking77 massive_intent massive_scenario tweet_sentiment_extraction amazon_counterfactual""".split()
SAME = ["SICK-R-test", "STSBenchmark-train", "STSBenchmark-dev"]
LUCK = ["conll-cluster", "bc5cdr-cluster"]


def mean(values) -> float:
    values = list(values)
    return sum(values) / len(values)


def score(m2v, folder) -> dict:
    """choice, fourteen, v1 and columns (the choice's) of a student."""
    command = [m2v, "eval", folder, "--data", SHARED / "eval", "--json", *os.environ.get("EVAL_FLAGS", "").split()]
    text = subprocess.run(command, check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    (result,) = json.loads(text)["models"]
    tasks = {t["task"]: t["score"] for t in result["tasks"]}
    columns = {}
    for t in result["tasks"]:
        if t["task"] not in FOURTEEN + SAME + LUCK:
            columns.setdefault(t["column"], []).append(t["score"])
    columns = {name: mean(scores) for name, scores in columns.items()}
    return {"choice": mean(columns.values()), "fourteen": mean(tasks[t] for t in FOURTEEN),
            "v1": next(a["score"] for a in result["averages"] if a["name"] == "AvgAll.v1"), "columns": columns, "tasks": tasks}


def main() -> None:
    m2v = os.environ.get("M2V") or HOME.parents[1] / "bin/m2v"
    for folder in sys.argv[1:]:
        r = score(m2v, folder)
        print(f"{folder}\tchoice {r['choice']:.2f}\t14 {r['fourteen']:.2f}\tv1 {r['v1']:.2f}\t" + " ".join(f"{c} {v:.2f}" for c, v in r["columns"].items()), flush=True)


if __name__ == "__main__":
    main()
