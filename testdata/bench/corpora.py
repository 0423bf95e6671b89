"""corpora.py tasks OUT.txt [DATA]: the unlabelled training texts of eval's classification and STS sets.
corpora.py random OUT.txt N SEED FILE…: N strings of random words.

tasks   all texts of class/*/train.tsv and sts/*train* of DATA (../shared/eval) of 15 to 400 characters, without
        those that stand in a test or dev split (class, cluster, pair, rerank, retrieval's queries, sts),
        by their letters and digits in lower case. bin/get-texts of the shared data keeps the first 60,000
        of the same list; here are all.
random  the words of FILE…'s lines, shuffled all together and cut at lengths of lines, shuffled as well
"""

import glob
import gzip
import itertools
import json
import os
import random
import sys

from sentences import bare


def lines(path: str):
    opened = gzip.open if path.endswith(".gz") else open
    with opened(path, "rt", encoding="utf8", newline="\n") as file:
        yield from (line.rstrip("\n") for line in file)


def fields(path: str):
    return (line.split("\t")[1:] for line in lines(path))


def scored(data: str) -> tuple[set[str], set[str]]:
    """Texts that a score hangs on: bare, and as they are (sts and pair, train splits that are not called so too)."""
    files = [p for kind in ("class/*", "cluster", "pair", "sts") for p in glob.glob(f"{data}/{kind}/*") if os.path.isfile(p)]
    held = {bare(t) for p in files if "train" not in os.path.basename(p) for row in fields(p) for t in row}
    for path in glob.glob(f"{data}/retrieval/*/queries*"):
        held |= {bare(json.loads(line)["text"]) for line in lines(path)}
    for path in glob.glob(f"{data}/rerank/*"):
        for row in map(json.loads, lines(path)):
            held |= {bare(t) for t in [row["query"], *row["positive"], *row["negative"]]}
    pairs = (p for kind in ("sts", "pair") for p in glob.glob(f"{data}/{kind}/*") if "train" not in p)
    return held, {t for p in pairs for row in fields(p) for t in row}


def tasks(data: str) -> list[str]:
    texts = {line.split("\t")[1] for p in glob.glob(f"{data}/class/*/train.tsv*") for line in lines(p)}
    texts |= {t for p in glob.glob(f"{data}/sts/*train*") for line in lines(p) for t in line.split("\t")[1:3]}
    held, known = scored(data)
    kept = sorted(t for t in texts if 15 <= len(t) <= 400 and t not in known and "\r" not in t)
    random.Random(7).shuffle(kept)
    return [t for t in kept if bare(t) not in held]


def random_words(n: int, seed: int, paths: list[str]) -> list[str]:
    texts = [line for path in paths for line in lines(path)]
    words, lengths = [w for t in texts for w in t.split()], [len(t.split()) for t in texts]
    draw = random.Random(seed)
    draw.shuffle(words)
    draw.shuffle(lengths)
    rest = iter(words)
    return [" ".join(itertools.islice(rest, length)) for length in lengths[:n]]


def main() -> None:
    match sys.argv[1:]:
        case ["tasks", out, *data]:
            texts = tasks(*(data or ["../shared/eval"]))
        case ["random", out, n, seed, *paths] if paths:
            texts = random_words(int(n), int(seed), paths)
        case _:
            raise SystemExit(__doc__)
    with open(out, "w", encoding="utf8", newline="\n") as file:
        file.write("\n".join(texts) + "\n")


if __name__ == "__main__":
    main()
