"""interop_eval.py M2V DIR: score a stub model on small data sets in the official forms, by mteb and by m2v eval.

Both read the same files. The model has fixed vectors: the mean of a text's words, which m2v calls glove:words.txt. Every
score is to be equal within 0.01. DIR is overwritten. TASKS=a,b runs those only.
"""
import json
import os
import random
import shutil
import subprocess
import sys
import warnings

os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_DATASETS_DISABLE_PROGRESS_BARS"] = "1"
warnings.filterwarnings("ignore")
M2V, ROOT = sys.argv[1:3]
ONLY = os.environ.get("TASKS", "").split(",") if os.environ.get("TASKS") else None
shutil.rmtree(ROOT, ignore_errors=True)
os.makedirs(ROOT)
ROOT = os.path.abspath(ROOT)
os.environ["HF_HOME"] = ROOT + "/hf"

import mteb
import numpy as np
from mteb.models import ModelMeta
from mteb.models.abs_encoder import AbsEncoder

draw = random.Random(11)
TOPICS = {c: ["".join(draw.choices(letters, k=draw.randint(4, 9))) for _ in range(14)]
          for c, letters in zip(("sea", "wood", "iron"), ("abcdefghst", "efghijklst", "ijklmnopst"))}
EVERY = [w for words in TOPICS.values() for w in words]
WORDS = {w: np.array([round(draw.gauss(0, 1) + 0.5 * (k // 14 == i % 3), 3) for i in range(16)], np.float32) for k, w in enumerate(EVERY)}
with open(f"{ROOT}/words.txt", "w") as f:
    f.writelines(w + " " + " ".join(f"{x:g}" for x in v) + "\n" for w, v in WORDS.items())


def vector(text):
    known = [WORDS[w] for w in text.split() if w in WORDS]
    return (np.sum(known, 0, dtype=np.float64) / len(known)).astype(np.float32) if known else np.zeros(16, np.float32)


class Stub(AbsEncoder):
    """The mean of a text's word vectors."""

    def __init__(self):
        self.mteb_model_meta = ModelMeta.create_empty({"name": "m2v/stub", "revision": "1"})
        self.model_prompts = None

    def encode(self, inputs, **kwargs):
        return np.stack([vector(t) for batch in inputs for t in batch["text"]])


def text(topic=None, n=6, noise=0.4):
    return " ".join(draw.choice(EVERY if topic is None or draw.random() < noise else TOPICS[topic]) for _ in range(n))


def similar(a, share):
    while (b := " ".join(w if draw.random() < share else draw.choice(EVERY) for w in a.split())) == a:
        share *= 0.9
    return b


def labelled(n, noise=0.7):
    return [(c, text(c, 5, noise)) for c in draw.choices(list(TOPICS), k=n)]


TASKS = []


def repo(task, files, configs=None):
    """Write a repository: files by name, and the card that says which file is what."""
    if ONLY and task not in ONLY:
        return
    path = f"{ROOT}/data/{task}"
    for name, rows in files.items():
        os.makedirs(os.path.dirname(f"{path}/{name}"), exist_ok=True)
        with open(f"{path}/{name}", "w") as f:
            f.writelines(json.dumps(r) + "\n" for r in rows)
    configs = configs or {"default": {os.path.splitext(n)[0]: n for n in files}}
    with open(f"{path}/README.md", "w") as f:
        f.write("---\nconfigs:\n")
        for name, splits in configs.items():
            f.write(f"- config_name: {name}\n  data_files:\n" + "".join(f"  - split: {s}\n    path: {p}\n" for s, p in splits.items()))
        f.write("---\n")
    TASKS.append(task)


def classes(task, n_train=150, n_test=90, names=("train", "test"), field="label", numbers=False):
    number = list(TOPICS).index if numbers else str
    rows = lambda n: [{"text": t, field: number(c)} for c, t in labelled(n)]
    repo(task, {f"{names[0]}.jsonl": rows(n_train), f"{names[1]}.jsonl": rows(n_test)} if names[0] != names[1] else {f"{names[0]}.jsonl": rows(n_train)})


def lists(rows):
    return [{"sentences": [t for _, t in rows], "labels": [c for c, _ in rows]}]


def pairs(n, fields=("labels", "sentence1", "sentence2")):
    out = []
    for _ in range(n):
        a, same = text(), draw.random() < 0.4
        out.append(dict(zip(fields, (int(same), a, similar(a, draw.uniform(0.2, 1) if same else draw.uniform(0, 0.8))))))
    return out


def scored(n):
    out = []
    for _ in range(n):
        a, share = text(), draw.random()
        out.append({"score": round(5 * min(1, max(0, share + draw.gauss(0, 0.2))), 1), "sentence1": a, "sentence2": similar(a, share)})
    return out


def collection(prefix="", own=False, instructed=False):
    docs = [{"_id": f"d{i}", "title": text(n=1) if i % 3 else "", "text": text(n=7)} for i in range(60)]
    queries, qrels, top = [], [], []
    for i in range(14):
        right = draw.sample(docs, 3)
        name = right[1]["_id"] if own else f"q{i}"
        if name in [q["_id"] for q in queries]:
            continue
        queries.append({"_id": name, "text": similar(right[0]["text"], 0.5)})
        qrels += [{"query-id": name, "corpus-id": d["_id"], "score": g} for d, g in zip(right, (2, 1, 0))]
        top.append({"query-id": name, "corpus-ids": list(dict.fromkeys([d["_id"] for d in right[:2] + draw.sample(docs, 12)]))})
    return docs, queries, qrels, top


def retrieval(task, split="test", own=False, top=False, subsets=(None,), splits=None):
    files, configs = {}, {}
    for s in subsets:
        pre = f"{s}-" if s else ""
        names = {"corpus": pre + "corpus", "queries": pre + "queries", "qrels": pre + "qrels" if s else "default", "top_ranked": pre + "top_ranked"}
        for one in splits or [split]:
            docs, queries, qrels, ranked = collection(own=own)
            for kind, rows in zip(names, (docs, queries, qrels, ranked)):
                if kind != "top_ranked" or top:
                    file = f"{names[kind]}/{one}.jsonl"
                    files[file] = rows
                    configs.setdefault(names[kind], {})[one] = file
    repo(task, files, configs)


def make():
    classes("EmotionClassification")
    classes("Banking77Classification")
    classes("ToxicConversationsClassification", n_train=120, n_test=2500)
    repo("MedrxivClusteringP2P", {"test.jsonl": lists(labelled(60)) + lists(labelled(80))})
    repo("MedrxivClusteringS2S.v2", {"test.jsonl": lists(labelled(900))})
    repo("TwentyNewsgroupsClustering.v2", {"test.jsonl": lists(labelled(500)) + lists(labelled(500))})
    repo("StackExchangeClustering.v2", {"test.jsonl": lists(labelled(2300))})
    repo("StackExchangeClusteringP2P.v2", {"test.jsonl": lists(labelled(900) + [("alone", text())])})
    deep = [(f"{c}.{'xyz'[len(t) % 3]}", t) for c, t in labelled(2300)]
    repo("ArXivHierarchicalClusteringS2S", {"test.jsonl": lists(deep)})
    twitter = pairs(90, ("labels", "sent1", "sent2"))
    repo("TwitterURLCorpus", {"test.jsonl": [{k: [r[k] for r in twitter] for k in twitter[0]}]})
    repo("STS16", {"test.jsonl": scored(60)})
    summaries = []
    for _ in range(8):
        human = [text(n=9) for _ in range(3)]
        summaries.append({"text": text(n=20), "human_summaries": human, "machine_summaries": [similar(human[i % 3], i / 7) for i in range(7)],
                          "relevance": [round(i / 7 + draw.random(), 2) for i in range(7)]})
    repo("SummEval", {"test.jsonl": summaries})
    repo("SummEvalSummarization.v2", {"test.jsonl": summaries})
    retrieval("NFCorpus")
    retrieval("ArguAna", own=True)
    retrieval("SciDocsRR", top=True)
    retrieval("AskUbuntuDupQuestions", top=True)


def make_multilingual():
    tatoeba = {}
    for s in "deu-eng", "fra-eng":
        rows = [{"sentence1": (a := text(n=5)), "sentence2": similar(a, 0.7)} for _ in range(60)]
        tatoeba[f"{s}/test.jsonl"] = rows
    repo("Tatoeba", tatoeba, {s: {"test": f"{s}/test.jsonl"} for s in ("deu-eng", "fra-eng")})
    classes("OdiaNewsClassification")
    classes("NepaliNewsClassification", names=("train", "train"))
    many = lambda n: [{"text": text(c, 5, 0.5), "label": sorted({c, draw.choice(list(TOPICS))} if draw.random() < 0.6 else {c})} for c in draw.choices(list(TOPICS), k=n)]
    repo("CEDRClassification", {"train.jsonl": many(120), "test.jsonl": many(70)})
    repo("RTE3", {f"{s}/test.jsonl": pairs(60) for s in ("de", "en")}, {s: {"test": f"{s}/test.jsonl"} for s in ("de", "en")})
    claims = lambda n: [{"premise": (a := text()), "hypothesis": similar(a, 0.3 * (3 - k)), "label": k} for k in draw.choices(range(3), k=n)]
    repo("XNLI", {f"de/{s}.jsonl": claims(n) for s, n in (("test", 2300), ("validation", 300))}, {"de": {s: f"de/{s}.jsonl" for s in ("test", "validation")}})
    hate = [{"text": t, "is_hateful": c != "sea", "functionality": f"kind{draw.randrange(7)}"} for c, t in labelled(2400)]
    repo("MultiHateClassification", {"deu/test.jsonl": hate}, {"deu": {"test": "deu/test.jsonl"}})
    repo("STS17", {f"{s}/test.jsonl": scored(40) for s in ("en-en", "es-es")}, {s: {"test": f"{s}/test.jsonl"} for s in ("en-en", "es-es")})
    wiki = {f"{s}/test.jsonl": [{"sentences": t, "labels": c} for c, t in labelled(300)] for s in ("bs", "ca")}
    repo("WikiClusteringP2P.v2", wiki, {s: {"test": f"{s}/test.jsonl"} for s in ("bs", "ca")})
    repo("HALClusteringS2S.v2", {"test.jsonl": [{"sentences": t, "labels": c} for c, t in labelled(300)]})
    retrieval("TwitterHjerneRetrieval", split="train")
    retrieval("StatcanDialogueDatasetRetrieval", subsets=("english", "french"), splits=("dev", "test"))
    retrieval("RuBQReranking", top=True)
    belebele = {}
    for s in "deu_Latn", "eng_Latn":
        passages = [(f"l{i}", text(n=9)) for i in range(30)]
        asked = [(link, p, similar(p, 0.4)) for link, p in passages for _ in range(draw.randint(1, 2))]
        asked.append((*passages[0], asked[-1][2]))  # one question of two passages
        belebele[f"{s}/test.jsonl"] = [dict(zip(("link", "flores_passage", "question"), row)) for row in asked]
    repo("BelebeleRetrieval", belebele, {s: {"test": f"{s}/test.jsonl"} for s in ("deu_Latn", "eng_Latn")})
    docs, queries, qrels, top = collection()
    both = lambda rows: [dict(r, **{k: r[k] + end}) for r in rows for end in ("-og", "-changed") for k in ("_id" if "_id" in r else "query-id",)]
    files = {"corpus/corpus.jsonl": docs, "queries/queries.jsonl": both(queries), "default/test.jsonl": both(qrels), "top_ranked/top_ranked.jsonl": both(top),
             "instruction/instruction.jsonl": [{"query-id": q["_id"], "instruction": text(n=4)} for q in both(queries)],
             "qrel_diff/qrel_diff.jsonl": [{"query-id": t["query-id"], "corpus-ids": t["corpus-ids"][2:5]} for t in top]}
    repo("Core17InstructionRetrieval", files, {n.split("/")[0]: {os.path.basename(n)[:-len(".jsonl")]: n} for n in files})


def by_mteb(name):
    task = mteb.get_task(name)
    task.metadata.dataset["path"] = f"{ROOT}/data/{name}"
    task.metadata.dataset.pop("revision", None)
    task.metadata.dataset["revision"] = "local"
    task.fast_loading = False
    there = set(os.listdir(f"{ROOT}/data/{name}"))
    subsets = [s for s in task.hf_subsets if s in there or f"{s}-corpus" in there or set(s.split("-")) <= there]
    if subsets:
        task.hf_subsets = subsets
    result = mteb.evaluate(Stub(), task, cache=None, overwrite_strategy="always", show_progress_bar=False).task_results[0]
    scores = [s["main_score"] for split in result.scores.values() for s in split]
    return 100 * float(np.mean(scores))


def by_m2v(*flags):
    out = subprocess.run([M2V, "eval", f"glove:{ROOT}/words.txt", "--data", f"{ROOT}/data", "--no-cache", "--json", *flags], capture_output=True, text=True)
    if not out.stdout:
        sys.exit(out.stderr)
    return {t["task"]: t for t in json.loads(out.stdout)["models"][0]["tasks"]}


bad = 0
for made, flags in (make, ()), (make_multilingual, ("--languages", "all")):
    TASKS.clear()
    shutil.rmtree(f"{ROOT}/data", ignore_errors=True)
    made()
    if not TASKS:
        continue
    ours = by_m2v(*flags)
    for name in TASKS:
        try:
            theirs = by_mteb(name)
        except Exception as e:  # say which task it was and go on
            print(f"{name:40s} mteb: {type(e).__name__}: {str(e)[:300]}")
            bad += 1
            continue
        got = ours.get(name, {"error": "not there"})
        equal = got.get("score") is not None and abs(got["score"] - theirs) <= 0.01
        bad += not equal
        print(f"{name:40s} mteb {theirs:8.3f}  m2v {got.get('score') if got.get('score') is None else round(got['score'], 3)} {'' if equal else 'DIFFERENT ' + str(got.get('error', ''))}", flush=True)
sys.exit(f"interop-eval: {bad} tasks differ" if bad else None)
