"""A teacher's vectors of a corpus, by Spark: Parquet in, Parquet out.

    spark-submit featurize.py TEACHER IN OUT [--text-column text] [--keep id,lang]
        [--partitions N] [--program m2v] [--args '--max-length 256']

Each row of IN whose text is not empty becomes a row of OUT: the kept columns, "text" and
"vector", an array of floats of the length that the teacher gives it. Where vectors lie is
Spark's matter: OUT may be anything that Spark writes to.

The program runs once a partition: texts go in as JSON Lines, vectors come out as raw
float32. It and the teacher's folder must be at the same paths on every worker; a task uses
as many threads as spark.task.cpus says.

Which texts are of which partition depends on IN's files and --partitions alone, not on how
many workers there are, and the program's vectors on the texts of the partition: a
partition that is lost with its worker leaves, once it is run again, the same bytes. Spark
names the files of each run anew; part-00007 of one run holds what part-00007 of another
does. (Spark's writer lists a column's encodings in a footer in an order that differs from
one JVM to the next; all else is byte for byte the same.)

Source of the flags: m2v encode --help.
"""

import argparse
import json
import queue
import shlex
import subprocess
import tempfile
import threading
from collections.abc import Iterator

import pyarrow as pa
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F
from pyspark.sql.types import ArrayType, FloatType, StructField, StructType


class Pipe:
    """One run of the program: batches of texts go in, their vectors come out in order."""

    def __init__(self, command: list[str], width: int) -> None:
        self.command, self.width = command, width
        self.stderr = tempfile.TemporaryFile()
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.stderr)
        # The program reads a few batches ahead and no more, so the queue is short without a bound.
        self.sent: queue.Queue = queue.Queue()
        self.fault: BaseException | None = None

    def send(self, batches: Iterator[pa.RecordBatch]) -> None:
        """Feed the program, in a thread of its own; None ends the queue."""
        try:
            with self.process.stdin as to:
                for batch in batches:
                    self.sent.put(batch)
                    for text in batch.column("text").to_pylist():
                        to.write(json.dumps(text).encode() + b"\n")
        except BrokenPipeError:
            pass  # the program has ended, and says why
        except BaseException as fault:  # of the batches' source; told in the task's own thread
            self.fault = fault
        finally:
            self.sent.put(None)

    def fail(self) -> None:
        """Raise what ended the run early."""
        self.process.stdout.close()
        code = self.process.wait()
        if self.fault:
            raise self.fault
        self.stderr.seek(0)
        said = self.stderr.read().decode(errors="replace").strip()
        raise RuntimeError(f"{shlex.join(self.command)}: exit code {code}: {said or 'fewer vectors than texts'}")

    def vectors(self, rows: int) -> pa.ListArray:
        """The next vectors, rows×width."""
        size = 4 * self.width * rows
        data = self.process.stdout.read(size)
        if len(data) != size:
            self.fail()
        values = pa.Array.from_buffers(pa.float32(), self.width * rows, [None, pa.py_buffer(data)])
        offsets = pa.array(range(0, self.width * rows + 1, self.width), pa.int32())
        return pa.ListArray.from_arrays(offsets, values)

    def run(self, batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        """Yield each batch with its vectors as its last column."""
        thread = threading.Thread(target=self.send, args=(batches,), daemon=True)
        thread.start()
        while (batch := self.sent.get()) is not None:
            if batch.num_rows:
                columns = [*batch.columns, self.vectors(batch.num_rows)]
                yield pa.RecordBatch.from_arrays(columns, [*batch.schema.names, "vector"])
        thread.join()
        if self.fault or self.process.stdout.read(1) or self.process.wait():
            self.fail()

    def close(self) -> None:
        """End the program, if the task ends first."""
        self.process.kill()
        self.process.wait()
        self.stderr.close()


def encode(command: list[str], width: int):
    """What Spark runs once a partition."""

    def partition(batches: Iterator[pa.RecordBatch]) -> Iterator[pa.RecordBatch]:
        pipe = Pipe(command, width)
        try:
            yield from pipe.run(batches)
        finally:
            pipe.close()

    return partition


def width_of(command: list[str]) -> int:
    """The length of the teacher's vectors: it is asked about one text."""
    out = subprocess.run(command, input=b'"one text"\n', stdout=subprocess.PIPE, check=True).stdout
    return len(out) // 4


def featurize(frame: DataFrame, command: list[str], text: str = "text", keep: tuple[str, ...] = ()) -> DataFrame:
    """The kept columns of frame, its texts that are not empty, and their vectors."""
    texts = frame.select(*keep, F.col(text).alias("text")).where(F.col("text").rlike(r"\S"))
    schema = StructType([*texts.schema.fields, StructField("vector", ArrayType(FloatType(), False), False)])
    return texts.mapInArrow(encode(command, width_of(command)), schema)


def options(words: list[str] | None = None) -> argparse.Namespace:
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("teacher", help="its folder, at this path on every worker")
    p.add_argument("source", metavar="IN", help="Parquet files of texts")
    p.add_argument("target", metavar="OUT", help="the folder to write; it must not be there")
    p.add_argument("--text-column", default="text")
    p.add_argument("--keep", default="", help="columns that stay beside the vectors, separated by commas")
    p.add_argument("--partitions", type=int, default=200, help="into about how many parts IN's bytes fall (default 200)")
    p.add_argument("--program", default="m2v")
    p.add_argument("--args", default="", help="more flags of m2v encode")
    return p.parse_args(words)


def run(spark: SparkSession, o: argparse.Namespace) -> None:
    # Without this number Spark divides by the cores that it has at the moment.
    spark.conf.set("spark.sql.files.minPartitionNum", o.partitions)
    threads = spark.sparkContext.getConf().get("spark.task.cpus", "1")
    command = [o.program, "encode", o.teacher, "-", "--input-format=jsonl", "--format=raw", "--no-normalize",
               f"--threads={threads}", "--quiet", *shlex.split(o.args)]
    keep = tuple(name for name in o.keep.split(",") if name)
    featurize(spark.read.parquet(o.source), command, o.text_column, keep).write.parquet(o.target)


def main() -> None:
    o = options()
    spark = SparkSession.builder.appName("featurize").getOrCreate()
    run(spark, o)
    spark.stop()


if __name__ == "__main__":
    main()
