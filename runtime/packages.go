package runtime

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	goruntime "runtime"
	"strings"
)

// wheel is one platform's build in the Python package onnxruntime.
type wheel struct{ platform, sha256 string }

// wheels are those of CPython 3.12; the library inside serves any program.
var wheels = map[string]wheel{
	"linux/amd64":   {"manylinux_2_28_x86_64", "7c65a7438632d55dfbc8a02ee60bd6cf7dd9d1ba05a43d4b851452f32338e194"},
	"linux/arm64":   {"manylinux_2_28_aarch64", "c6fddce0539a4898c7bef35b052ffd37935b2190e35488eab99ce91887743ea1"},
	"darwin/arm64":  {"macosx_14_0_arm64", "a14c2ce45312def86b77aea651f46565e45960cf5f0721bfdff449165086ab76"},
	"windows/amd64": {"win_amd64", "20c321cf187ba496e648acf6b4cf90b4d398b0d17c2a77fdaeba365b908cc1c1"},
	"windows/arm64": {"win_arm64", "d0d1f68868e2ef30ef70998ba9bbbc5c305e9b17041e3936751c1b8aa6aade06"},
}

// A build is a Python package with a library for one platform.
type build struct {
	name, version string
	wheel
}

// cudaWheels and directmlWheels are those of CPython 3.12 too. DirectML's package ends
// with an older release, which this program runs as well.
var cudaWheels = map[string]wheel{
	"linux/amd64":   {"manylinux_2_28_x86_64", "b2b8d6afabf3c23c2c698639a16388816dc7298f388a9ddddf504b283990ea01"},
	"windows/amd64": {"win_amd64", "9f92c12578433cffa6017ec843f4b4c500b9ebaf65f6c4497ddec01af5cd5396"},
}

var directmlWheels = map[string]wheel{
	"windows/amd64": {"win_amd64", "f2ecb68b7b7b259d2ef3112ae760149f9b5a1e7c0fbb73d539da6250a648a614"},
}

const directmlVersion = "1.24.4"

// buildFor returns the package whose library runs graphs on e.
func buildFor(e ExecutionProvider, goos, arch string) (build, error) {
	b := build{name: "onnxruntime", version: Version}
	list := wheels
	switch e {
	case CUDA:
		b.name, list = "onnxruntime-gpu", cudaWheels
	case DirectML:
		b.name, b.version, list = "onnxruntime-directml", directmlVersion, directmlWheels
	}
	platform := goos + "/" + arch
	w, ok := list[platform]
	if !ok || e == CoreML && goos != "darwin" {
		return b, fmt.Errorf("there is no package with %s for %s", e, platform)
	}
	b.wheel = w
	return b, nil
}

// inCPUBuild tells whether the CPU's own package runs graphs on e too, where any does.
func inCPUBuild(e ExecutionProvider) bool { return e == CoreML }

// npmSHA256 is the JavaScript package onnxruntime-node's, all platforms in one.
const npmSHA256 = "c3779c01c59832f8c03e2c392ac3af10bf08579f1822e8b1c63cc451edb302a2"

// fromPackages tries the package clients that the machine has, the one with the
// smaller package first, and checks what they bring against the pinned SHA-256.
func fromPackages(ctx context.Context, o InstallOptions, temp string) (string, error) {
	var failures []error
	if o.From != "npm" {
		file, err := pip(ctx, o, temp)
		if err == nil {
			return file, nil
		}
		failures = append(failures, fmt.Errorf("pip: %w", err))
	}
	if o.From != "pip" && ctx.Err() == nil {
		file, err := npm(ctx, o, temp)
		if err == nil {
			return file, nil
		}
		failures = append(failures, fmt.Errorf("npm: %w", err))
	}
	return "", errors.Join(append(failures, ctx.Err())...)
}

func pip(ctx context.Context, o InstallOptions, temp string) (string, error) {
	b, err := buildFor(o.Execution, o.OS, o.Arch)
	if err != nil {
		return "", err
	}
	args := []string{"-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--dest", ".", "--no-deps",
		"--only-binary=:all:", "--python-version", "3.12", "--platform", b.platform, b.name + "==" + b.version}
	names := []string{"python3", "python"}
	if goruntime.GOOS == "windows" {
		names = []string{"py", "python", "python3"}
	}
	return fetch(ctx, o, temp, "*.whl", b.sha256, names, args)
}

func npm(ctx context.Context, o InstallOptions, temp string) (string, error) {
	if !o.Execution.OnCPU() && !inCPUBuild(o.Execution) {
		return "", fmt.Errorf("its package has no library with %s", o.Execution)
	}
	args := []string{"pack", "--silent", "onnxruntime-node@" + Version}
	return fetch(ctx, o, temp, "*.tgz", npmSHA256, []string{"npm"}, args)
}

// fetch runs the first of the clients that the machine has in a new folder of
// temp, and checks the one file that matches pattern there.
func fetch(ctx context.Context, o InstallOptions, temp, pattern, sum string, names, args []string) (string, error) {
	folder, err := os.MkdirTemp(temp, "fetch")
	if err != nil {
		return "", err
	}
	for _, name := range names {
		if err = o.run(ctx, folder, name, args...); !errors.Is(err, exec.ErrNotFound) {
			break
		}
	}
	if err != nil {
		return "", err
	}
	found, err := fs.Glob(os.DirFS(folder), pattern) // the folder's own path may hold any sign
	if err != nil || len(found) != 1 {
		return "", fmt.Errorf("%s wrote %d files %s, not one", names[0], len(found), pattern)
	}
	file := filepath.Join(folder, found[0])
	return file, verify(file, sum)
}

// runClient runs a package client in dir; its last words become the error's.
func runClient(ctx context.Context, dir, name string, args ...string) error {
	var output bytes.Buffer
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &output, &output
	err := cmd.Run()
	if err == nil || ctx.Err() != nil {
		return errors.Join(err, ctx.Err())
	}
	lines := strings.Split(strings.TrimSpace(output.String()), "\n")
	if last := strings.TrimSpace(lines[len(lines)-1]); last != "" {
		return fmt.Errorf("%s: %w: %s", name, err, last)
	}
	return fmt.Errorf("%s: %w", name, err)
}
