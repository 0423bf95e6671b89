"""make bench-train: m2v's classifiers beside scikit-learn's and the reference's.

One student, the data sets of the shared folder, 1,000 training texts of each, seeds 0, 1, 2: the
same draws, replayed. m2v bench train makes its own columns, and with TEACHERS=DIR,… one of logistic
regression on each teacher's vectors, and writes them to .cache/bench/train.md; then, on the same draws,

  logreg   scikit-learn's LogisticRegressionCV (ten values of C, five folds) on the vectors that
           m2v encode writes: weighted F1, and which C is chosen
  mlp      model2vec's StaticModelForClassification.fit with two torch threads: weighted F1
  speed    texts through the optimiser a second of processor time, in turn: of m2v train the
           whole program, of the reference the call of fit alone

THREADS=1 gives torch one thread: on a busy machine two wait for each other, which counts as
processor time. SETS=a,b picks data sets (all of the published table), STUDENT=DIR takes a student that is there,
PARTS=logreg,mlp,speed picks parts. M2V_TRAIN_PYTHON names a Python with model2vec[train] for mlp
and speed; without it they are left out.
"""

import gzip
import json
import os
import pathlib
import resource
import statistics
import subprocess
import sys
import tempfile

import numpy as np

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
M2V = pathlib.Path(os.environ.get("M2V") or ROOT / "bin/m2v")
DATA = ROOT.parent / "shared/eval/class"
SETS = os.environ.get("SETS", "published")
PARTS = os.environ.get("PARTS", "logreg,mlp,speed").split(",")
TRAINER = os.environ.get("M2V_TRAIN_PYTHON")
SEEDS, EXAMPLES = (0, 1, 2), 1000


def read(name: str, part: str):
    """Labels and texts of a data set."""
    for path in (DATA / name / f"{part}.tsv.gz", DATA / name / f"{part}.tsv"):
        if path.exists():
            opened = gzip.open(path, "rt", encoding="utf-8") if path.suffix == ".gz" else open(path, encoding="utf-8")
            with opened as f:
                rows = [line.rstrip("\n").split("\t") for line in f]
            return [r[0] for r in rows], [r[1] for r in rows]
    raise FileNotFoundError(name)


def mode(counts, n, rng):
    """How many of each class come with n draws: sklearn's _approximate_mode."""
    exact = counts / counts.sum() * n
    floored = np.floor(exact)
    need = int(n - floored.sum())
    rest = exact - floored
    for value in np.sort(np.unique(rest))[::-1]:
        if need <= 0:
            break
        (at,) = np.where(rest == value)
        floored[rng.choice(at, size=min(len(at), need), replace=False)] += 1
        need -= min(len(at), need)
    return floored.astype(int)


def draw(labels, seed: int):
    """The rows that m2v bench train draws: stratified_shuffle_split_generate_indices of the package datasets."""
    if len(labels) <= EXAMPLES:
        return list(range(len(labels)))
    at = {}
    y = np.array([at.setdefault(label, len(at)) for label in labels])
    rng = np.random.default_rng(seed)
    counts = np.bincount(y)
    train = mode(counts, len(y) - EXAMPLES, rng)
    test = mode(counts - train, EXAMPLES, rng)
    rows = []
    for c in range(len(counts)):
        members = np.where(y == c)[0][rng.permutation(counts[c])]
        rows.extend(members[train[c] : train[c] + test[c]])
    return sorted(int(i) for i in rows)


def vectors(student, texts):
    with tempfile.TemporaryDirectory() as folder:
        source, out = pathlib.Path(folder, "texts.txt"), pathlib.Path(folder, "v.npy")
        source.write_text("\n".join(texts) + "\n", encoding="utf-8")
        subprocess.run([M2V, "encode", student, source, "-o", out, "--quiet"], check=True)
        return np.load(out)


def weighted_f1(want, got):
    from sklearn.metrics import f1_score

    return 100 * f1_score(want, got, average="weighted")


def logreg(student, cells):
    from sklearn.linear_model import LogisticRegressionCV

    print("\nlogreg: scikit-learn's LogisticRegressionCV on the same vectors\n")
    print("| data set | m2v | scikit-learn | difference | C alike |\n| --- | ---: | ---: | ---: | ---: |")
    for cell in cells:
        (labels, texts), (want, tests) = read(cell["set"], "train"), read(cell["set"], "test")
        test, scores, alike = vectors(student, tests), [], 0
        for seed in SEEDS:
            rows = draw(labels, seed)
            m = LogisticRegressionCV(Cs=10, cv=5, max_iter=100, l1_ratios=(0,), use_legacy_attributes=False, scoring="accuracy")
            m.fit(vectors(student, [texts[i] for i in rows]), [labels[i] for i in rows])
            scores.append(weighted_f1(want, m.predict(test)))
            alike += abs(np.log(float(np.ravel(m.C_)[0]) / cell["c"][seed])) < 1e-6
        ours, theirs = cell["mean"], statistics.mean(scores)
        print(f"| {cell['set']} | {ours:.2f} | {theirs:.2f} | {ours - theirs:+.2f} | {alike} of {len(SEEDS)} |", flush=True)


def mlp(student, cells):
    print("\nmlp: the reference's StaticModelForClassification\n")
    print("| data set | m2v | reference | difference |\n| --- | ---: | ---: | ---: |")
    differences = []
    for cell in cells:
        scores = [train(student, cell["set"], seed, used=True)["f1"] for seed in SEEDS]
        differences.append(cell["mean"] - statistics.mean(scores))
        print(f"| {cell['set']} | {cell['mean']:.2f} | {statistics.mean(scores):.2f} | {differences[-1]:+.2f} |", flush=True)
    print(f"| **mean** | | | **{statistics.mean(differences):+.2f}** |")


def train(student, name, seed, used=False):
    """The reference's training of one draw, in a process of its own."""
    (labels, texts), (want, tests) = read(name, "train"), read(name, "test")
    rows = draw(labels, seed)
    job = {"student": str(student), "seed": seed, "used": used, "x": [texts[i] for i in rows], "y": [labels[i] for i in rows], "test": tests}
    out = subprocess.run([TRAINER, HERE / "mlptrainer.py"], input=json.dumps(job), text=True, check=True, capture_output=True)
    result = json.loads(out.stdout.splitlines()[-1])
    return {"f1": weighted_f1(want, result["labels"]), **result}


def ours(student, name, seed):
    """m2v train of one draw: texts through the optimiser, and seconds of processor time."""
    labels, texts = read(name, "train")
    with tempfile.TemporaryDirectory() as folder:
        source, out = pathlib.Path(folder, "train.tsv"), pathlib.Path(folder, "out")
        source.write_text("".join(f"{labels[i]}\t{texts[i]}\n" for i in draw(labels, seed)), encoding="utf-8")
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([M2V, "train", student, "--data", source, "--head", "mlp", "--seed", str(seed), "-o", out, "--quiet"], check=True, capture_output=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        report = json.loads((out / "report.json").read_text())
        return report["epochs"] * report["examples"], after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def speed(student, cells):
    print("\nspeed of mlp: texts through the optimiser a second of processor time\n")
    print("| data set | m2v | reference | ratio |\n| --- | ---: | ---: | ---: |")
    for cell in cells:
        ratios, left, right = [], [], []
        for seed in SEEDS:
            texts, seconds = ours(student, cell["set"], seed)
            theirs = train(student, cell["set"], seed)
            left.append(texts / seconds)
            right.append(theirs["texts"] / theirs["seconds"])
            ratios.append(left[-1] / right[-1])
        print(f"| {cell['set']} | {statistics.median(left):.0f} | {statistics.median(right):.0f} | {statistics.median(ratios):.1f} |", flush=True)


def main():
    student = os.environ.get("STUDENT")
    if not student:
        sys.path.insert(0, str(HERE))
        from encode import student as made

        student = made(pathlib.Path(os.environ.get("M2V_TEST_MODELS") or pathlib.Path.home() / ".cache/m2v-test-models"))
    table = os.environ.get("TABLE")  # a --json of bench train that is there
    if table:
        table = json.loads(pathlib.Path(table).read_text())
    else:
        run = [M2V, "bench", "train", student, "--data", DATA, "--sets", SETS, "--json", "-o", ROOT / ".cache/bench/train.md"]
        run += [f"--teacher={teacher}" for teacher in os.environ.get("TEACHERS", "").split(",") if teacher]
        table = json.loads(subprocess.run(run, check=True, stdout=subprocess.PIPE).stdout)
    cells = {row["system"]: row["cells"] for row in table["systems"]}
    for row in table["systems"]:
        published = f", published {row['published']} with one data set more" if row.get("published") else ""
        print(f"{row['system']}: weighted F1 {row['mean']:.2f} ± {row['spread']:.2f}{published}, {row['train_texts_per_second']:.0f} training texts/s")
    if "logreg" in PARTS:
        logreg(student, cells["logreg"])
    if TRAINER and "mlp" in PARTS:
        mlp(student, cells["mlp"])
    if TRAINER and "speed" in PARTS:
        speed(student, cells["mlp"])


if __name__ == "__main__":
    main()
