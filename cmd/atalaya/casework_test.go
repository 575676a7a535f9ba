package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"atalaya/internal/running"
)

// caseFile is what the tests read of a case.
type caseFile struct {
	ID, Title, State, Outcome  string
	Version, Evidence, Exports int
	Alerts                     []string
	Entries                    []struct {
		Kind, Text, Why, Export, SHA256 string
		Who                             struct{ Name string }
		Evidence                        []struct{ Kind, ID string }
	}
}

type report struct {
	ID       string
	Revision int
	Grade    string
	Observed []struct {
		Revision           int
		Observation, Track uint64
	}
}

type task struct {
	ID, State string
	Overdue   bool
	Steps     []struct {
		Kind, Note string
		Who        struct{ Name string }
	}
}

// post sends a wish under a key, and decodes what became of it.
func post(t *testing.T, p *running.Program, path, key string, in, out any) {
	t.Helper()
	status, b, err := p.Do(t.Context(), http.MethodPost, path, key, in, out)
	if err != nil || status != http.StatusOK {
		t.Fatalf("POST %s: %d %s %v\n%s", path, status, b, err, p.Log())
	}
}

// refused sends a wish that must be refused.
func refused(t *testing.T, p *running.Program, path, key string, in any, want int, says string) {
	t.Helper()
	status, b, err := p.Do(t.Context(), http.MethodPost, path, key, in, nil)
	if err != nil || status != want || !strings.Contains(string(b), says) {
		t.Fatalf("POST %s: %d %s %v, want %d and %q", path, status, b, err, want, says)
	}
}

// TestCasework goes through a night: a fisherman's report by radio becomes a
// track, an alert is taken into a case, a boat is sent and keeps silent, the
// case is exported, and the desk is handed over.
func TestCasework(t *testing.T) {
	t.Parallel()
	port := running.Ports(t, 7)
	p := running.Start(t, running.Options{
		Args:   []string{"--exercise", "--port", fmt.Sprint(port)},
		Config: "[exercise]\ncross = \"5s\"\n",
	})
	p.Enrol(t, "Ana Quispe")

	t.Run("report", func(t *testing.T) { reportOfTheNight(t, p) })
	t.Run("case and task", func(t *testing.T) { caseOfTheNight(t, p) })
	t.Run("hand-over", func(t *testing.T) { handOver(t, p) })
	var late struct{ Task task } // falls due while the program is down, or just before
	post(t, p, "/api/tasks", "task-2", map[string]any{
		"asset": "patrol-1", "text": "Esperar en Tiquina", "due": time.Now().Add(2 * time.Second).UTC().Format(time.RFC3339Nano), "authorise": true, "send": true,
	}, &late)
	if err := p.Stop(t); err != nil {
		t.Fatalf("stop: %v\n%s", err, p.Log())
	}
	again := running.Start(t, running.Options{Dir: p.Dir, Args: []string{"--exercise", "--port", fmt.Sprint(port)}})
	again.SignIn(t, "Ana Quispe")
	overdueOnce(t, again, late.Task.ID)
	var f caseFile
	again.Must(t, http.MethodGet, "/api/cases/C1", nil, &f)
	if f.State != "closed" || len(f.Entries) != f.Version {
		t.Errorf("after a restart: %+v", f)
	}
	var st struct {
		OnDuty struct{ Who struct{ Name string } } `json:"on_duty"`
	}
	again.Must(t, http.MethodGet, "/api/handover", nil, &st)
	if st.OnDuty.Who.Name != "Benita Mamani" {
		t.Errorf("after a restart %q has the desk", st.OnDuty.Who.Name)
	}
}

func reportOfTheNight(t *testing.T, p *running.Program) {
	var places struct {
		Places []struct{ Kind, ID, Name string }
	}
	p.Must(t, http.MethodGet, "/api/places?q=copacab", nil, &places)
	if len(places.Places) == 0 {
		t.Fatal("Copacabana is not found")
	}
	seen := time.Now().Add(-3 * time.Minute).UTC()
	sighting := map[string]any{
		"reporter": "Pescador Condori", "means": "radio", "seen": seen.Format(time.RFC3339), "kind": "vessel", "grade": "B2", "count": 1,
		"description": "lancha de madera sin luces", "course_deg": 300, "speed_mps": 4,
		"where": map[string]any{"method": "coordinate", "position": map[string]float64{"lat": -16.0, "lon": -69.2}, "radius_m": 400},
	}
	var made struct {
		Report   report
		Repeated bool
	}
	post(t, p, "/api/reports", "report-1", sighting, &made)
	post(t, p, "/api/reports", "report-1", sighting, &made)
	if made.Report.ID != "R1" || !made.Repeated {
		t.Fatalf("the same request again: %+v", made)
	}
	sighting["grade"] = "C3"
	refused(t, p, "/api/reports", "report-1", sighting, http.StatusConflict, "new request id")
	sighting["grade"] = "G9"
	refused(t, p, "/api/reports", "report-2", sighting, http.StatusUnprocessableEntity, "grade")

	r := reported(t, p, "R1", 1)
	id := r.Observed[0].Track
	var o struct {
		Sensor string
		Source struct{ Report, Grade string }
	}
	p.Must(t, http.MethodGet, fmt.Sprintf("/api/observations/%d", r.Observed[0].Observation), nil, &o)
	if o.Sensor != "reports" || o.Source.Report != "R1/1" || o.Source.Grade != "B2" {
		t.Errorf("the observation: %+v", o)
	}
	var detail struct {
		Track struct {
			Status    string
			Existence float64
			Sensors   []string
			State     struct {
				Cov  [4][4]float64
				Time time.Time
			}
		}
		Lineage []struct{ Observation uint64 }
	}
	until(t, p, "the track of the report", 10*time.Second, func() bool { // it comes over the bus
		status, _, err := p.Do(t.Context(), http.MethodGet, fmt.Sprintf("/api/tracks/%d", id), "", nil, &detail)
		return err == nil && status == http.StatusOK
	})
	tr := detail.Track
	if tr.Status != "tentative" || tr.Existence < 0.7 || tr.Existence > 0.8 || len(tr.Sensors) != 1 || tr.Sensors[0] != "reports" ||
		detail.Lineage[0].Observation != r.Observed[0].Observation || !tr.State.Time.Equal(seen.Truncate(time.Second)) {
		t.Errorf("the track: %+v", detail)
	}
	if sd2 := tr.State.Cov[0][0]; sd2 < 160*160 || sd2 > 170*170 { // 400 m hold 95 of 100
		t.Errorf("a radius of 400 m is a variance of %v m2", sd2)
	}
	// A correction: the same track, elsewhere; what was said before stays.
	sighting["grade"] = "B2"
	sighting["where"] = map[string]any{
		"method": "bearing", "place": map[string]string{"kind": places.Places[0].Kind, "id": places.Places[0].ID}, "bearing_deg": 315, "distance_m": 9000,
	}
	post(t, p, "/api/reports/R1/corrections", "report-3", map[string]any{"sighting": sighting, "why": "se refirió a Copacabana"}, &made)
	r = reported(t, p, "R1", 2)
	if r.Observed[1].Track != id || r.Observed[1].Observation == r.Observed[0].Observation {
		t.Errorf("the correction moved another track: %+v", r.Observed)
	}
	var file struct{ Versions []report }
	p.Must(t, http.MethodGet, "/api/reports/R1", nil, &file)
	if len(file.Versions) != 4 || file.Versions[0].Revision != 1 || len(file.Versions[0].Observed) != 0 {
		t.Errorf("versions: %+v", file.Versions)
	}
}

// reported waits until a wording of a report is an observation.
func reported(t *testing.T, p *running.Program, id string, revision int) (r report) {
	t.Helper()
	until(t, p, "the observation of a report", 20*time.Second, func() bool {
		p.Must(t, http.MethodGet, "/api/reports/"+id, nil, &r)
		return len(r.Observed) >= revision && r.Observed[revision-1].Track != 0
	})
	return r
}

func caseOfTheNight(t *testing.T, p *running.Program) {
	var a alert
	until(t, p, "an alert of a crossing", 2*time.Minute, func() bool {
		for _, x := range alerts(t, p) {
			if x.Finding.Rule == "border-crossing" && x.State == "new" {
				a = x
				return true
			}
		}
		return false
	})
	var opened struct {
		Case     caseFile
		Repeated bool
	}
	wish := map[string]any{"title": "Cruce sin luces", "alerts": []string{a.ID}, "evidence": []any{map[string]any{"kind": "report", "id": "R1"}}}
	post(t, p, "/api/cases", "case-1", wish, &opened)
	var now alert
	p.Must(t, http.MethodGet, "/api/alerts/"+a.ID, nil, &now)
	if opened.Case.ID != "C1" || now.State != "in-case" {
		t.Fatalf("case %+v, alert %s", opened.Case, now.State)
	}
	refused(t, p, "/api/cases", "case-2", map[string]any{"title": "otra vez", "alerts": []string{a.ID}}, http.StatusConflict, "C1")
	post(t, p, "/api/cases/C1/evidence", "evidence-1", map[string]any{"evidence": []any{map[string]any{"kind": "track", "track": a.Finding.Track}}}, nil)
	post(t, p, "/api/cases/C1/decisions", "decision-1", map[string]any{"decision": "Enviar Patrulla 1", "why": "sin luces hacia la frontera"}, nil)

	leadTask(t, p, a)

	post(t, p, "/api/cases/C1/close", "close-1", map[string]any{"outcome": "explained", "note": "pescador sin luces", "alerts": true}, nil)
	refused(t, p, "/api/cases/C1/notes", "note-9", map[string]any{"text": "tarde"}, http.StatusConflict, "reopen")
	p.Must(t, http.MethodGet, "/api/alerts/"+a.ID, nil, &now)
	if now.State != "closed" || now.Outcome != "explained" {
		t.Errorf("the alert of the closed case is %s %s", now.State, now.Outcome)
	}
	var f caseFile
	p.Must(t, http.MethodGet, "/api/cases/C1", nil, &f)
	kinds := []string{}
	for _, e := range f.Entries {
		kinds = append(kinds, e.Kind)
		if e.Who.Name != "Ana Quispe" {
			t.Errorf("entry %s by %q", e.Kind, e.Who.Name)
		}
	}
	if got := strings.Join(kinds, " "); got != "opened evidence decided evidence closed" {
		t.Errorf("the case's entries: %s", got)
	}
}

// leadTask sends a boat that keeps silent until it is overdue, and then goes.
func leadTask(t *testing.T, p *running.Program, a alert) {
	t.Helper()
	var made struct{ Task task }
	post(t, p, "/api/tasks", "task-1", map[string]any{
		"asset": "patrol-1", "text": "Identificar la lancha", "due": time.Now().Add(2 * time.Second).UTC().Format(time.RFC3339Nano),
		"alert": a.ID, "case": "C1",
	}, &made)
	path := "/api/tasks/" + made.Task.ID + "/steps"
	refused(t, p, path, "step-0", map[string]any{"kind": "sent"}, http.StatusConflict, "authorise it")
	post(t, p, path, "step-1", map[string]any{"kind": "authorised"}, &made)
	post(t, p, path, "step-2", map[string]any{"kind": "sent"}, &made)
	until(t, p, "the alert of the overdue task", 20*time.Second, func() bool {
		for _, x := range alerts(t, p) {
			if x.Finding.Rule == "task-overdue" && x.Priority == 3 && strings.Contains(x.Finding.Why.ES, "Patrulla 1") {
				return true
			}
		}
		return false
	})
	until(t, p, "the task that knows that it is overdue", 10*time.Second, func() bool {
		var now task
		p.Must(t, http.MethodGet, "/api/tasks/"+made.Task.ID, nil, &now)
		return now.Overdue
	})
	for i, kind := range []string{"read-back", "accepted", "on-scene", "done"} {
		post(t, p, path, fmt.Sprint("step-", 3+i), map[string]any{"kind": kind}, &made)
	}
	refused(t, p, path, "step-9", map[string]any{"kind": "failed", "note": "x"}, http.StatusConflict, "ended")
	if got := made.Task; got.State != "done" || len(got.Steps) != 8 || got.Steps[0].Who.Name != "Ana Quispe" || got.Steps[3].Kind != "overdue" {
		t.Errorf("the task: %+v", got)
	}
}

// overdueOnce waits until a task is overdue, and looks for its one alert.
func overdueOnce(t *testing.T, p *running.Program, id string) {
	t.Helper()
	until(t, p, "the task that fell due around the restart", 20*time.Second, func() bool {
		var now task
		p.Must(t, http.MethodGet, "/api/tasks/"+id, nil, &now)
		return now.Overdue && now.Steps[len(now.Steps)-1].Kind == "overdue"
	})
	raised := 0
	for _, x := range alerts(t, p) {
		if x.Finding.Rule == "task-overdue" && strings.Contains(x.Finding.Why.ES, "La tarea "+id+" ") {
			raised++
		}
	}
	if raised != 1 {
		t.Errorf("%d alerts of the overdue task", raised)
	}
}

func handOver(t *testing.T, p *running.Program) {
	post(t, p, "/api/log", "log-1", map[string]any{"text": "Relevo sin novedad en Copacabana"}, nil)
	var invitation struct{ Done struct{ Token string } }
	p.Must(t, http.MethodPost, "/api/people/invite", map[string]string{"role": "officer"}, &invitation)
	next := &running.Program{URL: p.URL, Client: &http.Client{Timeout: 30 * time.Second}} // without Ana's cookies
	status, b, err := next.Do(t.Context(), http.MethodPost, "/api/enrol", "", map[string]string{"token": invitation.Done.Token, "name": "Benita Mamani", "password": running.Password}, nil)
	if err != nil || status != http.StatusOK {
		t.Fatalf("enrol: %d %s %v", status, b, err)
	}
	refused(t, p, "/api/handover", "handover-0", map[string]any{"to": "P1"}, http.StatusUnprocessableEntity, "yourself")
	refused(t, p, "/api/handover", "handover-0", map[string]any{"to": "P99"}, http.StatusNotFound, "P99")
	post(t, p, "/api/handover", "handover-1", map[string]any{"to": "P2", "note": "Mirar R1"}, nil)
	var st struct {
		OnDuty struct {
			Who  struct{ Name string }
			Note string
			From struct{ Name string }
		} `json:"on_duty"`
		Alerts []alert
		Cases  []caseFile
		Tasks  []task
	}
	p.Must(t, http.MethodGet, "/api/handover", nil, &st)
	if st.OnDuty.Who.Name != "Benita Mamani" || st.OnDuty.From.Name != "Ana Quispe" || st.OnDuty.Note != "Mirar R1" || len(st.Cases)+len(st.Tasks) != 0 || len(st.Alerts) == 0 {
		t.Errorf("standing: %+v", st)
	}
	var log struct {
		Lines []struct {
			Kind, Subject string
			Who           struct{ Name string }
		}
	}
	p.Must(t, http.MethodGet, "/api/log?kind=handover,log,task,case,report,alert&limit=1000", nil, &log)
	count := map[string]int{}
	for _, l := range log.Lines {
		count[l.Kind]++
	}
	for kind, want := range map[string]int{
		"handover.done": 1, "log.note": 1, "task.drafted": 1, "task.sent": 1, "task.overdue": 1, "task.done": 1, "case.opened": 1, "case.closed": 1,
		"report.filed": 1, "report.corrected": 1, "alert.acknowledged": 1, "alert.attached": 1, "alert.closed": 1, "report.observed": 0,
	} {
		if count[kind] != want {
			t.Errorf("the log has %d lines of %s, want %d", count[kind], kind, want)
		}
	}
	if log.Lines[0].Kind != "handover.done" || log.Lines[0].Who.Name != "Ana Quispe" {
		t.Errorf("the newest line: %+v", log.Lines[0])
	}
}
