//go:build unix

package main

import (
	"log/slog"
	"os"
	"os/signal"
	"syscall"
)

// onHangup does all of what is to be done at each SIGHUP, until it is told to stop. It
// logs how that went.
func onHangup(log *slog.Logger, all []func() error) (stop func()) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGHUP)
	go func() {
		for range signals {
			failed := false
			for _, do := range all {
				if err := do(); err != nil {
					failed = true
					log.Error("reload", "error", err.Error())
				}
			}
			if !failed {
				log.Info("reloaded")
			}
		}
	}()
	return func() { signal.Stop(signals); close(signals) }
}
