package people

import (
	"context"
	"time"

	"atalaya/desk"
)

// Store keeps people and what lets them in. Writes are durable when they
// return. Where there is no room they fail with desk.ErrFull and change
// nothing; what is not there is desk.ErrNotFound.
type Store interface {
	// People gives everybody, in the order of enrolment.
	People(ctx context.Context) ([]Person, error)
	PersonByID(ctx context.Context, id desk.PersonID) (Person, error)
	// SavePerson replaces a person. ErrConflict when the one in the store is
	// not exactly one version behind. With endSessions all sessions of the
	// person end in the same write.
	SavePerson(ctx context.Context, p Person, endSessions bool) error

	// SaveEnrolment keeps a new link.
	SaveEnrolment(ctx context.Context, e Enrolment) error
	EnrolmentByToken(ctx context.Context, token TokenHash) (Enrolment, error)
	// EditEnrolment changes a link in one transaction.
	EditEnrolment(ctx context.Context, token TokenHash, edit func(*Enrolment)) error
	// Enrol uses a link and adds the person, both or nothing, and gives the
	// person an ID. A person who has one already is kept as the next version,
	// and their sessions and passkeys end. A passkey that is given becomes
	// theirs. ErrConflict when the link is used.
	Enrol(ctx context.Context, token TokenHash, p Person, k *Passkey) (Person, error)

	SaveSession(ctx context.Context, s Session) error
	// EditSession changes a session in one transaction. ErrNotFound when it has
	// ended meanwhile: it must not come back.
	EditSession(ctx context.Context, token TokenHash, edit func(*Session)) error
	SessionByToken(ctx context.Context, token TokenHash) (Session, error)
	// Sessions gives all that are kept.
	Sessions(ctx context.Context) ([]Session, error)
	EndSession(ctx context.Context, token TokenHash) error
	// ForgetSessions drops the sessions that expired before t.
	ForgetSessions(ctx context.Context, t time.Time) error

	// SaveAttempt keeps an attempt and drops the oldest beyond keep.
	SaveAttempt(ctx context.Context, a Attempt, keep int) error
	// Attempts gives attempts, newest first: those before a number; 0: from the
	// newest.
	Attempts(ctx context.Context, before uint64, limit int) ([]Attempt, error)

	// SavePasskey keeps a new passkey; ErrConflict where it is known.
	SavePasskey(ctx context.Context, k Passkey) error
	// EditPasskey changes a passkey in one transaction.
	EditPasskey(ctx context.Context, hash TokenHash, edit func(*Passkey)) error
	PasskeyByHash(ctx context.Context, hash TokenHash) (Passkey, error)
	// Passkeys gives all that are kept, in the order of adding.
	Passkeys(ctx context.Context) ([]Passkey, error)
	EndPasskey(ctx context.Context, hash TokenHash) error

	// SaveToken keeps a new token of a program, and drops those that expired
	// before it was made.
	SaveToken(ctx context.Context, t Token) error
	// EditToken changes a token in one transaction.
	EditToken(ctx context.Context, hash TokenHash, edit func(*Token)) error
	TokenByHash(ctx context.Context, hash TokenHash) (Token, error)
	// Tokens gives all that are kept, in the order of making.
	Tokens(ctx context.Context) ([]Token, error)
	EndToken(ctx context.Context, hash TokenHash) error
}
