package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"linesman/access"
	"linesman/config"
	"linesman/event"
)

// TokenCommands keeps the keys by which modules reach the log.
type TokenCommands struct {
	Add    TokenAddCmd    `cmd:"" help:"Make a token for a module and print it, once."`
	List   TokenListCmd   `cmd:"" help:"List the tokens, their scopes and when they were last used."`
	Revoke TokenRevokeCmd `cmd:"" help:"End a token for good, at once."`
}

// Help gives examples.
func (TokenCommands) Help() string {
	return "A module - your MES, a report, a script - proves itself by a token and may do what its scopes say. Each change is an event (audit.token).\n\nFor example:\n  linesman token add mes -c site.yaml --append 'mes.*' --read 'linesman.part.*'\n  linesman token revoke mes -c site.yaml"
}

// TokenAddCmd makes a token.
type TokenAddCmd struct {
	SiteFlag
	Name    string   `arg:"" help:"The module's name: its events have the actor token:NAME."`
	Append  []string `help:"An event type it may append, or the begin of some and a star: mes.*. Several times for several."`
	Read    []string `help:"An event type it may read, or the begin of some and a star. Several times for several."`
	Line    []string `help:"A line that the rights reach; several times for several, none for all."`
	Expires string   `help:"When it ends: a date (2027-03-31) or a time from now (90d, 12h). Default: never."`
}

// Help gives examples.
func (TokenAddCmd) Help() string {
	return "The token is printed once and kept nowhere: the appliance knows its hash alone. A module sends it as \"Authorization: Bearer lm_...\".\n\n  linesman token add mes -c site.yaml --append 'mes.*' --read 'linesman.part.*' --line caps-1\n  linesman token add report -c site.yaml --read '*' --expires 90d"
}

// Run makes it.
func (c *TokenAddCmd) Run(ctx context.Context) error {
	expires, err := ending(c.Expires, time.Now())
	if err != nil {
		return err
	}
	return withAccess(c.Config, func(site *config.Site, s *access.Store) error {
		if err := onLines(site, c.Line); err != nil {
			return err
		}
		text, t, err := s.AddToken(ctx, whoRuns(), access.NewToken{Name: c.Name, Append: types(c.Append), Read: types(c.Read), Lines: c.Line, Expires: expires})
		if err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "token %s (%s): appends %s, reads %s, on %s, ends %s. Keep it now, it is not shown again:\n",
			t.Name, t.ID, scopes(t.Append), scopes(t.Read), reach(t.Lines), day(t.Expires, "never"))
		fmt.Println(text)
		return nil
	})
}

// ending reads a date, or days or hours from now; nothing is never.
func ending(text string, now time.Time) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	if at, err := time.Parse(time.DateOnly, text); err == nil {
		return at, nil
	}
	if days, ok := strings.CutSuffix(text, "d"); ok {
		if n, err := strconv.Atoi(days); err == nil && n > 0 && n < 100_000 {
			return now.AddDate(0, 0, n), nil
		}
	}
	if d, err := time.ParseDuration(text); err == nil && d > 0 {
		return now.Add(d), nil
	}
	return time.Time{}, fmt.Errorf("--expires %q: want a date such as 2027-03-31, or a time from now such as 90d or 12h", text)
}

func types(words []string) []event.Type {
	var out []event.Type
	for _, w := range words {
		out = append(out, event.Type(w))
	}
	return out
}

func scopes(types []event.Type) string {
	if len(types) == 0 {
		return "nothing"
	}
	var words []string
	for _, t := range types {
		words = append(words, string(t))
	}
	return strings.Join(words, ", ")
}

func day(at time.Time, never string) string {
	if at.IsZero() {
		return never
	}
	return at.UTC().Format("2006-01-02 15:04 UTC")
}

// TokenListCmd lists tokens.
type TokenListCmd struct{ SiteFlag }

// Help gives an example.
func (TokenListCmd) Help() string { return "  linesman token list -c site.yaml" }

// Run prints a table.
func (c *TokenListCmd) Run(ctx context.Context) error {
	return readAccess(c.Config, func(s *access.Store) error {
		tokens, err := s.Tokens(ctx)
		if err != nil {
			return err
		}
		return listTokens(os.Stdout, tokens, time.Now())
	})
}

func listTokens(w io.Writer, tokens []access.Token, now time.Time) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "ID\tNAME\tAPPENDS\tREADS\tLINES\tMADE\tLAST USED\tSTATE")
	for _, k := range tokens {
		state := "in force"
		switch {
		case !k.Revoked.IsZero():
			state = "revoked " + day(k.Revoked, "")
		case !k.Expires.IsZero() && !now.Before(k.Expires):
			state = "ended " + day(k.Expires, "")
		case !k.Expires.IsZero():
			state = "until " + day(k.Expires, "")
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", k.ID, k.Name, scopes(k.Append), scopes(k.Read), reach(k.Lines), day(k.Made, ""), day(k.Used, "never"), state)
	}
	return t.Flush()
}

// TokenRevokeCmd revokes a token.
type TokenRevokeCmd struct {
	SiteFlag
	Token string `arg:"" help:"The token's name or id."`
}

// Help gives an example.
func (TokenRevokeCmd) Help() string {
	return "  linesman token revoke mes -c site.yaml\n  linesman token revoke k3f9a2b1 -c site.yaml"
}

// Run revokes it.
func (c *TokenRevokeCmd) Run(ctx context.Context) error {
	return withAccess(c.Config, func(_ *config.Site, s *access.Store) error {
		t, err := s.RevokeToken(ctx, whoRuns(), c.Token)
		return said(err, "token %s (%s) is revoked\n", t.Name, t.ID)
	})
}
