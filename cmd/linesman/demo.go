package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"linesman/bench"
	"linesman/config"
	"linesman/models/anomaly"
	"linesman/sim"
)

// DemoCmd runs a drawn line and the appliance.
type DemoCmd struct {
	Product string `default:"caps" enum:"caps,capsules,tablets" help:"What the belt carries."`
	Dir     string `default:"demo-data" type:"path" help:"Folder for the site file, the taught model and the log."`
	Listen  string `default:"127.0.0.1:8080" help:"Address of the page."`
	Safety  bool   `default:"true" negatable:"" help:"Also watch people, on a recording, and call a phone on this box."`
	Watch   Watch  `embed:""`
}

// Run teaches the product once, starts the drawn line as a process of its own
// and runs the appliance beside it.
func (c *DemoCmd) Run(ctx context.Context) error {
	dir := filepath.Join(c.Dir, c.Product)
	layout := sim.Product(c.Product).Layout()
	model := filepath.Join(dir, "model")
	if _, err := os.Stat(filepath.Join(model, anomaly.CardFile)); err != nil {
		fmt.Fprintf(os.Stderr, "teaching %s from 200 drawn good parts\n", c.Product)
		if err := bench.TeachDrawn(ctx, layout, 200, 7, model); err != nil {
			return err
		}
	}
	drawn := demoSite(c.Listen)
	safety := newSafetyDemo()
	if c.Safety {
		cameras, parts, err := safety.prepare(dir, c.Listen)
		if err != nil {
			return err
		}
		drawn.Cameras += cameras
		drawn.More = parts
	}
	if err := drawn.Write(dir, layout); err != nil {
		return err
	}
	site, err := config.Load(filepath.Join(dir, "site.yaml"))
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(ctx)
	ended, err := startSim(ctx, c.Product)
	if err != nil {
		stop(nil)
		return err
	}
	defer func() { stop(nil); <-ended }()
	go func() {
		<-ended
		stop(errors.New("the drawn line has ended; its last words are above"))
	}()
	fmt.Printf("break something: %[1]s sim fault missed-trigger (--help lists what else)\nend a hold:      %[1]s line release -c %[2]s %[3]s-1\n", os.Args[0], filepath.Join(dir, "site.yaml"), c.Product)
	err = runSite(ctx, site, c.Watch, func(a *appliance) error {
		if !c.Safety {
			return nil
		}
		fmt.Println(safety.told(c.Listen))
		go safety.count(a)
		return errors.Join(safety.start(ctx), safety.phone(ctx, a, c.Listen))
	})
	if cause := context.Cause(ctx); err == nil && !errors.Is(cause, context.Canceled) {
		err = cause
	}
	return err
}

// startSim starts the drawn line as a process of its own and returns once all
// of it listens, so that the appliance finds its camera and controller at the
// first try. The channel is closed when the process has ended, which it does
// with ctx.
func startSim(ctx context.Context, product string) (ended <-chan struct{}, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	line := exec.CommandContext(ctx, self, "sim", "--product", product)
	line.Stderr = os.Stderr
	line.Cancel = func() error { return line.Process.Signal(os.Interrupt) }
	line.WaitDelay = 2 * time.Second
	said, err := line.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := line.Start(); err != nil {
		return nil, err
	}
	done := make(chan struct{})
	words := bufio.NewReader(said)
	first, err := words.ReadString('\n')
	if err != nil {
		_ = line.Wait() // what it had to say is on standard error
		return nil, errors.New("the drawn line did not start; if another one runs, stop it")
	}
	fmt.Fprint(os.Stderr, first)
	go func() {
		defer close(done)
		_, _ = io.Copy(os.Stderr, words) // ends with the process
		_ = line.Wait()                  // it ends by our signal, or has said why
	}()
	return done, nil
}

// demoSite is the drawn line with its network camera beside it.
func demoSite(listen string) bench.DrawnSite {
	return bench.DrawnSite{Name: "demo", Listen: listen,
		Cameras: "  belt: {driver: rtsp, url: \"rtsp://127.0.0.1:8554/line\"} # beside the line: shown, not judged by\n"}
}
