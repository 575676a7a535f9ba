package desk_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"atalaya/area"
	"atalaya/desk"
	"atalaya/obs"
	"atalaya/permit"
	"atalaya/rule"
	"atalaya/track"
	"atalaya/watch"
)

// room is a desk with the built-in rules, and a loop that closes steps.
type room struct {
	*desk.Desk
	t *testing.T
	f *fake
}

func newRoom(t *testing.T, f *fake, cfg desk.Config, edit ...func(*rule.Rule)) *room {
	t.Helper()
	r := &room{open(t, f, cfg), t, f}
	for _, v := range rule.BuiltIn(time.Time{}) {
		for _, e := range edit {
			e(&v)
		}
		if err := r.Learn(&track.Change{Rule: &v}); err != nil {
			t.Fatal(err)
		}
	}
	return r
}

// step closes a step after some time, with findings that are timed then unless
// they say otherwise.
func (r *room) step(after time.Duration, findings ...watch.Finding) []desk.AlertChange {
	r.t.Helper()
	r.f.advance(after)
	for i := range findings {
		if findings[i].Time.IsZero() {
			findings[i].Time = r.f.Now()
		}
	}
	return consider(r.t, r.Desk, r.f, findings...)
}

// seconds closes a step a second.
func (r *room) seconds(n int) (out []desk.AlertChange) {
	r.t.Helper()
	for range n {
		out = append(out, r.step(time.Second)...)
	}
	return out
}

func (r *room) alert(id desk.AlertID) desk.Alert {
	r.t.Helper()
	a, err := r.Alert(r.t.Context(), id)
	if err != nil {
		r.t.Fatal(err)
	}
	return a
}

func kinds(changes []desk.AlertChange) string {
	var out []string
	for _, c := range changes {
		out = append(out, string(c.Kind))
	}
	return strings.Join(out, " ")
}

// crossing is finding n of track t about a border.
func crossing(n int, t track.ID) watch.Finding {
	return watch.Finding{
		ID: fmt.Sprintf("border-crossing/%s/line/%d", t, n), Revision: 1, Status: watch.Raised, Rule: watch.RuleCrossing,
		Priority: rule.High, Alert: true, Track: t, Area: "line", AreaKind: area.Border, Inputs: []uint64{uint64(n)},
	}
}

func entry(n int, t track.ID, kind area.Kind) watch.Finding {
	f := crossing(n, t)
	f.ID, f.Rule, f.Area, f.AreaKind = fmt.Sprintf("area-entry/%s/%s/%d", t, kind, n), watch.RuleEntry, area.ID(kind), kind
	f.Alert, f.Priority = kind == area.Watched, rule.Low
	return f
}

func mayday(n int, t track.ID) watch.Finding {
	f := crossing(n, t)
	f.ID, f.Rule, f.Area, f.AreaKind = fmt.Sprintf("distress/%s/%d", t, n), watch.RuleDistress, "", ""
	f.Priority, f.Belief.Distress = rule.Top, obs.EPIRB
	return f
}

func TestTheRuleInForceDecides(t *testing.T) {
	f := newFake()
	r := newRoom(t, f, desk.Config{}, func(v *rule.Rule) { v.On = 0 })
	noon := f.Now()
	// From one o'clock on, whoever crosses this line is a notice; and a rule
	// that was made for the line alone goes before the others.
	later, _ := ruleOf("border-crossing")
	later.Valid.Number, later.Valid.From, later.Kind = 2, noon.Add(time.Hour), rule.Notice
	other, _ := ruleOf("border-crossing")
	other.ID, other.Area, other.Priority, other.Deadline = "quay", "quay", rule.Low, time.Hour
	for _, v := range []rule.Rule{later, other} {
		if err := r.Learn(&track.Change{Rule: &v}); err != nil {
			t.Fatal(err)
		}
	}
	same := func(*watch.Finding) {}
	for i, tc := range []struct {
		name     string
		f        watch.Finding
		edit     func(*watch.Finding)
		kind     rule.Kind // insight: nothing is told
		rule     rule.ID
		version  uint32
		priority rule.Priority
		deadline time.Duration
	}{
		{"crossing", crossing(0, 1), same, rule.Alert, "border-crossing", 1, rule.High, 5 * time.Minute},
		{"after the change", crossing(0, 2), func(f *watch.Finding) { f.Time = noon.Add(time.Hour) }, rule.Notice, "border-crossing", 2, rule.High, 0},
		{"of another line", crossing(0, 3), func(f *watch.Finding) { f.Area = "quay" }, rule.Alert, "quay", 1, rule.Low, time.Hour},
		{"lawful", crossing(0, 4), func(f *watch.Finding) { f.Alert, f.Ordinary = false, true }, rule.Insight, "", 0, 0, 0},
		{"over a demonstration line", crossing(0, 5), func(f *watch.Finding) { f.Possible = true }, rule.Alert, "border-crossing", 1, rule.Low, 5 * time.Minute},
		{"of somebody who calls for help", crossing(0, 6), func(f *watch.Finding) { f.Belief.Distress = obs.SART }, rule.Alert, "border-crossing", 1, rule.Top, 5 * time.Minute},
		{"watched area", entry(0, 7, area.Watched), same, rule.Alert, "entry-watched", 1, rule.Medium, 10 * time.Minute},
		{"border strip", entry(0, 8, area.BorderStrip), same, rule.Notice, "entry-border-strip", 1, rule.Low, 0},
		{"no-look zone", entry(0, 9, area.NoLook), same, rule.Insight, "", 0, 0, 0},
		{"no rule, asks", entry(0, 10, area.Anchorage), func(f *watch.Finding) { f.Alert = true }, rule.Alert, "", 0, rule.Low, 0},
		{"no rule, asks nothing", entry(0, 11, area.Anchorage), same, rule.Insight, "", 0, 0, 0},
		{"distress", mayday(0, 12), same, rule.Alert, "distress", 1, rule.Top, 2 * time.Minute},
	} {
		x := tc.f
		x.Time = noon.Add(time.Duration(i))
		tc.edit(&x)
		got := r.step(0, x)
		if tc.kind == rule.Insight {
			if len(got) != 0 {
				t.Errorf("%s: told: %s", tc.name, kinds(got))
			}
			continue
		}
		if len(got) != 1 || got[0].Kind != desk.WasRaised {
			t.Fatalf("%s: %s", tc.name, kinds(got))
		}
		a := got[0].Alert
		state, deadline := desk.New, time.Duration(0)
		if tc.kind == rule.Notice {
			state = desk.Posted
		}
		if !a.Deadline.IsZero() {
			deadline = a.Deadline.Sub(a.Raised)
		}
		if a.Kind != tc.kind || a.Rule.ID != tc.rule || a.Rule.Version != tc.version || a.Priority != tc.priority || a.State != state || deadline != tc.deadline {
			t.Errorf("%s: %s by rule %q version %d, priority %d, %s, deadline %s", tc.name, a.Kind, a.Rule.ID, a.Rule.Version, a.Priority, a.State, deadline)
		}
	}
	if page, err := r.List(t.Context(), desk.Filter{Kinds: []rule.Kind{rule.Notice}}); err != nil || len(page.Alerts) != 2 {
		t.Errorf("notices: %+v %v", page, err)
	}
}

func ruleOf(id rule.ID) (rule.Rule, bool) {
	for _, v := range rule.BuiltIn(time.Time{}) {
		if v.ID == id {
			return v, true
		}
	}
	return rule.Rule{}, false
}

// TestDistressPassesEveryRule: whatever the rules say, a call for help is an
// alert of top priority at once.
func TestDistressPassesEveryRule(t *testing.T) {
	f := newFake()
	r := newRoom(t, f, desk.Config{
		Flood:   2,
		Explain: func(context.Context, watch.Finding) []desk.Explanation { return []desk.Explanation{{Permit: "L-1"}} },
	}, func(v *rule.Rule) { v.Kind, v.Priority, v.On, v.Off = rule.Insight, rule.Low, time.Hour, time.Hour })
	for i := range 5 {
		got := r.step(time.Second, mayday(i, 1))
		if len(got) != 1 || got[0].Kind != desk.WasRaised || got[0].Alert.Priority != rule.Top || got[0].Alert.Incident != "" || got[0].Alert.Explanations != nil {
			t.Fatalf("call %d: %+v", i, got)
		}
		_, err := r.Shelve(t.Context(), desk.Decision{
			Request: fmt.Sprint("s", i), Alert: got[0].Alert.ID, Who: ana(), Note: "known", Until: f.Now().Add(time.Minute),
		})
		if !errors.Is(err, desk.ErrInvalid) || !strings.Contains(err.Error(), "call for help") {
			t.Fatal(err)
		}
	}
}

// TestOnDelay: what must stand so long is told then, and not when it was left,
// fell, or until a restart forgot it.
func TestOnDelay(t *testing.T) {
	delayed := func(v *rule.Rule) {
		if v.ID == "entry-watched" {
			v.On = 5 * time.Second
		}
	}
	exit := entry(2, 1, area.Watched)
	exit.ID, exit.Rule, exit.Alert = "area-exit/1", watch.RuleExit, false
	fell := entry(1, 1, area.Watched)
	fell.Revision, fell.Status = 2, watch.Withdrawn
	again := entry(1, 1, area.Watched)
	again.Revision, again.Probability, again.Time = 2, 0.97, newFake().Now()
	for _, tc := range []struct {
		name    string
		then    *watch.Finding
		restart bool
		want    string
	}{
		{"stands", nil, false, "raised"},
		{"stands over a restart", nil, true, "raised"},
		{"is revised", &again, false, "raised"},
		{"falls", &fell, false, ""},
		{"is left", &exit, false, ""},
		{"falls before a restart", &fell, true, ""},
		{"is left before a restart", &exit, true, ""},
	} {
		f := newFake()
		r := newRoom(t, f, desk.Config{}, delayed)
		if got := r.step(0, entry(1, 1, area.Watched)); len(got) != 0 {
			t.Fatalf("%s: told at once: %s", tc.name, kinds(got))
		}
		if got := r.seconds(3); len(got) != 0 {
			t.Fatalf("%s: told too early: %s", tc.name, kinds(got))
		}
		if tc.then != nil {
			r.step(0, *tc.then)
		}
		if tc.restart {
			r = newRoom(t, f, desk.Config{}, delayed)
		}
		got := r.seconds(4)
		if kinds(got) != tc.want {
			t.Errorf("%s: %q", tc.name, kinds(got))
		}
		if len(got) == 1 && got[0].Alert.Raised.Sub(got[0].Alert.Finding.Time) != 5*time.Second {
			t.Errorf("%s: raised %s after it", tc.name, got[0].Alert.Raised.Sub(got[0].Alert.Finding.Time))
		}
		if len(got) == 1 && tc.then != nil && got[0].Alert.Finding.Probability != 0.97 {
			t.Errorf("%s: with an old revision", tc.name)
		}
		r = newRoom(t, f, desk.Config{}, delayed)
		if got := r.seconds(10); len(got) != 0 {
			t.Errorf("%s: told again after a restart: %s", tc.name, kinds(got))
		}
	}
}

// TestOffDelay: the same about the same track and place joins the alert, while
// nobody has looked at it and until it was quiet for so long.
func TestOffDelay(t *testing.T) {
	f := newFake()
	r := newRoom(t, f, desk.Config{}) // a crossing must be quiet for ten minutes
	ctx := t.Context()
	id := r.step(0, crossing(1, 1))[0].Alert.ID
	join := func(after time.Duration, n int, count int) {
		t.Helper()
		got := r.step(after, crossing(n, 1))
		if kinds(got) != "repeated" || got[0].Alert.ID != id || got[0].Alert.Count != count || got[0].Alert.Version != r.alert(id).Version {
			t.Fatalf("crossing %d: %q %+v", n, kinds(got), got)
		}
	}
	r.step(time.Hour) // it is put before the supervisor
	join(0, 2, 2)     // it is still new
	must := func(_ desk.Result, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(r.Acknowledge(ctx, desk.Decision{Request: "a", Alert: id, Who: ana()}))
	join(5*time.Minute, 3, 3)
	must(r.Close(ctx, desk.Decision{Request: "c", Alert: id, Who: ana(), Outcome: desk.Explained}))
	join(9*time.Minute, 4, 4)
	if a := r.alert(id); a.State != desk.Closed || len(a.Repeats) != 3 || a.Repeats[2].Finding != crossing(4, 1).ID || !a.Last.Equal(f.Now()) {
		t.Fatalf("%+v", a)
	}
	if n := f.findings[crossing(4, 1).ID]; n.Of != id {
		t.Fatalf("the finding belongs to %q", n.Of)
	}
	// A restart forgets nothing of this.
	r = newRoom(t, f, desk.Config{})
	join(9*time.Minute, 5, 5)
	// A joined finding that falls leaves it again; a revision changes nothing.
	seen := crossing(5, 1)
	seen.Revision = 2
	if got := r.step(0, seen); len(got) != 0 {
		t.Fatal(kinds(got))
	}
	seen.Revision, seen.Status = 3, watch.Withdrawn
	if got := r.step(0, seen); kinds(got) != "repeated" || got[0].Alert.Count != 4 {
		t.Fatal(kinds(got))
	}
	for name, x := range map[string]watch.Finding{
		"quiet for ten minutes": func() watch.Finding { x := crossing(6, 1); x.Time = f.Now().Add(10 * time.Minute); return x }(),
		"another track":         crossing(7, 2),
		"another line":          func() watch.Finding { x := crossing(8, 1); x.ID, x.Area = "x", "other"; return x }(),
	} {
		if got := r.step(0, x); kinds(got) != "raised" {
			t.Errorf("%s: %q", name, kinds(got))
		}
	}
}

// TestPermitsLower: a permit lowers the priority by one step, says so, and
// hides nothing.
func TestPermitsLower(t *testing.T) {
	permits := []desk.Explanation{{Permit: "L-1", Version: 2}, {Permit: "L-2", Version: 1}}
	f := newFake()
	r := newRoom(t, f, desk.Config{Explain: func(_ context.Context, f watch.Finding) []desk.Explanation {
		if f.Track == 9 {
			return nil
		}
		return permits
	}})
	got := r.step(0, crossing(1, 1))
	a := got[0].Alert
	if kinds(got) != "raised" || a.Priority != rule.Medium || a.Version != 2 || len(a.Explanations) != 2 {
		t.Fatalf("%+v", got)
	}
	if x := a.Explanations[1]; x.Permit != "L-2" || x.Before != rule.High || x.After != rule.Medium {
		t.Fatalf("%+v", x)
	}
	if c := a.Changes[1]; c.Kind != desk.WasLowered || c.Priority != rule.Medium || cmp.Diff([]permit.ID{"L-1", "L-2"}, c.Permits) != "" || c.Who.ID != "" {
		t.Fatalf("%+v", c)
	}
	if permits[0].Before != 0 {
		t.Fatal("the book's own explanations were changed")
	}
	revised := crossing(1, 1)
	revised.Revision = 2
	if got := r.step(0, revised); got[0].Alert.Priority != rule.Medium {
		t.Fatalf("a revision has priority %d", got[0].Alert.Priority)
	}
	revised.Revision, revised.Belief.Distress = 3, obs.SART
	if got := r.step(0, revised); got[0].Alert.Priority != rule.Top {
		t.Fatalf("a call for help has priority %d", got[0].Alert.Priority)
	}
	low := crossing(2, 2)
	low.Possible = true
	if a := r.step(0, low)[0].Alert; a.Priority != rule.Low || a.Version != 1 || len(a.Explanations) != 2 {
		t.Fatalf("%+v", a)
	}
	if a := r.step(0, crossing(3, 9))[0].Alert; a.Priority != rule.High || a.Explanations != nil {
		t.Fatalf("%+v", a)
	}
}

// TestDeadline: what nobody acknowledges in time is put before the supervisor,
// once, on the loop's clock.
func TestDeadline(t *testing.T) {
	f := newFake()
	r := newRoom(t, f, desk.Config{})
	late := r.step(0, crossing(1, 1))[0].Alert
	taken := r.step(0, crossing(2, 2))[0].Alert.ID
	if _, err := r.Acknowledge(t.Context(), desk.Decision{Request: "a", Alert: taken, Who: ana()}); err != nil {
		t.Fatal(err)
	}
	if got := r.step(4*time.Minute + 59*time.Second); len(got) != 0 {
		t.Fatal(kinds(got))
	}
	got := r.step(time.Second)
	if kinds(got) != "escalated" || got[0].Alert.ID != late.ID {
		t.Fatal(kinds(got))
	}
	a := got[0].Alert
	if e := a.Escalated; e == nil || e.To != desk.Supervisor || !e.At.Equal(late.Deadline) || a.State != desk.New {
		t.Fatalf("%+v", a)
	}
	if c := a.Changes[1]; c.Who.ID != "" || c.To != desk.Supervisor || c.Version != 2 {
		t.Fatalf("%+v", c)
	}
	if got := r.seconds(300); len(got) != 0 {
		t.Fatal(kinds(got))
	}
	r = newRoom(t, f, desk.Config{})
	if got := r.seconds(3); len(got) != 0 || r.alert(late.ID).Escalated == nil {
		t.Fatalf("after a restart: %s", kinds(got))
	}
}

// TestSameFindingsSameAlerts: the same findings give the same alerts, whatever
// desk takes them.
func TestSameFindingsSameAlerts(t *testing.T) {
	run := func() (out []string) {
		f := newFake()
		r := newRoom(t, f, desk.Config{})
		for i := range 600 {
			var in []watch.Finding
			if i%7 == 0 {
				in = append(in, crossing(i, track.ID(1+i%23)))
			}
			if i%5 == 0 {
				in = append(in, entry(i, track.ID(1+i%11), []area.Kind{area.Watched, area.BorderStrip}[i%2]))
			}
			if i%90 == 1 {
				in = append(in, mayday(i, track.ID(1+i%3)))
			}
			if i%21 == 4 {
				x := crossing(i-4, track.ID(1+(i-4)%23))
				x.Revision, x.Status = 2, watch.Withdrawn
				in = append(in, x)
			}
			for _, c := range r.step(250*time.Millisecond*time.Duration(1+i%9), in...) {
				b, err := json.Marshal(c)
				if err != nil {
					t.Fatal(err)
				}
				out = append(out, string(b))
			}
		}
		return out
	}
	first := run()
	if len(first) < 100 {
		t.Fatalf("only %d changes", len(first))
	}
	if diff := cmp.Diff(first, run()); diff != "" {
		t.Fatal(diff)
	}
}
