"""The other side of make fuzz-tokenizers: what the tokenizers package makes of random texts.

    python testdata/gen/fuzz_tokenizers.py TOKENIZER_JSON SEED COUNT
    python testdata/gen/fuzz_tokenizers.py TOKENIZER_JSON --serve

Prints a line of JSON for each text: {"text": ..., "ids": [...]}, without special
tokens, neither truncated nor padded; ids is null where the package fails. With
--serve the texts come as JSON strings, a line each, on standard input: that is
how a difference is made smaller.
"""

import json
import os
import random
import sys
import unicodedata

os.environ["RUST_BACKTRACE"] = "0"

from tokenizers import Tokenizer

TRAPS = ["\u0130", "\u1e9e", "\ufb01", "\u01c4", "\u0345", "\u212b", "\u2126", "\u1fef", "\uac00", "\u1100\u1161\u11a8", "\u0958", "\ufdfa", "\u3392", "\u2460", "\u00bd", "\u0e33", "\u0f77",
         "\r\n", "\n\n", "  ", "\t", "\u00a0", "\u0085", "\u2028", "\u200b", "\u200d", "\ufeff", "\u00ad", "\u180e", "\u3000", "\u2581", "\u2581\u2581", "\u0120", "\ufffd", "\x00", "\x1c", "\x7f",
         "\U0001f469\u200d\U0001f680", "\U0001f1e9\U0001f1ea", "\U0001f44d\U0001f3fd", "\u2764\ufe0f", "\U000e0041", "\U0010ffff", "\ue000", "\uffff", "\u0378",
         "'s", "'S", "'ll", "\u2019s", "don't", "we'RE", "...", "--", "http://a.b/c?d=e#f", "[CLS]", "<s>", "<|endoftext|>", "<0x41>", "<unk>", "<mask>", "1,234.56", "\u0661\u0662", "2\u00b2"]
RANGES = [(0x20, 0x7E), (0x20, 0x7E), (0x00, 0x1F), (0xA0, 0x17F), (0x300, 0x36F), (0x370, 0x52F), (0x590, 0x6FF), (0x900, 0xDFF), (0xE00, 0xEFF), (0x1100, 0x11FF), (0x1E00, 0x1FFF),
          (0x2000, 0x206F), (0x2070, 0x2BFF), (0x3000, 0x30FF), (0x3130, 0x33FF), (0x4E00, 0x9FFF), (0xA000, 0xABFF), (0xAC00, 0xD7A3), (0xE000, 0xF8FF), (0xF900, 0xFFFD),
          (0x10000, 0x107FF), (0x11000, 0x1254F), (0x1D100, 0x1D7FF), (0x1E800, 0x1EFFF), (0x1F000, 0x1FAFF), (0x20000, 0x3134F), (0xE0000, 0xE01EF), (0, 0x10FFFF)]


def character(rng):
    while True:
        c = rng.randint(*rng.choice(RANGES))
        if not 0xD800 <= c < 0xE000:
            return chr(c)


def part(rng, tokens, added):
    kind = rng.random()
    if kind < 0.25:  # a token as it is, or as text
        return rng.choice(tokens)
    if kind < 0.35:
        return rng.choice(tokens).replace("\u0120", " ").replace("\u2581", " ").replace("##", "")
    if kind < 0.45:
        return rng.choice(TRAPS)
    if kind < 0.50 and added:
        token = rng.choice(added)
        return rng.choice([token, token, token.upper(), token[:-1], " " + token + " "])
    if kind < 0.60:  # letters of one script
        low, high = rng.choice(RANGES[:-1])
        return "".join(chr(rng.randint(low, min(high, low + 60))) for _ in range(rng.randint(1, 12)))
    if kind < 0.70:
        return "".join(rng.choice("abcdefghijklmnopqrstuvwxyzETAOIN") for _ in range(rng.randint(1, 9)))
    if kind < 0.75:
        return rng.choice("aA1.[\u0301\u00e9\u65e5 \n") * rng.randint(1, 60)
    if kind < 0.80:
        return str(rng.randint(0, 10 ** rng.randint(1, 12)))
    if kind < 0.85:
        s = "".join(character(rng) for _ in range(rng.randint(1, 5)))
        return unicodedata.normalize(rng.choice(["NFC", "NFD", "NFKC", "NFKD"]), s)
    return "".join(character(rng) for _ in range(rng.randint(1, 6)))


def text(rng, tokens, added):
    parts = (part(rng, tokens, added) for _ in range(rng.randint(1, 12)))
    spaces = rng.choice([[""], [" "], ["", " "], ["", " ", "  ", "\n", "\u3000", "\t "]])
    return "".join(p + rng.choice(spaces) for p in parts)


def main(path, seed, count):
    tokenizer = Tokenizer.from_file(path)
    tokenizer.no_padding()
    tokenizer.no_truncation()

    def answer(text):
        try:
            ids = tokenizer.encode(text, add_special_tokens=False).ids
        except BaseException as e:  # a Rust panic is no Exception
            if isinstance(e, KeyboardInterrupt):
                raise
            ids = None
        print(json.dumps({"text": text, "ids": ids}), flush=seed == "--serve")

    if seed == "--serve":
        for line in sys.stdin:
            answer(json.loads(line))
        return
    tokens = sorted(tokenizer.get_vocab())
    added = sorted(t.content for t in tokenizer.get_added_tokens_decoder().values())
    rng = random.Random(int(seed))
    for _ in range(int(count)):
        answer(text(rng, tokens, added))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else 0)
