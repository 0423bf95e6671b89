package ablate

import (
	"github.com/m2v-dev/m2v/eval"
)

// A Report is all that an ablation found: ablation.json.
type Report struct {
	Tool    string `json:"tool"` // "m2v"
	Version string `json:"version"`
	// Recipe is the one that variants come from, and whose settings a grid changes.
	Recipe string `json:"recipe"`
	// Teacher and BaseModel are Hub ids or names of folders, never paths. BaseModel is the
	// model that was not trained for sentences, "" without one.
	Teacher   string `json:"teacher"`
	BaseModel string `json:"plain,omitempty"`
	// Baseline is the name of the row that others are compared with: the first variant.
	Baseline string `json:"baseline"`
	// Grid are the axes of the grid whose combinations are rows; nil without one.
	Grid []Axis `json:"grid,omitempty"`
	// Texts is how many texts variants are fitted to, at most; 0 without any.
	Texts int   `json:"texts,omitempty"`
	Rows  []Row `json:"rows"`
	// Front are the names of the fitted and distilled variants that no smaller one reaches, by
	// size: each has more of Average than all smaller ones. nil without texts or scores.
	Front []string `json:"front,omitempty"`
	// Claims are empty where nothing was scored or a row that a claim needs is missing.
	Claims []Claim `json:"claims"`
	// Averages say how many data sets of the official lists the scores cover, and
	// which are missing; their own Score is not set.
	Averages []eval.Average `json:"averages,omitempty"`
	Passes   []Pass         `json:"passes"`
	Warnings []string       `json:"warnings,omitempty"`
}

// Kinds of rows.
const (
	KindVariant = "variant" // a student of this ablation
	KindModel   = "system"  // another model, scored beside them; the value is older than the word
)

// A Row is one model of the table.
type Row struct {
	Name string `json:"name"`
	Kind string `json:"kind"`
	// Settings are all switches of the baseline, such as "pca-dims=256", and those that
	// tell another variant from it.
	Settings []string `json:"settings,omitempty"`

	// Fit is what a fit to texts tells; nil of what was not fitted here.
	Fit *Fit `json:"fit,omitempty"`

	Tokens     int     `json:"tokens,omitempty"` // V
	Dims       int     `json:"dims"`             // D
	Parameters int64   `json:"parameters"`       // numbers in the rows, of a teacher in its graph; 0 if not known
	Bytes      int64   `json:"bytes"`            // of the rows as stored, or of the teacher's graph
	Explained  float64 `json:"explained_variance,omitempty"`
	// Speed is in texts a second: the median of three rounds, of which SpeedLow is the
	// slowest and SpeedHigh the fastest; 0 if it was not measured. Models of one shape, such
	// as variants of the same dimensions and type, do the same work: they are measured once
	// and have the same numbers.
	Speed     float64 `json:"texts_per_second,omitempty"`
	SpeedLow  float64 `json:"texts_per_second_low,omitempty"`
	SpeedHigh float64 `json:"texts_per_second_high,omitempty"`

	// Scores; nil without data.
	Tasks    []eval.Result      `json:"tasks,omitempty"`
	Columns  []eval.ColumnScore `json:"columns,omitempty"`
	Averages []eval.Average     `json:"averages,omitempty"`
	// Delta are the differences to the baseline by column and average, in points;
	// those that either lacks are left out.
	Delta map[string]float64 `json:"delta,omitempty"`
	// Published is what the published table says of the variant, by average; it is of
	// another teacher and of all official data sets.
	Published map[string]float64 `json:"published,omitempty"`
	Warnings  []string           `json:"warnings,omitempty"`
}

// A Fit is what a row's fit to texts tells.
type Fit struct {
	Texts   int `json:"texts"` // the first so many
	Words   int `json:"words,omitempty"`
	Phrases int `json:"phrases,omitempty"`
	// Seconds is the variant's part, by its texts, of the time that all fits took, without
	// the teacher's. TeacherSeconds is the teacher's for its tokens and so many texts; 0
	// if their vectors were there.
	Seconds        float64 `json:"seconds"`
	TeacherSeconds float64 `json:"teacher_seconds,omitempty"`
	Steps          int     `json:"steps"`
	Residual       float64 `json:"residual"` // relative
	// Before and After are mean cosines to the targets on texts that were held out: with
	// the prior as rows, and as a solve on the other texts leaves them.
	HeldOut int     `json:"held_out"`
	Before  float64 `json:"cosine_before"`
	After   float64 `json:"cosine_after"`
}

// Minutes is what it takes to make the student: the teacher's time, if it is known, and
// the fit's.
func (f *Fit) Minutes() float64 { return (f.TeacherSeconds + f.Seconds) / 60 }

// A Pass is what the teacher ran, or what the cache held in its stead.
type Pass struct {
	Teacher string   `json:"teacher"`
	Rows    []string `json:"rows"` // what came of it, such as "output, mean, bos-eos"
	Tokens  int      `json:"tokens"`
	Seconds float64  `json:"seconds"` // 0 if all rows came from the cache
	Cached  bool     `json:"cached"`
}

// A Claim is a difference between two rows that the publication states.
type Claim struct {
	Name  string `json:"name"`  // such as "PCA"
	Text  string `json:"text"`  // such as "with PCA over without"
	With  string `json:"with"`  // name of the row that should be better
	Over  string `json:"over"`  // than this one
	Basis string `json:"basis"` // "AvgAll.v1" or "AvgAll.v2"
	// Difference is With − Over, in points, and [Low, High] its bootstrap 95 % interval,
	// paired over data sets.
	Difference float64 `json:"difference"`
	Low        float64 `json:"low"`
	High       float64 `json:"high"`
	// Held tells whether the whole interval is above 0.
	Held bool `json:"held"`
	// Published is the difference that the publication states, 0 if it states none.
	Published float64 `json:"published,omitempty"`
	Sets      int     `json:"sets"` // data sets that both rows have
}
