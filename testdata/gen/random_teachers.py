"""Make testdata/tiny-bpe and testdata/tiny-unigram: real tokenizers, random weights.

    python testdata/gen/random_teachers.py

tiny-bpe is shaped like RoBERTa, tiny-unigram like XLM-RoBERTa: special tokens
<s> <pad> </s> <unk>, positions that start behind the padding id, no
token_type_ids. Seconds; the same bytes on each run.
"""

import json

import torch
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PretrainedConfig, RobertaConfig, RobertaModel, XLMRobertaConfig, XLMRobertaModel

import bert_onnx
import tinytexts
from folder import write_folder

VOCABULARY, WIDTH, LAYERS, HEADS, POSITIONS = 800, 32, 1, 2, 130
SPECIAL = ["<s>", "<pad>", "</s>", "<unk>"]
PAD = SPECIAL.index("<pad>")
MASK = AddedToken("<mask>", lstrip=True, special=True)


def bpe(corpus: list[str]) -> Tokenizer:
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.train_from_iterator(corpus, trainers.BpeTrainer(
        vocab_size=VOCABULARY, special_tokens=SPECIAL, show_progress=False,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    tokenizer.add_special_tokens([MASK])
    tokenizer.post_processor = processors.RobertaProcessing(sep=("</s>", 2), cls=("<s>", 0), add_prefix_space=False)
    return tokenizer


def unigram(corpus: list[str]) -> Tokenizer:
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.Nmt(), normalizers.NFKC(), normalizers.Replace(Regex(" {2,}"), " ")])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace()])
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.train_from_iterator(corpus, trainers.UnigramTrainer(
        vocab_size=VOCABULARY, special_tokens=SPECIAL, unk_token="<unk>", show_progress=False))
    tokenizer.add_special_tokens([MASK])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)])
    return tokenizer


def write(name: str, tokenizer: Tokenizer, config: PretrainedConfig, model_class: type) -> None:
    torch.manual_seed(tinytexts.SEED + len(name))  # not the same weights twice
    model = model_class(config, add_pooling_layer=False)
    weights = {key: value.detach().numpy() for key, value in model.state_dict().items()}
    graph = bert_onnx.build(weights, layers=LAYERS, heads=HEADS, epsilon=config.layer_norm_eps, token_types=False,
                            position_offset=PAD, pad_id=PAD)
    write_folder(tinytexts.ROOT / "testdata" / name, graph, tokenizer,
                 {**json.loads(config.to_json_string()), "architectures": [model_class.__name__]}, {
        "tokenizer_class": model_class.__name__.replace("Model", "Tokenizer"), "model_max_length": POSITIONS - 2, "bos_token": "<s>",
        "eos_token": "</s>", "cls_token": "<s>", "sep_token": "</s>", "unk_token": "<unk>", "pad_token": "<pad>", "mask_token": "<mask>"},
        POSITIONS - 2)
    print(f"{name}: {tokenizer.get_vocab_size()} tokens, {graph.ByteSize()} bytes")


def main() -> None:
    corpus = tinytexts.sentences(20_000)
    for name, tokenizer, config_class, model_class in [
        ("tiny-bpe", bpe(corpus), RobertaConfig, RobertaModel),
        ("tiny-unigram", unigram(corpus), XLMRobertaConfig, XLMRobertaModel),
    ]:
        config = config_class(
            vocab_size=tokenizer.get_vocab_size(), hidden_size=WIDTH, num_hidden_layers=LAYERS, num_attention_heads=HEADS,
            intermediate_size=2 * WIDTH, max_position_embeddings=POSITIONS, type_vocab_size=1, pad_token_id=PAD,
            initializer_range=0.2)  # ten times the usual: rows should differ
        write(name, tokenizer, config, model_class)


if __name__ == "__main__":
    main()
