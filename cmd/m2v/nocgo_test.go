//go:build !cgo

package main

import "testing"

// TestScriptsWithoutCgo runs the sessions of a build that cannot run a teacher.
func TestScriptsWithoutCgo(t *testing.T) {
	runScripts(t, "testdata/nocgo/*.txtar", nil)
}
