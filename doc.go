// Package m2v turns a Sentence Transformer in ONNX into a static embedding model, the
// way Model2Vec does, without Python, torch or CUDA.
//
// Distill makes a student of a teacher, and the student encodes and writes itself to a
// folder. Options.Fit fits the student to texts, which makes it better. Open opens a
// student or a teacher, a folder or a Hub id, and encodes. Featurize keeps a teacher's
// vectors of texts on disk. Quantize makes a student smaller. Train makes a classifier on a
// model's vectors, and OpenClassifier opens one; Tokenlearn and TrainPairs train rows by
// gradients. InstallRuntime gets ONNX Runtime, which runs teachers; students need nothing.
//
//	student, err := m2v.Distill(ctx, "sentence-transformers/all-MiniLM-L6-v2", m2v.DefaultOptions())
//	if err != nil {
//		return err
//	}
//	return student.Write(ctx, "student", export.Options{})
//
// What the command line does, these packages do, in the order in which data walks through
// them. V is the number of vocabulary rows, H the width of the teacher, D the width of the
// student, N the number of texts.
//
//  1. hub finds a model's folder. teacher reads what it says: its graph, its vocabulary
//     (tokenizer, vocab: Tokens[V], the ids that the teacher runs for each, and the
//     student's tokenizer.json), its hashes.
//  2. teacher.Embed runs those ids through the ONNX graph (transformer, runtime) and pools
//     the hidden states: V×H.
//  3. pca.Fit and Basis.Project reduce the rows: V×D.
//  4. zipf.Weights scales each row by its rank's SIF weight: V×D.
//  5. With texts: features holds the teacher's vectors of them, N×H, and fit solves for the
//     rows whose means resemble those vectors: V×D.
//  6. quantize stores the rows as float16, float32, float64 or int8, and, on request, as k
//     clusters with a mapping: V×D, or k×D + mapping[V] + weights[V].
//  7. static.Model is the student: text → ids → mean of rows → vector[D].
//  8. export.Write puts the student into a model folder in one step.
//
// distill.Run and distill.Fit are steps 2 to 6; distill.Recipes are lists of switches by a
// name. Around the pipeline: model opens whatever encodes, and stream encodes files with it;
// eval scores it, ablate compares students that differ in a few switches, compare and
// recording hold two models against each other; inspect finds what is wrong with a folder,
// doctor with a machine; classifier, tokenlearn and pairs train, on learn; serve answers over
// HTTP; portable writes ONNX and word vectors, convert reads word vectors, and hub uploads;
// store is where texts and features lie. cmd/m2v is the command line.
package m2v
