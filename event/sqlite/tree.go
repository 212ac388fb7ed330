package sqlite

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"math/bits"

	"golang.org/x/mod/sumdb/tlog"

	"linesman/event"
)

// chunk is how many leaves have their common root stored: enough that a proof
// hashes few rows again, few enough that the roots take next to no room.
const (
	chunkLevel = 8
	chunk      = 1 << chunkLevel
)

// tree is the growing edge of a file's Merkle tree (RFC 6962): the roots of its
// perfect subtrees, one for each bit of size. It is a value: a copy undoes.
type tree struct {
	size uint64
	edge [48]tlog.Hash // edge[level] counts where that bit of size is set
}

// add takes the next leaf. full is true when it ends a chunk, of that root.
func (t *tree) add(leaf tlog.Hash) (root tlog.Hash, full bool) {
	h, level := leaf, 0
	for ; t.size>>level&1 == 1; level++ {
		h = tlog.NodeHash(t.edge[level], h)
		if level+1 == chunkLevel {
			root, full = h, true
		}
	}
	t.edge[level] = h
	t.size++
	return root, full
}

// addChunk takes the root of the next chunk; the tree must end with a chunk.
func (t *tree) addChunk(root tlog.Hash) {
	h, level := root, chunkLevel
	for ; t.size>>level&1 == 1; level++ {
		h = tlog.NodeHash(t.edge[level], h)
	}
	t.edge[level] = h
	t.size += chunk
}

// root returns the root of all leaves; of none it is the hash of nothing.
func (t *tree) root() (root tlog.Hash) {
	if t.size == 0 {
		root, _ = tlog.TreeHash(0, nil) // of nothing: it reads nothing and can not fail
		return root
	}
	level := bits.TrailingZeros64(t.size)
	root = t.edge[level]
	for level++; t.size>>level != 0; level++ {
		if t.size>>level&1 == 1 {
			root = tlog.NodeHash(t.edge[level], root)
		}
	}
	return root
}

// leafOf hashes an event as it stands in the tree. line is scratch.
func leafOf(e event.Event, line []byte) (tlog.Hash, []byte) {
	line = event.AppendLine(line[:0], e)
	return tlog.RecordHash(line), line
}

// markOf is the part of a leaf's hash that stands beside the row, so that an
// altered row is known by itself.
func markOf(h tlog.Hash) int64 { return int64(binary.BigEndian.Uint64(h[:8])) }

// grown reads the tree of a file out of its chunks and the rows after them, all
// of it or what came before a seq.
func grown(ctx context.Context, db rowsOf, words *words, before uint64) (t tree, err error) {
	if before == 0 {
		before = math.MaxInt64
	}
	rows, err := db.QueryContext(ctx, "SELECT chunk, root FROM chunks WHERE last < ? ORDER BY chunk", signed(before))
	if err != nil {
		return t, err
	}
	defer rows.Close()
	for rows.Next() {
		var n int64
		var root []byte
		if err := rows.Scan(&n, &root); err != nil {
			return t, err
		}
		if n != int64(t.size/chunk) || len(root) != tlog.HashSize {
			return t, fmt.Errorf("its hashes are damaged at chunk %d", t.size/chunk)
		}
		t.addChunk(tlog.Hash(root))
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return t, err
	}
	leaves, err := leavesFrom(ctx, db, words, int64(t.size/chunk), before)
	for _, h := range leaves {
		t.add(h)
	}
	return t, err
}

// leavesFrom hashes the rows of one chunk before a seq, as many as there are.
func leavesFrom(ctx context.Context, db rowsOf, words *words, n int64, before uint64) ([]tlog.Hash, error) {
	first := int64(0)
	if n > 0 { // the rows after the chunk before
		err := db.QueryRowContext(ctx, "SELECT last + 1 FROM chunks WHERE chunk = ?", n-1).Scan(&first)
		if err != nil {
			return nil, err
		}
	}
	events, err := scan(ctx, db, words, "SELECT "+columns+" FROM events WHERE seq >= ? AND seq < ? ORDER BY seq LIMIT ?", first, signed(before), chunk)
	if err != nil {
		return nil, err
	}
	out := make([]tlog.Hash, len(events))
	var line []byte
	for i, e := range events {
		out[i], line = leafOf(e, line)
	}
	return out, nil
}

// hashReader finds the stored hashes that a proof asks for.
type hashReader struct {
	ctx    context.Context
	db     rowsOf
	words  *words
	leaves map[int64][]tlog.Hash // by chunk
}

// ReadHashes implements tlog.HashReader.
func (r *hashReader) ReadHashes(indexes []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(indexes))
	for i, index := range indexes {
		level, n := tlog.SplitStoredHashIndex(index)
		var hs []tlog.Hash
		var err error
		if level >= chunkLevel {
			hs, err = r.chunks(n<<(level-chunkLevel), 1<<(level-chunkLevel))
		} else {
			first := n << level
			if hs, err = r.chunk(first >> chunkLevel); err == nil {
				from := first & (chunk - 1)
				if int(from)+1<<level > len(hs) {
					return nil, fmt.Errorf("leaf %d is not there", first)
				}
				hs = hs[from : from+1<<level]
			}
		}
		if err != nil {
			return nil, err
		}
		out[i] = perfect(hs)
	}
	return out, nil
}

func (r *hashReader) chunk(n int64) ([]tlog.Hash, error) {
	if hs, ok := r.leaves[n]; ok {
		return hs, nil
	}
	hs, err := leavesFrom(r.ctx, r.db, r.words, n, math.MaxInt64)
	if err == nil {
		r.leaves[n] = hs
	}
	return hs, err
}

func (r *hashReader) chunks(first, count int64) ([]tlog.Hash, error) {
	rows, err := r.db.QueryContext(r.ctx, "SELECT root FROM chunks WHERE chunk >= ? AND chunk < ? ORDER BY chunk", first, first+count)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []tlog.Hash
	for rows.Next() {
		var root []byte
		if err := rows.Scan(&root); err != nil {
			return nil, err
		}
		if len(root) != tlog.HashSize {
			return nil, fmt.Errorf("the hash of chunk %d is damaged", first+int64(len(out)))
		}
		out = append(out, tlog.Hash(root))
	}
	if err := rows.Err(); err != nil {
		return nil, err
	}
	if int64(len(out)) != count {
		return nil, fmt.Errorf("%d of the %d chunks from %d on are there", len(out), count, first)
	}
	return out, nil
}

// perfect folds the leaves of a perfect subtree.
func perfect(hs []tlog.Hash) tlog.Hash {
	if len(hs) == 1 {
		return hs[0]
	}
	return tlog.NodeHash(perfect(hs[:len(hs)/2]), perfect(hs[len(hs)/2:]))
}

// rowsOf is what reading needs of a database or of one transaction.
type rowsOf interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row
}
