package casework

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"atalaya/asset"
	"atalaya/desk"
	"atalaya/track"
)

// TaskState is a task's place in its life.
type TaskState string

// States of a task, in their order.
const (
	Draft      TaskState = "draft"
	Authorised TaskState = "authorised"
	Accepted   TaskState = "accepted"
	OnScene    TaskState = "on-scene"
	Done       TaskState = "done"
	Failed     TaskState = "failed"
)

// StepKind is what happened to a task.
type StepKind string

// What can happen to a task. Sent, read back, postponed and noted leave its
// state as it is.
const (
	Drafted       StepKind = "drafted"
	WasAuthorised StepKind = "authorised"
	Sent          StepKind = "sent"      // the order was spoken
	ReadBack      StepKind = "read-back" // they repeated it
	WasAccepted   StepKind = "accepted"  // they go
	CameOnScene   StepKind = "on-scene"
	WasDone       StepKind = "done"
	HasFailed     StepKind = "failed"
	Postponed     StepKind = "postponed"
	Noted         StepKind = "noted"
	FellDue       StepKind = "overdue" // the program's own: an alert was raised
)

// Step is one thing that happened to a task. It is never edited.
type Step struct {
	Version uint64    `json:"version" doc:"the task's version after it"`
	Kind    StepKind  `json:"kind" enum:"drafted,authorised,sent,read-back,accepted,on-scene,done,failed,postponed,noted,overdue" doc:"what happened"`
	At      time.Time `json:"at" doc:"when"`
	Who     desk.Who  `json:"who" doc:"who entered it"`
	Note    string    `json:"note,omitempty" doc:"what they wrote"`
	Due     time.Time `json:"due,omitzero" doc:"of a postponement: the new time"`
}

// Task is an order to a thing of ours, given by voice.
type Task struct {
	Stamp
	Asset     asset.ID     `json:"asset" doc:"who is sent: a registered boat, patrol, drone or post"`
	AssetName string       `json:"asset_name" doc:"its name as it was then"`
	To        string       `json:"to" doc:"to whom the order is spoken"`
	Text      string       `json:"text" doc:"the order"`
	Due       time.Time    `json:"due" doc:"by when they are to be on scene"`
	Alert     desk.AlertID `json:"alert,omitempty" doc:"the alert that it is about"`
	Case      string       `json:"case,omitempty" doc:"the case that it belongs to"`
	Track     track.ID     `json:"track,omitempty" doc:"the track that it is about"`
	State     TaskState    `json:"state" enum:"draft,authorised,accepted,on-scene,done,failed" doc:"where it stands"`
	Overdue   bool         `json:"overdue" doc:"the time came and nobody was on scene"`
	Steps     []Step       `json:"steps" doc:"every step, oldest first"`
}

func (t *Task) isOpen() bool { return t.State != Done && t.State != Failed }

// has reports whether a step was taken since the task was last drafted.
func (t *Task) has(kind StepKind) bool {
	return slices.ContainsFunc(t.Steps, func(s Step) bool { return s.Kind == kind })
}

// arrived reports whether somebody is on scene, or nothing is to come any more.
func (t *Task) arrived() bool { return t.State == OnScene || !t.isOpen() }

// bounds of a task.
const (
	maxText  = 4000
	maxName  = 200
	maxSteps = 200
	// farthest that a task may be due.
	maxDue = 30 * 24 * time.Hour
)

// TaskWish asks for a task.
type TaskWish struct {
	Asset asset.ID     `json:"asset" minLength:"1" maxLength:"200" doc:"who is sent: a registered boat, patrol, drone or post"`
	To    string       `json:"to,omitempty" maxLength:"200" doc:"to whom the order is spoken; empty: the asset's name"`
	Text  string       `json:"text" minLength:"1" maxLength:"4000" doc:"the order"`
	Due   time.Time    `json:"due" doc:"by when they are to be on scene"`
	Alert desk.AlertID `json:"alert,omitempty" maxLength:"200" doc:"the alert that it is about"`
	Case  string       `json:"case,omitempty" maxLength:"200" doc:"the case that it belongs to; it becomes evidence there"`
	Track track.ID     `json:"track,omitempty" maximum:"9007199254740991" doc:"the track that it is about; default: the alert's"`
	// Authorise and Send save two steps where one person may do all three.
	Authorise bool `json:"authorise,omitempty" doc:"authorise it at once"`
	Send      bool `json:"send,omitempty" doc:"it was spoken already; with authorise only"`
}

// OrderTask writes a task.
func (s *Service) OrderTask(ctx context.Context, w Wish, t TaskWish) (Result[Task], error) {
	if err := w.Who.Needs(desk.Officer, "order a task"); err != nil {
		return Result[Task]{}, err
	}
	if err := errors.Join(checkText("the order", t.Text, 1, maxText), checkText("the name of who takes it", t.To, 0, maxName)); err != nil {
		return Result[Task]{}, err
	}
	if t.Send && !t.Authorise {
		return Result[Task]{}, fmt.Errorf("%w: an order is authorised before it is sent", desk.ErrInvalid)
	}
	res, err := s.tasks.make(ctx, change[*Task]{
		Wish: w, record: "task.drafted", content: t,
		fields: []desk.Field{{Name: "asset", Value: string(t.Asset)}, {Name: "text", Value: t.Text}, {Name: "due", Value: t.Due.UTC().Format(time.RFC3339)}, {Name: "case", Value: t.Case}, {Name: "alert", Value: string(t.Alert)}},
		apply:  func(p *Task, now time.Time) (desk.Rests, error) { return desk.Rests{}, s.draft(ctx, p, w.Who, t, now) },
	})
	if err != nil || t.Case == "" {
		return res, err
	}
	return res, s.enterTask(ctx, w.Who, res.Value)
}

// draft fills a new task in.
func (s *Service) draft(ctx context.Context, p *Task, who desk.Who, t TaskWish, now time.Time) error {
	a, ok := s.cfg.Picture.Asset(t.Asset)
	if !ok {
		return fmt.Errorf("asset %s: %w: choose a registered boat, patrol, drone or post", t.Asset, desk.ErrNotFound)
	}
	if due := t.Due.Sub(now); due <= 0 || due > maxDue {
		return fmt.Errorf("%w: it is due at %s: name a time within the next 30 days", desk.ErrInvalid, t.Due.UTC().Format(time.RFC3339))
	}
	if t.Alert != "" {
		alert, err := s.cfg.Alerts.Alert(ctx, t.Alert)
		if err != nil {
			return err
		}
		if t.Track == 0 {
			t.Track = alert.Finding.Track
		}
	}
	if t.Case != "" {
		c, err := s.cases.get(ctx, t.Case)
		if err != nil {
			return err
		}
		if !c.isOpen() {
			return c.closed()
		}
	}
	p.Asset, p.AssetName, p.To, p.Text, p.Due = a.ID, a.Name, t.To, t.Text, t.Due.UTC()
	p.Alert, p.Case, p.Track, p.State = t.Alert, t.Case, t.Track, Draft
	if p.To == "" {
		p.To = a.Name
	}
	p.Steps = []Step{{Version: p.Version, Kind: Drafted, At: now, Who: who}}
	if t.Authorise {
		p.State = Authorised
		p.Steps = append(p.Steps, Step{Version: p.Version, Kind: WasAuthorised, At: now, Who: who})
	}
	if t.Send {
		p.Steps = append(p.Steps, Step{Version: p.Version, Kind: Sent, At: now, Who: who})
	}
	return nil
}

// StepWish asks for a step of a task.
type StepWish struct {
	Kind StepKind  `json:"kind" enum:"authorised,sent,read-back,accepted,on-scene,done,failed,postponed,noted" doc:"what happened"`
	Note string    `json:"note,omitempty" maxLength:"4000" doc:"why it failed, what was found, why it is postponed"`
	Due  time.Time `json:"due,omitzero" doc:"of a postponement: the new time"`
}

// StepTask enters a step of a task.
func (s *Service) StepTask(ctx context.Context, w Wish, id string, step StepWish) (Result[Task], error) {
	if err := w.Who.Needs(desk.Officer, "lead a task"); err != nil {
		return Result[Task]{}, err
	}
	if err := step.check(); err != nil {
		return Result[Task]{}, err
	}
	fields := []desk.Field{}
	if step.Note != "" {
		fields = append(fields, desk.Field{Name: "note", Value: step.Note})
	}
	if !step.Due.IsZero() {
		fields = append(fields, desk.Field{Name: "due", Value: step.Due.UTC().Format(time.RFC3339)})
	}
	done, err := s.tasks.do(ctx, id, change[*Task]{
		Wish: w, record: "task." + string(step.Kind), content: step, fields: fields,
		apply: func(p *Task, now time.Time) (desk.Rests, error) { return desk.Rests{}, p.step(step, w.Who, now) },
	})
	if err == nil {
		s.settle(ctx, &done.Value)
	}
	return done, err
}

func (w StepWish) check() error {
	steps := []StepKind{WasAuthorised, Sent, ReadBack, WasAccepted, CameOnScene, WasDone, HasFailed, Postponed, Noted}
	needs := 0
	switch {
	case !slices.Contains(steps, w.Kind):
		return fmt.Errorf("%w: step %q; choose authorised, sent, read-back, accepted, on-scene, done, failed, postponed or noted", desk.ErrInvalid, w.Kind)
	case w.Kind == HasFailed || w.Kind == Postponed || w.Kind == Noted:
		needs = 1 // say why, or what
	case w.Kind != Postponed && !w.Due.IsZero():
		return fmt.Errorf("%w: only a postponement names a new time", desk.ErrInvalid)
	}
	return checkText("the note", w.Note, needs, maxText)
}

// step takes the task one step on, or says what comes first.
func (t *Task) step(w StepWish, who desk.Who, now time.Time) error {
	refuse := func(next string) error {
		return fmt.Errorf("%w: task %s is %s: %s", desk.ErrConflict, t.ID, t.State, next)
	}
	if !t.isOpen() {
		return refuse("it has ended; order another")
	}
	if len(t.Steps) >= maxSteps {
		return refuse("it has too many steps; end it and order another")
	}
	switch w.Kind {
	case WasAuthorised:
		if t.State != Draft {
			return refuse("it is authorised already")
		}
		t.State = Authorised
	case Sent:
		if t.State == Draft {
			return refuse("authorise it before you send it")
		}
	case ReadBack, WasAccepted:
		if t.State == Draft || !t.has(Sent) {
			return refuse("send it first")
		}
		if w.Kind == WasAccepted {
			if t.State != Authorised {
				return refuse("it was accepted already")
			}
			t.State = Accepted
		}
	case CameOnScene:
		if t.State != Accepted {
			return refuse("it is accepted first, and on scene once")
		}
		t.State = OnScene
	case WasDone:
		if t.State != Accepted && t.State != OnScene {
			return refuse("it is accepted before it is done")
		}
		t.State = Done
	case HasFailed:
		t.State = Failed
	case Postponed:
		if due := w.Due.Sub(now); due <= 0 || due > maxDue {
			return fmt.Errorf("%w: postponed to %s: name a time within the next 30 days", desk.ErrInvalid, w.Due.UTC().Format(time.RFC3339))
		}
		t.Due, t.Overdue = w.Due.UTC(), false
	case Noted, Drafted, FellDue:
	}
	t.Steps = append(slices.Clip(t.Steps), Step{Version: t.Version, Kind: w.Kind, At: now, Who: who, Note: w.Note, Due: w.Due.UTC()})
	if w.Due.IsZero() {
		t.Steps[len(t.Steps)-1].Due = time.Time{}
	}
	return nil
}

// Task gives one task.
func (s *Service) Task(ctx context.Context, id string) (Task, error) { return s.tasks.get(ctx, id) }

// Tasks gives tasks, the newest change first.
func (s *Service) Tasks(ctx context.Context, q desk.DocumentQuery) (Page[Task], error) {
	return s.tasks.list(ctx, q)
}

// OpenTasks gives the tasks that go on, oldest first.
func (s *Service) OpenTasks() []Task { return s.tasks.allOpen() }
