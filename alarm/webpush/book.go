package webpush

import (
	"crypto/ecdh"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/url"
	"os"
	"slices"
	"sync"
	"time"

	push "github.com/SherClockHolmes/webpush-go"

	"linesman/alarm"
	"linesman/event"
)

// mostDevices is how many devices one recipient may have; the oldest makes room.
const mostDevices = 10

// book is the file of the channel's keys and devices.
type book struct {
	path string

	mu sync.Mutex
	roll
}

// roll is what the file holds.
type roll struct {
	Format  int      `json:"format"`
	Public  string   `json:"vapid_public"`
	Private string   `json:"vapid_private"`
	Devices []device `json:"devices"`
}

// device is one browser that subscribed.
type device struct {
	Recipient string    `json:"recipient"`
	Endpoint  string    `json:"endpoint"`
	P256dh    string    `json:"p256dh"`
	Auth      string    `json:"auth"`
	Added     time.Time `json:"added"`
}

// name is short and no secret.
func (d device) name() string {
	sum := sha256.Sum256([]byte(d.Endpoint))
	return hex.EncodeToString(sum[:4])
}

func (b *book) open() error {
	data, err := os.ReadFile(b.path)
	if errors.Is(err, fs.ErrNotExist) {
		b.Format = 1
		if b.Private, b.Public, err = push.GenerateVAPIDKeys(); err != nil {
			return fmt.Errorf("making the key pair: %w", err)
		}
		return b.save()
	}
	if err != nil {
		return err
	}
	if err := json.Unmarshal(data, &b.roll); err != nil {
		return fmt.Errorf("%s: %w; bring it back from a backup, or remove it and let every device subscribe again", b.path, err)
	}
	if b.Format != 1 || b.Public == "" || b.Private == "" {
		return fmt.Errorf("%s has format %d, and this program reads 1", b.path, b.Format)
	}
	return nil
}

// save writes the file. The lock is held.
func (b *book) save() error {
	data, err := json.MarshalIndent(b.roll, "", " ")
	if err != nil {
		return err
	}
	return alarm.WriteFile(b.path, append(data, '\n'))
}

func (b *book) public() string { p, _ := b.keys(); return p }

func (b *book) keys() (public, private string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Public, b.Private
}

func (b *book) of(recipient string) []device {
	b.mu.Lock()
	defer b.mu.Unlock()
	var out []device
	for _, d := range b.Devices {
		if d.Recipient == recipient {
			out = append(out, d)
		}
	}
	return out
}

// change writes changed devices down, or leaves all as it was.
func (b *book) change(fn func([]device) []device) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	was := b.Devices
	b.Devices = fn(slices.Clone(was))
	if err := b.save(); err != nil {
		b.Devices = was
		return err
	}
	return nil
}

// Subscribe adds a device of a recipient. Its push service must be one that the
// settings allow.
func (c *Channel) Subscribe(recipient string, s alarm.Subscription) (string, error) {
	if err := c.check(s); err != nil {
		return "", err
	}
	d := device{Recipient: recipient, Endpoint: s.Endpoint, P256dh: s.P256dh, Auth: s.Auth, Added: time.Now().UTC().Truncate(time.Second)}
	err := c.book.change(func(all []device) []device {
		all = slices.DeleteFunc(all, func(o device) bool { return o.Endpoint == d.Endpoint })
		own := 0
		for i := len(all) - 1; i >= 0; i-- {
			if all[i].Recipient == recipient {
				if own++; own >= mostDevices {
					all = slices.Delete(all, i, i+1)
				}
			}
		}
		return append(all, d)
	})
	if err != nil {
		return "", fmt.Errorf("the subscription is not kept: %w", err)
	}
	c.say(d, true, "")
	return d.name(), nil
}

// check refuses a subscription that could not be sent to, or must not be.
func (c *Channel) check(s alarm.Subscription) error {
	u, err := url.Parse(s.Endpoint)
	if err != nil || u.Host == "" || u.User != nil || len(s.Endpoint) > 1024 {
		return fmt.Errorf("%w: the subscription's endpoint is no address", alarm.ErrRefused)
	}
	port := u.Port()
	ip := net.ParseIP(u.Hostname())
	switch {
	case u.Scheme == "http" && ip != nil && ip.IsLoopback():
		port = orDefault(port, "80")
	case u.Scheme != "https":
		return fmt.Errorf("%w: the subscription's endpoint is not https", alarm.ErrRefused)
	default:
		port = orDefault(port, "443")
	}
	if !c.door.Opens(u.Hostname(), port) {
		return fmt.Errorf("%w: push service %.100q is not among alarms.channels.%s.push_hosts", alarm.ErrRefused, u.Hostname(), c.name)
	}
	key, errKey := base64.RawURLEncoding.DecodeString(s.P256dh)
	auth, errAuth := base64.RawURLEncoding.DecodeString(s.Auth)
	if errKey != nil || errAuth != nil || len(auth) != 16 {
		return fmt.Errorf("%w: the subscription's keys are not base64url, or have another length", alarm.ErrRefused)
	}
	if _, err := ecdh.P256().NewPublicKey(key); err != nil {
		return fmt.Errorf("%w: the subscription's p256dh is no point of P-256", alarm.ErrRefused)
	}
	return nil
}

func orDefault(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// Unsubscribe removes a recipient's device.
func (c *Channel) Unsubscribe(recipient, endpoint string) error {
	for _, d := range c.book.of(recipient) {
		if d.Endpoint == endpoint {
			return c.remove(d, "its owner ended it")
		}
	}
	return nil
}

func (c *Channel) remove(d device, why string) error {
	found := false
	err := c.book.change(func(all []device) []device {
		return slices.DeleteFunc(all, func(o device) bool {
			gone := o.Endpoint == d.Endpoint && o.Recipient == d.Recipient
			found = found || gone
			return gone
		})
	})
	if err == nil && found {
		c.say(d, false, why)
	}
	return err
}

func (c *Channel) say(d device, subscribed bool, why string) {
	if c.tell != nil {
		c.tell(d.Recipient, event.NotifySubscribed{Recipient: d.Recipient, Channel: c.name, Device: d.name(), Subscribed: subscribed, Why: why})
	}
}

// Devices are a recipient's, by their short names.
func (c *Channel) Devices(recipient string) []string {
	var out []string
	for _, d := range c.book.of(recipient) {
		out = append(out, d.name())
	}
	return out
}
