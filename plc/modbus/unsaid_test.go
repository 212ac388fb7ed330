package modbus_test

import (
	"io"
	"log"
	"net"
	"sync/atomic"
	"testing"

	lib "github.com/simonvetter/modbus"

	"linesman/plc"
	"linesman/plc/modbus"
)

// hollow is a controller that has one edge and one echo to tell, once it is
// full, and can refuse to be asked for echoes.
type hollow struct{ full, refuses atomic.Bool }

// HandleInputRegisters answers out of a map that is made anew each time.
func (h *hollow) HandleInputRegisters(req *lib.InputRegistersRequest) ([]uint16, error) {
	if req.Addr >= plc.EchoBase && h.refuses.Load() {
		return nil, lib.ErrServerDeviceFailure
	}
	words := make([]uint16, plc.EchoBase+plc.EchoSlots*plc.EchoWords)
	words[plc.StatusMagic], words[plc.StatusVersion], words[plc.StatusLanes], words[plc.StatusBits] = plc.Magic, plc.MapVersion, 1, 32
	words[plc.StatusBoot+1], words[plc.StatusEncoder+1] = 1, 500
	if h.full.Load() {
		words[plc.StatusEdges+1], words[plc.StatusEchoes+1] = 1, 1
	}
	edge, echo := words[plc.EdgeBase+plc.EdgeWords:], words[plc.EchoBase+plc.EchoWords:]
	edge[1], edge[2], edge[4] = 1, uint16(plc.GateEdge)<<8|1, 480
	echo[1], echo[2], echo[4] = 1, uint16(plc.Kept)<<8|1, 480
	return words[req.Addr : req.Addr+req.Quantity], nil
}

func (h *hollow) HandleHoldingRegisters(req *lib.HoldingRegistersRequest) ([]uint16, error) {
	return make([]uint16, req.Quantity), nil
}

func (h *hollow) HandleCoils(*lib.CoilsRequest) ([]bool, error) { return nil, lib.ErrIllegalFunction }

func (h *hollow) HandleDiscreteInputs(*lib.DiscreteInputsRequest) ([]bool, error) {
	return nil, lib.ErrIllegalFunction
}

// TestBrokenReadingLosesNoEdge breaks a reading between its edges and its echoes:
// the edge, which was read, is told with the next reading, once, even after a
// redial. A part at the gate so never goes missing with a bad cable.
func TestBrokenReadingLosesNoEdge(t *testing.T) {
	free, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	url := "tcp://" + free.Addr().String()
	free.Close()
	h := &hollow{}
	server, err := lib.NewServer(&lib.ServerConfiguration{URL: url, MaxClients: 2, Logger: log.New(io.Discard, "", 0)}, h)
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { server.Stop() })
	link, err := modbus.New(modbus.Settings{URL: url})
	if err != nil {
		t.Fatal(err)
	}
	c, err := link.Dial(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	h.full.Store(true)
	h.refuses.Store(true)
	if _, err := c.Read(t.Context()); err == nil {
		t.Fatal("the reading did not break")
	}
	c.Close()
	h.refuses.Store(false)
	if c, err = link.Dial(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	for i, want := range []int{1, 0} {
		st, err := c.Read(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if len(st.Edges) != want || len(st.Echoes) != want || st.Missed != 0 {
			t.Errorf("reading %d after the broken one: %d edges, %d echoes, %d missed; want %d of each", i+1, len(st.Edges), len(st.Echoes), st.Missed, want)
		}
		if want == 1 && len(st.Edges) == 1 && (st.Edges[0].Sensor != plc.GateEdge || st.Edges[0].Tick.Count != 480) {
			t.Errorf("the edge is %+v", st.Edges[0])
		}
	}
}
