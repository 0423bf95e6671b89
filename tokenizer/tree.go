package tokenizer

import (
	"encoding/json"
	"strconv"
)

// A jsonNode is a JSON value whose members can be edited while everything else
// keeps its order and its spelling.
type jsonNode struct {
	kind  byte            // '{', '[' or 0 for a leaf
	raw   json.RawMessage // of a leaf
	names []string        // of an object's members
	items []*jsonNode     // an object's or array's members
}

// parseNode reads a component of a tokenizer.json.
func parseNode(raw json.RawMessage) (*jsonNode, error) {
	s := &jsonScanner{data: raw}
	return s.node()
}

func (s *jsonScanner) node() (*jsonNode, error) {
	n := new(jsonNode)
	child := func() error {
		c, err := s.node()
		n.items = append(n.items, c)
		return err
	}
	var err error
	switch c := s.peek(); c {
	case '{':
		n.kind = c
		err = s.object(func(key string, _ int) error {
			n.names = append(n.names, key)
			return child()
		})
	case '[':
		n.kind = c
		err = s.array(child)
	default:
		n.raw, err = s.raw()
	}
	return n, err
}

// get returns the member of that name, or nil. get of nil is nil.
func (n *jsonNode) get(name string) *jsonNode {
	if n == nil {
		return nil
	}
	for i := len(n.names) - 1; i >= 0; i-- {
		if n.names[i] == name {
			return n.items[i]
		}
	}
	return nil
}

// set gives the member of that name a value, at the end where it is new.
func (n *jsonNode) set(name string, raw json.RawMessage) {
	if c := n.get(name); c != nil {
		*c = jsonNode{raw: raw}
		return
	}
	n.names = append(n.names, name)
	n.items = append(n.items, &jsonNode{raw: raw})
}

// text returns the string that the node is, or "".
func (n *jsonNode) text() string {
	if n == nil || n.kind != 0 || len(n.raw) == 0 || n.raw[0] != '"' {
		return ""
	}
	s := &jsonScanner{data: n.raw}
	t, _ := s.string()
	return t
}

// json returns the node as compact JSON.
func (n *jsonNode) json() json.RawMessage { return n.append(nil) }

func (n *jsonNode) append(dst []byte) []byte {
	if n.kind == 0 {
		return append(dst, n.raw...)
	}
	dst = append(dst, n.kind)
	for i, c := range n.items {
		if i > 0 {
			dst = append(dst, ',')
		}
		if n.kind == '{' {
			dst = append(appendJSONString(dst, n.names[i]), ':')
		}
		dst = c.append(dst)
	}
	return append(dst, n.kind+2) // '}' and ']' are two after '{' and '['
}

func jsonInt(i int) json.RawMessage { return strconv.AppendInt(nil, int64(i), 10) }

func jsonString(s string) json.RawMessage { return appendJSONString(nil, s) }

// textOf returns the string that raw is, or "" for anything else.
func textOf(raw json.RawMessage) string {
	if len(raw) == 0 {
		return ""
	}
	return (&jsonNode{raw: raw}).text()
}
