package main

import (
	"strconv"
	"strings"

	"github.com/m2v-dev/m2v/features"
)

const shareHelp = `With --shard I/N, N processes divide the work: process I of 0 to N-1 makes each N-th
file from the I-th on, in the same DIR as the others or in one of its own, and
m2v features --merge makes of them what one process would have left. --shard auto/N
takes I from JOB_COMPLETION_INDEX (a Kubernetes Indexed Job) or SLURM_ARRAY_TASK_ID
(a Slurm array from 0), and --shard auto takes N from SLURM_ARRAY_TASK_COUNT, too.`

// readShare reads --shard: I/N, auto/N or auto, "" for all of the work.
func (a *app) readShare(flag string) (features.Share, error) {
	index, count, _ := strings.Cut(flag, "/")
	if flag == "" {
		return features.Share{}, nil
	}
	if index == "auto" {
		var err error
		if index, err = a.shareIndex(); err != nil {
			return features.Share{}, err
		}
		if count == "" {
			if count, err = a.shareCount(); err != nil {
				return features.Share{}, err
			}
		}
	}
	share, err := features.ParseShare(index + "/" + count)
	if err != nil {
		return share, usagef("--shard %s: share %s/%s is not one of I/N, I from 0 to N-1", flag, index, count)
	}
	return share, nil
}

// shareIndex is the number that a scheduler gave this process.
func (a *app) shareIndex() (string, error) {
	job, task := a.getenv("JOB_COMPLETION_INDEX"), a.getenv("SLURM_ARRAY_TASK_ID")
	switch {
	case job != "" && task != "":
		return "", withHint(usagef("--shard auto: both JOB_COMPLETION_INDEX and SLURM_ARRAY_TASK_ID are set"), "say which share this is with --shard I/N")
	case job+task == "":
		return "", withHint(usagef("--shard auto: neither JOB_COMPLETION_INDEX nor SLURM_ARRAY_TASK_ID is set"), "say which share this is with --shard I/N")
	}
	return job + task, nil
}

// shareCount is the number of tasks of a Slurm array. Of an array that is not 0 to N-1,
// such as one task that is started again, it is not that of the shares.
func (a *app) shareCount() (string, error) {
	count, first, last := a.getenv("SLURM_ARRAY_TASK_COUNT"), a.getenv("SLURM_ARRAY_TASK_MIN"), a.getenv("SLURM_ARRAY_TASK_MAX")
	if a.getenv("SLURM_ARRAY_TASK_ID") == "" || count == "" {
		return "", withHint(usagef("--shard auto: how many shares there are is not known"), "say it with --shard auto/N")
	}
	n, err := strconv.Atoi(last)
	if first != "0" || err != nil || count != strconv.Itoa(n+1) {
		return "", withHint(usagef("--shard auto: the array's tasks %s to %s are %s, not 0 to N-1", first, last, count), "say how many shares there are with --shard auto/N")
	}
	return count, nil
}
