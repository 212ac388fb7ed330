// Package channel is the list of what may judge beside a model's network.
package channel

import (
	"maps"

	"linesman/models/anomaly"
	"linesman/models/contrast"
	"linesman/models/golden"
)

// All opens every channel that a model folder can hold.
func All() map[string]anomaly.OpenChannel {
	all := golden.Channels()
	maps.Copy(all, contrast.Channels())
	return all
}
