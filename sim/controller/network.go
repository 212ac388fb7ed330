package controller

import (
	"fmt"
	"io"
	"log"
	"net"
	"sync"
	"time"

	"github.com/simonvetter/modbus"
)

// network is the controller's network card: a Modbus TCP server that can be
// made to hang and to close its connections for a while.
type network struct {
	mu      sync.Mutex
	addr    string // empty before Serve and after Close
	server  *modbus.ModbusServer
	handler modbus.RequestHandler

	dark    time.Duration // belt time until which there is no connection; 0: connected
	mute    time.Duration // belt time until which nothing is answered; 0: answering
	answers chan struct{} // closed when answering begins again; nil while answering
}

// Serve answers Modbus TCP on addr ("127.0.0.1:1502"; port 0 takes a free one)
// until Close, and returns the URL to reach it by.
func (c *Controller) Serve(addr string) (url string, err error) {
	probe, err := net.Listen("tcp", addr)
	if err != nil {
		return "", fmt.Errorf("simulated controller: %w; is another one running? choose another address", err)
	}
	addr = probe.Addr().String()
	if err := probe.Close(); err != nil {
		return "", fmt.Errorf("simulated controller: %s: %w", addr, err)
	}
	n := &c.network
	n.mu.Lock()
	defer n.mu.Unlock()
	n.addr, n.handler = addr, &handler{c}
	if err := n.open(); err != nil {
		n.addr = ""
		return "", fmt.Errorf("simulated controller: %w", err)
	}
	return "tcp://" + addr, nil
}

// Close ends Serve.
func (c *Controller) Close() error {
	n := &c.network
	n.mu.Lock()
	defer n.mu.Unlock()
	n.addr = ""
	n.answer()
	return n.close()
}

// open listens; n.mu is held.
func (n *network) open() error {
	server, err := modbus.NewServer(&modbus.ServerConfiguration{
		URL: "tcp://" + n.addr, Timeout: time.Minute, MaxClients: 8, Logger: log.New(io.Discard, "", 0),
	}, n.handler)
	if err != nil {
		return fmt.Errorf("modbus server on %s: %w", n.addr, err)
	}
	if err := server.Start(); err != nil {
		return fmt.Errorf("modbus server on %s: %w", n.addr, err)
	}
	n.server = server
	return nil
}

// close hangs up on everybody; n.mu is held.
func (n *network) close() error {
	if n.server == nil {
		return nil
	}
	server := n.server
	n.server = nil
	return server.Stop()
}

func (n *network) answer() {
	if n.answers != nil {
		close(n.answers)
		n.answers = nil
	}
}

// cut closes all connections and takes none until belt time t.
func (n *network) cut(t time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.dark = max(n.dark, t)
	_ = n.close() // a socket that will not close is as dead as one that does
}

// hang leaves requests unanswered until belt time t.
func (n *network) hang(t time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.mute = max(n.mute, t)
	if n.answers == nil {
		n.answers = make(chan struct{})
	}
}

// mend ends the faults whose time is over. A port that is not yet free is
// tried again at the next scan.
func (n *network) mend(now time.Duration) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.mute > 0 && n.mute <= now {
		n.mute = 0
		n.answer()
	}
	if n.dark > 0 && n.dark <= now && (n.addr == "" || n.open() == nil) {
		n.dark = 0
	}
}

// wait blocks a request while the controller hangs.
func (n *network) wait() {
	n.mu.Lock()
	answers := n.answers
	n.mu.Unlock()
	if answers != nil {
		<-answers
	}
}
