package m2v

import (
	"context"
	"errors"
	"os"

	"github.com/m2v-dev/m2v/distill"
	"github.com/m2v-dev/m2v/export"
	"github.com/m2v-dev/m2v/features"
	"github.com/m2v-dev/m2v/hub"
	"github.com/m2v-dev/m2v/internal/fault"
	"github.com/m2v-dev/m2v/model"
	"github.com/m2v-dev/m2v/runtime"
	"github.com/m2v-dev/m2v/static"
	"github.com/m2v-dev/m2v/teacher"
)

// Version is the version of this module, as manifests of model folders have it.
const Version = export.Version

// Options say where a teacher comes from and what becomes of it. Begin with
// DefaultOptions, or with DefaultFitOptions.
type Options struct {
	Find     hub.Finder       // local folders and the Hub
	Runtime  runtime.Provider // ONNX Runtime, which runs the teacher, and on what: Runtime.Execution
	Revision string           // of a teacher on the Hub: a branch, tag or commit
	// TeacherName is the Hub id that a local teacher goes by in the student's card and
	// manifest; "" takes the one that its files remember, if they do.
	TeacherName string

	Teacher teacher.Options // which rows
	Student distill.Options // what becomes of them
	Fit     distill.Fitting // texts that the student is fitted to, if any

	// Rows keeps the rows of teachers: another student of the same vocabulary runs nothing.
	// The zero value keeps none.
	Rows teacher.RowCache

	Progress teacher.Progress // told how far each stage is; may be nil
}

// DefaultOptions returns the reference's defaults. Models and ONNX Runtime are found as
// the command line finds them, from the environment: HF_HOME and its like (package
// hub), XDG_CACHE_HOME, M2V_ORT_LIB.
func DefaultOptions() Options {
	s := distill.DefaultSwitches()
	return Options{Find: finder(), Runtime: provider(), Teacher: s.Teacher, Student: s.Student}
}

// DefaultFitOptions returns the defaults of a student that is fitted to texts, which
// Fit.Texts or Fit.Corpus are to name. The teacher's vectors are kept in m2v's cache.
func DefaultFitOptions() Options {
	o := DefaultOptions()
	s := distill.FitSwitches()
	o.Teacher, o.Student, o.Fit.Study = s.Teacher, s.Student, distill.DefaultStudy()
	o.Fit.Cache = distill.FeaturesFolder(runtime.CacheFolder(os.Getenv))
	return o
}

// DefaultModelOptions opens a model as its files say, found as DefaultOptions finds it.
func DefaultModelOptions() model.Options {
	return model.Options{Find: finder(), Runtime: provider()}
}

func finder() hub.Finder {
	home, err := os.UserHomeDir()
	if err != nil {
		home = "." // the Hub's cache is below the working folder then
	}
	return hub.Finder{Config: hub.ConfigFromEnv(os.Getenv, home)}
}

func provider() runtime.Provider { return runtime.Provider{Getenv: os.Getenv} }

// InstallRuntime finds ONNX Runtime, or gets it by pip or npm into m2v's cache, as
// m2v runtime install does; it returns the library's path.
func InstallRuntime(ctx context.Context) (string, error) {
	p := provider()
	if found, err := p.Find(); err == nil {
		return found.Path, nil
	}
	lib, _, err := runtime.Install(ctx, runtime.InstallOptions{Cache: runtime.CacheFolder(os.Getenv)})
	return lib.Path, err
}

var errNoTeacher = errors.New("m2v: no teacher: name a folder or a Hub id, or vectors of texts in Options.Fit")

// Distill makes a static model of a Sentence Transformer: name is a folder with
// tokenizer.json and onnx/model.onnx or model.onnx, or a Hub id such as
// sentence-transformers/all-MiniLM-L6-v2. The student encodes, and writes itself to a
// folder: the same bytes as m2v distill.
//
// Where o.Fit names texts or vectors of texts, the student's rows are fitted to them:
// begin with DefaultFitOptions. name may be "" then, if vectors are there.
func Distill(ctx context.Context, name string, o Options) (*distill.Student, error) {
	var t *teacher.Teacher
	if name != "" {
		var err error
		if t, err = readTeacher(ctx, name, o); err != nil {
			return nil, err
		}
	}
	if t == nil && !o.Fit.Asked() {
		return nil, errNoTeacher
	}
	return distill.Run(ctx, t, o.Runtime, o.Rows, o.Student, o.Fit, o.Progress)
}

// DistillTo is Distill, and writes the student to the folder dir as w says. What speaks
// against dir is found before the teacher runs.
func DistillTo(ctx context.Context, name, dir string, w export.Options, o Options) (*distill.Report, error) {
	if err := export.Check(dir, w); err != nil {
		return nil, err
	}
	student, err := Distill(ctx, name, o)
	if err != nil {
		return nil, err
	}
	return student.Report, student.Write(ctx, dir, w)
}

// DryRun tells what Distill would do, and how long it would take, for a folder dir that
// would be written with w; dir may be "". Where Distill or writing its student would fail,
// so does DryRun; see distill.DryRun for what it tells all the same.
func DryRun(ctx context.Context, name, dir string, w export.Options, o Options) (*distill.Forecast, error) {
	var t *teacher.Teacher
	var err error
	if name != "" {
		t, err = readTeacher(ctx, name, o)
	} else {
		t, err = o.Fit.WithoutTeacher(ctx)
	}
	if err != nil {
		return nil, err
	}
	return distill.DryRun(ctx, t, o.Runtime, o.Student, o.Fit, dir, w)
}

// Featurize writes the vectors that a teacher gives the texts of corpus to the folder
// dir, with its rows of the vocabulary where o.Fit.Study.Rows asks for them, or goes on
// with what an earlier run has begun; see features.Write.
func Featurize(ctx context.Context, name string, corpus features.Corpus, dir string, o Options) (*features.Report, error) {
	t, err := readTeacher(ctx, name, o)
	if err != nil {
		return nil, err
	}
	return distill.Featurize(ctx, t, o.Runtime, corpus, dir, o.Fit.Study, o.Progress)
}

// readTeacher finds the teacher and reads what its folder says.
func readTeacher(ctx context.Context, name string, o Options) (*teacher.Teacher, error) {
	folder, err := o.Find.Find(ctx, name, o.Revision, hub.TeacherFiles(o.Teacher.ONNXFile))
	if err != nil {
		return nil, err
	}
	if o.TeacherName != "" {
		if folder.Commit != "" {
			return nil, fault.Option("teacher-name", o.TeacherName, ": %s has its name from the Hub", name)
		}
		if err := hub.CheckRepo(o.TeacherName); err != nil {
			return nil, fault.Option("teacher-name", nil, ": %v", err)
		}
		folder.Name = o.TeacherName
	}
	return teacher.Read(folder, o.Teacher)
}

// Unchanged tells whether the folder dir holds the student that Distill would make: of the
// same inputs, switches and programs, as its manifest says; see distill.Unchanged.
func Unchanged(ctx context.Context, name, dir string, o Options) (bool, error) {
	made, err := export.ReadManifest(dir)
	if err != nil || made == nil || !static.IsModel(dir) {
		return false, nil //nolint:nilerr // what cannot be read is made anew
	}
	var t *teacher.Teacher
	if name != "" {
		if t, err = readTeacher(ctx, name, o); err != nil {
			return false, err
		}
	}
	return distill.Unchanged(ctx, made, t, o.Runtime, o.Student, o.Fit)
}

// Open opens a static model or a teacher: name is a folder or a Hub id, as for Distill.
func Open(ctx context.Context, name string, o model.Options) (model.Model, error) {
	return model.Open(ctx, name, o)
}
