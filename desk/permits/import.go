package permits

import (
	"context"
	"errors"
	"fmt"
	"io"

	"atalaya/desk"
	"atalaya/permit"
	"atalaya/valid"
)

// maxTold bounds the wrong and the changed lines that are told one by one; all
// are counted.
const maxTold = 1000

// Import is a file of permits that somebody wants in the book.
type Import struct {
	Wish
	File io.Reader
	// OffsetMinutes is local time minus UTC, for dates and hours.
	OffsetMinutes int
}

// Line is what a line of a file would do.
type Line struct {
	Line   int       `json:"line" doc:"line of the file, from 1"`
	Permit permit.ID `json:"permit" doc:"number of the permit"`
	What   string    `json:"what" enum:"new,changed" doc:"new to the book, or changed"`
}

// Preview is what a file would change.
type Preview struct {
	Lines   int      `json:"lines" doc:"permits in the file"`
	New     int      `json:"new" doc:"permits that the book does not have"`
	Changed int      `json:"changed" doc:"permits of which the file says something else than the book"`
	Same    int      `json:"same" doc:"permits of which it says the same"`
	Retired int      `json:"retired" doc:"permits that were retired: they stay so, whatever the file says"`
	Wrong   int      `json:"wrong" doc:"lines with something wrong; with any, nothing is applied"`
	Unread  []string `json:"unread_columns" doc:"columns whose names are not known: they are not read"`
	Changes []Line   `json:"changes" doc:"what is new or changed; the first 1000"`
	Errors  []Wrong  `json:"errors" doc:"what is wrong; the first 1000"`
	Applied bool     `json:"applied" doc:"it was done"`
}

// WrongFile says that a file was not applied because of its lines. It matches
// desk.ErrInvalid.
type WrongFile struct{ Preview Preview }

func (e *WrongFile) Error() string {
	return fmt.Sprintf("%d lines of the file are wrong and nothing was changed: ask for a preview, correct them, and import the file again", e.Preview.Wrong)
}

// Is makes every WrongFile a desk.ErrInvalid.
func (e *WrongFile) Is(target error) bool { return target == desk.ErrInvalid }

// Preview tells what a file would change, and what is wrong with its lines.
func (b *Book) Preview(in Import) (Preview, error) {
	if err := in.Who.Needs(desk.Officer, "look into the permit book"); err != nil {
		return Preview{}, err
	}
	out, _, err := b.compare(in)
	return out, err
}

// Import does what a file says, all or nothing. Doing it again changes
// nothing.
func (b *Book) Import(ctx context.Context, in Import) (Preview, error) {
	if err := in.check(); err != nil {
		return Preview{}, err
	}
	b.write.Lock()
	defer b.write.Unlock()
	out, permits, err := b.compare(in)
	switch {
	case err != nil:
		return out, err
	case out.Wrong > 0:
		return out, &WrongFile{out}
	}
	if len(permits) > 0 {
		if err := b.unused(in.Request); err != nil {
			return out, err
		}
		if err := b.apply(ctx, in.Who, permits); err != nil {
			return out, fmt.Errorf("%d permits were not imported, none of them: %w", len(permits), err)
		}
	}
	out.Applied = true
	return out, nil
}

// compare reads a file and gives the versions that it asks for.
func (b *Book) compare(in Import) (out Preview, permits []permit.Permit, err error) {
	if err := (valid.Schedule{OffsetMinutes: in.OffsetMinutes}).Check(); err != nil {
		return out, nil, fmt.Errorf("%w: %w", desk.ErrInvalid, err)
	}
	r, err := newReader(in.File, in.OffsetMinutes)
	if err != nil {
		return out, nil, err
	}
	out = Preview{Unread: r.unread(), Changes: []Line{}, Errors: []Wrong{}}
	lines := map[permit.ID]int{} // where each stands
	for {
		row, wrong, err := r.next()
		if errors.Is(err, io.EOF) {
			return out, permits, nil
		}
		if err != nil {
			return out, nil, fmt.Errorf("read the file: %w", err)
		}
		if out.Lines++; out.Lines > maxLines {
			return out, nil, fmt.Errorf("%w: the file has more than %d lines: import it in parts", desk.ErrInvalid, maxLines)
		}
		if first, twice := lines[row.permit.ID]; twice && len(wrong) == 0 {
			wrong = []Wrong{{Line: row.line, Value: string(row.permit.ID), Detail: fmt.Sprintf("line %d has the same permit: leave one of them", first)}}
		}
		if len(wrong) > 0 {
			out.Wrong++
			out.Errors = append(out.Errors, wrong[:min(len(wrong), maxTold-len(out.Errors))]...)
			continue
		}
		lines[row.permit.ID] = row.line
		last, have := b.latest(row.permit.ID)
		what := "new"
		switch {
		case have && last.Retired():
			out.Retired++
			continue
		case have && same(last, row.permit):
			out.Same++
			continue
		case have:
			what = "changed"
			out.Changed++
		default:
			out.New++
		}
		if len(out.Changes) < maxTold {
			out.Changes = append(out.Changes, Line{row.line, row.permit.ID, what})
		}
		permits = append(permits, b.next(in.Wish, row.permit, last))
	}
}
