package alarm

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"
)

// Phones are the installed pages that hold a stream open to this box, for
// plants without internet: the channel driver "page". A notice is sent when it
// was written to a phone's stream, and received when the page answers. A phone
// that was not heard for a while is shown so, and not taken for reachable.
type Phones struct {
	now func() time.Time

	mu     sync.Mutex
	phones map[string]*phone // by recipient and device
}

var _ Deliverer = (*Phones)(nil)

// The bounds of the page channel.
const (
	mostPhones  = 500              // known at once; the one not heard for longest makes room
	mostWaiting = 32               // notices that wait for one phone's stream; one that does not read gets no more
	silentAfter = 30 * time.Second // heartbeats come each 10 s
)

// Phone is one page on one device.
type Phone struct {
	Recipient string
	Device    string    // the page's own id of it
	Connected bool      // its stream is open
	Since     time.Time // of that
	Heard     time.Time // its last answer
}

// Silent says whether nothing was heard of a phone for too long to count on it.
func (p Phone) Silent(now time.Time) bool { return now.Sub(p.Heard) > silentAfter }

type phone struct {
	Phone
	stream *PhoneStream
}

// PhoneStream is one open stream to a phone. It belongs to the goroutine that
// serves it; Close it.
type PhoneStream struct {
	Notices <-chan Written

	of     *Phones
	key    string
	in     chan Written
	closed chan struct{}
	once   sync.Once
}

// Written is a notice to be written to a stream. Say what became of it.
type Written struct {
	Notice Notice
	result chan<- error
}

// Done says whether the notice was written to the stream.
func (w Written) Done(err error) { w.result <- err }

// NewPhones returns a channel without phones.
func NewPhones() *Phones { return &Phones{now: time.Now, phones: map[string]*phone{}} }

func phoneKey(recipient, device string) string { return recipient + "\n" + device }

// Connect opens a stream to a recipient's device. An older stream of the same
// device ends.
func (p *Phones) Connect(recipient, device string) *PhoneStream {
	in := make(chan Written, mostWaiting)
	s := &PhoneStream{Notices: in, in: in, of: p, key: phoneKey(recipient, device), closed: make(chan struct{})}
	p.mu.Lock()
	defer p.mu.Unlock()
	ph := p.phones[s.key]
	if ph == nil {
		p.makeRoom()
		ph = &phone{Phone: Phone{Recipient: recipient, Device: device}}
		p.phones[s.key] = ph
	}
	if ph.stream != nil {
		ph.stream.end()
	}
	now := p.now().UTC()
	ph.stream, ph.Connected, ph.Since, ph.Heard = s, true, now, now
	return s
}

// makeRoom forgets the phone that was not heard for longest. The lock is held.
func (p *Phones) makeRoom() {
	if len(p.phones) < mostPhones {
		return
	}
	oldest := ""
	for key, ph := range p.phones {
		if oldest == "" || ph.Heard.Before(p.phones[oldest].Heard) {
			oldest = key
		}
	}
	if s := p.phones[oldest].stream; s != nil {
		s.end()
	}
	delete(p.phones, oldest)
}

// Closed is closed when the stream has been replaced by a newer one, or closed.
func (s *PhoneStream) Closed() <-chan struct{} { return s.closed }

func (s *PhoneStream) end() { s.once.Do(func() { close(s.closed) }) }

// Close ends the stream; what waits in it fails, and is tried again by the desk.
func (s *PhoneStream) Close() {
	s.end()
	s.of.mu.Lock()
	defer s.of.mu.Unlock()
	if ph := s.of.phones[s.key]; ph != nil && ph.stream == s {
		ph.stream, ph.Connected = nil, false
	}
}

// Heard takes a heartbeat; ok is false for a phone without an open stream.
func (p *Phones) Heard(recipient, device string) (ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	ph := p.phones[phoneKey(recipient, device)]
	if ph == nil {
		return false
	}
	ph.Heard = p.now().UTC()
	return ph.Connected
}

// List returns the phones, by recipient and device.
func (p *Phones) List() []Phone {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := make([]Phone, 0, len(p.phones))
	for _, ph := range p.phones {
		out = append(out, ph.Phone)
	}
	slices.SortFunc(out, func(a, b Phone) int {
		return cmp.Or(strings.Compare(a.Recipient, b.Recipient), strings.Compare(a.Device, b.Device))
	})
	return out
}

// Proves is true: the page answers.
func (p *Phones) Proves() bool { return true }

// Deliver writes a notice to every phone of the recipient that holds a stream
// open, and ends with the first that took it.
func (p *Phones) Deliver(ctx context.Context, n Notice) (Proof, error) {
	streams, err := p.streams(n.Recipient)
	if err != nil {
		return 0, err
	}
	results := make(chan error, len(streams))
	gone := make(chan error, len(streams))
	for _, s := range streams {
		select {
		case s.in <- Written{n, results}:
			go func() {
				select {
				case <-s.closed:
					gone <- errors.New("the phone's stream ended before it was written")
				case <-ctx.Done():
				}
			}()
		default:
			gone <- fmt.Errorf("%d notices wait already: the phone does not read its stream", mostWaiting)
		}
	}
	for range streams {
		select {
		case err = <-results:
			if err == nil {
				return Taken, nil
			}
		case err = <-gone:
		case <-ctx.Done():
			return 0, fmt.Errorf("a phone of %s took nothing in time: %w", n.Recipient, ctx.Err())
		}
	}
	return 0, fmt.Errorf("phones of %s: %w", n.Recipient, err)
}

// streams are the open ones of a recipient.
func (p *Phones) streams(recipient string) ([]*PhoneStream, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []*PhoneStream
	var heard time.Time
	for _, ph := range p.phones {
		if ph.Recipient != recipient {
			continue
		}
		if ph.Heard.After(heard) {
			heard = ph.Heard
		}
		if ph.stream != nil {
			out = append(out, ph.stream)
		}
	}
	switch {
	case len(out) > 0:
		return out, nil
	case heard.IsZero():
		return nil, fmt.Errorf("no phone of %s is connected: open the alarm page on it and sign in", recipient)
	}
	return nil, fmt.Errorf("no phone of %s is connected; last heard %s ago", recipient, p.now().Sub(heard).Round(time.Second))
}
