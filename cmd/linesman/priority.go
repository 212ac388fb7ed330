package main

import (
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// rank is the niceness of whatever must keep up with a belt.
const rank = -10

// outrank lets this process, and its session, go before what else runs on the
// box, such as a browser on its screen: a heartbeat that is late by 200 ms holds
// the line. A box that does not permit it runs it among equals, and whoever
// started it with a niceness of their own has decided that.
func outrank() {
	raw, err := unix.Getpriority(unix.PRIO_PROCESS, 0)
	if err != nil || raw != 20 { // Linux says 20 less the niceness
		return
	}
	// Where Linux shares out by session first, niceness counts only within one.
	_ = os.WriteFile("/proc/self/autogroup", []byte(strconv.Itoa(rank)), 0)
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return
	}
	// Niceness is a thread's; those to come take it from those there are.
	for _, t := range threads {
		if id, err := strconv.Atoi(t.Name()); err == nil {
			_ = unix.Setpriority(unix.PRIO_PROCESS, id, rank)
		}
	}
}

// lowest is the niceness of whatever must not cost what judges a millisecond.
const lowest = 19

// behind puts this process behind all others: what learns must not cost what
// judges a millisecond. Its session keeps its place: others may work there.
func behind() {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return
	}
	for _, t := range threads {
		if id, err := strconv.Atoi(t.Name()); err == nil {
			_ = unix.Setpriority(unix.PRIO_PROCESS, id, lowest)
		}
	}
}

// putBehind does so to a process that was just started, before it has threads of its
// own, its disk work too; where memory runs out it goes first.
func putBehind(pid int) error {
	if err := unix.Setpriority(unix.PRIO_PROCESS, pid, lowest); err != nil {
		return fmt.Errorf("process %d can not be put behind the lines: %w", pid, err)
	}
	const process, idle = 1, 3 << 13 // of ioprio_set: IOPRIO_WHO_PROCESS, IOPRIO_CLASS_IDLE
	_, _, _ = unix.Syscall(unix.SYS_IOPRIO_SET, process, uintptr(pid), idle)
	_ = os.WriteFile(fmt.Sprintf("/proc/%d/oom_score_adj", pid), []byte("1000"), 0)
	return nil
}

// AfterApply is called once the command line is understood.
func (*RunCmd) AfterApply() error { outrank(); return nil }

// AfterApply is called once the command line is understood.
func (*DemoCmd) AfterApply() error { outrank(); return nil }

// AfterApply is called once the command line is understood.
func (*SimCmd) AfterApply() error { outrank(); return nil }
