// Command bareloop runs a teacher over the batches that m2v distill would run
// and does nothing else: the least that any program on ONNX Runtime can take.
// It prints its times as JSON; m2v's own cost is what m2v distill takes more.
package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"slices"
	"sync"
	"time"

	ort "github.com/yalue/onnxruntime_go"

	"github.com/m2v-dev/m2v/tokenizer"
	"github.com/m2v-dev/m2v/vocab"
)

type options struct {
	library, teacher, output string
	width, batch             int // H, B
	side, threads            int // batches at a time; threads of each
}

func main() {
	log.SetFlags(0)
	var o options
	flag.StringVar(&o.library, "library", "", "path of ONNX Runtime")
	flag.StringVar(&o.teacher, "teacher", "", "folder with onnx/model.onnx and tokenizer.json")
	flag.StringVar(&o.output, "output", "last_hidden_state", "name of the graph's output, B×T×H")
	flag.IntVar(&o.width, "width", 0, "H")
	flag.IntVar(&o.batch, "batch", 256, "sequences a batch")
	flag.IntVar(&o.side, "side", 1, "batches that run side by side")
	flag.IntVar(&o.threads, "threads", 1, "threads that a batch runs on")
	flag.Parse()
	if err := run(o); err != nil {
		log.Fatal(err)
	}
}

func run(o options) error {
	ids, err := readIDs(o.teacher + "/tokenizer.json")
	if err != nil {
		return err
	}
	start := time.Now()
	session, err := open(o)
	if err != nil {
		return err
	}
	opened := time.Now()
	chunks := slices.Collect(slices.Chunk(ids, o.batch))
	errs := make([]error, o.side)
	var workers sync.WaitGroup
	for n := range o.side {
		workers.Go(func() {
			var b batch
			defer b.close()
			for i := n; i < len(chunks) && errs[n] == nil; i += o.side {
				errs[n] = b.run(session, chunks[i], o.width)
			}
		})
	}
	workers.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(map[string]any{
		"sequences": len(ids),
		"session":   opened.Sub(start).Seconds(),
		"loop":      time.Since(opened).Seconds(),
	})
}

// readIDs returns what m2v distill runs by default: one sequence per row, all
// of one length, since every row is a token of the teacher.
func readIDs(path string) ([][]int, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	file, err := tokenizer.ParseFile(data)
	if err != nil {
		return nil, err
	}
	v, err := vocab.Build(file, vocab.DefaultOptions())
	if err != nil {
		return nil, err
	}
	for i, ids := range v.IDs {
		if len(ids) != len(v.IDs[0]) {
			return nil, fmt.Errorf("row %d runs %d ids, row 0 %d", i, len(ids), len(v.IDs[0]))
		}
	}
	return v.IDs, nil
}

func open(o options) (*ort.DynamicAdvancedSession, error) {
	ort.SetSharedLibraryPath(o.library)
	if err := ort.InitializeEnvironment(); err != nil {
		return nil, err
	}
	settings, err := ort.NewSessionOptions()
	if err != nil {
		return nil, err
	}
	if err := settings.SetIntraOpNumThreads(o.threads); err != nil {
		return nil, err
	}
	inputs := []string{"input_ids", "attention_mask", "token_type_ids"}
	return ort.NewDynamicAdvancedSession(o.teacher+"/onnx/model.onnx", inputs, []string{o.output}, settings)
}

// batch is the memory of one worker: the tensors of its last shape.
type batch struct {
	ids    []int64
	inputs []ort.Value
	states *ort.Tensor[float32]
}

func (b *batch) run(session *ort.DynamicAdvancedSession, ids [][]int, width int) error {
	if len(b.ids) != len(ids)*len(ids[0]) {
		if err := b.shape(int64(len(ids)), int64(len(ids[0])), int64(width)); err != nil {
			return err
		}
	}
	for i, row := range ids {
		for j, id := range row {
			b.ids[i*len(row)+j] = int64(id)
		}
	}
	return session.Run(b.inputs, []ort.Value{b.states})
}

func (b *batch) shape(rows, length, width int64) error {
	b.close()
	b.ids = make([]int64, rows*length)
	mask, types := make([]int64, rows*length), make([]int64, rows*length)
	for i := range mask {
		mask[i] = 1
	}
	for _, data := range [][]int64{b.ids, mask, types} {
		tensor, err := ort.NewTensor(ort.NewShape(rows, length), data)
		if err != nil {
			return err
		}
		b.inputs = append(b.inputs, tensor)
	}
	states, err := ort.NewEmptyTensor[float32](ort.NewShape(rows, length, width))
	b.states = states
	return err
}

func (b *batch) close() {
	var errs []error
	for _, tensor := range b.inputs {
		errs = append(errs, tensor.Destroy())
	}
	if b.states != nil {
		errs = append(errs, b.states.Destroy())
	}
	b.inputs, b.states = nil, nil
	if err := errors.Join(errs...); err != nil {
		log.Print(err)
	}
}
