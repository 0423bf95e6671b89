"""Writes tokenizer/testdata/components/: what the tokenizers package makes of
texts with each normalizer and pre-tokenizer.

    python testdata/gen/tokenizers_components.py tokenizer/testdata/components

texts.json.gz       the texts
components.jsonl.gz a component a line: {"normalizer" or "pre_tokenizer": …, "out": […]}, or {"…": …, "error": "…"}
                    where the package refuses it
regexes.jsonl.gz    {"regex": …, "texts": […], "out": […]}: the pieces by Split, delimiters removed and inverted
codepoints.json     {"…": …, "sha256": …}: of the outputs for every code point alone, each ended by a line end

Parts (components, regexes, codepoints) may be named after the folder. Needs
tokenizers==0.22.2 and, for all, about two minutes.
"""

import base64
import gzip
import hashlib
import json
import random
import sys

import tokenizers
from tokenizers import Tokenizer

from charsmap import charsmap

SEED = 20261123

TRICKY = [
    "", " ", "  ", "\t", "\n", "a", " a", "a ", "  a  b  ", "Hello, world!", "It's they're I'VE we'll 'tis 'S 'sa 'reo", "don't!! stop... (now)",
    "naïve café ÅNGSTRÖM e\u0301 E\u0301\u0323", "İstanbul ΟΔΥΣΣΕΎΣ ß ẞ ǅ ﬁ", "日本語のテキスト東京ー カタカナ。漢字、㍿ ｱｲｳ", "한국어 각 가\u11a8 \u1100\u1161\u11a8 \uac00\u11a7",
    "مرحبا بالعالم؟ ١٢٣", "नमस्ते क्षत्रिय ज्ञ क\u094d\u200dष", "สวัสดีครับ น้ำ", "👩‍👩‍👧‍👦 👍🏽 🇩🇪🇫🇷 ©\u200d© ☺️", "a\u0300\u0301\u0327\u0323b\u0327\u0300", "\u0301\u0300x \u0323\u0301",
    "\r\n\r \n a\r\nb", "a\u00a0b\u2003c\u3000d\u200be\ufefff\u2028g\u2029h\u0085i\u1680j", "x\u0000y\u0001z\u007f\u0080\u009f\u00ad\ufffd", "price: $3.50 €1,234.56 ½ ² Ⅷ ٣ ⑴ 1234567890",
    "snake_case kebab-case a.b.c/d\\e @user #tag https://x.yz/?q=1&r=2", "▁already ▁▁ meta▁", " ▁ x", "tab\tsep\tvals  end ", "line1\n\nline2\r\n\r\nline3   \n", "   leading", "trailing   ",
    "ABCdefGHI xYZ", "''''s''t", "--- === ***", "a-b--c---d", "-", "--", "-a", "a-", "…—–‘’“”«»", "x²y³ H₂O", "\u1e9b\u0323 ſ K Å", "ΐ ΰ \u03b9\u0308\u0301", "𝒜𝓫𝕮 𝟘𝟙 𐐀𐐨",
    "\U0001d15e\U0001d165\U0001d16d", "\u0f71\u0f72\u0f74\u0f73 \u0344", "\u302e\u302f\u0301 가\u302e", "\u08d3\u1ac1\u0301 \u1df6\u0316", "\ud7b0\ua960\u1160 \uac01\u11a8", "क\u0301 ह\u094dक\u0301", "\u0600a \u0600क \u06dd1\u0301",
    "<s> </s> [MASK] <|endoftext|>", "((a)[b]{c})", "a  b   c    d", "0", "12 345 6789", "1a2b3c", "\u2581\u2581a", "Ünïcödé ÑÑ", "ﷺ ﬆ ﬅ", "\u0130\u0307 I\u0307", "q\u0307\u0323 \u1e69", "\ufb1d\ufb4f \u05d0\u05b7",
    "e" + "\u0301\u0323" * 20 + "f", "a" * 70 + " " + "b" * 40, "[" * 30, "\u0e33\u0eb3 ำ", "\u3099か\u3099 ハ\u309a", "\u00a9\u200d\u00a9\u0301 \u00ae\u0301", "\n\n\n", "a\n b", "!?\r\n\r\nNext", "  \n  \n x", "foo   bar\n\tbaz",
]

POOLS = [
    list("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"), list("0123456789"), list("    \t\n\r"), list("'\".,!?-_/\\()[]{}<>@#$%^&*+=|~`;:"),
    [chr(c) for c in range(0xA0, 0x250)], [chr(c) for c in range(0x300, 0x370)], [chr(c) for c in range(0x370, 0x530)], [chr(c) for c in range(0x590, 0x700)],
    [chr(c) for c in range(0x900, 0xE00)], [chr(c) for c in range(0xE00, 0x1200)], [chr(c) for c in range(0x1E00, 0x2100)], [chr(c) for c in range(0x2100, 0x2C00)],
    [chr(c) for c in range(0x3000, 0x3100)], [chr(c) for c in range(0x4E00, 0x4F00)], [chr(c) for c in range(0xAC00, 0xAC80)], [chr(c) for c in range(0xF900, 0xFFFE)],
    [chr(c) for c in range(0x1F300, 0x1F700)], [chr(c) for c in range(0x1D100, 0x1D200)], [chr(c) for c in range(0x10FFFF) if not 0xD800 <= c < 0xE000],
    list("\u0301\u0323\u0327\u200d\u200c\ufe0f\u094d\u0915\u0600©\u1100\u1161\u11a8\u3099\u302e\u0f71\u0f72\U0001d165\U0001d16d\u08d3"),
]


def random_texts(rng, count):
    out = []
    for _ in range(count):
        pools = rng.sample(POOLS, rng.randint(1, 4)) + [POOLS[0], POOLS[2]] * rng.randint(0, 1)
        out.append("".join(rng.choice(rng.choice(pools)) for _ in range(rng.randint(1, 40))))
    return out


CHARSMAP = base64.b64encode(charsmap({
    b"A": "a", "é".encode(): "e", "e\u0301".encode(): "E", "ﬁ".encode(): "fi", b"\r\n": "N", b"\n": " ", b"\t": " ", "\u3000".encode(): " ", "\u00ad".encode(): "",
    "©".encode(): "(c)", "क".encode(): "K", "\u0301".encode(): "'", "ー".encode(): "-", "㍿".encode(): "株式会社", b"xy": "z", "\u0600".encode(): "P", "가".encode(): "ga", b"B\xcc\x81": "b",
})).decode()


def normalizers():
    for clean in (True, False):
        for chinese in (True, False):
            for accents in (True, False, None):
                for lower in (True, False):
                    yield {"type": "BertNormalizer", "clean_text": clean, "handle_chinese_chars": chinese, "strip_accents": accents, "lowercase": lower}
    for kind in "NFC NFD NFKC NFKD Lowercase StripAccents Nmt ByteLevel".split():
        yield {"type": kind}
    for left in (True, False):
        for right in (True, False):
            yield {"type": "Strip", "strip_left": left, "strip_right": right}
    for pattern, content in [
        ({"String": " "}, "▁"), ({"String": "a"}, ""), ({"String": "--"}, "—"), ({"String": ""}, "x"), ({"String": "\n"}, " "), ({"String": "``"}, '"'), ({"String": "▁"}, " "),
        ({"Regex": " {2,}"}, "▁"), ({"Regex": r"\s+"}, " "), ({"Regex": "[^a-z ]"}, ""), ({"Regex": "(?<!\\n)^"}, "▁"), ({"Regex": "$"}, "!"), ({"Regex": r"\d"}, "0"),
        ({"Regex": r"(\p{L})\p{M}*"}, "L"), ({"Regex": r"[\p{Mn}&&[^\u0301]]"}, ""), ({"Regex": r"[\n\r\t]"}, " "), ({"Regex": r"a|b+"}, "$1"), ({"Regex": r"\bI\b|é"}, "\\0"),
    ]:
        yield {"type": "Replace", "pattern": pattern, "content": content}
    for text in ("▁", "", "ab "):
        yield {"type": "Prepend", "prepend": text}
    yield {"type": "Precompiled", "precompiled_charsmap": CHARSMAP}
    seq = lambda *n: {"type": "Sequence", "normalizers": list(n)}
    kind = lambda k: {"type": k}
    yield seq()
    yield seq(kind("NFD"), kind("StripAccents"), kind("Lowercase"))
    yield seq(kind("NFKC"), {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}, {"type": "Prepend", "prepend": "▁"})
    yield seq(kind("NFKD"), seq(kind("Lowercase"), kind("NFC")), {"type": "Strip", "strip_left": True, "strip_right": True}, {"type": "Replace", "pattern": {"Regex": "\\s+"}, "content": " "})
    yield seq(kind("Nmt"), {"type": "Precompiled", "precompiled_charsmap": CHARSMAP}, {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "})
    for bad in (
        {"type": "Uppercase"}, {"type": "Strip"}, {"type": "BertNormalizer", "lowercase": True}, {"type": "Prepend"}, {"type": "Replace", "pattern": {"Regex": "("}, "content": ""},
        {"type": "Replace", "pattern": {"Regex": r"\p{Nope}"}, "content": ""}, {"type": "Replace", "pattern": {"String": "a"}}, {"type": "Replace", "pattern": "a", "content": "b"}, {"type": "Sequence"},
    ):
        yield bad


GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
CL100K = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
QWEN2 = CL100K.replace("{1,3}", "")
REGEXES = [
    GPT2, CL100K, QWEN2,
    # o200k
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    # DeepSeek V3
    r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+", r"[一-龥぀-ゟ゠-ヿ]+", r"\p{N}{1,3}",
    # CLIP, BLOOM, Falcon, Kimi K2, digits from the right
    r"'s|'t|'re|'ve|'m|'ll|'d|[\p{L}]+|[\p{N}]|[^\s\p{L}\p{N}]+", r" ?[^(\s|[.,!?…。，、।۔،])]+", r"[0-9][0-9][0-9]",
    r"[\p{Han}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]*[\p{Ll}\p{Lm}\p{Lo}\p{M}&&[^\p{Han}]]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    r"\p{N}{1,3}(?=(?:\p{N}{3})*(?:\P{N}|$))", r"(?=(\d{3})+(?!\d))",
    # everything that is implemented
    "", "a", "ab|a|b", "a*", "a+?b", "a??b", "(a|b)*c", "(?:ab)+", "a{2}", "a{1,2}", "a{,2}b", "a{2,}", "a{1,3}?", "a++b", "a*+a", "a?+a", "(?>a|ab)c", "(?>a{1,3})a", "x*", "^", "$", r"\A", r"\z", r"\Z", r"\b", r"\B", r"\bx", "^a", "a$", r"(?m:.)", ".", "..", r"\w", r"\W+", r"\d+", r"\D", r"\s", r"\S+", r"\h+", r"\H",
    r"(?=a)", r"(?!a)", r"(?<=a)", r"(?<!a)", r"(?<=a|bc).", r"(?<!a|bc).", r"(?<= )\S+(?= )", r"a(?!b)", r"(?<=\s)\s", r"(?=\S*[.!]).", "[abc]", "[^abc]", "[a-c-]", "[-a]", r"[\]\[]", r"[\w]", r"[^\w\s]", r"[\d.]+", r"[a-z&&[^aeiou]]+", r"[a-z&&a-m&&[^c]]", r"[^a-z&&[^aeiou]]", "[[:alpha:]]+", "[[:^space:]]+", "[[:punct:]]", "[[:upper:]][[:lower:]]*", "[[:digit:][:blank:]]+", "[[:alnum:]_]+", "[[:cntrl:]]", "[[:xdigit:]]+", "[[:word:]]+", "[[:graph:]]+", "[[:print:]]+", "[[:ascii:]]+", "[[:space:]]",
    r"\p{L}+", r"\P{L}+", r"\p{^Lu}", r"\p{Lu}\p{Ll}+", r"\p{Letter}", r"\p{Greek}+", r"\p{Han}|\p{Hiragana}+|\p{Katakana}", r"\p{Hangul}", r"\p{P}+", r"\p{S}", r"\p{Z}+", r"\p{C}", r"\p{Nd}+", r"\p{Latin}+", r"\p{Cyrillic}+", r"\p{Arabic}+", r"\p{Thai}+", r"\p{Devanagari}+", r"\p{Hebrew}+", r"\p{LC}+", r"\p{Alpha}+", r"\p{Punct}", r"\p{Word}+", r"\p{Graph}+", r"\p{White_Space}", r"\p{Assigned}", r"\p{Uppercase}",
    "(?i)hello", "(?i:S)", "a(?i)B|c", "(?i:[a-f])+", "(?i:é)", "(?i:k)", "(?i)x(?-i)y", r"\x41", r"\x{e9}", r"\u00e9", r"\t|\n|\r|\f|\v|\a|\e", r"\.", r"\-", r"\/", r"\é", "(a)(b)?", "(?<name>a)", "(?:ab+)+c?", "a{2}{2}", "(a{1,2}){2}", "(?:a|b|c){2,3}", "(?:|a)b", "a||b", "(a|)b", "]", "}", "#", "é+", "日|本", "[日-語]+", "[^\n]+", r"\s+(?!\S)|\s+", r"\s+$", "(?<=[a-z])(?=[A-Z])", "[^\\S\n]+", "\\n+", "(?:\r?\n)+",
    "a{1,2}+", "(?<=ab|c)d?", r"(?<!\d)\d{2}(?!\d)",
    # back-references and the search's start
    r"\G\p{L}", r"\Ga|b", r"(?<=\Ga)b", r"\G\d{1,3}", r"\G", r"\G(?:ab|a)+", r"(?:\G|a)b", r"(?!\G)a", r"(a)\1", r"(.)\1+", r"(\p{L})\1", r"([a-z]+) \1", r"(\s)\1*", r"(?<q>['\"]).*?\k<q>",
    r"(\w)(\w)\2\1", r"(a|b)\1", r"(a)?\1", r"(?:(a)|b)\1", r"(\w)(?!\1)", r"(?<=(a))b|(\d)\2", r"((a|b)c)\1\2", r"(\w+?)\1", r"(?:(.)\1){2}", r"([ab]|)\1c", r"\G(\w)\1|\s+", r"(.)(?=\1)",
]
REFUSED = ["(", "a**", "(?<>a)", "(?<1>a)", ")", "[", "a{3,1}", r"\p{Nope}", r"\p{L", "*a", "(?<=a*)b", r"\1", r"(a\1)", r"\1(a)", r"(?i:(a)\1)", r"(?<a>b)(?<a>c)\k<a>", r"(?<a>b)\1", r"((?:a+)+)\1", r"(?>(a))\1", r"(?:(a)\1)++", r"(?(1)a|b)", r"\K", r"\X", r"\R", "(?x)a", r"\k<n>", r"\g<1>", "(?~a)", "[z-a]", "[]", r"[a-\d]", "(?i:ss)", "(?i:ß)", "(?:a*)*", "(?#c)a", r"\Qa\E", r"[[:nope:]]", "^*", r"\xff", "(?@a)"]


CATEGORIES = "L Lu Ll Lt Lm Lo LC M Mn Mc Me N Nd Nl No P Pc Pd Ps Pe Pi Pf Po S Sm Sc Sk So Z Zs Zl Zp C Cc Cf Co Cn".split()
SCRIPTS = """Arabic Armenian Bengali Bopomofo Cyrillic Devanagari Ethiopic Georgian Greek Gujarati Gurmukhi Han Hangul
Hebrew Hiragana Kannada Katakana Khmer Lao Latin Malayalam Mongolian Myanmar Oriya Sinhala Tamil Telugu Thai Tibetan""".split()
POSIX = "alnum alpha ascii blank cntrl digit graph lower print punct space upper word xdigit".split()
SETS = [r"\p{%s}" % n for n in CATEGORIES + SCRIPTS + POSIX + "Any Assigned Alphabetic Uppercase Lowercase White_Space".split()] + [
    "[[:%s:]]" % n for n in POSIX] + r"\w \W \d \D \s \S \h \H [\w] [^\w] [\W] [\s] [\d] [\h] . [^a] (?i:[a-z]) (?i:[^a-z]) (?i:[α-ω])".split()


def pre_tokenizers():
    for kind in "BertPreTokenizer Whitespace WhitespaceSplit UnicodeScripts".split():
        yield {"type": kind}
    behaviors = "Removed Isolated MergedWithPrevious MergedWithNext Contiguous".split()
    for b in behaviors:
        yield {"type": "Punctuation", "behavior": b}
    yield {"type": "Punctuation"}
    for individual in (True, False):
        yield {"type": "Digits", "individual_digits": individual}
    for scheme in ("always", "first", "never"):
        for split in (True, False):
            yield {"type": "Metaspace", "replacement": "▁", "prepend_scheme": scheme, "split": split}
    yield {"type": "Metaspace", "replacement": "_", "add_prefix_space": True}
    yield {"type": "Metaspace", "replacement": "a", "prepend_scheme": "never", "add_prefix_space": False}
    yield {"type": "Metaspace", "replacement": "▁", "str_rep": "▁"}
    for prefix in (True, False):
        for regex in (True, False):
            yield {"type": "ByteLevel", "add_prefix_space": prefix, "trim_offsets": True, "use_regex": regex}
    yield {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True}
    for pattern in ({"String": "-"}, {"String": " "}, {"String": ""}, {"String": "'s"}, {"Regex": GPT2}, {"Regex": CL100K}, {"Regex": QWEN2}, {"Regex": r"\s+"}, {"Regex": r"\d{1,3}(?=(?:\d{3})*\b)"}, {"Regex": "(?=[A-Z])"}, {"Regex": "-*"}):
        for b in behaviors:
            for invert in (True, False):
                yield {"type": "Split", "pattern": pattern, "behavior": b, "invert": invert}
    for delimiter in ("-", " ", "é", "▁"):
        yield {"type": "CharDelimiterSplit", "delimiter": delimiter}
    for length in (1, 3, 5):
        yield {"type": "FixedLength", "length": length}
    yield {"type": "FixedLength"}
    seq = lambda *p: {"type": "Sequence", "pretokenizers": list(p)}
    kind = lambda k, **a: {"type": k, **a}
    meta = kind("Metaspace", replacement="▁", prepend_scheme="first", split=True)
    yield seq()
    yield seq(kind("WhitespaceSplit"), meta)
    yield seq(kind("WhitespaceSplit"), kind("Metaspace", replacement="▁", prepend_scheme="always", split=True))
    yield seq(kind("Punctuation", behavior="Isolated"), meta)
    yield seq(kind("Punctuation", behavior="Removed"), meta)
    yield seq(meta, kind("Digits", individual_digits=True), kind("Punctuation", behavior="Contiguous"))
    yield seq(kind("Split", pattern={"Regex": CL100K}, behavior="Isolated", invert=False), kind("ByteLevel", add_prefix_space=False, trim_offsets=False, use_regex=False))
    yield seq(kind("Digits", individual_digits=True), kind("ByteLevel", add_prefix_space=True, trim_offsets=True, use_regex=True))
    yield seq(kind("Punctuation", behavior="Contiguous"), kind("ByteLevel", add_prefix_space=False, trim_offsets=True, use_regex=True), seq(kind("Digits", individual_digits=False), kind("Split", pattern={"Regex": "[0-9][0-9][0-9]"}, behavior="Isolated", invert=False)))
    yield seq(kind("UnicodeScripts"), kind("FixedLength", length=2), kind("BertPreTokenizer"))
    for bad in (
        {"type": "Nope"}, {"type": "Punctuation", "behavior": "isolated"}, {"type": "Digits"}, {"type": "Metaspace", "replacement": "ab"}, {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "last"},
        {"type": "Metaspace", "replacement": "▁", "add_prefix_space": False, "prepend_scheme": "always"}, {"type": "CharDelimiterSplit", "delimiter": ""}, {"type": "Split", "pattern": {"Regex": "["}, "behavior": "Removed", "invert": False},
        {"type": "Split", "pattern": {"String": "a"}, "behavior": "Merged", "invert": False}, {"type": "ByteLevel"}, {"type": "Sequence"}, {"type": "CharDelimiterSplit", "delimiter": "ab"},
    ):
        yield bad


def load(role, component):
    """A tokenizer with nothing but the component."""
    spec = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None, "pre_tokenizer": None, "post_processor": None, "decoder": None,
            "model": {"type": "WordLevel", "vocab": {"[UNK]": 0}, "unk_token": "[UNK]"}}
    spec[role] = component
    return getattr(Tokenizer.from_str(json.dumps(spec)), role)


def apply(role, c, text):
    if c is None:
        return text if role == "normalizer" else [text] if text else []
    if role == "normalizer":
        return c.normalize_str(text)
    # The package does not drop the piece of an empty text here, but later.
    return [p for p, _ in c.pre_tokenize_str(text) if p]


def write(path, lines):
    with open(path, "wb") as f, gzip.GzipFile(filename="", mode="wb", fileobj=f, mtime=0) as z:
        for line in lines:
            z.write(json.dumps(line, ensure_ascii=False, separators=(",", ":")).encode() + b"\n")


def components(folder, texts):
    lines = []
    for role, specs in (("normalizer", normalizers()), ("pre_tokenizer", pre_tokenizers())):
        for spec in specs:
            line = {role: spec}
            try:
                c = load(role, spec)
                line["out"] = [apply(role, c, t) for t in texts]
            except Exception as e:
                line["error"] = str(e)
            lines.append(line)
    write(f"{folder}/components.jsonl.gz", lines)


def regexes(folder):
    rng, lines = random.Random(SEED), []
    for regex in REGEXES:
        texts = random_texts(rng, 10)
        spec = {"type": "Split", "pattern": {"Regex": regex}, "behavior": "Removed", "invert": True}
        matches = load("pre_tokenizer", spec)
        # With the gaps too: pieces that are matches and pieces that are not look alike otherwise.
        gaps = load("pre_tokenizer", {**spec, "behavior": "Isolated"})
        few = TRICKY + texts
        lines.append({"regex": regex, "texts": texts, "out": [apply("pre_tokenizer", matches, t) for t in few], "isolated": [apply("pre_tokenizer", gaps, t) for t in few]})
    write(f"{folder}/regexes.jsonl.gz", lines + [{"regex": r, "refused": True} for r in REFUSED])


def codepoints(folder):
    every, hashes = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000], []
    bert = lambda **k: {"type": "BertNormalizer", "clean_text": False, "handle_chinese_chars": False, "strip_accents": False, "lowercase": False, **k}
    for spec in [bert(clean_text=True), bert(handle_chinese_chars=True), bert(strip_accents=True), bert(lowercase=True), bert(clean_text=True, handle_chinese_chars=True, strip_accents=True, lowercase=True)] + [
            {"type": k} for k in "NFC NFD NFKC NFKD Lowercase StripAccents Nmt ByteLevel".split()] + [
            {"type": "Strip", "strip_left": True, "strip_right": True}, {"type": "Precompiled", "precompiled_charsmap": CHARSMAP}]:
        c, h = load("normalizer", spec), hashlib.sha256()
        for ch in every:
            h.update(c.normalize_str(ch).encode() + b"\n")
        hashes.append({"normalizer": spec, "sha256": h.hexdigest()})
    # Around each code point stand a letter, a digit and a space, so that its class shows.
    for spec in [{"type": k} for k in "BertPreTokenizer Whitespace WhitespaceSplit UnicodeScripts".split()] + [
            {"type": "Punctuation", "behavior": "Isolated"}, {"type": "Digits", "individual_digits": True}, {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}] + [
            {"type": "Split", "pattern": {"Regex": CL100K}, "behavior": "Isolated", "invert": False}]:
        c, h = load("pre_tokenizer", spec), hashlib.sha256()
        for ch in every:
            h.update("\0".join(p for p, _ in c.pre_tokenize_str("a" + ch + "1" + ch + " " + ch * 6)).encode() + b"\n")
        hashes.append({"pre_tokenizer": spec, "sha256": h.hexdigest()})
    # Sets of regexes: the runs of their code points, in one text of all.
    for r in SETS:
        spec = {"type": "Split", "pattern": {"Regex": r + "+"}, "behavior": "Removed", "invert": True}
        pieces = apply("pre_tokenizer", load("pre_tokenizer", spec), "".join(every))
        hashes.append({"regex": r + "+", "sha256": hashlib.sha256("\0".join(pieces).encode()).hexdigest()})
    with open(f"{folder}/codepoints.json", "w") as f:
        json.dump(hashes, f, indent=1, ensure_ascii=False)
        f.write("\n")


def main(folder, *parts):
    assert tokenizers.__version__ == "0.22.2", tokenizers.__version__
    texts = TRICKY + random_texts(random.Random(SEED), 120)
    if not parts or "components" in parts:
        write(f"{folder}/texts.json.gz", [texts])
        components(folder, texts)
    if not parts or "regexes" in parts:
        regexes(folder)
    if not parts or "codepoints" in parts:
        codepoints(folder)


if __name__ == "__main__":
    main(*sys.argv[1:])
