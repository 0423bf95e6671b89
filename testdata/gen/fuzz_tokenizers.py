"""The other side of make fuzz-tokenizers: what the tokenizers package makes of random texts.

    python testdata/gen/fuzz_tokenizers.py TOKENIZER_JSON SEED COUNT
    python testdata/gen/fuzz_tokenizers.py TOKENIZER_JSON --serve
    python testdata/gen/fuzz_tokenizers.py --configs SEED COUNT

Prints a line of JSON for each text: {"text": ..., "ids": [...]}, without special
tokens, neither truncated nor padded; ids is null where the package fails. With
--serve the texts come as JSON strings, a line each, on standard input: that is
how a difference is made smaller. With --configs there is a line for each of
COUNT random tokenizers: {"file": ..., "texts": [...], "ids": [[...], ...]}.
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


# --- random tokenizers

META = "\u2581"
ALPHABET = sorted(set("abcdefgstABCEST0123 .,'-_[]<>!?#@\n\r\t\u00e9\u00c9\u0301\u0327\u0130\u00df\ufb01\u00bd\u0660\u3000\u00a0\u200b\u200d\u0e01\u0e33"
                      "\u65e5\u672c\u3042\u30a2\uac00\u0416\u0436\u05d0\u0628\U0001f642\U0001f44d\u00ad\ufffd" + META) | set(map(chr, range(33, 127))))


def flags(rng, *names):
    return {n: rng.random() < 0.5 for n in names}


def random_pattern(rng, empty=True):
    """A pattern; unless empty, one that matches something."""
    pattern = any_pattern(rng)
    while not empty and list(pattern.values())[0] in ["", "a*"]:
        pattern = any_pattern(rng)
    return pattern


def any_pattern(rng):
    return rng.choice([{"String": rng.choice([" ", "a", "ab", ".", META, "\u00e9", "", "  "])},
                       {"Regex": rng.choice([" +", "\\s+", "[0-9]", "\\p{N}{1,3}", "\\p{L}+", "a|ab", "\\w+|[^\\w\\s]+", "(?<=a)b", "\\s+(?!\\S)|\\s+", "[^a-z]", "\\d+", "a*", "^a", "\\p{P}",
                                             "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
                                             "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"])}])


def random_normalizer(rng, depth=0):
    kind = rng.choice(["BertNormalizer", "NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents", "Strip", "Replace", "Prepend", "Nmt"] + ["Sequence"] * 4 * (depth == 0))
    if kind == "BertNormalizer":
        return {"type": kind, "strip_accents": rng.choice([None, True, False])} | flags(rng, "clean_text", "handle_chinese_chars", "lowercase")
    if kind == "Strip":
        return {"type": kind} | flags(rng, "strip_left", "strip_right")
    if kind == "Replace":
        return {"type": kind, "pattern": random_pattern(rng, empty=False), "content": rng.choice(["", " ", META, "b", "  "])}
    if kind == "Prepend":
        return {"type": kind, "prepend": rng.choice([META, " ", "a"])}
    if kind == "Sequence":
        return {"type": kind, "normalizers": [random_normalizer(rng, 1) for _ in range(rng.randint(0, 3))]}
    return {"type": kind}


BEHAVIORS = ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"]


def random_pre_tokenizer(rng, depth=0):
    kind = rng.choice(["BertPreTokenizer", "Whitespace", "WhitespaceSplit", "Punctuation", "Digits", "Metaspace", "ByteLevel", "Split", "CharDelimiterSplit", "UnicodeScripts", "FixedLength"]
                      + ["Sequence"] * 8 * (depth == 0))
    if kind == "Punctuation":
        return {"type": kind, "behavior": rng.choice(BEHAVIORS)}
    if kind == "Digits":
        return {"type": kind} | flags(rng, "individual_digits")
    if kind == "Metaspace":
        return {"type": kind, "replacement": rng.choice([META, META, "_"]), "prepend_scheme": rng.choice(["always", "never", "first"])} | flags(rng, "split")
    if kind == "ByteLevel":
        return {"type": kind, "trim_offsets": True} | flags(rng, "add_prefix_space", "use_regex")
    if kind == "Split":
        return {"type": kind, "pattern": random_pattern(rng), "behavior": rng.choice(BEHAVIORS)} | flags(rng, "invert")
    if kind == "CharDelimiterSplit":
        return {"type": kind, "delimiter": rng.choice([" ", "a", META])}
    if kind == "FixedLength":
        return {"type": kind, "length": rng.randint(1, 5)}
    if kind == "Sequence":
        return {"type": kind, "pretokenizers": [random_pre_tokenizer(rng, 1) for _ in range(rng.randint(0, 3))]}
    return {"type": kind}


def avoid_known(file):
    """Takes prepend_scheme "first" out of what docs/decisions/010-own-tokenizer.md says we do not follow: after a
    normalizer and another pre-tokenizer, which may split what was made from the first character."""
    pre = file["pre_tokenizer"]
    if file["normalizer"] and pre and pre["type"] == "Sequence":
        for p in pre["pretokenizers"][1:]:
            if p["type"] == "Metaspace" and p["prepend_scheme"] == "first":
                p["prepend_scheme"] = "always"


def random_model(rng):
    chars = [c for c in ALPHABET if rng.random() < 0.95]
    words = ["".join(rng.choice("abcst e" + META) for _ in range(rng.randint(2, 4))) for _ in range(30)]
    if rng.random() < 0.6:  # ids spell the pieces: another token for a character that ends one
        vocab = {t: i for i, t in enumerate(["?"] + [c + e for c in chars for e in ["", "|"]])}
        return {"type": "BPE", "unk_token": "?", "end_of_word_suffix": "|", "fuse_unk": rng.random() < 0.5, "vocab": vocab, "merges": []}
    kind = rng.choice(["WordPiece", "Unigram", "BPE"])
    if kind == "WordPiece":
        vocab = {t: i for i, t in enumerate(dict.fromkeys(["?"] + [p + t for t in chars + words for p in ["", "##"]]))}
        return {"type": kind, "unk_token": "?", "continuing_subword_prefix": "##", "max_input_chars_per_word": rng.choice([100, 6]), "vocab": vocab}
    if kind == "Unigram":
        return {"type": kind, "unk_id": 0, "byte_fallback": rng.random() < 0.3, "vocab": [["?", 0.0]] + [[t, round(rng.uniform(-12, -2), 3)] for t in dict.fromkeys(chars + words)]}
    vocab, merges = {t: i for i, t in enumerate(["?"] + chars)}, []
    for _ in range(40):
        pair = [rng.choice([t for t in list(vocab)[-20:] + list("abcst" + META) if t in vocab and t != "?"]) for _ in range(2)]
        vocab.setdefault("".join(pair), len(vocab))
        merges.append(pair)
    return {"type": kind, "unk_token": rng.choice([None, "?"]), "vocab": vocab, "merges": merges} | flags(rng, "fuse_unk", "ignore_merges")


def random_added(rng):
    content = rng.choice(["<s>", "[X]", "ab", "a b", " a", "A", "\u65e5  \u672c", ".", "\u00e9", META + "a", "ab "])
    return {"id": 0, "content": content} | flags(rng, "single_word", "lstrip", "rstrip", "normalized", "special")


def configs(seed, count):
    rng = random.Random(int(seed))
    while count > 0:
        file = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": [random_added(rng) for _ in range(rng.choice([0, 0, 1, 1, 2, 4]))],
                "normalizer": random_normalizer(rng) if rng.random() < 0.6 else None, "pre_tokenizer": random_pre_tokenizer(rng) if rng.random() < 0.9 else None,
                "post_processor": None, "decoder": None, "model": random_model(rng)}
        avoid_known(file)
        try:
            tokenizer = Tokenizer.from_str(json.dumps(file))
        except BaseException as e:  # it panics on some contents of added tokens
            if isinstance(e, KeyboardInterrupt):
                raise
            continue
        added = [t["content"] for t in file["added_tokens"]]
        texts, ids = [], []
        for _ in range(20):
            s = "".join(rng.choice(ALPHABET + list("aabcst  e")) if rng.random() < 0.8 else part(rng, ALPHABET, added) for _ in range(rng.randint(0, 30)))
            try:
                ids.append(tokenizer.encode(s, add_special_tokens=False).ids)
            except BaseException as e:
                if isinstance(e, KeyboardInterrupt):
                    raise
                ids.append(None)
            texts.append(s)
        print(json.dumps({"file": file, "texts": texts, "ids": ids}))
        count -= 1


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
    if sys.argv[1] == "--configs":
        configs(sys.argv[2], int(sys.argv[3]))
    else:
        main(sys.argv[1], sys.argv[2], sys.argv[3] if len(sys.argv) > 3 else 0)
