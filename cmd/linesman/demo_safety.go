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
type safetyDemo struct{ videos []string }

// prepare writes rules and recordings into dir and returns what the site file
// says of them: rows under cameras, and parts of their own.
func (d *safetyDemo) prepare(dir, listen string) (cameras, parts string, err error) {
	floor := filepath.Join(dir, "workers.mp4")
	for path, data := range map[string][]byte{floor: footage.Workers, filepath.Join(dir, "rules.yaml"): []byte("rules:\n" + demoRules + cameraRules)} {
		if err := os.WriteFile(path, data, 0o644); err != nil {
			return "", "", err
		}
	}
	d.videos = []string{"floor=" + floor}
	cameras = "  floor: {driver: rtsp, url: \"rtsp://" + demoVideos + "/floor\", fps: 5} # a safety camera: people on a marked floor\n"
	watches := demoFloor
	if _, err := os.Stat(walkers); err == nil {
		d.videos = append(d.videos, "walk="+walkers)
		cameras += "  walk: {driver: rtsp, url: \"rtsp://127.0.0.1:8556/walk\", fps: 5} # pedestrians\n"
		watches += demoWalk
	}
	return cameras, watches + fmt.Sprintf(demoAlarms, listen, demoPhone), nil
}

const demoFloor = `watches:
  floor:
    zones: {hatched: {polygon: [[0.2, 0.55], [0.95, 0.45], [0.98, 0.98], [0.2, 0.98]]}}
    lines: {aisle: {points: [[0.1, 0.75], [0.95, 0.75]], in: down}}
    clip: {before: 5s, after: 10s}
`

const demoWalk = `  walk:
    zones: {lawn: {polygon: [[0.35, 0.3], [0.75, 0.3], [0.8, 0.75], [0.3, 0.75]]}}
    clip: {before: 5s, after: 10s}
`

const demoAlarms = `spaces: {hall: {lines: [floor.aisle]}}
rules: rules.yaml
alarms:
  link: http://%s
  channels:
    page: {driver: page}
    push: {driver: webpush, contact: demo@linesman.example, push_hosts: ["%s"]}
  people: {guard: {name: Guard, reach: {page: "", push: ""}, sign_in: [local]}}
  rosters: [{name: all, duty: [{who: [guard]}], steps: [{by: [page, push], within: 60s}]}]
`

// demoRules hold on every camera that has the zone they name.
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
  - name: fire or smoke
    when: fire or smoke
    severity: critical
    say: Look at the picture; if it burns, raise the fire alarm by hand.
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
	cameras := exec.CommandContext(ctx, self, append([]string{"sim", "video", "--listen", demoVideos}, d.videos...)...)
	cameras.Stderr = os.Stderr
	cameras.Cancel = func() error { return cameras.Process.Signal(os.Interrupt) }
	cameras.WaitDelay = 2 * time.Second
	if err := cameras.Start(); err != nil {
		return err
	}
	go func() { _ = cameras.Wait() }() // it ends by our signal, or has said why
	return nil
}

// phone is a push service and a phone behind it, on this box: it says what it got
// and answers as a phone's page would.
func (d *safetyDemo) phone(ctx context.Context, a *appliance, listen string) error {
	if a.push == nil {
		return nil
	}
	l, err := net.Listen("tcp", demoPhone)
	if err != nil {
		return fmt.Errorf("the demo's phone: %w; if another demo runs, stop it", err)
	}
	service := receiver.New("http://"+demoPhone, a.push.PublicKey(), func(p receiver.Push) {
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
		more = "\n                  a second one, of pedestrians: apt-get install opencv-doc (96 MB), then start again"
	}
	return fmt.Sprintf("safety cameras:   %s, alarms at http://%s/#alarms; people are advised, no machine is stopped%s", strings.Join(names, ", "), listen, more)
}
