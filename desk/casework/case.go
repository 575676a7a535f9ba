package casework

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"atalaya/desk"
	"atalaya/track"
)

// CaseState is whether work on a case goes on.
type CaseState string

// States of a case.
const (
	CaseOpen   CaseState = "open"
	CaseClosed CaseState = "closed"
)

// EntryKind is what happened to a case.
type EntryKind string

// What can happen to a case.
const (
	WasOpened   EntryKind = "opened"
	WasRenamed  EntryKind = "renamed"
	EvidenceIn  EntryKind = "evidence"
	WasNoted    EntryKind = "noted"
	WasDecided  EntryKind = "decided"
	WasClosed   EntryKind = "closed"
	WasReopened EntryKind = "reopened"
	WasExported EntryKind = "exported"
)

// EvidenceKind is what a piece of evidence is.
type EvidenceKind string

// The kinds of evidence.
const (
	OfTrack       EvidenceKind = "track"
	OfFinding     EvidenceKind = "finding"
	OfAlert       EvidenceKind = "alert"
	OfReport      EvidenceKind = "report"
	OfTask        EvidenceKind = "task"
	OfObservation EvidenceKind = "observation"
)

// Evidence is one thing on which a case rests. It does not expire.
type Evidence struct {
	Kind EvidenceKind `json:"kind" enum:"track,finding,alert,report,task,observation" doc:"what it is"`
	// ID of a finding, alert, report or task.
	ID          string    `json:"id,omitempty" maxLength:"400" doc:"name of the finding, alert, report or task"`
	Track       track.ID  `json:"track,omitempty" maximum:"9007199254740991" doc:"of a track: its number"`
	From        time.Time `json:"from,omitzero" doc:"of a track: the first time"`
	To          time.Time `json:"to,omitzero" doc:"of a track: the end, not included"`
	Observation uint64    `json:"observation,omitempty" maximum:"9007199254740991" doc:"of an observation: its sequence"`
	Note        string    `json:"note,omitempty" maxLength:"1000" doc:"what it shows"`
	// Taken is what was there when it was entered.
	Taken *Taken `json:"taken,omitempty" readOnly:"true" doc:"what was there when it was entered"`
}

// Taken is what evidence was when it was entered.
type Taken struct {
	// Belief is the track as believed then, if it was in the picture.
	Belief  *track.Track  `json:"belief,omitempty" doc:"the track as believed then, if it was in the picture"`
	Lineage track.Lineage `json:"lineage,omitempty" doc:"what its last update rested on"`
	Points  int           `json:"points,omitempty" doc:"points of the track's past in that time"`
	// Inputs are the observations that are kept for it: at most a thousand of
	// a track, evenly spread.
	Inputs []uint64 `json:"inputs,omitempty" doc:"sequences of the observations that are kept for it"`
}

// Entry is one change of a case. It is never edited.
type Entry struct {
	Version  uint64       `json:"version" doc:"the case's version after it"`
	Kind     EntryKind    `json:"kind" enum:"opened,renamed,evidence,noted,decided,closed,reopened,exported" doc:"what happened"`
	At       time.Time    `json:"at" doc:"when"`
	Who      desk.Who     `json:"who" doc:"who did it"`
	Title    string       `json:"title,omitempty" doc:"of an opening or renaming"`
	Text     string       `json:"text,omitempty" doc:"the note, or what was decided"`
	Why      string       `json:"why,omitempty" doc:"of a decision or reopening"`
	Outcome  desk.Outcome `json:"outcome,omitempty" doc:"of a closing"`
	Evidence []Evidence   `json:"evidence,omitempty" doc:"what was entered"`
	Export   string       `json:"export,omitempty" doc:"of an export: its name"`
	Format   Format       `json:"format,omitempty" enum:"json,html" doc:"of an export: what kind of file"`
	Language string       `json:"language,omitempty" doc:"of an export: of a file for people, es or en"`
	SHA256   string       `json:"sha256,omitempty" doc:"of an export: hash of the file that was given out"`
}

// Case is what the duty officer makes of alerts: as it stands, with its last
// entry.
type Case struct {
	Stamp
	Title    string         `json:"title" doc:"for people"`
	State    CaseState      `json:"state" enum:"open,closed" doc:"open or closed"`
	Outcome  desk.Outcome   `json:"outcome,omitempty" doc:"what it came to"`
	Closing  string         `json:"closing,omitempty" doc:"what was written at its closing"`
	Alerts   []desk.AlertID `json:"alerts" doc:"alerts that belong to it"`
	Evidence int            `json:"evidence" doc:"how many pieces of evidence it has"`
	Notes    int            `json:"notes" doc:"how many notes"`
	Decided  int            `json:"decisions" doc:"how many decisions"`
	Exports  int            `json:"exports" doc:"how often it was exported"`
	Last     Entry          `json:"last" doc:"its last entry"`
}

func (c *Case) isOpen() bool { return c.State == CaseOpen }

func (c *Case) closed() error {
	return fmt.Errorf("%w: case %s is closed: reopen it first", desk.ErrConflict, c.ID)
}

// CaseFile is a case with all its entries.
type CaseFile struct {
	Case
	Entries []Entry `json:"entries" doc:"every entry, oldest first"`
}

// Evidence gives all the evidence of the file, in the order of entering.
func (f *CaseFile) AllEvidence() []Evidence {
	var out []Evidence
	for _, e := range f.Entries {
		out = append(out, e.Evidence...)
	}
	return out
}

// Bounds of a case.
const (
	maxTitle    = 200
	maxEntries  = 2000
	maxEvidence = 200 // pieces
	maxAtOnce   = 50  // pieces in one entry
	maxExports  = 1000
)

// put adds the entry that makes the next version.
func (c *Case) put(e Entry, now time.Time) {
	e.Version, e.At = c.Version, now
	switch e.Kind {
	case WasOpened:
		c.State, c.Title = CaseOpen, e.Title
		c.Alerts = []desk.AlertID{}
		if e.Text != "" {
			c.Notes++
		}
	case WasRenamed:
		c.Title = e.Title
	case WasNoted:
		c.Notes++
	case WasDecided:
		c.Decided++
	case WasClosed:
		c.State, c.Outcome, c.Closing = CaseClosed, e.Outcome, e.Text
	case WasReopened:
		c.State, c.Outcome, c.Closing = CaseOpen, desk.NoOutcome, ""
	case WasExported:
		c.Exports++
	case EvidenceIn:
	}
	for _, x := range e.Evidence {
		if id := desk.AlertID(x.ID); x.Kind == OfAlert && !slices.Contains(c.Alerts, id) {
			c.Alerts = append(slices.Clip(c.Alerts), id)
		}
	}
	c.Evidence += len(e.Evidence)
	c.Last = e
}

// CaseWish asks for a case.
type CaseWish struct {
	Title    string         `json:"title" minLength:"1" maxLength:"200" doc:"for people"`
	Alerts   []desk.AlertID `json:"alerts,omitempty" maxItems:"50" doc:"alerts that it is made of; they go into the case, and are acknowledged if nobody did"`
	Note     string         `json:"note,omitempty" maxLength:"4000" doc:"what you want to remember"`
	Evidence []Evidence     `json:"evidence,omitempty" maxItems:"50" doc:"what else it rests on"`
}

// OpenCase opens a case, from alerts or empty.
func (s *Service) OpenCase(ctx context.Context, w Wish, c CaseWish) (Result[Case], error) {
	if err := w.Who.Needs(desk.Officer, "open a case"); err != nil {
		return Result[Case]{}, err
	}
	c.Title = strings.TrimSpace(c.Title)
	if err := errors.Join(checkText("the title", c.Title, 1, maxTitle), checkText("the note", c.Note, 0, maxText)); err != nil {
		return Result[Case]{}, err
	}
	evidence := make([]Evidence, 0, len(c.Alerts)+len(c.Evidence))
	fields := []desk.Field{{Name: "title", Value: c.Title}}
	for _, id := range c.Alerts {
		evidence = append(evidence, Evidence{Kind: OfAlert, ID: string(id)})
		fields = append(fields, desk.Field{Name: "alert", Value: string(id)})
	}
	evidence = append(evidence, c.Evidence...)
	res, err := s.cases.make(ctx, change[*Case]{
		Wish: w, record: "case.opened", content: c, fields: fields,
		apply: func(p *Case, now time.Time) (desk.Rests, error) {
			e, rests, err := s.gather(ctx, p, evidence, now)
			if err == nil {
				err = s.free(ctx, c.Alerts)
			}
			if err != nil {
				return desk.Rests{}, err
			}
			p.put(Entry{Kind: WasOpened, Who: w.Who, Title: c.Title, Text: c.Note, Evidence: e}, now)
			return rests, nil
		},
	})
	if err != nil {
		return res, err
	}
	return res, s.takeIn(ctx, w.Who, res.Value.ID, c.Alerts)
}

// free makes sure that no other case has the alerts, and that none is closed.
func (s *Service) free(ctx context.Context, ids []desk.AlertID) error {
	for _, id := range ids {
		a, err := s.cfg.Alerts.Alert(ctx, id)
		switch {
		case err != nil:
			return err
		case a.State == desk.InCase:
			return fmt.Errorf("%w: alert %s belongs to case %s: go on there", desk.ErrConflict, id, a.Case)
		case !a.Open():
			return fmt.Errorf("%w: alert %s is %s: open the case without it, and enter it as evidence", desk.ErrConflict, id, a.State)
		}
	}
	return nil
}

// takeIn puts alerts that wait into the case. Its requests are named after
// case and alert: a retry does what is left.
func (s *Service) takeIn(ctx context.Context, who desk.Who, id string, alerts []desk.AlertID) error {
	ctx = context.WithoutCancel(ctx)
	for _, alert := range alerts {
		a, err := s.cfg.Alerts.Alert(ctx, alert)
		if err != nil {
			return err
		}
		if a.State == desk.New {
			_, err = s.cfg.Alerts.Acknowledge(ctx, desk.Decision{Request: "case/" + id + "/acknowledge/" + string(alert), Alert: alert, Who: who})
			a.State = desk.Acknowledged
		}
		if err == nil && a.State == desk.Acknowledged {
			_, err = s.cfg.Alerts.AttachCase(ctx, desk.Decision{Request: "case/" + id + "/attach/" + string(alert), Alert: alert, Who: who, Case: id})
		}
		if err != nil && !errors.Is(err, desk.ErrConflict) { // else somebody was faster: it is evidence all the same
			return fmt.Errorf("case %s is kept, and alert %s does not say so yet: %w", id, alert, err)
		}
	}
	return nil
}

// AddEvidence enters evidence into a case. Alerts that wait go into it.
func (s *Service) AddEvidence(ctx context.Context, w Wish, id string, evidence []Evidence) (Result[Case], error) {
	if err := w.Who.Needs(desk.Officer, "enter evidence"); err != nil {
		return Result[Case]{}, err
	}
	if len(evidence) == 0 {
		return Result[Case]{}, fmt.Errorf("%w: name at least one piece of evidence", desk.ErrInvalid)
	}
	fields := make([]desk.Field, len(evidence))
	var alerts []desk.AlertID
	for i, e := range evidence {
		fields[i] = desk.Field{Name: string(e.Kind), Value: e.name()}
		if e.Kind == OfAlert {
			alerts = append(alerts, desk.AlertID(e.ID))
		}
	}
	res, err := s.cases.do(ctx, id, change[*Case]{
		Wish: w, record: "case.evidence", content: evidence, fields: fields,
		apply: s.whileOpen(func(p *Case, now time.Time) (desk.Rests, error) {
			taken, rests, err := s.gather(ctx, p, evidence, now)
			if err != nil {
				return desk.Rests{}, err
			}
			p.put(Entry{Kind: EvidenceIn, Who: w.Who, Evidence: taken}, now)
			return rests, nil
		}),
	})
	if err != nil {
		return res, err
	}
	return res, s.takeIn(ctx, w.Who, res.Value.ID, alerts)
}

// enterTask makes a task evidence of its case.
func (s *Service) enterTask(ctx context.Context, who desk.Who, t Task) error {
	w := Wish{Request: "case/" + t.Case + "/task/" + t.ID, Who: who}
	_, err := s.AddEvidence(ctx, w, t.Case, []Evidence{{Kind: OfTask, ID: t.ID}})
	if err != nil {
		return fmt.Errorf("task %s is kept, and case %s does not say so yet: %w", t.ID, t.Case, err)
	}
	return nil
}

// whileOpen refuses changes of a closed case.
func (s *Service) whileOpen(apply func(*Case, time.Time) (desk.Rests, error)) func(*Case, time.Time) (desk.Rests, error) {
	return func(p *Case, now time.Time) (desk.Rests, error) {
		switch {
		case !p.isOpen():
			return desk.Rests{}, p.closed()
		case p.Version >= maxEntries:
			return desk.Rests{}, fmt.Errorf("%w: case %s has %d entries: close it, and open another", desk.ErrConflict, p.ID, maxEntries)
		}
		return apply(p, now)
	}
}

// enter adds one entry without evidence to an open case.
func (s *Service) enter(ctx context.Context, w Wish, id string, e Entry, fields ...desk.Field) (Result[Case], error) {
	if err := w.Who.Needs(desk.Officer, "write into a case"); err != nil {
		return Result[Case]{}, err
	}
	e.Who = w.Who
	return s.cases.do(ctx, id, change[*Case]{
		Wish: w, record: "case." + string(e.Kind), content: e, fields: fields,
		apply: s.whileOpen(func(p *Case, now time.Time) (desk.Rests, error) {
			p.put(e, now)
			return desk.Rests{}, nil
		}),
	})
}

// RenameCase gives a case another title.
func (s *Service) RenameCase(ctx context.Context, w Wish, id, title string) (Result[Case], error) {
	title = strings.TrimSpace(title)
	if err := checkText("the title", title, 1, maxTitle); err != nil {
		return Result[Case]{}, err
	}
	return s.enter(ctx, w, id, Entry{Kind: WasRenamed, Title: title}, desk.Field{Name: "title", Value: title})
}

// NoteCase writes a note into a case.
func (s *Service) NoteCase(ctx context.Context, w Wish, id, text string) (Result[Case], error) {
	if err := checkText("the note", text, 1, maxText); err != nil {
		return Result[Case]{}, err
	}
	return s.enter(ctx, w, id, Entry{Kind: WasNoted, Text: text}, desk.Field{Name: "note", Value: text})
}

// DecideCase writes down what was decided, and why.
func (s *Service) DecideCase(ctx context.Context, w Wish, id, what, why string) (Result[Case], error) {
	if err := errors.Join(checkText("what was decided", what, 1, maxText), checkText("why", why, 1, maxText)); err != nil {
		return Result[Case]{}, err
	}
	return s.enter(ctx, w, id, Entry{Kind: WasDecided, Text: what, Why: why}, desk.Field{Name: "decision", Value: what}, desk.Field{Name: "why", Value: why})
}

// CloseCase says what a case came to. With alerts those of the case that are
// open are closed with the same outcome.
func (s *Service) CloseCase(ctx context.Context, w Wish, id string, outcome desk.Outcome, note string, alerts bool) (Result[Case], error) {
	if !outcome.Valid() {
		return Result[Case]{}, fmt.Errorf("%w: outcome %q; choose true, explained, false or unknown", desk.ErrInvalid, outcome)
	}
	if err := checkText("the note", note, 0, maxText); err != nil {
		return Result[Case]{}, err
	}
	fields := []desk.Field{{Name: "outcome", Value: string(outcome)}}
	if note != "" {
		fields = append(fields, desk.Field{Name: "note", Value: note})
	}
	res, err := s.enter(ctx, w, id, Entry{Kind: WasClosed, Outcome: outcome, Text: note}, fields...)
	if err != nil || !alerts {
		return res, err
	}
	ctx = context.WithoutCancel(ctx)
	for _, alert := range res.Value.Alerts {
		a, err := s.cfg.Alerts.Alert(ctx, alert)
		if err == nil && a.State == desk.InCase && a.Case == id {
			_, err = s.cfg.Alerts.Close(ctx, desk.Decision{
				Request: "case/" + id + "/close/" + string(alert), Alert: alert, Who: w.Who, Note: note, Outcome: outcome,
			})
		}
		if err != nil && !errors.Is(err, desk.ErrConflict) { // else somebody was faster
			return res, fmt.Errorf("case %s is closed, and alert %s is not yet: %w", id, alert, err)
		}
	}
	return res, nil
}

// ReopenCase goes on with a closed case.
func (s *Service) ReopenCase(ctx context.Context, w Wish, id, why string) (Result[Case], error) {
	if err := w.Who.Needs(desk.Officer, "reopen a case"); err != nil {
		return Result[Case]{}, err
	}
	if err := checkText("why", why, 1, maxText); err != nil {
		return Result[Case]{}, err
	}
	e := Entry{Kind: WasReopened, Who: w.Who, Why: why}
	return s.cases.do(ctx, id, change[*Case]{
		Wish: w, record: "case.reopened", content: e, fields: []desk.Field{{Name: "why", Value: why}},
		apply: func(p *Case, now time.Time) (desk.Rests, error) {
			if p.isOpen() {
				return desk.Rests{}, fmt.Errorf("%w: case %s is open", desk.ErrConflict, p.ID)
			}
			p.put(e, now)
			return desk.Rests{}, nil
		},
	})
}

// Format is what kind of file an export is.
type Format string

// The formats.
const (
	JSON Format = "json" // for programs, with all evidence
	HTML Format = "html" // for people, with pictures
)

// Export is a file that was made of a case.
type Export struct {
	ID       string `json:"id"`
	Format   Format `json:"format"`
	Language string `json:"language"` // es or en
	SHA256   string `json:"sha256"`   // of the file
	Bytes    int    `json:"bytes"`
}

// ExportCase records that a case is given out as a file, open or closed. keep
// keeps the file once the record is durable and before the case says so; nil:
// it is kept already.
func (s *Service) ExportCase(ctx context.Context, w Wish, id string, x Export, keep func(context.Context) error) (Result[Case], error) {
	if err := w.Who.Needs(desk.Officer, "export a case"); err != nil {
		return Result[Case]{}, err
	}
	return s.cases.do(ctx, id, change[*Case]{
		Wish: w, record: "case.exported", content: x, first: keep,
		fields: []desk.Field{
			{Name: "export", Value: x.ID},
			{Name: "format", Value: string(x.Format)},
			{Name: "language", Value: x.Language},
			{Name: "sha256", Value: x.SHA256},
			{Name: "bytes", Value: fmt.Sprint(x.Bytes)},
		},
		apply: func(p *Case, now time.Time) (desk.Rests, error) {
			if p.Exports >= maxExports {
				return desk.Rests{}, fmt.Errorf("%w: case %s was exported %d times: use one of those files", desk.ErrConflict, p.ID, maxExports)
			}
			p.put(Entry{Kind: WasExported, Who: w.Who, Export: x.ID, Format: x.Format, Language: x.Language, SHA256: x.SHA256}, now)
			return desk.Rests{}, nil
		},
	})
}

// Case gives a case with all its entries.
func (s *Service) Case(ctx context.Context, id string) (CaseFile, error) {
	versions, err := s.cases.versions(ctx, id)
	if err != nil {
		return CaseFile{}, err
	}
	f := CaseFile{Case: versions[len(versions)-1], Entries: make([]Entry, len(versions))}
	for i, v := range versions {
		f.Entries[i] = v.Last
	}
	return f, nil
}

// Cases gives cases, the newest change first.
func (s *Service) Cases(ctx context.Context, q desk.DocumentQuery) (Page[Case], error) {
	return s.cases.list(ctx, q)
}

// OpenCases gives the cases that go on, oldest first.
func (s *Service) OpenCases() []Case { return s.cases.allOpen() }

// ReadCase gives a case with all its entries, without a service.
func ReadCase(ctx context.Context, store desk.DocumentStore, id string) (CaseFile, error) {
	s := &Service{cfg: Config{Store: store}}
	s.cases = register[Case, *Case]{s: s, kind: KindCase}
	return s.Case(ctx, id)
}
