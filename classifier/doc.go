// Package classifier trains heads on a model's vectors of texts and predicts with them: one
// label a text, several, or numbers.
//
// A head is logistic regression on the vectors of any model (Logreg), the reference's full
// finetune, which trains a static model's rows with the head (MLP), or logistic regression on
// tf-idf of words, without a model (TFIDF).
//
//	train, err := classifier.Read(ctx, classifier.Source{File: "train.tsv"})
//	...
//	c, report, err := classifier.Fit(ctx, classifier.Base{Static: student}, train, nil, classifier.DefaultOptions())
//	...
//	p, err := c.Predict(ctx, []string{"a fine film"}, 0.5) // p[0].Labels
//
// A folder that Write makes of a static model is the reference's StaticModelPipeline: Python
// model2vec loads it and predicts the same, and Open reads theirs.
//
// In names and shapes, n is the number of texts, D the width of a vector, K the number of
// classes, or of numbers to predict.
package classifier
