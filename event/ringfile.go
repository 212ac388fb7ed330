package event

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// The ring file: one page of header, then the area the records lie in. Words of
// the header are little-endian uint64, and changed atomically.
const (
	ringPage  = 4096
	ringMagic = 0x3130_474e_4952_4d4c // "LMRING01"

	wordMagic    = 0
	wordSize     = 8  // of the area, bytes
	wordState    = 16 // ringOpen or ringClosed
	wordSynced   = 24 // when the last sync began, Unix nanoseconds
	wordBoot     = 32 // 16 bytes: which boot of the machine wrote last
	wordTail     = 128
	wordHead     = 256 // a cache line of its own: every producer writes it
	wordLost     = 384 // events lost and not yet told
	wordLostFrom = 392 // Unix nanoseconds
	wordLostTo   = 400 // Unix nanoseconds

	ringOpen   = 1
	ringClosed = 2
)

// ringFile is a mapped ring file, locked against other processes.
type ringFile struct {
	file *os.File
	mem  []byte // header and area
	area []byte
}

func (f *ringFile) word(at int) *uint64 { return (*uint64)(unsafe.Pointer(&f.mem[at])) }

func (f *ringFile) load(at int) uint64     { return atomic.LoadUint64(f.word(at)) }
func (f *ringFile) store(at int, v uint64) { atomic.StoreUint64(f.word(at), v) }
func (f *ringFile) cas(at int, was, v uint64) bool {
	return atomic.CompareAndSwapUint64(f.word(at), was, v)
}

// found is what the last user of a ring file left behind.
type found struct {
	fresh    bool // there was none
	unclean  bool // it was not closed
	powerCut bool // and the machine has been started since
	synced   time.Time
	end      uint64 // records may lie between tail and end, with holes
	aside    string // an unreadable file was put there
	whyAside string
}

// openRingFile maps the ring file, making it when there is none. A file whose
// header can not be right is put aside: the line has to start.
func openRingFile(path string, size int) (*ringFile, found, error) {
	var was found
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o640)
	if err != nil {
		return nil, was, fmt.Errorf("event ring: %w; the folder must exist and be writable", err)
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		file.Close()
		return nil, was, fmt.Errorf("event ring %s: in use by another process (%w); stop it or choose another path", path, err)
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return nil, was, fmt.Errorf("event ring: %w", err)
	}
	old, why := readHeader(file, info.Size())
	switch {
	case info.Size() == 0, old == header{}, why == "" && old.tail == old.head && old.lost == 0 && old.size != uint64(size-ringPage) && old.state == ringClosed:
		was.fresh = true
	case why != "":
		was.fresh, was.whyAside = true, why
		was.aside = fmt.Sprintf("%s.unreadable-%s", path, time.Now().UTC().Format("20060102T150405.000"))
		if err := os.Rename(path, was.aside); err != nil {
			file.Close()
			return nil, was, fmt.Errorf("event ring %s: %s, and it can not be put aside: %w", path, why, err)
		}
		file.Close() // its lock goes with it
		next, _, err := openRingFile(path, size)
		return next, was, err
	default:
		size = int(old.size) + ringPage
	}
	if was.fresh {
		if err := preallocate(file, int64(size)); err != nil {
			file.Close()
			return nil, was, fmt.Errorf("event ring %s: no room for %d bytes: %w", path, size, err)
		}
	}
	mem, err := unix.Mmap(int(file.Fd()), 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED|unix.MAP_POPULATE)
	if err != nil {
		file.Close()
		return nil, was, fmt.Errorf("event ring %s: map: %w", path, err)
	}
	f := &ringFile{file: file, mem: mem, area: mem[ringPage:]}
	boot := bootID()
	if !was.fresh {
		was.unclean = old.state != ringClosed
		was.powerCut = was.unclean && (boot == [16]byte{} || old.boot != boot)
		was.synced = time.Unix(0, int64(old.synced)).UTC()
		was.end = f.findEnd(was.powerCut)
	}
	f.store(wordMagic, ringMagic)
	f.store(wordSize, uint64(len(f.area)))
	f.store(wordHead, was.end)
	f.store(wordState, ringOpen)
	copy(f.mem[wordBoot:], boot[:])
	if err := f.sync(); err != nil {
		f.unmap()
		return nil, was, fmt.Errorf("event ring %s: %w", path, err)
	}
	return f, was, nil
}

// header is the part of a ring file's header that says what is in it.
type header struct {
	size, state, synced, tail, head, lost uint64
	boot                                  [16]byte
}

// readHeader reads the header and says why it can not be right, if so.
func readHeader(file *os.File, length int64) (h header, why string) {
	var page [ringPage]byte
	if n, err := file.ReadAt(page[:], 0); err != nil {
		return h, fmt.Sprintf("its header has %d bytes: %v", n, err)
	}
	word := func(at int) uint64 { return binary.LittleEndian.Uint64(page[at:]) }
	h = header{size: word(wordSize), state: word(wordState), synced: word(wordSynced), tail: word(wordTail), head: word(wordHead), lost: word(wordLost)}
	copy(h.boot[:], page[wordBoot:])
	switch {
	case word(wordMagic) != ringMagic:
		return h, "it is no ring file"
	case h.size%recordAlign != 0 || h.size < ringPage || int64(h.size) != length-ringPage:
		return h, fmt.Sprintf("its header says %d bytes and it has %d", h.size, length-ringPage)
	case h.tail%recordAlign != 0 || h.head%recordAlign != 0 || h.tail > h.head || h.head-h.tail > h.size:
		return h, fmt.Sprintf("its tail %d and head %d do not belong together", h.tail, h.head)
	}
	return h, ""
}

// findEnd returns the position after the last record. After a power cut the
// header on disk may be older than the records: then the whole area is
// searched, and what an old tail points to may be overwritten already.
func (f *ringFile) findEnd(search bool) uint64 {
	tail, end := f.load(wordTail), f.load(wordHead)
	if !search {
		return end
	}
	capacity := uint64(len(f.area))
	for off := uint64(0); off < capacity; off += recordAlign {
		pos := atomic.LoadUint64(mark(f.area, off)) ^ recordMagic
		if pos < tail || pos%capacity != off {
			continue
		}
		if _, size, k := readRecord(f.area, pos); k != hole {
			end = max(end, pos+size)
		}
	}
	if end-tail > capacity {
		f.store(wordTail, end-capacity)
	}
	return end
}

// preallocate gives the file its blocks now, so that no write can fail later.
func preallocate(file *os.File, size int64) error {
	if err := file.Truncate(0); err != nil {
		return err
	}
	zero := make([]byte, 1<<20)
	for at := int64(0); at < size; {
		n, err := file.WriteAt(zero[:min(int64(len(zero)), size-at)], at)
		if err != nil {
			return err
		}
		at += int64(n)
	}
	return file.Sync()
}

// sync puts on disk what has been written so far.
func (f *ringFile) sync() error {
	f.store(wordSynced, uint64(time.Now().UnixNano()))
	if err := unix.Msync(f.mem, unix.MS_SYNC); err != nil {
		return fmt.Errorf("sync: %w", err)
	}
	return nil
}

// unmap gives the file back.
func (f *ringFile) unmap() error {
	return errors.Join(unix.Munmap(f.mem), f.file.Close())
}

// bootID names this boot of the machine; zero when it can not be told.
func bootID() (id [16]byte) {
	text, err := os.ReadFile("/proc/sys/kernel/random/boot_id")
	if err != nil {
		return id
	}
	parsed, _ := ParseUUID(strings.ToLower(string(bytes.TrimSpace(text))))
	return parsed
}
