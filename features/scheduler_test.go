package features

import (
	"errors"
	"strings"
	"testing"

	"github.com/m2v-dev/m2v/internal/fault"
)

func TestReadShare(t *testing.T) {
	for _, test := range []struct {
		flag, env string
		want      Share // of the zero value: wrong usage with the words
		words     string
	}{
		{"1/4", "", Share{Index: 1, Of: 4}, ""},
		{"1/4", "JOB_COMPLETION_INDEX=2", Share{Index: 1, Of: 4}, ""},
		{"auto/4", "JOB_COMPLETION_INDEX=2", Share{Index: 2, Of: 4}, ""},
		{"auto/4", "SLURM_ARRAY_TASK_ID=3 SLURM_ARRAY_TASK_COUNT=1", Share{Index: 3, Of: 4}, ""},
		{"auto", "SLURM_ARRAY_TASK_ID=3 SLURM_ARRAY_TASK_COUNT=4 SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_MAX=3", Share{Index: 3, Of: 4}, ""},
		{"auto", "SLURM_ARRAY_TASK_ID=3 SLURM_ARRAY_TASK_COUNT=1 SLURM_ARRAY_TASK_MIN=3 SLURM_ARRAY_TASK_MAX=3", Share{}, "not 0 to N-1"},
		{"auto", "SLURM_ARRAY_TASK_ID=2 SLURM_ARRAY_TASK_COUNT=2 SLURM_ARRAY_TASK_MIN=0 SLURM_ARRAY_TASK_MAX=2", Share{}, "not 0 to N-1"},
		{"auto", "JOB_COMPLETION_INDEX=2", Share{}, "how many shares"},
		{"auto/4", "JOB_COMPLETION_INDEX=4", Share{}, "share 4/4"},
		{"auto/4", "JOB_COMPLETION_INDEX=1 SLURM_ARRAY_TASK_ID=1", Share{}, "both"},
		{"auto/4", "", Share{}, "neither"},
		{"4/4", "", Share{}, "shard 4/4"},
		{"2", "", Share{}, "shard 2"},
		{"x/2", "", Share{}, "shard x/2"},
	} {
		env := map[string]string{}
		for _, pair := range strings.Fields(test.env) {
			name, value, _ := strings.Cut(pair, "=")
			env[name] = value
		}
		got, err := ReadShare(test.flag, func(name string) string { return env[name] })
		if test.want == (Share{}) {
			if _, ok := errors.AsType[*fault.OptionError](err); !ok || !strings.Contains(err.Error(), test.words) {
				t.Errorf("--shard %s with %s: %v, want wrong usage: %s", test.flag, test.env, err, test.words)
			}
			continue
		}
		if got != test.want || err != nil {
			t.Errorf("--shard %s with %s: %v, %v", test.flag, test.env, got, err)
		}
	}
}
