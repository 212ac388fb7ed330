package alarm

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// authority is a plant's own certificate authority.
type authority struct {
	t    *testing.T
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) authority {
	a := authority{t: t}
	a.key = a.newKey()
	der, err := x509.CreateCertificate(rand.Reader, a.plan("plant", time.Hour), a.plan("plant", time.Hour), a.key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	if a.cert, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	return a
}

func (a authority) newKey() *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.t.Fatal(err)
	}
	return key
}

func (a authority) plan(name string, left time.Duration) *x509.Certificate {
	return &x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name}, NotBefore: time.Now().Add(-2 * time.Hour), NotAfter: time.Now().Add(left),
		IsCA: name == "plant", BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature}
}

// issue makes a server's certificate; change may spoil it.
func (a authority) issue(change func(*x509.Certificate)) tls.Certificate {
	plan := a.plan("server", time.Hour)
	plan.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
	if change != nil {
		change(plan)
	}
	key := a.newKey()
	der, err := x509.CreateCertificate(rand.Reader, plan, a.cert, key.Public(), a.key)
	if err != nil {
		a.t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der, a.cert.Raw}, PrivateKey: key}
}

// TestTLS holds that nothing is said to a server that does not prove who it is.
func TestTLS(t *testing.T) {
	ours, theirs := newAuthority(t), newAuthority(t)
	roots := x509.NewCertPool()
	roots.AddCert(ours.cert)
	padded := ours.issue(nil)
	for range 2000 {
		padded.Certificate = append(padded.Certificate, ours.cert.Raw) // a megabyte of them
	}
	for _, c := range []struct {
		name string
		set  *tls.Config // nil: the server speaks no TLS
		talk func(net.Conn)
		good bool
	}{
		{name: "the plant's own", set: &tls.Config{Certificates: []tls.Certificate{ours.issue(nil)}}, good: true},
		{name: "an authority that nobody knows", set: &tls.Config{Certificates: []tls.Certificate{theirs.issue(nil)}}},
		{name: "of another host", set: &tls.Config{Certificates: []tls.Certificate{ours.issue(func(c *x509.Certificate) { c.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 2)} })}}},
		{name: "expired", set: &tls.Config{Certificates: []tls.Certificate{ours.issue(func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Hour) })}}},
		{name: "not yet good", set: &tls.Config{Certificates: []tls.Certificate{ours.issue(func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = time.Now().Add(time.Hour), time.Now().Add(2*time.Hour)
		})}}},
		{name: "TLS 1.1", set: &tls.Config{MaxVersion: tls.VersionTLS11, MinVersion: tls.VersionTLS10, Certificates: []tls.Certificate{ours.issue(nil)}}},
		{name: "a chain without end", set: &tls.Config{Certificates: []tls.Certificate{padded}}},
		{name: "wants to know who we are", set: &tls.Config{ClientAuth: tls.RequireAnyClientCert, Certificates: []tls.Certificate{ours.issue(nil)}}},
		{name: "no TLS", talk: func(c net.Conn) { _, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\n\r\n") }},
		{name: "a handshake that never goes on", talk: func(c net.Conn) { _, _ = io.Copy(io.Discard, c) }},
		{name: "records without end", talk: func(c net.Conn) {
			for {
				if _, err := c.Write([]byte("\x16\x03\x03\x40\x00" + strings.Repeat("\x00", 0x4000))); err != nil {
					return
				}
			}
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			asked := false
			address := ""
			if c.set != nil {
				s := httptest.NewUnstartedServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked = true }))
				s.Config.ErrorLog = nil
				s.TLS = c.set
				s.StartTLS()
				t.Cleanup(s.Close)
				address = s.Listener.Addr().String()
			} else {
				address = listening(t, c.talk)
			}
			d, err := newDoor(roots, []string{"127.0.0.1"})
			if err != nil {
				t.Fatal(err)
			}
			ctx, cancel := context.WithTimeout(t.Context(), time.Second)
			defer cancel()
			began := time.Now()
			_, err = d.Post(ctx, "https://"+address+"/secret-path", "text/plain", []byte("who stands where"), nil)
			if (err == nil) != c.good || asked != c.good {
				t.Errorf("error %v, asked %t; want it to be taken: %t", err, asked, c.good)
			}
			if took := time.Since(began); took > 3*time.Second || err != nil && (strings.Contains(err.Error(), "secret-path") || errors.Is(err, ErrNever)) {
				t.Errorf("after %s: %v; a certificate can be mended, and the path is nobody's business", took, err)
			}
		})
	}
}

// listening is a server of bare connections, closed with the test.
func listening(t *testing.T, talk func(net.Conn)) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		talk(c)
	}()
	t.Cleanup(func() { l.Close(); <-ended })
	return l.Addr().String()
}
