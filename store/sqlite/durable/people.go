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
	"atalaya/store"
	"atalaya/store/sqlite/database"
)

var _ desk.PeopleStore = (*Durable)(nil)

// personNumber is the number in a person's name "P7".
func personNumber(id desk.PersonID) (int64, error) {
	digits, ok := strings.CutPrefix(string(id), "P")
	n, err := strconv.ParseInt(digits, 10, 64)
	if !ok || err != nil || n < 1 {
		return 0, fmt.Errorf("person %q: %w", id, store.ErrNotFound)
	}
	return n, nil
}

// People implements desk.PeopleStore.
func (d *Durable) People(ctx context.Context) ([]desk.Person, error) {
	out, err := d.people(ctx, d.db.Read(), "SELECT minute, content, max(version) FROM person GROUP BY person ORDER BY person")
	if err != nil {
		return nil, fmt.Errorf("read people: %w", err)
	}
	return out, nil
}

// PersonByID implements desk.PeopleStore.
func (d *Durable) PersonByID(ctx context.Context, id desk.PersonID) (desk.Person, error) {
	n, err := personNumber(id)
	if err != nil {
		return desk.Person{}, err
	}
	out, err := d.people(ctx, d.db.Read(), "SELECT minute, content, version FROM person WHERE person = ? ORDER BY version DESC LIMIT 1", n)
	if err != nil {
		return desk.Person{}, fmt.Errorf("read person %s: %w", id, err)
	}
	if len(out) == 0 {
		return desk.Person{}, fmt.Errorf("person %s: %w", id, store.ErrNotFound)
	}
	return out[0], nil
}

// PersonByName implements desk.PeopleStore. Names are sealed, so everybody is
// looked at; a desk has tens of people.
func (d *Durable) PersonByName(ctx context.Context, name string) (desk.Person, error) {
	all, err := d.People(ctx)
	if err != nil {
		return desk.Person{}, err
	}
	for _, p := range all {
		if p.Name == name {
			return p, nil
		}
	}
	return desk.Person{}, fmt.Errorf("person %q: %w", name, store.ErrNotFound)
}

// querier is a database or a transaction.
type querier interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

func (d *Durable) people(ctx context.Context, q querier, query string, args ...any) ([]desk.Person, error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []desk.Person
	for rows.Next() {
		var minute, version int64
		var content []byte
		if err := rows.Scan(&minute, &content, &version); err != nil {
			return nil, err
		}
		var p desk.Person
		if err := d.records.Open(store.ClassPerson, minute, content, &p); err != nil {
			return nil, err
		}
		out = append(out, p)
	}
	return out, rows.Err()
}

func (d *Durable) savePerson(ctx context.Context, tx *sql.Tx, n int64, p desk.Person) error {
	minute, content, err := d.records.Seal(store.ClassPerson, p.Changed, p)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, "INSERT INTO person (person, version, minute, content) VALUES (?, ?, ?, ?)", n, p.Version, minute, content)
	return err
}

// SavePerson implements desk.PeopleStore.
func (d *Durable) SavePerson(ctx context.Context, p desk.Person, endSessions bool) error {
	n, err := personNumber(p.ID)
	if err != nil {
		return err
	}
	return d.db.Change(ctx, "keep person "+string(p.ID), func(tx *sql.Tx) error {
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
		if err := d.savePerson(ctx, tx, n, p); err != nil {
			return err
		}
		if !endSessions {
			return nil
		}
		_, err := tx.ExecContext(ctx, "DELETE FROM session WHERE person = ?", n)
		return err
	})
}

// SaveEnrolment implements desk.PeopleStore.
func (d *Durable) SaveEnrolment(ctx context.Context, e desk.Enrolment) error {
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

// EnrolmentByToken implements desk.PeopleStore.
func (d *Durable) EnrolmentByToken(ctx context.Context, token desk.TokenHash) (desk.Enrolment, error) {
	return d.enrolment(d.db.Read().QueryRowContext(ctx, "SELECT minute, content FROM enrolment WHERE token = ?", token[:]))
}

func (d *Durable) enrolment(row *sql.Row) (desk.Enrolment, error) {
	var e desk.Enrolment
	var minute int64
	var content []byte
	err := row.Scan(&minute, &content)
	if errors.Is(err, sql.ErrNoRows) {
		return e, fmt.Errorf("enrolment: %w", store.ErrNotFound)
	}
	if err != nil {
		return e, fmt.Errorf("read the enrolment: %w", err)
	}
	return e, d.records.Open(store.ClassPerson, minute, content, &e)
}

// Enrol implements desk.PeopleStore.
func (d *Durable) Enrol(ctx context.Context, token desk.TokenHash, p desk.Person) (desk.Person, error) {
	err := d.db.Change(ctx, "enrol", func(tx *sql.Tx) error {
		e, err := d.enrolment(tx.QueryRowContext(ctx, "SELECT minute, content FROM enrolment WHERE token = ?", token[:]))
		if err != nil {
			return err
		}
		if !e.Used.IsZero() {
			return fmt.Errorf("%w: the link was used", store.ErrConflict)
		}
		all, err := d.people(ctx, tx, "SELECT minute, content, max(version) FROM person GROUP BY person ORDER BY person")
		if err != nil {
			return err
		}
		for _, other := range all {
			if other.Name == p.Name {
				return fmt.Errorf("%w: the name %q is taken", store.ErrConflict, p.Name)
			}
		}
		n := int64(len(all)) + 1 // nobody is ever deleted
		p.ID = desk.PersonID("P" + strconv.FormatInt(n, 10))
		if err := d.savePerson(ctx, tx, n, p); err != nil {
			return err
		}
		e.Used, e.Person = p.Created, p.ID
		minute, content, err := d.records.Seal(store.ClassPerson, e.Used, e)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "UPDATE enrolment SET minute = ?, content = ? WHERE token = ?", minute, content, token[:])
		return err
	})
	if err != nil {
		return desk.Person{}, err
	}
	return p, nil
}

// SaveSession implements desk.PeopleStore.
func (d *Durable) SaveSession(ctx context.Context, x desk.Session) error {
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

// UseSession implements desk.PeopleStore.
func (d *Durable) UseSession(ctx context.Context, token desk.TokenHash, at time.Time) error {
	return d.db.Change(ctx, "note the use of the session", func(tx *sql.Tx) error {
		x, err := d.session(tx.QueryRowContext(ctx, "SELECT minute, content FROM session WHERE token = ?", token[:]))
		if err != nil {
			return err
		}
		x.Used = at
		minute, content, err := d.records.Seal(store.ClassPerson, x.Used, x)
		if err != nil {
			return err
		}
		_, err = tx.ExecContext(ctx, "UPDATE session SET minute = ?, content = ? WHERE token = ?", minute, content, token[:])
		return err
	})
}

// SessionByToken implements desk.PeopleStore.
func (d *Durable) SessionByToken(ctx context.Context, token desk.TokenHash) (desk.Session, error) {
	return d.session(d.db.Read().QueryRowContext(ctx, "SELECT minute, content FROM session WHERE token = ?", token[:]))
}

func (d *Durable) session(row *sql.Row) (desk.Session, error) {
	var x desk.Session
	var minute int64
	var content []byte
	err := row.Scan(&minute, &content)
	if errors.Is(err, sql.ErrNoRows) {
		return x, fmt.Errorf("session: %w", store.ErrNotFound)
	}
	if err != nil {
		return x, fmt.Errorf("read the session: %w", err)
	}
	return x, d.records.Open(store.ClassPerson, minute, content, &x)
}

// EndSession implements desk.PeopleStore.
func (d *Durable) EndSession(ctx context.Context, token desk.TokenHash) error {
	return d.db.Change(ctx, "end the session", func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, "DELETE FROM session WHERE token = ?", token[:])
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, fmt.Errorf("session: %w", store.ErrNotFound))
		}
		return nil
	})
}

// ForgetSessions implements desk.PeopleStore. It looks at whole minutes, so a
// session may outlive its time here by one; it is no longer good then.
func (d *Durable) ForgetSessions(ctx context.Context, t time.Time) error {
	return d.db.Change(ctx, "forget old sessions", func(tx *sql.Tx) error {
		_, err := tx.ExecContext(ctx, "DELETE FROM session WHERE expires < ?", database.Minute(t))
		return err
	})
}
