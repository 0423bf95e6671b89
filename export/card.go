package export

import (
	"bytes"
	_ "embed"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"text/template"

	"github.com/m2v-dev/m2v/matrix"
	"github.com/m2v-dev/m2v/static"
)

// Card is what README.md, the model card, says beyond what follows from the
// model and its manifest.
type Card struct {
	BaseModel string   // the teacher's Hub id; "" if it is not known
	Languages []string // ISO 639 codes
	License   string   // of the model, as the Hub names it; "" if it is not known
	Numbers   []Number // figures of the run, in this order
}

// A Number is a figure in the model card.
type Number struct{ Name, Value string }

//go:embed card.md.tmpl
var cardTemplate string

var card = sync.OnceValue(func() *template.Template {
	return template.Must(template.New(cardFile).Funcs(template.FuncMap{"yaml": yamlString}).Parse(cardTemplate))
})

// markdown returns the model card: front matter that the Hub accepts, how to
// load the model in each program that can, and figures.
func (c Card) markdown(m *static.Model, manifest *Manifest) ([]byte, error) {
	table := m.Table()
	numbers := []Number{
		{"Tokens", strconv.Itoa(m.Size())},
		{"Dimensions", strconv.Itoa(m.Dims())},
		{"Type of the rows", table.Type.String()},
		{"Size of the rows", fmt.Sprintf("%.1f MB", float64(len(table.Bytes))/1e6)},
	}
	if m.Mapping() != nil {
		numbers = append(numbers, Number{"Vocabulary clusters", strconv.Itoa(table.Rows)})
	}
	if manifest != nil && manifest.ExplainedVariance > 0 {
		numbers = append(numbers, Number{"Variance kept by the PCA", fmt.Sprintf("%.2f %%", 100*manifest.ExplainedVariance)})
	}
	var out bytes.Buffer
	err := card().Execute(&out, map[string]any{
		"Card":     c,
		"Numbers":  append(numbers, c.Numbers...),
		"Manifest": manifest != nil,
		"Unit":     m.Config().Normalize,
		// The others' limits: model2vec-rs 0.4.0 reads no float64, and torch trains
		// no int8, which sentence-transformers 6.2 asks of rows without weights.
		"Rust":  table.Type != matrix.Float64,
		"Torch": table.Type != matrix.Int8 || m.Weights() != nil,
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", cardFile, err)
	}
	return out.Bytes(), nil
}

var plainYAML = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Za-z][A-Za-z0-9._/-]*$`) })

// yamlString writes a string so that no YAML reader takes it for something
// else; a quoted string of JSON is one of YAML too.
func yamlString(s string) string {
	switch strings.ToLower(s) {
	case "y", "n", "yes", "no", "on", "off", "true", "false", "null":
	default:
		if plainYAML().MatchString(s) {
			return s
		}
	}
	return string(mustJSON(s))
}
