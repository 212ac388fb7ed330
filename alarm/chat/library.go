package chat

import (
	"fmt"
	"net/http"
	"net/url"

	"github.com/nicholas-fedor/shoutrrr/pkg/services/chat/mattermost"
	"github.com/nicholas-fedor/shoutrrr/pkg/services/chat/rocketchat"
	"github.com/nicholas-fedor/shoutrrr/pkg/types"

	"linesman/alarm"
)

// library writes requests by shoutrrr. Only services whose client can be handed
// in are taken: all others of the library send by themselves, past the door,
// follow redirects and read answers without a bound.
type library struct {
	url  *url.URL
	host string
}

func newLibrary(u *url.URL) (*library, error) {
	if u.Scheme != mattermost.Scheme && u.Scheme != rocketchat.Scheme {
		return nil, fmt.Errorf("scheme %q: want %s:// or %s:// as shoutrrr has it", u.Scheme, mattermost.Scheme, rocketchat.Scheme)
	}
	l := &library{url: u, host: u.Host}
	if _, err := l.write("a try"); err != nil {
		return nil, err
	}
	return l, nil
}

// write returns the request that the library would have sent.
func (l *library) write(text string) (*http.Request, error) {
	var caught alarm.Caught
	var service types.Service
	switch l.url.Scheme {
	case mattermost.Scheme:
		s := &mattermost.Service{}
		if err := s.Initialize(l.url, nil); err != nil {
			return nil, fmt.Errorf("mattermost: %w", err)
		}
		s.GetHTTPClient().Transport = &caught
		service = s
	default:
		s := &rocketchat.Service{Client: &http.Client{Transport: &caught}}
		if err := s.Initialize(l.url, nil); err != nil {
			return nil, fmt.Errorf("rocketchat: %w", err)
		}
		service = s
	}
	if err := service.Send(text, &types.Params{}); err != nil {
		return nil, fmt.Errorf("%s: %w", service.GetID(), err)
	}
	// The library's own context has ended with its call; the door gives another.
	return caught.Request, nil
}
