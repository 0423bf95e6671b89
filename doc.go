// Package m2v turns a Sentence Transformer in ONNX into a static embedding
// model, the way Model2Vec does, without Python, torch or CUDA.
//
// It holds no code itself: it is the map of the packages, in the order in which
// data walks through them. V is the number of vocabulary rows, H the width of
// the teacher, D the width of the student.
//
//  1. tokenizer.ParseFile reads the teacher's tokenizer.json; vocab.Build
//     decides which rows exist, in which order, and the ids that the teacher
//     runs for each: Tokens[V], IDs[V][], and the student's tokenizer.json.
//  2. transformer.Teacher.Embed runs those ids through the ONNX graph and
//     pools the hidden states: V×H.
//  3. pca.Fit and Basis.Project reduce the rows: V×D.
//  4. zipf.Weights scales each row by its rank's SIF weight: V×D.
//  5. quantize stores the rows as float16, float32, float64 or int8, and, on
//     request, as k clusters with a mapping: V×D, or k×D + mapping[V] + weights[V].
//  6. static.Model is the student: text → ids → mean of rows → vector[D].
//  7. export.Write puts the student into a model folder in one step.
//
// distill.Run is steps 2 to 6 as one function; distill.Rows makes many students of one
// step 2. Around the pipeline: hub turns a model's name into a verified local folder,
// eval scores anything that turns texts into vectors, ablate compares students that
// differ in a few switches, wordvec and sentencepiece read the models of earlier
// days, matrix is the one numeric type that flows, and cmd/m2v is the command line.
package m2v
