// Package mail calls people by e-mail, through the plant's own mail server.
package mail

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	netmail "net/mail"
	"net/smtp"
	"net/textproto"
	"os"
	"strings"
	"time"

	"linesman/alarm"
	"linesman/event"
)

var _ alarm.Deliverer = (*Channel)(nil)

// Settings are the options of a channel with driver mail.
type Settings struct {
	Server   string `yaml:"server"` // host:port
	TLS      string `yaml:"tls"`    // starttls, tls (from the first byte) or none; default starttls
	From     string `yaml:"from"`   // sender's address
	To       string `yaml:"to"`     // where a recipient has no address of his own
	User     string `yaml:"user"`   // default: nobody signs in
	Password string `yaml:"password"`
	File     string `yaml:"password_file"` // holds the password instead
}

// Validate fills defaults and refuses what can not be meant.
func (s *Settings) Validate() error {
	if s.TLS == "" {
		s.TLS = "starttls"
	}
	if _, _, err := net.SplitHostPort(s.Server); err != nil {
		return fmt.Errorf("server %q: want host:port, such as mail.plant.example:587", s.Server)
	}
	if s.TLS != "starttls" && s.TLS != "tls" && s.TLS != "none" {
		return fmt.Errorf("tls %q: want starttls, tls or none", s.TLS)
	}
	if a, err := netmail.ParseAddress(s.From); err != nil || a.Address != s.From {
		return fmt.Errorf("from %q: want a bare address, such as linesman@plant.example", s.From)
	}
	if a, err := netmail.ParseAddress(s.To); s.To != "" && (err != nil || a.Address != s.To) {
		return fmt.Errorf("to %q: want a bare address", s.To)
	}
	if s.TLS == "none" && s.User != "" {
		return errors.New("user: a password is not sent without TLS; set tls: starttls")
	}
	return nil
}

// Channel is one mail server.
type Channel struct {
	set      Settings
	password string
	door     *alarm.Door
}

// New opens a channel.
func New(name string, c alarm.Channel, m alarm.Means) (*Channel, error) {
	var set Settings
	if err := c.Options(&set); err != nil {
		return nil, fmt.Errorf("alarms.channels.%s: %w", name, err)
	}
	if err := set.Validate(); err != nil {
		return nil, fmt.Errorf("alarms.channels.%s.%w", name, err)
	}
	ch := &Channel{set: set, password: set.Password}
	if set.File != "" {
		data, err := os.ReadFile(set.File)
		if err != nil {
			return nil, fmt.Errorf("alarms.channels.%s.password_file: %w", name, err)
		}
		ch.password = strings.TrimSpace(string(data))
	}
	var err error
	if ch.door, err = m.Door(set.Server); err != nil {
		return nil, fmt.Errorf("alarms.channels.%s: %w", name, err)
	}
	return ch, nil
}

// Proves is false: a mail server takes a letter, and more is not known.
func (c *Channel) Proves() bool { return false }

// Deliver hands one letter to the server.
func (c *Channel) Deliver(ctx context.Context, n alarm.Notice) (alarm.Proof, error) {
	to := n.To
	if to == "" {
		to = c.set.To
	}
	if a, err := netmail.ParseAddress(to); err != nil || a.Address != to {
		return 0, fmt.Errorf("%s has no mail address: give it in alarms.people.%s.reach: %w", n.Recipient, n.Recipient, alarm.ErrNever)
	}
	err := c.send(ctx, to, c.letter(n, to, time.Now()))
	if err == nil {
		return alarm.Taken, nil
	}
	var said *textproto.Error
	if errors.As(err, &said) && said.Code >= 500 {
		err = fmt.Errorf("%w: %w", err, alarm.ErrNever)
	}
	return 0, fmt.Errorf("mail server %s: %w", c.set.Server, err)
}

// mostSaid is how many bytes a server may say in one conversation.
const mostSaid = 64 << 10

// bounded is a connection on which the other side can not say more than that.
type bounded struct {
	net.Conn
	left *io.LimitedReader
}

func (b bounded) Read(p []byte) (int, error) {
	n, err := b.left.Read(p)
	if err == io.EOF && b.left.N <= 0 {
		return n, fmt.Errorf("it says more than %d bytes, as no mail server does", mostSaid)
	}
	return n, err
}

func (c *Channel) send(ctx context.Context, to string, letter []byte) error {
	conn, err := c.door.Dial(ctx, "tcp", c.set.Server)
	if err != nil {
		if errors.Is(err, alarm.ErrDoor) {
			err = fmt.Errorf("%w: %w", err, alarm.ErrNever)
		}
		return err
	}
	defer conn.Close()
	stop := context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) }) // ends what waits
	defer stop()
	host, _, _ := net.SplitHostPort(c.set.Server)
	if c.set.TLS == "tls" {
		conn = tls.Client(conn, c.door.TLS(host))
	}
	client, err := smtp.NewClient(bounded{conn, &io.LimitedReader{R: conn, N: mostSaid}}, host)
	if err != nil {
		return ended(ctx, err)
	}
	defer client.Close()
	return ended(ctx, c.talk(client, host, to, letter))
}

// ended names the deadline as the cause where it was.
func ended(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}

func (c *Channel) talk(client *smtp.Client, host, to string, letter []byte) error {
	if err := client.Hello("linesman.invalid"); err != nil {
		return err
	}
	if c.set.TLS == "starttls" {
		if ok, _ := client.Extension("STARTTLS"); !ok {
			return errors.New("it does not offer STARTTLS, and nothing is sent in the clear; see alarms.channels: tls")
		}
		if err := client.StartTLS(c.door.TLS(host)); err != nil {
			return err
		}
	}
	if c.set.User != "" {
		if err := client.Auth(smtp.PlainAuth("", c.set.User, c.password, host)); err != nil {
			return err
		}
	}
	if err := client.Mail(c.set.From); err != nil {
		return err
	}
	if err := client.Rcpt(to); err != nil {
		return err
	}
	w, err := client.Data()
	if err != nil {
		return err
	}
	if _, err := w.Write(letter); err != nil {
		return err
	}
	if err := w.Close(); err != nil { // the server answers to the letter as a whole
		return err
	}
	_ = client.Quit() // it has the letter; how it says goodbye changes nothing
	return nil
}

// letter writes the message. Its Message-ID is the delivery's, so that mail
// servers and readers show a repeated attempt once.
func (c *Channel) letter(n alarm.Notice, to string, now time.Time) []byte {
	sum := sha256.Sum256([]byte(n.ID))
	_, domain, _ := strings.Cut(c.set.From, "@")
	var text strings.Builder
	say := func(lines ...string) {
		for _, line := range lines {
			if line != "" {
				text.WriteString(line + "\r\n")
			}
		}
	}
	say(n.Text, n.Alarm.WhatTo, "\r\n"+n.Site+", "+n.Alarm.Opened.UTC().Format("2006-01-02 15:04:05 UTC")+", alarm "+n.Alarm.ID)
	if n.Link != "" {
		say("\r\nTo acknowledge it, open this page and press the button:", n.Link)
	}
	say("\r\nAlarms of this system advise. They replace no safety function.")

	var b bytes.Buffer
	header := func(name, value string) { fmt.Fprintf(&b, "%s: %s\r\n", name, value) }
	header("From", c.set.From)
	header("To", to)
	header("Subject", mime.QEncoding.Encode("utf-8", oneLine(n.Title+" - "+n.Text)))
	header("Date", now.UTC().Format(time.RFC1123Z))
	header("Message-ID", "<"+hex.EncodeToString(sum[:16])+"@"+domain+">")
	header("Auto-Submitted", "auto-generated")
	if n.Alarm.Severity >= event.High {
		header("Importance", "high")
	}
	header("MIME-Version", "1.0")
	header("Content-Type", "text/plain; charset=utf-8")
	header("Content-Transfer-Encoding", "base64")
	b.WriteString("\r\n")
	for body := base64.StdEncoding.EncodeToString([]byte(text.String())); body != ""; {
		line := body[:min(76, len(body))]
		body = body[len(line):]
		b.WriteString(line + "\r\n")
	}
	return b.Bytes()
}

// oneLine keeps a header from being ended by what it holds.
func oneLine(text string) string {
	return strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r < ' ' }), " ")
}
