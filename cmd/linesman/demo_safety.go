package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"linesman/alarm"
	"linesman/alarm/webpush"
	"linesman/alarm/webpush/receiver"
	"linesman/sim/footage"
)

// Where the demo's second station plays, and where its phone listens.
const (
	demoVideos = "127.0.0.1:8555"
	demoPhone  = "127.0.0.1:8599"
)

// samplesOfOpenCV is where Debian's package opencv-doc lays its samples, and
// walkers a recording of pedestrians among them.
const (
	samplesOfOpenCV = "/usr/share/doc/opencv-doc/examples/data"
	walkers         = samplesOfOpenCV + "/vtest.avi"
)

// safetyDemo is the demo's second station: safety cameras that play recordings,
// rules over them, and a phone that is called.
type safetyDemo struct {
	walkers string // the recording of pedestrians; where there is none, so is no camera
	cameras string // address of the first camera; the next one has the port behind it
	phoneAt string // address of the push service and the phone

	videos []string // NAME=FILE, as prepared
}

// newSafetyDemo is the demo as `linesman demo` plays it.
func newSafetyDemo() safetyDemo {
	return safetyDemo{walkers: walkers, cameras: demoVideos, phoneAt: demoPhone}
}

// prepare writes rules and recordings into dir and returns what the site file
// says of them: rows under cameras, and parts of their own.
func (d *safetyDemo) prepare(dir, listen string) (cameras, parts string, err error) {
	floor := filepath.Join(dir, "workers.mp4")
	d.videos = []string{"floor=" + floor}
	watches, rules := demoFloor, demoRules
	_, missing := os.Stat(d.walkers)
	if missing == nil {
		d.videos = append(d.videos, "walk="+d.walkers)
		watches += demoWalk
		rules += demoWalkRules
	}
	for path, data := range map[string][]byte{floor: footage.Workers, filepath.Join(dir, "rules.yaml"): []byte("rules:\n" + rules + cameraRules)} {
		if err := os.WriteFile(path, data, 0o644); err != nil {
			return "", "", err
		}
	}
	for i, says := range []string{"a safety camera: people on a marked floor", "pedestrians beside a lawn"}[:len(d.videos)] {
		address, err := portBehind(d.cameras, i)
		if err != nil {
			return "", "", err
		}
		name, _, _ := strings.Cut(d.videos[i], "=")
		cameras += fmt.Sprintf("  %[1]s: {driver: rtsp, url: \"rtsp://%[2]s/%[1]s\", fps: 5} # %[3]s\n", name, address, says)
	}
	return cameras, watches + fmt.Sprintf(demoAlarms, listen, d.phoneAt), nil
}

const demoFloor = `watches:
  floor:
    zones: {hatched: {polygon: [[0.2, 0.55], [0.95, 0.45], [0.98, 0.98], [0.2, 0.98]]}}
    lines: {tape: {points: [[0.52, 0.48], [0.22, 1]], in: left}} # the black and yellow one
    clip: {before: 5s, after: 10s}
`

const demoWalk = `  walk:
    zones: {lawn: {polygon: [[0.02, 0.54], [0.3, 0.66], [0.5, 0.8], [0.66, 0.98], [0.02, 0.98]]}}
    clip: {before: 5s, after: 10s}
`

const demoAlarms = `spaces: {hall: {lines: [floor.tape]}}
rules: rules.yaml
alarms:
  link: http://%s
  channels:
    page: {driver: page}
    push: {driver: webpush, contact: demo@linesman.example, push_hosts: ["%s"]}
  people: {guard: {name: Guard, reach: {page: "", push: ""}, sign_in: [local]}}
  rosters: [{name: all, duty: [{who: [guard]}], steps: [{by: [page, push], within: 60s}]}]
`

// demoRules hold on every camera that has the zone they name. The worker wears
// helmet and vest, so nothing is raised of his dress.
const demoRules = `  - name: somebody on the hatched floor
    when: person in zone("hatched")
    for: 1s
    keep: 10s
    severity: high
    say: Leave the hatched floor.
  - name: no helmet on the hatched floor
    when: without(person in zone("hatched"), "helmet")
    severity: high
    say: Put a helmet on, or leave.
  - name: no vest on the hatched floor
    when: without(person in zone("hatched"), "vest")
    severity: medium
    say: Put a vest on, or leave.
  - name: somebody in the hall
    when: headcount("hall") > 0
    keep: 10s
    severity: medium
    say: See who it is; nobody works behind the tape today.
  - name: fire or smoke
    when: fire or smoke
    severity: critical
    say: Look at the picture; if it burns, raise the fire alarm by hand.
`

// demoWalkRules are about the pedestrians' lawn: in each round of the film two of
// them walk over it. The low one stands on the page and calls nobody.
const demoWalkRules = `  - name: somebody on the lawn
    when: person in zone("lawn")
    for: 1s
    keep: 10s
    severity: low
    say: Ask them to keep to the road.
  - name: no vest on the lawn
    when: without(person in zone("lawn"), "vest")
    keep: 10s
    severity: medium
    say: Put a vest on, or keep to the road.
`

// cameraRules are about the cameras themselves.
const cameraRules = `  - name: camera sees nothing
    when: camera.covered or camera.frozen
    severity: high
    say: Go to the camera.
  - name: camera is gone
    when: camera.down
    for: 3s
    severity: high
    say: Look at its cable and power.
  - name: camera out of place
    when: camera.moved or camera.blurred
    severity: medium
    say: Set the camera right.
`

// start plays the recordings as network cameras, a process of its own that ends
// with ctx.
func (d *safetyDemo) start(ctx context.Context) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	cameras := exec.CommandContext(ctx, self, append([]string{"sim", "video", "--listen", d.cameras}, d.videos...)...)
	cameras.Stderr = os.Stderr
	cameras.Cancel = func() error { return cameras.Process.Signal(os.Interrupt) }
	cameras.WaitDelay = 2 * time.Second
	if err := cameras.Start(); err != nil {
		return err
	}
	go func() { _ = cameras.Wait() }() // it ends by our signal, or has said why
	return nil
}

// count says for the demo's user, who has nobody to send there, that the hall is empty
// when its film begins. It waits until the cameras are watched.
func (d *safetyDemo) count(a *appliance) {
	if _, err := a.watching.guard.SetHeads("hall", 0, "demo"); err != nil {
		fmt.Printf("the demo's hall could not be counted: %v\n", err)
	}
}

// phone is a push service and a phone behind it, on this box: it says what it got
// and answers as a phone's page would.
func (d *safetyDemo) phone(ctx context.Context, a *appliance, listen string) error {
	if a.push == nil {
		return nil
	}
	l, err := net.Listen("tcp", d.phoneAt)
	if err != nil {
		return fmt.Errorf("the demo's phone: %w; if another demo runs, stop it", err)
	}
	service := receiver.New("http://"+d.phoneAt, a.push.PublicKey(), func(p receiver.Push) {
		var m webpush.Message
		if err := json.Unmarshal(p.Data, &m); err != nil {
			fmt.Printf("the demo's phone got what it can not read: %v\n", err)
			return
		}
		fmt.Printf("the demo's phone: %s: %s (%.1f s after it was raised)\n", m.Severity, m.Text, p.At.Sub(m.Raised).Seconds())
		if err := a.alarms.Receipt(ctx, m.Token, alarm.Received, m.Device); err != nil && ctx.Err() == nil {
			fmt.Printf("the demo's phone could not answer: %v\n", err)
		}
	})
	server := &http.Server{Handler: service, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = server.Serve(l) }() // until it is closed
	context.AfterFunc(ctx, func() { server.Close() })
	device, err := service.Subscribe("demo")
	if err != nil {
		return err
	}
	_, err = a.push.Subscribe("guard", alarm.Subscription{Endpoint: device.Endpoint, P256dh: device.P256dh, Auth: device.Auth})
	return err
}

// told says where to look.
func (d *safetyDemo) told(listen string) string {
	names := make([]string, len(d.videos))
	for i, v := range d.videos {
		names[i], _, _ = strings.Cut(v, "=")
	}
	more := ""
	if len(d.videos) == 1 {
		more = "\n                  without the second one, of pedestrians: Debian's opencv-doc is not installed, and make demo could not bring it\n                  or was not asked; apt-get install opencv-doc (96 MB), then start again"
	}
	return fmt.Sprintf("safety cameras:   %s, alarms at http://%s/#alarms; people are advised, no machine is stopped%s", strings.Join(names, ", "), listen, more)
}
