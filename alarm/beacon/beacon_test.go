package beacon

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"linesman/alarm"
	"linesman/alarm/alarmtest"
	"linesman/plc"
)

// controller is one with points; it may refuse.
type controller struct {
	mu   sync.Mutex
	got  []plc.Signal
	kept int // of these
	ack  plc.Ack
	err  error
}

func (c *controller) Set(ctx context.Context, s plc.Signal) (plc.Ack, error) {
	if err := ctx.Err(); err != nil {
		return plc.Ack{}, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.got = append(c.got, s)
	return c.ack, c.err
}

func (c *controller) Keep(ctx context.Context, s plc.Signal) (plc.Ack, error) {
	c.mu.Lock()
	c.kept++
	c.mu.Unlock()
	return c.Set(ctx, s)
}

func channel(t *testing.T, options string, c *controller) *Channel {
	t.Helper()
	raw, err := alarm.ParseChannel([]byte("driver: beacon\n" + options))
	if err != nil {
		t.Fatal(err)
	}
	ch, err := New("lamp", raw, func(name string) Controller {
		if name != "plc-1" {
			return nil
		}
		return c
	})
	if err != nil {
		t.Fatal(err)
	}
	return ch
}

const options = "controller: plc-1\npoint: beacon"

func TestConformance(t *testing.T) {
	var last *controller
	alarmtest.Run(t, alarmtest.Kit{Unreachable: true,
		Peer: func(*testing.T) (string, func() []string) {
			last = &controller{ack: plc.Ack{Done: true}}
			c := last
			return "", func() (out []string) {
				c.mu.Lock()
				defer c.mu.Unlock()
				for _, s := range c.got {
					out = append(out, s.ID)
				}
				return out
			}
		},
		New: func(t *testing.T, _ string) alarm.Deliverer { return channel(t, options, last) }})
}

func TestLamp(t *testing.T) {
	c := &controller{ack: plc.Ack{Done: true}}
	ch := channel(t, options, c)
	if proof, err := ch.Deliver(t.Context(), alarmtest.Notice()); proof != alarm.Arrived || err != nil {
		t.Errorf("proof %d, %v", proof, err)
	}
	if err := ch.Rest(t.Context()); err != nil {
		t.Error(err)
	}
	if len(c.got) != 2 || c.kept != 2 || !c.got[0].Value || c.got[1].Value || c.got[0].Point != "beacon" || !c.got[0].Expires.After(c.got[0].Due) || c.got[0].ID == c.got[1].ID {
		t.Errorf("set %+v", c.got)
	}
	horn := channel(t, options+"\npulse: 5s", c)
	if _, err := horn.Deliver(t.Context(), alarmtest.Notice()); err != nil || horn.Rest(t.Context()) != nil || len(c.got) != 3 || c.kept != 2 || c.got[2].Pulse != 5*time.Second {
		t.Errorf("pulse: %v, set %+v", err, c.got)
	}
}

func TestNotSet(t *testing.T) {
	for name, c := range map[string]*controller{"refused": {ack: plc.Ack{Why: "no such point"}}, "down": {err: errors.New("no such point: down")}} {
		if _, err := channel(t, options, c).Deliver(t.Context(), alarmtest.Notice()); err == nil || !strings.Contains(err.Error(), "no such point") || !strings.Contains(err.Error(), "plc-1") {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRefused(t *testing.T) {
	for options, says := range map[string]string{"controller: plc-1": "both", "controller: plc-2\npoint: x": "not among controllers", "controller: plc-1\npoint: x\npulse: 2h": "up to 1h"} {
		raw, err := alarm.ParseChannel([]byte("driver: beacon\n" + options))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := New("lamp", raw, func(name string) Controller {
			if name == "plc-1" {
				return &controller{}
			}
			return nil
		}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v", options, err)
		}
	}
}

func TestSample(t *testing.T) {
	alarmtest.Samples(t, func(c alarm.Channel) error {
		_, err := New("x", c, func(string) Controller { return &controller{} })
		return err
	})
}
