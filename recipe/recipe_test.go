package recipe

import (
	"strings"
	"testing"
)

const good = `recipe: cap-28
version: 3
part: {diameter_mm: 28}
model: model
limits: {anomaly: 1.1}
`

func TestParse(t *testing.T) {
	r, err := Parse([]byte(good))
	if err != nil {
		t.Fatal(err)
	}
	if r.ID() != "cap-28@3" || len(r.Hash()) != 64 || r.Keep.OnePassIn != 1000 || r.Limits.Anomaly != 1.1 {
		t.Errorf("got %+v", r)
	}
	other, err := Parse([]byte(good + "# a comment is a change too\n"))
	if err != nil {
		t.Fatal(err)
	}
	if other.Hash() == r.Hash() {
		t.Error("two files with one hash")
	}
}

func TestParseRefuses(t *testing.T) {
	tests := []struct{ name, from, to, says string }{
		{"unknown key", "model:", "modle:", "[4:1]"},
		{"unknown nested key", "diameter_mm", "diametre_mm", "[3:8]"},
		{"no version", "version: 3\n", "", "version is 0"},
		{"no size", "{diameter_mm: 28}", "{lanes: 1}", "part.diameter_mm is 0"},
		{"no model", "model: model\n", "", "linesman teach"},
		{"limit", "anomaly: 1.1", "anomaly: -1", "limits.anomaly is -1"},
		{"not yaml", "recipe:", "\t:", "[1:"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			text := strings.Replace(good, tt.from, tt.to, 1)
			if _, err := Parse([]byte(text)); err == nil || !strings.Contains(err.Error(), tt.says) {
				t.Errorf("got %v, want an error with %q", err, tt.says)
			}
		})
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(good))
	f.Fuzz(func(t *testing.T, data []byte) {
		if r, err := Parse(data); err == nil && (r.Name == "" || r.Version < 1) {
			t.Errorf("taken without a name or version: %q", data)
		}
	})
}
