package clip

import (
	"bytes"
	"slices"
	"time"

	"linesman/camera"
)

// drift is by how much the exposure times may leave a file's own before another
// file is begun.
const drift = 2 * time.Second

// Sections divides packets into what can stand in one file: of one codec, with
// the same sequence parameters throughout, and with exposure times that go on as
// the stream's own do. What comes before the first key picture is left out. A
// section always begins with a key picture; gaps do not divide.
func Sections(packets []*camera.Packet) [][]*camera.Packet {
	first := slices.IndexFunc(packets, func(p *camera.Packet) bool { return p.Key })
	if first < 0 {
		return nil
	}
	var sections [][]*camera.Packet
	packets = packets[first:]
	begun := 0
	have := setsOf(packets[0].Codec, packets[0].Data)
	var elapsed time.Duration
	for i := 1; i < len(packets); i++ {
		p, head := packets[i], packets[begun]
		elapsed += step(packets[i-1], p)
		if !p.Key {
			continue
		}
		next := setsOf(p.Codec, p.Data)
		off := p.At.Round(0).Sub(head.At.Round(0)) - elapsed
		if p.Codec == head.Codec && !changed(have, next) && off < drift && off > -drift {
			continue
		}
		sections = append(sections, packets[begun:i:i])
		begun, have, elapsed = i, next, 0
	}
	return append(sections, packets[begun:])
}

// changed reports whether a decoder set up by was can not go on with is. A key
// picture without sets goes on with those that there are. Picture sets may differ
// and travel with the pictures.
func changed(was, is sets) bool {
	return is.sequence != nil && !bytes.Equal(was.sequence, is.sequence) || is.video != nil && !bytes.Equal(was.video, is.video)
}
