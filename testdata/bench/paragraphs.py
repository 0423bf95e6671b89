"""paragraphs.py DATA COUNT [LENGTH]: the texts of make bench-encode, a JSON string a line.

They are paragraphs of about 177 characters, or LENGTH, of the shared evaluation data. This is a
program of its own so that the memory it takes is not counted as a child's.
"""

import gzip
import json
import pathlib
import sys
from collections.abc import Iterator

LENGTH = 177  # characters: the mean of the paragraphs that the first figures were taken with


def documents(data: pathlib.Path) -> Iterator[str]:
    """Prose of many kinds: abstracts, arguments, reviews, news, questions, posts."""
    for path in sorted(data.glob("retrieval/*/corpus.jsonl*")):
        for line in lines(path):
            document = json.loads(line)
            yield f"{document['title']} {document['text']}".strip()
    for path in sorted(data.glob("class/*/train.tsv*")) + sorted(data.glob("cluster/*.tsv*")):
        for line in lines(path):
            yield line.split("\t", 1)[1]


def lines(path: pathlib.Path) -> Iterator[str]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as file:
        yield from (line.rstrip("\n") for line in file)


def paragraphs(data: pathlib.Path, count: int, length: int = LENGTH) -> list[str]:
    """count different paragraphs, taken evenly from all that the data give."""
    found: dict[str, None] = {}  # in order
    for text in documents(data):
        while len(text) >= length:
            cut = text.rfind(" ", 0, length + 5)
            cut = cut if cut > length - 20 else length  # no space near: Chinese, a long address
            found[text[:cut]] = None
            text = text[cut:].lstrip()
    if len(found) < count:
        raise SystemExit(f"bench: {data} gives {len(found)} paragraphs, not {count}")
    every = list(found)
    return [every[i * len(every) // count] for i in range(count)]


if __name__ == "__main__":
    for paragraph in paragraphs(pathlib.Path(sys.argv[1]), *map(int, sys.argv[2:])):
        print(json.dumps(paragraph))
