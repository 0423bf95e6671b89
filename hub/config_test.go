package hub

import (
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"testing"
	"time"
)

func TestConfigFromEnv(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("the paths of this table are Unix's")
	}
	base := Config{Cache: "/home/u/.cache/huggingface/hub", Endpoint: DefaultEndpoint, TokenFile: "/home/u/.cache/huggingface/token"}
	for _, test := range []struct {
		name string
		env  map[string]string
		want func(c *Config)
	}{
		{"nothing set", nil, func(c *Config) {}},
		{"HF_HOME", map[string]string{"HF_HOME": "/data/hf"}, func(c *Config) {
			c.Cache, c.TokenFile = "/data/hf/hub", "/data/hf/token"
		}},
		{"HF_HUB_CACHE wins", map[string]string{"HF_HOME": "/data/hf", "HF_HUB_CACHE": "/c", "HUGGINGFACE_HUB_CACHE": "/old"}, func(c *Config) {
			c.Cache, c.TokenFile = "/c", "/data/hf/token"
		}},
		{"the old name", map[string]string{"HUGGINGFACE_HUB_CACHE": "/old"}, func(c *Config) { c.Cache = "/old" }},
		{"XDG", map[string]string{"XDG_CACHE_HOME": "/xdg"}, func(c *Config) {
			c.Cache, c.TokenFile = "/xdg/huggingface/hub", "/xdg/huggingface/token"
		}},
		{"~ and variables", map[string]string{"HF_HOME": "~/hf", "HF_HUB_CACHE": "$DISK/${SUB}/$NONE", "DISK": "/mnt", "SUB": "x"}, func(c *Config) {
			c.Cache, c.TokenFile = "/mnt/x/$NONE", "/home/u/hf/token"
		}},
		{"endpoint", map[string]string{"HF_ENDPOINT": "https://mirror.example/hf/"}, func(c *Config) { c.Endpoint = "https://mirror.example/hf" }},
		{"token", map[string]string{"HF_TOKEN": " hf_a\r\n", "HUGGING_FACE_HUB_TOKEN": "hf_b", "HF_TOKEN_PATH": "/t"}, func(c *Config) {
			c.Token, c.TokenFile = "hf_a", "/t"
		}},
		{"no implicit token", map[string]string{"HF_TOKEN": "hf_a", "HF_HUB_DISABLE_IMPLICIT_TOKEN": "1"}, func(c *Config) { c.TokenFile = "" }},
		{"offline", map[string]string{"HF_HUB_OFFLINE": "yes"}, func(c *Config) { c.Offline = true }},
		{"offline, transformers' word", map[string]string{"TRANSFORMERS_OFFLINE": "True"}, func(c *Config) { c.Offline = true }},
		{"HF_HUB_OFFLINE wins", map[string]string{"HF_HUB_OFFLINE": "0", "TRANSFORMERS_OFFLINE": "1"}, func(c *Config) {}},
		{"no links, timeout", map[string]string{"HF_HUB_DISABLE_SYMLINKS": "on", "HF_HUB_DOWNLOAD_TIMEOUT": "90"}, func(c *Config) {
			c.NoLinks, c.Timeout = true, 90*time.Second
		}},
		{"a timeout that is none", map[string]string{"HF_HUB_DOWNLOAD_TIMEOUT": "-1"}, func(c *Config) {}},
	} {
		want := base
		test.want(&want)
		if got := ConfigFromEnv(func(name string) string { return test.env[name] }, "/home/u"); !reflect.DeepEqual(got, want) {
			t.Errorf("%s:\n got %+v\nwant %+v", test.name, got, want)
		}
	}
}

func TestTokenFileMayBeMissing(t *testing.T) {
	file := filepath.Join(t.TempDir(), "token")
	check := func(c Config, want string) {
		t.Helper()
		if got := c.token(); got != want {
			t.Errorf("token %q, want %q", got, want)
		}
	}
	check(Config{TokenFile: file}, "")
	if err := os.WriteFile(file, []byte("hf_file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	check(Config{TokenFile: file}, "hf_file")
	check(Config{TokenFile: file, Token: "hf_env"}, "hf_env")
	check(Config{}, "")
}
