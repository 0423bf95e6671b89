// Package bench makes the training table: classifiers of several systems on data sets, from a
// thousand training texts each, with several seeds.
//
// Source: the training table of Model2Vec's results, whose draws are not published.
package bench
