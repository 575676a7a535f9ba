package web

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"atalaya/area"
	"atalaya/desk"
	"atalaya/desk/alarms"
	"atalaya/desk/people"
	"atalaya/desk/registry"
	"atalaya/rule"
	"atalaya/track"
)

// RuleWish is a rule as a supervisor writes it. What it lacks is told all at
// once, field by field, by the rule itself: that is why fields that it must have
// may be absent here.
type RuleWish struct {
	Validity
	Name      rule.Text     `json:"name" doc:"name for people"`
	Detector  rule.Detector `json:"detector" enum:"distress,distress-ended,border-crossing,own-near-border,own-over-border,area-entry,area-exit,identity-conflict,flood,task-overdue,notice-due,emergency-authority,feed-silent,feed-degraded,feed-refused,storage,clock,lag,webhook" doc:"what makes its findings"`
	Area      area.ID       `json:"area,omitempty" maxLength:"80" doc:"only of this area; absent: any"`
	AreaKind  area.Kind     `json:"area_kind,omitempty" enum:"border,border-strip,legal-post,ferry-lane,fishing-zone,anchorage,no-look,corridor,watched" doc:"only of areas of this kind; absent: any"`
	Kind      rule.Kind     `json:"kind" enum:"alert,notice,health,insight" doc:"alert: somebody must act; notice: worth knowing; health: the system itself; insight: kept for analysts, told to nobody"`
	Priority  rule.Priority `json:"priority" minimum:"1" maximum:"4" doc:"1 low to 4 top"`
	Owner     string        `json:"owner,omitempty" maxLength:"200" doc:"who answers for the rule; a rule without is refused"`
	Rationale rule.Text     `json:"rationale,omitzero" doc:"why it is there; a rule without is refused"`
	Response  rule.Text     `json:"response,omitzero" doc:"what is expected of the officer; a rule without is refused"`
	Deadline  int64         `json:"deadline_ns,omitempty" minimum:"0" maximum:"86400000000000" doc:"an alert is to be acknowledged within this time; then the supervisor is told; an alert without is refused"`
	Review    time.Time     `json:"review,omitzero" doc:"it must be looked at again then; it goes on working; a rule without is refused"`
	On        int64         `json:"on_delay_ns,omitempty" minimum:"0" maximum:"600000000000" doc:"a finding must stand so long before it is told"`
	Off       int64         `json:"off_delay_ns,omitempty" minimum:"0" maximum:"86400000000000" doc:"the same track and place must be quiet so long before it is told anew"`
}

func (w *RuleWish) rule(id string) rule.Rule {
	return rule.Rule{
		ID: rule.ID(id), Name: w.Name, Valid: w.record(), Detector: w.Detector, Area: w.Area, AreaKind: w.AreaKind,
		Kind: w.Kind, Priority: w.Priority, Owner: w.Owner, Rationale: w.Rationale, Response: w.Response,
		Deadline: time.Duration(w.Deadline), Review: w.Review.UTC(), On: time.Duration(w.On), Off: time.Duration(w.Off),
	}
}

// Resolve implements huma.ResolverWithPath: what the rule lacks stands beside
// what else is wrong with the request.
func (w *RuleWish) Resolve(_ huma.Context, at *huma.PathBuffer) []error {
	var lacks *rule.LackError
	if !errors.As(w.rule("new").Check(), &lacks) {
		return nil
	}
	var out []error
	for _, l := range lacks.Lacks {
		out = append(out, &huma.ErrorDetail{Location: at.With(l.Field), Message: l.Why})
	}
	return out
}

// ShownRule is a version of a rule, and whether it is to be looked at again.
type ShownRule struct {
	rule.Rule
	Overdue bool `json:"overdue" doc:"its date of review has passed; it goes on working"`
}

func (s *Server) ruleRoutes() {
	registerNoun(s, noun[rule.Rule, RuleWish, ShownRule]{
		kind: registry.Rule, many: "rules", book: s.cfg.Registry.Rules, scope: people.ReadAlerts,
		make:   func(id string, to *RuleWish) (rule.Rule, error) { return to.rule(id), nil },
		change: func(v *rule.Rule) track.Change { return track.Change{Rule: v} },
		show:   func(v rule.Rule) ShownRule { return ShownRule{v, v.Overdue(s.cfg.Clock())} },
	})
	huma.Register(s.api, scoped(operation("get-rule-health", http.MethodGet, "/api/rules/health", "How the rules do: alerts an hour, floods, times to acknowledge, chattering, reviews", signedIn, 401, 422), people.ReadAlerts), s.ruleHealth)
}

// Period is a stretch of time.
type Period struct {
	From time.Time `query:"from" doc:"begin; default: a day before to"`
	To   time.Time `query:"to" doc:"end, not included; default: now"`
}

func (s *Server) ruleHealth(ctx context.Context, in *Period) (*body[alarms.Statistics], error) {
	const day, longest = 24 * time.Hour, 92 * 24 * time.Hour
	now := s.cfg.Clock().UTC()
	if in.To.IsZero() {
		in.To = now
	}
	if in.From.IsZero() {
		in.From = in.To.Add(-day)
	}
	if length := in.To.Sub(in.From); length <= 0 || length > longest {
		return nil, problem(http.StatusUnprocessableEntity, "invalid", "the period must be longer than nothing, and 92 days at most")
	}
	c := alarms.NewCounter(in.From.UTC(), in.To.UTC())
	f := desk.Filter{Kinds: []rule.Kind{rule.Alert}, Since: in.From, Until: in.To, Limit: 1000}
	for {
		page, err := s.cfg.Desk.List(ctx, f)
		if err != nil {
			return nil, s.refusal(ctx, err)
		}
		for i := range page.Alerts {
			c.Add(&page.Alerts[i])
		}
		if f.After = page.Next; f.After == "" {
			break
		}
	}
	return &body[alarms.Statistics]{c.Statistics(s.cfg.Registry.Rules.AllAt(now), now)}, nil
}
