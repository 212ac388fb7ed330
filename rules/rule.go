package rules

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr/vm"
	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"linesman/event"
	"linesman/part"
	"linesman/scene"
)

// Rule is one sentence of what must not be, and what to do if it is.
type Rule struct {
	Name string `yaml:"name"`
	// When is what must not be, in the terms of docs/rules.md.
	When string `yaml:"when"`
	// Each makes one alert of each person (forklift, thing...) of whom it is true,
	// instead of one of all of them together.
	Each string `yaml:"each,omitempty"`
	// Cameras are those it is for; default all that have the zones and lines it
	// names.
	Cameras []part.CameraID `yaml:"cameras,omitempty"`
	During  During          `yaml:"during,omitempty"` // in the site's time zone; default always
	For     time.Duration   `yaml:"for,omitempty"`    // how long it must be the case
	// Keep is how long it must no longer be the case for the alert to be cleared
	// (5 s).
	Keep     *time.Duration `yaml:"keep,omitempty"`
	Severity string         `yaml:"severity"` // critical, high, medium or low
	Say      string         `yaml:"say"`      // what whoever stands there has to do
	Then     []Action       `yaml:"then,omitempty"`

	severity event.Severity
	keep     time.Duration
	program  *vm.Program
	uses     uses
	firm     firm
	cameras  map[part.CameraID]bool
}

// Bounds of a rule's times, and of their number.
const (
	defaultKeep = 5 * time.Second
	longestTime = 24 * time.Hour
	mostRules   = 500
)

// ruleFile is a file of rules.
type ruleFile struct {
	Rules []Rule `yaml:"rules"`
}

var severities = map[string]event.Severity{"low": event.Low, "medium": event.Medium, "high": event.High, "critical": event.Critical}

// Load reads a file of rules for a site. A rule that names what is not there is
// refused, with its line and the nearest name that is.
func Load(data []byte, site Site) (*Engine, error) {
	var f ruleFile
	if err := yaml.NewDecoder(bytes.NewReader(data), yaml.Strict()).Decode(&f); err != nil {
		return nil, errors.New(yaml.FormatError(err, false, true))
	}
	tree, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, err
	}
	return newEngine(f.Rules, site, func(i int, key string) string { return lineOf(tree, i, key) })
}

// NewEngine makes an engine of rules that are at hand.
func NewEngine(rules []Rule, site Site) (*Engine, error) {
	return newEngine(rules, site, func(int, string) string { return "" })
}

func newEngine(rules []Rule, site Site, line func(i int, key string) string) (*Engine, error) {
	if len(rules) > mostRules {
		return nil, fmt.Errorf("rules: there are %d: want at most %d", len(rules), mostRules)
	}
	e := &Engine{site: site, rules: slices.Clone(rules), held: map[shelf][]*condition{}, heads: map[string]scene.Heads{}, supposed: map[string]int{}, heard: map[heardKey]said{}, running: map[string]ran{}}
	if e.site.Zone == nil {
		e.site.Zone = time.UTC
	}
	machines, err := ValidMachines(site.Machines, site.Lines)
	if err != nil {
		return nil, err
	}
	e.site.Machines = machines
	var errs []error
	seen := map[string]bool{}
	for i := range e.rules {
		r := &e.rules[i]
		for _, err := range r.prepare(&e.site) {
			name := r.Name
			if name == "" {
				name = fmt.Sprint(i + 1)
			}
			var at *placed
			if errors.As(err, &at) {
				errs = append(errs, fmt.Errorf("rule %q%s: %w", name, line(i, at.key), err))
			} else {
				errs = append(errs, fmt.Errorf("rule %q%s: %w", name, line(i, ""), err))
			}
		}
		if seen[r.Name] {
			errs = append(errs, fmt.Errorf("rule %q%s: the name is used twice; alerts are told apart by it", r.Name, line(i, "name")))
		}
		seen[r.Name] = true
	}
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	e.env = newTerms(e)
	return e, nil
}

// placed is an error of one setting of a rule.
type placed struct {
	key string
	err error
}

func (p *placed) Error() string { return p.err.Error() }

// lineOf says in which line of the file a rule, or one of its settings, stands.
func lineOf(tree *ast.File, i int, key string) string {
	path := fmt.Sprintf("$.rules[%d]", i)
	if key != "" {
		path += "." + key
	}
	p, err := yaml.PathString(path)
	if err != nil {
		return ""
	}
	node, err := p.FilterFile(tree)
	if err != nil || node.GetToken() == nil {
		return ""
	}
	return fmt.Sprintf(", line %d", node.GetToken().Position.Line)
}

// prepare fills defaults, compiles and refuses what can not be meant.
func (r *Rule) prepare(site *Site) (errs []error) {
	refuse := func(key, format string, args ...any) {
		errs = append(errs, &placed{key, fmt.Errorf(format, args...)})
	}
	if strings.TrimSpace(r.Name) == "" {
		refuse("", "it has no name: say in a few words what must not be")
	}
	var ok bool
	if r.severity, ok = severities[r.Severity]; !ok {
		refuse("severity", "severity is %q%s: want critical, high, medium or low", r.Severity, meant(r.Severity, []string{"critical", "high", "low", "medium"}))
	}
	if strings.TrimSpace(r.Say) == "" {
		refuse("say", "say is empty: say what whoever stands there has to do")
	}
	if r.For < 0 || r.For > longestTime {
		refuse("for", "for is %v: want up to %v", r.For, longestTime)
	}
	r.keep = defaultKeep
	if r.Keep != nil {
		r.keep = *r.Keep
	}
	if r.keep < 0 || r.keep > longestTime {
		refuse("keep", "keep is %v: want up to %v", r.keep, longestTime)
	}
	if r.Each != "" && !isGroupName(r.Each) {
		refuse("each", "each is %q%s: want one of %s", r.Each, meant(r.Each, groupNames), strings.Join(groupNames, ", "))
	}
	for _, a := range r.Then {
		if err := a.check(*site); err != nil {
			refuse("then", "%w", err)
		}
	}
	for _, err := range r.compile(site) {
		refuse("when", "%w", err)
	}
	r.firm = r.firmly()
	if len(errs) > 0 {
		return errs
	}
	if r.Each != "" && !slices.Contains(r.uses.groups, r.Each) {
		refuse("each", "each is %s, but when does not speak of %s", r.Each, r.Each)
	}
	if r.uses.instant && r.For > 0 {
		refuse("for", "for is %v, but a line is crossed in an instant: leave for out", r.For)
	}
	if err := r.choose(site); err != nil {
		refuse("when", "%w", err)
	}
	return errs
}

// choose finds the cameras a rule is for.
func (r *Rule) choose(site *Site) error {
	r.cameras = map[part.CameraID]bool{}
	ids := make([]part.CameraID, 0, len(site.Cameras))
	for id := range site.Cameras {
		ids = append(ids, id)
	}
	slices.Sort(ids)
	for _, id := range r.Cameras {
		if !slices.Contains(ids, id) {
			return fmt.Errorf("cameras: there is no camera %q%s", id, meant(string(id), texts(ids)))
		}
	}
	if !r.uses.picture && !r.uses.camera {
		if len(r.Cameras) > 0 {
			return errors.New("cameras: the rule speaks of nothing that a camera shows; leave cameras out")
		}
		return nil // of the site
	}
	var missing error
	for _, id := range ids {
		if len(r.Cameras) > 0 && !slices.Contains(r.Cameras, id) {
			continue
		}
		err := r.uses.fit(id, site.Cameras[id])
		if err == nil {
			r.cameras[id] = true
			continue
		}
		if len(r.Cameras) > 0 {
			return err
		}
		missing = cmp.Or(missing, err)
	}
	if len(r.cameras) > 0 {
		return nil
	}
	if missing == nil {
		return errors.New("the site has no camera that is watched")
	}
	return r.uses.nowhere(site, missing)
}

func texts[T ~string](in []T) []string {
	out := make([]string, len(in))
	for i, s := range in {
		out[i] = string(s)
	}
	return out
}
