package alarm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"linesman/event"
)

// Suppression keeps alarms silent by design, after ISA-18.2, while the log says
// that the plant is in a state in which they tell nobody anything.
type Suppression struct {
	Name   string        `yaml:"name"`    // the condition, for people: "press-1 in maintenance"
	Keys   []string      `yaml:"keys"`    // of alarms: exact, or a prefix ending in "*"
	While  While         `yaml:"while"`   // what the log must say
	Reason string        `yaml:"reason"`  // why, for a person; may be empty
	AtMost time.Duration `yaml:"at_most"` // ends so long after the log said it last, whatever has become of who says it; default 12h
}

// While is what the newest event of a type about a subject says in one field.
type While struct {
	Event   string `yaml:"event"`   // a type: line.state is linesman.line.state.v1
	Subject string `yaml:"subject"` // whom the event is about
	Field   string `yaml:"field"`   // of its data
	Is      string `yaml:"is"`
}

var wholeType = regexp.MustCompile(`\.v[0-9]+$`)

// Type is the event type meant.
func (w While) Type() event.Type {
	if wholeType.MatchString(w.Event) {
		return event.Type(w.Event)
	}
	return event.Type("linesman." + w.Event + ".v1")
}

// says is whether an event that is the one meant says so.
func (w While) says(e event.Event) bool {
	var data map[string]any
	if json.Unmarshal(e.Data, &data) != nil {
		return false
	}
	value, ok := data[w.Field]
	return ok && value != nil && fmt.Sprint(value) == w.Is
}

func (s *Settings) checkSuppress() error {
	var errs []error
	seen := map[string]bool{}
	for i := range s.Suppress {
		p := &s.Suppress[i]
		fill(&p.AtMost, 12*time.Hour)
		at := fmt.Sprintf("alarms.suppress[%d]", i)
		if err := checkLine("name", p.Name, 200); err != nil {
			errs = append(errs, fmt.Errorf("%s.name: want the condition in a few words, such as press-1 in maintenance", at))
			continue
		}
		at = "alarms.suppress." + p.Name
		if seen[p.Name] {
			errs = append(errs, fmt.Errorf("%s: the name is there twice", at))
		}
		seen[p.Name] = true
		if len(p.Keys) == 0 || len(p.Keys) > 100 {
			errs = append(errs, fmt.Errorf("%s.keys: want 1 to 100 keys of alarms, as the alarm page shows them", at))
		}
		for _, key := range p.Keys {
			if checkLine("key", key, 200) != nil || key == "*" {
				errs = append(errs, fmt.Errorf("%s.keys %.60q: want a key, or the beginning of some and a star; not all", at, key))
			}
		}
		if p.While.Event == "" || p.While.Subject == "" || p.While.Field == "" || p.While.Is == "" {
			errs = append(errs, fmt.Errorf("%s.while: want event, subject, field and is, such as {event: line.state, subject: caps-1, field: state, is: stopped}", at))
		}
		if p.AtMost < time.Minute || p.AtMost > 7*24*time.Hour {
			errs = append(errs, fmt.Errorf("%s.at_most %s: want 1m to 168h", at, p.AtMost))
		}
		if p.Reason != "" && checkLine("reason", p.Reason, 500) != nil {
			errs = append(errs, fmt.Errorf("%s.reason: want one line", at))
		}
	}
	return errors.Join(errs...)
}

// Suppresses returns the first suppression, and its key, that reaches an alarm
// whose key is rule, or begins with it and "/"; both are empty if none does.
func (s *Settings) Suppresses(rule string) (name, key string) {
	for _, p := range s.Suppress {
		for _, k := range p.Keys {
			prefix, open := strings.CutSuffix(k, "*")
			if k == rule || strings.HasPrefix(k, rule+"/") || open && (strings.HasPrefix(rule+"/", prefix) || strings.HasPrefix(prefix, rule+"/")) {
				return p.Name, k
			}
		}
	}
	return "", ""
}

// conditions is what the log says of the states that alarms are suppressed in. It
// is pure: time comes in with each call.
type conditions struct {
	all   []Suppression
	since []time.Time // by suppression: when the log said so last; zero: it does not
	cause []string    // the event that said it, or that it is over
}

func newConditions(all []Suppression) *conditions {
	return &conditions{all: all, since: make([]time.Time, len(all)), cause: make([]string, len(all))}
}

// hear takes an event and reports whether it says anything of a condition.
func (c *conditions) hear(e event.Event) (heard bool) {
	for i, p := range c.all {
		if e.Type != p.While.Type() || e.Subject != p.While.Subject {
			continue
		}
		heard = true
		c.since[i], c.cause[i] = time.Time{}, e.ID
		if p.While.says(e) {
			c.since[i] = e.Time
		}
	}
	return heard
}

// holds says whether a condition is there. What the log said too long ago, or
// will have said only later by this clock, is not believed any more.
func (c *conditions) holds(i int, now time.Time) bool {
	since := c.since[i]
	return !since.IsZero() && now.Before(since.Add(c.all[i].AtMost)) && since.Before(now.Add(time.Minute))
}

// follower is what Suppressing needs of the event log; event.Log satisfies it.
type follower interface {
	Read(ctx context.Context, f event.Filter) ([]event.Event, error)
	Follow(ctx context.Context, after uint64, fn func(event.Event) error) error
}

// lookAgain is how often the age of conditions is looked at.
const lookAgain = 10 * time.Second

// Suppressing keeps alarms silent by design while the log says so, until ctx
// ends. Each begin and each end is an event, caused by the one that said it. It
// begins with what the log said last, and ends what the settings do not name any
// more. While the log can not be read nobody knows what it says: nothing is
// silent, and it is read again.
func (d *Desk) Suppressing(ctx context.Context, l follower) error {
	for {
		s := &suppressing{d, newConditions(d.cfg.Settings.Suppress)}
		after, err := s.begin(ctx, l)
		if err == nil {
			if len(s.all) == 0 {
				return nil
			}
			err = s.follow(ctx, l, after)
		}
		if ctx.Err() != nil {
			return nil
		}
		d.cfg.Logger.Error("what the log says of suppressions by design can not be read; nothing is silent until it is", "err", err)
		clear(s.since)
		s.tell(ctx)
		select {
		case <-time.After(lookAgain):
		case <-ctx.Done():
			return nil
		}
	}
}

// suppressing is the conditions with the desk that hears of them. It belongs to
// one goroutine.
type suppressing struct {
	*Desk
	*conditions
}

// follow tells what changes from an event on.
func (s *suppressing) follow(ctx context.Context, l follower, after uint64) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	events := make(chan event.Event) // the log's follower waits; its writer does not
	ended := make(chan error, 1)
	go func() {
		ended <- l.Follow(ctx, after, func(e event.Event) error {
			if e.Part != "" { // parts are many, and no condition is one's
				return nil
			}
			select {
			case events <- e:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}()
	again := time.NewTicker(lookAgain)
	defer again.Stop()
	for {
		select {
		case err := <-ended:
			return err
		case e := <-events:
			if s.hear(e) {
				s.tell(ctx)
			}
		case <-again.C:
			s.tell(ctx)
		case <-ctx.Done():
			return <-ended
		}
	}
}

// begin reads what the log said last, and ends what is suppressed for no
// condition of the settings.
func (s *suppressing) begin(ctx context.Context, l follower) (after uint64, err error) {
	last, err := l.Read(ctx, event.Filter{Newest: true, Limit: 1})
	if err != nil {
		return 0, err
	}
	if len(last) > 0 {
		after = last[0].Seq
	}
	for _, p := range s.all {
		said, err := l.Read(ctx, event.Filter{Types: []event.Type{p.While.Type()}, Subject: p.While.Subject, Newest: true, Limit: 1})
		if err != nil {
			return 0, err
		}
		if len(said) > 0 {
			s.hear(said[0])
		}
	}
	now, err := s.Look(ctx, 0)
	if err != nil {
		return 0, err
	}
	for _, p := range now.Suppressions {
		if !slices.ContainsFunc(s.all, func(o Suppression) bool { return o.Name == p.Condition }) {
			if err := s.EndSuppression(ctx, p.Condition, "system", ""); err != nil && !errors.Is(err, ErrUnsaved) {
				return 0, err
			}
		}
	}
	s.tell(ctx)
	return after, nil
}

// tell says to the desk which conditions hold; what is as it was is no event.
func (s *suppressing) tell(ctx context.Context) {
	for i, p := range s.all {
		var err error
		if s.holds(i, time.Now()) {
			err = s.Suppress(ctx, p.Name, p.Keys, p.Reason, "system", s.cause[i])
		} else {
			err = s.EndSuppression(ctx, p.Name, "system", s.cause[i])
		}
		if err != nil && ctx.Err() == nil {
			s.cfg.Logger.Error("a suppression by design is not told; it is tried again", "condition", p.Name, "err", err)
		}
	}
}
