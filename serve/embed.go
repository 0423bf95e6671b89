package serve

import (
	"context"
	"fmt"
	"runtime/debug"
	"sync/atomic"

	"github.com/m2v-dev/m2v/internal/parallel"
	"github.com/m2v-dev/m2v/static"
)

// A job is what a request wants of its inputs.
type job struct {
	param     string // what the request calls them
	in        inputs
	dims      int    // 0 for all
	truncate  *bool  // nil for the handler's
	normalize *bool  // nil for the model's
	begin     string // of the answer's first part
	// each appends vector i to an answer's part, or keeps it elsewhere. It is called
	// for several vectors at a time; v is its only during the call.
	each func(part []byte, i int, v []float32) []byte
}

// partInputs are the inputs of a part of the answer: as few as share a batch among cores.
const partInputs = 32

// run turns inputs into the parts of an answer.
//
//	text → ids → vector → part of the answer
//
// Each core does all of it for some of the texts.
func (h *Handler) run(ctx context.Context, m *served, j *job, rec *record) (*answer, error) {
	o, err := h.settle(m, j)
	if err != nil {
		return nil, err
	}
	n := j.in.len()
	a := &answer{make([][]byte, (n+partInputs-1)/partInputs)}
	var tokens atomic.Int64 // of all inputs so far
	err = parallel.Errors(h.options.Threads, n, partInputs, func(from, to int) error {
		if ctx.Err() != nil {
			return errGone
		}
		return h.guarded(func() error {
			var err error
			a.parts[from/partInputs], err = o.part(from, to, &tokens)
			return err
		})
	})
	if err != nil {
		return nil, err
	}
	rec.model, rec.texts, rec.tokens = m.name, n, int(tokens.Load())
	return a, nil
}

// guarded turns a panic into an error: on a goroutine of its own it would end the program.
func (h *Handler) guarded(do func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			h.log.Error("panic", "value", fmt.Sprint(p), "stack", string(debug.Stack()))
			err = errInternal
		}
	}()
	return do()
}

// settled is a job of which nothing is open.
type settled struct {
	*job
	model               *served
	dims                int
	truncate, normalize bool
	maxTokens           int
}

// settle checks a job against the limits and the model.
func (h *Handler) settle(m *served, j *job) (*settled, error) {
	if err := j.in.check(j.param, h.options.MaxInputs); err != nil {
		return nil, err
	}
	if err := j.in.checkIDs(j.param, m.model.Size()); err != nil {
		return nil, err
	}
	s := &settled{job: j, model: m, dims: m.model.Dims(), truncate: h.options.Truncate, normalize: m.model.Config().Normalize, maxTokens: h.options.MaxTokens}
	if j.dims < 0 || j.dims > s.dims {
		return nil, invalid("dimensions", "dimensions is %d, not one of 1 to %d", j.dims, s.dims)
	}
	if j.dims > 0 {
		s.dims = j.dims
	}
	if j.truncate != nil {
		s.truncate = *j.truncate
	}
	if j.normalize != nil {
		s.normalize = *j.normalize
	}
	return s, nil
}

// part embeds inputs from…to−1 and adds their tokens to those of the request.
func (s *settled) part(from, to int, tokens *atomic.Int64) ([]byte, error) {
	e, err := s.model.encoder()
	if err != nil {
		return nil, err
	}
	defer s.model.put(e)
	part := takePart()
	if from == 0 {
		part = append(part, s.begin...)
	}
	v := make([]float32, s.dims)
	for i := from; i < to; i++ {
		ids, err := s.ids(e, i)
		if err != nil {
			return nil, err
		}
		if n := tokens.Add(int64(len(ids))); n > int64(s.maxTokens) {
			return nil, invalid(s.param, "the inputs have more than the %d tokens of a request", s.maxTokens)
		}
		e.EncodeIDs(v, ids, s.normalize)
		if !finite(v) {
			return nil, errFinite
		}
		part = s.each(part, i, v)
	}
	return part, nil
}

// ids returns the tokens of input i, until the encoder's next text.
func (s *settled) ids(e *static.Encoder, i int) (ids []int32, err error) {
	var cut bool
	most := s.model.model.Config().MaxLength
	if s.in.ids == nil {
		ids, cut = e.IDs(s.in.texts[i])
	} else if ids = s.in.ids[i]; most != static.NoMaxLength && len(ids) > most {
		ids, cut = ids[:most], true
	}
	if cut && !s.truncate {
		return nil, invalid(s.param, "%s[%d] is longer than the %d tokens that the model reads: shorten it, or ask for truncate", s.param, i, most)
	}
	return ids, nil
}

// finite tells whether all values are: a sum of huge rows may overflow.
func finite(v []float32) bool {
	var bad float32
	for _, x := range v {
		bad += x - x // NaN of what is not finite
	}
	return bad == 0
}
