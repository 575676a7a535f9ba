package web_test

import (
	"fmt"
	"net/http"
	"testing"
	"time"

	"atalaya/desk"
	"atalaya/desk/people"
	"atalaya/web"
)

// enrolled makes somebody with a password who is signed in.
func (o *office) enrolled(name string, role desk.Role) *visitor {
	o.t.Helper()
	v := o.stranger()
	var info web.SessionInfo
	v.ask("POST", "/api/enrol", enrolment(o.link(role), name, password)).is(200, "").json(&info)
	v.id = info.Person.ID
	return v
}

// TestLock: a session locks itself while its person is away; it decides
// nothing until they show again who they are, and shows what the policy says.
func TestLock(t *testing.T) {
	for _, picture := range []bool{true, false} {
		t.Run(fmt.Sprint("picture ", picture), func(t *testing.T) {
			const after = 10 * time.Minute
			o := newOfficeWith(t, desk.Policy{}, after, func(c *web.Config) { c.Lock = web.Lock{After: after, Picture: picture} })
			ana := o.enrolled("Ana", desk.Administrator)
			program, _ := ana.program(`"read-picture"`)
			locked := func() bool {
				t.Helper()
				var info web.SessionInfo
				ana.ask("GET", "/api/session", "").is(200, "").json(&info)
				if info.Lock.After != 600 || info.Lock.Picture != picture {
					t.Fatalf("%+v", info.Lock)
				}
				return info.Lock.Locked
			}
			// Looking is no activity; doing something is.
			for range 5 {
				o.clock.wait(after - time.Minute)
				ana.ask("GET", "/api/tracks", "").is(200, "")
				if a := ana.ask("POST", "/api/session/activity", ""); a.status != http.StatusNoContent {
					t.Fatalf("%d %s", a.status, a.body)
				}
			}
			o.clock.wait(after)
			for _, how := range []string{"by itself", "by hand"} {
				if how == "by hand" {
					if a := ana.ask("POST", "/api/session/lock", ""); a.status != http.StatusNoContent {
						t.Fatalf("%d %s", a.status, a.body)
					}
				}
				if !locked() {
					t.Fatalf("%s: not locked", how)
				}
				ana.ask("POST", "/api/session/activity", "").is(423, "locked")
				ana.ask("POST", "/api/people/invite", `{"role":"viewer"}`).is(423, "locked")
				ana.ask("PUT", "/api/session/password", `{"current":"x","password":"correct mule"}`).is(423, "locked")
				if a := ana.ask("GET", "/api/tracks", ""); picture {
					a.is(200, "")
				} else {
					a.is(423, "locked")
				}
				program("GET", "/api/tracks").is(200, "")
				ana.ask("POST", "/api/session/unlock", `{"password":"wrong horse"}`).is(403, "wrong-credentials")
				if !locked() {
					t.Fatal("a wrong password unlocks")
				}
				ana.ask("POST", "/api/session/unlock", `{"password":"`+password+`"}`).is(200, "")
				if locked() {
					t.Fatal("still locked")
				}
				ana.ask("POST", "/api/people/invite", `{"role":"viewer"}`).is(200, "")
			}
		})
	}
}

// TestAttempts are listed for administrators, and who signs in is told of
// those that failed with their name.
func TestAttempts(t *testing.T) {
	o := newOffice(t, nil)
	ana := o.enrolled("Ana", desk.Administrator)
	dan := o.enrolled("Dan", desk.Viewer)
	eve := visitor{o: o, from: "10.0.0.9:1000"}
	for range 9 {
		eve.ask("POST", "/api/session", credentials("dan", "wrong horse")).is(401, "wrong-credentials")
	}
	eve.ask("POST", "/api/session", credentials("nobody", "wrong horse")).is(401, "wrong-credentials")
	for range 3 {
		eve.ask("POST", "/api/session", credentials("dan", "wrong horse")).is(429, "too-many-attempts")
	}
	var info web.SessionInfo
	o.stranger().ask("POST", "/api/session", credentials("Dan", password)).is(200, "").json(&info)
	if info.Failures.Count != 9 || info.Failures.Last != o.clock.Now() {
		t.Errorf("%+v", info.Failures)
	}
	again := o.stranger()
	again.ask("POST", "/api/session", credentials("Dan", password)).is(200, "").json(&info)
	if info.Failures.Count != 0 {
		t.Errorf("told twice: %+v", info.Failures)
	}
	var list web.AttemptList
	ana.ask("GET", "/api/attempts?limit=4", "").is(200, "").json(&list)
	var got []string
	for _, a := range list.Attempts {
		got = append(got, fmt.Sprint(a.Name, " ", a.Outcome, " ", a.Network))
	}
	want := []string{"Dan in 192.0.2.1", "Dan in 192.0.2.1", "dan limited 10.0.0.9", "nobody wrong 10.0.0.9"}
	if fmt.Sprint(got) != fmt.Sprint(want) || list.Next == 0 {
		t.Errorf("%v, want %v, next %d", got, want, list.Next)
	}
	before := list.Next
	list = web.AttemptList{}
	ana.ask("GET", fmt.Sprintf("/api/attempts?before=%d", before), "").is(200, "").json(&list)
	if len(list.Attempts) != 11 || list.Next != 0 || list.Attempts[0].Person != dan.id || list.Attempts[10].Way != people.ByLink {
		t.Errorf("%+v", list)
	}
}

// TestSessionList: everybody sees and ends their own sessions, administrators
// all of them.
func TestSessionList(t *testing.T) {
	o := newOffice(t, nil)
	ana, dan := o.person("Ana", desk.Administrator), o.enrolled("Dan", desk.Viewer)
	other := visitor{o: o, from: "10.0.0.9:1000"}
	other.ask("POST", "/api/session", credentials("Dan", password), "User-Agent: Tablet/1").is(200, "")
	sessions := func(v *visitor, path string) []web.OpenSession {
		t.Helper()
		var list web.SessionList
		v.ask("GET", path, "").is(200, "").json(&list)
		return list.Sessions
	}
	mine := sessions(dan, "/api/sessions")
	if len(mine) != 2 {
		t.Fatalf("%+v", mine)
	}
	i := 0
	if mine[1].Browser == "Tablet/1" {
		i = 1
	}
	if x := mine[i]; x.Network != "10.0.0.9" || x.Own || !mine[1-i].Own || x.Person != dan.id || x.Expires.Sub(x.Created) != 12*time.Hour {
		t.Errorf("%+v", mine)
	}
	all := sessions(ana, "/api/sessions?all=true")
	if len(all) != 3 {
		t.Errorf("%+v", all)
	}
	dan.ask("GET", "/api/sessions?all=true", "").is(403, "forbidden")
	for _, x := range all {
		if x.Person == ana.id {
			dan.ask("DELETE", "/api/sessions/"+x.ID, "").is(404, "not-found")
		}
	}
	if a := ana.ask("DELETE", "/api/sessions/"+mine[i].ID, ""); a.status != http.StatusNoContent {
		t.Fatalf("%d %s", a.status, a.body)
	}
	other.ask("GET", "/api/session", "").is(401, "not-signed-in")
	dan.ask("GET", "/api/session", "").is(200, "")
	other.ask("POST", "/api/session", credentials("Dan", password)).is(200, "")
	dan.ask("DELETE", "/api/sessions", "").is(200, "")
	other.ask("GET", "/api/session", "").is(401, "not-signed-in")
	dan.ask("GET", "/api/session", "").is(200, "")
	dan.ask("DELETE", "/api/people/"+string(ana.id)+"/sessions", "").is(403, "forbidden")
	ana.ask("DELETE", "/api/people/"+string(dan.id)+"/sessions", "").is(200, "")
	dan.ask("GET", "/api/session", "").is(401, "not-signed-in")
}

// TestSetPassword: with the old one only; other sessions end, this one goes on
// as a new one.
func TestSetPassword(t *testing.T) {
	o := newOffice(t, nil)
	dan := o.enrolled("Dan", desk.Viewer)
	other := o.stranger()
	other.ask("POST", "/api/session", credentials("Dan", password)).is(200, "")
	dan.ask("PUT", "/api/session/password", `{"current":"wrong horse","password":"correct mule"}`).is(403, "wrong-credentials")
	dan.ask("PUT", "/api/session/password", `{"password":"correct mule"}`).is(403, "wrong-credentials")
	dan.ask("PUT", "/api/session/password", `{"current":"`+password+`","password":"mule"}`).is(422, "unprocessable-entity")
	old := dan.cookie.Value
	dan.ask("PUT", "/api/session/password", `{"current":"`+password+`","password":"correct mule"}`).is(200, "")
	if dan.cookie.Value == old {
		t.Error("the session is the same one")
	}
	dan.ask("GET", "/api/session", "").is(200, "")
	other.ask("GET", "/api/session", "").is(401, "not-signed-in")
	o.stranger().ask("POST", "/api/session", credentials("Dan", "correct mule")).is(200, "")
	o.stranger().ask("POST", "/api/session", credentials("Dan", password)).is(401, "wrong-credentials")
}
