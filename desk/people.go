package desk

import (
	"fmt"
	"slices"
	"time"
)

// PersonID names a person for ever: "P" and a number in the order of
// enrolment.
type PersonID string

// Role is what a person may do. Each role may everything that those before it
// may.
type Role string

// Roles, from the least to the most.
const (
	Viewer        Role = "viewer"        // sees
	Officer       Role = "officer"       // decides about alerts
	Supervisor    Role = "supervisor"    // changes what alerts are judged by, and takes what nobody took
	Administrator Role = "administrator" // lets people in, and changes how the program works
)

// Roles gives all roles, from the least to the most.
func Roles() []Role { return []Role{Viewer, Officer, Supervisor, Administrator} }

// Valid reports whether r is a role.
func (r Role) Valid() bool { return slices.Contains(Roles(), r) }

// AtLeast reports whether r is a role that may what least may.
func (r Role) AtLeast(least Role) bool {
	all := Roles()
	have, need := slices.Index(all, r), slices.Index(all, least)
	return need >= 0 && have >= need
}

// checkRole refuses what is no role.
func checkRole(r Role) error {
	if r.Valid() {
		return nil
	}
	return fmt.Errorf("%w: role %q; choose viewer, officer, supervisor or administrator", ErrInvalid, r)
}

// Needs says why somebody may not do what takes a role. The program itself may
// everything.
func (w Who) Needs(least Role, what string) error {
	if w.ID == "" || w.Role.AtLeast(least) {
		return nil
	}
	return fmt.Errorf("%w: to %s takes the role %s, and yours is %s: ask somebody who has it", ErrForbidden, what, least, w.Role)
}

// Person is somebody who may sign in.
type Person struct {
	ID   PersonID `json:"id" doc:"name of the person, for ever"`
	Name string   `json:"name" doc:"for people, and to sign in with; unique"`
	Role Role     `json:"role" doc:"viewer, officer, supervisor or administrator"`
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
