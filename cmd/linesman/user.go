package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"
	"time"

	"golang.org/x/term"

	"linesman/access"
	"linesman/config"
)

// UserCommands keeps the people who may sign and act.
type UserCommands struct {
	Add     UserAddCmd     `cmd:"" help:"Add a user."`
	List    UserListCmd    `cmd:"" help:"List the users, their roles and rights."`
	Passwd  UserPasswdCmd  `cmd:"" help:"Give a user another password, and end a lock."`
	Role    UserRoleCmd    `cmd:"" help:"Give a user another role, on all lines or some."`
	Disable UserDisableCmd `cmd:"" help:"Take a user all rights; the name stays under old signatures."`
	Enable  UserEnableCmd  `cmd:"" help:"Give a disabled user the rights back, or end a lock after wrong passwords."`
}

// Help tells the roles apart.
func (UserCommands) Help() string {
	var b strings.Builder
	b.WriteString("Who works with the appliance. Users are never removed: a name under an old signature keeps its meaning. Each change is an event (audit.user).\n\n")
	for _, r := range access.Roles() {
		fmt.Fprintf(&b, "  %-9s may %s\n", r, rightsOf(r))
	}
	b.WriteString("\nFor example:\n  linesman user add li -c site.yaml --name \"Li Wei\" --role quality\n  linesman user role li -c site.yaml operator --line caps-1\n  linesman user disable li -c site.yaml")
	return b.String()
}

func rightsOf(r access.Role) string {
	var words []string
	for _, right := range r.Rights() {
		words = append(words, string(right))
	}
	return strings.Join(words, ", ")
}

// PasswordFlag says where a password comes from.
type PasswordFlag struct {
	PasswordStdin bool `name:"password-stdin" help:"Read the password from the first line of standard input instead of asking."`
}

// UserAddCmd adds a user.
type UserAddCmd struct {
	SiteFlag
	PasswordFlag
	User string   `arg:"" help:"The name for signing in: lower-case letters and digits."`
	Name string   `help:"The name that is printed under a signature: \"Li Wei\"."`
	Role string   `required:"" help:"viewer, operator, quality, safety, engineer or admin."`
	Line []string `help:"A line that the rights reach; several times for several, none for all."`
}

// Help gives examples.
func (UserAddCmd) Help() string {
	return "The user types the password: a signature is worth something only if nobody else knows it (21 CFR 11.100).\n\n  linesman user add li -c site.yaml --name \"Li Wei\" --role quality\n  linesman user add otto -c site.yaml --role operator --line caps-1 --line caps-2"
}

// Run adds the user.
func (c *UserAddCmd) Run(ctx context.Context) error {
	if _, err := access.ParseRole(c.Role); err != nil {
		return err
	}
	password, err := c.password(c.User, os.Stdin)
	if err != nil {
		return err
	}
	return withAccess(c.Config, func(site *config.Site, s *access.Store) error {
		if err := onLines(site, c.Line); err != nil {
			return err
		}
		err := s.AddUser(ctx, whoRuns(), access.NewUser{Name: c.User, Display: c.Name, Role: access.Role(c.Role), Lines: c.Line, Password: password})
		if err == nil {
			fmt.Printf("user %s added: %s may %s on %s\n", c.User, c.Role, rightsOf(access.Role(c.Role)), reach(c.Line))
		}
		return err
	})
}

// UserListCmd lists users.
type UserListCmd struct{ SiteFlag }

// Help gives an example.
func (UserListCmd) Help() string { return "  linesman user list -c site.yaml" }

// Run prints a table.
func (c *UserListCmd) Run(ctx context.Context) error {
	return readAccess(c.Config, func(s *access.Store) error {
		users, err := s.Users(ctx)
		if err != nil {
			return err
		}
		return listUsers(os.Stdout, users, time.Now())
	})
}

func listUsers(w io.Writer, users []access.User, now time.Time) error {
	if len(users) == 0 {
		fmt.Fprintln(w, "no users yet: linesman user add")
		return nil
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "USER\tNAME\tROLE\tLINES\tPASSWORD\tSTATE")
	for _, u := range users {
		state := "active"
		switch {
		case u.Disabled:
			state = "disabled"
		case !u.Locked.IsZero():
			state = "locked until " + u.Locked.Format("2006-01-02 15:04 UTC")
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%d days old\t%s\n", u.Name, u.Display, u.Role, reach(u.Lines), int(now.Sub(u.PasswordSet).Hours()/24), state)
	}
	return t.Flush()
}

// UserPasswdCmd sets a password.
type UserPasswdCmd struct {
	SiteFlag
	PasswordFlag
	User string `arg:"" help:"The user's sign-in name."`
}

// Help gives examples.
func (UserPasswdCmd) Help() string {
	return "  linesman user passwd li -c site.yaml\n  linesman user passwd li -c site.yaml --password-stdin < secret.txt"
}

// Run sets it.
func (c *UserPasswdCmd) Run(ctx context.Context) error {
	password, err := c.password(c.User, os.Stdin)
	if err != nil {
		return err
	}
	return withAccess(c.Config, func(_ *config.Site, s *access.Store) error {
		return said(s.SetPassword(ctx, whoRuns(), c.User, password), "user %s has a new password\n", c.User)
	})
}

// UserRoleCmd sets a role.
type UserRoleCmd struct {
	SiteFlag
	User string   `arg:"" help:"The user's sign-in name."`
	Role string   `arg:"" help:"viewer, operator, quality, safety, engineer or admin."`
	Line []string `help:"A line that the rights reach; several times for several, none for all."`
}

// Help gives examples.
func (UserRoleCmd) Help() string {
	return "  linesman user role li -c site.yaml engineer\n  linesman user role li -c site.yaml operator --line caps-1"
}

// Run sets it.
func (c *UserRoleCmd) Run(ctx context.Context) error {
	return withAccess(c.Config, func(site *config.Site, s *access.Store) error {
		if err := onLines(site, c.Line); err != nil {
			return err
		}
		return said(s.SetRole(ctx, whoRuns(), c.User, access.Role(c.Role), c.Line), "user %s is %s on %s\n", c.User, c.Role, reach(c.Line))
	})
}

// UserDisableCmd disables a user.
type UserDisableCmd struct {
	SiteFlag
	User string `arg:"" help:"The user's sign-in name."`
}

// Help gives an example.
func (UserDisableCmd) Help() string { return "  linesman user disable li -c site.yaml" }

// Run disables the user.
func (c *UserDisableCmd) Run(ctx context.Context) error {
	return withAccess(c.Config, func(_ *config.Site, s *access.Store) error {
		return said(s.Disable(ctx, whoRuns(), c.User), "user %s is disabled\n", c.User)
	})
}

// UserEnableCmd enables a user.
type UserEnableCmd struct {
	SiteFlag
	User string `arg:"" help:"The user's sign-in name."`
}

// Help gives an example.
func (UserEnableCmd) Help() string { return "  linesman user enable li -c site.yaml" }

// Run enables the user.
func (c *UserEnableCmd) Run(ctx context.Context) error {
	return withAccess(c.Config, func(_ *config.Site, s *access.Store) error {
		return said(s.Enable(ctx, whoRuns(), c.User), "user %s is enabled\n", c.User)
	})
}

// said prints what was done, unless it was not.
func said(err error, format string, args ...any) error {
	if err == nil {
		fmt.Printf(format, args...)
	}
	return err
}

func reach(lines []string) string {
	if len(lines) == 0 {
		return "all lines"
	}
	return strings.Join(lines, ", ")
}

// password asks for a password twice without showing it, or reads it from
// standard input.
func (f PasswordFlag) password(user string, in *os.File) (string, error) {
	var password string
	switch {
	case f.PasswordStdin:
		line, err := bufio.NewReader(io.LimitReader(in, 1<<12)).ReadString('\n')
		if err != nil && !errors.Is(err, io.EOF) {
			return "", fmt.Errorf("reading the password: %w", err)
		}
		password = strings.TrimRight(line, "\r\n")
	case !term.IsTerminal(int(in.Fd())):
		return "", errors.New("there is no terminal to ask for the password: give it by --password-stdin")
	default:
		first, err := prompt(in, fmt.Sprintf("password of %s (%d characters or more): ", user, access.MinPassword))
		if err != nil {
			return "", err
		}
		again, err := prompt(in, "once more: ")
		if err != nil {
			return "", err
		}
		if first != again {
			return "", errors.New("the two passwords differ: nothing was changed")
		}
		password = first
	}
	return password, access.CheckPassword(user, password)
}

func prompt(in *os.File, text string) (string, error) {
	fmt.Fprint(os.Stderr, text)
	typed, err := term.ReadPassword(int(in.Fd()))
	fmt.Fprintln(os.Stderr)
	return string(typed), err
}
