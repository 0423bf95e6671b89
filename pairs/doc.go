// Package pairs trains the rows of a static model on pairs of texts: a question and its
// answer, two sentences that mean the same, two sentences and how similar they are.
//
//  1. Read turns a file into Data: the tokens of anchors, positives and, where there are
//     some, hard negatives; or of two texts and a score.
//  2. Train moves the rows by SparseAdam, the rate warming up and falling. Pairs go by
//     learn.InfoNCE, each text's positive against those of the whole batch; scores go by
//     learn.CoSENT; both over the first 32, 64 … dimensions where Options.Dims ask for it.
//
// Memory beside the rows is that of the rows that a batch touches, a batch's cosines in
// blocks, and the tokens of the pairs.
//
// Source: train/pairs.py of model2vec; sentence-transformers' static-retrieval-mrl-en-v1.
package pairs
