package main

import (
	"context"
	"fmt"
	"strings"

	"linesman/sim/belt"
	"linesman/sim/fault"
)

// SimCommands runs the drawn line, which is what `linesman sim` does, breaks one
// that runs, or chooses its product.
type SimCommands struct {
	Run    SimCmd      `cmd:"" default:"withargs" help:"Run a drawn line and its PLC as a process of their own."`
	Fault  FaultCmd    `cmd:"" help:"Break something on a drawn line that runs."`
	Video  SimVideoCmd `cmd:"" help:"Publish recordings as network cameras."`
	Choose ChooseCmd   `cmd:"" help:"Choose a product at the panel of a drawn line that runs."`
}

// FaultCmd causes one fault on a drawn line.
type FaultCmd struct {
	Kind    string  `arg:"" enum:"${fault_kinds}" help:"What to break; see the list above."`
	Value   float64 `default:"0" help:"How much, in the kind's own unit; 0 takes its default."`
	Control string  `default:"${control}" help:"Where the drawn line takes orders."`
}

// Help lists the kinds.
func (c *FaultCmd) Help() string {
	var b strings.Builder
	b.WriteString("Each call breaks one thing once.\n\n")
	for _, k := range belt.Kinds() {
		fmt.Fprintf(&b, "  %-16s %s\n", k, faultWords[k])
	}
	b.WriteString("\nFor example: linesman sim fault plc-restart --value 2")
	return b.String()
}

// faultWords says what each kind does and what its value means.
var faultWords = map[belt.Kind]string{
	belt.DoubleTrigger:  "the next trigger bounces 5 mm later",
	belt.MissedTrigger:  "the next trigger is not seen",
	belt.PartRemoved:    "a part is taken off the belt between camera and gate",
	belt.PartSlips:      "a part slides back after its picture (mm; 0.4 pitches)",
	belt.BlockedEjector: "the next part to be ejected goes on instead",
	belt.SpeedChange:    "the belt changes its speed (mm/s; three quarters of now)",
	belt.PLCRestart:     "the PLC loses its power, its encoder starts at zero (s; 0.3)",
	belt.Hang:           "the PLC stops answering (s; 1)",
	belt.Refuse:         "the PLC closes its connections and takes none (s; 1)",
}

// faultKinds returns the kinds as kong wants an enumeration.
func faultKinds() string {
	var words []string
	for _, k := range belt.Kinds() {
		words = append(words, string(k))
	}
	return strings.Join(words, ",")
}

// Run orders the fault.
func (c *FaultCmd) Run(ctx context.Context) error {
	if err := fault.Ask(ctx, c.Control, fault.Order{Kind: c.Kind, Value: c.Value}); err != nil {
		return err
	}
	fmt.Printf("%s: ordered\n", c.Kind)
	return nil
}
