package clip_test

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"linesman/camera"
	"linesman/camera/clip"
)

// desk takes delivered clips.
type desk struct{ clips chan clip.Clip }

func newDesk() desk                { return desk{make(chan clip.Clip, 100)} }
func (d desk) deliver(c clip.Clip) { d.clips <- c }

// all closes the recorder and returns what was delivered.
func (d desk) all(r *clip.Recorder) (clips []clip.Clip) {
	r.Close()
	close(d.clips)
	for c := range d.clips {
		clips = append(clips, c)
	}
	return clips
}

func recorder(t testing.TB, s clip.Settings, deliver func(clip.Clip)) *clip.Recorder {
	t.Helper()
	r, err := clip.NewRecorder("yard", s, deliver)
	must(t, err)
	return r
}

// at runs a camera past a recorder: before packet i it does what is due then.
func run(t testing.TB, r *clip.Recorder, packets []*camera.Packet, due map[int]func()) {
	t.Helper()
	for i, p := range packets {
		if do := due[i]; do != nil {
			do()
		}
		must(t, r.Packet(p))
	}
}

// TestAnAlarmsClip records a camera of ten pictures a second, a key picture each
// second, sixty seconds long; picture i has the level grey(i).
func TestAnAlarmsClip(t *testing.T) {
	packets := encoded(t, 64, 48, 10, every(100*ms, 600)...)
	second := func(s float64) time.Time { return begin.Add(time.Duration(s * float64(time.Second))) }
	for _, c := range []struct {
		name        string
		settings    clip.Settings
		due         func(r *clip.Recorder) map[int]func()
		first, last int // pictures of the file
		missing     string
	}{
		{"five seconds before, ten after", clip.Settings{}, func(r *clip.Recorder) map[int]func() {
			return map[int]func(){301: func() { must(t, r.Begin("a", second(30), 5*time.Second, 10*time.Second)) }}
		}, 250, 400, ""},
		{"from within a picture group", clip.Settings{}, func(r *clip.Recorder) map[int]func() {
			return map[int]func(){301: func() { must(t, r.Begin("a", second(30), 4500*ms, time.Second)) }}
		}, 250, 310, ""},
		{"longer after than the ring is", clip.Settings{Ring: clip.Limits{For: 5 * time.Second}}, func(r *clip.Recorder) map[int]func() {
			return map[int]func(){301: func() { must(t, r.Begin("a", second(30), 3*time.Second, 20*time.Second)) }}
		}, 270, 500, ""},
		{"known late", clip.Settings{}, func(r *clip.Recorder) map[int]func() {
			return map[int]func(){450: func() { must(t, r.Begin("a", second(30), 5*time.Second, 10*time.Second)) }}
		}, 250, 400, ""},
		{"extended", clip.Settings{}, func(r *clip.Recorder) map[int]func() {
			return map[int]func(){
				301: func() { must(t, r.Begin("a", second(30), 5*time.Second, 10*time.Second)) },
				390: func() { must(t, r.Begin("a", second(39), 5*time.Second, 10*time.Second)) },
				395: func() { must(t, r.Begin("a", second(20), 5*time.Second, 10*time.Second)) }, // earlier: no matter
			}
		}, 250, 490, ""},
		{"before the ring began", clip.Settings{}, func(r *clip.Recorder) map[int]func() {
			return map[int]func(){21: func() { must(t, r.Begin("a", second(2), 5*time.Second, time.Second)) }}
		}, 0, 30, "does not reach back"},
		{"the camera goes down", clip.Settings{}, func(r *clip.Recorder) map[int]func() {
			return map[int]func(){
				301: func() { must(t, r.Begin("a", second(30), 5*time.Second, 10*time.Second)) },
				350: func() { r.Down("unplugged") },
			}
		}, 250, 349, "unplugged"},
		{"an alarm while it is down", clip.Settings{}, func(r *clip.Recorder) map[int]func() {
			return map[int]func(){350: func() {
				r.Down("unplugged")
				must(t, r.Begin("a", second(36), 5*time.Second, 10*time.Second))
			}}
		}, 310, 349, "unplugged"},
		{"too long", clip.Settings{Longest: 12 * time.Second}, func(r *clip.Recorder) map[int]func() {
			return map[int]func(){
				301: func() { must(t, r.Begin("a", second(30), 5*time.Second, 6*time.Second)) },
				320: func() { must(t, r.Begin("a", second(32), 5*time.Second, 10*time.Second)) },
			}
		}, 250, 370, "raise longest"},
		{"the recorder ends", clip.Settings{}, func(r *clip.Recorder) map[int]func() {
			return map[int]func(){550: func() { must(t, r.Begin("a", second(55), 5*time.Second, time.Minute)) }}
		}, 500, 599, "recording was ended"},
	} {
		t.Run(c.name, func(t *testing.T) {
			d := newDesk()
			r := recorder(t, c.settings, d.deliver)
			run(t, r, packets, c.due(r))
			clips := d.all(r)
			if len(clips) != 1 || len(clips[0].Files) != 1 || clips[0].ID != "a" || clips[0].Camera != "yard" {
				t.Fatalf("delivered %d clips: %+v", len(clips), clips)
			}
			f := clips[0].Files[0]
			if !f.From.Equal(packets[c.first].At) || !f.To.Equal(packets[c.last].At) {
				t.Errorf("from %v to %v, want %v to %v", f.From.Sub(begin), f.To.Sub(begin), packets[c.first].PTS, packets[c.last].PTS)
			}
			if missing := strings.Join(clips[0].Missing, "; "); (missing == "") != (c.missing == "") || !strings.Contains(missing, c.missing) {
				t.Errorf("missing is %q, want %q in it", missing, c.missing)
			}
			pictures := played(t, f.Data)
			if len(pictures) != c.last-c.first+1 {
				t.Fatalf("%d pictures are shown, want %d", len(pictures), c.last-c.first+1)
			}
			for i, p := range pictures {
				if d := int(p.level) - int(grey(c.first+i)); !near(p.at, time.Duration(i)*100*ms) || d < -8 || d > 8 {
					t.Fatalf("picture %d is shown at %v with level %d, want %v and %d", i, p.at, p.level, time.Duration(i)*100*ms, grey(c.first+i))
				}
			}
		})
	}
}

func TestAClipSaysWhatIsMissing(t *testing.T) {
	packets := encoded(t, 64, 48, 10, every(100*ms, 300)...)
	packets = slices.Delete(packets, 105, 150) // 4.5 s and the key pictures in them
	for _, p := range packets[105:] {          // and the stream begins anew
		p.PTS -= 15 * time.Second
	}
	d := newDesk()
	r := recorder(t, clip.Settings{}, d.deliver)
	run(t, r, packets, map[int]func(){101: func() { must(t, r.Begin("a", begin.Add(10*time.Second), 5*time.Second, 10*time.Second)) }})
	c := d.all(r)[0]
	if len(c.Files) != 1 || len(c.Missing) != 1 || !strings.Contains(c.Missing[0], "from 2026-03-14T06:00:10.650000Z to 2026-03-14T06:00:15.250000Z: the camera sent nothing") {
		t.Fatalf("%d files, missing %q", len(c.Files), c.Missing)
	}
	pictures := played(t, c.Files[0].Data)
	if n := len(pictures); n != 106 || !near(pictures[55].at, 10*time.Second) || !near(pictures[n-1].at, 15*time.Second) {
		t.Errorf("%d pictures, the one after the gap at %v, the last at %v; want 106, 10s and 15s", n, pictures[55].at, pictures[n-1].at)
	}
}

func TestTooManyClipsAreRefused(t *testing.T) {
	packets := encoded(t, 64, 48, 10, every(100*ms, 100)...)
	hold := make(chan struct{})
	var clips []clip.ID
	r := recorder(t, clip.Settings{AtOnce: 3}, func(c clip.Clip) { <-hold; clips = append(clips, c.ID) })
	ask := func(id string, at int, post time.Duration) error {
		return r.Begin(clip.ID(id), packets[at].At, time.Second, post)
	}
	var refused []error
	run(t, r, packets, map[int]func(){
		20: func() {
			for i := range 3 {
				must(t, ask(fmt.Sprint("at once ", i), 19, time.Second))
			}
			refused = append(refused, ask("one more", 19, time.Second))
			must(t, ask("at once 1", 19, 2*time.Second)) // extends
		},
		60: func() { refused = append(refused, ask("still on their way", 59, time.Second)) },
	})
	for i, err := range refused {
		if !errors.Is(err, clip.ErrFull) || !strings.Contains(err.Error(), "at_once") {
			t.Errorf("refusal %d: %v", i, err)
		}
	}
	close(hold)
	r.Close()
	slices.Sort(clips)
	if want := []clip.ID{"at once 0", "at once 1", "at once 2"}; !slices.Equal(clips, want) {
		t.Errorf("delivered %v, want %v", clips, want)
	}
	if err := ask("late", 99, 0); !errors.Is(err, clip.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
}

func TestBeginRefuses(t *testing.T) {
	d := newDesk()
	r := recorder(t, clip.Settings{}, d.deliver)
	if err := r.Begin("a", begin, time.Second, time.Second); !errors.Is(err, clip.ErrNothing) {
		t.Errorf("of a camera that sent nothing: %v", err)
	}
	packets := encoded(t, 64, 48, 10, every(100*ms, 20)...)
	run(t, r, packets, nil)
	if err := r.Begin("a", begin, -time.Second, time.Second); err == nil || !strings.Contains(err.Error(), "negative") {
		t.Errorf("a time before of less than nothing: %v", err)
	}
	r.Down("unplugged")
	if err := r.Begin("a", begin.Add(time.Hour), time.Second, time.Second); !errors.Is(err, clip.ErrNothing) {
		t.Errorf("of a camera long down: %v", err)
	}
	jpeg := packet(3*time.Second, true, 100)
	jpeg.Codec = "jpeg"
	if err := r.Packet(jpeg); !errors.Is(err, clip.ErrCodec) {
		t.Errorf("a JPEG packet: %v", err)
	}
	if err := r.Begin("a", begin.Add(3*time.Second), time.Second, time.Second); !errors.Is(err, clip.ErrCodec) {
		t.Errorf("of a JPEG camera: %v", err)
	}
	if clips := d.all(r); len(clips) != 0 {
		t.Errorf("what was refused was delivered: %+v", clips)
	}
	for _, s := range []clip.Settings{{Ring: clip.Limits{For: -1}}, {Longest: -1}, {Bytes: -1}, {Bytes: 1 << 40}, {AtOnce: -1}} {
		if _, err := clip.NewRecorder("yard", s, d.deliver); err == nil {
			t.Errorf("settings %+v were accepted", s)
		}
	}
}

func TestAClipIsBoundedInBytes(t *testing.T) {
	packets := encoded(t, 64, 48, 10, every(100*ms, 300)...)
	size := int64(0)
	for _, p := range packets[50:150] {
		size += int64(len(p.Data))
	}
	d := newDesk()
	r := recorder(t, clip.Settings{Bytes: size}, d.deliver)
	run(t, r, packets, map[int]func(){101: func() { must(t, r.Begin("a", begin.Add(10*time.Second), 5*time.Second, time.Minute)) }})
	c := d.all(r)[0]
	if len(c.Files) != 1 || c.Files[0].Frames != 100 || len(c.Missing) != 1 || !strings.Contains(c.Missing[0], "raise bytes") {
		t.Errorf("%d files of %d pictures, missing %q; want one of 100, and to hear of it", len(c.Files), c.Files[0].Frames, c.Missing)
	}
}
