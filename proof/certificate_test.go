package proof_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/mod/sumdb/note"

	"linesman/event"
	"linesman/event/eventtest"
	"linesman/proof"
)

var look = flag.String("look", "", "write the pages of the tests into this folder, to be looked at")

// batchLog writes a batch of n parts as a line does, with all that can happen in
// one, and a second batch on another line beside it.
type batchLog struct {
	*eventtest.Memory
	at time.Time
	n  int
}

func (b *batchLog) emit(line, batch, part, cause string, p event.Payload) event.Event {
	b.n++
	b.at = b.at.Add(150 * time.Millisecond)
	e := event.New("/demo/line/"+line, "line", b.at, p)
	e.Batch, e.Part, e.Cause = batch, part, cause
	e = named(e)
	id := []byte(e.ID)
	copy(id[24:], fmt.Sprintf("%012x", b.n)) // every event its own
	e.ID = string(id)
	b.Emit(e)
	return e
}

func (b *batchLog) judge(line, batch, outcome, cause string, change func(*event.PartJudged)) event.Event {
	e := judgedEvent("", outcome, change)
	p, err := event.As[event.PartJudged](e)
	if err != nil {
		panic(err)
	}
	p.Line = line
	return b.emit(line, batch, fmt.Sprintf("019caa20-b600-7f3e-9c52-%012x", b.n), cause, p)
}

// writeBatch writes batch B-2031 on caps-1.
func writeBatch(parts int) *batchLog {
	b := &batchLog{Memory: eventtest.NewMemory(), at: shutter}
	b.emit("caps-2", "B-2030", "", "", event.BatchOpened{Line: "caps-2", Recipe: "cap-38@1"})
	b.emit("caps-1", "B-2031", "", "", event.BatchOpened{Line: "caps-1", Recipe: "cap-28@3"})
	b.emit("caps-1", "", "", "", event.CameraState{Camera: "top", State: "live", Was: "connecting"})
	var a event.Account
	for i := range parts {
		outcome := "pass"
		switch {
		case i%40 == 3:
			outcome = "fail"
		case i%97 == 5:
			outcome = "inconclusive"
		}
		e := b.judge("caps-1", "B-2031", outcome, "", func(p *event.PartJudged) {
			if i >= parts/2 {
				p.Recipe, p.RecipeHash = "cap-28@4", hash("e")
			}
			p.Late = outcome == "inconclusive" && i%2 == 0
		})
		if i == 11 {
			over := event.New("/demo/line/caps-1", "part", b.at, event.PartJudged{Line: "caps-1", Outcome: "inconclusive", Late: true, Model: "cap-v7@3", ModelHash: hash("b"), Recipe: "cap-28@3", RecipeHash: hash("a")})
			p, _ := event.As[event.PartJudged](over)
			b.emit("caps-1", "B-2031", e.Part, e.ID, p)
			outcome = "inconclusive"
		}
		if i%10 == 0 {
			b.judge("caps-2", "B-2030", "fail", "", nil)
		}
		a.Found, a.AtGate, a.Verdicts, a.FramesReceived, a.FramesTriggered = a.Found+1, a.AtGate+1, a.Verdicts+1, a.FramesReceived+1, a.FramesTriggered+1
		if outcome == "pass" {
			a.Passes, a.Exited = a.Passes+1, a.Exited+1
		} else {
			a.Rejects, a.Ejected = a.Rejects+1, a.Ejected+1
		}
	}
	b.emit("caps-1", "B-2031", "", "", event.LineHeld{Line: "caps-1", Held: true, By: "controller", Why: "our heartbeat is older than 200 ms"})
	b.emit("caps-1", "B-2031", "", "", event.LineHeld{Line: "caps-1", Held: false, By: "controller", Why: "released"})
	b.emit("caps-1", "", "", "", event.CameraState{Camera: "top", State: "frozen", Was: "live", Why: "the same picture 12 times"})
	b.emit("caps-2", "B-2030", "", "", event.LineHeld{Line: "caps-2", Held: true, By: "controller", Why: "somebody else's"})
	for i := range 30 {
		b.emit("caps-1", "B-2031", "", "", event.ChallengeResult{Line: "caps-1", Kind: "missing print", Want: "fail", Outcome: "fail", Right: i != 4})
		b.emit("caps-1", "B-2031", "", "", event.ChallengeResult{Line: "caps-1", Kind: "good", Want: "pass", Outcome: "pass", Right: true})
	}
	b.emit("caps-1", "B-2031", "", "", event.BatchClosed{Line: "caps-1", Recipe: "cap-28@4", Account: a, Balanced: true})
	b.emit("caps-1", "", "", "", event.RingLost{Count: 12, From: shutter.Add(time.Second), To: shutter.Add(2 * time.Second), Why: "ring full"})
	b.emit("caps-1", "", "", "", event.EvidenceDropped{Class: "reject", Why: "queue full", Count: 3, From: shutter, To: shutter.Add(time.Second)})
	b.emit("caps-1", "", "", "", event.AuditSigned{User: "li", Name: "Li Wei", Role: "quality", Meaning: "reviewed", Subject: "batch B-2031", SHA256: hash("f")})
	b.emit("caps-1", "", "", "", event.AuditSigned{User: "li", Name: "Li Wei", Role: "quality", Meaning: "approved", Subject: "batch B-1", SHA256: hash("f")})
	return b
}

// signer signs heads with the same key at every run.
func signer(t testing.TB) (note.Signer, string) {
	t.Helper()
	private, public, err := note.GenerateKey(rand.NewChaCha8([32]byte{7}), "demo")
	if err != nil {
		t.Fatal(err)
	}
	key, err := note.NewSigner(private)
	if err != nil {
		t.Fatal(err)
	}
	return key, public
}

// head signs what is in the log now.
func (b *batchLog) head(t testing.TB) (signed, verifier string) {
	t.Helper()
	key, verifier := signer(t)
	events := b.Events()
	h := event.Head{Site: "demo", Seq: events[len(events)-1].Seq, Time: b.at.Truncate(time.Second), Files: []event.FileHead{
		{File: "record-2026-03-01", Size: 812, Root: [32]byte{1, 2, 3}}, {File: "parts-2026-03-01", Size: 96_114, Root: [32]byte{4, 5, 6}},
	}}
	signed, err := h.Sign(key)
	if err != nil {
		t.Fatal(err)
	}
	return signed, verifier
}

func certify(t testing.TB, b *batchLog, w proof.Wanted) proof.Certificate {
	t.Helper()
	if w.Head == "" {
		w.Head, w.Verifier = b.head(t)
	}
	c, err := proof.Certify(context.Background(), b, w)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func shanghai(t testing.TB) *time.Location {
	t.Helper()
	zone, err := time.LoadLocation("Asia/Shanghai")
	if err != nil {
		t.Fatal(err)
	}
	return zone
}

func TestCertify(t *testing.T) {
	b := writeBatch(400)
	c := certify(t, b, proof.Wanted{Batch: "B-2031", Zone: shanghai(t), Version: "0.1"})
	// 400 parts, 10 of them fail (3, 43, ...), 5 inconclusive (5, 102, 199, 296,
	// 393), and one pass that was overruled.
	if want := (proof.Counts{Pass: 384, Fail: 10, Inconclusive: 6, Late: 3, Overruled: 1}); c.Counts != want {
		t.Errorf("counts %+v\nwant   %+v", c.Counts, want)
	}
	var out bytes.Buffer
	if err := c.JSON(&out); err != nil {
		t.Fatal(err)
	}
	golden(t, "certificate.json", out.Bytes())
	out.Reset()
	if err := c.HTML(&out); err != nil {
		t.Fatal(err)
	}
	golden(t, "certificate.html", out.Bytes())
	show(t, "certificate", c)
}

// show writes the pages for somebody to look at.
func show(t *testing.T, name string, c proof.Certificate) {
	t.Helper()
	if *look == "" {
		return
	}
	for ending, write := range pages(c) {
		var page bytes.Buffer
		if err := write(&page); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(*look, name+"."+ending), page.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// A full page: many alarms, several batches, names in other letters.
func TestCertifyFull(t *testing.T) {
	b := writeBatch(1200)
	var a event.Account
	for i := range 3 {
		batch := fmt.Sprintf("批次-%d", i)
		b.emit("caps-1", batch, "", "", event.BatchOpened{Line: "caps-1"})
		for range 30 {
			b.judge("caps-1", batch, "pass", "", nil)
		}
		a = event.Account{FramesReceived: 41_000, FramesTriggered: 41_001, Found: 41_000, AtGate: 40_990, Verdicts: 41_000, Passes: 40_100, Rejects: 900, Ejected: 905, Exited: 40_085, Lost: 9, Travelling: 1}
		b.emit("caps-1", batch, "", "", event.LedgerMismatch{Line: "caps-1", What: "parts found 41000, verdicts 41001", Account: a})
		b.emit("caps-1", batch, "", "", event.PartSuspect{Line: "caps-1", Why: "a part went on that no gate sensor saw"})
		b.emit("caps-1", batch, "", "", event.PLCState{Controller: "plc-1", State: "lost", Why: "read tcp 10.0.0.7:502: connection reset by peer"})
		b.emit("caps-1", batch, "", "", event.PartLost{Line: "caps-1", Count: 3, Why: "slipped"})
		b.emit("caps-1", batch, "", "", event.LogDamaged{File: "parts-2026-03-01", Why: "page 7 is corrupt"})
		b.emit("caps-1", batch, "", "", event.LineState{Line: "caps-1", State: "blind", Why: "camera 顶部 is frozen: the same picture twelve times in a row"})
		b.emit("caps-1", batch, "", "", event.BatchClosed{Line: "caps-1", Account: a, Balanced: i == 0})
	}
	for _, kind := range []string{"chip", "spot", "crack", "stain", "wrong colour", "foreign part", "empty half", "dent"} {
		b.emit("caps-1", "", "", "", event.ChallengeResult{Line: "caps-1", Kind: kind, Want: "fail", Outcome: "fail", Right: true})
	}
	c := certify(t, b, proof.Wanted{Line: "caps-1", Shift: "早班", From: shutter, To: shutter.Add(8 * time.Hour), Zone: shanghai(t), Version: "0.1"})
	if c.Counts.Lost != 9 || c.Counts.Suspect != 3 || len(c.Accounts) != 4 || c.Accounts[2].Mismatches != 1 || c.Accounts[2].Balanced {
		t.Errorf("counts %+v, accounts %+v", c.Counts, c.Accounts)
	}
	show(t, "full", c)
	var page bytes.Buffer
	if err := c.PDF(&page); err != nil {
		t.Fatal(err)
	}
	if n := bytes.Count(page.Bytes(), []byte("/Type /Page\n")); n != 1 {
		t.Errorf("%d pages, want one", n)
	}
}

// The same figures must come out of a stretch of time that covers the batch.
func TestCertifyTime(t *testing.T) {
	b := writeBatch(400)
	batch := certify(t, b, proof.Wanted{Batch: "B-2031"})
	c := certify(t, b, proof.Wanted{Line: "caps-1", Shift: "early", From: shutter, To: shutter.Add(time.Hour)})
	if c.Counts != batch.Counts || !c.Open {
		t.Errorf("counts %+v open %v, the batch's are %+v; the head is of before the end, so it is open", c.Counts, c.Open, batch.Counts)
	}
	if d := cmp.Diff(batch.Accounts, c.Accounts); d != "" {
		t.Errorf("accounts (-batch +time):\n%s", d)
	}
	half := certify(t, b, proof.Wanted{Line: "caps-1", From: shutter, To: shutter.Add(30 * time.Second)})
	if n := half.Counts.Judged(); n == 0 || n >= c.Counts.Judged() || len(half.Accounts) != 0 || half.Open {
		t.Errorf("half a minute has %d of %d parts, %d accounts, open %v", n, c.Counts.Judged(), len(half.Accounts), half.Open)
	}
}

func TestCertifyRefuses(t *testing.T) {
	b := writeBatch(10)
	b.emit("caps-2", "B-2031", "", "", event.BatchOpened{Line: "caps-2"})
	head, verifier := b.head(t)
	for _, tc := range []struct {
		name, want string
		wanted     proof.Wanted
	}{
		{"a batch of two lines", "ran on the lines caps-1, caps-2", proof.Wanted{Batch: "B-2031"}},
		{"no such batch", `no batch "B-7"`, proof.Wanted{Batch: "B-7"}},
		{"not on that line", "did not run on line caps-1", proof.Wanted{Batch: "B-2030", Line: "caps-1"}},
		{"no line", "name the line", proof.Wanted{From: shutter, To: shutter.Add(1)}},
		{"no time", "want a batch, or a time", proof.Wanted{Line: "caps-1"}},
		{"backwards", "want a batch, or a time", proof.Wanted{Line: "caps-1", From: shutter.Add(1), To: shutter}},
		{"to come", "has not begun", proof.Wanted{Line: "caps-1", From: shutter.Add(time.Hour), To: shutter.Add(2 * time.Hour)}},
	} {
		tc.wanted.Head, tc.wanted.Verifier = head, verifier
		if _, err := proof.Certify(context.Background(), b, tc.wanted); !errors.Is(err, proof.ErrWanted) || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", tc.name, err, tc.want)
		}
	}
	if _, err := proof.Certify(context.Background(), b, proof.Wanted{Batch: "B-2031", Head: head + "x", Verifier: verifier}); !errors.Is(err, event.ErrHead) {
		t.Errorf("a head that is not signed: %v", err)
	}
}

// A page tells its data to ReadCertificate, in every form, byte for byte the
// same at every run.
func TestReadCertificate(t *testing.T) {
	b := writeBatch(100)
	c := certify(t, b, proof.Wanted{Batch: "B-2031", Zone: shanghai(t)})
	for name, write := range pages(c) {
		var page, between, again bytes.Buffer
		other := c
		other.Batch = "Ω ÄÖÜ ñ ç" // composed letters, in a page of its own
		if err := errors.Join(write(&page), other.PDF(&between), write(&again)); err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if !bytes.Equal(page.Bytes(), again.Bytes()) {
			t.Errorf("%s: two runs differ", name)
		}
		got, err := proof.ReadCertificate(bytes.NewReader(page.Bytes()))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if d := cmp.Diff(c, got); d != "" {
			t.Errorf("%s (-written +read):\n%s", name, d)
		}
		if ok, err := got.Matches(page.Bytes()); err != nil || !ok {
			t.Errorf("%s: the page does not match its own data: %v", name, err)
		}
	}
}

func TestReadCertificateRefuses(t *testing.T) {
	b := writeBatch(20)
	c := certify(t, b, proof.Wanted{Batch: "B-2031"})
	var html, text bytes.Buffer
	if err := errors.Join(c.HTML(&html), c.JSON(&text)); err != nil {
		t.Fatal(err)
	}
	page, data := html.String(), text.String()
	for _, tc := range []struct{ name, page, want string }{
		{"nothing", "", "neither HTML nor PDF"},
		{"a letter", "Dear auditor", "neither HTML nor PDF"},
		{"another page", "<!DOCTYPE html><p>", "begin 0 times"},
		{"two data", strings.Replace(page, "<body>", `<body><script type="application/json" id="certificate">{}</script>`, 1), "begin 2 times"},
		{"cut", page[:len(page)-500], "do not end"},
		{"another form", strings.Replace(data, `"certificate": 1`, `"certificate": 2`, 1), "form 2"},
		{"another seq", strings.Replace(data, fmt.Sprintf(`"seq": %d,`, c.Seq), `"seq": 5,`, 1), "its head seq"},
		{"another head", strings.Replace(data, "seq ", "seq 1", 1), "log head refused"},
		{"another key", strings.Replace(data, c.Verifier, "demo+00000000+AAAA", 1), "log head refused"},
		{"a name without end", strings.Replace(data, `"batch": "B-2031"`, `"batch": "`+strings.Repeat("B", 2000)+`"`, 1), "2000 bytes"},
		{"more behind", data + "{}", "follows"},
	} {
		_, err := proof.ReadCertificate(strings.NewReader(tc.page))
		if !errors.Is(err, proof.ErrNoCertificate) || !strings.Contains(err.Error(), tc.want) {
			t.Errorf("%s: %v, want %q", tc.name, err, tc.want)
		}
	}
}

// A figure changed in the page's text alone shows in Matches, one changed in its
// data in Recount.
func TestAlteredPage(t *testing.T) {
	b := writeBatch(100)
	c := certify(t, b, proof.Wanted{Batch: "B-2031"})
	if diff, err := proof.Recount(context.Background(), b, c); err != nil || len(diff) != 0 {
		t.Fatalf("recount of an honest page: %q, %v", diff, err)
	}
	var html bytes.Buffer
	if err := c.HTML(&html); err != nil {
		t.Fatal(err)
	}
	forged := strings.Replace(html.String(), "<td>pass</td><td>95", "<td>pass</td><td>98", 1)
	if forged == html.String() {
		t.Fatal("nothing was forged")
	}
	if ok, err := c.Matches([]byte(forged)); err != nil || ok {
		t.Errorf("a forged text matches its data (%v)", err)
	}
	for name, change := range map[string]func(*proof.Certificate){
		"pass":             func(c *proof.Certificate) { c.Counts.Pass++ },
		"late":             func(c *proof.Certificate) { c.Counts.Late = 0 },
		"account of batch": func(c *proof.Certificate) { c.Accounts = nil },
		"challenges":       func(c *proof.Certificate) { c.Challenges[1].Right++ },
		"alarm":            func(c *proof.Certificate) { c.Alarms = c.Alarms[1:] },
		"loss":             func(c *proof.Certificate) { c.Losses = nil },
		"recipe":           func(c *proof.Certificate) { c.Recipes[0].SHA256 = hash("0") },
		"signature":        func(c *proof.Certificate) { c.Signatures[0].Meaning = "approved" },
		"camera":           func(c *proof.Certificate) { c.Eyes[0].Down = 0 },
		"pictures":         func(c *proof.Certificate) { c.Pictures = nil },
	} {
		forged := certify(t, b, proof.Wanted{Batch: "B-2031"})
		change(&forged)
		diff, err := proof.Recount(context.Background(), b, forged)
		if err != nil || len(diff) == 0 || !strings.HasPrefix(diff[0], name) {
			t.Errorf("%s: recount says %q, %v", name, diff, err)
		}
	}
}

// What comes after the head changes nothing in a recount.
func TestRecountLater(t *testing.T) {
	b := writeBatch(50)
	c := certify(t, b, proof.Wanted{Line: "caps-1", From: shutter, To: shutter.Add(time.Hour)})
	b.judge("caps-1", "B-2032", "fail", "", nil)
	b.emit("caps-1", "", "", "", event.RingLost{Count: 1, From: shutter, To: shutter, Why: "told late"})
	if diff, err := proof.Recount(context.Background(), b, c); err != nil || len(diff) != 0 {
		t.Errorf("%q, %v; want no difference", diff, err)
	}
}

// Passes that retention took are counted by the minute.
func TestCertifyExpired(t *testing.T) {
	whole := certify(t, writeBatch(400), proof.Wanted{Batch: "B-2031"})
	b := &batchLog{Memory: eventtest.NewMemory(), at: shutter}
	for _, e := range writeBatch(400).Events() {
		if p, err := event.As[event.PartJudged](e); err == nil && p.Outcome == "pass" {
			continue
		}
		b.Emit(e)
		b.at = e.Time
	}
	b.n = 1000
	for i, pass := range []uint64{200, 185, 0} {
		if i == 2 {
			pass-- // the pass that was overruled is taken back in a later minute
		}
		b.emit("caps-1", "B-2031", "", "", event.LineMinute{Line: "caps-1", From: shutter.Add(time.Duration(i) * time.Minute / 2), Pass: pass})
	}
	b.at = b.at.Add(40 * 24 * time.Hour)
	b.emit("caps-1", "", "", "", event.LogDropped{File: "parts-2026-03-01", From: shutter.Truncate(24 * time.Hour), To: shutter.Add(11 * time.Hour), Why: "age"})
	c := certify(t, b, proof.Wanted{Batch: "B-2031"})
	if c.Counts.Pass != whole.Counts.Pass || c.Expired == nil || c.Expired.Minutes != 3 || c.Counts.Fail != whole.Counts.Fail {
		t.Errorf("counts %+v, expired %+v; want the passes of %+v", c.Counts, c.Expired, whole.Counts)
	}
}

func BenchmarkPage(b *testing.B) {
	c := certify(b, writeBatch(100), proof.Wanted{Batch: "B-2031"})
	for name, write := range pages(c) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := write(io.Discard); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// pages are the forms a certificate is written in.
func pages(c proof.Certificate) map[string]func(io.Writer) error {
	return map[string]func(io.Writer) error{"html": c.HTML, "pdf": c.PDF, "json": c.JSON}
}

func FuzzReadCertificate(f *testing.F) {
	var data bytes.Buffer
	if err := certify(f, writeBatch(20), proof.Wanted{Batch: "B-2031"}).JSON(&data); err != nil {
		f.Fatal(err)
	}
	f.Add(data.Bytes()) // whole pages are long, and all that is read of them is this
	f.Add([]byte("<!DOCTYPE html>" + `<script type="application/json" id="certificate">` + data.String() + "</script>"))
	f.Add([]byte("%PDF-1.3\n<linesman:certificate>" + data.String() + "</linesman:certificate>"))
	f.Add([]byte("<!DOCTYPE html>" + `<script type="application/json" id="certificate">{"certificate":1}</script>`))
	f.Fuzz(func(t *testing.T, page []byte) {
		c, err := proof.ReadCertificate(bytes.NewReader(page))
		if err != nil {
			if !errors.Is(err, proof.ErrNoCertificate) {
				t.Errorf("the refusal is no ErrNoCertificate: %v", err)
			}
			return
		}
		var again bytes.Buffer
		if err := c.JSON(&again); err != nil { // whatever was read can be written, and read again
			t.Fatal(err)
		}
		if _, err := proof.ReadCertificate(&again); err != nil {
			t.Errorf("written again it is refused: %v", err)
		}
	})
}
