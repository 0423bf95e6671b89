// Package vectors writes rows of float32 or float16 values as they come, to
// NumPy's .npy, raw values, JSON Lines, safetensors or Parquet.
//
// A file appears under its name only once it is whole: until Commit the rows
// are in a temporary file beside it. The formats whose header holds the number
// of rows leave room for it and finish it last, so they need a file; the
// others also go to a pipe.
package vectors
