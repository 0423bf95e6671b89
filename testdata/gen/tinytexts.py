"""The texts that the tiny teachers learn from.

Only sets of the shared evaluation data whose licence is MIT or CC BY (ODC-By
for SciFact's abstracts) are read; testdata/README.md lists them. No text is
committed, only vocabularies and weights made from them.
"""

import gzip
import json
import os
import pathlib
import random
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = pathlib.Path(os.environ.get("M2V_SHARED", ROOT.parent / "shared"))
CLASS_SETS = ["banking77", "massive_intent", "mr", "sst5", "subj", "trec"]
SEED = 42


def _lines(path: pathlib.Path) -> list[str]:
    packed = path.with_name(path.name + ".gz")
    with gzip.open(packed, "rt") if packed.exists() else path.open() as f:
        return f.read().splitlines()


def sentences(limit: int) -> list[str]:
    """At most limit distinct texts of up to 400 characters, in a seeded order."""
    found = []
    for name in CLASS_SETS:
        rows = _lines(SHARED / "eval/class" / name / "train.tsv")
        found += [row.split("\t", 1)[1] for row in rows]
    for row in _lines(SHARED / "eval/retrieval/scifact/corpus.jsonl"):
        document = json.loads(row)
        found.append(document["title"])
        found += re.split(r"(?<=[.!?]) +", document["text"])
    found = [text.strip() for text in found]
    distinct = sorted({text for text in found if 3 <= len(text) <= 400})
    random.Random(SEED).shuffle(distinct)
    return distinct[:limit]


def sts(split: str) -> list[tuple[float, str, str]]:
    """STSBenchmark's (score, sentence, sentence); only ever measured on."""
    rows = [row.split("\t") for row in _lines(SHARED / f"eval/sts/STSBenchmark-{split}.tsv")]
    return [(float(score), a, b) for score, a, b in rows]
