"""eval_protocols.py DIR MODEL: small data sets of all nine columns in both forms, and their scores by numpy, scipy and
scikit-learn. MODEL is pairs (scores.json, for eval/protocols_test.go) or words (scores-words.json, for
cmd/m2v/testdata/eval.txtar); the data sets are the same. DIR is eval/testdata/protocols.

The vectors of pairs are sums over pairs of letters (see vector): no two texts have the same by chance, so that no
score depends on how ties are rounded. numpy 2.4.6, scipy 1.17.1, scikit-learn 1.9.1.
"""
import csv
import json
import os
import random
import sys
import warnings

import numpy as np
from scipy.stats import pearsonr, spearmanr
from sklearn.cluster import KMeans, MiniBatchKMeans
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score, f1_score, normalized_mutual_info_score, v_measure_score
from sklearn.neighbors import KNeighborsClassifier
from sklearn.preprocessing import MultiLabelBinarizer

warnings.filterwarnings("ignore")
ROOT, MODEL = sys.argv[1:3]
SCORES = {}
draw = random.Random(7)


def write(name, text):
    path = f"{ROOT}/{name}"
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf8", newline="") as f:
        f.write(text)


def tsv(name, rows, header=None):
    write(name, "".join("\t".join(map(str, r)) + "\n" for r in ([header] if header else []) + rows))


def jsonl(name, rows):
    write(name, "".join(json.dumps(r) + "\n" for r in rows))


def score(name, value):
    SCORES[name] = 100 * float(value)


def vector(text):
    """Pairs of letters, of 64 classes; each pair weighs a little more than the one before."""
    v = np.zeros(64, np.float32)
    for i, (a, b) in enumerate(zip(text.encode(), text.encode()[1:])):
        v[(31 * a + b) % 64] += np.float32(1 + i / 64)
    return v


def word_mean(text):
    """The mean of the vectors of a text's words, as averaged word vectors have it."""
    known = [WORDS[w] for w in (t.strip(',"') for t in text.split()) if w in WORDS]
    return (np.sum(known, 0, dtype=np.float64) / len(known)).astype(np.float32)


def encode(texts):
    if MODEL == "words":
        return np.stack([word_mean(t) for t in texts])
    return np.stack([vector(t) for t in texts])


def unit(texts):
    x = encode(texts).astype(np.float64)
    return x / (np.linalg.norm(x, axis=1, keepdims=True) + 1e-32)


TOPICS = {c: ["".join(draw.choices(letters, k=draw.randint(3, 8))) for _ in range(12)]
          for c, letters in zip(("sea", "wood", "iron"), ("abcdefghst", "efghijklst", "ijklmnopst"))}
EVERY = [w for words in TOPICS.values() for w in words]
WORDS = {w: np.array([round(draw.gauss(0, 1) + 0.4 * (k // 12 == i % 3), 3) for i in range(12)], np.float32) for k, w in enumerate(EVERY)}
write("words.txt", "".join(w + " " + " ".join(f"{x:g}" for x in v) + "\n" for w, v in WORDS.items()))


def text(topic=None, n=6, noise=0.4):
    return " ".join(draw.choice(EVERY if topic is None or draw.random() < noise else TOPICS[topic]) for _ in range(n))


def similar(a, share):
    """Another text of which that share of words is the same."""
    while (b := " ".join(w if draw.random() < share else draw.choice(EVERY) for w in a.split())) == a:
        share = 0.9 * share
    return b


# Class: mteb's draws.
def classify(train, test, per):
    x, y = encode([t for _, t in test]), [c for c, _ in test]
    order, accuracy = list(range(len(train))), []
    for _ in range(10):
        np.random.RandomState(42).shuffle(order)
        taken, rows = {}, []
        for i in order:
            if taken.get(train[i][0], 0) < per:
                taken[train[i][0]] = taken.get(train[i][0], 0) + 1
                rows.append(i)
        model = LogisticRegression(max_iter=100).fit(encode([train[i][1] for i in rows]), [train[i][0] for i in rows])
        accuracy.append(model.score(x, y))
    return np.mean(accuracy)


def labelled(n, noise=0.6):
    return [(c, text(c, 5, noise)) for c in draw.choices(list(TOPICS), k=n)]


train, test = labelled(90, 0.75), labelled(60, 0.75)
tsv("plain/class/imdb/train.tsv", train)
tsv("plain/class/imdb/test.tsv", test)
score("plain imdb", classify(train, test, 8))
train, test = labelled(90, 0.75), labelled(60, 0.75)
for split, rows in ("train", train), ("test", test):
    with open(os.path.join(ROOT, "made.csv"), "w", newline="") as f:
        csv.writer(f).writerows([("text", "label")] + [(t + ', "so"', c) for c, t in rows])
    with open(os.path.join(ROOT, "made.csv"), newline="") as f:
        write(f"hub/mteb/emotion/{split}.csv", f.read())
os.remove(os.path.join(ROOT, "made.csv"))
quoted = lambda rows: [(c, t + ', "so"') for c, t in rows]
score("hub EmotionClassification", classify(quoted(train), quoted(test), 16))

# Clust.
rows = labelled(150)
tsv("plain/cluster/stackoverflow.tsv", rows)
x, y = encode([t for _, t in rows]), [c for c, _ in rows]
score("plain stackoverflow", np.mean([v_measure_score(y, MiniBatchKMeans(3, batch_size=500, n_init=3, random_state=s).fit_predict(x)) for s in range(3)]))
sets = [labelled(40), labelled(50)]
jsonl("hub/MedrxivClusteringP2P/test.jsonl", [{"sentences": [t for _, t in s], "labels": [c for c, _ in s]} for s in sets])
score("hub MedrxivClusteringP2P", np.mean([v_measure_score([c for c, _ in s], MiniBatchKMeans(3, batch_size=500, n_init=1, random_state=42).fit_predict(encode([t for _, t in s]))) for s in sets]))


def fast(rows, share, levels):
    """AbsTaskClustering of mteb 2.20.0."""
    rng = random.Random(42)
    if share:
        rows = [rows[i] for i in rng.sample(range(len(rows)), k=int(share * len(rows)))]
    scores = []
    for level in range(levels):
        at = [(c.split(".")[level], t) for c, t in rows if len(c.split(".")) > level]
        x, y = encode([t for _, t in at]), np.array([c for c, _ in at])
        model = MiniBatchKMeans(n_clusters=len(set(y)), batch_size=512, init="k-means++", n_init=1, random_state=42)
        for _ in range(10):
            rows_drawn = rng.choices(range(len(at)), k=16384)
            scores.append(v_measure_score(y[rows_drawn], model.fit_predict(x[rows_drawn])))
    return np.mean(scores)


rows = labelled(900)
jsonl("hub/MedrxivClusteringS2S.v2/test.jsonl", [{"sentences": t, "labels": c} for c, t in rows])
score("hub MedrxivClusteringS2S.v2", fast(rows, 0.04, 1))
rows = [(c if draw.random() < 0.3 else f"{c}.{'xy'[t < 'f']}", t) for c, t in labelled(800)]
jsonl("hub/ArXivHierarchicalClusteringS2S/test.jsonl", [{"sentences": [t for _, t in rows], "labels": [c for c, _ in rows]}])
score("hub ArXivHierarchicalClusteringS2S", fast(rows, 0.04, 2))


# PairClass: the best of four similarities.
def pairs(n, low, high):
    out = []
    for _ in range(n):
        a, same = text(n=6), draw.random() < 0.4
        out.append((int(same), a, similar(a, draw.uniform(*(high if same else low)))))
    return out


def paraphrase(rows):
    y = [label for label, _, _ in rows]
    a, b = (encode([r[i] for r in rows]).astype(np.float64) for i in (1, 2))
    cosine = (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    return max(average_precision_score(y, s) for s in (cosine, (a * b).sum(1), -np.linalg.norm(a - b, axis=1), -np.abs(a - b).sum(1)))


rows = pairs(80, (0, 0.8), (0.2, 1))
tsv("plain/pair/mrpc-test.tsv", rows)
score("plain mrpc-test", paraphrase(rows))
rows = pairs(80, (0, 0.8), (0.2, 1))
jsonl("hub/mteb/twitterurlcorpus-pairclassification/test.jsonl", [{"labels": [r[0] for r in rows], "sent1": [r[1] for r in rows], "sent2": [r[2] for r in rows]}])
score("hub TwitterURLCorpus", paraphrase(rows))


# Rank: mean average precision; a query without right or wrong candidates does not count.
def rank(rows):
    out = []
    for r in rows:
        if r["positive"] and r["negative"]:
            found = unit(r["positive"] + r["negative"]) @ unit([r["query"]])[0]
            out.append(average_precision_score([1] * len(r["positive"]) + [0] * len(r["negative"]), found))
    return np.mean(out)


def samples(n):
    out = []
    for i in range(n):
        q = text(n=5)
        out.append({"query": q, "positive": [similar(q, draw.uniform(0.1, 0.7)) for _ in range(draw.randint(1, 3))],
                    "negative": [similar(q, draw.uniform(0, 0.5)) for _ in range(5)] if i != 3 else []})
    return out


rows = samples(15)
jsonl("plain/rerank/trecqa-test.jsonl", rows)
score("plain trecqa-test", rank(rows))
rows = samples(15)
jsonl("hub/scidocs-reranking/test.jsonl", rows)
score("hub SciDocsRR", rank(rows))


# Ret: nDCG@10 of title + " " + text.
def collection():
    docs = [{"_id": f"d{i}", "title": text(n=1) if i % 3 else "", "text": text(n=7)} for i in range(60)]
    queries, grades = [], []
    for i in range(12):
        right = draw.sample(docs, 3)
        queries.append({"_id": f"q{i}", "text": similar(right[0]["text"], 0.5)})
        grades += [(f"q{i}", d["_id"], g) for d, g in zip(right, (2, 1, 0))]
    queries.append({"_id": "unjudged", "text": text()})
    return docs, queries, grades


def ndcg(docs, queries, grades):
    x, out = unit([(d["title"] + " " + d["text"]).strip() for d in docs]), []
    for q in queries:
        gain = {d: g for i, d, g in grades if i == q["_id"]}
        if gain:
            top = np.argsort(-(x @ unit([q["text"]])[0]), kind="stable")[:10]
            dcg = lambda list: sum(g / np.log2(k + 2) for k, g in enumerate(list))
            out.append(dcg([gain.get(docs[k]["_id"], 0) for k in top]) / dcg(sorted(gain.values(), reverse=True)[:10]))
    return np.mean(out)


docs, queries, grades = collection()
jsonl("plain/retrieval/scifact/corpus.jsonl", docs)
jsonl("plain/retrieval/scifact/queries.jsonl", queries)
tsv("plain/retrieval/scifact/qrels.tsv", grades)
score("plain scifact", ndcg(docs, queries, grades))
docs, queries, grades = collection()
jsonl("hub/nfcorpus/corpus.jsonl", docs)
jsonl("hub/nfcorpus/queries.jsonl", queries)
tsv("hub/nfcorpus/qrels/test.tsv", grades, ("query-id", "corpus-id", "score"))
score("hub NFCorpus", ndcg(docs, queries, grades))


# STS, WordSim: Spearman of cosines.
def scored(n, words):
    out = []
    for _ in range(n):
        a, share = text(n=words), draw.random()
        out.append((round(5 * min(1, max(0, share + draw.gauss(0, 0.15))), 1), a, similar(a, share)))
    return out


def cosines(rows):
    return (unit([r[1] for r in rows]) * unit([r[2] for r in rows])).sum(1)


rows = scored(50, 6)
tsv("plain/sts/STS13-test.tsv", rows)
score("plain STS13-test", spearmanr(cosines(rows), [r[0] for r in rows]).statistic)
rows = scored(50, 6)
tsv("hub/sts16-sts/test.tsv", rows, ("score", "sentence1", "sentence2"))
score("hub STS16", spearmanr(cosines(rows), [r[0] for r in rows]).statistic)
rows = [(a, b, s) for s, a, b in scored(60, 1)]
tsv("plain/wordsim/men.tsv", rows)
score("plain men", spearmanr(cosines([(0, a, b) for a, b, _ in rows]), [s for *_, s in rows]).statistic)


# Sum: relevance is the field that counts; coherence is another.
def summaries(n):
    out = []
    for _ in range(n):
        human = [text(n=9) for _ in range(3)]
        machine = [similar(human[i % 3], i / 7) for i in range(7)]
        out.append({"human_summaries": human, "machine_summaries": machine, "relevance": [round(i / 7 + draw.random(), 2) for i in range(7)],
                    "coherence": [round(draw.random(), 2) for _ in range(7)]})
    return out


def summed(rows):
    return [spearmanr((unit(r["machine_summaries"]) @ unit(r["human_summaries"]).T).max(1), r["relevance"]) for r in rows]


rows = summaries(8)
jsonl("plain/summ/summeval.jsonl", rows)
score("plain summeval", np.mean([r.statistic for r in summed(rows)]))
rows = summaries(8)
jsonl("hub/summeval/test.jsonl", rows)
score("hub SummEvalSummarization.v2", np.mean([r.statistic for r in summed(rows)]))
score("hub SummEval", np.mean([(r.statistic + r.pvalue) / 2 for r in summed(rows)]))

# Pearl.
rows = [(a, b, s / 5) for s, a, b in scored(50, 2)]
tsv("plain/pearl/bird.tsv", rows)
score("plain bird", pearsonr((cosines([(0, a, b) for a, b, _ in rows]) + 1) / 2, [s for *_, s in rows])[0])


def tables():
    out = []
    for _ in range(3):
        candidates = sorted({text(n=3) for _ in range(20)})
        gold = draw.sample(candidates, 8)
        out.append({"candidates": candidates, "queries": [similar(g, 0.55) for g in gold], "gold": gold})
    return out


def matched(tables):
    return np.mean([np.mean([t["candidates"][k] == g for k, g in zip((unit(t["queries"]) @ unit(t["candidates"]).T).argmax(1), t["gold"])]) for t in tables])


rows = tables()
jsonl("plain/pearl/autofj.jsonl", rows)
score("plain autofj", matched(rows))
rows = [(c, t) for c, t in labelled(80)]
tsv("plain/pearl/conll-cluster.tsv", rows)
score("plain conll-cluster", normalized_mutual_info_score([c for c, _ in rows], KMeans(3, n_init=10, random_state=0).fit(encode([t for _, t in rows])).labels_))
root = "hub/pearl_benchmark/data"
rows = [(a, b, s / 5) for s, a, b in scored(50, 2)]
tsv(f"{root}/bird/bird.tsv", rows, ("term1", "term2", "relatedness score"))
score("hub BIRD", pearsonr((cosines([(0, a, b) for a, b, _ in rows]) + 1) / 2, [s for *_, s in rows])[0])
rows = [(t, c) for c, t in labelled(80)]
tsv(f"{root}/conll/conll.tsv", rows, ("entity", "label"))
score("hub CoNLL", normalized_mutual_info_score([c for _, c in rows], KMeans(3, n_init=10, random_state=0).fit(encode([t for t, _ in rows])).labels_))
for i, t in enumerate(joined := tables()):
    for name, rows in (("left", [("id", "title")] + [(k, c) for k, c in enumerate(t["candidates"])]), ("right", [("id", "title")] + [(k, q) for k, q in enumerate(t["queries"])]),
                       ("gt", [("title_l", "title_r")] + list(zip(t["gold"], t["queries"])))):
        write(f"{root}/autofj/Table{i}/{name}.csv", "".join(f"{a},{b}\n" for a, b in rows))
score("hub AutoFJ", matched(joined))
rows = []
for _ in range(30):
    q = text(n=2)
    rows.append((q, similar(q, 0.6), *(similar(q, 0.3) for _ in range(4))))
tsv(f"{root}/turney/turney.tsv", rows, ("query", "label", "candidate_1", "candidate_2", "candidate_3", "candidate_4"))
products = [encode(r[1:]) @ encode(r[:1])[0] for r in rows]
score("hub Turney", np.mean([p[0] >= p[1:].max() for p in products]))
names = sorted({text(n=2) for _ in range(25)})
rows = [(similar(n, 0.6), n) for n in draw.sample(names, 12)]
tsv(f"{root}/umls/umls_test_samples.tsv", rows, ("query", "label"))
tsv(f"{root}/kb/umls_kb.tsv", [(n,) for n in names], ("entity_name",))
score("hub UMLS", matched([{"candidates": names, "queries": [q for q, _ in rows], "gold": [g for _, g in rows]}]))

# MTEB(Multilingual): BitMining, MultiClass, InstRet, and a task of two subsets.
f1 = {}
for s in "deu-eng", "fra-eng":
    rows = [{"sentence1": (a := text(n=5)), "sentence2": similar(a, 0.6)} for _ in range(50)]
    jsonl(f"multilingual/tatoeba-bitext-mining/{s}/test.jsonl", rows)
    found = (unit([r["sentence1"] for r in rows]) @ unit([r["sentence2"] for r in rows]).T).argmax(1)
    f1[s] = f1_score(range(len(rows)), found, average="weighted", zero_division=0)
score("multilingual Tatoeba", np.mean(list(f1.values())))


def several(n):
    return [{"text": text(c, 5, 0.5), "label": sorted({c, draw.choice(list(TOPICS))} if draw.random() < 0.6 else {c})} for c in draw.choices(list(TOPICS), k=n)]


train, test = several(90), several(60)
jsonl("multilingual/CEDRClassification/train.jsonl", train)
jsonl("multilingual/CEDRClassification/test.jsonl", test)
binarizer = MultiLabelBinarizer()
y, x = binarizer.fit_transform([r["label"] for r in test]), encode([r["text"] for r in test])
rng, accuracy = np.random.default_rng(42), []
for _ in range(10):
    order, taken, rows = list(range(len(train))), {}, []
    rng.shuffle(order)
    for i in order:
        if any(taken.get(c, 0) < 8 for c in train[i]["label"]):
            rows.append(i)
            for c in train[i]["label"]:
                taken[c] = taken.get(c, 0) + 1
    model = KNeighborsClassifier(5).fit(encode([train[i]["text"] for i in rows]), binarizer.transform([train[i]["label"] for i in rows]))
    accuracy.append(model.score(x, y))
score("multilingual CEDRClassification", np.mean(accuracy))

docs, queries, _ = collection()
docs = [dict(d, title="") for d in docs]
root, changes, by_id = "multilingual/Core17InstructionRetrieval", [], {d["_id"]: d["text"] for d in docs}
asked, top, diff, told, grades = [], [], [], [], []
for q in queries[:8]:
    candidates, ranks = draw.sample(docs, 15), {}
    for end in "-og", "-changed":
        instruction = text(n=4)
        asked.append({"_id": q["_id"] + end, "text": q["text"]})
        told.append({"query-id": q["_id"] + end, "instruction": instruction})
        top.append({"query-id": q["_id"] + end, "corpus-ids": [d["_id"] for d in candidates]})
        grades.append({"query-id": q["_id"] + end, "corpus-id": candidates[0]["_id"], "score": 1})
        found = unit([d["text"] for d in candidates]) @ unit([q["text"] + " " + instruction])[0]
        ranks[end] = {candidates[k]["_id"]: r + 1 for r, k in enumerate(np.argsort(-found))}
    diff.append({"query-id": q["_id"], "corpus-ids": [d["_id"] for d in candidates[2:5]]})
    both = [(ranks["-og"][d], ranks["-changed"][d]) for d in diff[-1]["corpus-ids"]]
    changes.append(np.mean([new / old - 1 if old >= new else 1 - old / new for old, new in both]))
for name, rows in ("corpus/corpus", docs), ("queries/queries", asked), ("default/test", grades), ("top_ranked/top_ranked", top), ("instruction/instruction", told), ("qrel_diff/qrel_diff", diff):
    jsonl(f"{root}/{name}.jsonl", rows)
score("multilingual Core17InstructionRetrieval", np.mean(changes))

write({"pairs": "scores.json", "words": "scores-words.json"}[MODEL], json.dumps(SCORES, indent=1) + "\n")
