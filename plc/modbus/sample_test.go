package modbus

import (
	"os"
	"strings"
	"testing"
	"time"

	"github.com/goccy/go-yaml"
)

// TestSample reads the README's sample as a site file would.
func TestSample(t *testing.T) {
	readme, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(readme), "```yaml\n")
	sample, _, ok := strings.Cut(rest, "```")
	if !ok {
		t.Fatal("README.md has no sample")
	}
	var entry struct {
		Driver   string `yaml:"driver"`
		Settings `yaml:",inline"`
	}
	if err := yaml.UnmarshalWithOptions([]byte(sample), &entry, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	if err := entry.Validate(); err != nil {
		t.Fatal(err)
	}
	if entry.Timeout != 500*time.Millisecond || entry.Points["horn"] != 17 || entry.Driver != "modbus" {
		t.Errorf("read %+v", entry)
	}
}
