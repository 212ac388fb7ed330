package main

import (
	"errors"
	"fmt"

	"linesman/part"
	"linesman/recipe"
)

// shadow has a candidate judge beside a line, in place of the one before; nil ends
// it. actor is who asked. The line acts on none of it. With an error nothing has
// changed.
func (a *appliance) shadow(id part.LineID, rec *recipe.Recipe, actor string) error {
	station, ok := a.stations[id]
	if !ok {
		return fmt.Errorf("line %q is not among %v", id, a.site.LineIDs())
	}
	if rec == nil {
		return station.Shadow(nil, actor)
	}
	setup, err := openSetup(rec)
	if err != nil {
		return fmt.Errorf("line %s: %w", id, err)
	}
	if err := station.Shadow(&setup, actor); err != nil {
		return errors.Join(err, setup.Close())
	}
	return nil
}
