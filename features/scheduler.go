package features

import (
	"strconv"
	"strings"

	"github.com/m2v-dev/m2v/internal/fault"
)

// ReadShare reads I/N as ParseShare does; auto/N, where I is the number that a scheduler gave
// this process: JOB_COMPLETION_INDEX of a Kubernetes Indexed Job or SLURM_ARRAY_TASK_ID; auto,
// where N is that of a Slurm array, too; or "" for all of the work. getenv returns variables
// of the environment.
func ReadShare(s string, getenv func(string) string) (Share, error) {
	index, count, _ := strings.Cut(s, "/")
	if s == "" {
		return Share{}, nil
	}
	if index == "auto" {
		var err error
		if index, err = shareIndex(getenv); err != nil {
			return Share{}, err
		}
		if count == "" {
			if count, err = shareCount(getenv); err != nil {
				return Share{}, err
			}
		}
	}
	share, err := ParseShare(index + "/" + count)
	if err != nil {
		return share, fault.Option("shard", s, ": share %s/%s is not one of I/N, I from 0 to N-1", index, count)
	}
	return share, nil
}

// shareIndex is the number that a scheduler gave this process.
func shareIndex(getenv func(string) string) (string, error) {
	job, task := getenv("JOB_COMPLETION_INDEX"), getenv("SLURM_ARRAY_TASK_ID")
	switch {
	case job != "" && task != "":
		return "", fault.Hint(fault.Option("shard", "auto", ": both JOB_COMPLETION_INDEX and SLURM_ARRAY_TASK_ID are set"), "say which share this is with --shard I/N")
	case job+task == "":
		return "", fault.Hint(fault.Option("shard", "auto", ": neither JOB_COMPLETION_INDEX nor SLURM_ARRAY_TASK_ID is set"), "say which share this is with --shard I/N")
	}
	return job + task, nil
}

// shareCount is the number of tasks of a Slurm array. Of an array that is not 0 to N-1,
// such as one task that is started again, it is not that of the shares.
func shareCount(getenv func(string) string) (string, error) {
	count, first, last := getenv("SLURM_ARRAY_TASK_COUNT"), getenv("SLURM_ARRAY_TASK_MIN"), getenv("SLURM_ARRAY_TASK_MAX")
	if getenv("SLURM_ARRAY_TASK_ID") == "" || count == "" {
		return "", fault.Hint(fault.Option("shard", "auto", ": how many shares there are is not known"), "say it with --shard auto/N")
	}
	n, err := strconv.Atoi(last)
	if first != "0" || err != nil || count != strconv.Itoa(n+1) {
		return "", fault.Hint(fault.Option("shard", "auto", ": the array's tasks %s to %s are %s, not 0 to N-1", first, last, count), "say how many shares there are with --shard auto/N")
	}
	return count, nil
}
