package line

import (
	"errors"
	"fmt"
	"slices"
	"sync/atomic"

	"linesman/event"
	"linesman/models"
	"linesman/recipe"
	"linesman/vision"
)

// Setup is what a line judges by: one version of a recipe, the model that goes
// with it, and the tools that find its parts.
type Setup struct {
	Recipe   *recipe.Recipe
	Detector models.Detector
	// Locator opens the tool that finds parts in one view's frames; each worker
	// has its own.
	Locator func(View) (vision.Locator, error)
	// Model is what the log says of the model when the setup takes effect after
	// another (model.activated); the line is filled in.
	Model event.ModelActivated
	// Close gives the detector back. It is called once nothing looks by the setup
	// any more and the last part judged by it has left. May be nil.
	Close func() error
}

// setup is a Setup as a station works by it. It is never changed once the
// workers know it.
type setup struct {
	Setup
	id        string                  // of the recipe
	hash      string                  // of the recipe
	required  []string                // names of the views a verdict needs
	parts     []vision.LocateSettings // by view
	serial    int                     // in the order in which the line took them on
	cancelled atomic.Bool             // it was taken back before it took effect
	locators  [][]vision.Locator      // by worker and view
}

// newSetup checks that the line can judge by a Setup.
func newSetup(in Setup, id string, set *Settings) (*setup, error) {
	if in.Recipe == nil || in.Detector == nil || in.Locator == nil {
		return nil, errors.New("line: recipe, detector and locator must all be given")
	}
	r := in.Recipe
	if lanes := max(1, r.Part.Lanes); lanes > set.lanes() {
		return nil, fmt.Errorf("line %s: recipe %s has %d lanes, but only lanes up to %d have a gate; add gates or correct part.lanes", id, r.ID(), lanes, set.lanes())
	}
	for _, name := range r.Views {
		if !slices.ContainsFunc(set.Views, func(v View) bool { return v.Name == name }) {
			return nil, fmt.Errorf("line %s: recipe %s needs a view %q, which the line does not have; correct the recipe's views or the site's", id, r.ID(), name)
		}
	}
	u := &setup{Setup: in, id: r.ID(), hash: r.Hash(), required: required(r, set)}
	for i := range set.Views {
		p := r.Part
		p.MMPerPx, p.Belt = set.Views[i].MMPerPx, set.Views[i].Belt
		u.parts = append(u.parts, p)
	}
	return u, nil
}

// open opens the locators of so many workers.
func (u *setup) open(workers int, views []View) error {
	for range workers {
		var own []vision.Locator
		for i := range views {
			l, err := u.Locator(views[i])
			if err != nil {
				u.locators = append(u.locators, own)
				return errors.Join(fmt.Errorf("recipe %s: view %s: %w", u.id, views[i].Name, err), u.closeLocators())
			}
			own = append(own, l)
		}
		u.locators = append(u.locators, own)
	}
	return nil
}

func (u *setup) closeLocators() (err error) {
	for _, own := range u.locators {
		for _, l := range own {
			err = errors.Join(err, l.Close())
		}
	}
	u.locators = nil
	return err
}

// close gives back all that the setup holds.
func (u *setup) close() error {
	err := u.closeLocators()
	if u.Close != nil {
		err = errors.Join(err, u.Close())
	}
	return err
}

// same reports whether two setups judge alike.
func (u *setup) same(v *setup) bool {
	return u.hash == v.hash && u.Detector.Model().SHA256 == v.Detector.Model().SHA256
}

// required returns the names of the views a verdict needs.
func required(r *recipe.Recipe, set *Settings) []string {
	if len(r.Views) > 0 {
		return r.Views
	}
	names := make([]string, len(set.Views))
	for i := range names {
		names[i] = set.Views[i].Name
	}
	return names
}
