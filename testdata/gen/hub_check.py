"""Drives the Python client for hub's TestInteropPythonClient, run by make interop.

    hub_check.py read REPO FILE...      each file from the cache alone (hf_hub_download)
    hub_check.py scan REPO              what the client's own cache scan sees
    hub_check.py snapshot REPO [FILE...] fetch a snapshot, of these files only if there are any
    hub_check.py download REPO FILE...  fetch file by file

HF_ENDPOINT and HF_HUB_CACHE say where. Prints {"dir": snapshot folder (scan:
the commit of main), "files": [path, ...]} as JSON.

Made with huggingface_hub 1.33.0.
"""

import json
import os
import sys

import yaml
from huggingface_hub import ModelCardData, hf_hub_download, scan_cache_dir, snapshot_download


def below(folder):
    found = []
    for root, _, names in os.walk(folder):
        found += [os.path.relpath(os.path.join(root, name), folder) for name in names]
    return sorted(path.replace(os.sep, "/") for path in found)


def one_by_one(repo, files, **kwargs):
    folders = set()
    for name in files:
        path = hf_hub_download(repo, name, **kwargs)
        assert os.path.getsize(path) > 0, path
        folders.add(path[: -len(name) - 1])
    (folder,) = folders  # one snapshot holds them all
    return folder


def main(how, repo, *files):
    if how == "read":
        folder = one_by_one(repo, files, local_files_only=True)
        # The listing that Fetch leaves tells the client that the snapshot is complete for these files.
        assert snapshot_download(repo, local_files_only=True, allow_patterns=list(files)) == folder
    elif how == "scan":
        report = scan_cache_dir()
        assert not report.warnings, report.warnings
        (found,) = (r for r in report.repos if r.repo_id == repo)
        (revision,) = (r for r in found.revisions if "main" in r.refs)
        return {"dir": revision.commit_hash, "files": sorted(below(revision.snapshot_path))}
    elif how == "snapshot":
        folder = snapshot_download(repo, allow_patterns=list(files) or None)
    elif how == "download":
        folder = one_by_one(repo, files)
    elif how == "scores":  # of the model card, as task, data set and value
        folder = snapshot_download(repo)
        data = ModelCardData(**yaml.safe_load(open(os.path.join(folder, "README.md")).read().split("---")[1]), ignore_metadata_errors=False)
        return {"dir": folder, "files": [f"{r.task_type} {r.dataset_name} {r.metric_value}" for r in data.eval_results]}
    else:
        sys.exit(__doc__)
    return {"dir": folder, "files": below(folder)}


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
