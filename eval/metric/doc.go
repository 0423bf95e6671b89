// Package metric has the numbers of the published tables: correlation, average
// precision, discounted gain, V-measure, and distances of two vectors. Each equals the
// function of scipy, scikit-learn or trec_eval that its comment names.
package metric
