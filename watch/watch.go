// Package watch runs the safety cameras: from the frame to the alarm. A Station
// keeps one camera; a motion gate decides which frames are worth a look, a
// network finds people and things, scene follows them. What every station saw
// goes to the site's one Guard, where rules decide; what they raise is called by
// the alarm desk, kept as a clip, written down, and asked of lines.
//
// Nothing here is a safety function in the sense of ISO 13849: alarms are advice
// to people, never wired to an emergency stop.
//
// A camera never waits. Of frames that come while a station works the newest is
// taken and the others are counted. What it could not see it says: while a
// camera is blind its zones are not empty but unknown.
package watch

import (
	"context"
	"time"

	"linesman/alarm"
	"linesman/camera"
	"linesman/models/detect"
	"linesman/part"
	"linesman/scene"
	"linesman/vision/tamper"
)

// Eyes find things in a picture that score at least floor, appended to found;
// Detectors are made for it. A score of 0.5 is what the model asks of a class to
// believe it. An error means that nobody looked.
type Eyes interface {
	Look(ctx context.Context, p detect.Picture, floor float64, found []detect.Found) ([]detect.Found, error)
}

// Desk is what alarms are called by; alarm.Desk is made for it. Both methods wait
// until the log has what happened.
type Desk interface {
	Raise(ctx context.Context, r alarm.Raise) (id string, err error)
	Clear(ctx context.Context, key, why, actor, cause string) error
}

// Keeper keeps pictures and clips of alarms and returns their SHA-256. It never
// waits for the disk; "" says that it had no room.
type Keeper func(data []byte) (sha256 string)

// Lines holds lines and marks what passes them, for a rule that asks for it;
// line.Station does, cmd hands it in. key names the alert; cause is the id of its
// alarm, which is that of the event that raised it, and follows by TrespassBecause
// where the desk has not answered yet.
type Lines interface {
	Trespass(line part.LineID, key, why, cause string, hold bool) error
	TrespassBecause(line part.LineID, key, cause string) error
	TrespassOver(line part.LineID, key string) error
}

// View is what a station shows: the last frame that was seen, and what was known
// by it. The caller owns one hold of the frame.
type View struct {
	Frame *camera.Frame
	Scene *scene.Scene
}

// Status is how a station stands.
type Status struct {
	Camera part.CameraID `json:"camera"`
	// Frames came, Skipped were pushed out by newer ones, Looked were shown to the
	// network, Rested the motion gate let pass, Blind could not be looked at.
	Frames  uint64 `json:"frames"`
	Skipped uint64 `json:"skipped"`
	Looked  uint64 `json:"looked"`
	Rested  uint64 `json:"rested"`
	Blind   uint64 `json:"blind"`
	// WantedFPS is what the site file asks for, SeenFPS what was seen of it over the
	// last ten seconds, whether looked at or rested.
	WantedFPS float64          `json:"wanted_fps"`
	SeenFPS   float64          `json:"seen_fps"`
	LookMS    float64          `json:"look_ms"` // of the last look, the wait for a core included
	At        time.Time        `json:"at"`      // exposure of the last frame seen
	People    int              `json:"people"`  // in the picture
	Vehicles  int              `json:"vehicles"`
	Zones     []scene.Count    `json:"zones,omitempty"`
	Tamper    []tamper.Reading `json:"tamper,omitempty"`
	Why       string           `json:"blind_because,omitempty"` // the camera can not be judged by
	// Short says who has fewer than 4 in 5 of the frames asked for seen over the last
	// ten seconds: "box", which has not the cores, or "camera", which sends too few;
	// "" while enough are, and until 9 in 10 are again it stays.
	Short   string `json:"short,omitempty"`
	Resting bool   `json:"resting"` // nothing moves: the last frame was not looked at
	// Pixels tells how tall people are in the picture.
	Pixels scene.PixelReport `json:"-"`
}
