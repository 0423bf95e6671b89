"""teacher.py TEACHER WAY FILE...: onnxruntime driven from Python over the texts of make bench-eval.

Each FILE holds the distinct texts of a task, a JSON string a line. WAY is

  inside  m2v's batches one after the other, each on all cores
  side    m2v's batches, as many at a time as there are cores, each on one
  naive   batches of 64 in the order of the texts, each on all cores

Prints texts, seconds of wall clock and of processor, without loading, as JSON.
"""

import concurrent.futures
import json
import os
import pathlib
import sys
import time

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

MAX_LENGTH = 256  # tokens
CHUNK, BATCH_TOKENS = 4096, 768  # transformer/encode.go and batch.go
NAIVE = 64  # texts
CORES = os.cpu_count()


def sorted_batches(ids: list[list[int]]) -> list[list[int]]:
    """Members of each batch, as transformer/batch.go plans them."""
    batches = []
    for i in sorted(range(len(ids)), key=lambda i: len(ids[i])):  # stable
        if batches and (len(batches[-1]) + 1) * len(ids[i]) <= BATCH_TOKENS:
            batches[-1].append(i)
        else:
            batches.append([i])
    return batches


class Teacher:
    def __init__(self, folder: pathlib.Path, way: str):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1 if way == "side" else CORES
        self.way = way
        self.session = onnxruntime.InferenceSession(folder / "onnx/model.onnx", options, providers=["CPUExecutionProvider"])
        self.inputs = {i.name for i in self.session.get_inputs()}
        self.output = self.session.get_outputs()[0].name
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.tokenizer.no_padding()
        self.tokenizer.enable_truncation(MAX_LENGTH)
        self.pool = concurrent.futures.ThreadPoolExecutor(CORES)

    def run(self, ids: list[list[int]]) -> np.ndarray:
        """Mean of the hidden states over each text's tokens."""
        length = max(map(len, ids))
        padded = np.array([row + [0] * (length - len(row)) for row in ids])
        mask = np.array([[1] * len(row) + [0] * (length - len(row)) for row in ids])
        feeds = {"input_ids": padded, "attention_mask": mask, "token_type_ids": np.zeros_like(padded)}
        states = self.session.run([self.output], {name: value for name, value in feeds.items() if name in self.inputs})[0]
        return (states * mask[:, :, None].astype(np.float32)).sum(1) / mask.sum(1, keepdims=True).astype(np.float32)

    def encode(self, texts: list[str]) -> np.ndarray:
        out = []
        chunk = NAIVE if self.way == "naive" else CHUNK
        for start in range(0, len(texts), chunk):
            ids = [e.ids for e in self.tokenizer.encode_batch_fast([text.strip() for text in texts[start:start + chunk]])]
            batches = [list(range(len(ids)))] if self.way == "naive" else sorted_batches(ids)
            jobs = ([ids[i] for i in batch] for batch in batches)
            rows = list((self.pool.map if self.way == "side" else map)(self.run, jobs))
            vectors = np.empty((len(ids), rows[0].shape[1]), np.float32)
            for batch, values in zip(batches, rows):
                vectors[batch] = values
            out.append(vectors)
        return np.concatenate(out)


def main() -> None:
    folder, way = pathlib.Path(sys.argv[1]), sys.argv[2]
    tasks = [[json.loads(line) for line in pathlib.Path(name).open(encoding="utf-8")] for name in sys.argv[3:]]
    teacher = Teacher(folder, way)
    wall, cpu = time.perf_counter(), time.process_time()
    for texts in tasks:
        teacher.encode(texts)
    print(json.dumps({"texts": sum(map(len, tasks)), "wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}))


if __name__ == "__main__":
    main()
