package main

import (
	"log/slog"
	"strings"
)

// logger is stderr as a structured log, with the levels and keys of the other lines there.
func (a *app) logger() *slog.Logger {
	o := &slog.HandlerOptions{Level: slog.LevelInfo}
	switch {
	case a.log.Quiet:
		o.Level = slog.LevelWarn
	case a.log.Verbose:
		o.Level = slog.LevelDebug
	}
	if a.log.Format != "json" {
		return slog.New(slog.NewTextHandler(a.stderr, o))
	}
	o.ReplaceAttr = func(groups []string, attr slog.Attr) slog.Attr {
		switch {
		case len(groups) > 0:
		case attr.Key == slog.MessageKey:
			attr.Key = "message"
		case attr.Key == slog.LevelKey:
			level := strings.ToLower(attr.Value.String())
			if level == "warn" {
				level = "warning"
			}
			attr.Value = slog.StringValue(level)
		}
		return attr
	}
	return slog.New(slog.NewJSONHandler(a.stderr, o))
}
