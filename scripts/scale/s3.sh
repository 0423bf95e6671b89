#!/usr/bin/env bash
# s3.sh PROGRAM SERVER: shares of a corpus in an object store, merged there, are the bytes
# of one run on this machine, and make the same student. SERVER is versitygw, a real server
# of S3, which listens on 127.0.0.1 for the length of this script.
set -euo pipefail
cd "$(dirname "$0")/../.."
root=$PWD
m2v=$(cd "$(dirname "$1")" && pwd)/$(basename "$1")
work=$(mktemp -d)
mkdir -p "$work/disk/bucket/corpus"
cp testdata/lines.txt "$work/disk/bucket/corpus/"
port=$(python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
"$2" --access key --secret secret --port "127.0.0.1:$port" --quiet posix "$work/disk" >"$work/server.log" 2>&1 &
server=$!
trap 'kill $server; wait $server 2>/dev/null || true; rm -rf "$work"' EXIT
for _ in $(seq 100); do (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null && break; sleep 0.1; done

# As the AWS tools find them: a file with a profile, and the endpoint in the environment.
printf '[scale]\naws_access_key_id = key\naws_secret_access_key = secret\n' >"$work/credentials"
export AWS_SHARED_CREDENTIALS_FILE=$work/credentials AWS_PROFILE=scale AWS_EC2_METADATA_DISABLED=true
export AWS_ENDPOINT_URL_S3=http://127.0.0.1:$port AWS_REGION=us-east-1
unset AWS_ACCESS_KEY_ID AWS_SECRET_ACCESS_KEY
cd "$work"
featurize() { "$m2v" featurize "$root/testdata/tiny-bert" --shard-texts 20 -q "$@" >/dev/null; }
for i in 0 1 2; do featurize --texts s3://bucket/corpus -o s3://bucket/features --shard $i/3 & pids+=($!); done
for pid in "${pids[@]}"; do wait "$pid"; done
"$m2v" features s3://bucket/features --merge
"$m2v" features s3://bucket/features --check >/dev/null
featurize --texts "$root/testdata/lines.txt" -o one
diff -r disk/bucket/features one
"$m2v" distill --features s3://bucket/features -o there --pca-dims 32 -q >/dev/null
"$m2v" distill --features one -o here --pca-dims 32 -q >/dev/null
cmp there/model.safetensors here/model.safetensors

# A file that is damaged on the server's disk is found; a bucket that is not there is named.
printf x | dd of=disk/bucket/features/shard-00003.parquet bs=1 seek=100 conv=notrunc status=none
if "$m2v" features s3://bucket/features --check >check.txt; then echo 's3.sh: damage is not found' >&2; exit 1; fi
grep -q 'shard-00003.parquet: ' check.txt
"$m2v" features s3://bucket/features --repair --from one >/dev/null
diff -r disk/bucket/features one
if featurize --texts s3://bucket/corpus -o s3://none/features 2>none.txt; then exit 1; fi
grep -q 'there is no bucket none: create it, or name another' none.txt
echo 's3.sh: features of three shares in s3://bucket/features are those of one run, and so is the student'
