package event

import (
	"fmt"
	"os"
)

// LookRing says how full a ring file is, beside whoever has it open.
func LookRing(path string) (RingState, error) {
	file, err := os.Open(path)
	if err != nil {
		return RingState{}, fmt.Errorf("event ring: %w", err)
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return RingState{}, fmt.Errorf("event ring: %w", err)
	}
	var why string
	for range 3 { // its words change while they are read
		var h header
		if h, why = readHeader(file, info.Size()); why == "" {
			return RingState{Used: int(h.head - h.tail), Size: int(h.size), Lost: h.lost}, nil
		}
	}
	return RingState{}, fmt.Errorf("event ring %s: %s", path, why)
}
