"""make bench-eval: what an evaluation costs, of a student and of its teacher.

The student: m2v eval and the independent program (eval-oracle.py), whole processes, in
turn. The teacher: texts a second of m2v eval and of onnxruntime driven from Python
(teacher.py), in turn for each data set, so that a busy moment of the machine meets
both. ROUNDS=N sets how often the student is scored (3; 0 leaves it out), TEACHER_ROUNDS=N
the teacher (1); TASKS=a,b takes other data sets for the teacher than all of WordSim,
STS and PairClass.
"""

import json
import os
import pathlib
import statistics
import subprocess
import sys
import tempfile

from encode import M2V, SHARED, student
from measure import line, median, record, rounds, run

HERE = pathlib.Path(__file__).resolve().parent
DATA = SHARED / "eval"
ROUNDS = int(os.environ.get("ROUNDS", 3))
TEACHER_ROUNDS = int(os.environ.get("TEACHER_ROUNDS", 1))
COLUMNS = "WordSim,STS,PairClass"
WAYS = ("side", "inside", "naive")  # of teacher.py
MAX_LENGTH = 256  # tokens, as the golden scores were made


def evaluation(model: pathlib.Path, *flags) -> list:
    return [M2V, "eval", model, "--data", DATA, "--no-cache", *flags]


def students(model: pathlib.Path, tmp: pathlib.Path) -> None:
    ours, theirs = [], []
    for n in range(ROUNDS):
        ours.append(run(evaluation(model))[0])
        theirs.append(run([sys.executable, SHARED / "bin/eval-oracle.py", DATA, tmp / f"oracle-{n}.json", f"student={model}"])[0])
    line("m2v eval, student", median(ours))
    line("independent program", median(theirs))
    for kind in ("wall", "cpu"):
        ratios = [getattr(a, kind) / getattr(b, kind) for a, b in zip(ours, theirs)]
        print(f"m2v / independent, {kind:19} {statistics.median(ratios):8.2f}     (wall at most 0.35; {rounds(ratios)})")
        what = {"wall": "a student on all shared data, beside the independent program", "cpu": "the same, processor time"}[kind]
        record("eval", what, f"{getattr(median(ours), kind):.1f} s", f"{getattr(median(theirs), kind):.1f} s", ratios, "0.35")
    print(f"m2v peak memory                        {median(ours).peak:8.0f} MB  (under 1000 MB)", flush=True)


def tasks(model: pathlib.Path) -> list[str]:
    """The data sets of the columns: their names come with a student's scores."""
    if "TASKS" in os.environ:
        return os.environ["TASKS"].split(",")
    _, text = run(evaluation(model, "--columns", COLUMNS, "--json"), output=subprocess.PIPE)
    return [task["task"] for task in json.loads(text)["models"][0]["tasks"]]


def loading(folder: pathlib.Path, tmp: pathlib.Path) -> float:
    """Processor time of m2v with a teacher and next to no text."""
    one = tmp / "one.txt"
    one.write_text("A sentence.\n")
    return median([run([M2V, "encode", folder, one, "-o", tmp / "one.npy"])[0] for _ in range(5)]).cpu


def teacher(folder: pathlib.Path, names: list[str], tmp: pathlib.Path) -> None:
    """Both times are those of the encoding, tokenization included and loading not."""
    load = loading(folder, tmp)
    total = {way: {"texts": 0, "wall": 0.0, "cpu": 0.0} for way in ("m2v", *WAYS)}
    by_task = {way: [] for way in WAYS}
    scores = {}
    for n in range(TEACHER_ROUNDS):
        for name in names:
            _, texts = run([M2V, "eval", "--print-texts", "--data", DATA, "--tasks", name], output=subprocess.PIPE)
            file = tmp / f"{name}.jsonl"
            file.write_bytes(texts)
            cost, text = run(evaluation(folder, "--tasks", name, "--max-length", MAX_LENGTH, "--json"), output=subprocess.PIPE)
            (task,) = json.loads(text)["models"][0]["tasks"]
            scores.setdefault(task["column"], {})[name] = task["score"]
            results = {"m2v": {"texts": task["encoded"], "wall": task["encode_seconds"], "cpu": cost.cpu - load}}
            for way in WAYS:
                _, text = run([sys.executable, HERE / "teacher.py", folder, way, file], output=subprocess.PIPE)
                results[way] = json.loads(text)
                by_task[way].append(results[way]["wall"] / results["m2v"]["wall"])
                if results[way]["texts"] != task["encoded"]:
                    raise SystemExit(f"bench: {name}: m2v encodes {task['encoded']} texts, {way} {results[way]['texts']}")
            for way, result in results.items():
                for key, value in result.items():
                    total[way][key] += value
            print(f"  {name:28} {task['encoded']:6} texts  " + "  ".join(f"{way} {r['wall']:.2f} s ({r['cpu']:.2f} cpu)" for way, r in results.items()), flush=True)
    for column, values in scores.items():
        print(f"teacher, {column:9} {statistics.mean(values.values()):.2f}")
    for way, t in total.items():
        print(f"{way:12} {t['texts'] / t['wall']:8.1f} texts/s {t['wall']:8.1f} s {t['cpu']:8.1f} s cpu")
    for way, least in zip(WAYS, ("(at least 0.97)", "(at least 0.97)", "(at least 1.5)")):
        ratio, cpu = (total[way][kind] / total["m2v"][kind] for kind in ("wall", "cpu"))
        record("eval", f"a teacher's texts, processor time, beside onnxruntime from Python, {way}", f"{total['m2v']['cpu']:.1f} s", f"{total[way]['cpu']:.1f} s", [1 / cpu], "0.85" if way == "side" else "")
        print(f"m2v / {way:12} {ratio:6.2f}  median of data sets {statistics.median(by_task[way]):.2f}  by processor time {cpu:.2f}   {least}", flush=True)


def main() -> None:
    models = pathlib.Path(os.environ.get("M2V_TEST_MODELS") or sys.exit("bench: set M2V_TEST_MODELS to the folder that get-models fills"))
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, medians of {ROUNDS} rounds in turn, all-MiniLM-L6-v2")
    model = student(models)
    with tempfile.TemporaryDirectory() as name:
        tmp = pathlib.Path(name)
        if ROUNDS:
            students(model, tmp)
        if TEACHER_ROUNDS:
            teacher(models / "all-MiniLM-L6-v2", tasks(model), tmp)


if __name__ == "__main__":
    main()
