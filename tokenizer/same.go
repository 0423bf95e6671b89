package tokenizer

import (
	"encoding/json"
	"reflect"
)

// replace sets a component, unless it says the same already.
func (f *File) replace(name, raw string) {
	c := f.component(name)
	switch {
	case raw == "null":
		*c = nil
	case !sameJSON(*c, []byte(raw)):
		*c = json.RawMessage(raw)
		f.fields = setField(f.fields, name, nil)
	}
}

// sameJSON reports whether two texts are the same value, to the parts that matter: an
// older spelling of Metaspace is as good, and offsets do not count.
func sameJSON(a, b []byte) bool {
	var x, y any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && reflect.DeepEqual(plainComponent(x), plainComponent(y))
}

// plainComponent brings a component into one spelling.
func plainComponent(v any) any {
	switch v := v.(type) {
	case []any:
		for i := range v {
			v[i] = plainComponent(v[i])
		}
	case map[string]any:
		for key := range v {
			v[key] = plainComponent(v[key])
		}
		delete(v, "trim_offsets")
		switch v["type"] {
		case "Metaspace":
			if add, ok := v["add_prefix_space"].(bool); ok && v["prepend_scheme"] == nil {
				v["prepend_scheme"] = map[bool]string{true: "always", false: "never"}[add]
			}
			delete(v, "add_prefix_space")
			delete(v, "str_rep")
			if v["split"] == nil {
				v["split"] = true
			}
		case "ByteLevel":
			if v["use_regex"] == nil {
				v["use_regex"] = true
			}
		case "Split":
			if v["invert"] == nil {
				v["invert"] = false
			}
		}
	}
	return v
}
