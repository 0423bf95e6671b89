package transformer

import (
	"encoding/json"
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// sentenceFiles are where a Transformer module may have its settings: the first
// that is there and not empty counts.
//
// Source: sentence-transformers 6.2, Transformer.load_config.
var sentenceFiles = []string{
	"sentence_bert_config.json", "sentence_roberta_config.json", "sentence_distilbert_config.json", "sentence_camembert_config.json",
	"sentence_albert_config.json", "sentence_xlm-roberta_config.json", "sentence_xlnet_config.json",
}

// settings are what a teacher's files say of texts before they are run.
type settings struct {
	sentence     string // the file of sentenceFiles in use, "" for none
	maxLength    int    // of that file, 0 if it names none
	modelMax     int    // of tokenizer_config.json, 0 if it names none
	lowerCase    bool   // texts become lower case before anything else
	cutSide      string // left or right, where tokens of a long text go; "" is as tokenizer.json says
	prompts      map[string]string
	promptName   string // the default prompt's, "" for none
	truncateDims int    // vectors keep the first dimensions only; 0 for all
	files        []string
}

// readSettings reads them for a teacher in folder dir whose Transformer is in its
// folder sub. listed says that there is a modules.json: prompts count only then.
func readSettings(dir, sub string, listed bool) (*settings, error) {
	s := &settings{}
	if err := s.readSentenceFile(dir, sub); err != nil {
		return s, err
	}
	if err := s.readTokenizerConfig(dir, sub); err != nil {
		return s, err
	}
	s.prompts = map[string]string{"query": "", "document": ""} // sentence-transformers' own
	if !listed {
		return s, nil
	}
	return s, s.readPrompts(dir)
}

// readSentenceFile reads the settings of the Transformer module. Settings that m2v
// does not have, and those that sentence-transformers 6.2 does not know, are refused.
func (s *settings) readSentenceFile(dir, sub string) error {
	fields := map[string]json.RawMessage{}
	for _, name := range sentenceFiles {
		name = path.Join(sub, name)
		if found, err := findJSON(dir, name, &fields); err != nil {
			return err
		} else if found && len(fields) > 0 {
			s.sentence, s.files = name, append(s.files, name)
			break
		}
	}
	if s.sentence == "" {
		return nil
	}
	if err := s.takeSentence(fields); err != nil {
		return fmt.Errorf("transformer: read %s: %w", filepath.Join(dir, filepath.FromSlash(s.sentence)), err)
	}
	return nil
}

func (s *settings) takeSentence(fields map[string]json.RawMessage) error {
	for _, key := range []string{"query_length", "document_length", "query_expansion", "unpad_inputs", // of other kinds of model, or of speed
		"model_args", "model_kwargs", "config_args", "config_kwargs", "tokenizer_name_or_path", "backend"} {
		delete(fields, key)
	}
	var length *int
	if err := take(fields, "max_seq_length", &length); err != nil {
		return err
	}
	if length != nil {
		s.maxLength = max(*length, 0)
	}
	if err := take(fields, "do_lower_case", &s.lowerCase); err != nil {
		return err
	}
	for _, key := range []string{"tokenizer_args", "processor_kwargs"} { // the newer name wins
		if err := s.takeProcessor(fields, key); err != nil {
			return err
		}
	}
	if err := takeModality(fields); err != nil {
		return err
	}
	if err := s.takeProcessing(fields); err != nil {
		return err
	}
	return unknown(fields)
}

// takeProcessor reads what the file passes to the tokenizer.
func (s *settings) takeProcessor(fields map[string]json.RawMessage, key string) error {
	args := map[string]json.RawMessage{}
	if err := take(fields, key, &args); err != nil {
		return err
	}
	for _, harmless := range []string{"padding_side", "use_fast", "trust_remote_code", "token", "revision", "cache_dir", "local_files_only", "legacy"} {
		delete(args, harmless)
	}
	var length *int
	if err := take(args, "model_max_length", &length); err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	if length != nil {
		s.maxLength = max(*length, 0)
	}
	for _, name := range slices.Sorted(maps.Keys(args)) {
		return fmt.Errorf("%s: m2v does not support the setting %q", key, name)
	}
	return nil
}

// takeModality refuses whatever is not the last hidden state of a text.
func takeModality(fields map[string]json.RawMessage) error {
	task, output := "feature-extraction", tokenEmbeddings
	var modalities map[string]struct {
		Method string          `json:"method"`
		Output json.RawMessage `json:"method_output_name"`
	}
	for key, v := range map[string]any{"transformer_task": &task, "module_output_name": &output, "modality_config": &modalities} {
		if err := take(fields, key, v); err != nil {
			return err
		}
	}
	if task != "feature-extraction" {
		return fmt.Errorf("transformer_task %q is not feature-extraction", task)
	}
	if output != tokenEmbeddings {
		return fmt.Errorf("module_output_name %q is not %s", output, tokenEmbeddings)
	}
	if modalities == nil {
		return nil
	}
	if _, ok := modalities["message"]; ok {
		return fmt.Errorf("modality_config: texts go through a chat template (message), which m2v does not support")
	}
	text, ok := modalities["text"]
	if !ok {
		return fmt.Errorf("modality_config has no text, only %s", strings.Join(slices.Sorted(maps.Keys(modalities)), ", "))
	}
	var name string
	var names []string
	if json.Unmarshal(text.Output, &name) == nil {
		names = []string{name}
	} else if err := json.Unmarshal(text.Output, &names); err != nil {
		return fmt.Errorf("modality_config: method_output_name is %s, not a name or a list of names", text.Output)
	}
	if text.Method != "forward" || !slices.Equal(names, []string{"last_hidden_state"}) {
		return fmt.Errorf("modality_config: text is %s of %s, not last_hidden_state of forward", strings.Join(names, "."), text.Method)
	}
	return nil
}

// takeProcessing reads what the file passes to each call of the tokenizer: of a text
// its maximal length.
func (s *settings) takeProcessing(fields map[string]json.RawMessage) error {
	var calls map[string]map[string]json.RawMessage
	if err := take(fields, "processing_kwargs", &calls); err != nil {
		return err
	}
	for _, other := range []string{"audio", "image", "video", "chat_template"} {
		delete(calls, other)
	}
	for _, kind := range slices.Sorted(maps.Keys(calls)) { // common, text
		var length *int
		if kind == "text" {
			if err := take(calls[kind], "max_length", &length); err != nil {
				return err
			}
		}
		if length != nil {
			s.maxLength = max(*length, 0)
		}
		for _, name := range slices.Sorted(maps.Keys(calls[kind])) {
			return fmt.Errorf("processing_kwargs: m2v does not support the setting %q of %s", name, kind)
		}
	}
	return nil
}

// readTokenizerConfig reads where the tokenizer cuts texts, and on which side.
func (s *settings) readTokenizerConfig(dir, sub string) error {
	var config struct {
		Max  *float64 `json:"model_max_length"` // 1e30 for no limit
		Side string   `json:"truncation_side"`
	}
	name := path.Join(sub, "tokenizer_config.json")
	found, err := findJSON(dir, name, &config)
	if err != nil {
		return err
	}
	if found {
		s.files = append(s.files, name)
	}
	if config.Max != nil && *config.Max >= 1 && *config.Max < 1<<31 {
		s.modelMax = int(*config.Max)
	}
	switch config.Side {
	case "", "right", "left":
		s.cutSide = config.Side
	default:
		return fmt.Errorf("transformer: read %s: truncation_side %q is not left or right", filepath.Join(dir, filepath.FromSlash(name)), config.Side)
	}
	return nil
}

// readPrompts reads config_sentence_transformers.json.
func (s *settings) readPrompts(dir string) error {
	const name = "config_sentence_transformers.json"
	var config struct {
		Prompts  map[string]*string `json:"prompts"` // null is ""
		Default  *string            `json:"default_prompt_name"`
		Truncate *int               `json:"truncate_dim"`
		Model    *string            `json:"model_type"`
	}
	found, err := findJSON(dir, name, &config)
	if err != nil || !found {
		return err
	}
	s.files = append(s.files, name)
	for key, prompt := range config.Prompts {
		if prompt != nil {
			s.prompts[key] = *prompt
		} else if _, ok := s.prompts[key]; !ok {
			s.prompts[key] = ""
		}
	}
	refuse := func(format string, a ...any) error {
		return fmt.Errorf("transformer: read %s: %s", filepath.Join(dir, name), fmt.Sprintf(format, a...))
	}
	if config.Model != nil && *config.Model != "SentenceTransformer" {
		return refuse("model_type %q is not SentenceTransformer", *config.Model)
	}
	if config.Truncate != nil {
		if s.truncateDims = *config.Truncate; s.truncateDims <= 0 {
			return refuse("truncate_dim %d is not positive", *config.Truncate)
		}
	}
	if config.Default != nil {
		if _, ok := s.prompts[*config.Default]; !ok {
			return refuse("default_prompt_name %q is not one of its prompts (%s)", *config.Default, s.promptNames())
		}
		s.promptName = *config.Default
	}
	return nil
}

// promptNames lists the prompts that are there, by name.
func (s *settings) promptNames() string {
	return strings.Join(slices.Sorted(maps.Keys(s.prompts)), ", ")
}

// prompt returns what goes before every text: text if it is given, else the prompt
// of that name, else the default one.
func (s *settings) prompt(text, name string, none bool) (string, error) {
	switch {
	case none:
		return "", nil
	case text != "":
		return text, nil
	case name == "":
		name = s.promptName
	}
	if name == "" {
		return "", nil
	}
	prompt, ok := s.prompts[name]
	if !ok {
		return "", fmt.Errorf("transformer: encode: prompt %q is not one of the teacher's (%s)", name, s.promptNames())
	}
	return prompt, nil
}
