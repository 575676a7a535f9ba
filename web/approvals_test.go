package web_test

import (
	"bytes"
	"testing"

	"atalaya/desk"
	"atalaya/desk/approval"
	"atalaya/desk/people"
	"atalaya/web"
)

// TestTwoPeople: where the policy asks for two, a role changes when another
// administrator has approved it, and the record has both names.
func TestTwoPeople(t *testing.T) {
	o := newOfficeWith(t, desk.Policy{SecondPerson: []string{"person.role", "person.invite"}}, 0, nil)
	ana, bea, dan := o.person("Ana", desk.Administrator), o.person("Bea", desk.Administrator), o.person("Dan", desk.Viewer)
	path := "/api/people/" + string(dan.id) + "/role"
	var asked web.Acted[people.Person]
	ana.ask("PUT", path, `{"role":"officer","version":1,"reason":"he passed"}`).is(202, "").json(&asked)
	if asked.Done != nil || asked.Waits == nil || asked.Waits.State != approval.Pending || asked.Waits.Reason != "he passed" || asked.Waits.Fields["name"] != "Dan" {
		t.Fatalf("%+v", asked)
	}
	dan.ask("GET", "/api/session", "").is(200, "") // his sessions go on
	dan.ask("GET", "/api/approvals", "").is(403, "forbidden")
	var list web.ApprovalList
	bea.ask("GET", "/api/approvals?pending=true", "").is(200, "").json(&list)
	if len(list.Approvals) != 1 || list.Approvals[0].ID != asked.Waits.ID {
		t.Fatalf("%+v", list)
	}
	decide := "/api/approvals/" + asked.Waits.ID + "/approve"
	ana.ask("POST", decide, `{}`, "Idempotency-Key: k1").is(403, "forbidden")
	officer := o.person("Carl", desk.Officer)
	officer.ask("POST", decide, `{}`, "Idempotency-Key: k2").is(403, "forbidden")
	bea.ask("POST", decide, "").is(422, "unprocessable-entity")
	var done approval.Request
	for range 2 {
		bea.ask("POST", decide, "", "Idempotency-Key: k3").is(200, "").json(&done)
		if done.State != approval.Done || done.Second.Name != "Bea" {
			t.Fatalf("%+v", done)
		}
	}
	dan.ask("GET", "/api/session", "").is(401, "not-signed-in")
	p, err := o.people.ByID(t.Context(), dan.id)
	if err != nil || p.Role != desk.Officer || p.Version != 2 {
		t.Fatalf("%+v %v", p, err)
	}
	entries, err := o.store.Journal(t.Context(), 0, 1000)
	if err != nil {
		t.Fatal(err)
	}
	last := entries[len(entries)-1].Record
	if last.Kind != "person.role" || last.Who.Name != "Ana" || last.Who.Second != bea.id || last.Who.SecondName != "Bea" {
		t.Errorf("%+v", last)
	}
	ana.ask("PUT", path, `{"role":"officer"}`).is(200, "") // as it is already
	ana.ask("PUT", path, `{"role":"viewer","version":1}`).is(409, "conflict")
	ana.ask("PUT", "/api/people/P99/role", `{"role":"viewer"}`).is(404, "not-found")
	// What takes one person is done at once.
	ana.ask("PUT", "/api/people/"+string(dan.id)+"/disabled", `{"disabled":true}`).is(200, "")

	// A link waits too: else one person could make a second one.
	var made web.Acted[web.Invitation]
	ana.ask("POST", "/api/people/invite", `{"role":"administrator"}`).is(202, "").json(&made)
	a := o.stranger().ask("POST", "/api/enrol", enrolment(made.Done.Token, "Eve", password)).is(409, "conflict")
	if !bytes.Contains(a.body, []byte("second person")) {
		t.Errorf("%s", a.body)
	}
	bea.ask("POST", "/api/approvals/"+made.Waits.ID+"/approve", `{"note":"I know her"}`, "Idempotency-Key: k4").is(200, "")
	o.stranger().ask("POST", "/api/enrol", enrolment(made.Done.Token, "Eve", password)).is(200, "")
}

// TestLetIn: a link lets somebody in again who lost their password, as who
// they are, and ends the sessions that they had.
func TestLetIn(t *testing.T) {
	o := newOffice(t, nil)
	ana, dan := o.person("Ana", desk.Administrator), o.person("Dan", desk.Officer)
	var made web.Acted[web.Invitation]
	ana.ask("POST", "/api/people/"+string(dan.id)+"/link", "").is(200, "").json(&made)
	again := o.stranger()
	var info web.SessionInfo
	again.ask("POST", "/api/enrol", enrolment(made.Done.Token, "somebody else", password)).is(200, "").json(&info)
	if info.Person.ID != dan.id || info.Person.Name != "Dan" || info.Person.Role != desk.Officer {
		t.Errorf("%+v", info)
	}
	dan.ask("GET", "/api/session", "").is(401, "not-signed-in")
	again.ask("GET", "/api/session", "").is(200, "")
	o.stranger().ask("POST", "/api/session", credentials("DAN", password)).is(200, "")
	o.stranger().ask("POST", "/api/enrol", enrolment(made.Done.Token, "x", password)).is(409, "conflict")
	ana.ask("POST", "/api/people/P99/link", "").is(404, "not-found")
}
