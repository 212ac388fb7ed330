package sqlite

import (
	"context"
	"flag"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"linesman/event/sqlite/powertest"
)

var cuts = flag.Int("cuts", 60, "how often TestPowerCut cuts the power")

// TestPowerCut writes a log on a disk that remembers what it was told in which
// order, and cuts the power between two writes, many times: what was synced is
// there, of the rest each sector by chance. Every acknowledged event must be in
// the log that is then opened, once, and the log must verify.
func TestPowerCut(t *testing.T) {
	const dirKey = "LINESMAN_TEST_POWER"
	if dir := os.Getenv(dirKey); dir != "" {
		writeRemembered(dir)
		return
	}
	dir := t.TempDir()
	child := exec.Command(os.Args[0], "-test.run=^TestPowerCut$")
	child.Env = append(os.Environ(), dirKey+"="+dir)
	if out, err := child.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	ops, err := powertest.Read(filepath.Join(dir, "trace"))
	if err != nil || len(ops) < 100 {
		t.Fatalf("a trace of %d ops, %v", len(ops), err)
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d, %d ops", seed, len(ops))
	random := rand.New(rand.NewPCG(seed, 3))
	for range *cuts {
		n := random.IntN(len(ops)) + 1
		at := t.TempDir()
		for _, name := range []string{keyFile, verifierFile} {
			data, err := os.ReadFile(filepath.Join(dir, "log", name))
			if err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(filepath.Join(at, name), data, fs.FileMode(0o600)); err != nil {
				t.Fatal(err)
			}
		}
		acked, err := powertest.Cut(ops, n, random, at)
		if err != nil {
			t.Fatal(err)
		}
		l, err := Open(Settings{Dir: at, Logger: quiet})
		if err != nil {
			t.Fatalf("power cut after op %d of %d: Open: %v", n, len(ops), err)
		}
		events := all(t, l)
		if said := damagedEvents(t, l); len(said) > 0 {
			t.Errorf("power cut after op %d: %+v", n, said)
		}
		for i, e := range events {
			if e.Seq != uint64(i)+1 {
				t.Fatalf("power cut after op %d: place %d has seq %d", n, i+1, e.Seq)
			}
		}
		if int64(len(events)) < acked {
			t.Fatalf("power cut after op %d: %d events were acknowledged, %d are there", n, acked, len(events))
		}
		if _, err := l.Append(t.Context(), fresh(5)); err != nil {
			t.Fatalf("power cut after op %d: Append: %v", n, err)
		}
		if err := l.Close(); err != nil {
			t.Fatal(err)
		}
		if r := verify(t, at); !r.Good {
			t.Fatalf("power cut after op %d: it does not verify: %+v", n, r.Findings)
		}
	}
}

// writeRemembered writes a log whose disk keeps a trace.
func writeRemembered(dir string) {
	if err := powertest.Register(filepath.Join(dir, "trace")); err != nil {
		panic(err)
	}
	l, err := Open(Settings{Dir: filepath.Join(dir, "log")})
	if err != nil {
		panic(err)
	}
	for i := range 60 {
		stored, err := l.Append(context.Background(), fresh(1+i%40))
		if err != nil {
			panic(err)
		}
		powertest.Mark(int64(stored[len(stored)-1].Seq))
	}
	if err := l.Close(); err != nil {
		panic(err)
	}
}
