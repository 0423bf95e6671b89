//go:build cgo

package main

import (
	"path/filepath"
	"testing"

	"github.com/m2v-dev/m2v/internal/testenv"
)

// TestScripts runs the sessions in testdata that run a teacher. They find the
// tiny ones in $TINY, and ONNX Runtime and caches where the developer has them.
func TestScripts(t *testing.T) {
	runScripts(t, "testdata/*.txtar", nil)
}

// A teacher by its Hub id, fetched once and read from the cache ever after.
func TestScriptsHub(t *testing.T) {
	server := serveModel(t, filepath.Join(testenv.Root(), "testdata", "tiny-bpe"))
	runScripts(t, "testdata/hub/*.txtar", map[string]string{"HF_ENDPOINT": server.URL, "HF_HUB_OFFLINE": ""})
}
