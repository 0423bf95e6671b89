#!/usr/bin/env bash
# setup.sh PYTHON DIR: what make test-scale needs beside this repository: a Python
# environment with pyspark and Kubernetes' schemas in DIR/venv, and versitygw in DIR/bin.
# Slurm is the system's: apt-get install slurm-wlm munge.
set -euo pipefail
python=$1
dir=$2
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
[ -x "$dir/venv/bin/python" ] || "$python" -m venv "$dir/venv"
"$dir/venv/bin/python" -m pip install -q 'pyspark==4.0.1' 'pyarrow==26.0.1' 'kubernetes-validate==1.37.0' 'pyyaml>=6'
[ -x "$dir/bin/versitygw" ] || GOBIN=$dir/bin go install github.com/versity/versitygw/cmd/versitygw@v1.8.0
for program in sbatch munged java; do
  PATH=$PATH:/usr/sbin command -v $program >/dev/null || {
    echo "setup.sh: no $program: apt-get install -y slurm-wlm munge openjdk-17-jre-headless" >&2
    exit 1
  }
done
