"""make load-serve: m2v serve under load, on the loopback interface.

A student of all-MiniLM-L6-v2 (256 dimensions) and the sentences of tasks.txt. Vegeta sends
requests from the same machine, so that it and the server share the cores:

  one      one sentence a request, WORKERS requests at a time: requests/s, latency
  batches  64 sentences a request, as base64 and as JSON lists: texts/s, beside m2v encode
           of as many texts to .npy and to .jsonl, by the clock and by processor time
  stop     SIGTERM under load, ROUNDS times: no request that was sent is lost
  reload   SIGHUP twice a second under load: no request is lost
  soak     only with MINUTES=N: one sentence a request at RATE a second; resident memory

ROUNDS=N (3), SECONDS=N (5) for each, WORKERS=N (16), RATE=N (1000). Every part ends by itself. The best
round counts: what else the machine does only slows one down.
"""

import base64
import collections
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "testdata/bench"))
from measure import run  # noqa: E402

M2V, VEGETA = ROOT / "bin/m2v", ROOT / ".cache/bin/vegeta"
TEXTS = pathlib.Path(os.environ.get("M2V_TEST_TEXTS") or pathlib.Path.home() / ".cache/m2v-test-texts") / "tasks.txt"
ROUNDS, SECONDS, MINUTES = (int(os.environ.get(name, default)) for name, default in (("ROUNDS", 3), ("SECONDS", 5), ("MINUTES", 0)))
WORKERS, RATE = int(os.environ.get("WORKERS", 16)), int(os.environ.get("RATE", 1000))
BATCH, ENCODED = 64, 300_000


class Server:
    """m2v serve on a free port."""

    def __init__(self, model: pathlib.Path):
        self.process = subprocess.Popen([M2V, "serve", model, "--addr", "127.0.0.1:0", "--quiet"], stdout=subprocess.PIPE, text=True)
        self.url = self.process.stdout.readline().strip()

    def metric(self, name: str) -> float:
        with urllib.request.urlopen(self.url + "/metrics", timeout=10) as answer:
            return float(re.search(rf"^{name} (\S+)$", answer.read().decode(), re.M)[1])

    def cpu(self) -> float:
        return self.metric("process_cpu_seconds_total")

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()


def targets(path: pathlib.Path, url: str, bodies: list[dict]) -> pathlib.Path:
    """A file of vegeta's requests."""
    with path.open("w") as file:
        for body in bodies:
            encoded = base64.b64encode(json.dumps(body).encode()).decode()
            file.write(json.dumps({"method": "POST", "url": url, "body": encoded}) + "\n")
    return path


class Attack:
    """Vegeta at work, which writes a line for each request. Rate 0 is as fast as the workers get answers."""

    def __init__(self, file: pathlib.Path, seconds: float, workers: int, rate_: int = 0):
        flags = f"-format=json -targets={file} -rate={rate_} -workers={workers} -max-workers={workers} -duration={seconds}s -max-body=0"
        self.out = tempfile.TemporaryFile("w+")  # a pipe that nobody reads yet would hold it up
        self.process = subprocess.Popen(["bash", "-c", f'set -o pipefail; "{VEGETA}" attack {flags} | "{VEGETA}" encode -to=csv'], stdout=self.out)

    def answers(self) -> list[tuple[int, int, int, str]]:
        """Of each request: when it was sent and how long it took, in nanoseconds, status and error."""
        if self.process.wait() != 0:
            raise RuntimeError("vegeta failed")
        self.out.seek(0)
        out = []
        for line in self.out:
            at, status, latency, _, _, error = line.split(",")[:6]
            out.append((int(at), int(latency), int(status), error))
        return out


def rate(list_: list) -> float:
    first, last = min(at for at, *_ in list_), max(at + took for at, took, *_ in list_)
    return len(list_) / (last - first) * 1e9


def check(list_: list) -> None:
    bad = collections.Counter((status, error) for _, _, status, error in list_ if status != 200)
    if bad:
        raise RuntimeError(f"not answered: {bad}")


def percentile(list_: list, share: float) -> float:
    return sorted(took for _, took, *_ in list_)[int(share * (len(list_) - 1))] / 1e6


def one(server: Server, file: pathlib.Path) -> None:
    for _ in range(ROUNDS):
        before = server.cpu()
        got = Attack(file, SECONDS, WORKERS).answers()
        check(got)
        cpu = server.cpu() - before
        print(f"one        {rate(got):9.0f} requests/s  p50 {percentile(got, .5):6.2f} ms  p99 {percentile(got, .99):6.2f} ms  "
              f"server {cpu / len(got) * 1e6:5.0f} µs of processor a request  ({len(got)} requests)", flush=True)


def batches(server: Server, files: dict[str, pathlib.Path], model: pathlib.Path, texts: pathlib.Path, folder: pathlib.Path) -> None:
    for _ in range(ROUNDS):
        encoded = {}
        for form in ("npy", "jsonl"):
            cost, _ = run([M2V, "encode", model, texts, "-o", folder / f"out.{form}", "--quiet"])
            encoded[form] = ENCODED / cost.wall, cost.cpu / ENCODED * 1e6
            print(f"encode     {ENCODED / cost.wall:9.0f} texts/s to .{form:6} {encoded[form][1]:6.2f} µs of processor a text", flush=True)
        for form, beside in (("base64", "npy"), ("float", "jsonl")):
            before = server.cpu()
            got = Attack(files[form], SECONDS, 4).answers()
            check(got)
            count = len(got) * BATCH
            cpu = (server.cpu() - before) / count * 1e6
            print(f"batches    {rate(got) * BATCH:9.0f} texts/s as {form:7} {cpu:6.2f} µs of processor a text  p99 {percentile(got, .99):6.2f} ms  of m2v encode's to .{beside}: "
                  f"{rate(got) * BATCH / encoded[beside][0]:.2f} by the clock, {encoded[beside][1] / cpu:.2f} by processor time", flush=True)


def stop(model: pathlib.Path, make) -> None:
    for _ in range(ROUNDS):
        with Server(model) as server:
            process = Attack(make(server), 3, WORKERS)
            time.sleep(1.5)
            code = server.stop()
            got = process.answers()
        kinds = collections.Counter("answered" if status == 200 else "refused" if "connection refused" in error else f"lost: {status} {error}" for _, _, status, error in got)
        print(f"stop       exit code {code}, {dict(kinds)}", flush=True)
        if code or set(kinds) - {"answered", "refused"}:
            raise RuntimeError("a request was lost")


def reload(server: Server, file: pathlib.Path) -> None:
    process = Attack(file, SECONDS, WORKERS)
    for _ in range(2 * SECONDS):
        time.sleep(0.5)
        server.process.send_signal(signal.SIGHUP)
    got = process.answers()
    check(got)
    time.sleep(1)
    count = int(server.metric(r'm2v_reloads_total\{result="done"\}'))
    print(f"reload     {count} reloads, {len(got)} requests answered, p99 {percentile(got, .99):6.2f} ms", flush=True)


def soak(server: Server, file: pathlib.Path) -> None:
    process = Attack(file, 60 * MINUTES, WORKERS, RATE)
    end, sizes = time.time() + 60 * MINUTES, []

    def watch():
        while time.time() < end:
            sizes.append((server.metric("process_resident_memory_bytes") / 1e6, int(server.metric("go_goroutines"))))
            time.sleep(min(20, max(0, end - time.time())))

    import threading

    watcher = threading.Thread(target=watch)
    watcher.start()
    got = process.answers()
    watcher.join()
    check(got)
    half = sizes[len(sizes) // 2:]
    print(f"soak       {MINUTES} minutes, {len(got)} requests, p99 {percentile(got, .99):6.2f} ms; MB resident: " + " ".join(f"{mb:.0f}" for mb, _ in sizes), flush=True)
    print(f"           second half: {min(half)[0]:.0f} to {max(half)[0]:.0f} MB; goroutines {min(g for _, g in half)} to {max(g for _, g in half)}", flush=True)


def main() -> None:
    teacher = pathlib.Path(os.environ["M2V_TEST_MODELS"]) / "all-MiniLM-L6-v2"
    lines = TEXTS.read_text(encoding="utf-8").splitlines()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        model = folder / "student"
        subprocess.run([M2V, "distill", teacher, "-o", model, "--quiet"], check=True, stdout=subprocess.DEVNULL)
        texts = folder / "texts.txt"
        texts.write_text("\n".join(lines[i % len(lines)] for i in range(ENCODED)) + "\n", encoding="utf-8")

        def single(server: Server) -> pathlib.Path:
            return targets(folder / "one.json", server.url + "/v1/embeddings", [{"input": text, "model": "student", "encoding_format": "base64"} for text in lines[:5000]])

        with Server(model) as server:
            several = [lines[i:i + BATCH] for i in range(0, len(lines) - BATCH, BATCH)]
            files = {form: targets(folder / f"{form}.json", server.url + "/v1/embeddings", [{"input": b, "encoding_format": form} for b in several]) for form in ("base64", "float")}
            if MINUTES:
                soak(server, single(server))
            else:
                one(server, single(server))
                batches(server, files, model, texts, folder)
                reload(server, single(server))
            print(f"the server's memory: {server.metric('process_resident_memory_bytes') / 1e6:.0f} MB; exit code {server.stop()}", flush=True)
        if not MINUTES:
            stop(model, single)


main()
