package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"

	"linesman/event"
)

// errFaces is returned for a clip of an alarm that nobody has acknowledged.
var errFaces = fmt.Errorf("%w: the clip shows faces, and its alarm is not acknowledged: acknowledge it first", fs.ErrPermission)

// openEvidence opens a kept file for a person. Pictures are veiled as they are
// kept; clips are as the camera sent them, and are opened once somebody has
// acknowledged their alarm.
func (a *appliance) openEvidence(ctx context.Context, sha string) (io.ReadSeekCloser, error) {
	file, err := a.evidence.Open(ctx, sha)
	if err != nil {
		return nil, err
	}
	head := make([]byte, 12)
	n, err := io.ReadFull(file, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) && !errors.Is(err, io.EOF) {
		file.Close()
		return nil, err
	}
	if _, err := file.Seek(0, io.SeekStart); err != nil {
		file.Close()
		return nil, err
	}
	if n < len(head) || string(head[4:8]) != "ftyp" {
		return file, nil
	}
	if err := a.mayShow(ctx, sha); err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

// clipsRead bounds how many alarms are looked through for a clip, newest first.
const clipsRead = 20_000

// mayShow says why a clip may not be shown, nil if it may. A clip of which the log
// says nothing is not shown: nobody can tell whose it is.
func (a *appliance) mayShow(ctx context.Context, sha string) error {
	if a.site.FacesShown() {
		return nil
	}
	before := uint64(0)
	for read := 0; read < clipsRead; {
		page, err := a.store.Read(ctx, event.Filter{Types: []event.Type{event.AlarmRecorded{}.EventType()}, Before: before, Newest: true, Limit: 1000})
		if err != nil {
			return err
		}
		for _, e := range page {
			p, err := event.As[event.AlarmRecorded](e)
			if err != nil {
				return err
			}
			if slices.ContainsFunc(p.Clips, func(c event.AlarmClip) bool { return c.SHA256 == sha }) {
				return a.acknowledged(ctx, p.Alarm)
			}
			before = e.Seq
		}
		if read += len(page); len(page) < 1000 {
			break
		}
	}
	return errFaces
}

func (a *appliance) acknowledged(ctx context.Context, alarm string) error {
	acks, err := a.store.Read(ctx, event.Filter{Types: []event.Type{event.AlarmAcked{}.EventType()}, Subject: alarm, Limit: 1})
	if err != nil {
		return err
	}
	if len(acks) == 0 {
		return errFaces
	}
	return nil
}
