package onnx

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	ort "github.com/yalue/onnxruntime_go"
)

// LibraryVariable names the setting that points at libonnxruntime.so.
const LibraryVariable = "LINESMAN_ORT"

const libraryName = "libonnxruntime.so"

// ErrLibrary says that ONNX Runtime itself could not be loaded: nothing is
// wrong with the model.
var ErrLibrary = errors.New("ONNX Runtime library")

// start loads the library once for the whole process; a failure is kept, since
// a second try would find the same disk.
var start = sync.OnceValue(func() error {
	path := Library()
	ort.SetSharedLibraryPath(path)
	if err := ort.InitializeEnvironment(ort.WithLogLevelError()); err != nil {
		return fmt.Errorf("%w %s: %v; run make (it fetches the library into .tools/lib) or point %s at libonnxruntime.so 1.24 or newer",
			ErrLibrary, path, err, LibraryVariable)
	}
	return nil
})

// Library returns where ONNX Runtime is taken from: the environment's word,
// else beside the program's folder, else in the checkout around the working
// directory, else where a package would put it, else wherever the system's
// loader finds it.
func Library() string {
	if path := os.Getenv(LibraryVariable); path != "" {
		return path
	}
	for _, path := range candidates() {
		if _, err := os.Stat(path); err == nil {
			return path
		}
	}
	return libraryName
}

func candidates() []string {
	local := filepath.Join(".tools", "lib", libraryName)
	var paths []string
	if exe, err := os.Executable(); err == nil {
		if real, err := filepath.EvalSymlinks(exe); err == nil {
			exe = real
		}
		paths = append(paths, filepath.Join(filepath.Dir(exe), "..", local))
	}
	if dir := moduleRoot(); dir != "" {
		paths = append(paths, filepath.Join(dir, local))
	}
	return append(paths, filepath.Join("/usr/lib/linesman", libraryName))
}

// moduleRoot walks up from the working directory to linesman's own go.mod, so
// that tests in any package find the checkout's library.
func moduleRoot() string {
	dir, err := os.Getwd()
	if err != nil {
		return ""
	}
	for {
		if text, err := os.ReadFile(filepath.Join(dir, "go.mod")); err == nil && strings.HasPrefix(string(text), "module linesman\n") {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			return ""
		}
		dir = up
	}
}
