package access

import (
	"fmt"
	"slices"
	"strings"
)

// Role is what somebody is at the plant.
type Role string

// The roles.
const (
	Viewer   Role = "viewer"
	Operator Role = "operator"
	Quality  Role = "quality"
	Safety   Role = "safety"
	Engineer Role = "engineer"
	Admin    Role = "admin"
)

// Right is one thing that may be done.
type Right string

// The rights.
const (
	Read        Right = "read"        // look at lines, parts, events and pictures
	Append      Right = "append"      // append events to the log
	Acknowledge Right = "acknowledge" // take an alarm, shelve it
	Release     Right = "release"     // let a line that holds go on; begin and end a batch; run a challenge
	Sign        Right = "sign"        // put an electronic signature under a record
	Recipe      Right = "recipe"      // change recipes and models, make them active, label judged parts
	Site        Right = "site"        // change what is installed: cameras, controllers, zones, delivery
	Users       Right = "users"       // change users and tokens
)

// rights is the one table of who may do what. An admin hands out passwords and
// so signs nothing: a signature must be its owner's alone (21 CFR 11.100).
var rights = []struct {
	role Role
	may  []Right
}{
	{Viewer, []Right{Read}},
	{Operator, []Right{Read, Append, Acknowledge, Release, Sign}},
	{Quality, []Right{Read, Append, Acknowledge, Release, Sign, Recipe}},
	{Safety, []Right{Read, Append, Acknowledge, Sign}},
	{Engineer, []Right{Read, Append, Acknowledge, Release, Sign, Recipe, Site}},
	{Admin, []Right{Read, Append, Acknowledge, Release, Recipe, Site, Users}},
}

// Roles returns all roles, from the fewest rights to the most.
func Roles() []Role {
	all := make([]Role, 0, len(rights))
	for _, r := range rights {
		all = append(all, r.role)
	}
	return all
}

// Rights returns what a role may do; nothing for a word that is no role.
func (r Role) Rights() []Right {
	for _, row := range rights {
		if row.role == r {
			return slices.Clone(row.may)
		}
	}
	return nil
}

// May says whether a role has a right.
func (r Role) May(what Right) bool {
	for _, row := range rights {
		if row.role == r {
			return slices.Contains(row.may, what)
		}
	}
	return false
}

// ParseRole reads a role's word.
func ParseRole(word string) (Role, error) {
	if r := Role(word); r.Rights() != nil {
		return r, nil
	}
	words := make([]string, 0, len(rights))
	for _, r := range Roles() {
		words = append(words, string(r))
	}
	return "", fmt.Errorf("%q is no role: want one of %s", word, strings.Join(words, ", "))
}
