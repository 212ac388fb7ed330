// Package receiver is a push service and the devices behind it, on this
// machine: it takes Web Push messages as a browser's service does, holds their
// VAPID signature against RFC 8292 and decrypts them as the browser does (RFC
// 8291, RFC 8188), with the subscription's own key. It shares no code with the
// sender.
package receiver

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"net/http"
	"strings"
	"sync"
	"time"
)

var b64 = base64.RawURLEncoding

// Push is one message that a device got.
type Push struct {
	Device  string
	At      time.Time
	Data    []byte // decrypted
	Urgency string
	Topic   string
	TTL     string
}

// Device is one subscription, as the browser's PushManager gives it.
type Device struct {
	Endpoint string
	P256dh   string
	Auth     string

	name string
	key  *ecdh.PrivateKey
	auth []byte
}

// Service takes messages at /push/{device}. Use it as an http.Handler.
type Service struct {
	base   string // "http://127.0.0.1:40123"
	public string // VAPID key that devices subscribed with; empty takes any

	mu      sync.Mutex
	devices map[string]*Device
	answer  int // instead of 201
	onPush  func(Push)
	refused []error
}

// New returns a service reached at base. onPush is called for each message,
// from the request's goroutine.
func New(base, vapidPublic string, onPush func(Push)) *Service {
	return &Service{base: base, public: vapidPublic, devices: map[string]*Device{}, onPush: onPush}
}

// Subscribe makes a device with keys of its own.
func (s *Service) Subscribe(name string) (*Device, error) {
	key, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return nil, err
	}
	auth := make([]byte, 16)
	_, _ = rand.Read(auth) // never fails
	d := &Device{Endpoint: s.base + "/push/" + name, P256dh: b64.EncodeToString(key.PublicKey().Bytes()), Auth: b64.EncodeToString(auth), name: name, key: key, auth: auth}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.devices[name] = d
	return d, nil
}

// Answer makes the service answer everything with a status; 0 ends that.
func (s *Service) Answer(status int) { s.mu.Lock(); defer s.mu.Unlock(); s.answer = status }

// Refused are the messages that were none, oldest first.
func (s *Service) Refused() []error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]error(nil), s.refused...)
}

// ServeHTTP takes one message.
func (s *Service) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	d, status := s.devices[strings.TrimPrefix(r.URL.Path, "/push/")], s.answer
	s.mu.Unlock()
	switch {
	case status != 0:
		http.Error(w, "as told", status)
		return
	case d == nil:
		http.Error(w, "no such device", http.StatusGone)
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 4097))
	if err == nil {
		err = s.checkVAPID(r)
	}
	var text []byte
	if err == nil {
		text, err = d.Decrypt(body, r.Header.Get("Content-Encoding"))
	}
	if err != nil {
		s.mu.Lock()
		s.refused = append(s.refused, err)
		s.mu.Unlock()
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusCreated)
	if s.onPush != nil {
		s.onPush(Push{Device: d.name, At: time.Now(), Data: text, Urgency: r.Header.Get("Urgency"), Topic: r.Header.Get("Topic"), TTL: r.Header.Get("TTL")})
	}
}

// checkVAPID holds the request's signature against RFC 8292: an ES256 token for
// this very service, not expired and for at most a day, by the key given.
func (s *Service) checkVAPID(r *http.Request) error {
	scheme, rest, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	if !strings.EqualFold(scheme, "vapid") {
		return errors.New("vapid: the Authorization header is of another scheme")
	}
	var token, key string
	for _, field := range strings.Split(rest, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		switch name {
		case "t":
			token = value
		case "k":
			key = value
		}
	}
	if s.public != "" && strings.TrimRight(key, "=") != strings.TrimRight(s.public, "=") {
		return errors.New("vapid: signed by another key than the device subscribed with")
	}
	point, err := b64.DecodeString(strings.TrimRight(key, "="))
	if err != nil {
		return fmt.Errorf("vapid: k: %w", err)
	}
	if _, err := ecdh.P256().NewPublicKey(point); err != nil {
		return fmt.Errorf("vapid: k: %w", err)
	}
	parts := strings.Split(token, ".")
	if len(parts) != 3 {
		return errors.New("vapid: t is no JWT")
	}
	sig, err := b64.DecodeString(parts[2])
	if err != nil || len(sig) != 64 {
		return errors.New("vapid: the signature is none of ES256")
	}
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), point)
	if err != nil {
		return fmt.Errorf("vapid: k: %w", err)
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if !ecdsa.Verify(public, sum[:], new(big.Int).SetBytes(sig[:32]), new(big.Int).SetBytes(sig[32:])) {
		return errors.New("vapid: the signature does not verify")
	}
	return s.checkClaims(parts[0], parts[1])
}

func (s *Service) checkClaims(head, claims string) error {
	var h struct {
		Alg string `json:"alg"`
	}
	var c struct {
		Aud string `json:"aud"`
		Exp int64  `json:"exp"`
		Sub string `json:"sub"`
	}
	rawHead, errHead := b64.DecodeString(head)
	rawClaims, errClaims := b64.DecodeString(claims)
	if errHead != nil || errClaims != nil || json.Unmarshal(rawHead, &h) != nil || json.Unmarshal(rawClaims, &c) != nil {
		return errors.New("vapid: the token is no JSON")
	}
	left := time.Until(time.Unix(c.Exp, 0))
	switch {
	case h.Alg != "ES256":
		return fmt.Errorf("vapid: alg %q", h.Alg)
	case c.Aud != s.base:
		return fmt.Errorf("vapid: aud %q, want %q", c.Aud, s.base)
	case left <= 0 || left > 24*time.Hour:
		return fmt.Errorf("vapid: expires in %s", left)
	case !strings.HasPrefix(c.Sub, "mailto:") && !strings.HasPrefix(c.Sub, "https:"):
		return fmt.Errorf("vapid: sub %q", c.Sub)
	}
	return nil
}

// Decrypt opens a body of content encoding aes128gcm, of one record, as RFC 8291
// section 3.4 derives its keys.
func (d *Device) Decrypt(body []byte, encoding string) ([]byte, error) {
	if encoding != "aes128gcm" {
		return nil, fmt.Errorf("content encoding %q", encoding)
	}
	if len(body) > 4096 || len(body) < 16+4+1+65+16+1 || body[20] != 65 {
		return nil, fmt.Errorf("body of %d bytes is none of RFC 8188 with a P-256 key", len(body))
	}
	salt, size, sender, sealed := body[:16], binary.BigEndian.Uint32(body[16:20]), body[21:86], body[86:]
	if uint32(len(sealed)) > size {
		return nil, fmt.Errorf("record of %d bytes is larger than its size says, %d", len(sealed), size)
	}
	public, err := ecdh.P256().NewPublicKey(sender)
	if err != nil {
		return nil, err
	}
	shared, err := d.key.ECDH(public)
	if err != nil {
		return nil, err
	}
	info := "WebPush: info\x00" + string(d.key.PublicKey().Bytes()) + string(sender)
	ikm, err := hkdf.Key(sha256.New, shared, d.auth, info, 32)
	if err != nil {
		return nil, err
	}
	key, errKey := hkdf.Key(sha256.New, ikm, salt, "Content-Encoding: aes128gcm\x00", 16)
	nonce, errNonce := hkdf.Key(sha256.New, ikm, salt, "Content-Encoding: nonce\x00", 12)
	if err := errors.Join(errKey, errNonce); err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	gcm, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	text, err := gcm.Open(nil, nonce, sealed, nil)
	if err != nil {
		return nil, fmt.Errorf("the message does not open with the device's key: %w", err)
	}
	for len(text) > 0 && text[len(text)-1] == 0 {
		text = text[:len(text)-1]
	}
	if len(text) == 0 || text[len(text)-1] != 2 {
		return nil, errors.New("the last record's delimiter is missing")
	}
	return text[:len(text)-1], nil
}
