package main

import (
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"linesman/config"
	"linesman/sim"
)

// closedPort returns an address at which nobody listens.
func closedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// find returns what was said of a thing.
func find(t *testing.T, f *Findings, thing string) Finding {
	t.Helper()
	for _, x := range f.Findings {
		if x.Thing == thing {
			return x
		}
	}
	t.Fatalf("nothing was said of %q: %+v", thing, f.Findings)
	return Finding{}
}

// A site at which nothing is right: each fault is found, named and has a cure.
func TestDoctorNamesEveryFault(t *testing.T) {
	dir := t.TempDir()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	if err := demoSite(taken.Addr().String()).Write(dir, sim.Caps.Layout()); err != nil {
		t.Fatal(err)
	}
	file := filepath.Join(dir, "site.yaml")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	nobody := closedPort(t)
	changed := strings.NewReplacer("product: caps}", fmt.Sprintf("product: caps, address: %q}", nobody), "127.0.0.1:1502", nobody, "127.0.0.1:8554", nobody).Replace(string(text))
	if err := os.WriteFile(file, []byte(changed), 0o600); err != nil {
		t.Fatal(err)
	}
	site, err := config.Load(file)
	if err != nil {
		t.Fatal(err)
	}
	f := &Findings{Good: true}
	examineSite(t.Context(), f, site)
	if f.Good {
		t.Error("all is said to be good")
	}
	for thing, want := range map[string]struct {
		state State
		found string
	}{
		"line caps-1":                   {Fault, filepath.Join(dir, "model")},
		"camera top":                    {Fault, "start linesman sim"},
		"camera belt":                   {Fault, nobody},
		"controller plc-1":              {Fault, nobody},
		"page " + taken.Addr().String(): {Fault, "address already in use"},
		"event log":                     {Good, "none yet"},
	} {
		got := find(t, f, thing)
		if got.State != want.state || !strings.Contains(got.Found, want.found) || (got.Cure == "") != (want.state == Good) {
			t.Errorf("%s: %+v; want %s with %q and a cure for a fault", thing, got, want.state, want.found)
		}
	}
	if got := find(t, f, "data folder"); !strings.Contains(got.Found, "left") {
		t.Errorf("data folder: %+v does not say what is left", got)
	}
	if left, err := filepath.Glob(filepath.Join(dir, ".doctor-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v (%v)", left, err)
	}
}

// A port that an appliance has is no fault.
func TestDoctorKnowsARunningAppliance(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/healthz" {
			w.WriteHeader(http.StatusNotFound)
		}
	})}
	done := make(chan struct{})
	go func() { defer close(done); _ = server.Serve(l) }() // until it is closed
	defer func() { server.Close(); <-done }()
	f := &Findings{Good: true}
	if !examinePort(t.Context(), f, l.Addr().String()) || !f.Good {
		t.Errorf("found %+v", f.Findings)
	}
	if err := askHealth(t.Context(), "http://"+l.Addr().String()+"/elsewhere"); err == nil {
		t.Error("404 passed for health")
	}
}

func TestKilobytes(t *testing.T) {
	const table = "MemTotal:       24607872 kB\nMemFree: x kB\n"
	for row, want := range map[string]float64{"MemTotal:": 24607872 * 1024, "MemFree:": 0, "Swap:": 0} {
		if got := kilobytes([]byte(table), row); got != want {
			t.Errorf("%s %g, want %g", row, got, want)
		}
	}
	for bytes, want := range map[float64]string{0: "0 MB", 512e6: "512 MB", 25.3e9: "25.3 GB"} {
		if got := size(bytes); got != want {
			t.Errorf("size(%g) is %q, want %q", bytes, got, want)
		}
	}
}
