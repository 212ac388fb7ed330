package off_test

import (
	"testing"
	"time"

	"linesman/plc/off"
	"linesman/plc/plctest"
)

func TestConformance(t *testing.T) {
	plctest.Run(t, func(t *testing.T) plctest.Rig {
		c, err := off.Dial(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return plctest.Rig{Controller: c, Address: "off", Step: func(time.Duration) {}, Point: "pass-1"}
	})
}
