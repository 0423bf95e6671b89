package features

import "errors"

// FromParquet opens a Parquet file that any program wrote: a column of strings
// and a column of lists, or fixed-size lists, of float16, float32 or float64. A
// column may be a path, such as "a.b".
func FromParquet(path, textColumn, vectorColumn string) (Source, error) {
	return nil, errors.New("features: open: not built yet")
}

// FromNPY opens N×H vectors of a .npy file whose row i is the vector of text i of
// a corpus. texts opens the corpus for one pass; it is called once now, to compare
// the numbers of texts and vectors, and once for each call of Each.
func FromNPY(path string, texts func() (Corpus, error)) (Source, error) {
	return nil, errors.New("features: open: not built yet")
}
