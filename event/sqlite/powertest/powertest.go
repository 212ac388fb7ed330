// Package powertest is a disk that remembers in which order SQLite wrote and
// synced, so that a test can cut the power between any two of these and see
// what would be left. It is for tests alone.
package powertest

/*
#cgo LDFLAGS: -Wl,--unresolved-symbols=ignore-all
#include <stdlib.h>
int powertest_register(const char *trace);
void powertest_mark(long long n);
*/
import "C"

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"unsafe"
)

// Register makes the remembering disk the one that every connection of this
// process uses from now on. What it sees goes into a trace file.
func Register(trace string) error {
	path := C.CString(trace)
	defer C.free(unsafe.Pointer(path))
	if C.powertest_register(path) != 0 {
		return errors.New("powertest: the disk can not be registered, or its trace not be written")
	}
	return nil
}

// Mark notes in the trace that something was acknowledged.
func Mark(n int64) { C.powertest_mark(C.longlong(n)) }

// Op is one thing that happened to the disk.
type Op struct {
	Kind   byte   // 'w' write, 't' truncate, 's' sync, 'd' delete, 'm' mark
	Name   string // of the file
	Offset int64  // of a write; the size of a truncate; the number of a mark
	Data   []byte
}

// Read reads a trace.
func Read(path string) ([]Op, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var ops []Op
	for len(data) > 0 {
		const head = 1 + 8 + 4 + 4
		if len(data) < head {
			return ops, io.ErrUnexpectedEOF
		}
		op := Op{Kind: data[0], Offset: int64(binary.LittleEndian.Uint64(data[1:]))}
		name, size := int(binary.LittleEndian.Uint32(data[9:])), int(binary.LittleEndian.Uint32(data[13:]))
		data = data[head:]
		if len(data) < name+size {
			return ops, io.ErrUnexpectedEOF
		}
		op.Name, op.Data = filepath.Base(string(data[:name])), data[name:name+size]
		data = data[name+size:]
		ops = append(ops, op)
	}
	return ops, nil
}

// sector is what a disk writes whole.
const sector = 512

// Cut writes into dir what is left of the files when the power fails after the
// first n ops: everything that was synced, and of the rest some sectors and
// some not. It returns the greatest mark that was set by then.
func Cut(ops []Op, n int, random *rand.Rand, dir string) (mark int64, err error) {
	synced := map[string]int{} // by name: ops up to here are on disk
	for i, op := range ops[:n] {
		switch op.Kind {
		case 's', 'd':
			synced[op.Name] = i
		case 'm':
			mark = max(mark, op.Offset)
		}
	}
	files := map[string][]byte{}
	for i, op := range ops[:n] {
		last, ever := synced[op.Name]
		safe := ever && i <= last
		switch op.Kind {
		case 'w':
			for at := 0; at < len(op.Data); at += sector {
				if piece := op.Data[at:min(at+sector, len(op.Data))]; safe || random.IntN(2) == 0 {
					files[op.Name] = put(files[op.Name], op.Offset+int64(at), piece)
				}
			}
		case 't':
			if f := files[op.Name]; (safe || random.IntN(2) == 0) && int64(len(f)) > op.Offset {
				files[op.Name] = f[:op.Offset]
			}
		case 'd':
			delete(files, op.Name)
		}
	}
	for name, data := range files {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o600); err != nil {
			return mark, fmt.Errorf("powertest: %w", err)
		}
	}
	return mark, nil
}

func put(file []byte, at int64, data []byte) []byte {
	if end := at + int64(len(data)); int64(len(file)) < end {
		file = append(file, make([]byte, end-int64(len(file)))...)
	}
	copy(file[at:], data)
	return file
}
