package rtsp

import (
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"time"
	"unicode"

	"github.com/bluenviron/gortsplib/v5/pkg/base"
	"github.com/bluenviron/gortsplib/v5/pkg/liberrors"

	"linesman/camera"
)

// fault is an error with every secret taken out of its words. It keeps nothing
// of the error it came from but whether it needs a person: what it wrapped may
// still hold the secret.
type fault struct {
	text      string
	permanent bool
}

// Error names the camera's host, what is wrong and the cure.
func (f *fault) Error() string { return f.text }

// Is makes a fault that needs a person camera.ErrPermanent.
func (f *fault) Is(target error) bool { return f.permanent && target == camera.ErrPermanent }

// explain says in an installer's words what is wrong with the camera.
func (d *Driver) explain(err error) error {
	text, permanent := words(err, d.timeout)
	for _, secret := range d.secrets {
		if len(secret) > 1 { // the path "/" tells nothing
			text = strings.ReplaceAll(text, secret, "***")
		}
	}
	return &fault{fmt.Sprintf("rtsp camera at %s: %s", d.url.Host, plain(text)), permanent}
}

// maxWords is how much is told of an error, in bytes: some of them quote what
// the camera sent.
const maxWords = 400

// plain returns text without what a log or a screen should not be given.
func plain(text string) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '.'
	}, strings.ToValidUTF8(text, "."))
	if len(text) > maxWords {
		text = strings.ToValidUTF8(text[:maxWords], "") + " ..."
	}
	return text
}

// words says what is wrong and whether it needs a person; timeout is how long
// the camera had to answer.
func words(err error, timeout time.Duration) (text string, permanent bool) {
	var status liberrors.ErrClientBadStatusCode
	if errors.As(err, &status) {
		switch status.Code {
		case base.StatusUnauthorized, base.StatusForbidden:
			return "it refuses the user name or password; correct username and password", true
		case base.StatusNotFound:
			return "it has no such stream; correct the path in url, see the camera's manual", true
		}
		return fmt.Sprintf("it answers %d (%s)", status.Code, status.Message), false
	}
	var unreachable *net.OpError
	var name *net.DNSError
	var description liberrors.ErrClientSDPInvalid
	var login liberrors.ErrClientAuthSetup
	switch {
	case errors.As(err, &name):
		return "its name is not known; correct url, or ask for the name server", true
	case errors.As(err, &unreachable) && unreachable.Op == "dial":
		return fmt.Sprintf("it can not be reached (%v); check its address, cable and power", unreachable.Err), false
	case errors.Is(err, liberrors.ErrClientRequestTimedOut{}):
		return fmt.Sprintf("it does not answer within %v; restart the camera", timeout), false
	case errors.As(err, &description):
		return fmt.Sprintf("its description of the stream can not be read (%v); restart the camera", description.Err), false
	case errors.As(err, &login):
		return "it asks for a kind of login that is not known here; set the camera to digest or basic", true
	case errors.As(err, &liberrors.ErrClientTCPTimeout{}):
		return "it has gone silent; check its cable and power", false
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "it closed the connection; it may be restarting, or have too many viewers", false
	case err == nil:
		return "the stream ended", false
	}
	return err.Error(), errors.Is(err, camera.ErrPermanent)
}
