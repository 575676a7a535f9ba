package durable

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"time"

	"atalaya/desk"
	"atalaya/store"
	"atalaya/store/sqlite/database"
	"atalaya/watch"
)

var (
	_ desk.DocumentStore = (*Durable)(nil)
	_ desk.JournalStore  = (*Durable)(nil)
)

// keptDocument is the sealed content of a version.
type keptDocument struct {
	At   time.Time `cbor:"at"`
	Who  desk.Who  `cbor:"who"`
	Open bool      `cbor:"open"`
	Body []byte    `cbor:"body"`
}

// SaveDocument implements desk.DocumentStore.
func (d *Durable) SaveDocument(ctx context.Context, doc desk.Document, rests desk.Rests) error {
	if len(doc.Body) > desk.MaxDocument {
		return fmt.Errorf("%w: %s %s has %d bytes; at most %d are kept", desk.ErrInvalid, doc.Kind, doc.ID, len(doc.Body), desk.MaxDocument)
	}
	err := d.db.Change(ctx, "keep the "+string(doc.Kind), func(tx *sql.Tx) error {
		if err := d.saveDocument(ctx, tx, doc); err != nil {
			return err
		}
		return d.saveRests(ctx, tx, doc.At, rests)
	})
	if err == nil && len(rests.Inputs)+len(rests.Tracks) > 0 {
		d.keep(Kept{Inputs: rests.Inputs, Tracks: rests.Tracks, Lineages: rests.Tracks})
	}
	return err
}

func (d *Durable) saveDocument(ctx context.Context, tx *sql.Tx, doc desk.Document) error {
	var last uint64
	err := tx.QueryRowContext(ctx, "SELECT coalesce(max(version), 0) FROM document WHERE kind = ? AND id = ?", doc.Kind, doc.ID).Scan(&last)
	if err != nil {
		return err
	}
	if doc.Version != last+1 {
		return fmt.Errorf("%w: version %d of %s %s; the next version is %d", store.ErrConflict, doc.Version, doc.Kind, doc.ID, last+1)
	}
	minute, content, err := d.records.Seal(store.ClassDocument, doc.At, keptDocument{doc.At, doc.Who, doc.Open, doc.Body})
	if err != nil {
		return err
	}
	request := sql.NullString{String: doc.Request, Valid: doc.Request != ""}
	res, err := tx.ExecContext(ctx, "INSERT INTO document (kind, id, version, request, minute, content) VALUES (?, ?, ?, ?, ?, ?)",
		doc.Kind, doc.ID, doc.Version, request, minute, content)
	if database.Exists(err) {
		return fmt.Errorf("%w: request %q is known already", store.ErrConflict, doc.Request)
	}
	if err != nil {
		return err
	}
	n, err := res.LastInsertId()
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO document_last (kind, id, n, open) VALUES (?, ?, ?, ?)
		ON CONFLICT (kind, id) DO UPDATE SET n = excluded.n, open = excluded.open`, doc.Kind, doc.ID, n, doc.Open)
	return err
}

// saveRests enters what must not expire.
func (d *Durable) saveRests(ctx context.Context, tx *sql.Tx, at time.Time, rests desk.Rests) error {
	for _, seq := range rests.Inputs {
		if _, err := tx.ExecContext(ctx, "INSERT INTO evidence (seq) VALUES (?) ON CONFLICT DO NOTHING", seq); err != nil {
			return err
		}
	}
	for _, id := range rests.Findings {
		if _, err := tx.ExecContext(ctx, "INSERT INTO finding_kept (id) VALUES (?) ON CONFLICT DO NOTHING", id); err != nil {
			return err
		}
	}
	for _, s := range rests.Tracks {
		if _, err := tx.ExecContext(ctx, "INSERT INTO track_kept (track, from_minute, to_minute, minute) VALUES (?, ?, ?, ?) ON CONFLICT DO NOTHING",
			s.Track, database.Minute(s.From), database.Minute(s.To), database.Minute(at)); err != nil {
			return err
		}
	}
	return nil
}

const documentColumns = "d.n, d.kind, d.id, d.version, d.request, d.minute, d.content"

// DocumentByID implements desk.DocumentStore.
func (d *Durable) DocumentByID(ctx context.Context, kind desk.DocumentKind, id string) (desk.Document, error) {
	doc, err := d.document(ctx, "SELECT "+documentColumns+" FROM document_last l JOIN document d ON d.n = l.n WHERE l.kind = ? AND l.id = ?", kind, id)
	if err != nil {
		return desk.Document{}, fmt.Errorf("%s %s: %w", kind, id, err)
	}
	return doc, nil
}

// DocumentByRequest implements desk.DocumentStore.
func (d *Durable) DocumentByRequest(ctx context.Context, request string) (desk.Document, error) {
	doc, err := d.document(ctx, "SELECT "+documentColumns+" FROM document d WHERE d.request = ?", request)
	if err != nil {
		return desk.Document{}, fmt.Errorf("request %s: %w", request, err)
	}
	return doc, nil
}

// DocumentVersions implements desk.DocumentStore.
func (d *Durable) DocumentVersions(ctx context.Context, kind desk.DocumentKind, id string) ([]desk.Document, error) {
	filed, err := d.documents(ctx, "SELECT "+documentColumns+" FROM document d WHERE d.kind = ? AND d.id = ? ORDER BY d.version", kind, id)
	if err != nil {
		return nil, fmt.Errorf("versions of %s %s: %w", kind, id, err)
	}
	out := make([]desk.Document, len(filed))
	for i := range filed {
		out[i] = filed[i].Document
	}
	return out, nil
}

// Documents implements desk.DocumentStore.
func (d *Durable) Documents(ctx context.Context, q desk.DocumentQuery) ([]desk.Filed, error) {
	before, since, until := int64(math.MaxInt64), int64(math.MinInt64), int64(math.MaxInt64)
	if q.Before != 0 {
		before = int64(min(q.Before, math.MaxInt64))
	}
	if !q.From.IsZero() {
		since = database.Minute(q.From)
	}
	if !q.To.IsZero() {
		until = database.Minute(q.To)
	}
	query := "SELECT " + documentColumns + " FROM document_last l JOIN document d ON d.n = l.n WHERE l.kind = ? AND l.n < ? AND d.minute BETWEEN ? AND ?"
	if q.OpenOnly {
		query += " AND l.open = 1"
	}
	query += " ORDER BY l.n DESC LIMIT ?"
	var out []desk.Filed
	for {
		// Only the minute stands in clear: what is of the right minute only is
		// left out here, and the page filled up.
		page, err := d.documents(ctx, query, q.Kind, before, since, until, q.Size())
		if err != nil {
			return nil, fmt.Errorf("list documents of kind %s: %w", q.Kind, err)
		}
		for _, f := range page {
			before = int64(f.Number)
			if f.At.Before(q.From) || (!q.To.IsZero() && !f.At.Before(q.To)) {
				continue
			}
			if out = append(out, f); len(out) == q.Size() {
				return out, nil
			}
		}
		if len(page) < q.Size() {
			return out, nil
		}
	}
}

// CountDocuments implements desk.DocumentStore.
func (d *Durable) CountDocuments(ctx context.Context, kind desk.DocumentKind) (n uint64, err error) {
	if err := d.db.Read().QueryRowContext(ctx, "SELECT count(*) FROM document_last WHERE kind = ?", kind).Scan(&n); err != nil {
		return 0, fmt.Errorf("count documents of kind %s: %w", kind, err)
	}
	return n, nil
}

// document reads one; store.ErrNotFound.
func (d *Durable) document(ctx context.Context, query string, args ...any) (desk.Document, error) {
	found, err := d.documents(ctx, query, args...)
	switch {
	case err != nil:
		return desk.Document{}, err
	case len(found) == 0:
		return desk.Document{}, store.ErrNotFound
	}
	return found[0].Document, nil
}

func (d *Durable) documents(ctx context.Context, query string, args ...any) ([]desk.Filed, error) {
	rows, err := d.db.Read().QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []desk.Filed
	for rows.Next() {
		var f desk.Filed
		var request sql.NullString
		var minute int64
		var content []byte
		if err := rows.Scan(&f.Number, &f.Kind, &f.ID, &f.Version, &request, &minute, &content); err != nil {
			return nil, err
		}
		var kept keptDocument
		if err := d.records.Open(store.ClassDocument, minute, content, &kept); err != nil {
			return nil, fmt.Errorf("%s %s, version %d: %w", f.Kind, f.ID, f.Version, err)
		}
		f.Request, f.At, f.Who, f.Open, f.Body = request.String, kept.At, kept.Who, kept.Open, kept.Body
		out = append(out, f)
	}
	return out, rows.Err()
}

// FindingByID gives the latest revision of a finding; store.ErrNotFound.
func (d *Durable) FindingByID(ctx context.Context, id string) (watch.Finding, error) {
	var minute int64
	var content []byte
	err := d.db.Read().QueryRowContext(ctx, "SELECT minute, content FROM finding WHERE id = ? ORDER BY revision DESC LIMIT 1", id).Scan(&minute, &content)
	if errors.Is(err, sql.ErrNoRows) {
		return watch.Finding{}, fmt.Errorf("finding %s: %w", id, store.ErrNotFound)
	}
	if err != nil {
		return watch.Finding{}, fmt.Errorf("read finding %s: %w", id, err)
	}
	var f keptFinding
	if err := d.records.Open(store.ClassFinding, minute, content, &f); err != nil {
		return watch.Finding{}, fmt.Errorf("finding %s: %w", id, err)
	}
	return f.Finding, nil
}

// JournalEntries implements desk.JournalStore.
func (d *Durable) JournalEntries(ctx context.Context, q desk.JournalQuery) ([]desk.Entry, error) {
	before, since, until := int64(math.MaxInt64), int64(math.MinInt64), int64(math.MaxInt64)
	if q.Before != 0 {
		before = int64(min(q.Before, math.MaxInt64))
	}
	if !q.From.IsZero() {
		since = database.Minute(q.From)
	}
	if !q.To.IsZero() {
		until = database.Minute(q.To)
	}
	var out []desk.Entry
	const batch = 200
	for {
		page, err := d.entries(ctx, `SELECT j.n, j.minute, j.content, o.minute, o.content
			FROM journal j LEFT JOIN journal o ON o.of = j.n
			WHERE j.of IS NULL AND j.n < ? AND j.minute BETWEEN ? AND ? ORDER BY j.n DESC LIMIT ?`, before, since, until, batch)
		if err != nil {
			return nil, fmt.Errorf("read the journal: %w", err)
		}
		for i := range page {
			before = int64(page[i].Number)
			if !q.Wants(&page[i]) {
				continue
			}
			if out = append(out, page[i]); len(out) == q.Size() {
				return out, nil
			}
		}
		if len(page) < batch {
			return out, nil
		}
	}
}
