package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"linesman/config"
	"linesman/event"
	"linesman/event/disk"
	"linesman/event/sqlite"
	"linesman/proof"
)

// CertificateCmd writes the page on which a batch or a shift answers for itself.
type CertificateCmd struct {
	LogFlag
	Batch string `placeholder:"ID" help:"Of this batch."`
	Line  string `help:"Of this line. Default: the site's only one, or the one the batch ran on."`
	From  string `placeholder:"TIME" help:"Of the time from here: 2026-03-01T06:00, 06:00, yesterday, -8h."`
	To    string `placeholder:"TIME" help:"Up to here. Default: now."`
	Shift string `placeholder:"NAME" help:"Of this shift: early, late, night, or as the site file names them."`
	Day   string `placeholder:"DAY" help:"On which the shift began: 2026-03-01, yesterday. Default: the last one that began."`
	Out   string `short:"o" placeholder:"FILE" help:"certificate.html, .pdf or .json; - writes HTML to the standard output. Default: a name of its own, .html."`
}

// Help shows how.
func (c *CertificateCmd) Help() string {
	return `One page: parts by outcome, the account of parts counted by us and by the
controller, challenges, alarms, holes in the record, what judged, and the signed
head of the log. HTML and PDF carry their data, so that

  linesman events verify --dir COPY --certificate FILE

counts every figure again years later. It reads the files, whether an appliance
runs or not, and reaches as far as their newest signed head.

  linesman certificate -c site.yaml --batch B-2031 --out B-2031.pdf
  linesman certificate -c site.yaml --shift early --out early.html
  linesman certificate -c site.yaml --line caps-1 --from 06:00 --to 14:00
  linesman certificate --dir /mnt/copy/log --batch B-2031 --zone Asia/Shanghai`
}

// Run writes it.
func (c *CertificateCmd) Run(ctx context.Context) error {
	log, zone, err := c.open()
	if err != nil {
		return err
	}
	defer log.Close()
	dir, site, err := c.place()
	if err != nil {
		return err
	}
	w, err := c.wanted(site, zone, time.Now())
	if err != nil {
		return err
	}
	if w.Head, w.Verifier, err = headIn(ctx, log, dir); err != nil {
		return err
	}
	cert, err := proof.Certify(ctx, log, w)
	if err != nil {
		return err
	}
	out, err := c.write(cert)
	if err != nil || out == "" {
		return err
	}
	note := ""
	if cert.Open {
		note = "; it was still running at the log's head of " + cert.Made.In(zone).Format("2006-01-02 15:04:05")
	}
	_, err = fmt.Fprintf(os.Stderr, "%s: %d parts%s\n", out, cert.Counts.Judged(), note)
	return err
}

// headIn returns the newest head in a log's files and the key that signed it:
// every group of events that is stored is stored with one.
func headIn(ctx context.Context, log logReader, dir string) (signed, key string, err error) {
	files, ok := log.(interface {
		Head(ctx context.Context) (signed, verifier string, err error)
	})
	if !ok {
		return "", "", fmt.Errorf("event log %s: its files hold no head", dir)
	}
	if signed, key, err = files.Head(ctx); err != nil {
		return "", "", err
	}
	if _, err = event.OpenHead(signed, key); err == nil {
		return signed, key, nil
	}
	keys, err := sqlite.Verifiers(dir) // it was signed before the key was made anew
	if err != nil {
		return "", "", err
	}
	for _, key := range slices.Backward(keys) {
		if _, err = event.OpenHead(signed, key); err == nil {
			return signed, key, nil
		}
	}
	return "", "", err
}

// wanted reads the flags; site is nil where a log's folder is meant.
func (c *CertificateCmd) wanted(site *config.Site, zone *time.Location, now time.Time) (w proof.Wanted, err error) {
	w = proof.Wanted{Line: c.Line, Batch: c.Batch, Shift: c.Shift, Zone: zone, Version: version}
	ways := 0
	for _, given := range []bool{c.Batch != "", c.From != "" || c.To != "", c.Shift != ""} {
		if given {
			ways++
		}
	}
	if ways != 1 {
		return w, errors.New("of what? give one of --batch ID, --shift NAME, or --from TIME and --to TIME")
	}
	if c.Batch != "" {
		return w, nil
	}
	var shifts proof.Shifts
	if site != nil {
		if shifts = site.Shifts; w.Line == "" {
			ids := site.LineIDs()
			if len(ids) != 1 {
				return w, fmt.Errorf("which line? give --line, one of %v", ids)
			}
			w.Line = string(ids[0])
		}
	}
	if c.Shift != "" {
		var day time.Time
		if c.Day != "" {
			if day, err = parseWhen(c.Day, now, zone); err != nil {
				return w, fmt.Errorf("--day: %w", err)
			}
		}
		w.From, w.To, err = shifts.Find(c.Shift, day, now, zone)
		return w, err
	}
	for _, end := range []struct {
		flag, text string
		at         *time.Time
	}{{"--from", c.From, &w.From}, {"--to", c.To, &w.To}} {
		if end.text == "" && end.flag == "--to" {
			*end.at = now
			continue
		}
		if end.text == "" {
			return w, errors.New("a stretch of time needs --from, such as --from 06:00")
		}
		if *end.at, err = parseWhen(end.text, now, zone); err != nil {
			return w, fmt.Errorf("%s: %w", end.flag, err)
		}
	}
	return w, nil
}

// write puts the page in place and returns where; nothing for the standard output.
func (c *CertificateCmd) write(cert proof.Certificate) (string, error) {
	if c.Out == "-" {
		return "", cert.HTML(os.Stdout)
	}
	out := c.Out
	if out == "" {
		out = "certificate-" + fileName(cert) + ".html"
	}
	var form func(io.Writer) error
	switch strings.ToLower(filepath.Ext(out)) {
	case ".html", ".htm":
		form = cert.HTML
	case ".pdf":
		form = cert.PDF
	case ".json":
		form = cert.JSON
	default:
		return "", fmt.Errorf("--out %s: its ending names no form; want .html, .pdf or .json", out)
	}
	return out, disk.WriteWith(out, 0o644, form)
}

// fileName is a certificate's own name.
func fileName(c proof.Certificate) string {
	name := c.Batch
	if name == "" {
		name = strings.Trim(c.Line+"-"+c.From.Format("20060102-1504")+"-"+c.Shift, "-")
	}
	return strings.Map(func(r rune) rune {
		if r <= ' ' || strings.ContainsRune(`/\:*?"<>|`, r) {
			return '-'
		}
		return r
	}, name)
}
