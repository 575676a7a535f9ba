package durable

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"atalaya/desk"
	"atalaya/desk/people"
	"atalaya/store"
	"atalaya/store/sqlite/database"
)

var _ people.Store = (*Durable)(nil)

// personNumber is the number in a person's name "P7".
func personNumber(id desk.PersonID) (int64, error) {
	digits, ok := strings.CutPrefix(string(id), "P")
	n, err := strconv.ParseInt(digits, 10, 64)
	if !ok || err != nil || n < 1 {
		return 0, fmt.Errorf("person %q: %w", id, store.ErrNotFound)
	}
	return n, nil
}

// everybody selects the newest versions of people.
const everybody = "SELECT minute, content FROM person p WHERE version = (SELECT max(version) FROM person WHERE person = p.person) ORDER BY person"

// People implements people.Store.
func (d *Durable) People(ctx context.Context) ([]people.Person, error) {
	out, err := list[people.Person](ctx, d, d.db.Read(), everybody)
	if err != nil {
		return nil, fmt.Errorf("read people: %w", err)
	}
	return out, nil
}

// PersonByID implements people.Store.
func (d *Durable) PersonByID(ctx context.Context, id desk.PersonID) (people.Person, error) {
	n, err := personNumber(id)
	if err != nil {
		return people.Person{}, err
	}
	return one[people.Person](ctx, d, d.db.Read(), "person "+string(id), "SELECT minute, content FROM person WHERE person = ? ORDER BY version DESC LIMIT 1", n)
}

// querier is a database or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// list reads the things that a query gives as minute and content.
func list[T any](ctx context.Context, d *Durable, q querier, query string, args ...any) ([]T, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []T
	for rows.Next() {
		var minute int64
		var content []byte
		if err := rows.Scan(&minute, &content); err != nil {
			return nil, err
		}
		var x T
		if err := d.records.Open(store.ClassPerson, minute, content, &x); err != nil {
			return nil, err
		}
		out = append(out, x)
	}
	return out, rows.Err()
}

// one reads the only thing that a query gives; what is its name for people.
func one[T any](ctx context.Context, d *Durable, q querier, what, query string, args ...any) (T, error) {
	out, err := list[T](ctx, d, q, query, args...)
	switch {
	case err != nil:
		return *new(T), fmt.Errorf("read the %s: %w", what, err)
	case len(out) == 0:
		return *new(T), fmt.Errorf("%s: %w", what, store.ErrNotFound)
	}
	return out[0], nil
}

func (d *Durable) savePerson(ctx context.Context, tx *sql.Tx, n int64, p people.Person) error {
	minute, content, err := d.records.Seal(store.ClassPerson, p.Changed, p)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO person (person, version, minute, content) VALUES (?, ?, ?, ?)", n, p.Version, minute, content)
	return err
}

// SavePerson implements people.Store.
func (d *Durable) SavePerson(ctx context.Context, p people.Person, endSessions bool) error {
	return d.db.Change(ctx, "keep person "+string(p.ID), func(tx *sql.Tx) error { return d.nextPerson(ctx, tx, p, endSessions) })
}

// nextPerson keeps the next version of somebody who is there.
func (d *Durable) nextPerson(ctx context.Context, tx *sql.Tx, p people.Person, endSessions bool) error {
	n, err := personNumber(p.ID)
	if err != nil {
		return err
	}
	var version sql.NullInt64
	if err := tx.QueryRowContext(ctx, "SELECT max(version) FROM person WHERE person = ?", n).Scan(&version); err != nil {
		return err
	}
	if !version.Valid {
		return fmt.Errorf("person %s: %w", p.ID, store.ErrNotFound)
	}
	if uint64(version.Int64) != p.Version-1 {
		return fmt.Errorf("%w: person %s has version %d", store.ErrConflict, p.ID, version.Int64)
	}
	if err := d.savePerson(ctx, tx, n, p); err != nil || !endSessions {
		return err
	}
	_, err = tx.ExecContext(ctx, "DELETE FROM session WHERE person = ?", n)
	return err
}

// SaveEnrolment implements people.Store.
func (d *Durable) SaveEnrolment(ctx context.Context, e people.Enrolment) error {
	return d.db.Change(ctx, "keep the link", func(tx *sql.Tx) error {
		minute, content, err := d.records.Seal(store.ClassPerson, e.Created, e)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "INSERT INTO enrolment (token, minute, content) VALUES (?, ?, ?)", e.Token[:], minute, content)
		if database.Exists(err) {
			return fmt.Errorf("%w: this link exists already", store.ErrConflict)
		}
		return err
	})
}

const enrolment = "SELECT minute, content FROM enrolment WHERE token = ?"

// EnrolmentByToken implements people.Store.
func (d *Durable) EnrolmentByToken(ctx context.Context, token people.TokenHash) (people.Enrolment, error) {
	return one[people.Enrolment](ctx, d, d.db.Read(), "enrolment", enrolment, token[:])
}

// EditEnrolment implements people.Store.
func (d *Durable) EditEnrolment(ctx context.Context, token people.TokenHash, edit func(*people.Enrolment)) error {
	return d.db.Change(ctx, "change the link", func(tx *sql.Tx) error { return d.editEnrolment(ctx, tx, token, edit) })
}

func (d *Durable) editEnrolment(ctx context.Context, tx *sql.Tx, token people.TokenHash, edit func(*people.Enrolment)) error {
	e, err := one[people.Enrolment](ctx, d, tx, "enrolment", enrolment, token[:])
	if err != nil {
		return err
	}
	edit(&e)
	minute, content, err := d.records.Seal(store.ClassPerson, e.Created, e)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "UPDATE enrolment SET minute = ?, content = ? WHERE token = ?", minute, content, token[:])
	return err
}

// Enrol implements people.Store.
func (d *Durable) Enrol(ctx context.Context, token people.TokenHash, p people.Person, k *people.Passkey) (people.Person, error) {
	err := d.db.Change(ctx, "enrol", func(tx *sql.Tx) error {
		e, err := one[people.Enrolment](ctx, d, tx, "enrolment", enrolment, token[:])
		if err != nil {
			return err
		}
		if !e.Used.IsZero() {
			return fmt.Errorf("%w: the link was used", store.ErrConflict)
		}
		if p.ID != "" {
			if err = d.nextPerson(ctx, tx, p, true); err == nil {
				err = d.endPasskeys(ctx, tx, p.ID)
			}
		} else {
			var n int64 // nobody is ever deleted
			if err := tx.QueryRowContext(ctx, "SELECT coalesce(max(person), 0) + 1 FROM person").Scan(&n); err != nil {
				return err
			}
			p.ID = desk.PersonID("P" + strconv.FormatInt(n, 10))
			err = d.savePerson(ctx, tx, n, p)
		}
		if err != nil {
			return err
		}
		if k != nil {
			k.Person = p.ID
			if err := d.savePasskey(ctx, tx, *k); err != nil {
				return err
			}
		}
		return d.editEnrolment(ctx, tx, token, func(e *people.Enrolment) { e.Used, e.Person = p.Changed, p.ID })
	})
	if err != nil {
		return people.Person{}, err
	}
	return p, nil
}

// SaveSession implements people.Store.
func (d *Durable) SaveSession(ctx context.Context, x people.Session) error {
	n, err := personNumber(x.Person)
	if err != nil {
		return err
	}
	return d.db.Change(ctx, "keep the session", func(tx *sql.Tx) error {
		minute, content, err := d.records.Seal(store.ClassPerson, x.Used, x)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "INSERT INTO session (token, person, expires, minute, content) VALUES (?, ?, ?, ?, ?)",
			x.Token[:], n, database.Minute(x.Expires), minute, content)
		if database.Exists(err) {
			return fmt.Errorf("%w: this session exists already", store.ErrConflict)
		}
		return err
	})
}

const session = "SELECT minute, content FROM session WHERE token = ?"

// EditSession implements people.Store.
func (d *Durable) EditSession(ctx context.Context, token people.TokenHash, edit func(*people.Session)) error {
	return d.db.Change(ctx, "change the session", func(tx *sql.Tx) error {
		x, err := one[people.Session](ctx, d, tx, "session", session, token[:])
		if err != nil {
			return err
		}
		edit(&x)
		minute, content, err := d.records.Seal(store.ClassPerson, x.Used, x)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "UPDATE session SET minute = ?, content = ? WHERE token = ?", minute, content, token[:])
		return err
	})
}

// SessionByToken implements people.Store.
func (d *Durable) SessionByToken(ctx context.Context, token people.TokenHash) (people.Session, error) {
	return one[people.Session](ctx, d, d.db.Read(), "session", session, token[:])
}

// Sessions implements people.Store.
func (d *Durable) Sessions(ctx context.Context) ([]people.Session, error) {
	out, err := list[people.Session](ctx, d, d.db.Read(), "SELECT minute, content FROM session")
	if err != nil {
		return nil, fmt.Errorf("read the sessions: %w", err)
	}
	return out, nil
}

// EndSession implements people.Store.
func (d *Durable) EndSession(ctx context.Context, token people.TokenHash) error {
	return d.drop(ctx, "session", "DELETE FROM session WHERE token = ?", token[:])
}

// drop deletes one thing.
func (d *Durable) drop(ctx context.Context, what, query string, key []byte) error {
	return d.db.Change(ctx, "end the "+what, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, query, key)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, fmt.Errorf("%s: %w", what, store.ErrNotFound))
		}
		return nil
	})
}

// ForgetSessions implements people.Store. It looks at whole minutes, so a
// session may outlive its time here by one; it is no longer good then.
func (d *Durable) ForgetSessions(ctx context.Context, t time.Time) error {
	return d.db.Change(ctx, "forget old sessions", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM session WHERE expires < ?", database.Minute(t))
		return err
	})
}
