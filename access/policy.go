package access

import "fmt"

// Policy is what a site file says about access.
type Policy struct {
	Reading string `yaml:"reading"` // "open": who reaches the page may look; "token": only with a token. Default open
}

// Validate fills the default and refuses what can not be meant.
func (p *Policy) Validate() error {
	switch p.Reading {
	case "":
		p.Reading = "open"
	case "open", "token":
	default:
		return fmt.Errorf("access.reading %q: want open (who reaches the page may look) or token (nobody without one)", p.Reading)
	}
	return nil
}

// TokenToRead says whether reading wants a token.
func (p Policy) TokenToRead() bool { return p.Reading == "token" }
