#!/usr/bin/env bash
# slurm.sh PROGRAM: run the array job of docs/scale.md in a Slurm of one node, kill a task,
# and compare the features with those of one run. Needs Debian's slurm-wlm and munge.
# Everything that Slurm writes lies in a temporary folder, and it listens on 127.0.0.1.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
PATH=$(cd "$(dirname "$1")" && pwd):$PATH
PATH=$PATH:/usr/sbin
work=$(mktemp -d)
daemons=()
end() {
  for pid in "${daemons[@]}"; do kill "$pid" 2>/dev/null || true; done
  wait
  rm -rf "$work"
}
trap end EXIT

host=$(hostname -s)
cat >"$work/slurm.conf" <<END
ClusterName=scale
SlurmctldHost=$host(127.0.0.1)
SlurmUser=$(id -un)
SlurmdUser=$(id -un)
SlurmctldPort=16817
SlurmdPort=16818
AuthType=auth/munge
AuthInfo=socket=$work/munge.socket
CredType=cred/munge
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
StateSaveLocation=$work/state
SlurmdSpoolDir=$work/spool
SlurmctldPidFile=$work/slurmctld.pid
SlurmdPidFile=$work/slurmd.pid
SlurmctldLogFile=$work/slurmctld.log
SlurmdLogFile=$work/slurmd.log
NodeName=$host NodeAddr=127.0.0.1 CPUs=4 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES State=UP
SlurmdParameters=config_overrides
END
mkdir "$work/state" "$work/spool"
export SLURM_CONF=$work/slurm.conf
chmod 755 "$work"

# munged wants its key, socket and log for itself.
head -c 1024 /dev/urandom >"$work/munge.key"
chmod 400 "$work/munge.key"
munged --foreground --force --key-file "$work/munge.key" --socket "$work/munge.socket" --num-threads 2 \
  --pid-file "$work/munge.pid" --log-file "$work/munge.log" --seed-file "$work/munge.seed" >/dev/null 2>&1 &
daemons+=($!)
for _ in $(seq 50); do [ -S "$work/munge.socket" ] && break; sleep 0.1; done
slurmctld -D -c -f "$work/slurm.conf" >/dev/null 2>&1 &
daemons+=($!)
slurmd -D -f "$work/slurm.conf" -N "$host" >/dev/null 2>&1 &
daemons+=($!)
for _ in $(seq 100); do sinfo -h -o %T 2>/dev/null | grep -q idle && break; sleep 0.2; done
sinfo -h -o %T | grep -q idle || { tail "$work"/*.log >&2; echo 'slurm.sh: the node did not come up' >&2; exit 1; }

# The job as the page has it, with the tiny teacher and files of 20 texts. Task 2 is killed
# after a file, and run again as the page says. (Slurm's own requeue waits for minutes.)
cd "$work"
mkdir job && cd job
awk '/^```bash featurize.sbatch/ { on = 1; next } /^```/ { on = 0 } on' "$root/docs/scale.md" >featurize.sbatch
ln -s "$root/testdata/tiny-bert" teacher
mkdir corpus && cp "$root/testdata/lines.txt" corpus/
export SHARD_TEXTS=20
job=$(sbatch --parsable featurize.sbatch)
for _ in $(seq 300); do [ -e features/shard-00002.parquet ] && break; sleep 0.02; done
scancel --signal=KILL --full "${job}_2"
await() { for _ in $(seq 600); do [ -z "$(squeue -h -j "$1" 2>/dev/null)" ] && return; sleep 0.1; done; }
await "$job"
grep -q '"complete": false' features/share-00002-of-00004.json || { echo 'slurm.sh: task 2 was not killed: nothing is tested' >&2; exit 1; }
sed 's/--shard auto /--shard auto\/4 /' featurize.sbatch >again.sbatch
again=$(sbatch --parsable --array=2 again.sbatch)
sbatch --wait --dependency="afterok:$again" --output=merge.log --wrap 'm2v features features --merge' >/dev/null
m2v featurize teacher --texts corpus -o one --shard-texts 20 -q >/dev/null
diff -r one features || { cat ./*.log >&2; exit 1; }
echo "slurm.sh: $(find features -name 'shard-*' | wc -l) files of an array of 4 tasks are those of one run"
