package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/m2v-dev/m2v/serve"
	"github.com/m2v-dev/m2v/static"
)

// serveOptions is the command line of m2v serve.
type serveOptions struct {
	Models               []string // [NAME=]MODEL
	Addr                 string
	KeyFile              string
	TLSCert, TLSKey      string
	Limits               serve.Options
	NoTruncate           bool
	Timeout, StopTimeout time.Duration
}

func newServeCommand(run func(context.Context, serveOptions) error) *cobra.Command {
	server := serve.NewServer(nil)
	o := serveOptions{Addr: "127.0.0.1:8080", Limits: serve.DefaultOptions(), Timeout: server.ReadTimeout, StopTimeout: server.StopTimeout}
	cmd := &cobra.Command{
		Use:   "serve [NAME=]MODEL…",
		Short: "Answer requests for embeddings over HTTP",
		Long: `Serve answers requests over HTTP with static models, as OpenAI's API and
text-embeddings-inference do: /v1/embeddings, /v1/models, /embed, /similarity, /tokenize,
/info, /health and /metrics. MODEL is a folder or a Hub id; requests call it NAME, or by the
folder's own name or the id. The first model answers requests that name none.

The address is printed once requests are taken. A line on stderr logs each request.
SIGHUP opens the models and the TLS files anew; requests go on meanwhile. SIGTERM and
Ctrl-C stop the server: requests that were sent are answered, new connections are refused.
Requests need a key if the environment has M2V_API_KEY or a file of keys is given.

` + exitCodesHelp,
		Example: `  m2v serve student
  m2v serve small=student large=minishlab/potion-base-32M --addr :8080
  m2v serve student --addr unix:/run/m2v.sock --log-format json`,
		Args: args(cobra.MinimumNArgs(1)),
		RunE: func(cmd *cobra.Command, list []string) error {
			o.Models, o.Limits.Truncate = list, !o.NoTruncate
			return run(cmd.Context(), o)
		},
	}
	f := cmd.Flags()
	f.SortFlags = false
	f.StringVar(&o.Addr, "addr", o.Addr, "listen at HOST:PORT (port 0: any free one) or unix:PATH")
	f.StringVar(&o.KeyFile, "api-key-file", "", "answer requests with one of the keys in this file only, a line each")
	f.StringVar(&o.TLSCert, "tls-cert", "", "encrypt with this certificate, a PEM file")
	f.StringVar(&o.TLSKey, "tls-key", "", "the certificate's key, a PEM file")
	f.Int64Var(&o.Limits.MaxBody, "max-body", o.Limits.MaxBody, "bytes of a request")
	f.IntVar(&o.Limits.MaxInputs, "max-inputs", o.Limits.MaxInputs, "texts of a request")
	f.IntVar(&o.Limits.MaxTokens, "max-tokens", o.Limits.MaxTokens, "tokens of all texts of a request")
	f.IntVar(&o.Limits.MaxConcurrent, "max-concurrent", o.Limits.MaxConcurrent, "requests that are worked on at a time")
	f.BoolVar(&o.NoTruncate, "no-truncate", false, "refuse texts longer than the model reads, instead of cutting them")
	f.IntVar(&o.Limits.Threads, "threads", 0, "cores that a request may use (default: all)")
	f.DurationVar(&o.Timeout, "timeout", o.Timeout, "for a request to arrive, and for its answer to be read")
	f.DurationVar(&o.StopTimeout, "stop-timeout", o.StopTimeout, "for requests to be answered after SIGTERM")
	return cmd
}

// check refuses flags that no server could use.
func (o serveOptions) check() error {
	l := o.Limits
	for _, least := range []struct {
		flag           string
		value, minimum int64
	}{
		{"max-body", l.MaxBody, 1}, {"max-inputs", int64(l.MaxInputs), 1}, {"max-tokens", int64(l.MaxTokens), 1}, {"max-concurrent", int64(l.MaxConcurrent), 1},
		{"threads", int64(l.Threads), 0},
	} {
		if least.value < least.minimum {
			return usagef("--%s %d is less than %d", least.flag, least.value, least.minimum)
		}
	}
	if o.Timeout <= 0 || o.StopTimeout < 0 {
		return usagef("--timeout %v is not above 0, or --stop-timeout %v is negative", o.Timeout, o.StopTimeout)
	}
	if o.TLSKey == "" && o.TLSCert != "" {
		return withHint(usagef("--tls-cert %s has no key", o.TLSCert), "--tls-cert and --tls-key are a certificate and its key, both PEM files")
	}
	return nil
}

func runServe(ctx context.Context, a *app, o serveOptions) error {
	if err := o.check(); err != nil {
		return err
	}
	sources, err := a.sources(o.Models)
	if err != nil {
		return err
	}
	if o.Limits.APIKeys, err = a.apiKeys(o.KeyFile); err != nil {
		return err
	}
	o.Limits.Version, o.Limits.Log = version, a.Logger()
	l, err := serve.Listen(o.Addr)
	if err != nil {
		return withHint(err, "--addr chooses another address; port 0 is any that is free")
	}
	defer l.Close()
	h, err := serve.New(ctx, sources, o.Limits)
	if err != nil {
		return err
	}
	defer h.Close()
	s := serve.NewServer(h)
	s.ReadTimeout, s.WriteTimeout, s.StopTimeout = o.Timeout, 2*o.Timeout, o.StopTimeout
	reload, scheme := []func() error{func() error { return h.Reload(ctx) }}, "http://"
	if o.TLSCert != "" || o.TLSKey != "" {
		c, err := serve.LoadCertificate(o.TLSCert, o.TLSKey)
		if err != nil {
			return withHint(err, "--tls-cert and --tls-key are a certificate and its key, both PEM files")
		}
		s.TLS, scheme = c.Config(), "https://"
		reload = append(reload, c.Reload)
	}
	if l.Addr().Network() == "unix" {
		scheme = "unix:"
	}
	defer onHangup(o.Limits.Log, reload)()
	if _, err := fmt.Fprintf(a.Out, "%s%s\n", scheme, l.Addr()); err != nil {
		return err
	}
	return s.Serve(ctx, l)
}

// sources are the models of the command line, by their names.
func (a *app) sources(models []string) (sources []serve.Source, err error) {
	seen := map[string]bool{}
	for _, arg := range models {
		name, ref, ok := strings.Cut(arg, "=")
		if !ok {
			name, ref = arg, arg
			if info, err := os.Stat(ref); err == nil && info.IsDir() {
				if abs, err := filepath.Abs(ref); err == nil { // "." has a name too
					name = filepath.Base(abs)
				}
			}
		}
		if name == "" || seen[name] {
			return nil, withHint(usagef("two models are called %q, or one has no name", name), "give each a name of its own: NAME=MODEL")
		}
		seen[name] = true
		sources = append(sources, serve.Source{Name: name, Open: func(ctx context.Context) (*static.Model, error) {
			m, err := a.openStaticModel(ctx, ref, modelOptions{})
			if err != nil {
				return nil, err
			}
			return m.Static, nil
		}})
	}
	return sources, nil
}

// apiKeys are those of the environment and of a file, if it is given.
func (a *app) apiKeys(path string) (keys []string, err error) {
	if key := a.getenv("M2V_API_KEY"); key != "" {
		keys = append(keys, key)
	}
	if path == "" {
		return keys, nil
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("serve: keys: %w", err)
	}
	if keys = append(keys, strings.Fields(string(data))...); len(keys) == 0 {
		return nil, usagef("--api-key-file %s has no key", path)
	}
	return keys, nil
}
