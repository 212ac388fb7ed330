package main

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"linesman/config"
)

// A process of these tests with teachingProgram in its environment is an appliance
// that has that program make a candidate for the site of teachingSite.
const (
	teachingProgram = "LINESMAN_TEST_TEACHING"
	teachingSite    = "LINESMAN_TEST_TEACHING_SITE"
)

func teaching(program string) error {
	site, err := config.Load(os.Getenv(teachingSite))
	if err != nil {
		return err
	}
	well := func() func() string { return func() string { return "" } }
	return (&teacher{site: site, log: slog.New(slog.DiscardHandler), program: program, strain: well}).teach(context.Background(), "caps-1", 1)
}

// TestTeachingDies: the process that makes a candidate has the lowest priority, and
// ends with the appliance when that is killed by signal 9; nothing is left of it.
func TestTeachingDies(t *testing.T) {
	binary, model := build(t)
	flag, _, _, _ := drawnPlant(t, filepath.Dir(model))
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), teachingProgram+"="+binary, teachingSite+"="+flag.Config)
	var said bytes.Buffer
	cmd.Stderr = &said
	must(t, cmd.Start())
	child := 0
	waits := func(what string, met func() bool) {
		t.Helper()
		for end := time.Now().Add(2 * time.Minute); !met(); time.Sleep(5 * time.Millisecond) {
			if time.Now().After(end) {
				_ = cmd.Process.Kill()
				_ = cmd.Wait() // until then it may still say something
				t.Fatalf("no %s: %s", what, &said)
			}
		}
	}
	defer func() { _ = cmd.Process.Kill() }() // where the test ends early
	waits("child", func() bool { child = childOf(t, cmd.Process.Pid); return child != 0 })
	waits("low priority", func() bool {
		raw, err := unix.Getpriority(unix.PRIO_PROCESS, child)
		return err == nil && 20-raw == lowest // Linux says 20 less the niceness
	})
	time.Sleep(time.Second) // it has begun to teach
	ended := !lives(child)
	must(t, cmd.Process.Kill())
	_ = cmd.Wait() // it was killed
	if ended {
		t.Fatalf("it had ended before it was killed: %s", &said)
	}
	waits("end of the child", func() bool { return !lives(child) })
	left, err := filepath.Glob(filepath.Join(filepath.Dir(flag.Config), candidatePrefix+"*"))
	if must(t, err); len(left) > 0 {
		t.Errorf("left over: %v", left)
	}
}

// stat returns a process's state and parent; ok is false where there is none.
func stat(pid int) (state byte, parent int, ok bool) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return 0, 0, false
	}
	// "pid (name) state parent", and the name may hold anything.
	words := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	parent, err = strconv.Atoi(string(words[1]))
	return words[0][0], parent, err == nil
}

// lives says whether a process runs; one that nobody has waited for yet does not.
func lives(pid int) bool {
	state, _, ok := stat(pid)
	return ok && state != 'Z' && state != 'X'
}

// childOf finds a process's child, 0 if it has none.
func childOf(t *testing.T, parent int) int {
	t.Helper()
	names, err := filepath.Glob("/proc/[0-9]*")
	must(t, err)
	for _, name := range names {
		pid, err := strconv.Atoi(filepath.Base(name))
		if err != nil {
			continue
		}
		if _, p, ok := stat(pid); ok && p == parent {
			return pid
		}
	}
	return 0
}
