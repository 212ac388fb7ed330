package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// A process that may goes first with all its threads; one that was given a
// niceness keeps it. Each is tried in a process of its own, in a session of its
// own.
func TestOutrank(t *testing.T) {
	if os.Getenv("LINESMAN_TEST_OUTRANK") != "" {
		outrank()
		raw, err := unix.Getpriority(unix.PRIO_PROCESS, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("niceness %d", 20-raw)
		return
	}
	if err := unix.Setpriority(unix.PRIO_PROCESS, 0, -1); err == nil {
		if err := unix.Setpriority(unix.PRIO_PROCESS, 0, 0); err != nil {
			t.Fatal(err)
		}
	}
	may := unix.Geteuid() == 0
	for name, c := range map[string]struct {
		before []string
		want   []string // any of them
	}{
		"by itself":             {nil, map[bool][]string{true: {"niceness -10", "niceness 0"}, false: {"niceness 0", "niceness -10"}}[may]},
		"with one of their own": {[]string{"nice", "-n", "7"}, []string{"niceness 7"}},
	} {
		args := append(c.before, os.Args[0], "-test.run=^TestOutrank$", "-test.v")
		child := exec.Command(args[0], args[1:]...)
		child.Env = append(os.Environ(), "LINESMAN_TEST_OUTRANK=1")
		child.SysProcAttr = &unix.SysProcAttr{Setsid: true}
		out, err := child.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v: %s", name, err, out)
		}
		found := false
		for _, w := range c.want {
			found = found || strings.Contains(string(out), w+"\n")
		}
		if !found {
			t.Errorf("%s: %s; want one of %v", name, out, c.want)
		}
	}
}
