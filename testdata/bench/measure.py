"""Run a program and see what it took: wall clock, processor, peak memory."""

import json
import os
import statistics
import subprocess
import time
from typing import NamedTuple


class Cost(NamedTuple):
    wall: float  # s, from start to exit
    cpu: float  # s, user and system
    peak: float  # MB, resident


def run(command: list, output=subprocess.DEVNULL, **options) -> tuple[Cost, bytes]:
    """The cost of one run, its children included, and its stdout if output is PIPE."""
    start = time.perf_counter()
    process = subprocess.Popen([str(part) for part in command], stdout=output, stderr=subprocess.PIPE, **options)
    text, errors = b"", b""
    if output == subprocess.PIPE:
        text = process.stdout.read()
    errors = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command}: exit code {process.returncode}\n{errors.decode(errors='replace')[-2000:]}")
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024), text


def median(costs: list[Cost]) -> Cost:
    return Cost(*(statistics.median(values) for values in zip(*costs)))


def line(name: str, cost: Cost, note: str = "") -> None:
    print(f"{name:38} {cost.wall:8.2f} s {cost.cpu:8.2f} s cpu {cost.peak:8.0f} MB   {note}", flush=True)


def record(section: str, what: str, ours: str, anchor: str, ratios: list[float], aim: str) -> None:
    """A row of docs/benchmarks.md for page.py, which names the file of rows: what was
    measured, both figures, and ours / anchor (or, of rates, the other way round) of each
    round."""
    if path := os.environ.get("M2V_BENCH_ROWS"):
        row = {"section": section, "what": what, "ours": ours, "anchor": anchor, "ratio": statistics.median(ratios) if ratios else None,
               "rounds": ratios, "aim": aim, "load": os.getloadavg()[0]}
        with open(path, "a") as file:
            print(json.dumps(row), file=file)


def rounds(ratios: list[float]) -> str:
    """The ratio of each round, for people to see how far they are apart."""
    return f"rounds: {', '.join(f'{r:.2f}' for r in ratios)}"
