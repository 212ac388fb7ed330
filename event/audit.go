package event

import "time"

// AuditUser says that a user was added or changed, and by whom.
type AuditUser struct {
	User   string   `json:"user"`                                                  // sign-in name
	Name   string   `json:"name"`                                                  // as it is printed under a signature
	What   string   `json:"what" enum:"added,password,role,name,disabled,enabled"` // what was done
	Role   string   `json:"role"`                                                  // since then
	Was    string   `json:"was,omitempty"`                                         // the role before
	Lines  []string `json:"lines,omitempty"`                                       // the lines the rights reach; none is all
	By     string   `json:"by"`                                                    // who did it: "user:li", "os:root" for a command on the box
	Access string   `json:"access"`                                                // SHA-256 of the access file after it
}

// AuditToken says that a module's token was made or revoked, and by whom.
type AuditToken struct {
	ID      string    `json:"id"`                       // the part of the token's text that is no secret
	Name    string    `json:"name"`                     // the module; events it appends have the actor "token:NAME"
	What    string    `json:"what" enum:"made,revoked"` // what was done
	Append  []string  `json:"append,omitempty"`         // types it may append
	Read    []string  `json:"read,omitempty"`           // types it may read
	Lines   []string  `json:"lines,omitempty"`          // the lines the rights reach; none is all
	Expires time.Time `json:"expires,omitzero"`         // UTC; absent is never
	By      string    `json:"by"`                       // who did it: "user:li", "os:root" for a command on the box
	Access  string    `json:"access"`                   // SHA-256 of the access file after it
}

// AuditSigned is an electronic signature: who signed what, when (the event's
// time) and meaning what, after 21 CFR 11.50.
type AuditSigned struct {
	User    string `json:"user"`    // sign-in name
	Name    string `json:"name"`    // printed name
	Role    string `json:"role"`    // when it was signed
	Meaning string `json:"meaning"` // "reviewed", "approved"...
	Subject string `json:"subject"` // what was signed: "recipe cap-28@3", "batch B-2031"
	SHA256  string `json:"sha256"`  // of the bytes that were signed, 64 lower-case hex digits
	Access  string `json:"access"`  // SHA-256 of the access file then
}

// AuditRefused says that somebody tried to use a right and was refused, after
// 21 CFR 11.300(d).
type AuditRefused struct {
	Who    string    `json:"who"`                                 // "user:li", "token:mes"; "user:?" and "token:?" for one that is not known
	What   string    `json:"what" enum:"signature,token,sign in"` // what was tried
	Why    string    `json:"why"`                                 // for a person
	Count  uint64    `json:"count"`                               // refusals told at once: the same ones within a minute are counted
	Locked time.Time `json:"locked_until,omitzero"`               // the user is locked until then, UTC
	Access string    `json:"access"`                              // SHA-256 of the access file after it
}

// AuditAltered says that the access file is not the one the log last told of:
// it was changed past the commands.
type AuditAltered struct {
	File   string `json:"file"`       // its name in the data folder
	Want   string `json:"want"`       // SHA-256 the log last told of; empty if the log tells of none
	Have   string `json:"have"`       // SHA-256 it has; empty if the file is gone
	WhatTo string `json:"what_to_do"` // the cure
	Access string `json:"access"`     // SHA-256 of the access file from now on
}

// EventType returns linesman.audit.user.v1.
func (AuditUser) EventType() Type { return "linesman.audit.user.v1" }

// EventType returns linesman.audit.token.v1.
func (AuditToken) EventType() Type { return "linesman.audit.token.v1" }

// EventType returns linesman.audit.signed.v1.
func (AuditSigned) EventType() Type { return "linesman.audit.signed.v1" }

// EventType returns linesman.audit.refused.v1.
func (AuditRefused) EventType() Type { return "linesman.audit.refused.v1" }

// EventType returns linesman.audit.altered.v1.
func (AuditAltered) EventType() Type { return "linesman.audit.altered.v1" }

// EventSeverity is info.
func (AuditUser) EventSeverity() Severity { return Info }

// EventSeverity is info.
func (AuditToken) EventSeverity() Severity { return Info }

// EventSeverity is info.
func (AuditSigned) EventSeverity() Severity { return Info }

// EventSeverity is low for a mistake, high once the user is locked: somebody
// guesses.
func (r AuditRefused) EventSeverity() Severity {
	if !r.Locked.IsZero() {
		return High
	}
	return Low
}

// EventSeverity is high, or medium where the log tells of no file at all, as
// after a restore.
func (a AuditAltered) EventSeverity() Severity {
	if a.Want == "" {
		return Medium
	}
	return High
}
