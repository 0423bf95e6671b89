"""A BERT encoder as an ONNX graph, written node by node.

torch's exporters need more packages and change from release to release; this
graph is the same bytes for the same weights. Inputs are int64 [batch, sequence],
the output is last_hidden_state, float32 [batch, sequence, hidden].
"""

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

OPSET = 17  # the first with LayerNormalization
LARGEST = np.finfo(np.float32).min


class _Graph:
    def __init__(self, weights: dict[str, np.ndarray]):
        self.weights, self.nodes, self.initializers = weights, [], {}

    def op(self, kind: str, *inputs: str, name: str, **attributes) -> str:
        self.nodes.append(helper.make_node(kind, list(inputs), [name], name=name, **attributes))
        return name

    def const(self, name: str, value) -> str:
        self.initializers[name] = np.asarray(value)
        return name

    def weight(self, name: str, transposed: bool = False) -> str:
        value = self.weights[name]
        # torch keeps a linear layer as out×in, MatMul wants in×out.
        return self.const(name, np.ascontiguousarray(value.T) if transposed else value)

    def linear(self, x: str, name: str) -> str:
        y = self.op("MatMul", x, self.weight(name + ".weight", transposed=True), name=name + ".matmul")
        return self.op("Add", y, self.weight(name + ".bias"), name=name + ".out")

    def norm(self, x: str, name: str, epsilon: float) -> str:
        scale, bias = self.weight(name + ".weight"), self.weight(name + ".bias")
        return self.op("LayerNormalization", x, scale, bias, name=name + ".out", axis=-1, epsilon=epsilon)


def _embeddings(g: _Graph, position_offset: int | None, pad_id: int, epsilon: float, types: bool) -> str:
    words = g.op("Gather", g.weight("embeddings.word_embeddings.weight"), "input_ids", name="words")
    axis = g.const("sequence_axis", np.int64(1))
    if position_offset is None:  # BERT: 0, 1, 2, …
        ones = g.op("Cast", g.op("Equal", "input_ids", "input_ids", name="same"), name="ones", to=TensorProto.INT64)
        ids = g.op("CumSum", ones, axis, name="position_ids", exclusive=1)
    else:  # RoBERTa: offset+1, …, and the offset itself where there is padding
        pad = g.const("pad_id", np.int64(pad_id))
        real = g.op("Not", g.op("Equal", "input_ids", pad, name="is_pad"), name="is_real")
        real = g.op("Cast", real, name="real", to=TensorProto.INT64)
        count = g.op("Mul", g.op("CumSum", real, axis, name="count"), real, name="count_real")
        ids = g.op("Add", count, g.const("position_offset", np.int64(position_offset)), name="position_ids")
    positions = g.op("Gather", g.weight("embeddings.position_embeddings.weight"), ids, name="positions")
    table = g.weight("embeddings.token_type_embeddings.weight")
    if types:
        kinds = g.op("Gather", table, "token_type_ids", name="types")
    else:
        kinds = g.op("Gather", table, g.const("type_zero", np.int64(0)), name="types")
    x = g.op("Add", words, kinds, name="words_types")
    x = g.op("Add", x, positions, name="words_types_positions")
    return g.norm(x, "embeddings.LayerNorm", epsilon)


def _layer(g: _Graph, x: str, mask: str, n: int, hidden: int, heads: int, epsilon: float) -> str:
    at = f"encoder.layer.{n}"
    split = g.const("split_heads", np.array([0, 0, heads, hidden // heads], np.int64))
    join = g.const("join_heads", np.array([0, 0, hidden], np.int64))

    def head(kind: str, perm: list[int]) -> str:
        y = g.op("Reshape", g.linear(x, f"{at}.attention.self.{kind}"), split, name=f"{at}.{kind}.split")
        return g.op("Transpose", y, name=f"{at}.{kind}.heads", perm=perm)

    query, key, value = head("query", [0, 2, 1, 3]), head("key", [0, 2, 3, 1]), head("value", [0, 2, 1, 3])
    scores = g.op("MatMul", query, key, name=f"{at}.scores")
    scores = g.op("Div", scores, g.const("root", np.float32(np.sqrt(hidden // heads))), name=f"{at}.scaled")
    shares = g.op("Softmax", g.op("Add", scores, mask, name=f"{at}.masked"), name=f"{at}.shares", axis=-1)
    y = g.op("MatMul", shares, value, name=f"{at}.context")
    y = g.op("Transpose", y, name=f"{at}.context.back", perm=[0, 2, 1, 3])
    y = g.linear(g.op("Reshape", y, join, name=f"{at}.context.join"), f"{at}.attention.output.dense")
    x = g.norm(g.op("Add", y, x, name=f"{at}.attention.sum"), f"{at}.attention.output.LayerNorm", epsilon)

    y = g.linear(x, f"{at}.intermediate.dense")
    erf = g.op("Erf", g.op("Div", y, g.const("root2", np.float32(np.sqrt(2))), name=f"{at}.gelu.div"), name=f"{at}.gelu.erf")
    gate = g.op("Mul", y, g.op("Add", erf, g.const("one", np.float32(1)), name=f"{at}.gelu.add"), name=f"{at}.gelu.mul")
    y = g.linear(g.op("Mul", gate, g.const("half", np.float32(0.5)), name=f"{at}.gelu"), f"{at}.output.dense")
    return g.norm(g.op("Add", y, x, name=f"{at}.output.sum"), f"{at}.output.LayerNorm", epsilon)


def build(weights: dict[str, np.ndarray], *, layers: int, heads: int, epsilon: float,
          token_types: bool, position_offset: int | None = None, pad_id: int = 0) -> onnx.ModelProto:
    """The graph of the encoder whose weights have the names of transformers' BertModel.

    position_offset None counts positions as BERT does, a number as RoBERTa does.
    """
    hidden = weights["embeddings.word_embeddings.weight"].shape[1]
    g = _Graph(weights)
    x = _embeddings(g, position_offset, pad_id, epsilon, token_types)
    mask = g.op("Unsqueeze", "attention_mask", g.const("mask_axes", np.array([1, 2], np.int64)), name="mask4d")
    mask = g.op("Cast", mask, name="mask_float", to=TensorProto.FLOAT)
    mask = g.op("Sub", g.const("one", np.float32(1)), mask, name="mask_off")
    mask = g.op("Mul", mask, g.const("largest", np.float32(LARGEST)), name="mask_bias")
    for n in range(layers):
        x = _layer(g, x, mask, n, hidden, heads, epsilon)
    g.op("Identity", x, name="last_hidden_state")

    names = ["input_ids", "attention_mask"] + (["token_type_ids"] if token_types else [])
    dims = ["batch_size", "sequence_length"]
    graph = helper.make_graph(
        g.nodes, "encoder",
        [helper.make_tensor_value_info(name, TensorProto.INT64, dims) for name in names],
        [helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, [*dims, hidden])],
        [numpy_helper.from_array(value, name) for name, value in g.initializers.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=8, producer_name="m2v testdata")
    onnx.checker.check_model(model, full_check=True)
    return model
