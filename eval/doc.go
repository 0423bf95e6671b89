// Package eval measures a model that turns texts into vectors on the nine
// columns of the published results tables.
//
// In order:
//
//  1. Tasks lists what a data folder holds, in the forms of docs/evaluation.md: MTEB's
//     as downloaded, and a plain one. Nothing but names is read.
//  2. Run reads each task's files, encodes each distinct text of it once, and scores
//     the vectors by the protocol of the task's column. A task that cannot be scored
//     is marked failed, with file and line, and the others go on.
//  3. Results.Columns are the plain means of a column's data sets, and
//     Results.Averages the two published formulas, v1 and v2.
//
// Scores are per cent. What a protocol draws by chance comes from NumPy's generators:
// the same rows, data and seed give the same score, whatever GOMAXPROCS is, and the
// score of a program in NumPy and scikit-learn that takes the same draws.
//
// In names and shapes, n is the number of texts or rows and D the width of vectors.
package eval
