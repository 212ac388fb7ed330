package controller

import (
	"linesman/plc"

	"github.com/simonvetter/modbus"
)

// handler answers Modbus requests out of the image, for any unit id.
type handler struct{ c *Controller }

// HandleInputRegisters reads what the last scan published.
func (h *handler) HandleInputRegisters(req *modbus.InputRegistersRequest) ([]uint16, error) {
	h.c.network.wait()
	m := &h.c.image
	m.mu.Lock()
	defer m.mu.Unlock()
	first, end := int(req.Addr), int(req.Addr)+int(req.Quantity)
	if end > len(m.input) {
		return nil, modbus.ErrIllegalDataAddress
	}
	return append([]uint16(nil), m.input[first:end]...), nil
}

// HandleHoldingRegisters reads and writes what the PC has to say. A changed
// heartbeat is stamped on arrival.
func (h *handler) HandleHoldingRegisters(req *modbus.HoldingRegistersRequest) ([]uint16, error) {
	h.c.network.wait()
	m := &h.c.image
	m.mu.Lock()
	defer m.mu.Unlock()
	first, end := int(req.Addr), int(req.Addr)+int(req.Quantity)
	if end > len(m.holding) {
		return nil, modbus.ErrIllegalDataAddress
	}
	if req.IsWrite {
		beat := m.holding[plc.BeatReg]
		copy(m.holding[first:end], req.Args)
		if m.holding[plc.BeatReg] != beat {
			m.beatAt = h.c.cfg.Clock()
		}
	}
	return append([]uint16(nil), m.holding[first:end]...), nil
}

// HandleCoils reads and sets coils; the program takes them at its next scan.
func (h *handler) HandleCoils(req *modbus.CoilsRequest) ([]bool, error) {
	h.c.network.wait()
	m := &h.c.image
	m.mu.Lock()
	defer m.mu.Unlock()
	first, end := int(req.Addr), int(req.Addr)+int(req.Quantity)
	if end > len(m.coils) {
		return nil, modbus.ErrIllegalDataAddress
	}
	if req.IsWrite {
		copy(m.coils[first:end], req.Args)
	}
	return append([]bool(nil), m.coils[first:end]...), nil
}

// HandleDiscreteInputs has nothing to show.
func (h *handler) HandleDiscreteInputs(*modbus.DiscreteInputsRequest) ([]bool, error) {
	return nil, modbus.ErrIllegalFunction
}
