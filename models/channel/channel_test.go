package channel_test

import (
	"testing"

	"linesman/models/channel"
	"linesman/models/contrast"
	"linesman/models/golden"
)

// Every kind of channel that teaching writes is known to whoever judges, and
// none of them takes bytes that it did not save.
func TestAll(t *testing.T) {
	all := channel.All()
	for _, name := range []string{golden.ChannelName, golden.WholeName, contrast.ChannelName} {
		open := all[name]
		if open == nil {
			t.Errorf("channel %q can not be opened", name)
			continue
		}
		if c, err := open([]byte("not what was saved")); err == nil || c != nil {
			t.Errorf("channel %q took foreign bytes: %v, %v", name, c, err)
		}
	}
	if len(all) != 3 {
		t.Errorf("%d channels, of which this test knows 3", len(all))
	}
}
