"""Makes internal/parquet/testdata/*.parquet, files as Python programs write them.

    pip install pyarrow==26.0.1 polars==2.1.0 duckdb==2.0.1
    python testdata/gen/parquet_vectors.py

lz4.parquet and lz4-v2.parquet: 1,500 texts "row i", i from 0, LZ4_RAW with a
dictionary, whose page of indexes hardly compresses; pages of version 1 and 2.

arrow.parquet: 60 rows in two row groups and small pages. Row i, from 0, has the
vector [i, i/4, -i, 1] in f32 (a list), fixed (a list of fixed size), f64, f16 and
dictionary (f32 with a dictionary); holes has no vector in row 7, an empty one in
row 8, and no second value in row 9. doc is a struct of body, "body i", which is
null in row 3, and id. ragged has one value more in row 20.

polars.parquet and duckdb.parquet: text "row i" and the same vector, 3,000 rows, as
these programs write an array of fixed size.
"""

import pathlib

import duckdb
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq

out = pathlib.Path(__file__).resolve().parents[2] / "internal" / "parquet" / "testdata"
out.mkdir(exist_ok=True)

texts = pa.table({"text": [f"row {i}" for i in range(1500)]})
pq.write_table(texts, out / "lz4.parquet", compression="lz4")
pq.write_table(texts, out / "lz4-v2.parquet", compression="lz4", data_page_version="2.0")


def vector(i):
    return [float(i), i / 4, 0.0 - i, 1.0]


rows = range(60)
vectors = [vector(i) for i in rows]
holes = {7: None, 8: [], 9: [9.0, None, -9.0, 1.0]}
table = pa.table(
    {
        "f32": pa.array(vectors, pa.list_(pa.float32())),
        "fixed": pa.array(vectors, pa.list_(pa.float32(), 4)),
        "f64": pa.array(vectors, pa.list_(pa.float64())),
        "f16": pa.array(vectors, pa.list_(pa.float16())),
        "dictionary": pa.array(vectors, pa.list_(pa.float32())),
        "holes": pa.array([holes.get(i, v) for i, v in enumerate(vectors)], pa.list_(pa.float32())),
        "ragged": pa.array([v + [0.0] * (i == 20) for i, v in enumerate(vectors)], pa.list_(pa.float32())),
        "doc": pa.array([{"body": None if i == 3 else f"body {i}", "id": i} for i in rows]),
    }
)
pq.write_table(
    table,
    out / "arrow.parquet",
    row_group_size=40,
    data_page_size=200,
    write_batch_size=10,
    use_dictionary=["dictionary.list.element"],
)

rows = range(3000)
frame = pl.DataFrame(
    {"text": [f"row {i}" for i in rows], "vector": [vector(i) for i in rows]},
    schema={"text": pl.String, "vector": pl.Array(pl.Float32, 4)},
)
frame.write_parquet(out / "polars.parquet")
duckdb.sql(
    "copy (select 'row ' || i as text, [i, i / 4, -i, 1]::float[4] as vector from range(3000) t(i))"
    f" to '{out / 'duckdb.parquet'}' (format parquet)"
)
