package teach

import (
	"errors"
	"testing"
)

// A line's model from no parts says so before anything is looked at.
func TestLocatedWantsParts(t *testing.T) {
	if _, err := Located(t.Context(), Input{Name: "caps"}, nil, 0.1); !errors.Is(err, ErrTooFew) {
		t.Errorf("error %v, want ErrTooFew", err)
	}
}
