"""make bench: what a distillation costs, against Python and a bare ONNX Runtime loop.

Whole processes, from start to folder on disk, on all-MiniLM-L6-v2. The three run
in turn, so that a busy moment of the machine meets all of them, and what is
compared is compared within a round. ROUNDS=N sets how often (3).
"""

import json
import os
import pathlib
import shutil
import statistics
import subprocess
import sys
import tempfile

from measure import line, median, record, run

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
M2V, CACHE = ROOT / "bin/m2v", ROOT / ".cache/bench"
ROUNDS = int(os.environ.get("ROUNDS", 3))
BATCH = 256  # sequences: what m2v distill runs at a time where they are three ids long
CORES = os.cpu_count()
TEACHER = "all-MiniLM-L6-v2"
REFERENCE_FOLDER = CACHE / f"{TEACHER}-torch"
CONFIG = {"model_type": "bert", "vocab_size": 30522, "hidden_size": 384, "num_hidden_layers": 6, "num_attention_heads": 12,
          "intermediate_size": 1536, "max_position_embeddings": 512, "architectures": ["BertModel"]}
REFERENCE = "import sys; from model2vec.distill import distill; distill(sys.argv[1]).save_pretrained(sys.argv[2])"


def torch_folder(teacher: pathlib.Path) -> None:
    """Writes the same weights to REFERENCE_FOLDER, where the reference can load them: it knows torch only."""
    if not (REFERENCE_FOLDER / "model.safetensors").exists():
        from safetensors.torch import save_file

        sys.path.insert(0, str(ROOT / "testdata/gen"))
        import torch_model

        REFERENCE_FOLDER.mkdir(parents=True, exist_ok=True)
        shutil.copy(teacher / "tokenizer.json", REFERENCE_FOLDER)
        (REFERENCE_FOLDER / "tokenizer_config.json").write_text(json.dumps(
            {"tokenizer_class": "PreTrainedTokenizerFast", "pad_token": "[PAD]", "unk_token": "[UNK]", "cls_token": "[CLS]", "sep_token": "[SEP]"}))
        (REFERENCE_FOLDER / "config.json").write_text(json.dumps(CONFIG))
        weights = {k: v.contiguous() for k, v in torch_model.state_dict(teacher / "onnx/model.onnx").items() if "position_ids" not in k}
        save_file(weights, REFERENCE_FOLDER / "model.safetensors", metadata={"format": "pt"})


def distill(teacher: pathlib.Path, tmp: pathlib.Path) -> None:
    library = subprocess.run([M2V, "runtime", "path"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    loop = [CACHE / "bareloop", "-library", library, "-teacher", teacher, "-output", "output_0", "-width", 384, "-batch", BATCH]
    ways = {"side by side": ["-side", CORES], "threads inside": ["-threads", CORES]}
    # In a process of its own: a run's peak is at least what the process that starts it has, and torch has a gigabyte.
    subprocess.run([sys.executable, "-c", "import distill, pathlib, sys; distill.torch_folder(pathlib.Path(sys.argv[1]))", teacher], check=True, cwd=HERE)
    ours, python, added, ratios = [], [], [], []
    loops = {way: [] for way in ways}
    for n in range(ROUNDS):
        cost, _ = run([M2V, "distill", teacher, "--no-cache", "-o", tmp / f"m2v-{n}"])
        ours.append(cost)
        for way, flags in ways.items():
            cost, text = run(loop + flags, output=subprocess.PIPE)
            loops[way].append(json.loads(text)["loop"])
        cost, _ = run([sys.executable, "-c", REFERENCE, REFERENCE_FOLDER, tmp / f"python-{n}"], env={**os.environ, "HF_HUB_OFFLINE": "1"})
        python.append(cost)
        added.append(ours[-1].wall / loops["side by side"][-1] - 1)
        ratios.append(ours[-1].wall / python[-1].wall)
    line("m2v distill", median(ours))
    line("Python model2vec distill", median(python))
    for way, times in loops.items():
        print(f"bare loop, {way:27} {statistics.median(times):8.2f} s   batches of {BATCH}, the loop alone")
    print(f"m2v adds to the loop                   {statistics.median(added):8.1%}     (at most 10 %; rounds: {', '.join(f'{a:.1%}' for a in added)})")
    print(f"m2v / Python                           {statistics.median(ratios):8.2f}     (at most 0.65; rounds: {', '.join(f'{r:.2f}' for r in ratios)})")
    print(f"m2v peak memory                        {median(ours).peak:8.0f} MB  (at most 350 MB)")
    ours_s, loop_s, python_s = median(ours).wall, statistics.median(loops["side by side"]), median(python).wall
    record("distill", "whole process, beside a bare ONNX Runtime loop over the same batches", f"{ours_s:.2f} s", f"{loop_s:.2f} s", [a + 1 for a in added], "0.85")
    record("distill", "the same, beside Python model2vec's distill", f"{ours_s:.2f} s", f"{python_s:.2f} s", ratios, "0.65")
    record("distill", "peak memory, beside Python's", f"{median(ours).peak:.0f} MB", f"{median(python).peak:.0f} MB", [a.peak / b.peak for a, b in zip(ours, python)], "350 MB")


def small(tmp: pathlib.Path) -> None:
    helps = [run([M2V, "--help"])[0] for _ in range(11)]
    line("m2v --help", median(helps), "(under 0.03 s)")
    tiny = [run([M2V, "distill", ROOT / "testdata/tiny-bert", "-o", tmp / f"tiny-{n}"])[0] for n in range(ROUNDS)]
    line("m2v distill testdata/tiny-bert", median(tiny), "(under 2 s)")
    record("start", "m2v --help", f"{median(helps).wall * 1000:.0f} ms", "", [], "10 ms")
    record("start", "m2v distill testdata/tiny-bert", f"{median(tiny).wall:.2f} s", "", [], "2 s")


def main() -> None:
    models = os.environ.get("M2V_TEST_MODELS") or sys.exit("bench: set M2V_TEST_MODELS to the folder that get-models fills")
    print(f"{CORES} cores, medians of {ROUNDS} rounds in turn, {TEACHER}")
    with tempfile.TemporaryDirectory() as name:
        small(pathlib.Path(name))
        distill(pathlib.Path(models) / TEACHER, pathlib.Path(name))


if __name__ == "__main__":
    main()
