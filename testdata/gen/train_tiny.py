"""Train testdata/tiny-bert, a small Sentence Transformer, from all-MiniLM-L6-v2.

    python testdata/gen/train_tiny.py MODELS/all-MiniLM-L6-v2

A two-layer BERT learns to point where the big teacher points: the loss is the
cosine between its mean token state and the big teacher's, reduced to its width.
About twelve minutes on two cores (OMP_NUM_THREADS=1 where others use them too). The run is seeded, but another machine rounds
otherwise: a new run gives another model of the same quality, and new goldens.
"""

import collections
import json
import pathlib
import sys
import time

import numpy as np
import onnxruntime
import torch
from scipy.stats import spearmanr
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import BertConfig, BertModel

import bert_onnx
import tinytexts
from folder import write_folder

OUT = tinytexts.ROOT / "testdata/tiny-bert"
VOCABULARY, WIDTH, LAYERS, HEADS, POSITIONS = 6000, 128, 2, 4, 256
TEXTS, EPOCHS, BATCH, RATE = 40_000, 8, 64, 2e-3
CUT = 96  # tokens; longer texts are cut while training
# The order of a real BERT vocabulary: unused slots around the special tokens.
SPECIAL = ["[PAD]", *(f"[unused{i}]" for i in range(5)), "[UNK]", "[CLS]", "[SEP]", "[MASK]", *(f"[unused{i}]" for i in range(5, 10))]


def wordpiece(corpus: list[str]) -> Tokenizer:
    """A lower-casing WordPiece tokenizer; after the alphabet, ids follow frequency."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.train_from_iterator(corpus, trainers.WordPieceTrainer(
        vocab_size=VOCABULARY, limit_alphabet=200, special_tokens=SPECIAL, show_progress=False))
    count = collections.Counter(t for e in tokenizer.encode_batch(corpus) for t in e.tokens)
    rank = {t: (0 if len(t.removeprefix("##")) == 1 else 1, -count[t], t) for t in tokenizer.get_vocab() if t not in SPECIAL}
    order = SPECIAL + sorted(rank, key=rank.get)
    vocabulary = {token: i for i, token in enumerate(order)}

    result = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    result.normalizer, result.pre_tokenizer = tokenizer.normalizer, tokenizer.pre_tokenizer
    result.decoder = decoders.WordPiece()
    result.add_special_tokens(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
    cls, sep = vocabulary["[CLS]"], vocabulary["[SEP]"]
    result.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", cls), ("[SEP]", sep)])
    return result


def batches(encodings: list[list[int]], size: int, rng: np.random.Generator | None = None):
    """Yield (indices, ids, mask) with texts of like length together; rng shuffles."""
    lengths = np.array([len(ids) for ids in encodings])
    noise = rng.uniform(0, 4, len(lengths)) if rng else 0
    order = np.argsort(lengths + noise, kind="stable")
    groups = [order[i:i + size] for i in range(0, len(order), size)]
    if rng:
        rng.shuffle(groups)
    for group in groups:
        ids = np.zeros((len(group), lengths[group].max()), np.int64)
        for row, i in enumerate(group):
            ids[row, :lengths[i]] = encodings[i]
        mask = np.arange(ids.shape[1]) < lengths[group][:, None]
        yield group, ids, mask.astype(np.int64)


def mean_states(folder: pathlib.Path, corpus: list[str]) -> np.ndarray:
    """The mean token state of every text, len(corpus) × H, not normalised."""
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(128)
    encodings = [e.ids for e in tokenizer.encode_batch(corpus)]
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = torch.get_num_threads()
    session = onnxruntime.InferenceSession(folder / "onnx/model.onnx", options)
    result = None
    for group, ids, mask in batches(encodings, 64):
        feeds = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        states = session.run([session.get_outputs()[0].name], feeds)[0]
        if result is None:
            result = np.zeros((len(corpus), states.shape[2]), np.float32)
        result[group] = (states * mask[..., None]).sum(1) / mask.sum(1, keepdims=True)
    return result


def train(model: BertModel, encodings: list[list[int]], targets: torch.Tensor) -> None:
    steps = EPOCHS * -(-len(encodings) // BATCH)
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps, pct_start=0.1)
    rng, start = np.random.default_rng(tinytexts.SEED), time.time()
    model.train()
    for epoch in range(EPOCHS):
        total = 0.0
        for group, ids, mask in batches(encodings, BATCH, rng):
            mask = torch.from_numpy(mask)
            states = model(input_ids=torch.from_numpy(ids), attention_mask=mask).last_hidden_state
            pooled = (states * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
            loss = 1 - torch.cosine_similarity(pooled, targets[group]).mean()
            optimizer.zero_grad()
            loss.backward()
            torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
            total += loss.item() * len(group)
        print(f"epoch {epoch + 1}: loss {total / len(encodings):.4f}, {time.time() - start:.0f} s", flush=True)


def sts_spearman(folder: pathlib.Path) -> float:
    gold, left, right = zip(*tinytexts.sts("dev"))
    a, b = mean_states(folder, list(left)), mean_states(folder, list(right))
    cosines = (a * b).sum(1) / np.linalg.norm(a, axis=1) / np.linalg.norm(b, axis=1)
    return spearmanr(gold, cosines).statistic


def main() -> None:
    big = pathlib.Path(sys.argv[1])
    torch.manual_seed(tinytexts.SEED)
    corpus = tinytexts.sentences(TEXTS)
    tokenizer = wordpiece(corpus)
    # Words alone are what a distillation feeds: the vocabulary is learnt too.
    words = [t for t in tokenizer.get_vocab() if not t.startswith(("[", "##"))]
    corpus += sorted(words)
    print(f"{len(corpus)} texts, {tokenizer.get_vocab_size()} tokens", flush=True)

    start = time.time()
    targets = mean_states(big, corpus)
    targets /= np.linalg.norm(targets, axis=1, keepdims=True)
    # The best WIDTH directions keep the cosines: no centring, which would move them.
    _, directions = np.linalg.eigh(targets.T @ targets)
    targets = torch.from_numpy(targets @ directions[:, :-WIDTH - 1:-1])
    print(f"targets: {time.time() - start:.0f} s, {(targets ** 2).sum(1).mean():.3f} of the length kept", flush=True)

    config = BertConfig(vocab_size=tokenizer.get_vocab_size(), hidden_size=WIDTH, num_hidden_layers=LAYERS, num_attention_heads=HEADS,
                        intermediate_size=4 * WIDTH, max_position_embeddings=POSITIONS, hidden_dropout_prob=0.0,
                        attention_probs_dropout_prob=0.0)
    model = BertModel(config, add_pooling_layer=False)
    tokenizer.enable_truncation(CUT)
    train(model, [e.ids for e in tokenizer.encode_batch(corpus)], targets)
    # As all-MiniLM-L6-v2's file has it; whoever honours it while distilling gets wrong rows.
    tokenizer.enable_truncation(128)
    tokenizer.enable_padding(length=128, pad_id=tokenizer.token_to_id("[PAD]"), pad_token="[PAD]")

    weights = {name: value.detach().numpy() for name, value in model.state_dict().items()}
    graph = bert_onnx.build(weights, layers=LAYERS, heads=HEADS, epsilon=config.layer_norm_eps, token_types=True)
    write_folder(OUT, graph, tokenizer, {**json.loads(config.to_json_string()), "architectures": ["BertModel"]}, {
        "tokenizer_class": "BertTokenizer", "do_lower_case": True, "model_max_length": POSITIONS, "pad_token": "[PAD]",
        "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]", "mask_token": "[MASK]"}, POSITIONS)
    print(f"STSBenchmark-dev Spearman: {sts_spearman(OUT):.4f} (big teacher {sts_spearman(big):.4f})")


if __name__ == "__main__":
    main()
