package main

import (
	"context"
	"fmt"
	"net"
	"strconv"
	"strings"

	"golang.org/x/sync/errgroup"

	"linesman/sim/rtsp"
)

// SimVideoCmd publishes recordings as network cameras.
type SimVideoCmd struct {
	Videos []string `arg:"" help:"NAME=FILE, a recording each; the stream is rtsp://ADDRESS/NAME."`
	Listen string   `default:"127.0.0.1:8555" help:"Address of the first camera; the next ones take the ports behind it."`
	Once   bool     `help:"End with the recordings; otherwise they begin again."`
}

// Help shows how it is used.
func (*SimVideoCmd) Help() string {
	return `A recording is encoded anew as H.264 and played at its own pace, as a network camera
would send it. A stream begins when the first client plays it.

  linesman sim video gate=gate.mp4 yard=yard.avi
  # gate at rtsp://127.0.0.1:8555/gate, yard at rtsp://127.0.0.1:8556/yard`
}

// Run publishes until told to stop.
func (c *SimVideoCmd) Run(ctx context.Context) error {
	g, ctx := errgroup.WithContext(ctx)
	for i, v := range c.Videos {
		name, path, ok := strings.Cut(v, "=")
		if !ok || name == "" || path == "" {
			return fmt.Errorf("%q: want NAME=FILE, such as gate=gate.mp4", v)
		}
		address, err := c.address(i)
		if err != nil {
			return err
		}
		g.Go(func() error {
			err := rtsp.PublishFile(ctx, path, rtsp.Playing{Options: rtsp.Options{Address: address, Name: name, KeyEvery: netcamKeys}, Realtime: true, Loop: !c.Once,
				Ready: func(url string) { fmt.Printf("%s at %s\n", path, url) }})
			if ctx.Err() != nil {
				return nil
			}
			return err
		})
	}
	return g.Wait()
}

// address is that of camera number i.
func (c *SimVideoCmd) address(i int) (string, error) {
	a, err := portBehind(c.Listen, i)
	if err != nil {
		return "", fmt.Errorf("--listen %w", err)
	}
	return a, nil
}

// portBehind returns the address i ports behind one.
func portBehind(address string, i int) (string, error) {
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return "", fmt.Errorf("%s: want HOST:PORT", address)
	}
	port, err := strconv.Atoi(text)
	if err != nil || port < 1 || port+i > 65535 {
		return "", fmt.Errorf("%s: there is no port %d behind it", address, i)
	}
	return net.JoinHostPort(host, strconv.Itoa(port+i)), nil
}
