package alarm

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // a box without zone data runs this test, too

	"github.com/goccy/go-yaml"
)

func parse(text string) (*Settings, error) {
	var site struct {
		Alarms Settings `yaml:"alarms"`
	}
	if err := yaml.UnmarshalWithOptions([]byte(text), &site, yaml.Strict()); err != nil {
		return nil, err
	}
	return &site.Alarms, site.Alarms.Validate()
}

// TestSample reads the sample of docs/alarms.md as a site file would.
func TestSample(t *testing.T) {
	page, err := os.ReadFile("../docs/alarms.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(page), "```yaml\n")
	sample, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatal("docs/alarms.md has no sample")
	}
	s, err := parse(sample)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Channels) != 5 || len(s.Rosters) != 2 || s.Rosters[0].Steps[0].Within != 30*time.Second || s.Rosters[0].Steps[1].Within != time.Minute {
		t.Errorf("read %+v", s)
	}
	if got := s.Recipients("phone-li"); !slices.Equal(got, []string{"li"}) {
		t.Errorf("recipients %v", got)
	}
	var none Settings // its defaults are those that the sample states
	if err := none.Validate(); err != nil {
		t.Fatal(err)
	}
	if s.Chattering != none.Chattering || s.Held != none.Held || s.ShelveAtMost != none.ShelveAtMost || s.Flood != none.Flood || s.Receipt != none.Receipt || s.Attempts != none.Attempts || s.Repeat != none.Repeat || s.Push != none.Push || s.Latch != none.Latch {
		t.Errorf("the sample states %+v, the defaults are %+v", s, none)
	}
}

func TestSettingsRefused(t *testing.T) {
	const good = "alarms:\n  channels: {mail: {driver: mail}}\n  people: {li: {reach: {mail: a@b}}}\n  rosters: [{name: all, duty: [{who: [li]}], steps: [{by: [mail]}]}]\n"
	if _, err := parse(good); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ from, to, says string }{
		"an unknown key":             {"alarms:\n", "alarms:\n  pushes: high\n", "pushes"},
		"no severity":                {"alarms:\n", "alarms:\n  push: loud\n", "alarms.push"},
		"a link without a scheme":    {"alarms:\n", "alarms:\n  link: box.example\n", "alarms.link"},
		"a shelf without an end":     {"alarms:\n", "alarms:\n  shelve_at_most: 9000h\n", "shelve_at_most"},
		"a hold of no time":          {"alarms:\n", "alarms:\n  held: 1ms\n", "held 1ms: want 1s"},
		"no attempts":                {"alarms:\n", "alarms:\n  attempts: -1\n", "attempts"},
		"an odd host":                {"alarms:\n", "alarms:\n  hosts: [\"http://x/\"]\n", "alarms.hosts"},
		"a channel without a driver": {"{driver: mail}", "{server: x}", "driver: is missing"},
		"a channel that is none":     {"{driver: mail}", "mail", "want a mapping"},
		"nobody to reach":            {"{reach: {mail: a@b}}", "{name: Li}", "reach is empty"},
		"reached by no channel":      {"{mail: a@b}", "{post: a@b}", "\"post\" is not among channels"},
		"no roster":                  {"  rosters: [{name: all, duty: [{who: [li]}], steps: [{by: [mail]}]}]\n", "", "nobody would ever be called"},
		"no step":                    {"[{by: [mail]}]", "[]", "steps is empty"},
		"a step that calls nobody":   {"{by: [mail]}", "{within: 10s}", "want by: or call:"},
		"an unknown channel":         {"{by: [mail]}", "{by: [fax]}", "\"fax\" is not among channels"},
		"an unknown person":          {"who: [li]", "who: [bo]", "\"bo\" is not among people"},
		"nobody on duty":             {"duty: [{who: [li]}], ", "", "nobody is ever on duty"},
		"an odd day":                 {"{who: [li]}", "{who: [li], days: [monday]}", "\"monday\" is no day"},
		"odd hours":                  {"{who: [li]}", "{who: [li], hours: 6-14}", "hours \"6-14\""},
		"not for all":                {"name: all,", "name: all, for: {severity: high},", "must be for all"},
		"an odd name":                {"name: all", "name: All of them", "rosters[0].name"},
		"a drill at no time":         {"alarms:\n", "alarms:\n  drill: {at: noon}\n", "alarms.drill.at"},
		"a drill that skips nothing": {"alarms:\n", "alarms:\n  drill: {skip: [horn]}\n", "\"horn\""},
		"a step too hasty":           {"{by: [mail]}", "{by: [mail], within: 1ms}", "want 1s to 24h"},
		"somebody out of reach":      {"{by: [mail]}", "{call: [mail], by: [mail2], who: [li]}", "can be reached by none"},
	} {
		text := strings.Replace(good, c.from, c.to, 1)
		if text == good {
			t.Fatalf("%s: nothing to replace", name)
		}
		if _, err := parse(text); err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v, want %q", name, err, c.says)
		}
	}
}

func TestDuty(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	r := Roster{Duty: []Duty{
		{Who: []string{"day"}, Days: []string{"mon", "fri"}, Hours: "06:00-22:00"},
		{Who: []string{"night"}, Days: []string{"fri"}, Hours: "22:00-06:00"},
		{Who: []string{"gate"}},
	}}
	for at, want := range map[string]string{
		"2026-03-02T05:59:00+01:00": "gate",       // Monday
		"2026-03-02T06:00:00+01:00": "day gate",   //
		"2026-03-02T21:59:00+01:00": "day gate",   //
		"2026-03-02T22:00:00+01:00": "gate",       //
		"2026-03-03T12:00:00+01:00": "gate",       // Tuesday
		"2026-03-06T23:00:00+01:00": "night gate", // Friday
		"2026-03-07T05:59:00+01:00": "night gate", // Saturday, still of Friday
		"2026-03-07T06:00:00+01:00": "gate",       //
		"2026-03-06T03:00:00+01:00": "gate",       // Friday, of Thursday's night
		"2026-07-03T04:30:00Z":      "day gate",   // Friday, summer time
	} {
		when, err := time.Parse(time.RFC3339, at)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(r.OnDuty(when, berlin), " "); got != want {
			t.Errorf("%s: %q, want %q", at, got, want)
		}
	}
	d := DrillSettings{At: "07:00", Days: []string{"mon", "thu"}}
	after := time.Date(2026, 3, 2, 7, 0, 0, 0, berlin)
	if got, want := d.next(after, berlin), time.Date(2026, 3, 5, 7, 0, 0, 0, berlin); !got.Equal(want) {
		t.Errorf("the drill after %s is at %s, want %s", after, got, want)
	}
}
