"""sentencepiece/testdata: small BPE models, and the ids that sentencepiece gives.

    pip install sentencepiece==0.2.3 tokenizers==0.22.2
    go build -o bin/m2v ./cmd/m2v
    python testdata/gen/sentencepiece_bpe.py [--fuzz N] [CORPUS…]

NAME.model are trained on tinytexts.py's texts: with a character map of a few
hundred rules (of nmt_nfkc's kinds, which as a whole is 240 KB), without one, and with
white space left as it is. NAME.json holds texts and the ids of EncodeAsIds.

--fuzz compares, on N random texts a model, sentencepiece with tokenizers on the
tokenizer.json that `m2v import` writes; files of texts add a model with the whole of
nmt_nfkc, trained on their lines. Nothing is written then.
"""

import argparse
import json
import pathlib
import random
import re
import subprocess
import sys
import tempfile
import unicodedata

import sentencepiece as spm
from tokenizers import Tokenizer

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import tinytexts

ROOT = pathlib.Path(__file__).resolve().parents[2]
OUT = ROOT / "sentencepiece/testdata"
MODELS = {
    "mapped": {"vocab_size": 400},
    "identity": {"vocab_size": 400, "normalization_rule_name": "identity"},
    "spaces": {"vocab_size": 300, "normalization_rule_name": "identity", "remove_extra_whitespaces": False, "add_dummy_prefix": False},
}


def preprocess(text: str) -> str:
    """BPEmb's."""
    return re.sub(r"\d", "0", text.lower())


def rules() -> str:
    """Character rules in the form of normalization_rule_tsv: some of nmt_nfkc."""
    lines = {(9,): " ", (10,): " ", (0x200B,): " ", (0x2581,): " ", (7,): ""}
    for c in [0xA0, 0xA8, 0xAA, 0xBD, 0x3000, 0x2003, *range(0xFB00, 0xFB07), *range(0xFF01, 0xFF5F), *range(0xFF61, 0xFF9F), 0x1C4, 0x33A5]:
        lines[(c,)] = unicodedata.normalize("NFKC", chr(c))
    for base in "aeiouncAEIOUNC":
        for mark in [0x300, 0x301, 0x302, 0x303, 0x308, 0x327]:
            both = base + chr(mark)
            if len(unicodedata.normalize("NFKC", both)) == 1:
                lines[tuple(map(ord, both))] = unicodedata.normalize("NFKC", both)
    return "".join(" ".join(f"{c:X}" for c in k) + "\t" + " ".join(f"{ord(c):X}" for c in v) + "\n" for k, v in lines.items())


def train(corpus: list[str], path: pathlib.Path, **options) -> None:
    spm.SentencePieceTrainer.train(sentence_iterator=iter(corpus), model_prefix=str(path.with_suffix("")), model_type="bpe", minloglevel=2, **options)
    path.with_suffix(".vocab").unlink()


MARKS = [0x301, 0x308, 0x327, 0x200B, 0xA0, 0x3000, 0xFB01, 0x2581, 0xAD, 0xA8, 0xBD, 0x130, 0x3A3, 7, 9]
RANGES = [(32, 0x250), (0x300, 0x370), (0x370, 0x400), (0x2000, 0x2100), (0x3000, 0x3100), (0xFF00, 0xFFEF), (0xAC00, 0xD7A3), (0x1100, 0x1200)]


def random_text(rng: random.Random, corpus: list[str]) -> str:
    kind = rng.randrange(4)
    if kind == 0:
        pool = "abcde  ▁\t\n12.,aaaa==--"
    elif kind == 1:
        pool = [chr(rng.choice([*(rng.randrange(*r) for r in RANGES), 32, 32, 97, 101])) for _ in range(50)]
    else:
        text = list(rng.choice(corpus))
        for _ in range(3 * (kind == 2)):
            text.insert(rng.randrange(len(text) + 1), chr(rng.choice(MARKS)))
        return "".join(text)
    return "".join(rng.choice(pool) for _ in range(rng.randrange(40)))


def imported(model: pathlib.Path, tmp: pathlib.Path) -> Tokenizer:
    """The tokenizer that m2v import writes of a model."""
    pieces = spm.SentencePieceProcessor(model_file=str(model))
    rows = "".join(f"{pieces.id_to_piece(i)} 1 2\n" for i in range(len(pieces)))
    (tmp / "rows.txt").write_text(f"{len(pieces)} 2\n{rows}", encoding="utf-8")
    subprocess.run([ROOT / "bin/m2v", "import", f"bpemb:{model},{tmp}/rows.txt", "-o", tmp / model.stem, "--force"], check=True, stdout=subprocess.DEVNULL)
    return Tokenizer.from_file(str(tmp / model.stem / "tokenizer.json"))


def fuzz(model: pathlib.Path, corpus: list[str], n: int) -> None:
    pieces, rng, other = spm.SentencePieceProcessor(model_file=str(model)), random.Random(7), []
    with tempfile.TemporaryDirectory() as tmp:
        tokenizer = imported(model, pathlib.Path(tmp))
    for text in [random_text(rng, corpus) for _ in range(n)] + corpus:
        if pieces.encode(preprocess(text)) != tokenizer.encode(text, add_special_tokens=False).ids:
            other.append(text)
    print(f"{model.stem}: {n} random texts and {len(corpus)} real ones, {len(other)} differ; first {other[:3]!r}")


def main() -> None:
    args = argparse.ArgumentParser()
    args.add_argument("--fuzz", type=int, default=0)
    args.add_argument("corpus", nargs="*", type=pathlib.Path)
    args = args.parse_args()
    corpus = tinytexts.sentences(4000)
    if args.fuzz:
        for name in MODELS:
            fuzz(OUT / f"{name}.model", corpus, args.fuzz)
        lines = [line for path in args.corpus for line in path.read_text(encoding="utf-8").splitlines()]
        if lines:
            with tempfile.TemporaryDirectory() as tmp:
                model = pathlib.Path(tmp) / "nmt_nfkc.model"
                train([preprocess(line) for line in lines], model, vocab_size=4000)
                fuzz(model, lines, args.fuzz)
        return
    OUT.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as tmp:
        tsv = pathlib.Path(tmp) / "rules.tsv"
        tsv.write_text(rules(), encoding="utf-8")
        for name, options in MODELS.items():
            if name == "mapped":
                options = options | {"normalization_rule_tsv": str(tsv)}
            path = pathlib.Path(tmp) / f"{name}.model"
            train([preprocess(t) for t in corpus], path, **options)
            (OUT / f"{name}.model").write_bytes(path.read_bytes().replace(tmp.encode(), b"/" * len(tmp)))
    rng = random.Random(1)
    own = json.loads((ROOT / "testdata/golden/texts.json").read_text(encoding="utf-8"))
    texts = ["", " ", "▁", "a", "aaaaaaa", "\ufb01\u0301", "The CAT sat on 12 mats.", "日本", "日本 日本日", "<unk> <s> </s>", "ＡＢＣ　ﾊﾟ", "\x07a\x07", "\x07", "a\u0327\u0301 e\u0301"]
    texts += [random_text(rng, own) for _ in range(150)]
    for name in MODELS:
        pieces = spm.SentencePieceProcessor(model_file=str(OUT / f"{name}.model"))
        cases = "".join("\n" + json.dumps({"text": t, "ids": pieces.encode(t)}, ensure_ascii=False) + "," for t in texts).rstrip(",")
        about = {"about": "sentencepiece 0.2.3, testdata/gen/sentencepiece_bpe.py", "pieces": [pieces.id_to_piece(i) for i in range(len(pieces))]}
        (OUT / f"{name}.json").write_text(json.dumps(about, ensure_ascii=False)[:-1] + f', "cases": [{cases}\n]}}\n', encoding="utf-8")


if __name__ == "__main__":
    main()
