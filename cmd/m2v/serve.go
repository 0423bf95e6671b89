package main

import (
	"context"
	"fmt"
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
	f.StringVar(&o.KeyFile, "api-key-file", "", "answer only requests that have one of the keys in this file, one a line")
	f.StringVar(&o.TLSCert, "tls-cert", "", "encrypt with this certificate, a PEM file")
	f.StringVar(&o.TLSKey, "tls-key", "", "the certificate's key, a PEM file")
	f.Int64Var(&o.Limits.MaxBody, "max-body", o.Limits.MaxBody, "largest body of a request, in bytes")
	f.IntVar(&o.Limits.MaxInputs, "max-inputs", o.Limits.MaxInputs, "most texts of a request")
	f.IntVar(&o.Limits.MaxTokens, "max-tokens", o.Limits.MaxTokens, "most tokens of all texts of a request")
	f.IntVar(&o.Limits.MaxConcurrent, "max-concurrent", o.Limits.MaxConcurrent, "most requests at the same time")
	f.BoolVar(&o.NoTruncate, "no-truncate", false, "refuse texts longer than the model reads, instead of cutting them")
	f.IntVar(&o.Limits.Threads, "threads", 0, "cores that a request may use (default: all)")
	f.DurationVar(&o.Timeout, "timeout", o.Timeout, "longest time for a request to arrive, and for its answer to be read")
	f.DurationVar(&o.StopTimeout, "stop-timeout", o.StopTimeout, "longest time for open requests to be answered after SIGTERM")
	return cmd
}

// check refuses flags that no server could use.
func (o serveOptions) check() error {
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
	sources := make([]serve.Source, len(o.Models))
	for i, arg := range o.Models {
		sources[i] = serve.Named(arg, a.openStatic)
	}
	var err error
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

// openStatic opens a model to serve.
func (a *app) openStatic(ctx context.Context, name string) (*static.Model, error) {
	m, err := a.openStaticModel(ctx, name, modelOptions{})
	if err != nil {
		return nil, err
	}
	return m.Static, nil
}

// apiKeys are those of the environment and of a file, if it is given.
func (a *app) apiKeys(path string) (keys []string, err error) {
	if path != "" {
		keys, err = serve.ReadKeys(path)
	}
	if key := a.getenv("M2V_API_KEY"); key != "" {
		keys = append(keys, key)
	}
	return keys, err
}
