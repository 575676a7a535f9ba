package registry_test

import (
	"context"
	"errors"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"atalaya/area"
	"atalaya/asset"
	"atalaya/desk"
	"atalaya/desk/registry"
	"atalaya/geo"
	"atalaya/permit"
	"atalaya/rule"
	"atalaya/sensor"
	"atalaya/track"
	"atalaya/valid"
)

// fake is a store, ledger and clock in memory.
type fake struct {
	mu      sync.Mutex
	now     time.Time
	err     error // of every write
	kept    []track.Change
	told    []track.Change
	journal []desk.Record
}

func (f *fake) Now() time.Time { return f.now }

func (f *fake) Do(ctx context.Context, rec desk.Record, act func(context.Context) error) error {
	if f.err != nil {
		return f.err
	}
	f.journal = append(f.journal, rec)
	return act(ctx)
}

func (f *fake) SaveChanges(_ context.Context, changes []track.Change) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.kept = append(f.kept, changes...)
	return nil
}

func open(t *testing.T, have ...track.Change) (*fake, *registry.Registry) {
	t.Helper()
	return openWith(t, desk.Policy{}, have...)
}

func openWith(t *testing.T, policy desk.Policy, have ...track.Change) (*fake, *registry.Registry) {
	t.Helper()
	f := &fake{now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)}
	r, err := registry.Open(registry.Config{
		Store: f, Ledger: f, Clock: f, Policy: policy, Changed: func(c track.Change) { f.told = append(f.told, c) },
		Check: func(c track.Change) error {
			if c.Area != nil && c.Area.Name == "forbidden" {
				return errors.New("this name is forbidden")
			}
			return nil
		},
	}, have)
	if err != nil {
		t.Fatal(err)
	}
	return f, r
}

// boss may change everything.
func boss() desk.Who { return desk.Who{ID: "P1", Name: "Ana", Role: desk.Administrator} }

func post(id, name string) track.Change {
	return track.Change{Area: &area.Area{ID: area.ID(id), Name: name, Kind: area.LegalPost, Point: geo.Position{Lat: -16.2, Lon: -69}, Buffer: 400}}
}

func wish(request string, made uint32, c track.Change) registry.Wish {
	return registry.Wish{Request: request, Who: boss(), Made: made, Reason: "the post moved", Change: c}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestALifeOfAnArea(t *testing.T) {
	f, r := open(t)
	begun := f.now
	made, err := r.Apply(t.Context(), wish("r1", 0, post("p", "one")))
	must(t, err)
	want := valid.Record{Number: 1, From: begun, Known: begun, By: "Ana", Reason: "the post moved", Request: "r1"}
	if got := made.Change.Area.Valid; got != want {
		t.Fatalf("version %+v, want %+v", got, want)
	}
	f.now = f.now.Add(time.Hour)
	next := post("p", "two")
	next.Area.Valid.Until = f.now.Add(time.Hour)
	if _, err := r.Apply(t.Context(), wish("r2", 1, next)); err != nil {
		t.Fatal(err)
	}
	f.now = f.now.Add(time.Minute)
	end := wish("r3", 2, post("p", "whatever stands here"))
	if _, err := r.Retire(t.Context(), end); err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		after time.Duration
		name  string
	}{{-1, ""}, {0, "one"}, {time.Hour - 1, "one"}, {time.Hour, "two"}, {time.Hour + time.Minute, ""}, {24 * time.Hour, ""}} {
		a, ok := r.Areas.At("p", begun.Add(tc.after))
		if a.Name != tc.name || ok != (tc.name != "") {
			t.Errorf("after %s: %q, %v; want %q", tc.after, a.Name, ok, tc.name)
		}
	}
	if all := r.Areas.Versions("p"); len(all) != 3 || all[2].Name != "two" || all[2].Valid.By != "Ana" {
		t.Errorf("versions: %+v", all)
	}
	if n := len(r.Areas.AllAt(f.now)); n != 0 || len(r.Areas.Latest()) != 1 {
		t.Errorf("%d areas hold", n)
	}
	if _, err := r.Retire(t.Context(), wish("r4", 3, post("p", ""))); !errors.Is(err, desk.ErrConflict) || !strings.Contains(err.Error(), "by Ana") {
		t.Errorf("ended twice: %v", err)
	}
	if _, err := r.Apply(t.Context(), wish("r5", 3, post("p", "again"))); err != nil {
		t.Errorf("brought back: %v", err)
	}
	if _, ok := r.Areas.At("p", f.now); !ok {
		t.Error("it was brought back and does not hold")
	}
	if !reflect.DeepEqual(f.kept, f.told) || len(f.kept) != 4 || r.Revisions()[registry.Area] != 4 || len(f.journal) != 4 {
		t.Errorf("%d kept, %d told, %d in the journal, revisions %v", len(f.kept), len(f.told), len(f.journal), r.Revisions())
	}
	if j := f.journal[1]; j.ID != "registry.area/p/2" || j.Kind != "registry.area" || j.Subject != "area:p" || j.Who.ID != "P1" {
		t.Errorf("journal: %+v", j)
	}
	// What was kept opens to the same.
	_, again := open(t, f.kept...)
	if !reflect.DeepEqual(again.Areas.Versions("p"), r.Areas.Versions("p")) || again.Version(registry.Area, "p") != 4 {
		t.Error("the registry opens to something else")
	}
}

func TestChangedInBetween(t *testing.T) {
	f, r := open(t)
	for i, name := range []string{"one", "two", "three"} {
		if _, err := r.Apply(t.Context(), wish("", uint32(i), post("p", name))); err != nil {
			t.Fatal(err)
		}
	}
	for _, tc := range []struct {
		name   string
		made   uint32
		retire bool
		says   string
		is     error
	}{
		{"from an old version", 2, false, "you changed version 2 of area p, and it has version 3, by Ana at 2026-03-01T12:00:00Z (the post moved)", desk.ErrConflict},
		{"from a version to come", 4, false, "has version 3", desk.ErrConflict},
		{"as if it were new", 0, false, "there is area p already", desk.ErrConflict},
		{"ended from an old version", 2, true, "look at it again", desk.ErrConflict},
	} {
		do := r.Apply
		if tc.retire {
			do = r.Retire
		}
		_, err := do(t.Context(), wish("", tc.made, post("p", "mine")))
		if !errors.Is(err, tc.is) || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: %v", tc.name, err)
		}
	}
	if _, err := r.Apply(t.Context(), wish("", 1, post("q", ""))); !errors.Is(err, desk.ErrNotFound) {
		t.Errorf("a second version of nothing: %v", err)
	}
	if _, err := r.Retire(t.Context(), wish("", 1, post("q", ""))); !errors.Is(err, desk.ErrNotFound) {
		t.Errorf("an end of nothing: %v", err)
	}
	if len(f.kept) != 3 {
		t.Errorf("%d kept", len(f.kept))
	}
}

func TestARequestIsDoneOnce(t *testing.T) {
	f, r := open(t)
	first, err := r.Apply(t.Context(), wish("r1", 0, post("p", "one")))
	must(t, err)
	ended, err := r.Retire(t.Context(), wish("r2", 1, post("p", "")))
	must(t, err)
	f.now = f.now.Add(time.Hour)
	for range 2 {
		if again, err := r.Apply(t.Context(), wish("r1", 0, post("p", "one"))); err != nil || !again.Repeated || !reflect.DeepEqual(again.Change, first.Change) {
			t.Errorf("%+v, %v", again, err)
		}
		if again, err := r.Retire(t.Context(), wish("r2", 1, post("p", ""))); err != nil || !again.Repeated || !reflect.DeepEqual(again.Change, ended.Change) {
			t.Errorf("%+v, %v", again, err)
		}
		_, r = open(t, f.kept...) // and after a restart
	}
	other, somebody := wish("r1", 0, post("p", "one")), wish("r1", 0, post("p", "one"))
	other.Reason = "another"
	somebody.Who.Name = "Luis"
	for name, w := range map[string]registry.Wish{
		"another content": wish("r1", 0, post("p", "two")), "another thing": wish("r1", 0, post("q", "one")),
		"another reason": other, "somebody else": somebody, "another version": wish("r1", 2, post("p", "one")),
		"an end that was a change": wish("r2", 1, post("p", "one")),
	} {
		if _, err := r.Apply(t.Context(), w); !errors.Is(err, desk.ErrRequestReused) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestWhatIsRefused(t *testing.T) {
	_, r := open(t)
	viewer := wish("", 0, post("p", ""))
	viewer.Who.Role = desk.Viewer
	silent := wish("", 0, post("p", ""))
	silent.Reason = ""
	long := wish(strings.Repeat("r", 201), 0, post("p", ""))
	backwards := post("p", "")
	backwards.Area.Valid = valid.Record{From: time.Unix(100, 0), Until: time.Unix(50, 0)}
	feed := track.Change{Feed: &sensor.Feed{ID: "f", Sensor: "nobody", Format: sensor.FormatAIS, Source: "udp://127.0.0.1:1", Silent: time.Minute}}
	two := post("p", "")
	two.Asset = &asset.Asset{}
	for name, tc := range map[string]struct {
		w    registry.Wish
		is   error
		says string
	}{
		"a viewer":                  {viewer, desk.ErrForbidden, "yours is viewer"},
		"no reason":                 {silent, desk.ErrInvalid, "say why"},
		"a long request":            {long, desk.ErrInvalid, "200"},
		"nothing":                   {wish("", 0, track.Change{}), desk.ErrInvalid, "exactly one"},
		"two things":                {wish("", 0, two), desk.ErrInvalid, "exactly one"},
		"the thing's own check":     {wish("", 0, track.Change{Area: &area.Area{ID: "p", Kind: "moat"}}), desk.ErrInvalid, "moat"},
		"the program's check":       {wish("", 0, post("p", "forbidden")), desk.ErrInvalid, "this name is forbidden"},
		"validity":                  {wish("", 0, backwards), desk.ErrInvalid, "before it begins"},
		"a feed without its sensor": {wish("", 0, feed), desk.ErrInvalid, "register it first"},
		"a sensor":                  {wish("", 0, track.Change{Sensor: &sensor.Sensor{ID: "s", Kind: "crystal-ball"}}), desk.ErrInvalid, "crystal-ball"},
		"an asset":                  {wish("", 0, track.Change{Asset: &asset.Asset{ID: "s", Kind: "ship"}}), desk.ErrInvalid, "ship"},
		"a rule":                    {wish("", 0, track.Change{Rule: &rule.Rule{ID: "s"}}), desk.ErrInvalid, "no detector"},
		"a permit":                  {wish("", 0, track.Change{Permit: &permit.Permit{ID: "s"}}), desk.ErrInvalid, "kind"},
		"a decision about nothing":  {wish("", 0, track.Change{Decision: &track.Decision{}}), desk.ErrInvalid, "names a track"},
	} {
		if _, err := r.Apply(t.Context(), tc.w); !errors.Is(err, tc.is) || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestAFullDiskChangesNothing(t *testing.T) {
	f, r := open(t)
	f.err = desk.ErrFull
	if _, err := r.Apply(t.Context(), wish("r1", 0, post("p", "one"))); !errors.Is(err, desk.ErrFull) {
		t.Fatal(err)
	}
	if len(f.told) != 0 || r.Version(registry.Area, "p") != 0 {
		t.Error("what is not kept is in force")
	}
	f.err = nil
	if res, err := r.Apply(t.Context(), wish("r1", 0, post("p", "one"))); err != nil || res.Repeated {
		t.Errorf("the same request when there is room: %+v, %v", res, err)
	}
}

func TestDecisions(t *testing.T) {
	f, r := open(t)
	for range 2 {
		res, err := r.Apply(t.Context(), wish("", 0, track.Change{Decision: &track.Decision{Track: 4, Drop: true}}))
		if err != nil || res.Change.Decision.By != "Ana" || res.Change.Decision.Reason != "the post moved" || !res.Change.At.Equal(f.now) {
			t.Errorf("%+v, %v", res, err)
		}
		f.now = f.now.Add(time.Second)
	}
	if f.journal[0].ID == f.journal[1].ID || f.journal[0].Subject != "decision:T4" {
		t.Errorf("journal: %+v", f.journal)
	}
}

// TestOneAtATime lets many change one thing from the version that they saw:
// each version is made once, and all are told in order.
func TestOneAtATime(t *testing.T) {
	f, r := open(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				_, err := r.Apply(t.Context(), wish("", r.Version(registry.Area, "p"), post("p", "x")))
				if err != nil && !errors.Is(err, desk.ErrConflict) {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	numbers := make([]uint32, len(f.told))
	for i, c := range f.told {
		numbers[i] = c.Area.Valid.Number
	}
	if !slices.IsSorted(numbers) || int(numbers[len(numbers)-1]) != len(numbers) || len(numbers) < 20 {
		t.Errorf("versions %v", numbers)
	}
}

func TestManyAtOnce(t *testing.T) {
	f, r := open(t)
	permits := func(n uint32, ids ...string) []track.Change {
		var out []track.Change
		for _, id := range ids {
			out = append(out, track.Change{Permit: &permit.Permit{
				ID: permit.ID(id), Kind: permit.Fishing, Issuer: "x", Area: "lake",
				Valid: valid.Record{Number: n, By: "Ana", Known: f.now, Reason: "import"},
			}})
		}
		return out
	}
	must(t, r.ApplyAll(t.Context(), boss(), nil))
	must(t, r.ApplyAll(t.Context(), boss(), permits(1, "a", "b", "c")))
	must(t, r.ApplyAll(t.Context(), boss(), append(permits(2, "a"), permits(3, "a")...)))
	if len(f.journal) != 2 || len(f.told) != 5 || r.Version(registry.Permit, "a") != 3 || f.journal[0].ID != "registry.permit/a/1+2" {
		t.Errorf("journal %+v, %d told, version %d", f.journal, len(f.told), r.Version(registry.Permit, "a"))
	}
	bad := permits(1, "e")
	bad[0].Permit.Issuer = ""
	for name, tc := range map[string]struct {
		who     desk.Role
		changes []track.Change
		is      error
	}{
		"a gap":        {desk.Officer, permits(5, "a"), desk.ErrConflict},
		"one of many":  {desk.Officer, append(permits(1, "d"), permits(1, "b")...), desk.ErrConflict},
		"not complete": {desk.Officer, append(permits(1, "d"), bad...), desk.ErrInvalid},
		"two kinds":    {desk.Officer, append(permits(1, "d"), post("p", "")), desk.ErrInvalid},
		"a viewer":     {desk.Viewer, permits(1, "d"), desk.ErrForbidden},
	} {
		who := boss()
		who.Role = tc.who
		if err := r.ApplyAll(t.Context(), who, tc.changes); !errors.Is(err, tc.is) || len(f.kept) != 5 {
			t.Errorf("%s: %v, %d kept", name, err, len(f.kept))
		}
	}
}

// TestDronesArePublished: the record of each change of a drone says what is
// published of it, also that it is none any more; stored versions of before
// stay readable, and can be ended.
func TestDronesArePublished(t *testing.T) {
	old := asset.Asset{ID: "old", Kind: asset.Drone, Valid: valid.Record{Number: 1}}
	f, r := open(t, track.Change{Asset: &old})
	a := asset.Asset{ID: "d", Kind: asset.Drone, Aircraft: asset.Aircraft{Maker: "M", Model: "X", Supplier: "S", Payload: "cámara", Range: 40.5, Serial: "7"}}
	change := func(a asset.Asset) track.Change { return track.Change{Asset: &a} }
	admin := func(request string, made uint32, c track.Change) registry.Wish {
		w := wish(request, made, c)
		w.Who.Role = desk.Administrator
		return w
	}
	said := func() (out string) {
		for _, x := range f.journal[len(f.journal)-1].Fields[2:] {
			out += x.Name + "=" + x.Value + "; "
		}
		return out
	}
	at := f.now.UTC().Format(time.RFC3339)
	for _, tc := range []struct {
		do   func() (registry.Result, error)
		want string
	}{
		{func() (registry.Result, error) { return r.Apply(t.Context(), admin("1", 0, change(a))) }, "aircraft=d; maker=M; model=X; supplier=S; payload=cámara; range=40.5; from=" + at + "; serial=7; "},
		{func() (registry.Result, error) {
			return r.Apply(t.Context(), admin("2", 1, change(asset.Asset{ID: "d", Kind: asset.Post})))
		}, "aircraft=d; until=" + at + "; "},
		{func() (registry.Result, error) {
			return r.Apply(t.Context(), admin("3", 2, change(asset.Asset{ID: "d", Kind: asset.Boat})))
		}, ""},
		{func() (registry.Result, error) { return r.Retire(t.Context(), admin("4", 1, change(old))) }, "aircraft=old; from=" + at + "; until=" + at + "; "},
	} {
		if _, err := tc.do(); err != nil {
			t.Fatal(err)
		}
		if got := said(); got != tc.want {
			t.Errorf("%s: says %q, want %q", f.journal[len(f.journal)-1].ID, got, tc.want)
		}
	}
	if _, err := r.Apply(t.Context(), admin("5", 2, change(old))); !errors.Is(err, desk.ErrInvalid) || !strings.Contains(err.Error(), "add maker") {
		t.Errorf("a drone that says nothing: %v", err)
	}
	a.ID, a.Valid = "e", valid.Record{Number: 1}
	who := desk.Who{ID: "P1", Name: "Ana", Role: desk.Administrator}
	if err := r.ApplyAll(t.Context(), who, []track.Change{change(a)}); !errors.Is(err, desk.ErrInvalid) || !strings.Contains(err.Error(), "alone") {
		t.Errorf("a drone among others: %v", err)
	}
}
