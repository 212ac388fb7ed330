package main

import (
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

// behind puts this process behind all others: what learns must not cost what
// judges a millisecond. Its session keeps its place: others may work there.
func behind() {
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return
	}
	for _, t := range threads {
		if id, err := strconv.Atoi(t.Name()); err == nil {
			_ = unix.Setpriority(unix.PRIO_PROCESS, id, 19)
		}
	}
}

// AfterApply is called once the command line is understood.
func (*RunCmd) AfterApply() error { outrank(); return nil }

// AfterApply is called once the command line is understood.
func (*DemoCmd) AfterApply() error { outrank(); return nil }

// AfterApply is called once the command line is understood.
func (*SimCmd) AfterApply() error { outrank(); return nil }
