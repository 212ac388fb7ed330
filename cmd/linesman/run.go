package main

import (
	"context"
	"fmt"
	"log/slog"
	"os"
	"time"

	"linesman/config"
	"linesman/part"
)

// SiteFlag names the site file.
type SiteFlag struct {
	Config string `short:"c" required:"" type:"existingfile" help:"The site file."`
}

// RunCmd runs the lines of a site.
type RunCmd struct {
	SiteFlag
	Watch Watch `embed:""`
}

// Run works until it is told to stop.
func (c *RunCmd) Run(ctx context.Context) error {
	site, err := config.Load(c.Config)
	if err != nil {
		return err
	}
	return runSite(ctx, site, c.Watch, func(*appliance) error { return nil })
}

// runSite runs a site until told to stop; opened is called once all of it is open,
// before anything runs.
func runSite(ctx context.Context, site *config.Site, watch Watch, opened func(*appliance) error) error {
	a, err := openAppliance(site, slog.New(slog.NewTextHandler(os.Stderr, nil)))
	if err != nil {
		return err
	}
	defer a.close()
	if err := opened(a); err != nil {
		return err
	}
	return watch.over(ctx, a)
}

// CheckCmd checks a site.
type CheckCmd struct {
	SiteFlag
	Look time.Duration `placeholder:"1m" help:"Also let the safety cameras see for so long, calling nobody, and say how tall people are in the pictures."`
}

// Run reads everything the site file names and opens nothing that moves.
func (c *CheckCmd) Run(ctx context.Context) error {
	site, err := config.Load(c.Config)
	if err != nil {
		return err
	}
	for _, id := range site.CameraIDs() {
		if _, err := openCamera(id, site.Cameras[id]); err != nil {
			return err
		}
	}
	for name, d := range site.Controllers {
		if _, err := dialController(name, d); err != nil {
			return err
		}
	}
	for _, id := range site.LineIDs() {
		r, err := site.Recipe(id)
		if err != nil {
			return err
		}
		d, err := openModels(r)
		if err != nil {
			return fmt.Errorf("line %s: %w", id, err)
		}
		fmt.Printf("line %s: recipe %s, model %s@%s: good\n", id, r.ID(), d.Model().Name, d.Model().Version)
		if err := d.Close(); err != nil {
			return err
		}
	}
	if err := checkWatches(site); err != nil {
		return err
	}
	if c.Look > 0 {
		if err := lookAt(ctx, site, c.Look, os.Stdout); err != nil {
			return err
		}
	}
	return checkSchedule(site)
}

// LineCmd acts on a line.
type LineCmd struct {
	Release ReleaseCmd `cmd:"" help:"End a hold, on your word that its cause is cleared."`
}

// ReleaseCmd ends a hold at the controller itself, so that it works while the
// appliance is down.
type ReleaseCmd struct {
	SiteFlag
	Line string `arg:"" help:"The line's name."`
}

// Run releases the line's controller.
func (c *ReleaseCmd) Run(ctx context.Context) error {
	site, err := config.Load(c.Config)
	if err != nil {
		return err
	}
	l, ok := site.Lines[part.LineID(c.Line)]
	if !ok {
		return fmt.Errorf("line %q is not among %v", c.Line, site.LineIDs())
	}
	name := l.Gates[0].Controller
	dial, err := dialController(name, site.Controllers[name])
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	ctl, err := dial(ctx)
	if err != nil {
		return err
	}
	defer ctl.Close()
	return ctl.Release(ctx)
}
