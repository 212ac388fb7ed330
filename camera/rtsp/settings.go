package rtsp

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/goccy/go-yaml"
)

// Settings are the options of one network camera in the site file.
type Settings struct {
	// Driver may stand among the options, as it does in the site file.
	Driver string `yaml:"driver,omitempty"`
	// URL is the stream's address, as in rtsp://192.168.1.20/stream1.
	URL string `yaml:"url"`
	// Username and Password are the camera's; PasswordEnv names an environment
	// variable that holds the password instead.
	Username    string `yaml:"username,omitempty"`
	Password    string `yaml:"password,omitempty"`
	PasswordEnv string `yaml:"password_env,omitempty"`
	// Timeout is how long the camera may take to answer, to send its first key
	// picture, or to send anything at all; 5s unless set.
	Timeout time.Duration `yaml:"timeout,omitempty"`
	// Sub is the address of a second, smaller stream of the same camera: frames come
	// from it then, and the compressed stream, for clips, from URL.
	Sub string `yaml:"sub,omitempty"`
	// FPS is how many frames a second are delivered at most; all of them unless set.
	// What is left out is decoded, since later pictures build on it, but costs no more.
	FPS float64 `yaml:"fps,omitempty"`
}

// String tells the settings without user name and password: they must never
// reach a log.
func (s Settings) String() string {
	u, err := url.Parse(s.URL)
	if err != nil {
		return "rtsp camera"
	}
	return "rtsp camera at " + u.Host
}

// GoString is String, for %#v.
func (s Settings) GoString() string { return s.String() }

// Decode reads the options. Unknown keys are refused with line and column; the
// error never shows the lines themselves, which may hold a password.
func Decode(raw []byte) (Settings, error) {
	var s Settings
	if err := yaml.UnmarshalWithOptions(raw, &s, yaml.Strict()); err != nil {
		why := yaml.FormatError(err, false, false)
		if strings.Contains(why, "invalid duration") {
			why += "; give timeout as, say, 5s"
		}
		return Settings{}, errors.New("rtsp camera: " + why)
	}
	return s, s.Validate()
}

// Validate refuses settings that can not work.
func (s Settings) Validate() error {
	if s.Driver != "" && s.Driver != "rtsp" {
		return fmt.Errorf("rtsp camera: driver is %q; want rtsp", s.Driver)
	}
	if s.URL == "" {
		return errors.New("rtsp camera: url is missing; give it as rtsp://address/path, see the camera's manual")
	}
	u, ok := address(s.URL)
	if !ok {
		return errors.New("rtsp camera: url is no rtsp address; give it as rtsp://address/path, a # or @ in a password belongs into password")
	}
	sub, ok := address(s.Sub)
	switch {
	case s.Sub != "" && !ok:
		return errors.New("rtsp camera: sub is no rtsp address; give it as rtsp://address/path")
	case s.Sub != "" && sub.User != nil:
		return errors.New("rtsp camera: sub holds a user name; it is the same camera's as url's, leave it out")
	case s.FPS < 0 || s.FPS > 1000:
		return fmt.Errorf("rtsp camera: fps is %v; give frames a second, or leave it out for all", s.FPS)
	case s.Password != "" && s.PasswordEnv != "":
		return errors.New("rtsp camera: password and password_env are both given; keep one")
	case u.User != nil && (s.Username != "" || s.Password != "" || s.PasswordEnv != ""):
		return errors.New("rtsp camera: user name and password stand in the url and beside it; keep them beside it")
	case s.Username == "" && (s.Password != "" || s.PasswordEnv != ""):
		return errors.New("rtsp camera: a password is given but no username")
	case s.Timeout < 0:
		return fmt.Errorf("rtsp camera: timeout is %v; give it as, say, 5s", s.Timeout)
	}
	return nil
}

// address reads the address of a stream.
func address(text string) (*url.URL, bool) {
	u, err := url.Parse(text)
	return u, err == nil && u.Host != "" && (u.Scheme == "rtsp" || u.Scheme == "rtsps")
}

// userinfo returns the credentials to use, nil for none.
func (s Settings) userinfo(u *url.URL) (*url.Userinfo, error) {
	password := s.Password
	if s.PasswordEnv != "" {
		var ok bool
		if password, ok = os.LookupEnv(s.PasswordEnv); !ok {
			return nil, fmt.Errorf("rtsp camera: the environment has no %s, which password_env names; set it for the service", s.PasswordEnv)
		}
	}
	if s.Username != "" {
		return url.UserPassword(s.Username, password), nil
	}
	return u.User, nil
}
