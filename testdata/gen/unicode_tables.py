"""Writes tokenizer/unicode_tables.go from what the tokenizers package does.

    python testdata/gen/unicode_tables.py tokenizer/unicode_tables.go

Each part of the tokenizers package carries its own edition of Unicode (8 for
the categories of BertNormalizer, 9 for decompositions, 16 for regular
expressions, that of the Rust compiler for char::is_whitespace, …). No data file
gives that mixture, so every table is read off the package's behaviour, one code
point at a time. Needs tokenizers==0.22.2 and about three minutes.
"""

import sys

import tokenizers
from tokenizers import Regex, normalizers as norm, pre_tokenizers as pre

from charsmap import charsmap

ALL = [chr(c) for c in range(0x110000) if not 0xD800 <= c < 0xE000]
TEXT = "".join(ALL)
CODES = set(map(ord, ALL))

SCRIPTS = """Arabic Armenian Bengali Bopomofo Cyrillic Devanagari Ethiopic Georgian Greek Gujarati Gurmukhi Han Hangul
Hebrew Hiragana Kannada Katakana Khmer Lao Latin Malayalam Mongolian Myanmar Oriya Sinhala Tamil Telugu Thai Tibetan""".split()

# Order is that of the constants in unicode.go.
CATEGORIES = "Cn Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Zl Zp Cc Cf Co".split()


def base36(n):
    digits = "0123456789abcdefghijklmnopqrstuvwxyz"
    s = ""
    while True:
        n, d = divmod(n, 36)
        s = digits[d] + s
        if n == 0:
            return s


def zigzag(n):
    return 2 * n if n >= 0 else -2 * n - 1


def numbers(ns):
    """A list of naturals as base-36 text; a run of short lines for the Go file."""
    return " ".join(base36(n) for n in ns)


def run_list(value):
    """value: code point → small natural. Pairs (length, value) that cover all code points; surrogates continue the run."""
    out, last, start = [], None, 0
    for c in range(0x110000):
        v = last if 0xD800 <= c < 0xE000 else value(c)
        if v != last:
            if last is not None:
                out += [c - start, last]
            last, start = v, c
    return out + [0x110000 - start, last]


def removed(pretokenizer):
    """The code points that the pre-tokenizer drops."""
    return CODES - {ord(c) for p, _ in pretokenizer.pre_tokenize_str(TEXT) for c in p}


def matched(cls):
    """The code points that the regular expression's class matches."""
    found = pre.Split(Regex(cls + "+"), "removed", invert=True).pre_tokenize_str(TEXT)
    return {ord(c) for p, _ in found for c in p}


def changed(normalizer):
    """Code point → its normalized form, where it differs."""
    out = {}
    for c in ALL:
        o = normalizer.normalize_str(c)
        if o != c:
            out[ord(c)] = o
    return out


def combining_classes():
    """Code point → its canonical combining class; the classes' order is read
    off how NFD reorders pairs, their names are those of reference marks."""
    nfd = norm.NFD()
    # One mark for each class but 0 in Unicode 9.
    marks = {
        1: 0x334, 7: 0x93C, 8: 0x3099, 9: 0x94D, 10: 0x5B0, 11: 0x5B1, 12: 0x5B2, 13: 0x5B3, 14: 0x5B4, 15: 0x5B5,
        16: 0x5B6, 17: 0x5B7, 18: 0x5B8, 19: 0x5B9, 20: 0x5BB, 21: 0x5BC, 22: 0x5BD, 23: 0x5BF, 24: 0x5C1, 25: 0x5C2, 26: 0xFB1E,
        27: 0x64B, 28: 0x64C, 29: 0x64D, 30: 0x64E, 31: 0x64F, 32: 0x650, 33: 0x651, 34: 0x652, 35: 0x670, 36: 0x711, 84: 0xC55,
        91: 0xC56, 103: 0xE38, 107: 0xE48, 118: 0xEB8, 122: 0xEC8, 129: 0xF71, 130: 0xF72, 132: 0xF74, 202: 0x321, 214: 0x1DCE,
        216: 0x31B, 218: 0x302A, 220: 0x316, 222: 0x59A, 224: 0x302E, 226: 0x1D16D, 228: 0x5AE, 230: 0x301, 232: 0x302C,
        233: 0x35C, 234: 0x35D, 240: 0x345,
    }
    def swapped(a, b):
        return a != b and nfd.normalize_str(chr(a) + chr(b)) == chr(b) + chr(a)
    order = sorted(marks)
    for a, b in zip(order, order[1:]):
        assert swapped(marks[b], marks[a]), (a, b)
    out = {}
    for c in CODES:
        if len(nfd.normalize_str(chr(c))) > 1 or 0xAC00 <= c < 0xD7A4 or not (swapped(marks[240], c) or swapped(c, marks[1]) or c in (0x345, 0x334)):
            continue
        below = [k for k in order if swapped(c, marks[k])]  # classes under c's
        above = [k for k in order if swapped(marks[k], c)]
        same = [k for k in order if k not in below and k not in above]
        if len(same) == 1:
            out[c] = same[0]
        elif not below and above == order[1:]:
            out[c] = 1
        else:
            assert not same, (hex(c), same)
            raise SystemExit(f"class of U+{c:04X} lies between {max(below)} and {min(above)}")
    return out


def seconds(nfc_changed, classes, nfd):
    """Code points that compose with what stands before them."""
    firsts = set()
    for c, d in nfd.items():
        if c not in nfc_changed and not 0xAC00 <= c < 0xD7A4:
            firsts.add(ord(d[-1]))
    return firsts | set(range(0x1161, 0x1176)) | set(range(0x11A8, 0x11C3))


def flags():
    bert = lambda **k: norm.BertNormalizer(**{**dict(clean_text=False, handle_chinese_chars=False, strip_accents=False, lowercase=False), **k})
    clean, accents = changed(bert(clean_text=True)), changed(bert(strip_accents=True))
    nfd, nfkd, nfc, nfkc = (changed(n) for n in (norm.NFD(), norm.NFKD(), norm.NFC(), norm.NFKC()))
    lower, marks = changed(norm.Lowercase()), changed(norm.StripAccents())
    assert lower == changed(bert(lowercase=True))
    classes = combining_classes()
    space = removed(pre.WhitespaceSplit())
    word = set()
    for p, _ in pre.Whitespace().pre_tokenize_str(TEXT):
        if len(pre.Whitespace().pre_tokenize_str("a" + p)) == 1:
            word |= set(map(ord, p))
    assert space == removed(pre.Whitespace()) == matched(r"\s")
    for c, o in clean.items():
        assert o == "" or (o == " " and c in space), hex(c)
    sets = [
        {c for c, o in clean.items() if o == ""},
        space,
        removed(pre.Punctuation("removed")),
        {c for c, o in accents.items() if o == ""},
        {c for c, o in marks.items() if o == ""},
        {ord(p) for p, _ in pre.Digits(True).pre_tokenize_str("a".join(ALL)) if len(p) == 1 and p != "a"},
        word,
        matched(r"\p{L}"),
        matched(r"\p{N}"),
        set(nfd),
        {c for c, d in nfkd.items() if nfd.get(c) != d},
        set(classes),
        set(lower),
        seconds(nfc, classes, nfd),
        set(nfc),
        set(nfkc),
    ]
    value = [0] * 0x110000
    for bit, s in enumerate(sets):
        for c in s:
            value[c] |= 1 << bit
    return value, nfd, nfkd, lower, classes


def decompositions(table):
    """Entries (code point - last, length, code points…), without Hangul syllables."""
    out, last = [], 0
    for c in sorted(table):
        if 0xAC00 <= c < 0xD7A4:
            continue
        out += [c - last, len(table[c])] + list(map(ord, table[c]))
        last = c
    return out


def class_runs(classes):
    """Entries (start - last start, length, class)."""
    out, last, codes = [], 0, sorted(classes)
    i = 0
    while i < len(codes):
        j = i
        while j + 1 < len(codes) and codes[j + 1] == codes[j] + 1 and classes[codes[j + 1]] == classes[codes[i]]:
            j += 1
        out += [codes[i] - last, j - i + 1, classes[codes[i]]]
        last, i = codes[i], j + 1
    return out


def lower_runs(lower):
    """Entries (start - last start, count, stride, zigzag difference). The one
    code point with a lower case of two, U+0130, is left to the Go side."""
    assert {c for c, o in lower.items() if len(o) != 1} == {0x130} and lower[0x130] == "i\u0307"
    todo = {c: ord(o) - c for c, o in lower.items() if c != 0x130}
    out, last = [], 0
    while todo:
        c = min(todo)
        best = [c]
        for stride in (1, 2):
            run = [c]
            while todo.get(run[-1] + stride) == todo[c]:
                run.append(run[-1] + stride)
            if len(run) > len(best):
                best, step = run, stride
        if len(best) == 1:
            step = 1
        out += [c - last, len(best), step, zigzag(todo[c])]
        last = c
        for x in best:
            del todo[x]
    return out


def regex_properties():
    value = [0] * 0x110000
    for i, cat in enumerate(CATEGORIES):
        if cat != "Cn":
            for c in matched(r"\p{%s}" % cat):
                value[c] = i
    for bit, name in ((5, "alpha"), (6, "upper"), (7, "lower")):
        for c in matched("[[:%s:]]" % name):
            value[c] |= 1 << bit
    return value


def grapheme_classes():
    """How graphemes are cut, as far as Precompiled shows it: it looks up
    graphemes of at most five bytes whole, and the others by code point. With a
    charsmap whose only entries are the lead bytes of UTF-8, E stands for each
    U+0301 that is not swallowed by the grapheme that it belongs to."""
    leads = norm.Precompiled(charsmap({bytes([b]): "E" if b == 0xCC else "x" for b in range(1, 256) if b not in (0xC0, 0xC1) and not 0x80 <= b < 0xC0 and b < 0xF5}))
    acute, zwj, copyright = "\u0301", "\u200d", "\u00a9"
    run = lambda s: leads.normalize_str(s)
    def joined(before, c):  # c has at most three bytes
        # c and an acute alone are one grapheme of at most five bytes, where the acute is swallowed.
        return run(before + c + acute).endswith("E")
    names = ["Other", "CR", "LF", "Control", "Extend", "ZWJ", "SpacingMark", "Prepend", "L", "V", "T", "LV", "LVT", "Pictographic", "Consonant", "Linker", "ConjunctExtend"]
    ka, virama = "\u0915", "\u094d"
    value = [0] * 0x110000
    for c in ALL:
        code = ord(c)
        if c in "\r\n\u200d":
            kind = {"\r": "CR", "\n": "LF", "\u200d": "ZWJ"}[c]
        elif run(c + acute + acute).count("E") == 1 and not (code == 0x301):
            kind = "Control"
        elif run("a" + c) == "x":  # extends a
            if joined(ka + c, ka):
                kind = "Linker"
            elif joined(ka + c + virama, ka):
                kind = "ConjunctExtend"
            elif joined(copyright + c + zwj, copyright):
                kind = "Extend"
            else:
                kind = "SpacingMark"
        elif code >= 0x80 and run(c + "a") == "x":
            kind = "Prepend"
        elif joined(c + zwj, copyright):
            kind = "Pictographic"
        elif joined(c + virama, ka):
            kind = "Consonant"
        else:
            v, t = joined(c, "\u1161"), joined(c, "\u11a8")
            if v and t:
                kind = "LV" if joined("\u1100", c) and 0xAC00 <= code < 0xD7A4 else "V"
            elif v:
                kind = "L"
            elif t:
                kind = "LVT" if 0xAC00 <= code < 0xD7A4 else "T"
            else:
                kind = "Other"
        value[code] = names.index(kind)
    return value


def scripts():
    """Code point → UnicodeScripts' class: 0 where it never cuts (Any), else a
    number of our own."""
    split = pre.UnicodeScripts()
    def cut(a, b):
        return len(split.pre_tokenize_str(a + b)) > 1
    value, reps, last = [0] * 0x110000, [], None
    for c in ALL:
        code = ord(c)
        # A leading code point of Any is dropped.
        if len(split.pre_tokenize_str(c)) == 0:
            continue
        if last is None or value[ord(last)] == 0 or cut(last, c):
            for i, r in enumerate(reps):
                if not cut(r, c):
                    value[code] = i + 1
                    break
            else:
                reps.append(c)
                value[code] = len(reps)
        else:
            value[code] = value[ord(last)]
        last = c
    return value


def literal(name, doc, ns):
    """A Go string constant of the numbers ns, broken into lines."""
    lines, line = [], ""
    for word in numbers(ns).split(" "):
        if len(line) + len(word) > 150:
            lines.append(line)
            line = ""
        line += word + " "
    lines.append(line)
    body = " +\n".join('\t"%s"' % l for l in lines)
    return f"// {doc}\nconst {name} = \"\" +\n{body}\n\n"


def main(path):
    assert tokenizers.__version__ == "0.22.2", tokenizers.__version__
    value, nfd, nfkd, lower, classes = flags()
    compat = {c: d for c, d in nfkd.items() if nfd.get(c) != d}
    script_ranges, names = [], []
    for name in SCRIPTS:
        codes = sorted(matched(r"\p{%s}" % name))
        ranges = []
        for c in codes:
            if ranges and ranges[-1][1] == c - 1:
                ranges[-1][1] = c
            else:
                ranges.append([c, c])
        last, flat = 0, [len(ranges)]
        for a, b in ranges:
            flat += [a - last, b - a]
            last = b
        script_ranges += flat
    out = "// Code generated by testdata/gen/unicode_tables.py from tokenizers 0.22.2. DO NOT EDIT.\n\npackage tokenizer\n\n"
    out += "// Numbers are in base 36, each followed by a space; unicode.go reads them.\n\n"
    out += literal("flagRuns", "flagRuns: (length, flags) for all code points in order.", run_list(lambda c: value[c]))
    out += literal("canonicalEntries", "canonicalEntries: (distance, length, code points...) of full canonical decompositions.", decompositions(nfd))
    out += literal("compatEntries", "compatEntries: the same of compatibility decompositions that differ from the canonical.", decompositions(compat))
    out += literal("classRuns", "classRuns: (distance, length, class) of canonical combining classes but 0.", class_runs(classes))
    out += literal("lowerRuns", "lowerRuns: (distance, count, stride, zigzag difference) of lower cases.", lower_runs(lower))
    out += literal("graphemeRuns", "graphemeRuns: (length, grapheme class) for all code points in order.", run_list(lambda c, v=grapheme_classes(): v[c]))
    out += literal("scriptRuns", "scriptRuns: (length, script) of UnicodeScripts for all code points in order; 0 is Any.", run_list(lambda c, v=scripts(): v[c]))
    out += literal("regexRuns", "regexRuns: (length, category and alpha, upper, lower) for all code points in order.", run_list(lambda c, v=regex_properties(): v[c]))
    out += "// regexScripts are the scripts of regexScriptRanges, in its order.\nvar regexScripts = []string{\n" + "".join('\t"%s",\n' % s.lower() for s in SCRIPTS) + "}\n\n"
    out += literal("regexScriptRanges", "regexScriptRanges: for each script the number of ranges, then (distance, length - 1) for each.", script_ranges)
    with open(path, "w", encoding="ascii") as f:
        f.write(out.rstrip("\n") + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
