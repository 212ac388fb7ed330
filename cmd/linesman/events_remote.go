package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"linesman/event"
)

// remoteLog hands events to a running appliance over HTTP.
type remoteLog struct {
	url   string // without a slash at its end
	token string
}

// maxAnswer bounds what is read of an answer, in bytes.
const maxAnswer = 16 << 20

// stored is what the appliance says of one event.
type stored struct {
	ID  string `json:"id"`
	Seq string `json:"seq"`
}

// Append hands events over; when it returns nil the appliance has them on disk.
func (r *remoteLog) Append(ctx context.Context, events []event.Event) ([]event.Event, error) {
	body := []byte{'['}
	for i, e := range events {
		if i > 0 {
			body = append(body, ',')
		}
		body = event.AppendLine(body, e)
	}
	var answer struct {
		Events []stored `json:"events"`
	}
	if err := r.ask(ctx, http.MethodPost, "/api/v1/events", append(body, ']'), &answer); err != nil {
		return nil, err
	}
	if len(answer.Events) != len(events) {
		return nil, fmt.Errorf("%s answers for %d of %d events", r.url, len(answer.Events), len(events))
	}
	out := make([]event.Event, len(events))
	for i, e := range answer.Events {
		seq, err := strconv.ParseUint(e.Seq, 10, 63)
		if err != nil || e.ID != events[i].ID {
			return nil, fmt.Errorf("%s answers for event %s with id %.40q, seq %.40q", r.url, events[i].ID, e.ID, e.Seq)
		}
		out[i] = events[i]
		out[i].Seq = seq
	}
	return out, nil
}

// newest returns the seq of the newest event there.
func (r *remoteLog) newest(ctx context.Context) (uint64, error) {
	var answer struct {
		Events []stored `json:"events"`
	}
	if err := r.ask(ctx, http.MethodGet, "/api/v1/events?newest=true&limit=1", nil, &answer); err != nil || len(answer.Events) == 0 {
		return 0, err
	}
	return strconv.ParseUint(answer.Events[0].Seq, 10, 63)
}

// ask sends one request and reads its answer; a refusal is an error in the
// appliance's own words.
func (r *remoteLog) ask(ctx context.Context, method, path string, body []byte, answer any) error {
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, method, r.url+path, bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Authorization", "Bearer "+r.token)
	switch {
	case len(body) > 0 && body[0] == '[':
		req.Header.Set("Content-Type", "application/cloudevents-batch+json")
	case body != nil:
		req.Header.Set("Content-Type", "application/json")
	}
	got, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("the appliance does not answer: %w", err)
	}
	defer got.Body.Close()
	text, err := io.ReadAll(io.LimitReader(got.Body, maxAnswer))
	if err != nil {
		return fmt.Errorf("%s: %w", r.url, err)
	}
	if got.StatusCode/100 != 2 {
		var problem struct {
			Detail string `json:"detail"`
			Errors []struct {
				Message  string `json:"message"`
				Location string `json:"location"`
			} `json:"errors"`
		}
		_ = json.Unmarshal(text, &problem) // what is no problem document is only a status
		why := problem.Detail
		for _, e := range problem.Errors {
			why += fmt.Sprintf("; %s %s", e.Location, e.Message)
		}
		return fmt.Errorf("the appliance refuses: %s: %.2000s", got.Status, why)
	}
	if err := json.Unmarshal(text, answer); err != nil {
		return fmt.Errorf("%s does not answer as an appliance does: %w", r.url, err)
	}
	return nil
}
