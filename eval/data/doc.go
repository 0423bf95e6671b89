// Package data reads data sets as they lie on disk, in two forms: the Hugging Face
// Hub's, as MTEB's data sets are downloaded, and a plain one (docs/evaluation.md).
//
// In order:
//
//  1. FindRepos and PlainSets list the data sets of a folder. Nothing but names is read.
//  2. Part.Find says which files of a data set's folder hold a split, in the order in
//     which they are read.
//  3. Table.Read passes on the rows of those files: JSON Lines, CSV, TSV (each also .gz)
//     or Parquet. An error names the file and the line.
//
// The package knows forms, and nothing of protocols or of which data sets exist. A file,
// however broken, does not panic, and nothing is allocated by a number that it claims.
package data
