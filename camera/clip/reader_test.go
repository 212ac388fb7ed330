package clip_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/deepch/vdk/av"
	"github.com/deepch/vdk/codec/h264parser"
	"github.com/deepch/vdk/format/mp4"
)

// A reader that shares no code with the writer finds the same stream: its size,
// every picture at its time, and which of them can be shown alone.
func TestAnotherReaderFindsTheSame(t *testing.T) {
	packets := encoded(t, 64, 48, 10, every(40*ms, 35)...)
	data, made := written(t, packets)
	d := mp4.NewDemuxer(bytes.NewReader(data))
	streams, err := d.Streams()
	if err != nil || len(streams) != 1 || streams[0].Type() != av.H264 {
		t.Fatalf("streams %+v, %v: want one of H.264", streams, err)
	}
	if s := streams[0].(h264parser.CodecData); s.Width() != made.Width || s.Height() != made.Height {
		t.Errorf("%d x %d pixels, want %d x %d", s.Width(), s.Height(), made.Width, made.Height)
	}
	for i := 0; ; i++ {
		p, err := d.ReadPacket()
		if errors.Is(err, io.EOF) {
			if i != len(packets) {
				t.Errorf("%d pictures, want %d", i, len(packets))
			}
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		if i >= len(packets) {
			t.Fatalf("more than the %d pictures that were written", len(packets))
		}
		if want := packets[i].PTS - packets[0].PTS; !near(p.Time, want) || p.IsKeyFrame != packets[i].Key {
			t.Errorf("picture %d at %v, alone %v; want %v, %v", i, p.Time, p.IsKeyFrame, want, packets[i].Key)
		}
	}
}
