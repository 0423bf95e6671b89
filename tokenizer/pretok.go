package tokenizer

import "encoding/json"

// preTokenizerTypes maps the "type" of a pre-tokenizer to what compiles it.
var preTokenizerTypes = map[string]func(raw json.RawMessage, at string) (preTokenizer, error){}
