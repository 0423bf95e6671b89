package features

// ManifestFile is the name of a folder's manifest.
const ManifestFile = "features.json"

// Manifest is features.json. Two runs over the same texts with the same teacher
// and options write the same manifest.
type Manifest struct {
	Tool    string  `json:"tool"`    // "m2v"
	Version string  `json:"version"` // of the tool
	Teacher Teacher `json:"teacher"`

	Width      int    `json:"width"`       // H
	DType      string `json:"dtype"`       // "float32" or "float16"
	ShardTexts int    `json:"shard_texts"` // texts per shard; the last one has fewer
	BatchTexts int    `json:"batch_texts"` // texts per call of the encoder

	// Complete says that the corpus was read to its end. Before that the fields
	// below tell of the shards so far.
	Complete bool `json:"complete"`
	Texts    int  `json:"texts"` // N: texts that have a vector
	// TextsSHA256 identifies the texts as a whole, those without a vector too: of
	// each its length in bytes, 8 bytes little-endian, and its bytes.
	TextsSHA256 string  `json:"texts_sha256"`
	Dropped     Dropped `json:"dropped"`

	Rows   *RowsFile `json:"rows,omitempty"` // nil without rows.safetensors
	Shards []Shard   `json:"shards"`
}

// Dropped counts the texts of the corpus that are not in the folder.
type Dropped struct {
	Empty      int `json:"empty"`       // white space alone
	Duplicates int `json:"duplicates"`  // of an earlier text of the same shard
	BadVectors int `json:"bad_vectors"` // the teacher gave zeros, NaN or Inf
}

// Shard is one shard-NNNNN.parquet.
type Shard struct {
	File        string  `json:"file"`
	Texts       int     `json:"texts"`        // rows of the file
	SHA256      string  `json:"sha256"`       // of the file
	TextsSHA256 string  `json:"texts_sha256"` // as Manifest.TextsSHA256, of this shard
	Dropped     Dropped `json:"dropped"`      // while the shard was filled
}

// RowsFile is rows.safetensors.
type RowsFile struct {
	File   string `json:"file"`
	Tokens int    `json:"tokens"` // V
	SHA256 string `json:"sha256"` // of the file
	// TokensSHA256 identifies the tokens that the rows are of.
	TokensSHA256 string `json:"tokens_sha256"`
}
