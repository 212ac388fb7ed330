package main

import (
	"runtime"
	"runtime/debug"
	"strings"

	"golang.org/x/sys/cpu"
)

// builtAs names this program: its version and, where the build knows it, the
// source's revision. Two builds of changed sources have one name.
func builtAs() string {
	name := version
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			switch {
			case s.Key == "vcs.revision":
				name += "+" + s.Value[:min(12, len(s.Value))]
			case s.Key == "vcs.modified" && s.Value == "true":
				name += ".changed"
			}
		}
	}
	return name
}

// cpuClass names what decides how this processor rounds: the instructions that
// the network's kernels are chosen by.
func cpuClass() string {
	var has []string
	for _, f := range []struct {
		name string
		has  bool
	}{
		{"avx2", cpu.X86.HasAVX2}, {"fma", cpu.X86.HasFMA}, {"avx512f", cpu.X86.HasAVX512F}, {"avx512vnni", cpu.X86.HasAVX512VNNI},
		{"avxvnni", cpu.X86.HasAVXVNNI}, {"amx", cpu.X86.HasAMXTile}, {"asimddp", cpu.ARM64.HasASIMDDP}, {"sve", cpu.ARM64.HasSVE},
	} {
		if f.has {
			has = append(has, f.name)
		}
	}
	return strings.Join(append([]string{runtime.GOARCH}, has...), " ")
}
