package casework

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"atalaya/desk"
	"atalaya/desk/approval"
	"atalaya/desk/people"
	"atalaya/sensor"
)

// OnDuty is who has the desk.
type OnDuty struct {
	Who      desk.Who  `json:"who" doc:"who has the desk; empty: nobody has taken it over yet"`
	Since    time.Time `json:"since,omitzero" doc:"since when"`
	Handover string    `json:"handover,omitempty" doc:"by which hand-over"`
	Note     string    `json:"note,omitempty" doc:"what the one before wrote"`
	From     desk.Who  `json:"from" doc:"who handed over"`
}

// Standing is everything that waits for somebody, as the next officer finds it.
type Standing struct {
	Now         time.Time          `json:"now" doc:"when"`
	OnDuty      OnDuty             `json:"on_duty" doc:"who has the desk"`
	Alerts      []desk.Alert       `json:"alerts" doc:"open alerts, the most urgent first"`
	Escalations []desk.AlertID     `json:"escalations" doc:"of these, those that went to the supervisor and that nobody has acknowledged yet"`
	Shelves     []desk.AlertID     `json:"shelves" doc:"of these, those that lie on the shelf, the one that comes back first first"`
	Cases       []Case             `json:"cases" doc:"open cases, oldest first"`
	Tasks       []Task             `json:"tasks" doc:"tasks that go on, oldest first"`
	Feeds       []sensor.Health    `json:"feeds" doc:"feeds that are not up"`
	Approvals   []approval.Request `json:"approvals" doc:"what waits for a second person"`
	Officers    []desk.Who         `json:"officers" doc:"who may take the desk, by name"`
}

// Left says what was open at a hand-over.
type Left struct {
	Alerts    []desk.AlertID  `json:"alerts"`
	Cases     []string        `json:"cases"`
	Tasks     []string        `json:"tasks"`
	Feeds     []sensor.FeedID `json:"feeds"`
	Approvals []string        `json:"approvals"`
}

// Handover is one officer giving the desk to another. It is never changed.
type Handover struct {
	Stamp
	To   desk.Who `json:"to" doc:"who has the desk from now on"`
	Note string   `json:"note" doc:"what the next one should know"`
	Left Left     `json:"left" doc:"what was open"`
}

func (h *Handover) isOpen() bool { return false }

// Standing gives everything that waits for somebody.
func (s *Service) Standing(ctx context.Context) (Standing, error) {
	st := Standing{
		Now: s.cfg.Clock.Now().UTC(), Alerts: []desk.Alert{}, Escalations: []desk.AlertID{}, Shelves: []desk.AlertID{},
		Cases: s.OpenCases(), Tasks: s.OpenTasks(), Feeds: []sensor.Health{}, Approvals: []approval.Request{},
		Officers: []desk.Who{},
	}
	s.mu.RLock()
	st.OnDuty = s.onDuty
	s.mu.RUnlock()
	if err := s.openAlerts(ctx, &st); err != nil {
		return Standing{}, err
	}
	for _, f := range s.cfg.Feeds() {
		if f.State != sensor.Up && f.State != sensor.Starting {
			st.Feeds = append(st.Feeds, f)
		}
	}
	if s.cfg.Approvals != nil {
		waiting, err := s.cfg.Approvals(ctx)
		if err != nil {
			return Standing{}, fmt.Errorf("look for what waits for a second person: %w", err)
		}
		st.Approvals = append(st.Approvals, waiting...)
	}
	all, err := s.cfg.People.All(ctx)
	if err != nil {
		return Standing{}, err
	}
	for _, p := range all {
		if mayTake(p) {
			st.Officers = append(st.Officers, p.Who())
		}
	}
	slices.SortStableFunc(st.Officers, func(a, b desk.Who) int { return cmp.Compare(Fold(a.Name), Fold(b.Name)) })
	return st, nil
}

// mayTake reports whether somebody may have the desk.
func mayTake(p people.Person) bool { return !p.Disabled && p.Role.AtLeast(desk.Officer) }

// HandOver gives the desk to another officer, and records what was open.
func (s *Service) HandOver(ctx context.Context, w Wish, to desk.PersonID, note string) (Result[Handover], error) {
	if err := w.Who.Needs(desk.Officer, "hand the desk over"); err != nil {
		return Result[Handover]{}, err
	}
	if err := checkText("the note", note, 0, maxText); err != nil {
		return Result[Handover]{}, err
	}
	next, err := s.cfg.People.ByID(ctx, to)
	switch {
	case err != nil:
		return Result[Handover]{}, fmt.Errorf("person %s: %w: choose somebody who may sign in", to, err)
	case !mayTake(next):
		return Result[Handover]{}, fmt.Errorf("%w: %s may not take the desk: choose an officer", desk.ErrInvalid, next.Name)
	case next.ID == w.Who.ID:
		return Result[Handover]{}, fmt.Errorf("%w: you cannot hand over to yourself: choose who comes", desk.ErrInvalid)
	}
	st, err := s.Standing(ctx)
	if err != nil {
		return Result[Handover]{}, err
	}
	res, err := s.handovers.make(ctx, change[*Handover]{
		Wish: w, record: "handover.done", content: []string{string(to), note},
		fields: []desk.Field{{Name: "to", Value: next.Name}, {Name: "note", Value: note}},
		apply: func(p *Handover, _ time.Time) (desk.Rests, error) {
			p.To, p.Note, p.Left = next.Who(), note, st.left()
			return desk.Rests{}, nil
		},
	})
	if err == nil && !res.Repeated {
		s.take(res.Value)
	}
	return res, err
}

// left names what is open.
func (st *Standing) left() Left {
	l := Left{Alerts: []desk.AlertID{}, Cases: []string{}, Tasks: []string{}, Feeds: []sensor.FeedID{}, Approvals: []string{}}
	for i := range st.Alerts {
		l.Alerts = append(l.Alerts, st.Alerts[i].ID)
	}
	for i := range st.Cases {
		l.Cases = append(l.Cases, st.Cases[i].ID)
	}
	for i := range st.Tasks {
		l.Tasks = append(l.Tasks, st.Tasks[i].ID)
	}
	for i := range st.Feeds {
		l.Feeds = append(l.Feeds, st.Feeds[i].Feed)
	}
	for i := range st.Approvals {
		l.Approvals = append(l.Approvals, st.Approvals[i].ID)
	}
	return l
}

// take notes who has the desk now.
func (s *Service) take(h Handover) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if h.Made.After(s.onDuty.Since) {
		s.onDuty = OnDuty{Who: h.To, Since: h.Made, Handover: h.ID, Note: h.Note, From: h.By}
	}
}

// loadDuty finds who has the desk.
func (s *Service) loadDuty(ctx context.Context) error {
	page, err := s.handovers.list(ctx, desk.DocumentQuery{Limit: 1})
	if err != nil {
		return err
	}
	for _, h := range page.Items {
		s.take(h)
	}
	return nil
}

// Handovers gives hand-overs, newest first.
func (s *Service) Handovers(ctx context.Context, q desk.DocumentQuery) (Page[Handover], error) {
	return s.handovers.list(ctx, q)
}
