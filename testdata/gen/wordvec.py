"""wordvec/testdata/words.json: what sentence-transformers' average word embeddings give.

    pip download --no-deps sentence-transformers==6.2.0 && unzip -d SRC sentence_transformers-*.whl
    python testdata/gen/wordvec.py SRC

WhitespaceTokenizer is run from its source; torch and transformers, which only the
classes around it need, are not. The mean is Pooling's: a float32 sum over the tokens,
divided by their number, at least 1e-9.
Also wordvec/stopwords.txt, from ENGLISH_STOP_WORDS.
"""

import importlib.util
import json
import pathlib
import random
import sys
import types

import numpy as np

OUT = pathlib.Path(__file__).resolve().parents[2] / "wordvec"


def load(src: pathlib.Path):
    """The tokenizer's two files, as a package of their own."""
    sys.modules["transformers"] = types.SimpleNamespace(AutoTokenizer=None, PreTrainedTokenizerBase=object)
    folder = src / "sentence_transformers/sentence_transformer/modules/tokenizer"
    package = types.ModuleType("tokenizer")
    package.__path__ = [str(folder)]
    sys.modules["tokenizer"] = package
    modules = []
    for name in ["word", "whitespace"]:
        path = folder / f"{name}.py"
        spec = importlib.util.spec_from_file_location(f"tokenizer.{name}", path)
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        modules.append(module)
    return modules[0].ENGLISH_STOP_WORDS, modules[1].WhitespaceTokenizer


VOCAB = ["cat", "dog", "Paris", "u.s.", "u.s", "'s", "s", ",", "--", "...", "don't", "dont", "CAT", "istanbul", "i\u0307stanbul",
         "οδος", "οδοσ", "σ", "naïve", "x1", "well-known", "known", "the", "The", "日本", "a\u00a0b", "e\u0301", "hello"]
TEXTS = ["", "   ", "cat dog", "Cat, dog!", "CAT cats", "(cat)", "\"dog\"", "Paris paris PARIS", "U.S. u.s. U.S u.s.,", "'s the cat's", "cat , dog -- ... .. !",
         "don't Don't DON'T dont", "İstanbul ISTANBUL istanbul", "ΟΔΟΣ οδος Σ ΟΔΟΣ, ΣΑ", "naïve NAÏVE Naïve", "the The THE a A", "日本 日本。 「日本」",
         "cat\u00a0dog\u2003hello\u200bcat\x1chello\tdog\nCat\x85dog", "e\u0301 é E\u0301", "well-known -known- --known", "X1 x1.", "unknown words only", "hello " * 50]


def main() -> None:
    stop, Tokenizer = load(pathlib.Path(sys.argv[1]))
    (OUT / "stopwords.txt").write_text("\n".join(stop) + "\n", encoding="utf-8")
    rng = random.Random(1)
    pool = VOCAB + [w.upper() for w in VOCAB] + [w.title() for w in VOCAB] + [f"({w})" for w in VOCAB] + [w + "." for w in VOCAB] + rng.sample(stop, 20) + ["zzz", "!", "İ", "ΣΣ", "AΣ'", "AΣ'b"]
    texts = TEXTS + [rng.choice([" ", "  ", "\t"]).join(rng.choice(pool) for _ in range(rng.randrange(1, 12))) for _ in range(200)]
    rows = np.random.default_rng(1).standard_normal((len(VOCAB), 3)).astype(np.float32)
    tokenizer = Tokenizer(vocab=VOCAB)
    cases = []
    for text in texts:
        ids = tokenizer.tokenize(text)
        total = np.zeros(3, np.float32)
        for i in ids:
            total += rows[i]
        cases.append({"text": text, "rows": ids, "vector": (total / np.float32(max(len(ids), 1e-9))).tolist()})
    out = {"about": "sentence-transformers 6.2.0, testdata/gen/wordvec.py", "words": VOCAB, "vectors": rows.tolist(), "cases": cases}
    (OUT / "testdata/words.json").write_text(json.dumps(out, ensure_ascii=False, separators=(",", ":")).replace('{"text"', '\n{"text"') + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
