package main

import (
	"context"
	"fmt"

	"linesman/sim/fault"
)

// ChooseCmd turns the product switch of a drawn line's panel.
type ChooseCmd struct {
	Number  uint16 `arg:"" help:"The product's number, as products of the site file names it; 0 for none."`
	Control string `default:"${control}" help:"Where the drawn line takes orders."`
}

// Help gives an example.
func (*ChooseCmd) Help() string {
	return `The controller asks for the product from its next scan on, and the appliance
changes over to its recipe (docs/plc.md, Changing the product).

  linesman sim choose 2`
}

// choose is the order's kind.
const choose = "choose"

// Run orders it.
func (c *ChooseCmd) Run(ctx context.Context) error {
	if err := fault.Ask(ctx, c.Control, fault.Order{Kind: choose, Value: float64(c.Number)}); err != nil {
		return err
	}
	fmt.Printf("product %d: chosen\n", c.Number)
	return nil
}
