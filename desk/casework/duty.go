package casework

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"atalaya/desk"
	"atalaya/geo"
	"atalaya/rule"
	"atalaya/watch"
)

// What the desk does by itself, once a second.

// Tick raises tasks that fell due, and hands on reports that could not be
// handed on before. It is called about once a second, by one goroutine.
func (s *Service) Tick(ctx context.Context) {
	s.observe(ctx)
	now := s.cfg.Clock.Now().UTC()
	for _, t := range s.tasks.allOpen() {
		if t.Overdue || t.arrived() || now.Before(t.Due) {
			continue
		}
		if err := s.fallDue(ctx, t, now); err != nil {
			s.complain("a task that is overdue", err)
		}
	}
}

// fallDue raises the alert, and then marks the task: what is interrupted in
// between is raised again, as the same finding.
func (s *Service) fallDue(ctx context.Context, t Task, now time.Time) error {
	if err := s.cfg.Raise(ctx, s.overdue(ctx, &t, now)); err != nil {
		return fmt.Errorf("raise the alert of task %s: %w", t.ID, err)
	}
	done, err := s.tasks.do(ctx, t.ID, change[*Task]{
		record: "task.overdue", fields: []desk.Field{{Name: "due", Value: t.Due.Format(time.RFC3339)}},
		apply: func(p *Task, now time.Time) (desk.Rests, error) {
			// Somebody may have been faster.
			if !p.arrived() && !now.Before(p.Due) {
				p.Overdue = true
			}
			p.Steps = append(slices.Clip(p.Steps), Step{Version: p.Version, Kind: FellDue, At: now, Due: t.Due})
			return desk.Rests{}, nil
		},
	})
	if err == nil {
		s.settle(ctx, &done.Value)
	}
	return err
}

// settle withdraws the alert of a task that fell due, once somebody is on
// scene, it has ended or it was postponed: nothing is overdue any more. What
// stands in the alert stays; the officer closes it.
func (s *Service) settle(ctx context.Context, t *Task) {
	if t.Overdue && t.isOpen() && !t.arrived() {
		return
	}
	for _, p := range slices.Backward(t.Steps) {
		if p.Kind != FellDue {
			continue
		}
		a, err := s.cfg.Alerts.Alert(ctx, desk.NameAlert(overdueID(t.ID, p.Due)))
		switch {
		case errors.Is(err, desk.ErrNotFound): // no rule wanted it told
		case err != nil:
			s.complain("the alert of a task that was overdue", err)
		case a.State != desk.Closed && !a.Withdrawn:
			f := a.Finding
			f.Status, f.Revision = watch.Withdrawn, f.Revision+1
			if err := s.cfg.Raise(ctx, f); err != nil {
				s.complain("the alert of a task that was overdue", err)
			}
		}
		return
	}
}

// overdueID names the finding by the time that was set, so that a task which
// is postponed and falls due again is a new one.
func overdueID(task string, due time.Time) string {
	return fmt.Sprintf("%s/%s/%d", rule.TaskOverdue, task, due.Unix())
}

// overdue is the finding.
func (s *Service) overdue(ctx context.Context, t *Task, now time.Time) watch.Finding {
	f := watch.Finding{
		ID:       overdueID(t.ID, t.Due),
		Revision: 1, Status: watch.Raised, Rule: string(rule.TaskOverdue), RuleVersion: 1,
		Priority: rule.High, Alert: true, Track: t.Track, Time: t.Due, Probability: 1,
		Why: overdueText(t), Expected: overdueExpected(t),
	}
	f.Position = s.whereabouts(ctx, t)
	if belief, _, ok := s.cfg.Picture.Track(t.Track); ok {
		f.Belief = belief
		f.Inputs = []uint64{belief.LastSeq}
	}
	return f
}

// whereabouts is where a task is to be done, as far as that is known: where its
// track is, or its alert was, or who was sent is.
func (s *Service) whereabouts(ctx context.Context, t *Task) geo.Position {
	if belief, _, ok := s.cfg.Picture.Track(t.Track); ok {
		return belief.State.Position
	}
	if t.Alert != "" {
		if a, err := s.cfg.Alerts.Alert(ctx, t.Alert); err == nil {
			return a.Finding.Position
		}
	}
	if p, ok := s.cfg.Picture.Place(AssetPlace, string(t.Asset)); ok {
		return p.Position
	}
	return geo.Position{}
}

// openAlerts fills in the alerts of a standing.
func (s *Service) openAlerts(ctx context.Context, st *Standing) error {
	f := desk.Filter{Kinds: []rule.Kind{rule.Alert}, States: []desk.State{desk.New, desk.Acknowledged, desk.InCase}, Limit: 1000}
	for {
		page, err := s.cfg.Alerts.List(ctx, f)
		if err != nil {
			return err
		}
		st.Alerts = append(st.Alerts, page.Alerts...)
		if f.After = page.Next; f.After == "" {
			break
		}
	}
	slices.SortStableFunc(st.Alerts, func(a, b desk.Alert) int {
		return cmp.Or(cmp.Compare(b.Priority, a.Priority), a.Raised.Compare(b.Raised))
	})
	var shelved []desk.Alert
	for _, a := range st.Alerts {
		if a.Escalated != nil && a.State == desk.New {
			st.Escalations = append(st.Escalations, a.ID)
		}
		if a.Shelved != nil {
			shelved = append(shelved, a)
		}
	}
	slices.SortStableFunc(shelved, func(a, b desk.Alert) int { return a.Shelved.Until.Compare(b.Shelved.Until) })
	for _, a := range shelved {
		st.Shelves = append(st.Shelves, a.ID)
	}
	return nil
}
