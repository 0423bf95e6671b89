"""Goldens of package vocab, made with the reference: vocab/testdata/*.json.

    python testdata/gen/vocab.py

needs model2vec[distill]==0.10.0 with tokenizers==0.22.2 and skeletoken.

builds.json    small tokenizers of every kind, what the reference makes of each: tokens in row order, the
               ids that it runs (translated back to the teacher's own), and the tokenizer.json. Training
               breaks ties by hash, so each run makes other tokenizers, complete with what is wanted of them
patterns.json  what re.match says, or that re.compile refuses
count.json     Counter(re.findall(r"\\w+|[^\\w\\s]+", text.lower())).most_common()
"""

import json
import re
from collections import Counter
from pathlib import Path

from model2vec.tokenizer import clean_and_create_vocabulary, turn_tokens_into_ids
from skeletoken import TokenizerModel
from skeletoken.truncation import Truncation
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

OUT = Path(__file__).parents[2] / "vocab" / "testdata"

CORPUS = [
    "The quick brown fox jumps over the lazy dog, and the dog does not mind.",
    "A tokenizer turns text into tokens; tokens become vectors, vectors become rows.",
    "She sells sea shells by the sea shore. The shells she sells are surely seashells!",
    "How much wood would a woodchuck chuck if a woodchuck could chuck wood?",
    "In 1984 there were 42 naïve cafés in Zürich — and 3.14 of them had déjà-vu.",
    "it's a dog's life, isn't it? don't ask; won't tell, can't say.",
    "the the the of of and and to in a is that it for on with as was at by",
]
WORDS = ["star wars", "zebra", "dog", "The", "xkcdq", "e-mail", "naïve", "  padded  ", "star wars", "zebra", "", " ", "...", "fox trot", "qqq", "wood"]


def wordpiece(**kw):
    t = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    t.normalizer = normalizers.BertNormalizer()
    t.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    t.decoder = decoders.WordPiece()
    special = ["[PAD]"] + [f"[unused{i}]" for i in range(4)] + ["[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    t.train_from_iterator(CORPUS, trainers.WordPieceTrainer(vocab_size=160, special_tokens=special, show_progress=False))
    data = json.loads(t.to_str())
    # As in BERT's file: the reserved tokens are in the vocabulary only.
    data["added_tokens"] = [a for a in data["added_tokens"] if "unused" not in a["content"]]
    ids = data["model"]["vocab"]
    data["post_processor"] = json.loads(
        processors_json(processors.TemplateProcessing("[CLS] $A [SEP]", "[CLS] $A [SEP] $B:1 [SEP]:1",
                        [("[CLS]", ids["[CLS]"]), ("[SEP]", ids["[SEP]"])])))
    data.update(kw)
    return data


def processors_json(p):
    t = Tokenizer(models.BPE())
    t.post_processor = p
    return json.dumps(json.loads(t.to_str())["post_processor"])


def byte_level(special, prefix_space=False, post=None, **kw):
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=prefix_space)
    t.decoder = decoders.ByteLevel()
    t.train_from_iterator(CORPUS, trainers.BpeTrainer(
        vocab_size=380, special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    data = json.loads(t.to_str())
    if post:
        data["post_processor"] = json.loads(processors_json(post(data["model"]["vocab"])))
    data.update(kw)
    return data


def sentencepiece_bpe():
    t = Tokenizer(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    t.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    special = ["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)]
    t.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=420, special_tokens=special, show_progress=False))
    data = json.loads(t.to_str())
    data["added_tokens"] = [a for a in data["added_tokens"] if not a["content"].startswith("<0x")]
    data["post_processor"] = json.loads(processors_json(processors.TemplateProcessing(
        "<s> $A", "<s> $A <s> $B", [("<s>", 1)])))
    return data


def unigram():
    t = Tokenizer(models.Unigram())
    t.normalizer = normalizers.Sequence([normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])
    t.pre_tokenizer = pre_tokenizers.Metaspace()
    t.decoder = decoders.Metaspace()
    t.train_from_iterator(CORPUS, trainers.UnigramTrainer(
        vocab_size=150, special_tokens=["<s>", "<pad>", "</s>", "<unk>", "<mask>"], unk_token="<unk>", show_progress=False))
    data = json.loads(t.to_str())
    data["post_processor"] = json.loads(processors_json(processors.TemplateProcessing(
        "<s> $A </s>", "<s> $A </s> </s> $B </s>", [("<s>", 0), ("</s>", 2)])))
    return data


def word_level():
    t = Tokenizer(models.WordLevel(unk_token="[UNK]"))
    t.normalizer = normalizers.Lowercase()
    t.pre_tokenizer = pre_tokenizers.Whitespace()
    t.train_from_iterator(CORPUS, trainers.WordLevelTrainer(special_tokens=["[UNK]", "[PAD]", "[CLS]"], show_progress=False))
    return json.loads(t.to_str())


def with_extra(data, *contents):
    """Adds tokens that only the added tokens have, with ids after the vocabulary."""
    size = len(data["model"]["vocab"])
    for i, content in enumerate(contents):
        data["added_tokens"].append({"id": size + i, "content": content, "single_word": False, "lstrip": False,
                                     "rstrip": False, "normalized": False, "special": True})
    return data


def spaced_merges(data):
    data["model"]["merges"] = [" ".join(m) for m in data["model"]["merges"]]
    return data


def build(name, data, words=(), pattern=r"\[unused\d+\]", pad="", unk=""):
    text = json.dumps(data, ensure_ascii=False)
    original = TokenizerModel.from_tokenizer(Tokenizer.from_str(text))
    if unk:
        original.unk_token = unk
    if pad:
        original.pad_token = pad
    # As from a tokenizer_config.json with "model_max_length": 512.
    original.truncation = Truncation(direction="Right", max_length=512, strategy="LongestFirst", stride=0)
    original = original.prune_added_tokens()
    model = original.deep_copy()
    if model.adds_prefix_space is not None:
        model.adds_prefix_space = True
    model = clean_and_create_vocabulary(model, list(words), re.compile(pattern) if pattern else None)
    tokens = model.sorted_vocabulary
    # The reference prunes the teacher too and runs the ids that are left; the
    # program runs the teacher as it is.
    back = original.model_delta.token_mapping
    ids = [[back[i] for i in row] for row in turn_tokens_into_ids(tokens, original)]
    return {
        "name": name, "tokenizer": data, "words": list(words), "pattern": pattern, "pad": pad, "unk": unk,
        "want": {"tokens": tokens, "ids": ids, "tokenizer": json.loads(model.to_tokenizer().to_str())},
    }


def builds():
    roberta = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
    roberta_post = lambda v: processors.RobertaProcessing(("</s>", v["</s>"]), ("<s>", v["<s>"]), add_prefix_space=False)
    bert_post = {"type": "BertProcessing", "sep": ["[SEP]", 7], "cls": ["[CLS]", 6]}
    longest = {"strategy": "BatchLongest", "direction": "Right", "pad_to_multiple_of": None, "pad_id": 0, "pad_type_id": 0, "pad_token": "[PAD]"}
    fixed = longest | {"strategy": {"Fixed": 128}}  # which acts on the reference's own encoding of new words
    return [
        build("wordpiece", wordpiece(padding=fixed)),
        build("wordpiece-words", wordpiece(padding=longest), WORDS),
        build("wordpiece-hints", wordpiece(), WORDS, pad="[PAD]", unk="[UNK]"),
        build("wordpiece-bert-processing", wordpiece(post_processor=bert_post, padding=longest), ["zebra"]),
        build("wordpiece-pattern", wordpiece(padding=longest), ["zebra", "##zz"], pattern=r"##|[^a-z]+$"),
        build("wordpiece-everything", wordpiece(), pattern=".*"),
        build("byte-level", byte_level(["<|endoftext|>"])),
        build("byte-level-hints", byte_level(["<|endoftext|>"]), pad="<|endoftext|>", unk="<|endoftext|>"),
        build("byte-level-spaced-merges", spaced_merges(byte_level(["<|endoftext|>"])), pattern=r"Ġ[st]h?$"),
        build("byte-level-roberta", byte_level(roberta, post=roberta_post), pad="<pad>", unk="<unk>"),
        build("byte-level-words", byte_level(roberta, post=roberta_post), WORDS, pad="<pad>", unk="<unk>"),
        build("byte-level-extra", with_extra(byte_level(["<|endoftext|>"]), "<|pad|>", "<|user|>"), pad="<|pad|>"),
        build("sentencepiece-bpe", sentencepiece_bpe(), pad="<unk>"),
        build("sentencepiece-bpe-words", sentencepiece_bpe(), ["xkcdq", "zebra", "the", "dog zebra"], pad="<unk>"),
        build("unigram", unigram(), pad="<pad>"),
        build("unigram-words", unigram(), WORDS, pad="<pad>"),
        build("unigram-pattern", unigram(), pattern="▁.$", pad="<pad>"),
        build("word-level", word_level(), WORDS, pad="[PAD]"),
    ]


PATTERNS = [
    r"\[unused\d+\]", r".*", r"a", r"a$", r"^a", r"a\Z", r"\Aa", r"(?P<x>a)(?P=x)", r"(a)(?P<y>b)(c)\2", r"(a)\1",
    r"\w+$", r"\W+$", r"\d+$", r"\D+$", r"\s+$", r"\S+$", r"[\w]+$", r"[\W]+$", r"[^\W]+$", r"[\S]+$", r"[^\S]+$", r"[^\w\s]+$",
    r"[\D]+$", r"\b\w+\b$", r".\b", r".\B.", r"(?i)ABC", r"(?i:A)bc", r"(?-i:A)bc", r"(?x) a b # comment", "(?x)\n[ ]\\ ", r"(?s).+$", r".+$", r"(?m)a$",
    r"(?u)é", r"(?im)A$", r"a{2}", r"a{,2}$", r"a{1,}$", r"a{x}", r"a{", r"{", r"{1}", r"x*", r"a*?b", r"a*+a", r"a++b", r"a?+a", r"(?>a+)b", r"a{1,2}+a",
    r"(?=a)\w", r"(?!a)\w", r"a(?<=a)b", r"a(?<!b)b", r"(a)?(?(1)b|c)", r"(?P<q>a)?(?(q)b|c)", r"(?(1)b|c)", r"(a)?(?(1)b|c|d)",
    r"[]a]+$", r"[^]a]+$", r"[a-]+$", r"[-a]+$", r"[a\-c]+$", r"[[a]+$", r"[a-z-[b]]", r"[z-a]", r"[\w-a]", r"[a-\w]", r"[", r"[a", r"[]", r"[\b]",
    r"(", r")", r"a)", r"(?", r"(?P", r"(?P<", r"(?P<1>a)", r"(?P<a>a)(?P<a>b)", r"(?P=z)", r"(?<x>a)", r"\1", r"(\1)", r"(a)\2",
    r"\p{L}", r"\h", r"\e", r"\z", r"\k<a>", r"\G", r"\q", r"\x41", r"\x4", r"\u00e9", r"\u00e", r"\U0001F600", r"\U00110000", r"\101", r"\0", r"\08", r"\400", r"\377",
    r"[\101-\103]", r"[\x41-\x43]+$", r"\é", r"\-", r"\ ", r"a\.", "\\", r"*", r"+a", r"a**", r"a*{2}", r"a+*", r"^*", r"\b+", r"(?:)*", r"()", r"|", r"a|", r"|a", r"a||b",
    r"(?#comment)a", r"(?#", r"a(?i)b", r"(?i)(?s)A.", r"a{2,1}", r"a{99999999999}", r"(?i:", r"(?i", r"(?z)a", r"(?i-s:A.)", r"(?-:a)", r"(?:a|ab)c", r"##", r"##.", r"▁.$", r"Ġ\w", r"[à-ü]+$",
    r"(a(b(c)))\3\2", r"(?:(a)|b)\1", r"é", r"[é]", r"\#", r"#", r"<.*>", r"\.", r"[.]", r"[^a]", r"[^^]", r"[\]]", r"[\\]", r"\\", r"a-b", r"(?s:.)b", r"(?x: a )b", r"\B", r"[^\D|\w]", r"[\D1]+$", r"(?x)#{1,2}", r"(?(1)b)(a)", r"(?(2)b)(a)",
]
SUBJECTS = [
    "", "a", "aa", "aaa", "ab", "abc", "ABC", "abcb", "aab", "a\n", "a\nb", "b", "c", "bc", "ac", "A", "Ab", "é", "É", "ée", "##a", "##", "[unused1]", "[unused12", "x[unused1]",
    "1", "12", "²", "½", "٣", "Ⅷ", "_", "a_b", "-", "a-b", "]", "^", "[", "\\", ".", "a.", "...", " ", "\t", "\u00a0", "\u001c", "\u2028", "\u200b", "\u0301", "e\u0301", "日本", "日", "▁a", "▁ab", "Ġa", "Ġ",
    "😀", "\u0378", "‿", "{", "a{", "a{x}", "{1}", "\b", "\0", "\0" + "8", "<unk>", "#", "b]", "a-z", "abcba", "abccbc", "aac", "İ", "ſ", "ß", "\u10ffff", "ÿ", "B", "C",
]


def patterns():
    out = []
    for p in PATTERNS:
        try:
            compiled = re.compile(p)
        except (re.error, OverflowError) as e:
            out.append({"pattern": p, "error": str(e)})
            continue
        out.append({"pattern": p, "matches": "".join("01"[compiled.match(s) is not None] for s in SUBJECTS)})
    return {"subjects": SUBJECTS, "patterns": out}


TEXTS = [
    "The dog and the Dog, the DOG. dog-dog it's don't...",
    "naïve café NAÏVE Café CAFÉ über ÜBER Straße STRASSE",
    "ΟΔΥΣΣΕΥΣ Σ ΑΣ ΑΣ'Α ΑΣ. ΑΣ.Β σς ΣΑΣ ΑΣ\u0301Α ΑΣ\u0301 Σ'Σ aΣ 1Σ Σ1 ΑΣ:ΑΣ",
    "İstanbul I İ ıİi ǅ Ǆ ﬀ Ⅷ ⅷ Ⓐ ⓐ",
    "日本語 テスト 、。 ２３ ½ ² ٣٤ _x_ __ a\u0301b \u0301 x\u200by \u00a0\u2003z\u001cq",
    "a a b b c c c d\nd\td e\r\nf 😀😀 😀 !?!? !? $5.00 #tag @user http://x.y/z?q=1",
]


def count():
    out = []
    for texts in [[t] for t in TEXTS] + [TEXTS]:
        c = Counter()
        for t in texts:
            c.update(re.findall(r"\w+|[^\w\s]+", t.lower()))
        out.append({"texts": texts, "want": c.most_common()})
    return out


def write(name, value, indent=None):
    text = json.dumps(value, ensure_ascii=False, indent=indent, separators=(",", ":") if indent is None else None)
    (OUT / name).write_text(text.replace('{"name":', '\n{"name":') + "\n", encoding="utf-8")


if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    write("builds.json", builds())
    write("patterns.json", patterns())
    write("count.json", count())
