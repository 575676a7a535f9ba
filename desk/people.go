package desk

import (
	"fmt"
	"slices"
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

// Overseer checks from outside, and is none of these: they see nothing of
// operations, and what they see is shown at the portal only.
const Overseer Role = "overseer"

// Instructor is somebody from abroad who teaches in an exercise. They see what a
// viewer sees, and decide, sign and approve nothing. Their account ends.
const Instructor Role = "instructor"

// Roles gives all roles, from the least to the most.
func Roles() []Role { return []Role{Viewer, Officer, Supervisor, Administrator} }

// Valid reports whether r is a role that somebody is given: that of an instructor
// comes with a country and an end only.
func (r Role) Valid() bool { return r == Overseer || slices.Contains(Roles(), r) }

// AtLeast reports whether r is a role that may what least may. An overseer is
// at least nothing; an instructor is at least a viewer, and nothing more.
func (r Role) AtLeast(least Role) bool {
	if r == Instructor {
		return least == Viewer
	}
	all := Roles()
	have, need := slices.Index(all, r), slices.Index(all, least)
	return need >= 0 && have >= need
}

// Check refuses what is no role.
func (r Role) Check() error {
	if r.Valid() {
		return nil
	}
	return fmt.Errorf("%w: role %q; choose viewer, officer, supervisor, administrator or overseer", ErrInvalid, r)
}

// Needs says why somebody may not do what takes a role. The program itself may
// everything.
func (w Who) Needs(least Role, what string) error {
	if w.ID == "" || w.Role.AtLeast(least) {
		return nil
	}
	return fmt.Errorf("%w: to %s takes the role %s, and yours is %s: ask somebody who has it", ErrForbidden, what, least, w.Role)
}
