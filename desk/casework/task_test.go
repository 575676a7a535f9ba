package casework_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"atalaya/desk"
	"atalaya/desk/casework"
	"atalaya/geo"
	"atalaya/rule"
	"atalaya/watch"
)

func contains(err error, says string) bool { return err != nil && strings.Contains(err.Error(), says) }

// order is a task that is due in half an hour.
func (r *radioRoom) order() casework.TaskWish {
	return casework.TaskWish{Asset: "patrol-1", Text: "Verificar la lancha", Due: r.now.Add(30 * time.Minute)}
}

// ordered gives a new task.
func (r *radioRoom) ordered(request string, w casework.TaskWish) casework.Task {
	r.t.Helper()
	res, err := r.OrderTask(r.t.Context(), wish(request), w)
	if err != nil {
		r.t.Fatal(err)
	}
	return res.Value
}

// step takes a task a step on.
func (r *radioRoom) step(id string, kind casework.StepKind) (casework.Task, error) {
	r.t.Helper()
	w := casework.StepWish{Kind: kind}
	switch kind {
	case casework.HasFailed, casework.Noted:
		w.Note = "viento"
	case casework.Postponed:
		w.Note, w.Due = "viento", r.now.Add(time.Hour)
	case casework.Drafted, casework.WasAuthorised, casework.Sent, casework.ReadBack, casework.WasAccepted, casework.CameOnScene, casework.WasDone, casework.FellDue:
	}
	res, err := r.StepTask(r.t.Context(), wish(fmt.Sprintf("step-%d", len(r.docs))), id, w)
	return res.Value, err
}

func stepKinds(t *casework.Task) (out []casework.StepKind) {
	for _, s := range t.Steps {
		out = append(out, s.Kind)
	}
	return out
}

// TestTaskSteps: which steps a task takes in each state, and what the others
// say.
func TestTaskSteps(t *testing.T) {
	const (
		authorise, sent, back, accept, scene = casework.WasAuthorised, casework.Sent, casework.ReadBack, casework.WasAccepted, casework.CameOnScene
		done, failed, postpone, note         = casework.WasDone, casework.HasFailed, casework.Postponed, casework.Noted
	)
	for _, c := range []struct {
		name  string
		steps []casework.StepKind
		state casework.TaskState
		takes []casework.StepKind
		says  map[casework.StepKind]string // of some that it refuses
	}{
		{"drafted", nil, casework.Draft, []casework.StepKind{authorise, failed, postpone, note}, map[casework.StepKind]string{sent: "authorise it before", back: "send it first", scene: "accepted first"}},
		{"authorised", []casework.StepKind{authorise}, casework.Authorised, []casework.StepKind{sent, failed, postpone, note}, map[casework.StepKind]string{authorise: "already", accept: "send it first", done: "accepted before"}},
		{"sent", []casework.StepKind{authorise, sent}, casework.Authorised, []casework.StepKind{sent, back, accept, failed, postpone, note}, map[casework.StepKind]string{scene: "accepted first"}},
		{"accepted", []casework.StepKind{authorise, sent, back, accept}, casework.Accepted, []casework.StepKind{sent, back, scene, done, failed, postpone, note}, map[casework.StepKind]string{accept: "already"}},
		{"on scene", []casework.StepKind{authorise, sent, accept, scene}, casework.OnScene, []casework.StepKind{sent, back, done, failed, postpone, note}, map[casework.StepKind]string{scene: "once"}},
		{"done", []casework.StepKind{authorise, sent, accept, done}, casework.Done, nil, map[casework.StepKind]string{note: "it has ended; order another"}},
		{"failed", []casework.StepKind{failed}, casework.Failed, nil, map[casework.StepKind]string{authorise: "it has ended; order another"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, kind := range []casework.StepKind{authorise, sent, back, accept, scene, done, failed, postpone, note} {
				r := newRadioRoom(t)
				task := r.ordered("order", r.order())
				for _, s := range c.steps {
					var err error
					if task, err = r.step(task.ID, s); err != nil {
						t.Fatalf("%s: %v", s, err)
					}
				}
				if task.State != c.state || !slices.Equal(stepKinds(&task), append([]casework.StepKind{casework.Drafted}, c.steps...)) {
					t.Fatalf("it is %s after %v", task.State, stepKinds(&task))
				}
				after, err := r.step(task.ID, kind)
				switch {
				case slices.Contains(c.takes, kind):
					if err != nil || len(after.Steps) != len(task.Steps)+1 || after.Steps[len(task.Steps)].Who.Name != "Ana" || after.Version != task.Version+1 {
						t.Errorf("%s: %v, %+v", kind, err, after)
					}
				default:
					refusal(t, err, desk.ErrConflict, c.says[kind])
				}
			}
		})
	}
}

// TestTaskRefusals: what an order and a step need.
func TestTaskRefusals(t *testing.T) {
	r := newRadioRoom(t)
	ctx := t.Context()
	for name, c := range map[string]struct {
		change func(*casework.TaskWish)
		kind   error
		says   string
	}{
		"nobody":        {func(w *casework.TaskWish) { w.Asset = "nobody" }, desk.ErrNotFound, "registered boat"},
		"no order":      {func(w *casework.TaskWish) { w.Text = "" }, desk.ErrInvalid, "the order is missing"},
		"too long":      {func(w *casework.TaskWish) { w.Text = strings.Repeat("x", 4001) }, desk.ErrInvalid, "shorten it to 4000"},
		"due now":       {func(w *casework.TaskWish) { w.Due = r.now }, desk.ErrInvalid, "within the next 30 days"},
		"due far":       {func(w *casework.TaskWish) { w.Due = r.now.AddDate(0, 0, 31) }, desk.ErrInvalid, "within the next 30 days"},
		"sent unsigned": {func(w *casework.TaskWish) { w.Send = true }, desk.ErrInvalid, "authorised before it is sent"},
		"no alert":      {func(w *casework.TaskWish) { w.Alert = "A9" }, desk.ErrNotFound, ""},
		"no case":       {func(w *casework.TaskWish) { w.Case = "C9" }, desk.ErrNotFound, "reload"},
	} {
		t.Run(name, func(t *testing.T) {
			w := r.order()
			c.change(&w)
			_, err := r.OrderTask(ctx, wish(name), w)
			refusal(t, err, c.kind, c.says)
		})
	}
	viewer := casework.Wish{Request: "v", Who: desk.Who{ID: "P2", Name: "Luz", Role: desk.Viewer}}
	_, err := r.OrderTask(ctx, viewer, r.order())
	refusal(t, err, desk.ErrForbidden, "officer")
	if len(r.docs)+len(r.journal) != 0 {
		t.Fatalf("what was refused is kept: %v", r.kinds())
	}

	task := r.ordered("order", r.order())
	for name, c := range map[string]struct {
		step casework.StepWish
		says string
	}{
		"unknown":          {casework.StepWish{Kind: "rested"}, "choose authorised"},
		"the program's":    {casework.StepWish{Kind: casework.FellDue}, "choose authorised"},
		"failed, no why":   {casework.StepWish{Kind: casework.HasFailed}, "the note is missing"},
		"postponed no why": {casework.StepWish{Kind: casework.Postponed, Due: r.now.Add(time.Hour)}, "the note is missing"},
		"postponed to ago": {casework.StepWish{Kind: casework.Postponed, Note: "x", Due: r.now}, "within the next 30 days"},
		"sent with a due":  {casework.StepWish{Kind: casework.Sent, Due: r.now.Add(time.Hour)}, "only a postponement"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := r.StepTask(ctx, wish(name), task.ID, c.step)
			refusal(t, err, desk.ErrInvalid, c.says)
		})
	}
	viewer.Request = "w"
	_, err = r.StepTask(ctx, viewer, task.ID, casework.StepWish{Kind: casework.Noted, Note: "x"})
	refusal(t, err, desk.ErrForbidden, "officer")
	stale := wish("stale")
	stale.IfVersion = 7
	_, err = r.StepTask(ctx, stale, task.ID, casework.StepWish{Kind: casework.WasAuthorised})
	refusal(t, err, desk.ErrConflict, "look at it again")
	_, err = r.StepTask(ctx, wish("none"), "K9", casework.StepWish{Kind: casework.WasAuthorised})
	refusal(t, err, desk.ErrNotFound, "reload")
}

// TestTaskOnce: a request that comes again is done once, also when its answer
// was lost and after a restart; another one under its name is refused.
func TestTaskOnce(t *testing.T) {
	r := newRadioRoom(t)
	ctx := t.Context()
	r.alerts["A1"] = desk.Alert{ID: "A1"}
	a := r.alerts["A1"]
	a.Finding.Track = 17
	r.alerts["A1"] = a
	w := r.order()
	w.Alert, w.Authorise, w.Send = "A1", true, true
	first := r.ordered("order", w)
	if first.ID != "K1" || first.State != casework.Authorised || first.Track != 17 || first.To != "Patrulla 1" ||
		!slices.Equal(stepKinds(&first), []casework.StepKind{casework.Drafted, casework.WasAuthorised, casework.Sent}) {
		t.Fatalf("%+v", first)
	}
	again, err := r.OrderTask(ctx, wish("order"), w)
	if err != nil || !again.Repeated || again.Value.ID != "K1" || len(r.docs) != 1 || len(r.journal) != 1 {
		t.Fatalf("again: %+v %v, %d kept", again, err, len(r.docs))
	}
	w.Text = "otra cosa"
	_, err = r.OrderTask(ctx, wish("order"), w)
	refusal(t, err, desk.ErrRequestReused, "use a new request id")

	r.torn = true // kept, and the answer is lost
	res, err := r.StepTask(ctx, wish("accept"), "K1", casework.StepWish{Kind: casework.WasAccepted})
	if err != nil || res.Value.State != casework.Accepted {
		t.Fatalf("what was kept nevertheless: %+v %v", res, err)
	}
	r.start()
	res, err = r.StepTask(ctx, wish("accept"), "K1", casework.StepWish{Kind: casework.WasAccepted})
	if err != nil || !res.Repeated || res.Value.State != casework.Accepted {
		t.Fatalf("after a restart: %+v %v", res, err)
	}
	r.full = true
	_, err = r.StepTask(ctx, wish("scene"), "K1", casework.StepWish{Kind: casework.CameOnScene})
	refusal(t, err, desk.ErrFull, "make room")
	r.full = false
	if now, err := r.Task(ctx, "K1"); err != nil || now.State != casework.Accepted {
		t.Errorf("what was not kept is shown: %+v %v", now, err)
	}
	if n := len(r.told); n != 2 || r.told[1].Task == nil || r.told[1].Task.State != casework.Accepted {
		t.Errorf("the screens were told %d times", n)
	}
}

// TestTaskOverdue: an alert once for each time that was set, also when the
// time came while the program was down.
func TestTaskOverdue(t *testing.T) {
	r := newRadioRoom(t)
	ctx := t.Context()
	w := r.order()
	w.Track = 17
	r.ordered("order", w)
	r.Tick(ctx)
	r.now = w.Due.Add(-time.Second)
	r.Tick(ctx)
	if len(r.raised) != 0 {
		t.Fatal("raised before its time")
	}
	r.now = w.Due
	r.refuse = true // the desk has no room
	r.Tick(ctx)
	if task, _ := r.Task(ctx, "K1"); task.Overdue || len(r.raised) != 0 {
		t.Fatal("marked, and nobody was alerted")
	}
	r.refuse = false
	r.Tick(ctx)
	r.Tick(ctx)
	task, err := r.Task(ctx, "K1")
	if err != nil || !task.Overdue || len(r.raised) != 1 || task.Steps[1].Kind != casework.FellDue || task.Steps[1].Who.ID != "" {
		t.Fatalf("%+v %v, raised %d times", task, err, len(r.raised))
	}
	f := r.raised[0]
	if f.ID != fmt.Sprintf("task-overdue/K1/%d", w.Due.Unix()) || !f.Alert || f.Priority != rule.High || f.Track != 17 || f.Position != (geo.Position{Lat: -16, Lon: -69}) ||
		!strings.Contains(f.Why.ES, "«Patrulla 1» vencía a las 12:30 UTC y no fue autorizada") || !strings.Contains(f.Expected.EN, "Call Patrulla 1") {
		t.Errorf("%+v", f)
	}

	// Postponed, it falls due again: another finding. Meanwhile the program
	// was down.
	if task, err = r.step("K1", casework.Postponed); err != nil || task.Overdue {
		t.Fatalf("%+v %v", task, err)
	}
	r.start()
	r.now = r.now.Add(2 * time.Hour)
	r.start()
	r.Tick(ctx)
	r.Tick(ctx)
	if len(r.raised) != 2 || r.raised[1].ID == f.ID {
		t.Fatalf("raised %d times", len(r.raised))
	}
	// The program died between the alert and the mark: the same finding comes again, and is one alert.
	last := r.docs[len(r.docs)-1]
	r.docs = r.docs[:len(r.docs)-1]
	r.start()
	r.Tick(ctx)
	if len(r.raised) != 3 || r.raised[2].ID != r.raised[1].ID || r.docs[len(r.docs)-1].Version != last.Version {
		t.Errorf("after a crash: %d findings, %s", len(r.raised), r.raised[len(r.raised)-1].ID)
	}
}

// TestTaskSettled: the alert of a task that fell due is withdrawn once nothing
// is overdue any more, and not before.
func TestTaskSettled(t *testing.T) {
	for _, c := range []struct {
		steps []casework.StepKind
		alert desk.State
		want  bool
	}{
		{[]casework.StepKind{casework.HasFailed}, desk.New, true},
		{[]casework.StepKind{casework.Postponed}, desk.Acknowledged, true},
		{[]casework.StepKind{casework.WasAccepted, casework.CameOnScene}, desk.InCase, true},
		{[]casework.StepKind{casework.WasAccepted, casework.Noted}, desk.New, false},
		{[]casework.StepKind{casework.HasFailed}, desk.Closed, false},
	} {
		r := newRadioRoom(t)
		w := r.order()
		w.Authorise, w.Send = true, true
		r.ordered("order", w)
		r.now = w.Due
		r.Tick(t.Context())
		f := r.raised[0]
		r.alerts[desk.NameAlert(f.ID)] = desk.Alert{State: c.alert, Finding: f}
		for _, s := range c.steps {
			if _, err := r.step("K1", s); err != nil {
				t.Fatal(err)
			}
		}
		if !c.want {
			if len(r.raised) != 1 {
				t.Errorf("%v, alert %s: %+v", c.steps, c.alert, r.raised[1])
			}
			continue
		}
		if len(r.raised) != 2 || r.raised[1].ID != f.ID || r.raised[1].Status != watch.Withdrawn || r.raised[1].Revision != 2 || r.raised[1].Why != f.Why {
			t.Errorf("%v, alert %s: raised %d times, %+v", c.steps, c.alert, len(r.raised), r.raised[len(r.raised)-1])
		}
	}
}

// TestTaskInTime: who is on scene, or at the end, is not overdue.
func TestTaskInTime(t *testing.T) {
	for _, steps := range [][]casework.StepKind{{casework.WasAccepted, casework.CameOnScene}, {casework.WasAccepted, casework.WasDone}, {casework.HasFailed}} {
		r := newRadioRoom(t)
		w := r.order()
		w.Authorise, w.Send = true, true
		task := r.ordered("order", w)
		for _, s := range steps {
			if _, err := r.step(task.ID, s); err != nil {
				t.Fatal(err)
			}
		}
		r.now = w.Due.Add(time.Hour)
		r.Tick(t.Context())
		if len(r.raised) != 0 {
			t.Errorf("after %v: %s", steps, r.raised[0].Why.EN)
		}
		if open := len(r.OpenTasks()) == 1; open != (steps[len(steps)-1] == casework.CameOnScene) {
			t.Errorf("after %v open: %v", steps, open)
		}
	}
}
