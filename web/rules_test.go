package web_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"atalaya/desk"
	"atalaya/desk/alarms"
	"atalaya/web"
)

// TestShelves: an alert lies on the shelf, visible to everybody, until somebody
// takes it off.
func TestShelves(t *testing.T) {
	o := newOffice(t, nil)
	bea, viewer := o.person("Bea", desk.Officer), o.person("Ana", desk.Viewer)
	id := string(o.alert("f1"))
	o.alert("f2")
	until := o.clock.Now().Add(time.Hour).Format(time.RFC3339)
	body := fmt.Sprintf(`{"reason":"known fisherman","until":%q}`, until)
	path := "/api/alerts/" + id
	viewer.ask("POST", path+"/shelve", body, "Idempotency-Key: v").is(403, "forbidden")
	bea.ask("POST", path+"/shelve", `{"until":"`+until+`"}`, "Idempotency-Key: s").is(422, "unprocessable-entity")
	bea.ask("POST", path+"/shelve", `{"reason":"x","until":"2027-01-01T00:00:00Z"}`, "Idempotency-Key: s").is(422, "invalid")
	bea.ask("POST", path+"/shelve", `{"reason":"x","until":"soon"}`, "Idempotency-Key: s").is(422, "unprocessable-entity")
	var d web.Decided
	for _, repeated := range []bool{false, true} {
		bea.ask("POST", path+"/shelve", body, "Idempotency-Key: s").is(200, "").json(&d)
		if d.Repeated != repeated || d.Alert.Shelved == nil || d.Alert.Shelved.Reason != "known fisherman" {
			t.Fatalf("%+v", d)
		}
	}
	var list web.AlertList
	if viewer.ask("GET", "/api/shelves", "").is(200, "").json(&list); len(list.Alerts) != 1 || string(list.Alerts[0].ID) != id {
		t.Fatalf("%+v", list)
	}
	bea.ask("POST", path+"/shelve", body, "Idempotency-Key: s2").is(409, "alert-state")
	bea.ask("POST", path+"/unshelve", `{"note":"he left"}`, "Idempotency-Key: u").is(200, "")
	bea.ask("POST", path+"/unshelve", "", "Idempotency-Key: u2").is(409, "alert-state")
	if viewer.ask("GET", "/api/shelves", "").is(200, "").json(&list); len(list.Alerts) != 0 {
		t.Fatalf("%+v", list)
	}
	for query, n := range map[string]int{
		"": 2, "?kind=health": 0, "?priority=4": 0, "?priority=3": 2, "?until=2026-03-01T12:00:00Z": 0,
		"?since=2026-03-01T12:00:00Z": 2, "?state=in-case": 0, "?incident=A1": 0,
	} {
		list = web.AlertList{}
		if viewer.ask("GET", "/api/alerts"+query, "").is(200, "").json(&list); len(list.Alerts) != n {
			t.Errorf("%s: %d alerts, want %d", query, len(list.Alerts), n)
		}
	}
	viewer.ask("GET", "/api/alerts?since=", "").is(422, "unprocessable-entity")
	viewer.ask("GET", "/api/alerts?kind=notice", "").is(422, "unprocessable-entity")
	if a := viewer.ask("GET", "/api/notices", "").is(200, ""); string(a.body) != `{"alerts":[]}`+"\n" {
		t.Errorf("%s", a.body)
	}
}

// TestRules: only a supervisor writes rules, and only whole ones.
func TestRules(t *testing.T) {
	o := newOffice(t, nil)
	sol, bea := o.person("Sol", desk.Supervisor), o.person("Bea", desk.Officer)
	whole := `{"name":{"es":"Muelle","en":"Quay"},"detector":"area-entry","area":"quay","kind":"alert","priority":3,"owner":"Sol",` +
		`"rationale":{"es":"a","en":"b"},"response":{"es":"c","en":"d"},"deadline_ns":300000000000,"review":"2026-03-01T13:00:00Z"}`
	add := func(to string) string { return `{"id":"quay","reason":"new quay","to":` + to + `}` }
	bea.ask("POST", "/api/rules", add(whole), "Idempotency-Key: b").is(403, "forbidden")
	for lacks, says := range map[string]string{
		`"owner":"Sol",`:                   "owner",
		`"rationale":{"es":"a","en":"b"},`: "rationale",
		`"response":{"es":"c","en":"d"},`:  "response",
		`"deadline_ns":300000000000,`:      "deadline",
		`,"review":"2026-03-01T13:00:00Z"`: "review",
		`"kind":"alert",`:                  "kind",
	} {
		a := sol.ask("POST", "/api/rules", add(strings.Replace(whole, lacks, "", 1)), "Idempotency-Key: l")
		if a.status != 422 || !strings.Contains(string(a.body), says) {
			t.Errorf("without %s: %d %s", lacks, a.status, a.body)
		}
	}
	// All that it lacks is told at once, and where.
	var p web.Problem
	sol.ask("POST", "/api/rules", `{"id":"quay","reason":"","to":{"name":{"es":"Muelle","en":""},"detector":"area-entry","area":"quay","area_kind":"watched","kind":"alert","priority":3,"owner":" "}}`,
		"Idempotency-Key: l").is(422, "unprocessable-entity").json(&p)
	var where []string
	for _, e := range p.Errors {
		where = append(where, strings.TrimPrefix(e.Location, "body."))
	}
	if got := strings.Join(where, " "); got != "reason to.owner to.rationale to.response to.deadline_ns to.review to.area" {
		t.Errorf("%s", got)
	}
	sol.ask("POST", "/api/rules", strings.Replace(add(whole), `"id":"quay"`, `"id":"a b"`, 1), "Idempotency-Key: l").is(422, "invalid")
	var made web.Changed[web.ShownRule]
	sol.ask("POST", "/api/rules", add(whole), "Idempotency-Key: a").is(200, "").json(&made)
	if made.Now.ID != "quay" || made.Now.Valid.Number != 1 || made.Now.Overdue || made.Now.Deadline != 5*time.Minute {
		t.Fatalf("%+v", made)
	}
	change := `{"version":1,"reason":"quieter","to":` + strings.Replace(whole, `"priority":3`, `"priority":1`, 1) + `}`
	sol.ask("PUT", "/api/rules/quay", change, "Idempotency-Key: c").is(200, "").json(&made)
	sol.ask("PUT", "/api/rules/quay", change, "Idempotency-Key: c2").is(409, "version-conflict")
	var versions web.VersionList[web.ShownRule]
	bea.ask("GET", "/api/rules/quay/versions", "").is(200, "").json(&versions)
	if len(versions.Versions) != 2 || versions.Versions[1].Priority != 1 || versions.Versions[1].Valid.By != "Sol" {
		t.Fatalf("%+v", versions)
	}
	o.clock.wait(time.Hour)
	var rules web.List[web.ShownRule]
	bea.ask("GET", "/api/rules", "").is(200, "").json(&rules)
	if len(rules.Items) != 1 || !rules.Items[0].Overdue {
		t.Fatalf("%+v", rules)
	}
	distress := `{"name":{"es":"a","en":"b"},"detector":"distress","kind":"notice","priority":4,"owner":"Sol",` +
		`"rationale":{"es":"a","en":"b"},"response":{"es":"c","en":"d"},"review":"2026-03-01T13:00:00Z"}`
	a := sol.ask("POST", "/api/rules", `{"id":"d","reason":"x","to":`+distress+`}`, "Idempotency-Key: d")
	if a.status != 422 || !strings.Contains(string(a.body), "call for help") {
		t.Errorf("%d %s", a.status, a.body)
	}
}

// TestNullIsAbsent: a field that may be left out may be null, as many clients
// send it; one that may not is refused.
func TestNullIsAbsent(t *testing.T) {
	o := newOffice(t, nil)
	sol := o.person("Sol", desk.Supervisor)
	rule := `{"id":null,"reason":"quay","to":{"from":null,"until":null,"name":{"es":"a","en":"b"},"detector":"area-entry","area":null,"area_kind":null,` +
		`"kind":"notice","priority":1,"owner":"Sol","rationale":{"es":"a","en":"b"},"response":{"es":"c","en":"d"},"deadline_ns":null,` +
		`"review":"2026-04-01T00:00:00Z","on_delay_ns":null,"off_delay_ns":null}}`
	var made web.Changed[web.ShownRule]
	sol.ask("POST", "/api/rules", rule, "Idempotency-Key: n").is(200, "").json(&made)
	if made.Now.ID == "" || made.Now.Deadline != 0 || made.Now.AreaKind != "" || !made.Now.Valid.Until.IsZero() {
		t.Errorf("%+v", made.Now)
	}
	sol.ask("POST", "/api/rules", strings.Replace(rule, `"kind":"notice"`, `"kind":null`, 1), "Idempotency-Key: k").is(422, "unprocessable-entity")
	id := o.alert("f1")
	sol.ask("POST", "/api/alerts/"+string(id)+"/acknowledge", `{"note":null}`, "Idempotency-Key: a").is(200, "")
	sol.ask("POST", "/api/alerts/"+string(id)+"/close", `{"outcome":null}`, "Idempotency-Key: c").is(422, "unprocessable-entity")

	// And so the description says it.
	var api struct {
		Components struct {
			Schemas map[string]struct {
				Properties map[string]struct {
					Type any   `json:"type"`
					Enum []any `json:"enum"`
				}
			}
		}
	}
	sol.ask("GET", "/api/openapi.json", "").is(200, "").json(&api)
	wish := api.Components.Schemas["RuleWish"].Properties
	if got := fmt.Sprintf("%v %v", wish["deadline_ns"].Type, wish["detector"].Type); got != "[integer null] string" {
		t.Errorf("types %s", got)
	}
	if n := len(wish["area_kind"].Enum); n == 0 || wish["area_kind"].Enum[n-1] != nil {
		t.Errorf("areas of %v", wish["area_kind"].Enum)
	}
}

// TestRuleHealth: how the rules did in a period.
func TestRuleHealth(t *testing.T) {
	o := newOffice(t, nil)
	viewer, bea := o.person("Ana", desk.Viewer), o.person("Bea", desk.Officer)
	id := o.alert("f1")
	o.clock.wait(30 * time.Second)
	bea.ask("POST", "/api/alerts/"+string(id)+"/acknowledge", "", "Idempotency-Key: a").is(200, "")
	o.alert("f2")
	o.clock.wait(time.Minute)
	var s alarms.Statistics
	viewer.ask("GET", "/api/rules/health", "").is(200, "").json(&s)
	if s.Alerts != 2 || len(s.Rules) != 1 || s.Rules[0].Median == nil || *s.Rules[0].Median != 30 || !s.Good || !s.To.Equal(o.clock.Now()) {
		t.Fatalf("%+v", s)
	}
	viewer.ask("GET", "/api/rules/health?from=2026-03-01T12:00:10Z&to=2026-03-01T13:00:00Z", "").is(200, "").json(&s)
	if s.Alerts != 1 {
		t.Fatalf("%+v", s)
	}
	viewer.ask("GET", "/api/rules/health?from=2026-03-01T12:00:00Z&to=2026-03-01T12:00:00Z", "").is(422, "invalid")
	viewer.ask("GET", "/api/rules/health?from=1900-01-01T00:00:00Z", "").is(422, "invalid")
	viewer.ask("GET", "/api/rules/health?from=", "").is(422, "unprocessable-entity")
}
