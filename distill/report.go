package distill

import (
	"slices"
	"time"

	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/teacher"
	"github.com/m2v-dev/m2v/vocab"
)

// Report is what a distillation tells beside the student. Everything in it but
// the times and what a cache did is the same for the same input.
type Report struct {
	Rows         int          // V
	TeacherWidth int          // H
	Dims         int          // D
	Counts       vocab.Counts // how V came about
	// Explained is the share of the rows' variance that the D components hold,
	// in (0, 1]; 0 when no PCA was done.
	Explained float64
	Clusters  int        // rows stored, when fewer than V
	Runtime   string     // version of ONNX Runtime that ran the teacher, and what it ran on unless that is the CPU; "" if none did
	Fit       *FitReport // nil without texts
	Warnings  []string
	Cached    bool  // the teacher's rows came from a cache
	Unkept    error // why a cache could not keep the teacher's rows; nil if it did
	Times     Times
}

// FitReport is what a fit to texts tells. All of it but the bad vectors' numbers is in
// the manifest.
type FitReport = export.Fit

// Times are the wall-clock times of the stages. They never go into a model folder.
type Times struct {
	Embed, Reduce, Cluster, Store time.Duration
	Texts, Fit                    time.Duration // the teacher's vectors of texts; the solve
}

func (r *Report) warn(messages ...string) { r.Warnings = append(r.Warnings, messages...) }

// passed adds what the teacher's run tells: its warnings come first.
func (r *Report) passed(t *teacher.Teacher, p teacher.Pass) {
	r.Times.Embed, r.Runtime = p.Time, p.Runtime
	r.Cached, r.Unkept = p.Cached, p.Unkept
	r.Warnings = slices.Concat(t.Warnings(), p.Warnings, r.Warnings)
}
