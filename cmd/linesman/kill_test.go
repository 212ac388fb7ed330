package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"linesman/event"
	"linesman/event/sqlite"
	"linesman/line"
	"linesman/plc"
	"linesman/plc/modbus"
	"linesman/sim"
	"linesman/sim/draw"
)

// kills is how often the appliance is killed in each mode. A release takes
//
//	go test ./cmd/linesman -run Kill -timeout 60m -v -args -kills 50
var kills = flag.Int("kills", 5, "how often the appliance is killed on a running line, in each mode")

// TestKill kills the appliance with signal 9 again and again while the drawn
// line, a process of its own, runs on; some of the kills hit its start. The drawn
// line's own report says what went to the good side: no part without a verdict
// that passed it. Whatever has no verdict is named in the log, and the account
// closes again after each start.
func TestKill(t *testing.T) {
	binary, model := build(t)
	for i, mode := range []string{line.ModeQueue, line.ModePulse} {
		t.Run(mode, func(t *testing.T) {
			killOften(t, &victim{t: t, binary: binary, model: model, mode: mode, dir: t.TempDir(), seed: uint64(i + 1)})
		})
	}
}

// shop is where the tests' own appliance is built and taught, once for all of them.
var shop struct {
	dir  func() (string, error)
	made string // the folder, once it is there
	// The program, and the folder of its model: each is made when it is first asked for.
	binary, model func() (string, error)
}

// shopTeaching in the environment of a process of these tests is the folder that it
// teaches drawn caps in.
const shopTeaching = "LINESMAN_TEST_SHOP"

func init() {
	shop.dir = sync.OnceValues(func() (dir string, err error) {
		shop.made, err = os.MkdirTemp("", "linesman-test-")
		return shop.made, err
	})
	shop.binary = sync.OnceValues(func() (string, error) {
		dir, err := shop.dir()
		if err != nil {
			return "", err
		}
		binary := filepath.Join(dir, "linesman")
		if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
			return "", fmt.Errorf("go build: %w: %s", err, out)
		}
		return binary, nil
	})
	shop.model = sync.OnceValues(func() (string, error) {
		dir, err := shop.dir()
		if err != nil {
			return "", err
		}
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), shopTeaching+"="+dir)
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("teaching drawn caps: %w: %s", err, out)
		}
		return filepath.Join(dir, "model"), nil
	})
}

// teachShop draws caps and teaches them.
func teachShop(dir string) error {
	l := sim.Caps.Layout()
	drawn := draw.Recording{Spec: draw.Spec{Layout: l, Seed: 3, Good: 1}, RatePerHour: 36000, Camera: "top", Start: time.Unix(0, 0), TeachGood: 60}
	if err := draw.Record(filepath.Join(dir, "drawn"), drawn); err != nil {
		return err
	}
	teach := TeachCmd{Good: filepath.Join(dir, "drawn", "teach"), Recipe: filepath.Join(dir, "recipe.yaml"), Out: filepath.Join(dir, "model"),
		MMPerPx: l.MMPerPx, MM: l.DiameterMM, Belt: "+x", Lanes: 1, Threads: 2}
	return teach.Run(context.Background())
}

func TestMain(m *testing.M) {
	if dir := os.Getenv(changingDir); dir != "" {
		if err := changing(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if program := os.Getenv(teachingProgram); program != "" {
		if err := teaching(program); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if dir := os.Getenv(shopTeaching); dir != "" {
		if err := teachShop(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	code := m.Run()
	if err := os.RemoveAll(shop.made); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
	os.Exit(code)
}

// build builds the appliance, and has drawn caps taught, side by side: a program that is
// watched for races keeps no line's pace.
func build(t testing.TB) (binary, model string) {
	t.Helper()
	var both sync.WaitGroup
	both.Go(func() { _, _ = shop.binary() }) // the error is there when it is asked for again
	both.Go(func() { _, _ = shop.model() })
	both.Wait()
	return program(t), taught(t)
}

// program is the appliance of build, for a test that needs no model.
func program(t testing.TB) string {
	t.Helper()
	binary, err := shop.binary()
	if err != nil {
		t.Fatal(err)
	}
	return binary
}

// taught is the model of build, for a test that runs no program.
func taught(t testing.TB) string {
	t.Helper()
	model, err := shop.model()
	if err != nil {
		t.Fatal(err)
	}
	return model
}

// victim is an appliance, and the drawn line that outlives it.
type victim struct {
	t                         testing.TB
	binary, model, mode, dir  string
	seed                      uint64
	rate                      int    // parts an hour; 36,000 unless set
	changing                  string // the program that runs the appliance and changes its recipe; "" for the appliance alone
	plcAddress, framesAddress string
	listen                    string // the page's address; any port unless set
	control                   string // where the drawn line takes orders; nowhere unless set
	products                  string // that the controller asks for by number, as the site file writes them
	run                       *exec.Cmd
	said                      *bytes.Buffer
	blind                     []time.Duration // from a kill to the first part that passes again
	killed                    []time.Time
}

func killOften(t *testing.T, v *victim) {
	rng := rand.New(rand.NewPCG(v.seed, 9))
	v.plcAddress, v.framesAddress = free(t), free(t)
	v.writeSite()
	endSim := v.startSim()
	v.start()
	var killed time.Time
	for round := range *kills {
		if round > 0 && rng.IntN(4) == 0 { // in the middle of its start
			time.Sleep(time.Duration(rng.IntN(1500)) * time.Millisecond)
		} else {
			v.passing(killed)
			time.Sleep(time.Duration(rng.IntN(1500)) * time.Millisecond)
		}
		killed = time.Now()
		if err := v.run.Process.Kill(); err != nil {
			t.Fatal(err)
		}
		_ = v.run.Wait() // it was killed
		v.killed = append(v.killed, killed)
		v.start()
	}
	v.passing(killed)
	v.end(v.run)
	endSim()
	v.judge()
}

// free returns an address nobody listens on.
func free(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func (v *victim) writeSite() {
	v.t.Helper()
	l := sim.Caps.Layout()
	response := "12ms"
	if v.mode == line.ModePulse {
		response = "18ms" // half a scan more
	}
	files := map[string]string{
		"site.yaml": fmt.Sprintf(`site: plant
listen: %s
cameras: {top: {driver: sim, product: caps, address: "%s"}}
controllers: {plc-1: {driver: modbus, url: "tcp://%s"}}
lines:
  caps-1:
    min_pitch_mm: 36
    max_mm_s: 1000
    encoder: {controller: plc-1, point: encoder, per_mm: %g}
    views: [{camera: top, at_mm: %g, mm_per_px: %g, exposure: 40us}]
    gates: [{at_mm: %g, lanes: [1], controller: plc-1, mode: %s, point: pass, response: %s, window_mm: 14, confirm: ejected, confirm_mm: 40, exit: good_count, exit_mm: 60}]
    recipe: recipe.yaml
    products: {%s}
`, cmp.Or(v.listen, "127.0.0.1:0"), v.framesAddress, v.plcAddress, l.PerMM, l.CameraMM, l.MMPerPx, l.GateMM, v.mode, response, v.products),
		"recipe.yaml": fmt.Sprintf("recipe: caps\nversion: 1\npart: {diameter_mm: %g}\nmodel: %s\n", l.DiameterMM, v.model),
	}
	for name, text := range files {
		if err := os.WriteFile(filepath.Join(v.dir, name), []byte(text), 0o644); err != nil {
			v.t.Fatal(err)
		}
	}
}

func (v *victim) report() string { return filepath.Join(v.dir, "report.jsonl") }

// startSim starts the drawn line and waits for its first line, which says that
// it listens. The function returned ends it.
func (v *victim) startSim() (end func()) {
	v.t.Helper()
	cmd := exec.Command(v.binary, "sim", "--product", "caps", "--rate", fmt.Sprint(cmp.Or(v.rate, 36000)), "--seed", fmt.Sprint(v.seed), "--defects", "0.1", "--mode", v.mode,
		"--plc", v.plcAddress, "--frames", v.framesAddress, "--rtsp=", "--control="+v.control, "--report", v.report())
	out, err := cmd.StdoutPipe()
	if err != nil {
		v.t.Fatal(err)
	}
	var broken bytes.Buffer
	cmd.Stderr = &broken
	if err := cmd.Start(); err != nil {
		v.t.Fatal(err)
	}
	v.t.Cleanup(func() { _ = cmd.Process.Kill() }) // where the test ends early
	said := bufio.NewReader(out)
	if _, err := said.ReadString('\n'); err != nil {
		v.t.Fatalf("the drawn line did not start: %s", &broken)
	}
	return func() { v.end(cmd) }
}

// start starts the appliance.
func (v *victim) start() {
	v.t.Helper()
	v.said = &bytes.Buffer{}
	v.run = exec.Command(v.binary, "run", "-c", filepath.Join(v.dir, "site.yaml"))
	if v.changing != "" {
		v.run = exec.Command(v.changing)
		v.run.Env = append(os.Environ(), changingDir+"="+v.dir)
	}
	v.run.Stdout, v.run.Stderr = io.Discard, v.said
	if err := v.run.Start(); err != nil {
		v.t.Fatal(err)
	}
	process := v.run.Process
	v.t.Cleanup(func() { _ = process.Kill() })
}

// end asks a process to end and waits for it.
func (v *victim) end(cmd *exec.Cmd) {
	v.t.Helper()
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		v.t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		v.t.Errorf("%s ended with %v: %s", cmd.Args[1], err, v.said)
	}
}

// passing is the operator: as long as no part passes that came after began, the
// hold is released at the controller, as with linesman line release. killed is
// when the appliance before was, zero at first.
func (v *victim) passing(killed time.Time) {
	v.t.Helper()
	began := time.Now()
	own := began // before, entries of the killed one may still pass their parts
	if heart := killed.Add(300 * time.Millisecond); own.Before(heart) {
		own = heart
	}
	for time.Since(began) < time.Minute {
		v.release()
		time.Sleep(100 * time.Millisecond)
		fates := v.fates()
		if n := len(fates); n > 0 && fates[n-1].Side == "passed" && fates[n-1].At.After(own) {
			if !killed.IsZero() {
				v.blind = append(v.blind, fates[n-1].At.Sub(killed).Round(10*time.Millisecond))
			}
			return
		}
	}
	v.t.Fatalf("no part passes a minute after the start; the appliance says: %s", v.said)
}

// release ends a hold; while the controller sees no heartbeat it stays.
func (v *victim) release() {
	link, err := modbus.New(modbus.Settings{URL: "tcp://" + v.plcAddress})
	if err != nil {
		v.t.Fatal(err)
	}
	c, err := link.Dial(context.Background())
	if err != nil {
		v.t.Fatal(err)
	}
	defer c.Close()
	st, err := c.Read(context.Background())
	if err == nil && st.Held && st.Why&plc.HoldBoot == 0 {
		err = c.Release(context.Background())
	}
	if err != nil {
		v.t.Fatal(err)
	}
}

func (v *victim) fates() (all []gated) {
	v.t.Helper()
	text, err := os.ReadFile(v.report())
	if err != nil {
		v.t.Fatal(err)
	}
	for _, row := range strings.SplitAfter(string(text), "\n") {
		if !strings.HasSuffix(row, "\n") {
			break // being written
		}
		var g gated
		if err := json.Unmarshal([]byte(row), &g); err != nil {
			v.t.Fatal(err)
		}
		all = append(all, g)
	}
	return all
}

// judge compares the drawn line's report with the log.
func (v *victim) judge() {
	events := v.events()
	type verdict struct {
		outcome string
		due     int64
	}
	verdicts := map[string]verdict{}
	var unclosed, unbalanced int
	for _, e := range events {
		if j, err := event.As[event.PartJudged](e); err == nil {
			verdicts[e.Part] = verdict{j.Outcome, j.Due.Count}
		}
		if l, err := event.As[event.PartLost](e); err == nil && strings.Contains(l.Why, "was not closed") {
			unclosed++
		}
		if m, err := event.As[event.LedgerMismatch](e); err == nil && m.Lane == 0 {
			unbalanced++
			v.t.Errorf("the account does not close: %s", m.What)
		}
	}
	var dark []time.Duration // from a kill to the next verdict, of this start or a later one
	for _, k := range v.killed {
		for _, e := range events {
			if e.Type == (event.PartJudged{}).EventType() && e.Time.After(k) {
				dark = append(dark, e.Time.Sub(k).Round(10*time.Millisecond))
				break
			}
		}
	}
	const window = 7*4 + 1 // counts
	var passed, rejected, unjudged, silent, escapes int
	fates := v.fates()
	for i, f := range fates {
		outcome := ""
		for _, w := range verdicts {
			if d := w.due - int64(f.Tick); max(d, -d) <= window && outcome != "pass" {
				outcome = w.outcome
			}
		}
		switch {
		case f.Side != "passed":
			rejected++
		case outcome != "pass":
			unjudged++
			v.t.Errorf("part %d (%s) at tick %d went to the good side; the log's verdict: %q", f.N, f.Kind, f.Tick, outcome)
		case f.Kind != sim.Good:
			escapes++ // the model's mistake, which is counted elsewhere
			passed++
		default:
			passed++
		}
		// The last parts met the gate after the appliance had ended.
		if outcome == "" && i < len(fates)-40 && !namedAt(events, int64(f.Tick)) {
			silent++
			v.t.Errorf("part %d at tick %d, %s: no verdict, and no event names its tick", f.N, f.Tick, f.Side)
		}
	}
	if unclosed == 0 {
		v.t.Error("no event says that a batch was not closed")
	}
	v.t.Logf("%s: %d kills; at the gate %d passed, %d rejected; on the good side without a verdict that passes: %d; without verdict and not named: %d; passed by the model though defective: %d; batches not closed, as told: %d; account open: %d times; from the kill to the next verdict %v, to the next part that passes, with the operator's release and the way to the gate, %v",
		v.mode, *kills, passed, rejected, unjudged, silent, escapes, unclosed, unbalanced, dark, v.blind)
}

func (v *victim) events() []event.Event {
	v.t.Helper()
	log, err := sqlite.Open(sqlite.Settings{Dir: filepath.Join(v.dir, "data", "log"), Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err != nil {
		v.t.Fatal(err)
	}
	defer log.Close()
	var all []event.Event
	for {
		var after uint64
		if n := len(all); n > 0 {
			after = all[n-1].Seq
		}
		more, err := log.Read(v.t.Context(), event.Filter{After: after})
		if err != nil {
			v.t.Fatal(err)
		}
		if len(more) == 0 {
			return all
		}
		all = append(all, more...)
	}
}

// namedAt reports whether an event names that place of the belt as lost or
// doubtful.
func namedAt(events []event.Event, tick int64) bool {
	within := func(from, to event.Tick) bool { return from.Count <= tick && tick <= to.Count }
	for _, e := range events {
		if l, err := event.As[event.PartLost](e); err == nil && within(l.From, l.To) {
			return true
		}
		if s, err := event.As[event.PartSuspect](e); err == nil && within(s.From, s.To) {
			return true
		}
		if m, err := event.As[event.LedgerMismatch](e); err == nil && within(m.From, m.To) {
			return true
		}
	}
	return false
}
