package desk

import "time"

// PersonID names a person for ever: "P" and a number in the order of
// enrolment.
type PersonID string

// Role is what a person may do.
type Role string

// Roles.
const (
	Viewer  Role = "viewer"  // sees
	Officer Role = "officer" // sees and decides
)

// Valid reports whether r is a role.
func (r Role) Valid() bool { return r == Viewer || r == Officer }

// Person is somebody who may sign in.
type Person struct {
	ID   PersonID `json:"id" doc:"name of the person, for ever"`
	Name string   `json:"name" doc:"for people, and to sign in with; unique"`
	Role Role     `json:"role" doc:"viewer or officer"`
	// PasswordHash is a PHC string of argon2id; empty: none set.
	PasswordHash string    `json:"-" cbor:"password_hash"`
	Disabled     bool      `json:"disabled" doc:"may not sign in any more; people are never deleted"`
	Created      time.Time `json:"created" doc:"when"`
	Changed      time.Time `json:"changed" doc:"when last"`
	Version      uint64    `json:"version" doc:"counts changes, from 1"`
}

// Who gives the person as the one who does something.
func (p Person) Who() Who { return Who{ID: p.ID, Name: p.Name, Role: p.Role} }

// TokenHash is SHA-256 of a secret token: the token itself is never stored.
type TokenHash [32]byte

// Session is a person signed in at one browser.
type Session struct {
	Token   TokenHash `json:"-" cbor:"token"`
	Person  PersonID  `json:"person"`
	Created time.Time `json:"created"`
	Used    time.Time `json:"used"` // to a minute
	Expires time.Time `json:"expires"`
}

// Enrolment is a link that lets one person make an account, once.
type Enrolment struct {
	Token   TokenHash `json:"-" cbor:"token"`
	Role    Role      `json:"role"`
	By      Who       `json:"by"` // zero: the program, at first run
	Created time.Time `json:"created"`
	Expires time.Time `json:"expires"`
	Used    time.Time `json:"used"` // zero: not yet
	Person  PersonID  `json:"person,omitempty"`
}
