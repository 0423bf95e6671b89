"""Makes internal/vectors/testdata: the same rows as NumPy and safetensors write them.

    pip install numpy==2.4.6 safetensors==0.8.0
    python testdata/gen/vectors.py

Value (i, j) of the 5 × 3 array is (i - 2) / 3 + j * 1000, as float32; and one of
0 × 256 values.
"""

import pathlib

import numpy as np
from safetensors.numpy import save_file

out = pathlib.Path(__file__).resolve().parents[2] / "internal" / "vectors" / "testdata"
rows = ((np.arange(5)[:, None] - 2) / 3 + np.arange(3)[None, :] * 1000).astype(np.float32)
for name, array in {
    "float32": rows,
    "float16": rows.astype(np.float16),
    "empty": np.zeros((0, 256), np.float32),
}.items():
    np.save(out / f"{name}.npy", array)
    save_file({"embeddings": array}, out / f"{name}.safetensors")
