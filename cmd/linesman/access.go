package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/user"
	"path/filepath"
	"syscall"
	"time"

	"golang.org/x/sys/unix"

	"linesman/access"
	"linesman/config"
	"linesman/event"
	"linesman/event/sqlite"
)

func accessDir(site *config.Site) string { return filepath.Join(site.Path(site.Data), "access") }

// openAccess opens who may do what, for the process that has the log.
func openAccess(site *config.Site, log event.Log, logger *slog.Logger) (*access.Store, error) {
	return access.Open(access.Settings{Dir: accessDir(site), Source: "/" + site.Name, Log: log, Logger: logger,
		Events: func(ctx context.Context, events []event.Event) error {
			_, err := log.Append(ctx, events)
			return err
		}})
}

// withAccess runs a command's work on the site's users and tokens. While an
// appliance has the log, its events go there by HTTP, else straight into the
// log.
func withAccess(path string, work func(site *config.Site, s *access.Store) error) (err error) {
	site, err := config.Load(path)
	if err != nil {
		return err
	}
	if err := asOwner(filepath.Join(accessDir(site), "access.json")); err != nil {
		return err
	}
	logger := slog.New(slog.NewTextHandler(os.Stderr, nil))
	dir := filepath.Join(site.Path(site.Data), "log")
	var s *access.Store
	if inUse(dir) {
		s, err = access.Open(access.Settings{Dir: accessDir(site), Source: "/" + site.Name, Logger: logger, Events: postTo(site)})
	} else {
		var log *sqlite.Log
		if log, err = sqlite.Open(sqlite.Settings{Dir: dir, Site: site.Name, Logger: logger}); err != nil {
			return err
		}
		defer func() { err = errors.Join(err, log.Close()) }()
		s, err = openAccess(site, log, logger)
	}
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return work(site, s)
}

// readAccess runs a command that only looks.
func readAccess(path string, work func(s *access.Store) error) (err error) {
	site, err := config.Load(path)
	if err != nil {
		return err
	}
	if err := asOwner(filepath.Join(accessDir(site), "access.json")); err != nil {
		return err
	}
	s, err := access.Open(access.Settings{Dir: accessDir(site), Source: "/" + site.Name, Logger: slog.New(slog.NewTextHandler(os.Stderr, nil))})
	if err != nil {
		return err
	}
	return work(s)
}

// asOwner refuses to write files that the appliance could then not read.
func asOwner(path string) error {
	info, err := os.Stat(path)
	if err != nil {
		return nil // none yet
	}
	sys, ok := info.Sys().(*syscall.Stat_t)
	if !ok || int(sys.Uid) == os.Geteuid() {
		return nil
	}
	name := fmt.Sprint(sys.Uid)
	if u, err := user.LookupId(name); err == nil {
		name = u.Username
	}
	return fmt.Errorf("%s belongs to user %s, as whom the appliance runs: run this as that user (sudo -u %s linesman ...)", path, name, name)
}

// inUse says whether an appliance has the log in dir.
func inUse(dir string) bool {
	file, err := os.Open(filepath.Join(dir, "lock"))
	if err != nil {
		return false
	}
	defer file.Close()
	return errors.Is(unix.Flock(int(file.Fd()), unix.LOCK_SH|unix.LOCK_NB), unix.EWOULDBLOCK)
}

// postTo hands events to the appliance that runs, by the local token.
func postTo(site *config.Site) func(context.Context, []event.Event) error {
	return func(ctx context.Context, events []event.Event) error {
		token, err := access.LocalToken(accessDir(site))
		if err != nil {
			return err
		}
		body, err := json.Marshal(events)
		if err != nil {
			return err
		}
		url := "http://" + nearby(site.Listen) + "/api/v1/events"
		r, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(body))
		if err != nil {
			return err
		}
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Content-Type", "application/cloudevents-batch+json")
		answer, err := (&http.Client{Timeout: 5 * time.Second}).Do(r)
		if err != nil {
			return fmt.Errorf("the appliance that runs does not answer: %w", err)
		}
		defer answer.Body.Close()
		if text, _ := io.ReadAll(io.LimitReader(answer.Body, 1000)); answer.StatusCode/100 != 2 {
			return fmt.Errorf("%s: %s: %s", url, answer.Status, text)
		}
		return nil
	}
}

// nearby is the address by which a process on this box reaches what listens.
func nearby(listen string) string {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return listen
	}
	switch ip := net.ParseIP(host); {
	case host == "" || ip != nil && ip.IsUnspecified() && ip.To4() != nil:
		host = "127.0.0.1"
	case ip != nil && ip.IsUnspecified():
		host = "::1"
	}
	return net.JoinHostPort(host, port)
}

// whoRuns is who gave the command, as far as the operating system knows: the
// person behind sudo, where there is one.
func whoRuns() string {
	if name := os.Getenv("SUDO_USER"); name != "" && os.Getuid() == 0 {
		return "os:" + name
	}
	if u, err := user.Current(); err == nil {
		return "os:" + u.Username
	}
	return fmt.Sprintf("os:%d", os.Getuid())
}

// onLines refuses lines that the site does not have.
func onLines(site *config.Site, lines []string) error {
	for _, name := range lines {
		known := false
		for _, id := range site.LineIDs() {
			known = known || string(id) == name
		}
		if !known {
			return fmt.Errorf("line %q is not among %v", name, site.LineIDs())
		}
	}
	return nil
}
