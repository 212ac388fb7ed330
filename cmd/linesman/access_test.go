package main

import (
	"context"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"linesman/access"
	"linesman/api"
	"linesman/api/apitest"
	"linesman/event"
	"linesman/event/sqlite"
)

const accessSite = `site: demo
listen: "LISTEN"
cameras:
  top: {driver: sim, product: caps}
controllers:
  plc-1: {driver: modbus, url: "tcp://127.0.0.1:1502"}
lines:
  caps-1:
    zero: trigger
    min_pitch_mm: 40
    max_mm_s: 1000
    encoder: {controller: plc-1, point: encoder, per_mm: 4, bits: 32}
    views: [{camera: top, at_mm: 120, mm_per_px: 0.1, belt: +x, exposure: 40us}]
    gates: [{at_mm: 850, lanes: [1], controller: plc-1, mode: queue, point: pass, response: 12ms, window_mm: 14, confirm: ejected, exit: good_count}]
    recipe: cap-28.yaml
`

// accessPlant writes a site that listens at an address.
func accessPlant(t *testing.T, listen string) SiteFlag {
	t.Helper()
	path := filepath.Join(t.TempDir(), "site.yaml")
	must(t, os.WriteFile(path, []byte(strings.Replace(accessSite, "LISTEN", listen, 1)), 0o600))
	return SiteFlag{path}
}

// says runs a command with text on its standard input, and returns what it
// prints.
func says(t *testing.T, in string, run func(context.Context) error) (string, error) {
	t.Helper()
	swap := func(file **os.File, with *os.File) func() {
		old := *file
		*file = with
		return func() { *file = old }
	}
	stdin, err := os.CreateTemp(t.TempDir(), "in")
	must(t, err)
	_, err = stdin.WriteString(in)
	must(t, err)
	_, err = stdin.Seek(0, io.SeekStart)
	must(t, err)
	stdout, err := os.CreateTemp(t.TempDir(), "out")
	must(t, err)
	defer swap(&os.Stdin, stdin)()
	defer swap(&os.Stdout, stdout)()
	failed := run(t.Context())
	out, err := os.ReadFile(stdout.Name())
	must(t, err)
	return string(out), failed
}

func TestUsersAndTokens(t *testing.T) {
	site := accessPlant(t, "127.0.0.1:8080")
	stdin := PasswordFlag{PasswordStdin: true}
	for _, c := range []struct {
		name  string
		in    string
		run   func(context.Context) error
		says  string // printed
		fails string // or in the error
	}{
		{"no user", "", (&UserListCmd{site}).Run, "no users yet", ""},
		{"add", "korrekt-pferd-7\n", (&UserAddCmd{SiteFlag: site, PasswordFlag: stdin, User: "li", Name: "Li Wei", Role: "quality", Line: []string{"caps-1"}}).Run, "li added", ""},
		{"a short password", "kurz\n", (&UserAddCmd{SiteFlag: site, PasswordFlag: stdin, User: "wu", Role: "viewer"}).Run, "", "fewer than 10"},
		{"no terminal", "korrekt-pferd-7\n", (&UserAddCmd{SiteFlag: site, User: "wu", Role: "viewer"}).Run, "", "--password-stdin"},
		{"no such line", "korrekt-pferd-7\n", (&UserAddCmd{SiteFlag: site, PasswordFlag: stdin, User: "wu", Role: "viewer", Line: []string{"caps-2"}}).Run, "", `"caps-2" is not among [caps-1]`},
		{"no such role", "korrekt-pferd-7\n", (&UserAddCmd{SiteFlag: site, PasswordFlag: stdin, User: "wu", Role: "boss"}).Run, "", "want one of viewer"},
		{"passwd", "anderes-pferd-8\n", (&UserPasswdCmd{SiteFlag: site, PasswordFlag: stdin, User: "li"}).Run, "new password", ""},
		{"role", "", (&UserRoleCmd{SiteFlag: site, User: "li", Role: "engineer"}).Run, "li is engineer on all lines", ""},
		{"disable", "", (&UserDisableCmd{site, "li"}).Run, "disabled", ""},
		{"list", "", (&UserListCmd{site}).Run, "li    Li Wei  engineer  all lines  0 days old  disabled", ""},
		{"enable", "", (&UserEnableCmd{site, "li"}).Run, "enabled", ""},
		{"nobody", "", (&UserEnableCmd{site, "wu"}).Run, "", "linesman user list"},
		{"token", "", (&TokenAddCmd{SiteFlag: site, Name: "mes", Append: []string{"mes.*"}, Read: []string{"linesman.part.*"}, Line: []string{"caps-1"}, Expires: "90d"}).Run, "lm_", ""},
		{"no scope", "", (&TokenAddCmd{SiteFlag: site, Name: "x"}).Run, "", "--append or --read"},
		{"when?", "", (&TokenAddCmd{SiteFlag: site, Name: "x", Expires: "soon"}).Run, "", "2027-03-31"},
		{"tokens", "", (&TokenListCmd{site}).Run, "mes    mes.*    linesman.part.*  caps-1", ""},
		{"revoke", "", (&TokenRevokeCmd{site, "mes"}).Run, "mes", ""},
		{"tokens after it", "", (&TokenListCmd{site}).Run, "revoked 20", ""},
	} {
		out, err := says(t, c.in, c.run)
		switch {
		case c.fails == "" && err != nil, c.fails != "" && (err == nil || !strings.Contains(err.Error(), c.fails)):
			t.Errorf("%s: %v; want %q", c.name, err, c.fails)
		case !strings.Contains(out, c.says):
			t.Errorf("%s: printed %q; want %q", c.name, out, c.says)
		}
	}

	// Without an appliance the events go straight into the log.
	log, err := sqlite.Open(sqlite.Settings{Dir: filepath.Join(filepath.Dir(site.Config), "data", "log"), Logger: slog.New(slog.DiscardHandler)})
	must(t, err)
	defer log.Close()
	events, err := log.Read(t.Context(), event.Filter{Types: []event.Type{"linesman.audit.*"}})
	must(t, err)
	var got []string
	for _, e := range events {
		got = append(got, e.Subject)
		if e.Subject != "token:local" && e.Actor != whoRuns() || !strings.HasPrefix(e.Actor, "os:") && e.Subject != "token:local" {
			t.Errorf("%s has the actor %s", e.Subject, e.Actor)
		}
	}
	if want := "token:local user:li user:li user:li user:li user:li token:mes token:mes"; strings.Join(got, " ") != want {
		t.Errorf("the log tells of %v\nwant %s", got, want)
	}
}

// TestBesideAppliance runs a command while another has the log: the event goes
// there by HTTP, with the local token, and the new token opens at once.
func TestBesideAppliance(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	site := accessPlant(t, listener.Addr().String())
	loaded := load(t, filepath.Dir(site.Config))
	log, err := sqlite.Open(sqlite.Settings{Dir: filepath.Join(filepath.Dir(site.Config), "data", "log"), Logger: slog.New(slog.DiscardHandler)})
	must(t, err)
	defer log.Close()
	store, err := openAccess(loaded, log, slog.New(slog.DiscardHandler))
	must(t, err)
	defer store.Close()
	config := apitest.New(apitest.Running, 1).Config()
	config.Log, config.Access, config.Addr = log, store, listener.Addr().String()
	handler, err := api.New(config)
	must(t, err)
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: handler}}
	server.Start()
	defer server.Close()

	out, err := says(t, "", (&TokenAddCmd{SiteFlag: site, Name: "mes", Read: []string{"*"}}).Run)
	must(t, err)
	who, err := store.Bearer(t.Context(), strings.TrimSpace(out))
	if err != nil || who.Actor != "token:mes" {
		t.Errorf("the new token: %+v, %v", who, err)
	}
	_, err = says(t, "", (&TokenRevokeCmd{site, "mes"}).Run)
	must(t, err)
	if _, err := store.Bearer(t.Context(), strings.TrimSpace(out)); err == nil {
		t.Error("the revoked token opens")
	}
	events, err := log.Read(t.Context(), event.Filter{Types: []event.Type{"linesman.audit.token.v1", "linesman.audit.altered.v1"}})
	must(t, err)
	var got []string
	for _, e := range events {
		got = append(got, string(e.Type)+" "+e.Subject+" by "+e.Actor)
	}
	me := whoRuns()
	if want := "linesman.audit.token.v1 token:local by system,linesman.audit.token.v1 token:mes by " + me + ",linesman.audit.token.v1 token:mes by " + me; strings.Join(got, ",") != want {
		t.Errorf("the log tells of %v", got)
	}
	if _, err := os.Stat(filepath.Join(accessDir(loaded), "pending.json")); !os.IsNotExist(err) {
		t.Errorf("something was not told: %v", err)
	}
}

func TestNearby(t *testing.T) {
	for listen, want := range map[string]string{
		"127.0.0.1:8080": "127.0.0.1:8080", "0.0.0.0:80": "127.0.0.1:80", ":8080": "127.0.0.1:8080", "[::]:8080": "[::1]:8080", "10.0.0.7:8080": "10.0.0.7:8080", "panel:1": "panel:1",
	} {
		if got := nearby(listen); got != want {
			t.Errorf("%s: got %s, want %s", listen, got, want)
		}
	}
}

func TestEnding(t *testing.T) {
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	for text, want := range map[string]string{"": "0001-01-01T00:00:00Z", "2027-03-31": "2027-03-31T00:00:00Z", "90d": "2026-05-30T12:00:00Z", "12h": "2026-03-02T00:00:00Z"} {
		if got, err := ending(text, now); err != nil || got.Format(time.RFC3339) != want {
			t.Errorf("%q: got %s, %v; want %s", text, got, err, want)
		}
	}
	for _, text := range []string{"soon", "-3h", "0d", "d", "99999999d", "31.03.2027"} {
		if got, err := ending(text, now); err == nil {
			t.Errorf("%q is taken as %s", text, got)
		}
	}
}

func TestAsOwner(t *testing.T) {
	if os.Getuid() != 0 {
		t.Log("only root can give a file away: the refusal itself is not looked at")
	} else {
		path := filepath.Join(t.TempDir(), "access.json")
		must(t, os.WriteFile(path, nil, 0o600))
		must(t, os.Chown(path, 65534, 65534))
		if err := asOwner(path); err == nil || !strings.Contains(err.Error(), "sudo -u nobody") {
			t.Errorf("root at another's file: %v", err)
		}
	}
	if err := asOwner(filepath.Join(t.TempDir(), "none")); err != nil {
		t.Error(err)
	}
}

// TestLists holds that a list says what it should and no secret.
func TestLists(t *testing.T) {
	var b strings.Builder
	now := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	must(t, listUsers(&b, []access.User{{Name: "li", Display: "Li Wei", Role: access.Quality, Password: "$argon2id", PasswordSet: now.AddDate(0, 0, -40), Locked: now.Add(time.Minute)}}, now))
	must(t, listTokens(&b, []access.Token{{ID: "a1", Name: "mes", Secret: "$argon2id", Made: now, Expires: now}}, now))
	for _, want := range []string{"40 days old", "locked until 2026-03-01 12:01 UTC", "ended 2026-03-01 12:00 UTC", "never"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in\n%s", want, b.String())
		}
	}
	if strings.Contains(b.String(), "argon2") {
		t.Errorf("a hash in\n%s", b.String())
	}
}
