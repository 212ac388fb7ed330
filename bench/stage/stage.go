// Package stage measures the safety cameras end to end, on the product itself: a
// network camera whose picture is known at each moment, the real program as a
// process of its own with its site file, rules and log on disk, a push service
// with a phone behind it, and an account of the log that was left.
//
//	film       pictures of a floor, with and without somebody on it
//	netcam     sends them by RTSP, goes away and comes back
//	program    the process that is measured; it is killed and started again
//	phone      takes pushes, answers as a service worker does, and is out of reach at times
//	account    what the log says of each visit, each loss of the camera, each delivery
//	arrive     from the exposure of a picture to the push, in parts
//	soak       all of it for an hour, with drops, kills and outages
//	faults     cameras that are covered, moved, frozen, unplugged or silent; and an hour in which all is well
package stage

import (
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"time"
)

// span is a time between two moments; its end is not in it.
type span struct{ from, to time.Time }

func (s span) has(t time.Time) bool { return !t.Before(s.from) && t.Before(s.to) }

func (s span) meets(o span) bool { return s.from.Before(o.to) && o.from.Before(s.to) }

// both is the time that two spans share.
func (s span) both(o span) time.Duration {
	from, to := latest(s.from, o.from), earliest(s.to, o.to)
	return max(to.Sub(from), 0)
}

func latest(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func earliest(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// Say tells a person how a measurement goes; nil keeps silent.
type Say func(format string, args ...any)

func (s Say) say(format string, args ...any) {
	if s != nil {
		s(format, args...)
	}
}

// freeAddress returns an address of this host that nobody listens on. Its port is below
// those that systems give to connections going out (32768 and up on Linux), so that it is
// still free once it is wanted, or wanted again.
func freeAddress() (string, error) {
	var err error
	for range 100 {
		var l net.Listener
		if l, err = net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", 20000+rand.IntN(12768))); err == nil {
			defer l.Close()
			return l.Addr().String(), nil
		}
	}
	return "", err
}

// siteParts are what differs from site to site.
type siteParts struct {
	listen, push, phone string // addresses, and the person who is called
	cameras, watches    string // rows of the site file, indented by two
	rules               string
}

// write lays a site down in dir and returns its file.
func (p siteParts) write(dir string) (string, error) {
	text := fmt.Sprintf(`site: stage
listen: %s
data: data
cameras:
%swatches:
%srules: rules.yaml
`, p.listen, p.cameras, p.watches)
	if p.push != "" {
		text += fmt.Sprintf(`alarms:
  link: http://%s
  chattering: 1s
  repeat: 1m
  channels: {push: {driver: webpush, contact: safety@plant.example, push_hosts: ["%s"]}}
  people: {%s: {reach: {push: ""}}}
  rosters: [{name: all, duty: [{who: [%[3]s]}], steps: [{by: [push], within: 60s}]}]
`, p.listen, p.push, p.phone)
	} else {
		text += "alarms: {chattering: 1s}\n"
	}
	for name, data := range map[string]string{"site.yaml": text, "rules.yaml": p.rules} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(data), 0o600); err != nil {
			return "", err
		}
	}
	return filepath.Join(dir, "site.yaml"), nil
}
