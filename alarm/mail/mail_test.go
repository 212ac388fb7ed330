package mail

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"io"
	"math/big"
	"mime"
	"net"
	netmail "net/mail"
	"strings"
	"sync"
	"testing"
	"time"

	"linesman/alarm"
	"linesman/alarm/alarmtest"
)

// server is a small mail server (RFC 5321): EHLO, STARTTLS, AUTH PLAIN, MAIL,
// RCPT, DATA.
type server struct {
	t       *testing.T
	cert    *tls.Certificate // nil: no STARTTLS
	refuses string           // what it answers to RCPT; empty takes

	mu      sync.Mutex
	letters []string
	said    []string
}

func (s *server) start() string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		s.t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer c.Close()
				_ = c.SetDeadline(time.Now().Add(10 * time.Second))
				s.talk(c)
			})
		}
	})
	s.t.Cleanup(func() { l.Close(); all.Wait() })
	return l.Addr().String()
}

func (s *server) talk(c net.Conn) {
	r := bufio.NewReader(c)
	say := func(text string) { _, _ = io.WriteString(c, text+"\r\n") }
	say("220 mail.test ready")
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimSpace(line)
		s.mu.Lock()
		s.said = append(s.said, line)
		s.mu.Unlock()
		switch verb := strings.ToUpper(strings.Fields(line + " ?")[0]); verb {
		case "EHLO":
			if _, secure := c.(*tls.Conn); s.cert != nil && !secure {
				say("250-mail.test")
				say("250 STARTTLS")
			} else {
				say("250-mail.test")
				say("250 AUTH PLAIN")
			}
		case "STARTTLS":
			say("220 go on")
			c = tls.Server(c, &tls.Config{Certificates: []tls.Certificate{*s.cert}})
			r = bufio.NewReader(c)
		case "RCPT":
			if s.refuses != "" {
				say(s.refuses)
				continue
			}
			say("250 ok")
		case "DATA":
			say("354 go on")
			var letter strings.Builder
			for {
				line, err := r.ReadString('\n')
				if err != nil {
					return
				}
				if line == ".\r\n" {
					break
				}
				letter.WriteString(strings.TrimPrefix(line, "."))
			}
			s.mu.Lock()
			s.letters = append(s.letters, letter.String())
			s.mu.Unlock()
			say("250 taken")
		case "QUIT":
			say("221 bye")
			return
		case "AUTH":
			say("235 ok")
		default:
			say("250 ok")
		}
	}
}

func (s *server) got() []string { s.mu.Lock(); defer s.mu.Unlock(); return s.letters }

// certificate is one for 127.0.0.1, and who trusts it.
func certificate(t *testing.T) (*tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	form := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, form, form, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}

func channel(t *testing.T, options string, pool *x509.CertPool) *Channel {
	t.Helper()
	c, err := alarm.ParseChannel([]byte("driver: mail\nfrom: linesman@plant.example\n" + options))
	if err != nil {
		t.Fatal(err)
	}
	ch, err := New("mail", c, alarm.Means{Roots: pool})
	if err != nil {
		t.Fatal(err)
	}
	return ch
}

const password = "pa55word-of-mail"

func TestConformance(t *testing.T) {
	cert, pool := certificate(t)
	messageID := func(id string) string {
		c := &Channel{set: Settings{From: "linesman@plant.example"}}
		n := alarmtest.Notice()
		n.ID = id
		m, err := netmail.ReadMessage(strings.NewReader(string(c.letter(n, "li@plant.example", time.Now()))))
		if err != nil {
			t.Fatal(err)
		}
		return m.Header.Get("Message-ID")
	}
	for name, c := range map[string]struct {
		options string
		cert    *tls.Certificate
	}{
		"starttls": {"user: linesman\npassword: " + password, cert},
		"none":     {"tls: none", nil},
	} {
		t.Run(name, func(t *testing.T) {
			alarmtest.Run(t, alarmtest.Kit{Secret: password, ID: messageID,
				New: func(t *testing.T, address string) alarm.Deliverer {
					return channel(t, "server: "+address+"\n"+c.options, pool)
				},
				Peer: func(t *testing.T) (string, func() []string) {
					s := &server{t: t, cert: c.cert}
					return s.start(), s.got
				}})
		})
	}
}

func TestLetter(t *testing.T) {
	n := alarmtest.Notice()
	n.Title = "HIGH alarm: zone yard\r\nBcc: all@plant.example"
	m, err := netmail.ReadMessage(strings.NewReader(string((&Channel{set: Settings{From: "a@b.example"}}).letter(n, "li@plant.example", time.Now()))))
	if err != nil {
		t.Fatal(err)
	}
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil || !strings.Contains(subject, "有人进入") || m.Header.Get("Bcc") != "" || m.Header.Get("Importance") != "high" {
		t.Errorf("subject %q, header %v, %v", subject, m.Header, err)
	}
	body, err := io.ReadAll(base64.NewDecoder(base64.StdEncoding, m.Body))
	if err != nil || !strings.Contains(string(body), n.Alarm.WhatTo) || !strings.Contains(string(body), n.Link) {
		t.Errorf("%q, %v", body, err)
	}
}

// TestClear holds that nothing is sent in the clear where TLS is asked for, and
// to nobody whose certificate is not trusted.
func TestClear(t *testing.T) {
	cert, _ := certificate(t)
	for name, c := range map[string]struct {
		cert *tls.Certificate
		says string
	}{"no STARTTLS": {nil, "STARTTLS"}, "a certificate of nobody's": {cert, "certificate"}} {
		s := &server{t: t, cert: c.cert}
		_, err := channel(t, "server: "+s.start()+"\nuser: linesman\npassword: "+password, nil).Deliver(t.Context(), alarmtest.Notice())
		if err == nil || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%s: %v", name, err)
		}
		s.mu.Lock()
		for _, line := range s.said {
			if strings.HasPrefix(line, "AUTH") || strings.HasPrefix(line, "MAIL") {
				t.Errorf("%s: it was told %q", name, line)
			}
		}
		s.mu.Unlock()
	}
}

func TestRefusedForGood(t *testing.T) {
	for answer, never := range map[string]bool{"550 no such user": true, "450 mailbox busy": false} {
		s := &server{t: t, refuses: answer}
		_, err := channel(t, "tls: none\nserver: "+s.start(), nil).Deliver(t.Context(), alarmtest.Notice())
		if err == nil || strings.Contains(err.Error(), alarm.ErrNever.Error()) != never {
			t.Errorf("%s: %v, final want %t", answer, err, never)
		}
	}
	n := alarmtest.Notice()
	n.To = "li@plant.example>\r\nRCPT TO:<all@plant.example"
	if _, err := channel(t, "tls: none\nserver: 127.0.0.1:1", nil).Deliver(t.Context(), n); err == nil || !strings.Contains(err.Error(), "no mail address") {
		t.Errorf("an address with a line end: %v", err)
	}
}

func TestRefused(t *testing.T) {
	for options, says := range map[string]string{
		"server: mail.plant.example":                       "host:port",
		"server: m:25\ntls: maybe":                         "starttls, tls or none",
		"server: m:25\nfrom: Li <li@x.example>":            "bare address",
		"server: m:25\nto: nobody":                         "bare address",
		"server: m:25\nuser: a\ntls: none":                 "without TLS",
		"server: m:25\npasword: a":                         "pasword",
		"server: m:25\nuser: a\npassword_file: /not/there": "no such file",
	} {
		from := "from: a@b.example\n"
		if strings.Contains(options, "from:") {
			from = ""
		}
		c, err := alarm.ParseChannel([]byte("driver: mail\n" + from + options))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := New("mail", c, alarm.Means{}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%q: %v, want %q", options, err, says)
		}
	}
}

func TestSample(t *testing.T) {
	alarmtest.Samples(t, func(c alarm.Channel) error { _, err := New("x", c, alarm.Means{}); return err })
}
