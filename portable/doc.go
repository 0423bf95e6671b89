// Package portable writes a static model in forms that programs without Model2Vec read:
// an ONNX graph with its tokenizer, and tables of a vector for each token.
//
//	m, err := static.Open("student")
//	...
//	warnings, err := portable.Write(ctx, "graph", m, portable.ONNX, portable.Options{})
//
// The folder of an ONNX graph is laid out as Optimum and transformers.js expect it. The
// files are docs/export.md's subject.
package portable
