package casework_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"atalaya/desk"
	"atalaya/desk/approval"
	"atalaya/desk/casework"
	"atalaya/desk/people"
	"atalaya/sensor"
)

func kinds(lines []casework.Line) (out []string) {
	for _, l := range lines {
		out = append(out, l.Kind)
	}
	return out
}

func TestShiftLog(t *testing.T) {
	r := newRoom(t)
	ctx := t.Context()
	r.pass(time.Minute)
	begin := r.Now()
	session, err := r.people.SignIn(ctx, people.Arrival{Person: r.ana.ID, Token: people.TokenHash{9}, Lasts: time.Hour, Network: "192.0.2.7", Way: people.ByPassword})
	must(t, err)
	r.pass(time.Minute)
	w := r.wish(r.ana)
	_, err = r.work.WriteLog(ctx, w, "la radio calla")
	must(t, err)
	again, err := r.work.WriteLog(ctx, w, "la radio calla")
	must(t, err)
	if !again.Repeated {
		t.Error("a retry wrote a second line")
	}
	_, err = r.work.WriteLog(ctx, r.wish(r.luz), "x")
	refused(t, err, desk.ErrForbidden)
	_, err = r.work.WriteLog(ctx, r.wish(r.ana), "")
	refused(t, err, desk.ErrInvalid)
	_, err = r.work.OpenCase(ctx, r.wish(r.ana), casework.CaseWish{Title: "Cruce"})
	must(t, err)
	// What was recorded and could not be done is no line.
	failed := errors.New("no")
	err = r.store.Do(ctx, desk.Record{ID: "x/1", Kind: "case.burned", At: r.Now(), Who: r.ana, Subject: "case:C1"}, func(context.Context) error { return failed })
	refused(t, err, failed)
	_, err = r.work.NoteCase(ctx, r.wish(r.ana), "C1", "nota")
	must(t, err)
	must(t, r.people.SignOut(ctx, session.Token))

	page, err := r.work.Log(ctx, desk.JournalQuery{From: begin})
	must(t, err)
	if got := kinds(page.Lines); !slices.Equal(got, []string{"session.out", "case.noted", "case.opened", "log.note", "session.in"}) {
		t.Errorf("the newest first: %v", got)
	}
	note := page.Lines[3]
	if note.Who.Name != "Ana" || note.Subject != "note:N1" || !slices.Contains(note.Fields, desk.Field{Name: "text", Value: "la radio calla"}) {
		t.Errorf("%+v", note)
	}
	if slices.ContainsFunc(note.Fields, func(f desk.Field) bool { return f.Name == "request" }) {
		t.Errorf("the client's name for its wish is told: %+v", note.Fields)
	}
	if in := page.Lines[4]; in.Who.Name != "Ana" || !slices.Contains(in.Fields, desk.Field{Name: "network", Value: "192.0.2.7"}) {
		t.Errorf("%+v", in)
	}
	for _, tc := range []struct {
		q    desk.JournalQuery
		want []string
	}{
		{desk.JournalQuery{From: begin, Kinds: []string{"case"}}, []string{"case.noted", "case.opened"}},
		{desk.JournalQuery{From: begin, Kinds: []string{"case.opened", "log"}}, []string{"case.opened", "log.note"}},
		{desk.JournalQuery{From: begin, To: begin.Add(time.Minute)}, []string{"session.in"}},
	} {
		page, err := r.work.Log(ctx, tc.q)
		must(t, err)
		if got := kinds(page.Lines); !slices.Equal(got, tc.want) {
			t.Errorf("%+v: %v, want %v", tc.q, got, tc.want)
		}
	}
	var paged []string
	q := desk.JournalQuery{From: begin, Limit: 2}
	for {
		page, err := r.work.Log(ctx, q)
		must(t, err)
		paged = append(paged, kinds(page.Lines)...)
		if q.Before = page.Next; q.Before == 0 {
			break
		}
	}
	if !slices.Equal(paged, kinds(page.Lines)) {
		t.Errorf("page by page it is %v", paged)
	}
}

func TestLiveShiftLog(t *testing.T) {
	r := newRoom(t)
	var told []casework.Line
	j := casework.Journal{Ledger: r.store, Told: func(l casework.Line) { told = append(told, l) }}
	failed := errors.New("no")
	for kind, err := range map[string]error{"case.noted": nil, "case.burned": failed, "report.observed": nil} {
		rec := desk.Record{ID: kind, Kind: kind, At: r.Now(), Who: r.ana, Subject: "case:C1", Fields: []desk.Field{{Name: "request", Value: "w"}, {Name: "note", Value: "x"}}}
		refused(t, j.Do(t.Context(), rec, func(context.Context) error { return err }), err)
	}
	if len(told) != 1 || told[0].Kind != "case.noted" || len(told[0].Fields) != 1 {
		t.Errorf("told %+v; want what was done and is news", told)
	}
}

func TestHandover(t *testing.T) {
	r := newRoom(t)
	ctx := t.Context()
	st, err := r.work.Standing(ctx)
	must(t, err)
	if st.OnDuty.Who.ID != "" || st.Alerts == nil || st.Cases == nil || st.Feeds == nil || st.Approvals == nil {
		t.Errorf("nobody has taken the desk: %+v", st)
	}
	if len(st.Officers) != 2 || st.Officers[0].Name != "Ana" || st.Officers[1].Name != "Eva" {
		t.Errorf("who may take it: %+v", st.Officers)
	}

	alert, shelved := r.raise("crossing-7", 7), r.raise("crossing-8", 8)
	_, err = r.desk.Shelve(ctx, desk.Decision{Request: "s1", Alert: shelved, Who: r.ana, Note: "ensayo", Until: r.Now().Add(time.Hour)})
	must(t, err)
	_, err = r.work.OpenCase(ctx, r.wish(r.ana), casework.CaseWish{Title: "Cruce"})
	must(t, err)
	_, err = r.work.OrderTask(ctx, r.wish(r.ana), casework.TaskWish{Asset: "patrol-1", Text: "ir", Due: r.Now().Add(time.Hour)})
	must(t, err)
	r.feeds = []sensor.Health{{Feed: "ais-a", State: sensor.Up}, {Feed: "radar", State: sensor.Silent}, {Feed: "new", State: sensor.Starting}}
	r.waiting = []approval.Request{{ID: "Q1"}}
	st, err = r.work.Standing(ctx)
	must(t, err)
	if len(st.Alerts) != 2 || !slices.Equal(st.Shelves, []desk.AlertID{shelved}) || len(st.Cases) != 1 || len(st.Tasks) != 1 || len(st.Feeds) != 1 || st.Feeds[0].Feed != "radar" || len(st.Approvals) != 1 {
		t.Errorf("%+v", st)
	}

	for to, want := range map[desk.PersonID]error{r.luz.ID: desk.ErrInvalid, r.ana.ID: desk.ErrInvalid, "P99": desk.ErrNotFound} {
		_, err := r.work.HandOver(ctx, r.wish(r.ana), to, "")
		refused(t, err, want)
	}
	_, err = r.work.HandOver(ctx, r.wish(r.luz), r.eva.ID, "")
	refused(t, err, desk.ErrForbidden)
	w := r.wish(r.ana)
	given, err := r.work.HandOver(ctx, w, r.eva.ID, "ojo con Kasani")
	must(t, err)
	left := given.Value.Left
	if given.Value.To.Name != "Eva" || !slices.Contains(left.Alerts, alert) || !slices.Equal(left.Cases, []string{"C1"}) || !slices.Equal(left.Tasks, []string{"K1"}) || !slices.Equal(left.Feeds, []sensor.FeedID{"radar"}) || !slices.Equal(left.Approvals, []string{"Q1"}) {
		t.Errorf("%+v", given.Value)
	}
	again, err := r.work.HandOver(ctx, w, r.eva.ID, "ojo con Kasani")
	must(t, err)
	if !again.Repeated || again.Value.ID != given.Value.ID {
		t.Errorf("a retry handed over again: %+v", again)
	}
	r.restart()
	st, err = r.work.Standing(ctx)
	must(t, err)
	if d := st.OnDuty; d.Who.Name != "Eva" || d.From.Name != "Ana" || d.Note != "ojo con Kasani" || d.Handover != given.Value.ID || !d.Since.Equal(given.Value.Made) {
		t.Errorf("after a restart the desk has %+v", d)
	}
	page, err := r.work.Handovers(ctx, desk.DocumentQuery{})
	must(t, err)
	if len(page.Items) != 1 {
		t.Errorf("%d hand-overs", len(page.Items))
	}
}
