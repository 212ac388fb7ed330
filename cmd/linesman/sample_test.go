package main

import (
	"context"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"linesman/api"
	"linesman/api/apitest"
	"linesman/config"
	"linesman/event"
	"linesman/event/evidence"
	"linesman/event/sqlite"
	"linesman/proof"
)

const (
	passedID   = "0198c000-0000-7000-8000-00000000aaaa"
	rejectedID = "0198c000-0000-7000-8000-00000000bbbb"
)

// judgedPlant is a site whose log has a pass with a picture and a reject
// without, and returns the picture's hash.
func judgedPlant(t *testing.T, listen string) (SiteFlag, *config.Site, string) {
	t.Helper()
	flag := accessPlant(t, listen)
	site := load(t, filepath.Dir(flag.Config))
	shelf, err := evidence.Open(evidence.Settings{Dir: filepath.Join(site.Path(site.Data), "evidence"), MinFree: -1})
	must(t, err)
	sha := shelf.Keep(evidence.Pass, []byte("a picture"))
	must(t, shelf.Close())
	log, err := openLogToWrite(logFolder(site), site.Name)
	must(t, err)
	for id, v := range map[string]event.PartJudged{
		passedID:   {Line: "caps-1", Outcome: "pass", Evidence: sha, Views: []event.View{{Name: "top", Evidence: sha}}},
		rejectedID: {Line: "caps-1", Outcome: "fail"},
	} {
		e := event.New("/demo/line/caps-1", id, time.Unix(1e9, 0), v)
		e.Part = id
		_, err := log.Append(t.Context(), []event.Event{e})
		must(t, err)
	}
	must(t, log.Close())
	return flag, site, sha
}

// TestSampleCommands labels parts while no appliance runs.
func TestSampleCommands(t *testing.T) {
	flag, site, sha := judgedPlant(t, "127.0.0.1:8080")
	holders := func() []string {
		t.Helper()
		shelf, err := evidence.Open(evidence.Settings{Dir: filepath.Join(site.Path(site.Data), "evidence"), MinFree: -1})
		must(t, err)
		defer func() { must(t, shelf.Close()) }()
		return shelf.Holders(sha)
	}
	for _, c := range []struct {
		name  string
		run   func(context.Context) error
		says  string // printed
		fails string // or in the error
	}{
		{"none yet", (&SampleListCmd{SiteFlag: flag}).Run, "nobody has labelled a part yet", ""},
		{"no such label", (&SampleAddCmd{SiteFlag: flag, ID: "aaaa", Label: "bad"}).Run, "", `want "missed defect"`},
		{"no class", (&SampleAddCmd{SiteFlag: flag, ID: "aaaa", Label: "missed-defect"}).Run, "", "needs its class"},
		{"no such part", (&SampleAddCmd{SiteFlag: flag, ID: "cccc", Label: "good"}).Run, "", "none of the newest"},
		{"nothing to take back", (&SampleRemoveCmd{SiteFlag: flag, ID: "aaaa"}).Run, "", "no label"},
		{"missed", (&SampleAddCmd{SiteFlag: flag, ID: "aaaa", Label: "missed-defect", Class: "crack", Note: "a customer's"}).Run, "part " + passedID + " is labelled missed defect\n", ""},
		{"a defect passed", (&SampleAddCmd{SiteFlag: flag, ID: passedID, Label: "defect"}).Run, "", "passed, so it was not rejected rightly"},
		{"defect", (&SampleAddCmd{SiteFlag: flag, ID: rejectedID, Label: "defect", Class: "crack"}).Run, "is labelled defect", ""},
		{"counts of defects", (&SampleListCmd{SiteFlag: flag}).Run, "missed defect 1 (1 with pictures), defect 1 (0 with pictures)", ""},
		{"false reject", (&SampleAddCmd{SiteFlag: flag, ID: rejectedID, Label: "false reject"}).Run, "nothing can be learned from it: no picture", ""},
		{"list", (&SampleListCmd{SiteFlag: flag, Line: "caps-1"}).Run, "caps-1  pass     missed defect  crack  " + whoRuns(), ""},
		{"counts", (&SampleListCmd{SiteFlag: flag}).Run, "missed defect 1 (1 with pictures), false reject 1 (0 with pictures)", ""},
		{"another line", (&SampleListCmd{SiteFlag: flag, Line: "caps-2"}).Run, "", `"caps-2" is not among [caps-1]`},
		{"as JSON", (&SampleListCmd{SiteFlag: flag, JSON: true}).Run, `"note": "a customer's"`, ""},
	} {
		out, err := says(t, "", c.run)
		if c.fails == "" && (err != nil || !strings.Contains(out, c.says)) || c.fails != "" && (err == nil || !strings.Contains(err.Error(), c.fails)) {
			t.Errorf("%s: printed %q, error %v; want %q or the error %q", c.name, out, err, c.says, c.fails)
		}
	}
	if got := holders(); !slices.Equal(got, []string{"sample:" + passedID}) {
		t.Errorf("the picture is held by %v", got)
	}
	if _, err := says(t, "", (&SampleRemoveCmd{SiteFlag: flag, ID: "aaaa"}).Run); err != nil {
		t.Fatal(err)
	}
	if got := holders(); len(got) > 0 {
		t.Errorf("taken back, the picture is held by %v", got)
	}
}

// TestSampleBesideAppliance labels a part while an appliance has log and
// evidence: it writes both, in the name of who gave the command.
func TestSampleBesideAppliance(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	must(t, err)
	flag, site, sha := judgedPlant(t, listener.Addr().String())
	log, err := sqlite.Open(sqlite.Settings{Dir: logFolder(site), Logger: slog.New(slog.DiscardHandler)})
	must(t, err)
	defer log.Close()
	store, err := openAccess(site, log, slog.New(slog.DiscardHandler))
	must(t, err)
	defer store.Close()
	shelf, err := evidence.Open(evidence.Settings{Dir: filepath.Join(site.Path(site.Data), "evidence"), MinFree: -1})
	must(t, err)
	defer shelf.Close()
	config := apitest.New(apitest.Running, 1).Config()
	config.Log, config.Access, config.Holds, config.Addr = log, store, shelf, listener.Addr().String()
	handler, err := api.New(config)
	must(t, err)
	server := &httptest.Server{Listener: listener, Config: &http.Server{Handler: handler}}
	server.Start()
	defer server.Close()

	out, err := says(t, "", (&SampleAddCmd{SiteFlag: flag, ID: "aaaa", Label: "missed-defect", Class: "crack"}).Run)
	if err != nil || !strings.Contains(out, "is labelled missed defect") || strings.Contains(out, "nothing can be learned") {
		t.Errorf("printed %q, %v", out, err)
	}
	if got := shelf.Holders(sha); !slices.Equal(got, []string{"sample:" + passedID}) {
		t.Errorf("the picture is held by %v", got)
	}
	l, stands, err := (&proof.Labels{Log: log}).Of(t.Context(), passedID)
	if err != nil || !stands || l.By != whoRuns() {
		t.Errorf("the label %+v, %v", l, err)
	}
	if _, err := says(t, "", (&SampleAddCmd{SiteFlag: flag, ID: "aaaa", Label: "false-reject"}).Run); err == nil || !strings.Contains(err.Error(), `its label is "good"`) {
		t.Errorf("the appliance's refusal: %v", err)
	}
}
