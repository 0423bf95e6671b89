package tokenizer

import (
	"encoding/json"
	"fmt"
)

// Pad returns the token that the padding section names, which may be missing
// from the vocabulary; ok is false where there is no padding section.
func (f *File) Pad() (token string, ok bool) {
	if f.Padding == nil {
		return "", false
	}
	root, err := parseNode(f.Padding)
	if err != nil {
		return "", false
	}
	token = root.get("pad_token").text()
	return token, token != ""
}

// SetPad replaces the padding by one that names the token, which must be in
// the vocabulary, and pads nothing: to a fixed length of 0, on the right. An
// empty token sets it to null.
func (f *File) SetPad(token string) error {
	if token == "" {
		f.Padding = nil
		return nil
	}
	e, ok := f.Model.Find(token)
	if !ok {
		return fmt.Errorf("tokenizer: set padding: %q is not in the vocabulary", token)
	}
	f.Padding = fmt.Appendf(nil,
		`{"strategy":{"Fixed":0},"direction":"Right","pad_to_multiple_of":null,"pad_id":%d,"pad_type_id":0,"pad_token":%s}`,
		e.ID, jsonString(token))
	return nil
}

// SetTruncation sets the truncation to maxLength tokens and keeps its other
// fields, where it has any.
func (f *File) SetTruncation(maxLength int) error {
	raw := f.Truncation
	if raw == nil {
		raw = json.RawMessage(`{"direction":"Right","max_length":0,"strategy":"LongestFirst","stride":0}`)
	}
	root, err := parseNode(raw)
	if err == nil && root.kind != '{' {
		err = fmt.Errorf("not an object")
	}
	if err != nil {
		return fmt.Errorf("tokenizer: set truncation: %s: %w", f.at("truncation"), err)
	}
	root.set("max_length", jsonInt(maxLength))
	f.Truncation = root.json()
	return nil
}

// syncIDs rewrites every id outside the vocabulary to the vocabulary's id of
// the token that it stands for.
func (f *File) syncIDs() error {
	ids := make(map[string]int) // of the few tokens that are named outside
	for _, t := range f.AddedTokens {
		ids[t.Content] = -1
	}
	if pad, ok := f.Pad(); ok {
		ids[pad] = -1
	}
	post, err := f.postProcessor()
	if err != nil {
		return err
	}
	post.named(func(token string, _ *jsonNode) { ids[token] = -1 })
	for _, e := range f.Model.Vocab {
		if _, ok := ids[e.Token]; ok {
			ids[e.Token] = e.ID
		}
	}
	for i := range f.AddedTokens {
		if id := ids[f.AddedTokens[i].Content]; id >= 0 {
			f.AddedTokens[i].ID = id
		}
	}
	if pad, ok := f.Pad(); ok && ids[pad] >= 0 {
		root, err := parseNode(f.Padding)
		if err != nil {
			return fmt.Errorf("tokenizer: %s: %w", f.at("padding"), err)
		}
		root.set("pad_id", jsonInt(ids[pad]))
		f.Padding = root.json()
	}
	changed := false
	post.named(func(token string, id *jsonNode) {
		if ids[token] >= 0 {
			*id = jsonNode{raw: jsonInt(ids[token])}
			changed = true
		}
	})
	if changed {
		f.PostProcessor = post.root.json()
	}
	return nil
}

// A postProcessor is the post_processor section, open for editing.
type postProcessor struct{ root *jsonNode }

func (f *File) postProcessor() (postProcessor, error) {
	if f.PostProcessor == nil {
		return postProcessor{}, nil
	}
	root, err := parseNode(f.PostProcessor)
	if err != nil {
		return postProcessor{}, fmt.Errorf("tokenizer: %s: %w", f.at("post_processor"), err)
	}
	return postProcessor{root}, nil
}

// postProcessorUses returns a token of the set that the post-processor adds.
func (f *File) postProcessorUses(tokens map[string]bool) (string, bool) {
	post, err := f.postProcessor()
	if err != nil {
		return "", false
	}
	found := ""
	post.named(func(token string, _ *jsonNode) {
		if tokens[token] {
			found = token
		}
	})
	return found, found != ""
}

// named calls visit for each token that the post-processor can add, with the
// node of its id: cls and sep of BertProcessing and RobertaProcessing, the
// special_tokens of TemplateProcessing that a template uses, and those of the
// members of a Sequence.
func (p postProcessor) named(visit func(token string, id *jsonNode)) {
	if p.root != nil {
		namedTokens(p.root, visit)
	}
}

func namedTokens(n *jsonNode, visit func(token string, id *jsonNode)) {
	switch n.get("type").text() {
	case "Sequence":
		for _, c := range n.get("processors").children() {
			namedTokens(c, visit)
		}
	case "BertProcessing", "RobertaProcessing":
		for _, name := range []string{"cls", "sep"} {
			if pair := n.get(name).children(); len(pair) == 2 {
				visit(pair[0].text(), pair[1])
			}
		}
	case "TemplateProcessing":
		used := make(map[string]bool)
		for _, template := range []string{"single", "pair"} {
			for _, piece := range n.get(template).children() {
				used[piece.get("SpecialToken").get("id").text()] = true
			}
		}
		special := n.get("special_tokens")
		if special == nil || special.kind != '{' {
			return
		}
		for i, c := range special.items {
			tokens, ids := c.get("tokens").children(), c.get("ids").children()
			if !used[special.names[i]] || len(tokens) != len(ids) {
				continue
			}
			for j, t := range tokens {
				visit(t.text(), ids[j])
			}
		}
	}
}
