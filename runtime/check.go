package runtime

import (
	"debug/elf"
	"debug/macho"
	"debug/pe"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	goruntime "runtime"
	"slices"
	"strings"
	"sync"
)

// entryPoint is the one function that a library of ONNX Runtime must export.
const entryPoint = "OrtGetApiBase"

// Check reads path as a shared library of this machine, without opening it: a
// cut-short file would end the process on its first page that is not there. It
// returns the version that the file gives itself, "" if none, and an error that
// says what is wrong with it.
func Check(path string) (version string, err error) {
	f, err := os.Open(path)
	if err != nil {
		return "", fmt.Errorf("runtime: open library: %w", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", fmt.Errorf("runtime: open library: %w", err)
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("runtime: %s is not a file", path)
	}
	version, err = inspect(f, info.Size())
	if err != nil {
		return "", fmt.Errorf("runtime: %s is not a library of ONNX Runtime for %s/%s: %w", path, goruntime.GOOS, goruntime.GOARCH, err)
	}
	if version == "" {
		version = versionInName(path)
	}
	if version != "" {
		if err := supported(version); err != nil {
			return version, fmt.Errorf("runtime: %s does not fit: %w", path, err)
		}
	}
	return version, nil
}

// inspect chooses the reader of the system's library format.
func inspect(f *os.File, size int64) (string, error) {
	switch goruntime.GOOS {
	case "darwin":
		return "", checkMacho(f, size)
	case "windows":
		return "", checkPE(f, size)
	}
	return checkELF(f, size)
}

var elfMachines = map[string]elf.Machine{
	"amd64": elf.EM_X86_64, "arm64": elf.EM_AARCH64, "386": elf.EM_386, "arm": elf.EM_ARM,
	"riscv64": elf.EM_RISCV, "ppc64le": elf.EM_PPC64, "s390x": elf.EM_S390, "loong64": elf.EM_LOONGARCH,
}

func checkELF(r io.ReaderAt, size int64) (string, error) {
	f, err := elf.NewFile(r)
	if err != nil {
		return "", notLibrary(err)
	}
	if want, ok := elfMachines[goruntime.GOARCH]; ok && f.Machine != want {
		return "", fmt.Errorf("it is for %s", f.Machine)
	}
	if f.Type != elf.ET_DYN {
		return "", fmt.Errorf("it is %s, not a shared library", f.Type)
	}
	for _, p := range f.Progs {
		if p.Type == elf.PT_LOAD && p.Off+p.Filesz > uint64(size) {
			return "", truncated(p.Off+p.Filesz, size)
		}
	}
	symbols, err := f.DynamicSymbols()
	if err != nil {
		return "", notLibrary(err)
	}
	defined := slices.ContainsFunc(symbols, func(s elf.Symbol) bool {
		return s.Name == entryPoint && s.Section != elf.SHN_UNDEF
	})
	if !defined {
		return "", errNoEntry
	}
	return elfVersion(f), nil
}

// elfVersion reads the release from the name of the version node that official
// builds give to their symbols, VERS_1.27.0.
func elfVersion(f *elf.File) string {
	versions, err := f.DynamicVersions()
	if err != nil {
		return "" // a build without version nodes
	}
	for _, v := range versions {
		if release, ok := strings.CutPrefix(v.Name, "VERS_"); ok {
			return release
		}
	}
	return ""
}

var machoCPUs = map[string]macho.Cpu{"amd64": macho.CpuAmd64, "arm64": macho.CpuArm64}

func checkMacho(r io.ReaderAt, size int64) error {
	f, err := macho.NewFile(r)
	if err != nil {
		fat, fatErr := macho.NewFatFile(r)
		if fatErr != nil {
			return notLibrary(err)
		}
		for _, arch := range fat.Arches {
			if arch.Cpu == machoCPUs[goruntime.GOARCH] {
				f, size = arch.File, int64(arch.Size)
			}
		}
		if f == nil {
			return errors.New("none of its parts is for this processor")
		}
	}
	if want, ok := machoCPUs[goruntime.GOARCH]; ok && f.Cpu != want {
		return fmt.Errorf("it is for %s", f.Cpu)
	}
	for _, l := range f.Loads {
		if s, ok := l.(*macho.Segment); ok && s.Offset+s.Filesz > uint64(size) {
			return truncated(s.Offset+s.Filesz, size)
		}
	}
	if f.Symtab == nil || !slices.ContainsFunc(f.Symtab.Syms, func(s macho.Symbol) bool { return s.Name == "_"+entryPoint }) {
		return errNoEntry
	}
	return nil
}

var peMachines = map[string]uint16{"amd64": pe.IMAGE_FILE_MACHINE_AMD64, "arm64": pe.IMAGE_FILE_MACHINE_ARM64, "386": pe.IMAGE_FILE_MACHINE_I386}

// checkPE leaves the export table to the system's loader, which refuses what is
// not there without harm.
func checkPE(r io.ReaderAt, size int64) error {
	f, err := pe.NewFile(r)
	if err != nil {
		return notLibrary(err)
	}
	if want, ok := peMachines[goruntime.GOARCH]; ok && f.Machine != want {
		return fmt.Errorf("it is for machine %#x", f.Machine)
	}
	for _, s := range f.Sections {
		if end := uint64(s.Offset) + uint64(s.Size); end > uint64(size) {
			return truncated(end, size)
		}
	}
	return nil
}

var errNoEntry = fmt.Errorf("it does not export %s", entryPoint)

func notLibrary(cause error) error { return fmt.Errorf("not a shared library: %w", cause) }

func truncated(end uint64, size int64) error {
	return fmt.Errorf("it is cut short: %d bytes of at least %d", size, end)
}

var releaseInName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\d+\.\d+\.\d+`) })

// versionInName reads the release from a name such as libonnxruntime.1.27.0.dylib.
func versionInName(path string) string {
	return releaseInName().FindString(filepath.Base(path))
}
