package hub

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// Want is one thing that a caller needs of a repository.
type Want struct {
	// Any are paths, or patterns as of path.Match ("*" stays in one folder),
	// in order of preference: the first that names a file is taken, with all
	// that it names.
	Any []string
	// Optional files are taken where the repository has them.
	Optional bool
	// Names, if not nil, returns what else is wanted once the files above are in the
	// snapshot folder dir: what they name. It reads them there; one that is optional
	// may not be.
	Names func(dir string) ([]Want, error)
}

// StaticFiles is what m2v reads of a static model, in each of its layouts.
func StaticFiles() []Want {
	return append([]Want{
		{Any: []string{"tokenizer.json", "0_StaticEmbedding/tokenizer.json"}},
		{Any: []string{"model.safetensors", "0_StaticEmbedding/model.safetensors"}},
	}, optional("config.json", "modules.json", "config_sentence_transformers.json", "tokenizer_config.json",
		"special_tokens_map.json", "m2v.json", "head.safetensors")...)
}

func optional(names ...string) []Want {
	var wants []Want
	for _, name := range names {
		wants = append(wants, Want{Any: []string{name}, Optional: true})
	}
	return wants
}

// literal quotes what path.Match would read as a pattern.
func literal(name string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`).Replace(name)
}

// plain undoes literal, for messages.
func plain(pattern string) string {
	return strings.NewReplacer(`\\`, `\`, `\*`, `*`, `\?`, `?`, `\[`, `[`).Replace(pattern)
}

func checkWants(wants []Want) error {
	for _, want := range wants {
		for _, pattern := range want.Any {
			if _, err := path.Match(pattern, ""); err != nil {
				return fmt.Errorf("hub: file pattern %q: %w", pattern, err)
			}
		}
	}
	return nil
}

// pick returns those of names that are wanted, sorted and each once, and the
// required wants that no name meets.
func pick(wants []Want, names []string) (picked []string, missing []Want) {
	for _, want := range wants {
		taken := want.take(names)
		if len(taken) == 0 && !want.Optional {
			missing = append(missing, want)
		}
		picked = append(picked, taken...)
	}
	slices.Sort(picked)
	return slices.Compact(picked), missing
}

// required returns the wants that are not optional.
func required(wants []Want) []Want {
	return slices.DeleteFunc(slices.Clone(wants), func(w Want) bool { return w.Optional })
}

// named returns what the wants' files name in the snapshot folder dir.
func named(wants []Want, dir string) (more []Want, err error) {
	for _, want := range wants {
		if want.Names == nil {
			continue
		}
		wants, err := want.Names(dir)
		if err == nil {
			err = checkWants(wants)
		}
		if err != nil {
			return nil, err
		}
		more = append(more, wants...)
	}
	return more, nil
}

func (w Want) take(names []string) []string {
	var taken []string
	for _, pattern := range w.Any {
		for _, name := range names {
			if ok, _ := path.Match(pattern, name); ok { // patterns are checked at the door
				taken = append(taken, name)
			}
		}
		if len(taken) > 0 {
			break
		}
	}
	return taken
}

// noSuchFile says what is missing and what of the same kind is there instead.
func noSuchFile(missing []Want, names []string) error {
	var wanted, kinds []string
	for _, want := range missing {
		for i, name := range want.Any {
			if i > 0 {
				name = "or " + name
			}
			wanted = append(wanted, plain(name))
			kinds = append(kinds, path.Ext(plain(want.Any[i])))
		}
	}
	err := fmt.Errorf("%w: %s", ErrFile, strings.Join(wanted, " "))
	near := slices.DeleteFunc(slices.Clone(names), func(name string) bool {
		return path.Ext(name) == ".json" || !slices.Contains(kinds, path.Ext(name))
	})
	if len(near) == 0 {
		return err
	}
	if len(near) > 8 {
		near = append(near[:8], "…")
	}
	return hinted{err, "the repository has " + strings.Join(near, ", ")}
}
