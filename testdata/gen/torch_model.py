"""The weights inside an ONNX file of BERT's family, as the torch model they came from.

The reference distils torch models only. Reading the weights back from the very
graph that m2v runs makes both sides start from the same numbers.
"""

import json
import pathlib

import numpy as np
import onnx
import torch
from onnx import numpy_helper
from transformers import AutoConfig, AutoModel, PreTrainedModel, PreTrainedTokenizerFast


def state_dict(path: pathlib.Path) -> dict[str, torch.Tensor]:
    """The weights by the names that transformers gives them.

    Exporters keep the names of biases, but may store the matrix of a linear layer
    transposed under a made-up name: it is found as what is multiplied before the
    bias is added.
    """
    graph = onnx.load(path).graph
    stored = {i.name: numpy_helper.to_array(i) for i in graph.initializer}
    products = {}  # the output of a MatMul → its matrix
    for node in graph.node:
        if node.op_type == "MatMul" and node.input[1] in stored:
            products[node.output[0]] = node.input[1]
    weights = {name: value for name, value in stored.items() if name.split(".")[0] in ("embeddings", "encoder", "pooler")}
    for node in graph.node:
        if node.op_type != "Add":
            continue
        matrix = next((products[i] for i in node.input if i in products), None)
        bias = next((i for i in node.input if i in weights and i.endswith(".bias")), None)
        if matrix and bias:
            weights[bias.removesuffix("bias") + "weight"] = np.ascontiguousarray(stored[matrix].T)
    return {name: torch.from_numpy(value.copy()) for name, value in weights.items()}


def load(folder: pathlib.Path) -> tuple[PreTrainedModel, PreTrainedTokenizerFast]:
    """The torch model and the tokenizer of a teacher folder with onnx/model.onnx and config.json."""
    config = AutoConfig.from_pretrained(folder)
    weights = state_dict(folder / "onnx/model.onnx")
    pooler = "pooler.dense.weight" in weights
    model = AutoModel.from_config(config, add_pooling_layer=pooler, attn_implementation="eager")
    missing, unexpected = model.load_state_dict(weights, strict=False)
    missing = [name for name in missing if not name.endswith(("position_ids", "token_type_ids"))]
    unexpected = [name for name in unexpected if not name.endswith(("position_ids", "token_type_ids"))]
    if missing or unexpected:
        raise ValueError(f"{folder}: missing {missing}, unexpected {unexpected}")
    model.config.name_or_path = model.name_or_path = folder.name
    special = {key: value for key, value in json.loads((folder / "tokenizer_config.json").read_text()).items() if key.endswith("_token")}
    tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(folder / "tokenizer.json"), **special)
    # The reference lets padding and truncation baked into the file act on words
    # of one's own, and then pools the padding. m2v never does.
    tokenizer.backend_tokenizer.no_padding()
    tokenizer.backend_tokenizer.no_truncation()
    return model.eval(), tokenizer
