package api

import (
	"cmp"
	"context"
	_ "embed"
	"errors"
	"html/template"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/gin-gonic/gin"

	"linesman/alarm"
)

// Where receipts are taken. The token in the path proves who was told; nothing
// else is needed there, and nothing else can be done with it.
const (
	receiptsPath = "/api/v1/receipts/"
	linkPath     = "/a/"
)

// byReceipt says whether a path is proven by its own token.
func byReceipt(path string) bool {
	return strings.HasPrefix(path, receiptsPath) || strings.HasPrefix(path, linkPath)
}

// Told is what somebody was told, and what an acknowledgement would take.
type Told struct {
	Recipient string    `json:"recipient,omitempty"`
	Channel   string    `json:"channel"`
	State     string    `json:"state" enum:"pending,sent,received,opened,acknowledged,failed" doc:"of the delivery"`
	Pending   time.Time `json:"pending"`
	Alarms    []Alarm   `json:"alarms" doc:"all of them are acknowledged together"`
}

type toldAnswer struct{ Body Told }

// ReceiptToken proves in a path who was told.
type ReceiptToken struct {
	Token string `path:"token" maxLength:"1024" doc:"as the notice has it"`
}

func (s *server) registerReceipts(a huma.API) {
	huma.Register(a, get("/receipts/{token}", "told", "What a notice told, and what acknowledging it would take; looking changes nothing"),
		func(ctx context.Context, q *ReceiptToken) (*toldAnswer, error) { return s.told(ctx, q.Token) })
	huma.Register(a, huma.Operation{Method: http.MethodPost, Path: receiptsPath + "{token}", OperationID: "receipt", Summary: "Say that a notice was received, opened or acknowledged",
		Description:  "The token proves itself: it is an HMAC over alarm, recipient and channel. What is said twice changes nothing.",
		MaxBodyBytes: 4 << 10, Errors: []int{404, 422, 503, 507}}, func(ctx context.Context, in *struct {
		ReceiptToken
		Body struct {
			What   string `json:"what" enum:"received,opened,acknowledged"`
			Label  string `json:"label,omitempty" enum:"real,nothing there,not wanted" doc:"with acknowledged: what raised the alarms that it tells of"`
			Device string `json:"device,omitempty" pattern:"^[a-zA-Z0-9-]{1,64}$" doc:"which device says so: of a push the device that it names, of a page its own id"`
		}
	}) (*toldAnswer, error) {
		d, err := s.desk()
		if err != nil {
			return nil, err
		}
		if in.Body.Label != "" && in.Body.What != string(alarm.AckedDelivery) {
			return nil, huma.Error422UnprocessableEntity("label goes with what: acknowledged")
		}
		if err := d.Receipt(ctx, in.Token, alarm.DeliveryState(in.Body.What), in.Body.Device); err != nil {
			return nil, s.alarmed(err)
		}
		if in.Body.Label != "" {
			if err := s.labelTold(ctx, d, in.Token, alarm.Label(in.Body.Label)); err != nil {
				return nil, err
			}
		}
		return s.told(ctx, in.Token)
	})
}

// labelTold labels the one alarm that a notice tells of, by who was told. A notice
// of several says nothing of each.
func (s *server) labelTold(ctx context.Context, d *alarm.Desk, token string, label alarm.Label) error {
	t, alarms, err := d.Told(ctx, token)
	if err != nil {
		return s.alarmed(err)
	}
	if len(alarms) != 1 {
		return huma.Error422UnprocessableEntity("this notice tells of more than one alarm: say of each what it was, on the alarm page")
	}
	_, err = s.sayOfAlarm(ctx, alarm.Saying{Alarm: alarms[0].ID, Label: label, Actor: "recipient:" + cmp.Or(t.Recipient, t.Channel)})
	return err
}

func (s *server) told(ctx context.Context, token string) (*toldAnswer, error) {
	d, err := s.desk()
	if err != nil {
		return nil, err
	}
	t, alarms, err := d.Told(ctx, token)
	if err != nil {
		return nil, s.alarmed(err)
	}
	out := Told{Recipient: t.Recipient, Channel: t.Channel, State: string(t.State), Pending: t.Pending.UTC(), Alarms: []Alarm{}}
	for _, a := range alarms {
		out.Alarms = append(out.Alarms, wireAlarm(a))
	}
	return &toldAnswer{out}, nil
}

//go:embed link.html
var linkText string

var linkPage = template.Must(template.New("link").Parse(linkText))

// linkPolicy lets the page of a link be what it is: text and one button.
const linkPolicy = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"

// link serves the page behind a link in a message. It needs no script, so that
// any phone shows it. Only its button, a POST, acknowledges: scanners that
// follow the links in a mail do not.
func (s *server) link(g *gin.Context) {
	g.Header("Content-Security-Policy", linkPolicy)
	view := struct {
		Site, Why  string
		Alarms     []Alarm
		Done, Open bool
		Zone       *time.Location
	}{Site: s.Site, Zone: s.Zone}
	status := http.StatusOK
	fail := func(code int, why string) {
		status, view.Why = code, why
	}
	ctx, token := g.Request.Context(), g.Param("token")
	if s.Alarms == nil {
		fail(http.StatusNotFound, "this appliance keeps no alarms")
	} else if g.Request.Method == http.MethodPost {
		switch err := s.Alarms.Receipt(ctx, token, alarm.AckedDelivery, ""); {
		case errors.Is(err, alarm.ErrUnknown):
			fail(http.StatusNotFound, said(err))
		case err != nil:
			s.Logger.Error("an acknowledgement by a link was not taken", "err", err)
			fail(http.StatusServiceUnavailable, "it was not written down: press the button again in a moment")
		}
	}
	if view.Why == "" {
		_, alarms, err := s.Alarms.Told(ctx, token)
		if err != nil {
			fail(http.StatusNotFound, said(err))
		}
		for _, a := range alarms {
			view.Alarms = append(view.Alarms, wireAlarm(a))
			view.Open = view.Open || a.State == alarm.Unacknowledged || a.State == alarm.Returned
		}
		view.Done = len(alarms) > 0 && !view.Open
	}
	g.Header("Content-Type", "text/html; charset=utf-8")
	g.Status(status)
	if err := linkPage.Execute(g.Writer, view); err != nil {
		s.Logger.Debug("a link's page was not written", "err", err)
	}
}
