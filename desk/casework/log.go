package casework

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"time"

	"atalaya/desk"
)

// Line is one line of the shift log: a record of the ledger whose act was done.
type Line struct {
	Number  uint64       `json:"number,omitempty" doc:"place in the ledger; absent in what is told live"`
	ID      string       `json:"id" doc:"name of the record"`
	At      time.Time    `json:"at" doc:"when"`
	Who     desk.Who     `json:"who" doc:"who did it"`
	Kind    string       `json:"kind" doc:"what was done, such as alert.closed, task.sent, case.decided, log.note"`
	Subject string       `json:"subject" doc:"what it is about, such as alert:A3TE25GRUINCUK or task:K3"`
	Fields  []desk.Field `json:"fields" doc:"what was written"`
}

// lineOf gives an entry of the ledger as a line.
func lineOf(n uint64, r desk.Record) Line {
	fields := make([]desk.Field, 0, len(r.Fields))
	for _, f := range r.Fields {
		if f.Name != "request" && f.Value != "" { // the client's name for its wish tells nobody anything
			fields = append(fields, f)
		}
	}
	return Line{Number: n, ID: r.ID, At: r.At, Who: r.Who, Kind: r.Kind, Subject: r.Subject, Fields: fields}
}

// quiet are records that are no news: the program's own book-keeping.
func quiet(kind string) bool {
	return kind == "report.observed" || kind == "statistics" || kind == "outpost"
}

// LogPage is one page of the shift log, newest first.
type LogPage struct {
	Lines []Line `json:"lines" doc:"newest first"`
	Next  uint64 `json:"next,omitempty" doc:"give it as before for the next page; absent: no more"`
}

// Log gives what was done, newest first. What failed, or ended in a crash
// before it was done, is no line of the log.
func (s *Service) Log(ctx context.Context, q desk.JournalQuery) (LogPage, error) {
	page := LogPage{Lines: []Line{}}
	for {
		entries, err := s.cfg.Journal.JournalEntries(ctx, q)
		if err != nil {
			return LogPage{}, fmt.Errorf("read the shift log: %w", err)
		}
		for _, e := range entries {
			q.Before = e.Number
			if quiet(e.Record.Kind) || (e.Outcome != desk.Done && !strings.HasSuffix(e.Detail, "the change is in the store")) {
				continue
			}
			page.Lines = append(page.Lines, lineOf(e.Number, e.Record))
			if len(page.Lines) == q.Size() {
				page.Next = e.Number
				return page, nil
			}
		}
		if len(entries) < q.Size() {
			return page, nil
		}
	}
}

// Note is a free line of the shift log.
type Note struct {
	Stamp
	Text    string `json:"text" doc:"what was written"`
	Subject string `json:"subject,omitempty" doc:"what it is about"`
}

func (n *Note) isOpen() bool { return false }

// WriteLog writes a free note into the shift log.
func (s *Service) WriteLog(ctx context.Context, w Wish, text string) (Result[Note], error) {
	if err := w.Who.Needs(desk.Officer, "write into the shift log"); err != nil {
		return Result[Note]{}, err
	}
	if err := checkText("the note", text, 1, maxText); err != nil {
		return Result[Note]{}, err
	}
	return s.notes.make(ctx, change[*Note]{
		Wish: w, record: "log.note", content: text, fields: []desk.Field{{Name: "text", Value: text}},
		apply: func(p *Note, _ time.Time) (desk.Rests, error) {
			p.Text = text
			return desk.Rests{}, nil
		},
	})
}

// Journal is a Ledger that tells what was done, for the live shift log.
type Journal struct {
	desk.Ledger
	// Told is told every record whose act was done. It must not block.
	Told func(Line)
}

// Do implements desk.Ledger.
func (j Journal) Do(ctx context.Context, rec desk.Record, act func(context.Context) error) error {
	err := j.Ledger.Do(ctx, rec, act)
	if err == nil && !quiet(rec.Kind) {
		rec.Fields = slices.Clone(rec.Fields)
		j.Told(lineOf(0, rec))
	}
	return err
}

// complain logs what the desk does by itself and could not do.
func (s *Service) complain(what string, err error) {
	s.cfg.Log.Warn(what, slog.Any("error", err))
}
