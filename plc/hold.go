package plc

import "strings"

// HoldReason is the set of reasons for which a controller holds.
type HoldReason uint16

// The reasons, as docs/plc.md numbers them.
const (
	HoldBoot        HoldReason = 1 << iota // it has booted and no PC has shaken hands
	HoldHeartbeat                          // our heartbeat stood still
	HoldPC                                 // the PC asked
	HoldOperator                           // a person asked, at the panel
	HoldUnconfirmed                        // a reject was not seen in the bin
	HoldEscape                             // the exit sensor saw a part that was not passed
	HoldStray                              // too many parts in a row without an entry
)

var reasonWords = [...]string{"controller restarted", "heartbeat lost", "asked by the PC", "asked by the operator",
	"ejection not confirmed", "part at the exit that was not passed", "parts without an entry"}

// String lists the reasons in words, or "none".
func (r HoldReason) String() string {
	var words []string
	for i, word := range reasonWords {
		if r&(1<<i) != 0 {
			words = append(words, word)
		}
	}
	if words == nil {
		return "none"
	}
	return strings.Join(words, ", ")
}
