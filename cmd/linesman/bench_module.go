package main

import (
	"context"
	"encoding/json"
	"fmt"
	"os"

	"linesman/bench/module"
)

// BenchModuleCmd holds a module against the contract.
type BenchModuleCmd struct {
	Dir     string   `required:"" type:"existingdir" help:"The module's folder, with its module.yaml; it is started there."`
	JSON    bool     `help:"The report as JSON."`
	Command []string `arg:"" passthrough:"" help:"The module's program and its arguments, behind --."`
}

// Help shows how.
func (BenchModuleCmd) Help() string {
	return `Starts a log and an API of its own, starts the module beside it, feeds it, and does to both what happens in a plant. One line a clause; docs/modules.md explains them.

  linesman bench module --dir examples/modules/python -- python3 module.py
  linesman bench module --dir examples/modules/typescript -- node module.ts`
}

// Run prints the clauses; a clause that is not met is an error.
func (c *BenchModuleCmd) Run(ctx context.Context) error {
	set := module.Settings{Dir: c.Dir, Command: c.Command}
	if len(set.Command) > 0 && set.Command[0] == "--" {
		set.Command = set.Command[1:]
	}
	if !c.JSON {
		set.Progress = func(clause module.Clause) {
			word := "pass"
			if !clause.Met {
				word = "FAIL"
			}
			fmt.Printf("%s  %s: %s\n", word, clause.Name, clause.Why)
		}
	}
	r, err := module.Try(ctx, set)
	if err != nil {
		return err
	}
	if c.JSON {
		e := json.NewEncoder(os.Stdout)
		e.SetIndent("", "  ")
		if err := e.Encode(r); err != nil {
			return err
		}
	}
	if n := r.Unmet(); n > 0 {
		return fmt.Errorf("%d of %d clauses are not met", n, len(r.Clauses))
	}
	return nil
}
