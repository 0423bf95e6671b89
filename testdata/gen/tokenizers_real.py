"""Goldens for real tokenizers that are too large to commit.

    python testdata/gen/tokenizers_real.py DIR

DIR is the folder that scripts/get-tokenizers prints. Writes, for each NAME in
it, tokenizer/testdata/real/NAME.json.gz: texts of our own, random ones among
them, and the ids that tokenizers 0.22.2 gives them, with and without special
tokens.
"""

import gzip
import json
import pathlib
import random
import sys

from tokenizers import Tokenizer

import fuzz_tokenizers

OUT = pathlib.Path(__file__).resolve().parents[2] / "tokenizer/testdata/real"
TEXTS = [
    "", " ", "Hello, World! It's 2026-11-23.", "the quick brown fox  jumps\n\nover the   lazy dog", "na\u00efve caf\u00e9 \u00c5NGSTR\u00d6M e\u0301 \u1e9b\u0323",
    "\u65e5\u672c\u8a9e\u306e\u30c6\u30ad\u30b9\u30c8\u3001\u6771\u4eac\u3002", "\u041f\u0440\u0438\u0432\u0435\u0442, \u043c\u0438\u0440!", "\u0645\u0631\u062d\u0628\u0627 \u0628\u0627\u0644\u0639\u0627\u0644\u0645",
    "\ud55c\uad6d\uc5b4 \u1112\u1161\u11ab", "\u0928\u092e\u0938\u094d\u0924\u0947 \u0926\u0941\u0928\u093f\u092f\u093e", "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35", "emoji \U0001f44d\U0001f3fd\U0001f389 \U0001f469\u200d\U0001f680 test",
    "DON'T can't WE'LL y'all've", "def f(x):\n\treturn x ** 2  # 12345678901\r\n", "http://example.org/a_b?c=d&e=f#g", "1,234.56 + 7/8 = \u00bd \u0661\u0662\u0663", "a\u200bb\u00adc\ufeffd\u3000e\u00a0f\u2028g",
    "\x00\x01\x1c\x7f\x85", "...!!!???---", "x" * 300, " " * 40 + "x", "\n" * 20, "ab" * 100, "\u0301" * 50, "[" * 70, "9" * 25, "\u2581\u2581a\u2581b", "\u0120a", "<0x41><unk>", "\ue000\uffff\U0010ffff\ufffd",
]


def main(folder):
    OUT.mkdir(parents=True, exist_ok=True)
    for path in sorted(pathlib.Path(folder).glob("*/tokenizer.json")):
        tokenizer = Tokenizer.from_file(str(path))
        tokenizer.no_padding()
        tokenizer.no_truncation()
        tokens = sorted(tokenizer.get_vocab())
        added = sorted(t.content for t in tokenizer.get_added_tokens_decoder().values())
        rng = random.Random(path.parent.name)
        texts = TEXTS + [fuzz_tokenizers.text(rng, tokens, added) for _ in range(70)]
        golden = {"texts": texts, "ids": [tokenizer.encode(t, add_special_tokens=False).ids for t in texts], "specials": [tokenizer.encode(t).ids for t in texts]}
        data = json.dumps(golden, ensure_ascii=False, separators=(",", ":")).encode()
        out = OUT / f"{path.parent.name}.json.gz"
        with open(out, "wb") as f, gzip.GzipFile("", "wb", 9, f, mtime=0) as z:
            z.write(data)
        print(f"{out.name}: {len(texts)} texts, {out.stat().st_size} bytes")


if __name__ == "__main__":
    main(sys.argv[1])
