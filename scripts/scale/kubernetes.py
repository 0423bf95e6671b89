"""Check the manifests of docs/scale.md against Kubernetes' schemas, and run their commands.

    kubernetes.py PROGRAM     the m2v to run; needs the package kubernetes-validate

The commands run here as the kubelet would run them: each index of the Job with its
JOB_COMPLETION_INDEX, one of them killed and started again, and then the merge. The
features must be those of one process. No cluster is needed, and none is tested.
"""

import filecmp
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import kubernetes_validate
import yaml

ROOT = Path(__file__).resolve().parents[2]
VERSION = "1.33"  # backoffLimitPerIndex and podFailurePolicy are stable there


def manifests() -> dict[str, list[dict]]:
    """The page's YAML files, by their names."""
    page = (ROOT / "docs" / "scale.md").read_text()
    found = re.findall(r"^```yaml (\S+)\n(.*?)^```", page, re.M | re.S)
    return {name: list(yaml.safe_load_all(text)) for name, text in found}


def check_schema(objects: list[dict]) -> None:
    for item in objects:
        kubernetes_validate.validate(item, VERSION, strict=True)
    broken = yaml.safe_load(yaml.safe_dump(objects[-1]))
    broken["spec"]["template"]["spec"]["containers"][0]["imagePullPolice"] = "Never"
    try:
        kubernetes_validate.validate(broken, VERSION, strict=True)
    except kubernetes_validate.ValidationError:
        return
    raise SystemExit("kubernetes.py: the validator takes a field that there is not: it tests nothing")


def command(job: dict, data: Path, program: Path) -> list[str]:
    """A container's command, with the volume where it is here."""
    words = job["spec"]["template"]["spec"]["containers"][0]["command"]
    return [str(program), *(w.replace("/data", str(data)) for w in words[1:])]


def run_job(job: dict, data: Path, program: Path) -> None:
    words = command(job, data, program) + ["--shard-texts=20", "--quiet"]
    count = job["spec"]["completions"]
    assert f"--shard=auto/{count}" in words, "completions and --shard differ"

    def start(index: int) -> subprocess.Popen:
        return subprocess.Popen(words, env={**os.environ, "JOB_COMPLETION_INDEX": str(index)}, stdout=subprocess.DEVNULL)

    killed = start(3)
    while not (data / "features" / "shard-00003.parquet").exists():
        time.sleep(0.01)
        assert killed.poll() is None, "the pod ended before its first file"
    killed.kill()
    assert killed.wait() != 0, "the killed pod had ended: nothing is tested"
    for pod in [start(index) for index in range(count)]:
        assert pod.wait() == 0, f"exit code {pod.returncode}"


def same(a: Path, b: Path) -> None:
    names = sorted(p.name for p in a.iterdir())
    assert names == sorted(p.name for p in b.iterdir()), f"{names} differ from those of one run"
    _, differ, errors = filecmp.cmpfiles(a, b, names, shallow=False)
    assert not differ and not errors, f"{differ + errors} differ"


def main() -> None:
    program = Path(sys.argv[1]).resolve()
    pages = manifests()
    for objects in pages.values():
        check_schema(objects)
    with tempfile.TemporaryDirectory() as name:
        data = Path(name)
        shutil.copytree(ROOT / "testdata" / "tiny-bert", data / "teacher")
        (data / "corpus").mkdir()
        shutil.copy(ROOT / "testdata" / "lines.txt", data / "corpus")
        run_job(pages["featurize.yaml"][-1], data, program)
        subprocess.run(command(pages["merge.yaml"][-1], data, program), check=True, stdout=subprocess.DEVNULL)
        one = [program, "featurize", data / "teacher", "--texts", data / "corpus", "-o", data / "one", "--shard-texts=20", "--quiet"]
        subprocess.run(one, check=True, stdout=subprocess.DEVNULL)
        same(data / "features", data / "one")
    print(f"kubernetes.py: {len(pages)} manifests fit Kubernetes {VERSION}; the pods' features are those of one run")


if __name__ == "__main__":
    main()
