package tokenizer

import "encoding/json"

// normalizerTypes maps the "type" of a normalizer to what compiles it.
var normalizerTypes = map[string]func(raw json.RawMessage, at string) (normalizer, error){}
