// Package tokenizer reads Hugging Face's tokenizer.json: it turns text into ids
// exactly as the tokenizers package 0.22 does, and edits the file itself. It is
// pure Go and needs nothing but the file.
//
// A [File] is the JSON, parsed and kept as written, with the surgery that a
// distilled vocabulary needs. A [Tokenizer] is a compiled File. For a text it
//
//  1. cuts out the added tokens that are not normalized,
//  2. normalizes what is left, part by part,
//  3. cuts the other added tokens out of the normalized parts,
//  4. pre-tokenizes into pieces, words mostly,
//  5. and has the model turn each piece into ids: WordPiece, BPE, Unigram or
//     WordLevel;
//  6. the post-processor, if asked, adds special tokens around them.
//
// There are no offsets and no decoding: ids are all that an embedding needs.
// Truncation and padding that the file asks for never act. A component that is
// not implemented is refused by name, with its line and column, when the file
// is compiled.
//
// An [Encoder] is the fast way through, for one goroutine: it allocates nothing
// per text and remembers the ids of words. The methods of Tokenizer borrow one
// from a pool.
package tokenizer
