// Package lastwords keeps the end of what a process says, to be shown where it ends
// as it should not.
package lastwords

import "sync"

// Keep takes what a process writes and keeps its last bytes, 4,000 at most. The zero
// value is ready; it is safe from many goroutines.
type Keep struct {
	mu   sync.Mutex
	text []byte
}

const most = 4000 // bytes

// Write never fails.
func (k *Keep) Write(b []byte) (int, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.text = append(k.text, b...)
	if over := len(k.text) - most; over > 0 {
		k.text = append(k.text[:0], k.text[over:]...)
	}
	return len(b), nil
}

// String returns what is kept.
func (k *Keep) String() string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return string(k.text)
}
