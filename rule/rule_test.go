package rule

import (
	"strings"
	"testing"
	"time"

	"atalaya/area"
	"atalaya/valid"
)

func day(n int) time.Time { return time.Date(2026, 3, n, 0, 0, 0, 0, time.UTC) }

func TestBuiltInRulesAreComplete(t *testing.T) {
	ids := map[ID]bool{}
	for _, r := range BuiltIn(day(1)) {
		if err := r.Check(); err != nil {
			t.Error(err)
		}
		if ids[r.ID] {
			t.Errorf("rule %q is there twice", r.ID)
		}
		ids[r.ID] = true
		for what, text := range map[string]Text{"name": r.Name, "rationale": r.Rationale, "response": r.Response} {
			if text.ES == "" || text.EN == "" {
				t.Errorf("rule %q: its %s lacks a language: %+v", r.ID, what, text)
			}
		}
		if r.Overdue(day(1)) || !r.Overdue(day(1).AddDate(1, 0, 1)) {
			t.Errorf("rule %q is to be looked at again on %s", r.ID, r.Review)
		}
	}
}

func TestCheckSaysWhatARuleLacks(t *testing.T) {
	find := func(id ID) Rule {
		for _, r := range BuiltIn(day(1)) {
			if r.ID == id {
				return r
			}
		}
		t.Fatalf("no rule %q", id)
		return Rule{}
	}
	for name, tc := range map[string]struct {
		id   ID
		edit func(*Rule)
		says string
	}{
		"no owner":            {"border-crossing", func(r *Rule) { r.Owner = "" }, "name an owner"},
		"no rationale":        {"border-crossing", func(r *Rule) { r.Rationale = Text{} }, "write a rationale"},
		"no response":         {"border-crossing", func(r *Rule) { r.Response = Text{} }, "expected of the officer"},
		"no deadline":         {"border-crossing", func(r *Rule) { r.Deadline = 0 }, "needs a deadline"},
		"no review":           {"border-crossing", func(r *Rule) { r.Review = time.Time{} }, "date of review"},
		"no such kind":        {"border-crossing", func(r *Rule) { r.Kind = "alarm" }, "choose alert, notice"},
		"priority":            {"border-crossing", func(r *Rule) { r.Priority = 5 }, "1 low to 4 top"},
		"negative delay":      {"border-crossing", func(r *Rule) { r.Off = -1 }, "not negative"},
		"long delay":          {"border-crossing", func(r *Rule) { r.On = time.Hour }, "longer than 10m"},
		"two scopes":          {"entry-watched", func(r *Rule) { r.Area = "a" }, "not both"},
		"health of a track":   {"border-crossing", func(r *Rule) { r.Kind = Health }, "do not go together"},
		"alert of the system": {"storage", func(r *Rule) { r.Kind, r.Deadline = Alert, time.Minute }, "do not go together"},
		"flood as a notice":   {"flood", func(r *Rule) { r.Kind = Notice }, "an incident is an alert"},
		"distress lowered":    {"distress", func(r *Rule) { r.Priority = High }, "call for help"},
		"distress delayed":    {"distress", func(r *Rule) { r.On = time.Second }, "call for help"},
		"distress off":        {"distress", func(r *Rule) { r.Kind = Insight }, "call for help"},
		"distress ended":      {"distress", func(r *Rule) { r.Valid.Until = day(2) }, "call for help"},
		"distress elsewhere":  {"distress", func(r *Rule) { r.AreaKind = area.Watched }, "call for help"},
	} {
		r := find(tc.id)
		tc.edit(&r)
		if err := r.Check(); err == nil || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: %v, want one that says %q", name, err, tc.says)
		}
	}
}

func TestTheNarrowestScopeDecides(t *testing.T) {
	var b Book
	put := func(id ID, version uint32, from time.Time, edit func(*Rule)) {
		t.Helper()
		r := Rule{ID: id, Detector: AreaEntry, Valid: valid.Record{Number: version, From: from}}
		edit(&r)
		if err := b.Put(r); err != nil {
			t.Fatal(err)
		}
	}
	put("any", 1, time.Time{}, func(*Rule) {})
	put("watched", 1, day(2), func(r *Rule) { r.AreaKind = area.Watched })
	put("pier", 1, day(3), func(r *Rule) { r.Area = "pier" })
	put("pier", 2, day(5), func(r *Rule) { r.Area, r.Valid.Until = "pier", day(6) })
	for _, tc := range []struct {
		area    area.ID
		kind    area.Kind
		at      time.Time
		id      ID
		version uint32
	}{
		{"pier", area.Watched, day(1), "any", 1},
		{"pier", area.Watched, day(2), "watched", 1},
		{"pier", area.Watched, day(4), "pier", 1},
		{"pier", area.Watched, day(5), "pier", 2},
		{"pier", area.Watched, day(7), "watched", 1}, // what ended does not come back
		{"bay", area.Watched, day(4), "watched", 1},
		{"bay", area.Anchorage, day(4), "any", 1},
	} {
		r, ok := b.For(AreaEntry, tc.area, tc.kind, tc.at)
		if !ok || r.ID != tc.id || r.Valid.Number != tc.version {
			t.Errorf("%s (%s) on %s: rule %q version %d, want %q version %d", tc.area, tc.kind, tc.at.Format(time.DateOnly), r.ID, r.Valid.Number, tc.id, tc.version)
		}
	}
	if r, ok := b.For(AreaExit, "pier", area.Watched, day(4)); ok {
		t.Errorf("another detector's finding: rule %q", r.ID)
	}
}
