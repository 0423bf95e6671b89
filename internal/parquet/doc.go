// Package parquet opens Parquet files that users give: it checks what a file
// claims before the Parquet library believes it, and reads one column of strings
// or of vectors, page by page.
//
// The library allocates what a footer or a page header claims, and some corrupt
// files make it panic. So Open compares the claims with the file's size and with
// limits, and Recover turns a panic into an error. Why this library:
// docs/decisions/062-parquet-go.md.
package parquet
