"""Goldens for the models, added tokens and post-processors of package tokenizer.

    python testdata/gen/tokenizers_core.py

Writes tokenizer/testdata/core/GROUP.json.gz: a list of cases, each a small
tokenizer.json ("file"), texts, and what tokenizers 0.22.2 makes of them: "ids"
without and, where the case has a post-processor, "specials" with special tokens.
null stands for a text that it fails on, for want of an unknown token. And
scores.json: Unigram scores as written and as read.

Vocabularies, scores and texts are random, from a seed. A text's pieces can be
read off the ids: in the alphabet() model each character is a token of its own,
another one where it ends a piece.
"""

import gzip
import json
import os
import pathlib
import random
import struct

os.environ["RUST_BACKTRACE"] = "0"

from tokenizers import Tokenizer

OUT = pathlib.Path(__file__).resolve().parents[2] / "tokenizer/testdata/core"
META = "\u2581"
SPLIT = {"type": "WhitespaceSplit"}
LETTERS = "aabbbcde"
WIDE = "aab\u00e9\u65e5\U0001f642e\u0301"


def file(model, added=(), normalizer=None, pre=None, post=None):
    return {"version": "1.0", "truncation": None, "padding": None, "added_tokens": list(added), "normalizer": normalizer,
            "pre_tokenizer": pre, "post_processor": post, "decoder": None, "model": model}


def case(name, f, texts, specials=False):
    tokenizer = Tokenizer.from_str(json.dumps(f))

    def encode(text, special):
        try:
            return tokenizer.encode(text, add_special_tokens=special).ids
        except BaseException as e:  # a Rust panic is no Exception
            if isinstance(e, KeyboardInterrupt):
                raise
            return None

    c = {"name": name, "file": f, "texts": texts, "ids": [encode(t, False) for t in texts]}
    if specials:
        c["specials"] = [encode(t, True) for t in texts]
    return c


def word(rng, chars, low=1, high=8):
    return "".join(rng.choice(chars) for _ in range(rng.randint(low, high)))


def sentences(rng, chars, n=40, longest=12):
    """Words of the given characters with spaces and, seldom, other things between them."""
    out = ["", " ", "a", "  a  b "]
    for _ in range(n):
        s = ""
        for _ in range(rng.randint(1, longest)):
            s += word(rng, chars) + rng.choice([" "] * 8 + ["  ", "\n", "\t", "\u3000", META, "x", "\u0e01"])
        out.append(s)
    return out


def long_texts(rng, chars):
    return [word(rng, chars, 60, 200) for _ in range(6)] + ["a" * 150, "ab" * 80, "x" * 50, "\u0e01" * 45 + "a"]


def tokens(rng, chars, n, low=1, high=4):
    return sorted({word(rng, chars, low, high) for _ in range(n)})


def numbered(words, rng=None, holes=False):
    ids, at = {}, 0
    for w in words:
        ids[w] = at
        at += 1 + (rng.randint(0, 3) if holes else 0)
    return ids


# --- models


def wordpiece():
    rng = random.Random(1)
    for prefix in ["##", "", META + META, "a"]:
        for most in [100, 3, 0]:
            for chars in [LETTERS, WIDE]:
                words = ["[UNK]"] + tokens(rng, chars, 40) + [prefix + t for t in tokens(rng, chars, 40)] + [prefix, ""]
                words = list(dict.fromkeys(words))
                rng.shuffle(words)
                model = {"type": "WordPiece", "unk_token": "[UNK]", "continuing_subword_prefix": prefix, "max_input_chars_per_word": most,
                         "vocab": numbered(words, rng, holes=most == 3)}
                yield case(f"prefix {prefix!r}, at most {most} characters, {chars!r}", file(model, pre=SPLIT),
                           sentences(rng, chars + "#") + long_texts(rng, chars))
    model = {"unk_token": "none", "continuing_subword_prefix": "##", "max_input_chars_per_word": 100, "vocab": {"a": 0, "##b": 1, "b": 1}}
    yield case("no type, no unknown token, a shared id", file(model, pre=SPLIT), ["a", "ab", "b", "abb ba", "c", "ab c"])
    model = {"type": "WordPiece", "unk_token": "u", "continuing_subword_prefix": "##", "max_input_chars_per_word": 10, "vocab": {"u": 0, "a b": 1, "##c": 2}}
    yield case("no pre-tokenizer", file(model), ["a b", "a bc", "a  b", "a bccccccc", "a bcccccccc", "u"])


def wordlevel():
    rng = random.Random(2)
    words = ["<unk>"] + tokens(rng, LETTERS, 60, 1, 2) + tokens(rng, WIDE, 40, 1, 2)
    model = {"type": "WordLevel", "unk_token": "<unk>", "vocab": numbered(words, rng, holes=True)}
    yield case("words", file(model, pre=SPLIT), [" ".join(word(rng, rng.choice([LETTERS, WIDE]), 1, 2) for _ in range(9)) for _ in range(30)] + ["<unk>", ""])
    yield case("no pre-tokenizer", file(model), ["a", "b b", "", " "] + words[:5])
    yield case("no unknown token", file({"type": "WordLevel", "unk_token": "?", "vocab": {"a": 0}}, pre=SPLIT), ["a", "a a", "b", "a b"])
    yield case("no type", file({"unk_token": "?", "vocab": {"a": 0, "?": 1}}, pre=SPLIT), ["a", "a a", "b", "a b"])


def byte_tokens(which):
    return [f"<0x{b:02X}>" for b in which]


def random_merges(rng, chars, n, prefix="", suffix=""):
    """Merges of random pairs of tokens that there are; with a prefix, of the tokens that may follow."""
    vocab = {}

    def add(t):
        vocab.setdefault(t, len(vocab))

    for c in sorted(set(chars)):
        for t in [c, prefix + c, c + suffix, prefix + c + suffix]:
            add(t)
    first, later = list(vocab), [t for t in vocab if t.startswith(prefix)]
    merges = []
    for _ in range(n):
        a, b = rng.choice(first[-30:] + first[:10]), rng.choice(later[-30:] + later[:10])
        if suffix and a.endswith(suffix):
            continue
        t = a + b[len(prefix):]
        merges.append([a, b])
        if t not in vocab:
            add(t)
            first.append(t)
            if t.startswith(prefix):
                later.append(t)
    return vocab, merges


def bpe():
    rng = random.Random(3)
    base = {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None,
            "fuse_unk": False, "byte_fallback": False, "ignore_merges": False}
    for prefix, suffix in [("", ""), ("##", ""), ("", "</w>"), ("@", "@")]:
        for chars in ["ab", LETTERS, WIDE]:
            vocab, merges = random_merges(rng, chars, 60, prefix, suffix)
            model = base | {"continuing_subword_prefix": prefix or None, "end_of_word_suffix": suffix or None, "vocab": vocab, "merges": merges}
            texts = sentences(rng, chars) + long_texts(rng, chars)
            yield case(f"prefix {prefix!r}, suffix {suffix!r}, {chars!r}", file(model, pre=SPLIT), texts)
            if prefix or suffix or chars != LETTERS:
                continue
            yield case("merges as strings, dropout 0", file(model | {"merges": ["#version: 0.2"] + [" ".join(m) for m in merges], "dropout": 0.0}, pre=SPLIT), texts)
            yield case("ignore_merges", file(model | {"ignore_merges": True, "vocab": vocab | {"abcd": len(vocab), "bcb": len(vocab) + 1}}, pre=SPLIT), texts + ["abcd bcb abcda"])
            yield case("merges twice", file(model | {"merges": merges + rng.sample(merges, 20)}, pre=SPLIT), texts)
            yield case("no type", file({"vocab": vocab, "merges": merges}, pre=SPLIT), texts)
            yield case("no pre-tokenizer", file(model), texts)
    vocab, merges = random_merges(rng, LETTERS, 30)
    for unk in [None, "<unk>", "missing"]:
        for fuse in [False, True]:
            for which in [[], [0x20, 0x78, 0xE0, 0xB8, 0x81], range(256)]:
                v = dict(vocab)
                for t in ["<unk>"] * (unk == "<unk>") + byte_tokens(which):
                    v.setdefault(t, len(v))
                model = base | {"unk_token": unk, "fuse_unk": fuse, "byte_fallback": len(which) > 0, "vocab": v, "merges": merges}
                texts = sentences(rng, LETTERS + "x\u0e01\u0e02", 25) + long_texts(rng, "ab\u0e01xy") + ["xy\u0e01\u0e02x", "a\u0e02\u0e01\u0e02\u0e02b"]
                yield case(f"unk {unk}, fused {fuse}, {len(which)} bytes", file(model, pre=SPLIT), texts)
    vocab, merges = random_merges(rng, META + LETTERS, 0)
    for a, b in [(META, "a"), ("a", "b"), (META + "a", "b"), ("b", "b"), (META, META), (META + META, META + META), (META, "bb")]:
        vocab.setdefault(a + b, len(vocab))
        merges.append([a, b])
    for t in ["<unk>"] + byte_tokens(range(256)):
        vocab[t] = len(vocab)
    model = base | {"unk_token": "<unk>", "fuse_unk": True, "byte_fallback": True, "vocab": vocab, "merges": merges}
    texts = sentences(rng, LETTERS + META + " ") + long_texts(rng, "ab" + META)
    replace = {"type": "Replace", "pattern": {"String": " "}, "content": META}
    yield case("as Gemma", file(model, normalizer=replace), texts)
    yield case("as Llama 2", file(model, normalizer={"type": "Sequence", "normalizers": [{"type": "Prepend", "prepend": META}, replace]}), texts)
    crossing = model | {"vocab": vocab | {"b" + META: len(vocab)}, "merges": merges + [["b", META]]}
    yield case("a merge across words", file(crossing, normalizer=replace), texts)


def unigram():
    rng = random.Random(4)

    def pieces(chars, n, scores, ties=False):
        words = tokens(rng, chars, n)
        rng.shuffle(words)
        return [[w, rng.choice([-1.0, -2.0, -3.5]) if ties else round(rng.uniform(*scores), rng.choice([1, 5, 12]))] for w in words]

    for chars in ["ab", LETTERS, WIDE]:
        for scores, ties in [((-12, -1), False), ((-12, -1), True), ((-30, 0), False), ((1, 15), False)]:
            for which in [None, range(256), [0x78, 0xE0, 0xB8, 0x81]]:
                vocab = pieces(chars, 40, scores, ties)
                at = rng.randint(0, len(vocab))
                vocab.insert(at, ["<unk>", 0.0])
                vocab += [[t, -8.0] for t in byte_tokens(which or [])]
                model = {"type": "Unigram", "unk_id": at, "vocab": vocab, "byte_fallback": which is not None}
                texts = sentences(rng, chars + "x\u0e01", 20) + long_texts(rng, chars) + ["<unk>", "<unk><unk>a", "x<unk>\u0e01", "a<unk>b", "<0x41>", "xx\u0e01"]
                yield case(f"{chars!r}, scores {scores}, ties {ties}, {len(which or [])} bytes", file(model, pre=SPLIT), texts)
    vocab = [["a", -1.0], ["b", -2.0], ["a", -3.0], ["ab", -4.0], ["", -5.0], ["ab", -2.5], ["xx", -1.0]]
    yield case("equal tokens", file({"type": "Unigram", "unk_id": 1, "vocab": vocab}, pre=SPLIT), ["a", "ab", "aab abb", "x", "xx", "xxx", "b", "bxb"])
    yield case("no unk_id", file({"type": "Unigram", "unk_id": None, "vocab": vocab}, pre=SPLIT), ["a", "ab", "aab abb", "x", "b"])
    yield case("a run of unknown characters that is a token", file({"type": "Unigram", "unk_id": 0, "vocab": [["<unk>", 50.0], ["xy", 20.0], ["a", 40.0]]}, pre=SPLIT),
               ["xy", "xya", "axy", "xyx", "yx"])
    metaspace = {"type": "Metaspace", "replacement": META, "prepend_scheme": "always", "split": True}
    for pre in [metaspace, {"type": "Sequence", "pretokenizers": [SPLIT, metaspace]}, metaspace | {"split": False}, metaspace | {"prepend_scheme": "first"}]:
        vocab = [["<unk>", 0.0], [META, -3.0]] + pieces(META + LETTERS, 60, (-10, -2))
        yield case(f"pre-tokenizer {json.dumps(pre)}", file({"type": "Unigram", "unk_id": 0, "vocab": vocab}, pre=pre), sentences(rng, LETTERS))


# --- added tokens


def alphabet(chars):
    """A BPE model without merges whose ids spell the pieces: each character is a token, another one at a piece's end."""
    vocab = {"?": 0}
    for c in sorted(set(chars)):
        for t in [c, c + "|"]:
            vocab.setdefault(t, len(vocab))
    return {"type": "BPE", "dropout": None, "unk_token": "?", "continuing_subword_prefix": None, "end_of_word_suffix": "|",
            "fuse_unk": False, "byte_fallback": False, "ignore_merges": False, "vocab": vocab, "merges": []}


def added_token(content, id=0, single_word=False, lstrip=False, rstrip=False, normalized=False, special=False):
    return {"id": id, "content": content, "single_word": single_word, "lstrip": lstrip, "rstrip": rstrip, "normalized": normalized, "special": special}


def added():
    rng = random.Random(5)
    chars = "abAB .\n\u00e9\u0301_[]<>\u3000\u00a0" + META
    model = alphabet(chars)

    def texts(contents, n=30):
        out = []
        for _ in range(n):
            parts = [rng.choice(contents) if rng.random() < 0.4 else word(rng, chars + "    ", 1, 4) for _ in range(rng.randint(1, 8))]
            out.append("".join(parts))
        return out + ["", " ", contents[0], " " + contents[0] + " ", contents[0] * 3]

    normalizers = {"none": None, "lower case": {"type": "Lowercase"}, "Strip": {"type": "Strip", "strip_left": True, "strip_right": True},
                   "Replace": {"type": "Replace", "pattern": {"String": " "}, "content": META}, "Prepend": {"type": "Prepend", "prepend": META}, "NFD": {"type": "NFD"}}
    pres = {"none": None, "WhitespaceSplit": SPLIT, "Metaspace first": {"type": "Metaspace", "replacement": META, "prepend_scheme": "first", "split": True},
            "Metaspace always": {"type": "Metaspace", "replacement": META, "prepend_scheme": "always", "split": True}, "BertPreTokenizer": {"type": "BertPreTokenizer"},
            "ByteLevel": {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}}
    bits = ["single_word", "lstrip", "rstrip", "normalized", "special"]
    for flags in range(32):  # each combination alone, in three tokenizers
        on = {b: bool(flags >> i & 1) for i, b in enumerate(bits)}
        for n, p in rng.sample([(n, p) for n in normalizers for p in pres], 3):
            contents = rng.sample(["<a>", "ab", "A b", "[B]", "a", "\u00e9", " a", "."], 2)
            f = file(model, [added_token(c, 200 + i, **on) for i, c in enumerate(contents)], normalizers[n], pres[p])
            yield case(f"{[b for b in bits if on[b]]}, normalizer {n}, pre-tokenizer {p}", f, texts(contents, 12))
    for i in range(60):  # mixtures that overlap
        contents = [word(rng, rng.choice(["ab", "abA", "a ", "ab .", chars]), 1, 4) for _ in range(rng.randint(2, 8))]
        tokens_ = [added_token(c, rng.randint(0, 300), *(rng.random() < 0.35 for _ in bits)) for c in contents]
        n, p = rng.choice(list(normalizers)), rng.choice(list(pres))
        yield case(f"mixture {i}, normalizer {n}, pre-tokenizer {p}", file(model, tokens_, normalizers[n], pres[p]), texts(contents, 20))
    same = [added_token("a", 1, normalized=True), added_token("a", 2, lstrip=True), added_token("b", 3, special=True), added_token("b", 4), added_token("A", 5, normalized=True)]
    for n in ["none", "lower case"]:
        yield case(f"equal contents, normalizer {n}", file(model, same, normalizers[n]), texts(["a", "b", "A"]))
    for flags in range(8):  # a token of which the normalizer leaves nothing is found everywhere
        nothing = [added_token(" ", 1, *(bool(flags >> i & 1) for i in range(3)), normalized=True), added_token("b", 2, normalized=True)]
        yield case(f"nothing left by the normalizer, flags {flags}", file(model, nothing, normalizers["Strip"]), ["a", "aa", "aba", " a.a ", "", " ", "b", "a . b", "b \n b. b"])
    holes = {"type": "WordLevel", "unk_token": "u", "vocab": {"u": 0, "z": 9, "y": 3}}
    yield case("ids are the vocabulary's size on", file(holes, [added_token(c, 77) for c in ["p", "y", "q", "r", "p"]]), list("pyqruz") + ["pyqruz"])
    unigram_ = {"type": "Unigram", "unk_id": 0, "vocab": [["u", 0.0], ["z", -1.0], ["z", -2.0]]}
    yield case("ids after equal tokens", file(unigram_, [added_token(c, 77) for c in ["p", "z", "q"]]), ["p", "z", "q", "pzq"])
    for name, accent in [("word characters", "\u00e9\u0301_\u200d\u0bcd\u2160\u24d0\u00b2\u0660\u2040\U0001f170\U00010a3f"), ("white space", "\x1c\x85\u200b\u2028\u3000\ufeff\u180e")]:
        f = file(model, [added_token("a", 1, single_word=True), added_token("b", 2, lstrip=True, rstrip=True)])
        yield case(f"{name} beside a token", f, [t for c in accent for t in [c + "a", "a" + c, c + "b", "b" + c, "a" + c + "b" + c + c + "a"]])


# --- post-processors


def template(pieces, ids):
    def piece(p):
        return {"Sequence": {"id": p[1:], "type_id": 0}} if p[0] == "$" else {"SpecialToken": {"id": p, "type_id": 0}}

    return {"type": "TemplateProcessing", "single": [piece(p) for p in pieces], "pair": [piece("$A"), piece("$B")],
            "special_tokens": {k: {"id": k, "ids": v, "tokens": [k] * len(v)} for k, v in ids.items()}}


def post():
    model = {"type": "WordLevel", "unk_token": "u", "vocab": {"u": 0, "a": 1, "b": 2}}
    ids = {"[X]": [7], "[YZ]": [8, 9], "[0]": []}
    level = {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True}
    bert = {"type": "BertProcessing", "sep": ["[SEP]", 102], "cls": ["[CLS]", 101]}
    roberta = {"type": "RobertaProcessing", "sep": ["</s>", 5], "cls": ["<s>", 4], "trim_offsets": True, "add_prefix_space": True}

    def sequence(*parts):
        return {"type": "Sequence", "processors": list(parts)}

    cases = {
        "none": None, "Bert": bert, "Roberta": roberta, "ByteLevel": level, "no type": {"sep": ["s", 3], "cls": ["c", 4]},
        "Template": template(["[X]", "$A", "[YZ]"], ids), "Template, before only": template(["[YZ]", "[X]", "$A"], ids), "Template, after only": template(["$A", "[X]"], ids),
        "Template, bare": template(["$A"], {}), "Template, no ids": template(["[0]", "$A", "[0]"], ids), "Template, no sequence": template(["[X]"], ids),
        "Template, sequence twice": template(["[X]", "$A", "[YZ]", "$A", "[X]"], ids), "Template, nothing": template([], {}),
        "Sequence": sequence(level, template(["[X]", "$A", "[YZ]"], ids)), "Sequence, other way": sequence(template(["[X]", "$A", "[YZ]"], ids), level),
        "Sequence of two": sequence(bert, roberta), "Sequence, nested": sequence(sequence(bert), sequence(level, roberta)), "Sequence, empty": sequence(),
        "Template after Bert": sequence(bert, template(["[X]", "$A", "[YZ]"], ids)), "Bert after a bare Template": sequence(template(["$A"], {}), bert),
    }
    for name, p in cases.items():
        yield case(name, file(model, pre=SPLIT, post=p), ["", "a", "a b", "a c b b"], specials=True)
    trap = file(model, pre=SPLIT, post=bert)
    trap["truncation"] = {"direction": "Right", "max_length": 3, "strategy": "LongestFirst", "stride": 0}
    trap["padding"] = {"strategy": {"Fixed": 6}, "direction": "Right", "pad_to_multiple_of": None, "pad_id": 0, "pad_type_id": 0, "pad_token": "u"}
    tokenizer = Tokenizer.from_str(json.dumps(trap))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    texts = ["", "a", "a b a b a b a b"]
    yield {"name": "truncation and padding never act", "file": trap, "texts": texts, "ids": [tokenizer.encode(t, add_special_tokens=False).ids for t in texts],
           "specials": [tokenizer.encode(t).ids for t in texts]}


def scores():
    """Pairs of a score as written and as the package reads it."""
    rng = random.Random(7)
    written = [-struct.unpack("f", struct.pack("f", rng.uniform(0.5, 20)))[0] for _ in range(200)] + [rng.uniform(-20, 0) for _ in range(100)]
    written += [rng.uniform(-1, 1) * 10.0 ** rng.randint(-30, 30) for _ in range(100)] + [0.0, -0.5, 3.0, 1e22, -1e-7, 5e-324, -2.2250738585072014e-308, 1.7976931348623157e308]
    model = {"type": "Unigram", "unk_id": 0, "vocab": [[f"t{i}", x] for i, x in enumerate(written)]}
    read = json.loads(Tokenizer.from_str(json.dumps(file(model))).to_str())["model"]["vocab"]
    return list(zip(written, (x for _, x in read)))


def main():
    OUT.mkdir(parents=True, exist_ok=True)
    for group in [wordpiece, wordlevel, bpe, unigram, added, post]:
        cases = list(group())
        data = json.dumps(cases, ensure_ascii=False, separators=(",", ":")).encode()
        path = OUT / f"{group.__name__}.json.gz"
        with open(path, "wb") as f, gzip.GzipFile("", "wb", 9, f, mtime=0) as z:
            z.write(data)
        fails = sum(ids is None for c in cases for ids in c["ids"])
        print(f"{path.name}: {len(cases)} cases, {sum(len(c['texts']) for c in cases)} texts, {fails} fail, {path.stat().st_size} bytes")
    pairs = scores()
    (OUT / "scores.json").write_text(json.dumps(pairs, separators=(",", ":")) + "\n")
    print(f"scores.json: {len(pairs)} scores, {sum(a != b for a, b in pairs)} read otherwise than written")


if __name__ == "__main__":
    main()
