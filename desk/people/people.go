// Package people is who may come in: people with their passwords and passkeys,
// the links with which they enrol, their sessions, the tokens of their
// programs, and every attempt to sign in.
package people

import (
	"encoding/hex"
	"time"

	"atalaya/desk"
)

// Person is somebody who may sign in.
type Person struct {
	ID   desk.PersonID `json:"id" doc:"name of the person, for ever"`
	Name string        `json:"name" doc:"for people, and to sign in with; unique, whatever its case"`
	Role desk.Role     `json:"role" doc:"viewer, officer, supervisor, administrator, overseer or instructor"`
	// Instructor is set of a foreign instructor, and of nobody else.
	Instructor *Instructor `json:"instructor,omitempty" doc:"of a foreign instructor: from where, and from when until when"`
	// PasswordHash is a PHC string of argon2id; empty: none set.
	PasswordHash string    `json:"-" cbor:"password_hash"`
	Disabled     bool      `json:"disabled" doc:"may not sign in any more; people are never deleted"`
	Created      time.Time `json:"created" doc:"when"`
	Changed      time.Time `json:"changed" doc:"when last"`
	Version      uint64    `json:"version" doc:"counts changes, from 1"`
}

// Who gives the person as the one who does something.
func (p Person) Who() desk.Who { return desk.Who{ID: p.ID, Name: p.Name, Role: p.Role} }

// TokenHash is SHA-256 of a secret token: the token itself is never stored.
type TokenHash [32]byte

// short is a name for a token that gives nothing of it away: eight bytes of
// its hash.
func (t TokenHash) short() string { return hex.EncodeToString(t[:8]) }

// Session is a person signed in at one browser.
type Session struct {
	Token   TokenHash     `json:"-" cbor:"token"`
	Person  desk.PersonID `json:"person"`
	Created time.Time     `json:"created"`
	Used    time.Time     `json:"used"` // to a minute
	Expires time.Time     `json:"expires"`
	// Network and Browser say where it was opened.
	Network string `json:"network,omitempty"`
	Browser string `json:"browser,omitempty"`
	// Failed counts the attempts with the person's name that failed since they
	// were last let in; LastFailed is the newest of them.
	Failed     int       `json:"failed,omitempty"`
	LastFailed time.Time `json:"last_failed,omitzero"`
	// Active is when the person last did something; Locked since when they must
	// show again who they are before they decide anything; zero: not locked.
	Active time.Time `json:"active,omitzero"`
	Locked time.Time `json:"locked,omitzero"`
}

// ID names a session, and tells nothing of its secret.
func (s Session) ID() string { return s.Token.short() }

// Enrolment is a link that lets one person make an account, once.
type Enrolment struct {
	Token   TokenHash     `json:"-" cbor:"token"`
	Role    desk.Role     `json:"role"`
	By      desk.Who      `json:"by"` // zero: the program, at first run
	Created time.Time     `json:"created"`
	Expires time.Time     `json:"expires"`
	Used    time.Time     `json:"used"` // zero: not yet
	Person  desk.PersonID `json:"person,omitempty"`
	// Instructor is set where the link makes an instructor's account.
	Instructor *Instructor `json:"instructor,omitempty"`
	// For is the person whom the link lets in again; empty: it makes an account.
	For desk.PersonID `json:"for,omitempty"`
	// Waits says that a second person has not approved the link yet.
	Waits bool `json:"waits,omitempty"`
}

// Way is how somebody tried to come in.
type Way string

// Ways.
const (
	ByPassword Way = "password"
	ByPasskey  Way = "passkey"
	ByLink     Way = "link"
)

// Outcome is what became of an attempt.
type Outcome string

// Outcomes.
const (
	LetIn    Outcome = "in"
	Wrong    Outcome = "wrong"    // the name, the password, the passkey or the link
	ShutOut  Outcome = "shut-out" // right, of somebody who may not sign in any more
	Limited  Outcome = "limited"  // too many attempts; one stands for all of a minute
	Cloned   Outcome = "cloned"   // a passkey whose counter went back: there may be a copy
	Unlocked Outcome = "unlocked" // a locked session
)

// Attempt is one attempt to sign in.
type Attempt struct {
	Number  uint64        `json:"number" cbor:"-" doc:"order of the attempts"`
	At      time.Time     `json:"at" doc:"when"`
	Name    string        `json:"name" doc:"that was tried; empty where none was given"`
	Person  desk.PersonID `json:"person,omitempty" doc:"whom it concerns, where that is known"`
	Network string        `json:"network" doc:"address it came from; of IPv6 the network"`
	Browser string        `json:"browser,omitempty" doc:"what the browser says of itself"`
	Way     Way           `json:"way" enum:"password,passkey,link" doc:"with what"`
	Outcome Outcome       `json:"outcome" enum:"in,wrong,shut-out,limited,cloned,unlocked" doc:"what became of it"`
}

// Scope is what a program with a token may read. No scope lets it decide
// anything, or see people.
type Scope string

// Scopes.
const (
	ReadPicture Scope = "read-picture" // tracks, their history, observations, areas
	ReadAlerts  Scope = "read-alerts"  // alerts and what became of them
	ReadSystem  Scope = "read-system"  // health of feeds and of the program
	OGC         Scope = "ogc"          // OGC API - Features: tracks, areas, alerts as layers
)

// Scopes gives all scopes.
func Scopes() []Scope { return []Scope{ReadPicture, ReadAlerts, ReadSystem, OGC} }

// Token lets a program in for a person: it may read what its scopes say.
type Token struct {
	Hash    TokenHash     `json:"-" cbor:"hash"`
	ID      string        `json:"id" doc:"name of the token; tells nothing of its secret"`
	Person  desk.PersonID `json:"person" doc:"whose it is"`
	Name    string        `json:"name" doc:"what it is for"`
	Scopes  []Scope       `json:"scopes" doc:"what it may read"`
	Created time.Time     `json:"created" doc:"when"`
	Expires time.Time     `json:"expires" doc:"it is good until then"`
	Used    time.Time     `json:"used" doc:"last use, to a minute; zero: never"`
	// Request is the client's name for the wish that made it.
	Request string `json:"-" cbor:"request"`
}
