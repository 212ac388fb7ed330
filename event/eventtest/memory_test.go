package eventtest

import (
	"testing"

	"linesman/event"
)

func TestMemory(t *testing.T) {
	TestLog(t, func(*testing.T) event.Log { return NewMemory() })
}
