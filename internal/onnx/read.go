package onnx

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"google.golang.org/protobuf/encoding/protowire"
)

// maxNodes and maxDepth bound what a hostile file can make Read keep; the
// largest exported graphs have some 10,000 nodes, nested three deep.
const (
	maxNodes = 1 << 20
	maxDepth = 64
)

// Read reads the structure of the ONNX file at path: a few hundred kilobytes of
// reading for a graph of any size. The error says whether the file is missing,
// truncated or not ONNX, and at which byte.
func Read(path string) (*Model, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("onnx: open graph: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, fmt.Errorf("onnx: open graph: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("onnx: read %s: not a regular file", path)
	}
	m, err := Parse(f, info.Size())
	if err != nil {
		return nil, fmt.Errorf("onnx: read %s: %w", path, err)
	}
	m.Path = path
	for _, t := range m.Initializers {
		t.dir, t.model, t.in = filepath.Dir(path), path, nil
	}
	return m, nil
}

// Parse reads a graph of size bytes from r, which must stay readable for as long
// as values of initializers are read. External data are out of its reach.
func Parse(r io.ReaderAt, size int64) (*Model, error) {
	m := &Model{
		Size:         size,
		Opset:        map[string]int64{},
		Ops:          map[string]int{},
		Initializers: map[string]*Tensor{},
		producer:     map[string]int{},
	}
	p := &parser{scanner: scanner{r: r, size: size, end: size}, m: m}
	if err := p.lookLike(size); err != nil {
		return nil, err
	}
	if err := p.model(); err != nil {
		return nil, err
	}
	return m, nil
}

// parser fills m from the file.
type parser struct {
	scanner
	m     *Model
	nodes int
}

// lookLike names the commonest things that are found in an ONNX file's place.
func (p *parser) lookLike(size int64) error {
	if size == 0 {
		return fmt.Errorf("%w: the file is empty", errFormat)
	}
	head, err := p.peek(64)
	if err != nil {
		return err
	}
	switch {
	case bytes.HasPrefix(head, []byte("version https://git-lfs")):
		return fmt.Errorf("%w but a Git LFS pointer: the graph itself was not fetched", errFormat)
	case bytes.HasPrefix(bytes.TrimSpace(head), []byte("<")):
		return fmt.Errorf("%w but an HTML or XML page", errFormat)
	}
	return nil
}

func (p *parser) model() error {
	graphs := 0
	err := p.message(field{typ: protowire.BytesType, size: p.end}, func(f field) (err error) {
		switch f.num {
		case 1: // ir_version
			p.m.IRVersion = int64(f.value)
		case 2: // producer_name
			p.m.Producer, err = p.text(f)
		case 7: // graph
			graphs++
			err = p.graph(f, 0)
		case 8: // opset_import
			err = p.opset(f)
		case 25: // functions
			err = p.function(f)
		}
		return err
	})
	switch {
	case err != nil:
		return err
	case p.m.IRVersion <= 0:
		return fmt.Errorf("%w: it has no ir_version", errFormat)
	case graphs != 1:
		return fmt.Errorf("%w: it has %d graphs", errFormat, graphs)
	case len(p.m.Outputs) == 0:
		return fmt.Errorf("%w: the graph has no outputs", errFormat)
	}
	p.dropInitialized()
	whole := io.NewSectionReader(p.r, 0, p.size)
	for _, t := range p.m.Initializers {
		t.in = whole
	}
	return nil
}

// dropInitialized removes from the inputs those that an initializer fills: in IR
// version 3 every initializer had to be listed as an input too.
func (p *parser) dropInitialized() {
	kept := p.m.Inputs[:0]
	for _, in := range p.m.Inputs {
		if _, ok := p.m.Initializers[in.Name]; !ok {
			kept = append(kept, in)
		}
	}
	p.m.Inputs = kept
}

func (p *parser) opset(f field) error {
	var domain string
	var version int64
	err := p.message(f, func(f field) (err error) {
		switch f.num {
		case 1:
			domain, err = p.text(f)
		case 2:
			version = int64(f.value)
		}
		return err
	})
	if domain == "ai.onnx" { // the standard domain's other name
		domain = ""
	}
	p.m.Opset[domain] = version
	return err
}

func (p *parser) function(f field) error {
	return p.message(f, func(f field) error {
		if f.num == 7 { // node
			return p.node(f, 1)
		}
		return nil
	})
}

// graph reads the main graph (depth 0) or counts the operators of a subgraph.
func (p *parser) graph(f field, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("%w: graphs nested more than %d deep", errFormat, maxDepth)
	}
	return p.message(f, func(f field) (err error) {
		switch {
		case f.num == 1: // node
			err = p.node(f, depth)
		case depth > 0:
		case f.num == 5: // initializer
			var t *Tensor
			if t, err = p.tensor(f); err == nil {
				err = p.initializer(t)
			}
		case f.num == 11: // input
			p.m.Inputs, err = p.value(p.m.Inputs, f)
		case f.num == 12: // output
			p.m.Outputs, err = p.value(p.m.Outputs, f)
		}
		return err
	})
}

func (p *parser) initializer(t *Tensor) error {
	if len(p.m.Initializers) >= maxNodes {
		return fmt.Errorf("%w: more than %d initializers", errFormat, maxNodes)
	}
	p.m.Initializers[t.Name] = t
	return nil
}

func (p *parser) node(f field, depth int) error {
	if p.nodes++; p.nodes > maxNodes {
		return fmt.Errorf("%w: more than %d nodes", errFormat, maxNodes)
	}
	var n node
	var constant *Tensor
	err := p.message(f, func(f field) error {
		var name string
		var err error
		switch f.num {
		case 1, 2, 4:
			if name, err = p.text(f); err != nil {
				return err
			}
		}
		switch f.num {
		case 1:
			n.inputs = append(n.inputs, name)
		case 2:
			n.outputs = append(n.outputs, name)
		case 4:
			n.op = name
		case 5:
			t, err := p.attribute(&n, f, depth)
			if t != nil {
				constant = t
			}
			return err
		}
		return nil
	})
	if err != nil {
		return err
	}
	p.m.Ops[n.op]++
	if depth > 0 {
		return nil
	}
	if n.op == "Constant" && constant != nil && len(n.outputs) > 0 {
		constant.Name = n.outputs[0]
		return p.initializer(constant)
	}
	for _, out := range n.outputs {
		p.m.producer[out] = len(p.m.nodes)
	}
	p.m.nodes = append(p.m.nodes, n)
	return nil
}

// attribute keeps integer attributes in n, walks subgraphs, and returns a tensor
// attribute.
func (p *parser) attribute(n *node, f field, depth int) (t *Tensor, err error) {
	var name string
	var number *int64
	err = p.message(f, func(f field) (err error) {
		switch f.num {
		case 1:
			name, err = p.text(f)
		case 3:
			v := int64(f.value)
			number = &v
		case 5:
			t, err = p.tensor(f)
		case 6, 11: // g, graphs
			err = p.graph(f, depth+1)
		}
		return err
	})
	if err == nil && number != nil {
		if n.ints == nil {
			n.ints = map[string]int64{}
		}
		n.ints[name] = *number
	}
	return t, err
}

func (p *parser) value(dst []Value, f field) ([]Value, error) {
	if len(dst) >= maxNodes {
		return nil, fmt.Errorf("%w: more than %d inputs or outputs", errFormat, maxNodes)
	}
	var v Value
	err := p.message(f, func(f field) (err error) {
		switch f.num {
		case 1:
			v.Name, err = p.text(f)
		case 2: // type
			err = p.message(f, func(f field) error {
				if f.num == 1 { // tensor_type
					return p.tensorType(&v, f)
				}
				return nil
			})
		}
		return err
	})
	return append(dst, v), err
}

func (p *parser) tensorType(v *Value, f field) error {
	return p.message(f, func(f field) error {
		switch f.num {
		case 1:
			v.Type = ElemType(f.value)
		case 2: // shape
			v.Ranked = true
			return p.message(f, func(f field) error {
				if f.num != 1 {
					return nil
				}
				if len(v.Dims) >= maxDims {
					return fmt.Errorf("%w: value %q has more than %d dimensions", errFormat, v.Name, maxDims)
				}
				d, err := p.dim(f)
				v.Dims = append(v.Dims, d)
				return err
			})
		}
		return nil
	})
}

func (p *parser) dim(f field) (Dim, error) {
	d := Dim{Size: -1}
	err := p.message(f, func(f field) (err error) {
		switch f.num {
		case 1:
			if d.Size = int64(f.value); d.Size < 0 {
				d.Size = -1 // some exporters write −1 for "unknown"
			}
		case 2:
			d.Name, err = p.text(f)
		}
		return err
	})
	return d, err
}

// IsFormat reports whether err says that a file is truncated or not ONNX, as
// opposed to missing or unreadable.
func IsFormat(err error) bool { return errors.Is(err, errFormat) }
