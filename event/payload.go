package event

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"reflect"
	"time"
)

// As reads an event's payload. It refuses an event of another type.
func As[P Payload](e Event) (P, error) {
	var p P
	if e.Type != p.EventType() {
		return p, fmt.Errorf("event %s: type is %s, not %s", e.ID, e.Type, p.EventType())
	}
	if err := json.Unmarshal(e.Data, &p); err != nil {
		return p, fmt.Errorf("event %s: %s: %w", e.ID, e.Type, err)
	}
	return p, nil
}

// Payloads returns an empty payload of every type there is, in the order the
// types are documented.
func Payloads() []Payload {
	return []Payload{
		CameraState{}, CameraAccepted{}, CameraShort{},
		PartSeen{}, PartJudged{}, PartGated{}, PartConfirmed{}, PartLost{}, PartSuspect{},
		LineState{}, LineHeld{}, LineMinute{},
		BatchOpened{}, BatchClosed{}, LedgerMismatch{},
		RecipeChanged{}, RecipeRefused{}, RecipeActivated{}, RecipeCancelled{}, ModelActivated{}, ModelShadowed{}, PLCState{},
		EyesReference{}, EyesMinute{}, EyesDrift{}, EyesAccepted{},
		ZoneEntered{}, ZoneLeft{}, ZoneCount{}, LineCrossed{}, GoodsLeft{}, DressMissing{}, FireSeen{},
		EvidenceDropped{}, RingLost{},
		ChallengeResult{},
		SampleLabelled{}, SamplesJudged{}, CandidateMade{}, CandidateTried{}, CandidateFailed{}, CandidateRemoved{},
		AlarmRaised{}, AlarmRepeated{}, AlarmCleared{}, AlarmAcked{}, AlarmShelved{}, AlarmSuppressed{}, AlarmService{}, AlarmStanding{}, AlarmDrilled{}, AlarmRecorded{}, AlarmLabelled{}, AlarmWithheld{},
		SecondLookMade{}, SecondLookFailed{}, SecondLookActivated{}, SecondLookShadowed{},
		NotifyPending{}, NotifySent{}, NotifyReceived{}, NotifyOpened{}, NotifyAcknowledged{}, NotifyFailed{}, NotifySubscribed{},
		LogSealed{}, LogDropped{}, LogDamaged{},
		AuditUser{}, AuditToken{}, AuditSigned{}, AuditRefused{}, AuditAltered{},
	}
}

// encode writes a payload as JSON. A number that is none (NaN) or infinite is
// written as the largest there is, so that it can never read as within a limit.
func encode(p Payload) (json.RawMessage, error) {
	data, err := json.Marshal(p)
	var odd *json.UnsupportedValueError
	if !errors.As(err, &odd) {
		return data, err
	}
	v := reflect.New(reflect.TypeOf(p)).Elem()
	v.Set(reflect.ValueOf(p))
	return json.Marshal(finite(v).Interface())
}

// finite returns a copy of v in which every float is a number.
func finite(v reflect.Value) reflect.Value {
	switch v.Kind() {
	case reflect.Float32, reflect.Float64:
		limit := math.MaxFloat64
		if v.Kind() == reflect.Float32 {
			limit = math.MaxFloat32
		}
		out := reflect.New(v.Type()).Elem()
		switch f := v.Float(); {
		case math.IsInf(f, -1):
			out.SetFloat(-limit)
		case math.IsNaN(f) || math.IsInf(f, 1):
			out.SetFloat(limit)
		default:
			out.SetFloat(f)
		}
		return out
	case reflect.Slice:
		if v.IsNil() {
			return v
		}
		out := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		for i := range v.Len() {
			out.Index(i).Set(finite(v.Index(i)))
		}
		return out
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[time.Time]() {
			return v
		}
		out := reflect.New(v.Type()).Elem()
		for i := range v.NumField() {
			out.Field(i).Set(finite(v.Field(i)))
		}
		return out
	}
	return v
}
