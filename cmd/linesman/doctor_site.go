package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"linesman/camera"
	"linesman/config"
	"linesman/event/disk"
	"linesman/part"
)

// lookPatience is how long a camera may take to its first picture, and a
// controller to answer.
const lookPatience = 5 * time.Second

// Room on the disk of the data folder: below the first evidence is dropped,
// below the second soon.
const (
	noRoom   = 1 << 30
	thinRoom = 10 << 30
)

// examineSite looks at everything a site file names.
func examineSite(ctx context.Context, f *Findings, site *config.Site) {
	for _, id := range site.LineIDs() {
		examineModel(f, site, id)
	}
	triggered := map[part.CameraID]bool{}
	for _, l := range site.Lines {
		for _, v := range l.Views {
			triggered[v.Camera] = true
		}
	}
	for _, id := range site.CameraIDs() {
		examineCamera(ctx, f, id, site.Cameras[id], triggered[id])
	}
	for _, name := range slices.Sorted(maps.Keys(site.Controllers)) {
		examineController(ctx, f, name, site.Controllers[name])
	}
	running := examinePort(ctx, f, site.Listen)
	data := site.Path(site.Data)
	examineDisk(f, data)
	examineLog(f, filepath.Join(data, "log"), running)
	if _, err := os.Stat(filepath.Join(data, "log")); err == nil {
		examineLogHealth(ctx, f, data, running)
	}
}

func examineModel(f *Findings, site *config.Site, id part.LineID) {
	thing := "line " + string(id)
	r, err := site.Recipe(id)
	if err != nil {
		f.add(thing, Fault, err.Error(), "mend the recipe; linesman check says more")
		return
	}
	d, err := openModels(r)
	if err != nil {
		cure := "teach the model again with linesman teach"
		if len(r.Models) > 0 {
			cure = "mend what it names, the card or the graph beside it (docs/models.md), or teach a taught model again with linesman teach"
		}
		f.add(thing, Fault, err.Error(), cure)
		return
	}
	m := d.Model()
	f.judge(thing, fmt.Sprintf("recipe %s, model %s@%s answers as its card says", r.ID(), m.Name, m.Version), d.Close(), "")
}

// first waits for a camera's first picture.
type first struct{ came chan [2]int }

// Frame notes the first frame's size.
func (s first) Frame(f *camera.Frame) {
	select {
	case s.came <- [2]int{f.Width, f.Height}:
	default:
	}
	f.Release()
}

// Packet is of no interest.
func (first) Packet(*camera.Packet) {}

func examineCamera(ctx context.Context, f *Findings, id part.CameraID, c config.Camera, triggered bool) {
	thing := "camera " + string(id)
	driver, err := openCamera(id, c)
	if err != nil {
		f.add(thing, Fault, err.Error(), "mend its entry in the site file")
		return
	}
	ctx, cancel := context.WithTimeout(ctx, lookPatience)
	defer cancel()
	sink, ended := first{make(chan [2]int, 1)}, make(chan error, 1)
	go func() { ended <- driver.Run(ctx, sink) }()
	began := time.Now()
	select {
	case got := <-sink.came:
		cancel()
		<-ended
		f.add(thing, Good, fmt.Sprintf("%d x %d pixels, first picture after %d ms", got[0], got[1], time.Since(began).Milliseconds()), "")
	case err := <-ended:
		switch {
		case !errors.Is(err, context.DeadlineExceeded):
			f.add(thing, Fault, err.Error(), "check its power, cable, address and password")
		case triggered:
			f.add(thing, Warning, fmt.Sprintf("reached, but no picture within %v", lookPatience), "a triggered camera sends none while no part passes; if parts pass, check its trigger")
		default:
			f.add(thing, Fault, fmt.Sprintf("no picture within %v", lookPatience), "check its power, cable and address")
		}
	}
}

func examineController(ctx context.Context, f *Findings, name string, d config.Driver) {
	thing := "controller " + name
	dial, err := dialController(name, d)
	if err != nil {
		f.add(thing, Fault, err.Error(), "mend its entry in the site file")
		return
	}
	ctx, cancel := context.WithTimeout(ctx, lookPatience)
	defer cancel()
	const cure = "check its power, cable and address; docs/plc.md has its side of the registers"
	ctl, err := dial(ctx)
	if err != nil {
		f.add(thing, Fault, err.Error(), cure)
		return
	}
	defer ctl.Close()
	st, err := ctl.Read(ctx)
	if err != nil {
		f.add(thing, Fault, err.Error(), cure)
		return
	}
	found := "answers, belt stands"
	if st.Running {
		found = fmt.Sprintf("answers, belt runs at %.0f ticks/s", st.Speed)
	}
	if st.Held {
		f.add(thing, Warning, found+", held: "+st.Why.String(), "clear the cause, then linesman line release; a hold for want of an appliance ends when one starts")
		return
	}
	f.add(thing, Good, found, "")
}

// examinePort looks whether the page's address is free, or an appliance
// answers there.
func examinePort(ctx context.Context, f *Findings, address string) (running bool) {
	thing := "page " + address
	l, err := net.Listen("tcp", address)
	if err == nil {
		f.judge(thing, "its port is free", l.Close(), "")
		return false
	}
	if askHealth(ctx, "http://"+address+"/healthz") == nil {
		f.add(thing, Good, "an appliance answers there", "")
		return true
	}
	f.add(thing, Fault, err.Error(), "stop what uses it, or change listen: in the site file")
	return false
}

func examineDisk(f *Findings, dir string) {
	there := existing(dir)
	probe, err := os.CreateTemp(there, ".doctor-*")
	if err != nil {
		f.add("data folder", Fault, err.Error(), "let the user that runs linesman write to "+there)
		return
	}
	probe.Close()
	os.Remove(probe.Name())
	room, err := disk.Free(there)
	if err != nil {
		f.add("data folder", Fault, err.Error(), "choose a folder on a local disk as data: in the site file")
		return
	}
	left := float64(room)
	found := fmt.Sprintf("%s, %s left", dir, size(left))
	switch {
	case left < noRoom:
		f.add("data folder", Fault, found, "make room: below 1 GB pictures of rejects are dropped")
	case left < thinRoom:
		f.add("data folder", Warning, found, "make room: log and pictures grow; 10 GB is a good reserve")
	default:
		f.add("data folder", Good, found, "")
	}
}

// existing returns the nearest folder above that is there.
func existing(dir string) string {
	for {
		if st, err := os.Stat(dir); err == nil && st.IsDir() {
			return dir
		}
		up := filepath.Dir(dir)
		if up == dir {
			return dir
		}
		dir = up
	}
}

func examineLog(f *Findings, dir string, running bool) {
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
		f.add("event log", Good, "none yet; the first run makes it", "")
		return
	}
	switch {
	case !inUse(dir):
		f.add("event log", Good, "nobody has it open", "")
	case running:
		f.add("event log", Good, "in use by the appliance that runs", "")
	default:
		holder, _ := os.ReadFile(filepath.Join(dir, "lock")) // it only names the process
		f.add("event log", Fault, fmt.Sprintf("in use by process %q, and no appliance answers at the page's address", strings.TrimSpace(string(holder))), "stop that process; only one may write the log")
	}
}
