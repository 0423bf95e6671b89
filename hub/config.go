package hub

import (
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// DefaultEndpoint is the Hub's own address.
const DefaultEndpoint = "https://huggingface.co"

// Config is where models come from and where they are kept.
type Config struct {
	Cache     string // the folder of models--…, in the Python client's layout
	Endpoint  string // the Hub's base URL; "" is DefaultEndpoint
	Token     string // sent to Endpoint only; "" sends what TokenFile holds
	TokenFile string // read when a request is made; may be missing or ""
	Offline   bool   // make no request
	NoLinks   bool   // put files, not links, in snapshots, as where links are impossible

	Timeout   time.Duration // longest wait for the next byte; 0 is 30 s
	RetryWait time.Duration // wait before the first retry, doubled for each further one; 0 is 1 s
	UserAgent string        // "" is "m2v"
	Transport http.RoundTripper

	// Retrying is told why a request failed and the wait before it is sent again; may be nil.
	Retrying func(cause error, wait time.Duration)
}

// ConfigFromEnv returns the configuration that the Python client would take
// from the same variables:
//
//	cache      HF_HUB_CACHE, HUGGINGFACE_HUB_CACHE, $HF_HOME/hub,
//	           $XDG_CACHE_HOME/huggingface/hub, ~/.cache/huggingface/hub
//	endpoint   HF_ENDPOINT
//	token      HF_TOKEN, HUGGING_FACE_HUB_TOKEN, the file HF_TOKEN_PATH or
//	           $HF_HOME/token; none with HF_HUB_DISABLE_IMPLICIT_TOKEN
//	offline    HF_HUB_OFFLINE, TRANSFORMERS_OFFLINE (1, on, yes, true)
//	links      HF_HUB_DISABLE_SYMLINKS
//	timeout    HF_HUB_DOWNLOAD_TIMEOUT, in whole seconds
//
// home is the user's home folder, for "~" and the default. A variable that is
// empty counts as not set. Paths may start with "~" and hold $VARIABLES.
//
// Source: huggingface_hub 1.33.0, constants.py and utils/_auth.py.
func ConfigFromEnv(getenv func(string) string, home string) Config {
	first := func(names ...string) string {
		for _, name := range names {
			if value := getenv(name); value != "" {
				return value
			}
		}
		return ""
	}
	path := func(value, fallback string) string {
		if value == "" {
			return fallback
		}
		return expand(value, getenv, home)
	}

	xdg := path(getenv("XDG_CACHE_HOME"), filepath.Join(home, ".cache"))
	hfHome := path(getenv("HF_HOME"), filepath.Join(xdg, "huggingface"))
	c := Config{
		Cache:    path(first("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"), filepath.Join(hfHome, "hub")),
		Endpoint: strings.TrimRight(first("HF_ENDPOINT"), "/"),
		Offline:  isTrue(first("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")),
		NoLinks:  isTrue(getenv("HF_HUB_DISABLE_SYMLINKS")),
	}
	if c.Endpoint == "" {
		c.Endpoint = DefaultEndpoint
	}
	if !isTrue(getenv("HF_HUB_DISABLE_IMPLICIT_TOKEN")) {
		c.Token = cleanToken(first("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"))
		c.TokenFile = path(getenv("HF_TOKEN_PATH"), filepath.Join(hfHome, "token"))
	}
	if seconds, err := strconv.Atoi(getenv("HF_HUB_DOWNLOAD_TIMEOUT")); err == nil && seconds > 0 && seconds < 1<<20 {
		c.Timeout = time.Duration(seconds) * time.Second
	}
	return c
}

// isTrue reports whether the Python client reads value as true.
func isTrue(value string) bool {
	switch strings.ToUpper(value) {
	case "1", "ON", "YES", "TRUE":
		return true
	}
	return false
}

// expand replaces a leading ~ by home and $NAME or ${NAME} by its value, where
// it has one, as Python's expanduser and expandvars do.
func expand(path string, getenv func(string) string, home string) string {
	if path == "~" || strings.HasPrefix(path, "~/") || strings.HasPrefix(path, `~`+string(filepath.Separator)) {
		path = home + path[1:]
	}
	return os.Expand(path, func(name string) string {
		if value := getenv(name); value != "" {
			return value
		}
		return "$" + name
	})
}

func cleanToken(token string) string {
	return strings.TrimSpace(strings.NewReplacer("\r", "", "\n", "").Replace(token))
}

// token returns the token to send, "" for none. A token file that is missing
// is no error; one that cannot be read is none either, since most models are
// public: the Hub's refusal then says what is missing.
func (c Config) token() string {
	if c.Token != "" || c.TokenFile == "" {
		return c.Token
	}
	data, err := os.ReadFile(c.TokenFile)
	if err != nil {
		return ""
	}
	return cleanToken(string(data))
}
