//go:build !unix

package main

import "log/slog"

// onHangup does nothing: there is no SIGHUP here.
func onHangup(*slog.Logger, []func() error) (stop func()) { return func() {} }
