package main

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"os"
	"slices"
	"sync"
	"time"

	"linesman/alarm"
	"linesman/camera"
	"linesman/config"
	"linesman/event"
	"linesman/part"
	"linesman/scene"
	"linesman/watch"
)

// checkWatches opens what the safety cameras of a site look and judge by.
func checkWatches(site *config.Site) error {
	engine, err := site.SafetyRules()
	if err != nil {
		return err
	}
	w := &watching{detectors: map[string]*watch.Detectors{}}
	defer w.close()
	for _, id := range site.WatchIDs() {
		set := site.Watches[id]
		d, err := w.eyes(site, set.Detector)
		if err != nil {
			return fmt.Errorf("watches.%s: %w", id, err)
		}
		fmt.Printf("watch %s: %d zones, %d lines, model %s@%s: good\n", id, len(set.Scene.Zones), len(set.Scene.Lines), d.Model().Name, d.Model().Version)
	}
	if len(site.Watches) > 0 {
		fmt.Printf("rules of place and dress: %d\n", len(engine.Rules()))
	}
	return nil
}

// lookAt lets the safety cameras see for a while, calls nobody, and says how tall
// people are in the pictures: a camera that hangs too far away is seen now.
func lookAt(ctx context.Context, site *config.Site, d time.Duration, out io.Writer) error {
	if len(site.Watches) == 0 {
		return fmt.Errorf("--look: the site file has no watches")
	}
	engine, err := site.SafetyRules()
	if err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelWarn}))
	w := &watching{stations: map[part.CameraID]*watch.Station{}, detectors: map[string]*watch.Detectors{}}
	defer w.close()
	guard, err := watch.NewGuard(watch.GuardConfig{Source: "/" + site.Name, Rules: engine, Events: onlooker{}, Desk: onlooker{}, Log: log})
	if err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(ctx, d)
	defer stop()
	var work sync.WaitGroup
	start := func(f func(context.Context) error) { work.Go(func() { _ = f(ctx) }) }
	start(guard.Run)
	for _, id := range site.WatchIDs() {
		set := *site.Watches[id]
		eyes, err := w.eyes(site, set.Detector)
		if err != nil {
			return fmt.Errorf("watches.%s: %w", id, err)
		}
		s, err := watch.New(watch.Config{Camera: id, Settings: set, Eyes: eyes, Guard: guard, Log: log})
		if err != nil {
			return err
		}
		driver, err := openCamera(id, site.Cameras[id])
		if err != nil {
			return err
		}
		w.stations[id] = s
		start(s.Run)
		sup := camera.NewSupervisor(id, driver, camera.Watch{Moving: func() bool { return false }}, log, s.CameraState)
		start(func(ctx context.Context) error { return sup.Run(ctx, s.Sink()) })
	}
	fmt.Fprintf(out, "looking for %v; let somebody walk where people will be\n", d)
	work.Wait()
	for _, id := range site.WatchIDs() {
		printLook(out, w.stations[id].Status(), w.stations[id].Pixels(scene.DressPixels))
	}
	return nil
}

// printLook says what a camera saw of people, cell by cell of the picture.
func printLook(out io.Writer, st watch.Status, r scene.PixelReport) {
	fmt.Fprintf(out, "\ncamera %s: %d frames, %d looked at, %d rested, %d not to be judged", st.Camera, st.Frames, st.Looked, st.Rested, st.Blind)
	if st.Why != "" {
		fmt.Fprintf(out, " (%s)", st.Why)
	}
	fmt.Fprintln(out)
	if r.N == 0 {
		fmt.Fprintln(out, "  nobody was seen: walk through the picture while it looks, or the camera hangs too far away")
		return
	}
	fmt.Fprintf(out, "  people are %.0f pixels tall (median of %d person-seconds)\n", r.Height, r.N)
	if r.TooSmall > 0 {
		fmt.Fprintf(out, "  in %.0f %% of them under %.0f pixels: dress can not be told there", 100*r.TooSmall, scene.DressPixels)
		if low := slices.MinFunc(r.Small, func(a, b scene.PixelCell) int { return int(a.Height - b.Height) }); low.Height < scene.PersonPixels {
			fmt.Fprintf(out, "; at the least %.0f, where people are hardly found: set detector.far, hang the camera nearer, or take a longer lens", low.Height)
		}
		fmt.Fprintln(out)
	}
	for _, c := range r.Cells {
		fmt.Fprintf(out, "    from %3.0f %%, %3.0f %% to %3.0f %%, %3.0f %%: %4.0f pixels (%d)\n", 100*c.Box.X0, 100*c.Box.Y0, 100*c.Box.X1, 100*c.Box.Y1, c.Height, c.N)
	}
}

// onlooker writes nothing down and calls nobody.
type onlooker struct{}

// Emit forgets the event.
func (onlooker) Emit(event.Event) {}

// Raise calls nobody.
func (onlooker) Raise(context.Context, alarm.Raise) (string, error) { return "", nil }

// Clear forgets.
func (onlooker) Clear(context.Context, string, string, string, string) error { return nil }
