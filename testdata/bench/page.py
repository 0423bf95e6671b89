"""make benchmarks: the tables of docs/benchmarks.md, made anew.

Runs the benchmarks one after the other; each measures what it compares in turn and
records rows (measure.py). The table of a section stands between two comments in the
page, which name the section; what is outside them is written by hand and stays. Run it
on a machine that does nothing else: the load before each row is in the table.

PARTS=a,b makes some sections anew (start,distill,ablate,encode,eval,fit). ROUNDS=N and
the other variables of a benchmark go to it.
"""

import datetime
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs/benchmarks.md"
HERE = pathlib.Path("testdata/bench")
INTEROP = ROOT / ".cache/interop/venv/bin/python"
# What runs, as it stands below the table, and the sections it makes.
BENCHMARKS = {
    "distill.py": ["start", "distill"],
    "ablate.py": ["ablate"],
    "encode.py": ["encode"],
    "eval.py": ["eval"],
    "fit.py": ["fit"],
}
FEWER = {"fit.py": {"PARTS": "solve,teacher"}, "encode.py": {"GIGABYTES": "0"}}  # what records rows


def machine() -> str:
    name = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    return f"{os.cpu_count()} cores of {name[1] if name else 'an unknown processor'}"


def measured(script: str) -> list[dict]:
    with tempfile.TemporaryDirectory() as tmp:
        rows = pathlib.Path(tmp) / "rows.jsonl"
        env = {**FEWER.get(script, {}), **os.environ, "M2V_BENCH_ROWS": str(rows)}
        python = INTEROP if script == "encode.py" else sys.executable  # model2vec-rs is beside the former
        subprocess.run([python, HERE / script], check=True, cwd=ROOT, env=env)
        return [json.loads(line) for line in rows.read_text().splitlines()]


def table(rows: list[dict], script: str) -> str:
    lines = ["| what | m2v | anchor | ratio | of the rounds | aim | load |", "|---|---|---|---|---|---|---|"]
    for row in rows:
        ratio = "" if row["ratio"] is None else f"{row['ratio']:.2f}"
        lines.append(f"| {row['what']} | {row['ours']} | {row['anchor']} | {ratio} | {', '.join(f'{r:.2f}' for r in row['rounds'])} | {row['aim']} | {row['load']:.1f} |")
    variables = " ".join(f"{name}={value}" for name, value in FEWER.get(script, {}).items())
    lines.append(f"\n{datetime.date.today()}, {machine()}; `{variables + ' ' if variables else ''}testdata/bench/{script}`, by `make benchmarks`.")
    return "\n".join(lines)


def replaced(page: str, section: str, text: str) -> str:
    begin, end = f"<!-- measured: {section} -->", "<!-- end -->"
    pattern = re.compile(re.escape(begin) + r".*?" + re.escape(end), re.S)
    if not pattern.search(page):
        raise SystemExit(f"{PAGE}: there is no {begin}")
    return pattern.sub(lambda _: f"{begin}\n{text}\n{end}", page)


def main() -> None:
    wanted = os.environ.get("PARTS", "").split(",") if os.environ.get("PARTS") else None
    os.environ.pop("PARTS", None)  # the parts of a benchmark are its own
    for script, sections in BENCHMARKS.items():
        if wanted and not set(wanted) & set(sections):
            continue
        rows = measured(script)
        page = PAGE.read_text(encoding="utf8")
        for section in sections:
            page = replaced(page, section, table([row for row in rows if row["section"] == section], script))
        PAGE.write_text(page, encoding="utf8")


if __name__ == "__main__":
    main()
