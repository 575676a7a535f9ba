package desk_test

import (
	"errors"
	"strings"
	"testing"

	"atalaya/desk"
)

func TestRoles(t *testing.T) {
	all := desk.Roles()
	for i, r := range all {
		for j, least := range all {
			if got, want := r.AtLeast(least), i >= j; got != want {
				t.Errorf("%s at least %s: %v, want %v", r, least, got, want)
			}
		}
		if r.AtLeast("") || r.AtLeast("admiral") || desk.Role("").AtLeast(r) || desk.Role("admiral").AtLeast(r) || !r.Valid() {
			t.Errorf("%s: what is no role is ordered", r)
		}
	}
	for _, least := range append(all, desk.Overseer, desk.Instructor, "") {
		if got, want := desk.Instructor.AtLeast(least), least == desk.Viewer; got != want {
			t.Errorf("an instructor at least %q: %v", least, got)
		}
	}
	if desk.Instructor.Valid() {
		t.Error("an instructor's role is given like any other")
	}
	if desk.Role("").AtLeast("") || desk.Role("").Valid() {
		t.Error("no role is a role")
	}
	if err := (desk.Who{}).Needs(desk.Administrator, "x"); err != nil {
		t.Errorf("the program itself: %v", err)
	}
	err := desk.Who{ID: "P1", Role: desk.Officer}.Needs(desk.Supervisor, "change rules")
	if !errors.Is(err, desk.ErrForbidden) || !strings.Contains(err.Error(), "change rules takes the role supervisor, and yours is officer") {
		t.Error(err)
	}
}
