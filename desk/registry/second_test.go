package registry_test

import (
	"errors"
	"testing"
	"time"

	"atalaya/area"
	"atalaya/desk"
	"atalaya/desk/approval"
	"atalaya/desk/registry"
	"atalaya/geo"
	"atalaya/rule"
	"atalaya/track"
)

func noLook(id string) track.Change {
	return track.Change{Area: &area.Area{ID: area.ID(id), Name: "village", Kind: area.NoLook, Polygon: geo.Polygon{{{Lat: -16.1, Lon: -69}, {Lat: -16.1, Lon: -68.9}, {Lat: -16, Lon: -68.9}, {Lat: -16, Lon: -69}}}}}
}

// TestTwoPeople: what takes two people is not done by one, is done as it was
// wished when another approves, and only if nobody changed it in between.
func TestTwoPeople(t *testing.T) {
	for _, tt := range []struct {
		what   string
		policy []string
		change track.Change
		kind   string // empty: one person is enough
	}{
		{"a post", []string{"area.no-look", "rule.change"}, post("p", "Post"), ""},
		{"a no-look area", []string{"area.no-look"}, noLook("v"), "area.no-look"},
		{"a no-look area, of no policy", []string{"rule.change"}, noLook("v"), ""},
		{"a rule", []string{"rule.change"}, track.Change{Rule: &rule.BuiltIn(time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))[0]}, "rule.change"},
	} {
		t.Run(tt.what, func(t *testing.T) {
			f, r := openWith(t, desk.Policy{SecondPerson: tt.policy})
			w := wish("k1", 0, tt.change)
			_, err := r.Apply(t.Context(), w)
			if tt.kind == "" {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			need, ok := errors.AsType[*approval.Needed](err)
			if !ok || need.Wish.Kind != tt.kind || need.Wish.Request != "k1" || need.Wish.Reason != w.Reason || len(f.kept) != 0 {
				t.Fatalf("%v, %d kept", err, len(f.kept))
			}
			two := boss()
			two.Second, two.SecondName = "P2", "Eva"
			if err := r.Kinds()[tt.kind].Do(t.Context(), two, need.Wish.Act); err != nil {
				t.Fatal(err)
			}
			got := f.kept[0]
			if who := f.journal[0].Who; who.ID != "P1" || who.Second != "P2" {
				t.Errorf("by %+v", who)
			}
			if !registry.Same(got, tt.change) {
				t.Errorf("%+v, want %+v", got, tt.change)
			}
			err = r.Kinds()[tt.kind].Do(t.Context(), two, need.Wish.Act)
			if err != nil || len(f.kept) != 1 {
				t.Errorf("the same request again: %v, %d kept", err, len(f.kept))
			}
		})
	}
}

// TestNoLookStaysGuarded: to make a no-look area something else, or to end it,
// takes two people too; among others it is refused.
func TestNoLookStaysGuarded(t *testing.T) {
	first := noLook("v")
	first.Area.Valid.Number = 1
	f, r := openWith(t, desk.Policy{SecondPerson: []string{"area.no-look"}}, first)
	for what, err := range map[string]error{
		"another kind": second(r.Apply(t.Context(), wish("k1", 1, post("v", "Post")))),
		"ended":        second(r.Retire(t.Context(), wish("k2", 1, noLook("v")))),
	} {
		if _, ok := errors.AsType[*approval.Needed](err); !ok {
			t.Errorf("%s: %v", what, err)
		}
	}
	other := noLook("w")
	other.Area.Valid.Number = 1
	if err := r.ApplyAll(t.Context(), boss(), []track.Change{other}); !errors.Is(err, desk.ErrSecondPerson) {
		t.Errorf("imported: %v", err)
	}
	if len(f.kept) != 0 || len(f.journal) != 0 {
		t.Errorf("%d kept", len(f.kept))
	}
}

func second(_ registry.Result, err error) error { return err }
