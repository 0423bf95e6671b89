"""setfit.py TEACHER SET SEED OUT: fine-tune a teacher as SetFit does, and write it as a teacher for m2v bench train.

The weights are those of TEACHER's graph (BERT's family). For each of the texts that m2v bench train draws of the
data set SET with SEED, ITERATIONS times (1), a pair with a text of the same label, whose cosine is to be 1, and one
with another label, whose cosine is to be 0: squared error, AdamW at 2e-5 with a tenth of warm-up, batches of 16 pairs,
one epoch. The head is m2v's, logistic regression on the vectors. THREADS=N is of torch (1). Needs testdata/gen/requirements.txt.
"""
import json
import os
import pathlib
import random
import shutil
import sys
import time

import torch
from tokenizers import Tokenizer
from transformers import BertConfig, BertModel

HERE = pathlib.Path(__file__).resolve().parent
sys.path.append(str(HERE.parent / "gen"))
import bert_onnx  # noqa: E402
import onnx  # noqa: E402
import torch_model  # noqa: E402
from train import draw, read  # noqa: E402

RATE, BATCH, HEAD_WIDTH = 2e-5, 16, 32
ITERATIONS = int(os.environ.get("ITERATIONS", 1))


def model_of(folder: pathlib.Path) -> BertModel:
    """The torch model of a graph; what its folder does not say is as in MiniLM and bge-small."""
    weights = torch_model.state_dict(folder / "onnx/model.onnx")
    rows, width = weights["embeddings.word_embeddings.weight"].shape
    layers = 1 + max(int(name.split(".")[2]) for name in weights if name.startswith("encoder.layer."))
    about = folder / "config.json"
    config = BertConfig(**json.loads(about.read_text())) if about.exists() else BertConfig(
        vocab_size=rows, hidden_size=width, num_hidden_layers=layers, num_attention_heads=width // HEAD_WIDTH,
        intermediate_size=weights["encoder.layer.0.intermediate.dense.weight"].shape[0])
    model = BertModel(config, add_pooling_layer=False)
    missing, _ = model.load_state_dict(weights, strict=False)
    if missing := [name for name in missing if not name.endswith(("position_ids", "token_type_ids"))]:
        raise ValueError(f"{folder}: the graph has no {missing}")
    return model


def pairs(labels: list[str], rng: random.Random) -> list[tuple[int, int, float]]:
    out = []
    for _ in range(ITERATIONS):
        for i, label in enumerate(labels):
            same = [j for j, other in enumerate(labels) if other == label and j != i]
            others = [j for j, other in enumerate(labels) if other != label]
            out += [(i, rng.choice(same), 1.0)] if same else []
            out += [(i, rng.choice(others), 0.0)]
    rng.shuffle(out)
    return out


def main() -> None:
    teacher, name, seed, out = pathlib.Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]), pathlib.Path(sys.argv[4])
    torch.manual_seed(seed)
    torch.set_num_threads(int(os.environ.get("THREADS", 1)))
    labels, texts = read(name, "train")
    rows = draw(labels, seed)
    model, tokenizer = model_of(teacher), Tokenizer.from_file(str(teacher / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(256)
    ids = [e.ids for e in tokenizer.encode_batch([texts[i] for i in rows])]
    mean = json.loads((teacher / "1_Pooling/config.json").read_text()).get("pooling_mode_mean_tokens", True)

    def vectors(chosen: list[int]) -> torch.Tensor:
        length = max(len(ids[i]) for i in chosen)
        padded = torch.tensor([ids[i] + [0] * (length - len(ids[i])) for i in chosen])
        mask = torch.tensor([[1.0] * len(ids[i]) + [0.0] * (length - len(ids[i])) for i in chosen])
        states = model(input_ids=padded, attention_mask=mask).last_hidden_state
        return (states * mask[..., None]).sum(1) / mask.sum(1, keepdim=True) if mean else states[:, 0]

    todo = pairs([labels[i] for i in rows], random.Random(seed))
    steps = -(-len(todo) // BATCH)
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=0.01)
    schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, lambda n: min(1, (n + 1) / (0.1 * steps)) * max(0.0, (steps - n) / steps))
    model.train()
    start, total = time.process_time(), 0.0
    for at in range(0, len(todo), BATCH):
        left, right, wanted = zip(*todo[at : at + BATCH])
        loss = (torch.cosine_similarity(vectors(left), vectors(right)) - torch.tensor(wanted)).square().mean()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        schedule.step()
        total += loss.item()
    print(f"{name}, seed {seed}: {len(todo)} pairs, mean loss {total / steps:.4f}, {time.process_time() - start:.0f} s of processor time", flush=True)

    weights = {key: value.detach().numpy() for key, value in model.state_dict().items()}
    graph = bert_onnx.build(weights, layers=model.config.num_hidden_layers, heads=model.config.num_attention_heads,
                            epsilon=model.config.layer_norm_eps, token_types=True)
    shutil.copytree(teacher, out, ignore=shutil.ignore_patterns("onnx"), dirs_exist_ok=True)
    (out / "onnx").mkdir(exist_ok=True)
    onnx.save(graph, out / "onnx/model.onnx")


if __name__ == "__main__":
    main()
