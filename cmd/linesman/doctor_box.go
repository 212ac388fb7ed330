package main

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"

	"linesman/camera/codec"
	"linesman/event/sqlite"
	"linesman/models/onnx"
	"linesman/models/weights"
	"linesman/vision/cv"
)

// What a box should have; docs/figures.md says what was measured on which.
const (
	fewCores     = 2
	littleMemory = 2e9 // bytes
)

// examineBox looks at the machine and the libraries.
func examineBox(f *Findings) {
	f.add("linesman", Good, fmt.Sprintf("%s, %s, %s/%s", version, runtime.Version(), runtime.GOOS, runtime.GOARCH), "")
	if n := runtime.NumCPU(); n < fewCores {
		f.add("cores", Warning, strconv.Itoa(n), fmt.Sprintf("give it at least %d: with one core, parts are judged late and rejected", fewCores))
	} else {
		f.add("cores", Good, strconv.Itoa(n), "")
	}
	if total := memory("MemTotal:"); total > 0 && total < littleMemory {
		f.add("memory", Warning, size(total), "give it 2 GB or more")
	} else if total > 0 {
		f.add("memory", Good, fmt.Sprintf("%s, %s of it free", size(total), size(memory("MemAvailable:"))), "")
	}
	f.add("OpenCV", Good, cv.Version(), "")
	f.add("FFmpeg", Good, codec.Version(), "")
	f.add("SQLite", Good, sqlite.Version(), "")
	ort, err := onnx.Version()
	f.judge("ONNX Runtime", fmt.Sprintf("%s, %s", ort, onnx.Library()), err, "run make setup, or set "+onnx.LibraryVariable+" to libonnxruntime.so 1.24 or newer")
	if err != nil {
		return
	}
	session, err := onnx.Open(weights.Quick.Graph, 1)
	if err == nil {
		err = session.Close()
	}
	f.judge("network", "the one that ships opens", err, "use the ONNX Runtime that make setup brings (docs/setup.md)")
}

// memory returns a row of the kernel's account of memory in bytes; 0 where it
// does not say.
func memory(row string) float64 {
	data, err := os.ReadFile("/proc/meminfo")
	if err != nil {
		return 0
	}
	return kilobytes(data, row)
}

// kilobytes finds a row such as "VmRSS:  1234 kB" and returns it in bytes; 0
// where there is none.
func kilobytes(table []byte, row string) float64 {
	for l := range bytes.Lines(table) {
		if rest, ok := strings.CutPrefix(string(l), row); ok {
			n, err := strconv.ParseFloat(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 64)
			if err == nil {
				return n * 1024
			}
		}
	}
	return 0
}

// size writes bytes for a person.
func size(bytes float64) string {
	if bytes >= 1e9 {
		return fmt.Sprintf("%.1f GB", bytes/1e9)
	}
	return fmt.Sprintf("%.0f MB", bytes/1e6)
}
