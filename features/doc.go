// Package features keeps a teacher's vectors of a corpus on disk: a folder of
// shards, each a Parquet file of texts and their vectors, and a manifest that
// says what the vectors were made of.
//
//	features.json        what decides the vectors; each shard's name, length and SHA-256
//	shard-00000.parquet  the first Options.ShardTexts texts: columns text and vector
//	shard-00001.parquet  the next ones
//	rows.safetensors     optional: the teacher's rows of its vocabulary, V×H float32
//
// Write makes such a folder. It holds one shard in memory, and a run that is
// killed loses at most the shard it was at. Open reads folders back, and
// FromParquet and FromNPY read vectors that other programs made: all three are a
// Source, which streams texts with their vectors in the order of the corpus.
//
// The bytes of a shard depend on its texts, the teacher and the options, on
// nothing else: no clock, path, host or number of threads.
//
// N stands for the number of texts, H for the width of their vectors, V for the
// tokens of the teacher's vocabulary.
package features
