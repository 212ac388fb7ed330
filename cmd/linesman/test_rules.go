package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"linesman/rules/timeline"
)

// TestRulesCmd plays scripted timelines to rules.
type TestRulesCmd struct {
	Files []string `arg:"" type:"existingfile" help:"Scripts: who is where at which second, and which alerts must stand then (docs/rules.md)."`
	Story bool     `help:"Tell of every case what happened, not only of those that fail."`
}

// Help shows how it is used.
func (TestRulesCmd) Help() string {
	return `Each case is played from its first second on: what a detector would find goes to
what follows people, zones and lines, and on to the rules. No camera, no appliance
and no waiting is needed. Exit code 1 if a case is not as it should be.

  linesman test-rules timelines/helmets.yaml
  linesman test-rules timelines/*.yaml --story`
}

// errNotAsExpected is a script of which a case failed.
var errNotAsExpected = errors.New("not all cases are as they should be")

// Run plays them.
func (c *TestRulesCmd) Run(context.Context) error { return c.play(os.Stdout) }

func (c *TestRulesCmd) play(w io.Writer) error {
	cases, wrong := 0, 0
	for _, file := range c.Files {
		n, bad, err := c.playFile(w, file)
		if err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
		cases, wrong = cases+n, wrong+bad
	}
	fmt.Fprintf(w, "%d of %d cases as they should be\n", cases-wrong, cases)
	if wrong > 0 {
		return errNotAsExpected
	}
	return nil
}

func (c *TestRulesCmd) playFile(w io.Writer, file string) (cases, wrong int, err error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return 0, 0, err
	}
	script, err := timeline.Read(data, func(name string) ([]byte, error) {
		return os.ReadFile(filepath.Join(filepath.Dir(file), name))
	})
	if err != nil {
		return 0, 0, err
	}
	results, err := script.Play()
	if err != nil {
		return 0, 0, err
	}
	for _, r := range results {
		word := "ok  "
		if len(r.Wrong) > 0 {
			word = "FAIL"
			wrong++
		}
		fmt.Fprintf(w, "%s %s: %s\n", word, filepath.Base(file), r.Case)
		for _, why := range r.Wrong {
			fmt.Fprintf(w, "       %s\n", why)
		}
		if !c.Story && len(r.Wrong) == 0 {
			continue
		}
		for _, line := range r.Story {
			fmt.Fprintf(w, "       |%s\n", line)
		}
	}
	return len(results), wrong, nil
}
