"""Test featurize.py in a cluster of two worker processes, one of which is killed midway.

    test.py PROGRAM     the m2v to run; needs the packages pyspark and pyarrow, and Java 17

Three runs: whole, with an executor killed while it holds a partition, and with a program
that fails. The first two must leave the same bytes, partition by partition, and the
vectors must be those of m2v encode.
"""

import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import featurize
import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import SparkSession

ROOT = Path(__file__).resolve().parents[2]
PARTS = 6


def corpus(folder: Path) -> list[str]:
    """PARTS Parquet files of the tiny corpus, with an empty text and a null here and there."""
    lines = (ROOT / "testdata" / "lines.txt").read_text().splitlines()
    folder.mkdir()
    for part in range(PARTS):
        some = lines[part::PARTS]
        some[3:3], some[7:7] = [" \t"], [None]
        table = pa.table({"id": pa.array(range(len(some)), pa.int64()), "sentence": pa.array(some, pa.string())})
        pq.write_table(table, folder / f"{part}.parquet")
    return [line for part in range(PARTS) for line in lines[part::PARTS] if line.strip()]


def slow(program: Path, log: Path) -> Path:
    """A program that takes its time, and tells of each start."""
    path = log.with_suffix(".sh")
    path.write_text(f'#!/bin/sh\necho start >>"{log}"\nsleep 1\nexec "{program}" "$@"\n')
    path.chmod(0o755)
    return path


def session() -> SparkSession:
    """Two worker processes of one core each; the JVM is told to start fast, not to run fast."""
    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    os.environ["PYSPARK_PYTHON"] = sys.executable
    java = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
    builder = SparkSession.builder.master("local-cluster[2,1,1024]").appName("test")
    for name, value in {
        "spark.ui.enabled": "false", "spark.driver.host": "127.0.0.1", "spark.executor.memory": "512m",
        "spark.driver.extraJavaOptions": java, "spark.executor.extraJavaOptions": java, "spark.network.timeout": "600s",
        "spark.sql.files.openCostInBytes": "0", "spark.executorEnv.PYTHONPATH": str(ROOT / "scripts" / "spark"),
    }.items():
        builder = builder.config(name, value)
    spark = builder.getOrCreate()
    spark.sparkContext.setLogLevel("OFF")
    return spark


def start(spark: SparkSession, program: Path, teacher: Path, source: Path, target: Path) -> Future:
    """Run featurize.py's work in a thread."""
    o = featurize.options([str(teacher), str(source), str(target), "--text-column=sentence", "--keep=id",
                           f"--partitions={PARTS}", f"--program={program}"])
    return ThreadPoolExecutor(1).submit(featurize.run, spark, o)


def executors(driver: int) -> list[int]:
    """The worker processes below a process."""
    parents, found = {}, []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                stat = (entry / "stat").read_text().rsplit(")", 1)[1].split()
                parents[int(entry.name)] = int(stat[1])
                if b"CoarseGrainedExecutorBackend" in (entry / "cmdline").read_bytes():
                    found.append(int(entry.name))
            except OSError:
                continue  # it has ended

    def below(pid: int) -> bool:
        while pid > 1 and pid != driver:
            pid = parents.get(pid, 0)
        return pid == driver

    return [pid for pid in found if below(pid)]


def kill_one(job: Future, target: Path) -> None:
    """Kill a worker once a partition is done and others run."""
    while not list(target.glob("_temporary/*/task_*/part-*")):
        assert not job.done(), "the job ended before a worker could be killed"
        time.sleep(0.02)
    pids = executors(os.getpid())
    assert len(pids) == 2, f"{len(pids)} workers, want 2"
    os.kill(pids[0], 9)


def parts(target: Path) -> dict[str, str]:
    """The SHA-256 of each part, by its number.

    The footer's bytes count in ascending order: Spark's writer lists a column's encodings as
    a hash set has them, which differs from one JVM to the next.
    """
    sums = {}
    for path in target.glob("part-*.parquet"):
        data = path.read_bytes()
        end = len(data) - 8 - int.from_bytes(data[-8:-4], "little")
        sums[path.name.split("-")[1]] = hashlib.sha256(data[:end] + bytes(sorted(data[end:]))).hexdigest()
    return sums


def check_vectors(program: Path, target: Path, want: list[str]) -> None:
    tables = [pq.read_table(p) for p in sorted(target.glob("part-*.parquet"))]
    rows = {text: vector for t in tables for text, vector in zip(t["text"].to_pylist(), t["vector"].to_pylist())}
    assert tables[0].column_names == ["id", "text", "vector"], tables[0].column_names
    assert sum(t.num_rows for t in tables) == len(want) and set(rows) == set(want), "other texts"
    words = [program, "encode", ROOT / "testdata" / "tiny-bert", "-", "--input-format=jsonl", "--no-normalize", "-q"]
    out = subprocess.run(words, input="\n".join(map(json.dumps, want)).encode(), stdout=subprocess.PIPE, check=True).stdout
    for text, line in zip(want, out.splitlines(), strict=True):
        for a, b in zip(rows[text], json.loads(line), strict=True):
            assert abs(a - b) < 1e-5, f"{text}: {a} and {b}"  # batches change the last bits


def main() -> None:
    program = Path(sys.argv[1]).resolve()
    teacher = ROOT / "testdata" / "tiny-bert"
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        want = corpus(work / "in")

        spark = session()
        start(spark, program, teacher, work / "in", work / "whole").result()
        check_vectors(program, work / "whole", want)

        job = start(spark, slow(program, work / "starts"), teacher, work / "in", work / "killed")
        kill_one(job, work / "killed")
        job.result()
        starts = (work / "starts").read_text().count("start") - 1  # one asks for the width
        whole, killed = parts(work / "whole"), parts(work / "killed")
        assert len(whole) >= PARTS and whole == killed, f"{whole} and {killed}"
        assert starts > len(whole), f"{starts} starts of the program for {len(whole)} partitions: no partition was lost"

        broken = work / "broken.sh"
        broken.write_text(f'#!/bin/sh\ncase $(wc -l <"{work}/starts") in {starts + 1}) echo >>"{work}/starts"; exec "{program}" "$@";; esac\n'
                          'read -r line; echo "m2v: no memory left" >&2; exit 1\n')
        broken.chmod(0o755)
        fault = str(start(spark, broken, teacher, work / "in", work / "bad").exception())
        assert "m2v: no memory left" in fault and not (work / "bad" / "_SUCCESS").exists(), fault
        spark.stop()
    print(f"test.py: {len(whole)} partitions of {len(want)} texts; a worker was killed, {starts - len(whole)} partitions ran again, and the bytes are the same but for the order in footers")


if __name__ == "__main__":
    main()
