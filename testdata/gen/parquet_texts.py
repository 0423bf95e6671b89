"""Makes texts/testdata/*.parquet, files as Python programs write them.

    pip install pyarrow==26.0.1
    python testdata/gen/parquet_texts.py

snappy.parquet: pyarrow's defaults (dictionary, Snappy, pages of version 1), in
row groups of 40 rows. zstd.parquet: plain values, zstd, pages of version 2.
Columns: id (int64), text (string; row 8 is null), tags (list of strings).
Row i, from 1, is "text i é"; row 3 is empty, row 5 repeats "long " 500 times.
"""

import pathlib

import pyarrow as pa
import pyarrow.parquet as pq

out = pathlib.Path(__file__).resolve().parents[2] / "internal" / "texts" / "testdata"


def text(i):
    return {3: "", 5: "long " * 500, 8: None}.get(i, f"text {i} é")


rows = range(1, 101)
table = pa.table(
    {
        "id": pa.array(rows, pa.int64()),
        "text": pa.array([text(i) for i in rows], pa.string()),
        "tags": pa.array([["a", "b"] for _ in rows], pa.list_(pa.string())),
    }
)
pq.write_table(table, out / "snappy.parquet", row_group_size=40)
pq.write_table(
    table, out / "zstd.parquet", compression="zstd", use_dictionary=False, data_page_version="2.0", store_schema=False
)
