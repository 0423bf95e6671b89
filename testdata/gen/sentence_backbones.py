"""Tiny backbones of nine families, with tokenizers of their own classes.

Each is a folder as save_pretrained writes it (model.safetensors included) and
onnx/model.onnx beside it: one layer, 8 wide, random weights, a vocabulary made
of WORDS. sentence_teachers.py makes teachers of them.
"""

import json
import pathlib
import warnings

import onnx
import torch
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
import transformers as tf

WIDTH, POSITIONS, VOCABULARY = 8, 40, 90
WORDS = """the quick brown fox jumps over a lazy dog and runs to Paris in May hello world query passage search document
one two three four five six seven eight nine ten café naïve Ünder 北京 东京 12 34 is it so ? ! , . : ; ( ) ' - good morning""".split()
CORPUS = [" ".join(WORDS), "query: the quick brown fox", "passage: one two three four five", "Hello World in Paris", "naïve café in 北京."] * 3
SHAPE = dict(hidden_size=WIDTH, num_hidden_layers=1, num_attention_heads=2, intermediate_size=12)


def train(model, trainer, normalizer=None, pre=None) -> Tokenizer:
    tokenizer = Tokenizer(model)
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    if pre is not None:
        tokenizer.pre_tokenizer = pre
    tokenizer.train_from_iterator(CORPUS, trainer)
    return tokenizer


def template(tokenizer: Tokenizer, before: list[str], after: list[str]) -> None:
    tokenizer.post_processor = processors.TemplateProcessing(
        single=[*before, "$A", *after], pair=[*before, "$A", *after, "$B", *after],
        special_tokens=[(t, tokenizer.token_to_id(t)) for t in {*before, *after}])


def characters() -> list[str]:
    return sorted(set("".join(CORPUS)) - {" "})


def wordpiece(special: list[str], unk: str) -> Tokenizer:
    """Characters, half of the words, and the ends of the others: training draws ties by chance."""
    pieces = special + characters() + ["##" + c for c in characters()] + WORDS[::2] + ["##" + w[1:] for w in WORDS[1::2]]
    vocabulary = {t: i for i, t in enumerate(dict.fromkeys(pieces))}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token=unk))
    tokenizer.normalizer, tokenizer.pre_tokenizer = normalizers.BertNormalizer(lowercase=False), pre_tokenizers.BertPreTokenizer()
    tokenizer.add_special_tokens(special)
    return tokenizer


def byte_level(special: list[str], pre) -> Tokenizer:
    return train(models.BPE(), trainers.BpeTrainer(vocab_size=300, special_tokens=special, show_progress=False,
                                                   initial_alphabet=pre_tokenizers.ByteLevel.alphabet()), None, pre)


def unigram(special: list[str], unk: str, normalizer=None) -> Tokenizer:
    pieces = ["▁"] + ["▁" + w for w in WORDS[::2]] + [w[1:] for w in WORDS[1::2]] + characters()
    pieces = [p for p in dict.fromkeys(pieces) if p]
    scored = [(t, 0.0) for t in special] + [(t, -2 - i / 16) for i, t in enumerate(pieces)]
    tokenizer = Tokenizer(models.Unigram(scored, special.index(unk), False))
    if normalizer is not None:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    tokenizer.add_special_tokens(special)
    return tokenizer


def bert():
    tokenizer = wordpiece(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"], "[UNK]")
    template(tokenizer, ["[CLS]"], ["[SEP]"])
    config = dict(tokenizer_class="BertTokenizer", unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]", mask_token="[MASK]", do_lower_case=False)
    return tokenizer, config, tf.BertConfig(**SHAPE, max_position_embeddings=POSITIONS), tf.BertModel


def mpnet():
    tokenizer = wordpiece(["<s>", "<pad>", "</s>", "[UNK]", "<mask>"], "[UNK]")
    template(tokenizer, ["<s>"], ["</s>"])
    config = dict(tokenizer_class="MPNetTokenizer", bos_token="<s>", eos_token="</s>", cls_token="<s>", sep_token="</s>", pad_token="<pad>", unk_token="[UNK]", mask_token="<mask>", do_lower_case=True)
    return tokenizer, config, tf.MPNetConfig(**SHAPE, max_position_embeddings=POSITIONS + 2, pad_token_id=1, bos_token_id=0, eos_token_id=2), tf.MPNetModel


def roberta():
    tokenizer = byte_level(["<s>", "<pad>", "</s>", "<unk>", "<mask>"], pre_tokenizers.ByteLevel(add_prefix_space=False))
    tokenizer.post_processor = processors.RobertaProcessing(sep=("</s>", 2), cls=("<s>", 0), add_prefix_space=False)
    config = dict(tokenizer_class="RobertaTokenizer", bos_token="<s>", eos_token="</s>", cls_token="<s>", sep_token="</s>", pad_token="<pad>", unk_token="<unk>", mask_token="<mask>")
    return tokenizer, config, tf.RobertaConfig(**SHAPE, max_position_embeddings=POSITIONS + 2, pad_token_id=1, bos_token_id=0, eos_token_id=2), tf.RobertaModel


def xlmr():
    tokenizer = unigram(["<s>", "<pad>", "</s>", "<unk>"], "<unk>", normalizers.Sequence([normalizers.NFKC()]))
    tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True, special=True)])
    template(tokenizer, ["<s>"], ["</s>"])
    config = dict(tokenizer_class="XLMRobertaTokenizer", bos_token="<s>", eos_token="</s>", cls_token="<s>", sep_token="</s>", pad_token="<pad>", unk_token="<unk>", mask_token="<mask>")
    return tokenizer, config, tf.XLMRobertaConfig(**SHAPE, max_position_embeddings=POSITIONS + 2, pad_token_id=1, bos_token_id=0, eos_token_id=2), tf.XLMRobertaModel


def modernbert():
    tokenizer = byte_level(["[UNK]", "[CLS]", "[SEP]", "[PAD]", "[MASK]"], pre_tokenizers.ByteLevel(add_prefix_space=False))
    tokenizer.normalizer = normalizers.NFC()
    template(tokenizer, ["[CLS]"], ["[SEP]"])
    config = dict(tokenizer_class="PreTrainedTokenizerFast", unk_token="[UNK]", pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]", mask_token="[MASK]")
    shape = tf.ModernBertConfig(**SHAPE, max_position_embeddings=POSITIONS, pad_token_id=3, bos_token_id=1, eos_token_id=2, cls_token_id=1, sep_token_id=2,
                                global_attn_every_n_layers=1, local_attention=8, reference_compile=False)
    return tokenizer, config, shape, tf.ModernBertModel


QWEN = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"


def qwen():
    pre = pre_tokenizers.Sequence([pre_tokenizers.Split(Regex(QWEN), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tokenizer = byte_level(["<|endoftext|>", "<|im_start|>", "<|im_end|>"], pre)
    tokenizer.normalizer = normalizers.NFC()
    template(tokenizer, [], ["<|endoftext|>"])
    config = dict(tokenizer_class="Qwen2Tokenizer", unk_token=None, bos_token=None, eos_token="<|im_end|>", pad_token="<|endoftext|>", padding_side="left")
    shape = tf.Qwen3Config(**SHAPE, num_key_value_heads=1, head_dim=4, max_position_embeddings=POSITIONS, eos_token_id=2, bos_token_id=0, pad_token_id=0)
    return tokenizer, config, shape, tf.Qwen3Model


def gemma():
    tokenizer = train(models.BPE(unk_token="<unk>", fuse_unk=True, byte_fallback=True),
                      trainers.BpeTrainer(vocab_size=360, special_tokens=["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"] + ["<0x%02X>" % b for b in range(256)], show_progress=False),
                      normalizers.Replace(" ", "▁"), pre_tokenizers.Split(" ", "merged_with_previous"))
    template(tokenizer, ["<bos>"], ["<eos>"])
    config = dict(tokenizer_class="GemmaTokenizer", bos_token="<bos>", eos_token="<eos>", pad_token="<pad>", unk_token="<unk>", mask_token="<mask>", add_bos_token=True, add_eos_token=True)
    shape = tf.Gemma3TextConfig(**SHAPE, num_key_value_heads=1, head_dim=4, max_position_embeddings=POSITIONS, use_bidirectional_attention=True,
                                layer_types=["full_attention"], pad_token_id=0, eos_token_id=1, bos_token_id=2)
    return tokenizer, config, shape, tf.Gemma3TextModel


def t5():
    tokenizer = unigram(["<pad>", "</s>", "<unk>"], "<unk>")
    template(tokenizer, [], ["</s>"])
    config = dict(tokenizer_class="T5Tokenizer", eos_token="</s>", pad_token="<pad>", unk_token="<unk>", extra_ids=0)
    shape = tf.T5Config(d_model=WIDTH, d_kv=4, d_ff=12, num_layers=1, num_decoder_layers=1, num_heads=2, vocab_size=0)
    return tokenizer, config, shape, tf.T5EncoderModel


def deberta():
    normalizer = normalizers.Sequence([normalizers.Replace(Regex(r"\s{2,}|[\n\r\t]"), " "), normalizers.NFC(), normalizers.Strip(left=False, right=True)])
    tokenizer = unigram(["[PAD]", "[CLS]", "[SEP]", "[UNK]"], "[UNK]", normalizer)
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Metaspace()])
    tokenizer.add_special_tokens([AddedToken("[MASK]", special=True)])
    template(tokenizer, ["[CLS]"], ["[SEP]"])
    config = dict(tokenizer_class="DebertaV2Tokenizer", bos_token="[CLS]", eos_token="[SEP]", cls_token="[CLS]", sep_token="[SEP]", pad_token="[PAD]", unk_token="[UNK]", mask_token="[MASK]", do_lower_case=False)
    shape = tf.DebertaV2Config(**SHAPE, max_position_embeddings=POSITIONS, relative_attention=True, position_buckets=8, pos_att_type=["p2c", "c2p"],
                               norm_rel_ebd="layer_norm", share_att_key=True, position_biased_input=False, type_vocab_size=0)
    return tokenizer, config, shape, tf.DebertaV2Model


BACKBONES = dict(bert=bert, mpnet=mpnet, roberta=roberta, xlmr=xlmr, modernbert=modernbert, qwen=qwen, gemma=gemma, t5=t5, deberta=deberta)


OFFSET = ("mpnet", "roberta", "xlmr")  # their positions start behind the padding id


class Graph(torch.nn.Module):
    def __init__(self, model, inputs):
        super().__init__()
        self.model, self.inputs = model, inputs

    def forward(self, *values):
        return self.model(**dict(zip(self.inputs, values)), return_dict=True).last_hidden_state


def export(model, path: pathlib.Path, inputs: list[str]) -> None:
    ids = torch.tensor([[5, 6, 7, 8, 9, 10], [5, 6, 7, 1, 1, 1]])
    mask = torch.tensor([[1] * 6, [1, 1, 1, 0, 0, 0]])
    values = dict(input_ids=ids, attention_mask=mask, token_type_ids=torch.zeros_like(ids), position_ids=torch.arange(6).repeat(2, 1) + 2)
    path.parent.mkdir(parents=True, exist_ok=True)
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")
        batch, length = torch.export.Dim("b"), torch.export.Dim("t")
        program = torch.onnx.export(
            Graph(model, inputs), tuple(values[i] for i in inputs), None, input_names=inputs, output_names=["last_hidden_state"], opset_version=18,
            dynamo=True, verbose=False, external_data=False, dynamic_shapes=(tuple({0: batch, 1: length} for _ in inputs),))
        program.save(str(path), external_data=False)
    graph = onnx.load(path)
    for node in graph.graph.node:  # stack traces are most of the file
        del node.metadata_props[:]
        node.ClearField("doc_string")
    for part in (graph, graph.graph, *graph.graph.value_info, *graph.graph.initializer, *graph.functions):
        if hasattr(part, "metadata_props"):
            del part.metadata_props[:]
    del graph.graph.value_info[:]
    onnx.save(graph, path)


def build(name: str, out: pathlib.Path) -> None:
    """Write backbone name to folder out."""
    tokenizer, tokenizer_config, config, model_class = BACKBONES[name]()
    out.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(out / "tokenizer.json"), pretty=False)
    if name in OFFSET:  # as in real folders: max_position_embeddings alone would be two too many
        tokenizer_config["model_max_length"] = POSITIONS
    (out / "tokenizer_config.json").write_text(json.dumps(tokenizer_config))
    config.vocab_size = tokenizer.get_vocab_size()
    torch.manual_seed(11)
    if hasattr(config, "initializer_range"):
        config.initializer_range = 0.4
    model = model_class._from_config(config, attn_implementation="eager") if hasattr(model_class, "_from_config") else model_class(config)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(torch.randn(parameter.shape) * 0.4 + (1 if parameter.dim() == 1 and "norm" in name else 0))
    model.eval().save_pretrained(out)
    inputs = ["input_ids", "attention_mask"] + (["token_type_ids"] if name == "bert" else [])
    export(model, out / "onnx/model.onnx", inputs)
    if name in OFFSET:
        export(model, out / "onnx/model_positions.onnx", inputs + ["position_ids"])
