"""Write a teacher as a sentence-transformers repository lays it out."""

import json
import pathlib

import onnx
from tokenizers import Tokenizer


def write_folder(out: pathlib.Path, graph: onnx.ModelProto, tokenizer: Tokenizer, config: dict, tokenizer_config: dict, length: int) -> None:
    def put(name: str, value) -> None:
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n")

    put("config.json", config)
    put("tokenizer_config.json", tokenizer_config)
    put("sentence_bert_config.json", {"max_seq_length": length, "do_lower_case": False})
    put("modules.json", [
        {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
        {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
    ])
    put("1_Pooling/config.json", {
        "word_embedding_dimension": config["hidden_size"],
        "pooling_mode_cls_token": False,
        "pooling_mode_mean_tokens": True,
        "pooling_mode_max_tokens": False,
        "pooling_mode_mean_sqrt_len_tokens": False,
    })
    tokenizer.save(str(out / "tokenizer.json"), pretty=False)
    (out / "onnx").mkdir(exist_ok=True)
    onnx.save(graph, out / "onnx/model.onnx")
