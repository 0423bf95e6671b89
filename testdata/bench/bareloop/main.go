// Command bareloop runs a teacher over the batches that m2v distill would run
// and does nothing else: the least that any program on ONNX Runtime can take.
// It prints its times as JSON; m2v's own cost is what m2v distill takes more.
package main

import (
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"os"
	"slices"
	"time"

	ort "github.com/yalue/onnxruntime_go"

	"github.com/m2v-dev/m2v/tokenizer"
	"github.com/m2v-dev/m2v/vocab"
)

func main() {
	log.SetFlags(0)
	library := flag.String("library", "", "path of ONNX Runtime")
	dir := flag.String("teacher", "", "folder with onnx/model.onnx and tokenizer.json")
	output := flag.String("output", "last_hidden_state", "name of the graph's output, B×T×H")
	width := flag.Int("width", 0, "H")
	batch := flag.Int("batch", 0, "sequences a batch")
	threads := flag.Int("threads", 0, "threads of ONNX Runtime; 0 leaves it the choice")
	flag.Parse()
	if err := run(*library, *dir, *output, *width, *batch, *threads); err != nil {
		log.Fatal(err)
	}
}

func run(library, dir, output string, width, batch, threads int) error {
	ids, err := readIDs(dir + "/tokenizer.json")
	if err != nil {
		return err
	}
	start := time.Now()
	session, err := open(library, dir+"/onnx/model.onnx", output, threads)
	if err != nil {
		return err
	}
	opened := time.Now()
	for part := range slices.Chunk(ids, batch) {
		if err := forward(session, part, width); err != nil {
			return err
		}
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

func open(library, model, output string, threads int) (*ort.DynamicAdvancedSession, error) {
	ort.SetSharedLibraryPath(library)
	if err := ort.InitializeEnvironment(); err != nil {
		return nil, err
	}
	options, err := ort.NewSessionOptions()
	if err != nil {
		return nil, err
	}
	if err := options.SetIntraOpNumThreads(threads); err != nil {
		return nil, err
	}
	inputs := []string{"input_ids", "attention_mask", "token_type_ids"}
	return ort.NewDynamicAdvancedSession(model, inputs, []string{output}, options)
}

func forward(session *ort.DynamicAdvancedSession, ids [][]int, width int) error {
	b, t := int64(len(ids)), int64(len(ids[0]))
	flat, ones := make([]int64, 0, b*t), make([]int64, b*t)
	for i, row := range ids {
		for j, id := range row {
			flat = append(flat, int64(id))
			ones[i*int(t)+j] = 1
		}
	}
	var tensors []ort.Value
	for _, data := range [][]int64{flat, ones, make([]int64, b*t)} {
		tensor, err := ort.NewTensor(ort.NewShape(b, t), data)
		if err != nil {
			return err
		}
		defer tensor.Destroy()
		tensors = append(tensors, tensor)
	}
	states, err := ort.NewEmptyTensor[float32](ort.NewShape(b, t, int64(width)))
	if err != nil {
		return err
	}
	defer states.Destroy()
	return session.Run(tensors, []ort.Value{states})
}
