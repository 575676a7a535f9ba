package approval_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"atalaya/desk"
	"atalaya/desk/approval"
)

// office is a store, ledger and clock in memory, people, and an act that
// counts how often it was done.
type office struct {
	t       *testing.T
	now     time.Time
	docs    []desk.Document
	journal []desk.Record
	full    int // so many writes before there is no room; negative: always room
	gone    desk.PersonID
	did     []string
	fails   error
	book    *approval.Book
}

func open(t *testing.T) *office {
	t.Helper()
	o := &office{t: t, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), full: -1}
	o.start()
	return o
}

// start opens the book, as after a restart.
func (o *office) start() {
	o.t.Helper()
	var err error
	o.book, err = approval.Open(o.t.Context(), approval.Config{
		Store: o, Ledger: o, Clock: o, Within: time.Hour,
		Person: func(_ context.Context, id desk.PersonID) (desk.Who, error) {
			if id == o.gone {
				return desk.Who{}, desk.ErrNotFound
			}
			return desk.Who{ID: id, Name: "name of " + string(id), Role: desk.Supervisor}, nil
		},
		Kinds: map[string]approval.Kind{"rule.change": {Least: desk.Supervisor, Do: o.do}},
	})
	if err != nil {
		o.t.Fatal(err)
	}
}

func (o *office) do(_ context.Context, who desk.Who, act json.RawMessage) error {
	o.did = append(o.did, fmt.Sprintf("%s by %s and %s (%s)", act, who.ID, who.Second, who.SecondName))
	return o.fails
}

func (o *office) Now() time.Time { return o.now }

func (o *office) Do(ctx context.Context, rec desk.Record, act func(context.Context) error) error {
	o.journal = append(o.journal, rec)
	return act(ctx)
}

func (o *office) SaveDocument(_ context.Context, d desk.Document, _ desk.Rests) error {
	if o.full == 0 {
		return desk.ErrFull
	}
	o.full--
	last := uint64(0)
	for _, x := range o.docs {
		if x.ID == d.ID {
			last = x.Version
		}
		if d.Request != "" && x.Request == d.Request {
			return desk.ErrConflict
		}
	}
	if d.Version != last+1 {
		return desk.ErrConflict
	}
	o.docs = append(o.docs, d)
	return nil
}

func (o *office) last(match func(desk.Document) bool) (desk.Document, error) {
	for _, d := range slices.Backward(o.docs) {
		if match(d) {
			return d, nil
		}
	}
	return desk.Document{}, desk.ErrNotFound
}

func (o *office) DocumentByID(_ context.Context, _ desk.DocumentKind, id string) (desk.Document, error) {
	return o.last(func(d desk.Document) bool { return d.ID == id })
}

func (o *office) DocumentByRequest(_ context.Context, request string) (desk.Document, error) {
	return o.last(func(d desk.Document) bool { return d.Request == request })
}

func (o *office) DocumentVersions(context.Context, desk.DocumentKind, string) ([]desk.Document, error) {
	return nil, errors.New("not asked for")
}

func (o *office) Documents(_ context.Context, q desk.DocumentQuery) (out []desk.Filed, err error) {
	seen := map[string]bool{}
	for i, d := range slices.Backward(o.docs) {
		if !seen[d.ID] && (d.Open || !q.OpenOnly) {
			out = append(out, desk.Filed{Number: uint64(i), Document: d})
		}
		seen[d.ID] = true
	}
	return out[:min(len(out), q.Size())], nil
}

func (o *office) CountDocuments(context.Context, desk.DocumentKind) (uint64, error) {
	seen := map[string]bool{}
	for _, d := range o.docs {
		seen[d.ID] = true
	}
	return uint64(len(seen)), nil
}

func who(id desk.PersonID, role desk.Role) desk.Who {
	return desk.Who{ID: id, Name: "name of " + string(id), Role: role}
}

func ana() desk.Who { return who("P1", desk.Supervisor) }
func eva() desk.Who { return who("P2", desk.Administrator) }

func wish(act, request string) approval.Wish {
	return approval.Wish{Kind: "rule.change", Subject: "rule:dark", Fields: map[string]string{"limit": act}, Act: json.RawMessage(act), Request: request, Reason: "too many"}
}

func (o *office) ask(w approval.Wish) approval.Request {
	o.t.Helper()
	r, err := o.book.Ask(o.t.Context(), ana(), w)
	if err != nil {
		o.t.Fatal(err)
	}
	return r
}

func (o *office) state(id string, want approval.State) approval.Request {
	o.t.Helper()
	r, err := o.book.Get(o.t.Context(), id)
	if err != nil || r.State != want {
		o.t.Fatalf("%s is %q (%v), want %s", id, r.State, err, want)
	}
	return r
}

func (o *office) refused(err, want error, says string) {
	o.t.Helper()
	if !errors.Is(err, want) || !strings.Contains(err.Error(), says) {
		o.t.Fatalf("got %v, want %v that says %q", err, want, says)
	}
}

// TestApproval: what was asked for is done once, by another person of the same
// role, in both names.
func TestApproval(t *testing.T) {
	o := open(t)
	ctx := t.Context()
	r := o.ask(wish("7", "ask-1"))
	if r.State != approval.Pending || r.Expires != o.now.Add(time.Hour) || r.By != ana() || r.Reason != "too many" {
		t.Fatalf("%+v", r)
	}
	_, err := o.book.Approve(ctx, ana(), r.ID, "", "a0")
	o.refused(err, desk.ErrForbidden, "another person")
	_, err = o.book.Approve(ctx, who("P3", desk.Officer), r.ID, "", "a0")
	o.refused(err, desk.ErrForbidden, "takes the role supervisor")
	_, err = o.book.Approve(ctx, who("P3", desk.Instructor), r.ID, "", "a0")
	o.refused(err, desk.ErrForbidden, "yours is instructor")
	_, err = o.book.Approve(ctx, eva(), "Q9", "", "a0")
	o.refused(err, desk.ErrNotFound, "Q9")
	if len(o.did) != 0 {
		t.Fatal(o.did)
	}
	o.start() // a request survives a restart
	for range 2 {
		got, err := o.book.Approve(ctx, eva(), r.ID, "fine", "a1")
		if err != nil || got.State != approval.Done || got.Second != eva() || got.Note != "fine" {
			t.Fatalf("%+v %v", got, err)
		}
	}
	if diff := cmp.Diff([]string{"7 by P1 and P2 (name of P2)"}, o.did); diff != "" {
		t.Fatal(diff)
	}
	_, err = o.book.Approve(ctx, who("P4", desk.Supervisor), r.ID, "", "a2")
	o.refused(err, desk.ErrConflict, "is done")
	_, err = o.book.Refuse(ctx, eva(), r.ID, "", "a1")
	if err != nil {
		t.Fatal(err) // the same request: what became of it
	}
	_, err = o.book.Approve(ctx, who("P4", desk.Supervisor), r.ID, "", "a1")
	o.refused(err, desk.ErrRequestReused, "new request id")
	var kinds []string
	for _, rec := range o.journal {
		kinds = append(kinds, rec.Kind+" "+string(rec.Who.ID))
	}
	if diff := cmp.Diff([]string{"approval.ask P1", "approval.approve P2"}, kinds); diff != "" {
		t.Fatal(diff)
	}
	list, err := o.book.List(ctx, false, 10)
	if err != nil || len(list) != 1 || list[0].State != approval.Done {
		t.Fatalf("%+v %v", list, err)
	}
	if list, err = o.book.List(ctx, true, 10); err != nil || len(list) != 0 {
		t.Fatalf("%+v %v", list, err)
	}
}

// TestAsking: a retry is the same request, and what may not wait is refused.
func TestAsking(t *testing.T) {
	o := open(t)
	ctx := t.Context()
	r := o.ask(wish("7", "ask-1"))
	if again := o.ask(wish("7", "ask-1")); again.ID != r.ID {
		t.Errorf("a retry made %s", again.ID)
	}
	if again := o.ask(wish("7", "")); again.ID != r.ID {
		t.Errorf("the same act made %s", again.ID)
	}
	if other := o.ask(wish("8", "")); other.ID == r.ID {
		t.Error("another act is the same request")
	}
	_, err := o.book.Ask(ctx, ana(), wish("9", "ask-1"))
	o.refused(err, desk.ErrRequestReused, "new request id")
	_, err = o.book.Ask(ctx, who("P3", desk.Officer), wish("7", ""))
	o.refused(err, desk.ErrForbidden, "takes the role supervisor")
	w := wish("7", "")
	w.Kind = "tea.make"
	_, err = o.book.Ask(ctx, ana(), w)
	o.refused(err, desk.ErrInvalid, "choose of rule.change")
	w = wish("7", "")
	w.Reason = strings.Repeat("x", 4001)
	_, err = o.book.Ask(ctx, ana(), w)
	o.refused(err, desk.ErrInvalid, "shorten it")
	for i := range 198 {
		o.ask(wish(fmt.Sprint(100+i), ""))
	}
	_, err = o.book.Ask(ctx, ana(), wish("1000", ""))
	o.refused(err, desk.ErrConflict, "200 requests wait")
	o.now = o.now.Add(time.Hour)
	o.ask(wish("1000", "")) // the others' time is over
	o.state(r.ID, approval.Expired)
	if waiting, err := o.book.List(ctx, true, 500); err != nil || len(waiting) != 1 {
		t.Errorf("%d wait, %v", len(waiting), err)
	}
}

// TestEnds: refused, withdrawn, expired, without its asker: never done.
func TestEnds(t *testing.T) {
	o := open(t)
	ctx := t.Context()
	refused, withdrawn, late, orphan := o.ask(wish("1", "")), o.ask(wish("2", "")), o.ask(wish("3", "")), o.ask(wish("4", ""))
	if r, err := o.book.Refuse(ctx, eva(), refused.ID, "no", "r1"); err != nil || r.State != approval.Refused || r.Note != "no" {
		t.Fatalf("%+v %v", r, err)
	}
	if r, err := o.book.Refuse(ctx, ana(), withdrawn.ID, "", "r2"); err != nil || r.State != approval.Withdrawn {
		t.Fatalf("%+v %v", r, err)
	}
	o.gone = "P1"
	_, err := o.book.Approve(ctx, eva(), orphan.ID, "", "r3")
	o.refused(err, desk.ErrConflict, "may not sign in any more")
	o.gone = ""
	o.now = o.now.Add(time.Hour)
	o.state(late.ID, approval.Expired)
	for i, id := range []string{refused.ID, withdrawn.ID, late.ID} {
		_, err = o.book.Approve(ctx, eva(), id, "", fmt.Sprint("n", i))
		o.refused(err, desk.ErrConflict, "ask for it again")
	}
	if len(o.did) != 0 {
		t.Fatal(o.did)
	}
}

// TestFailing: an act that fails, a full disk and an end of the program in
// between never make it happen twice.
func TestFailing(t *testing.T) {
	o := open(t)
	ctx := t.Context()
	o.fails = fmt.Errorf("%w: somebody changed the rule", desk.ErrConflict)
	r := o.ask(wish("1", ""))
	_, err := o.book.Approve(ctx, eva(), r.ID, "", "a1")
	o.refused(err, desk.ErrConflict, "somebody changed the rule")
	if got := o.state(r.ID, approval.Failed); !strings.Contains(got.Detail, "somebody changed") {
		t.Errorf("%+v", got)
	}

	o.fails, o.did = nil, nil
	r = o.ask(wish("2", ""))
	o.full = 0
	_, err = o.book.Approve(ctx, eva(), r.ID, "", "a2")
	o.refused(err, desk.ErrFull, "approve")
	o.state(r.ID, approval.Pending)
	if len(o.did) != 0 {
		t.Fatalf("done without a record: %v", o.did)
	}
	o.full = 1 // room for the approval, none for what became of it
	if _, err = o.book.Approve(ctx, eva(), r.ID, "", "a3"); err != nil || len(o.did) != 1 {
		t.Fatalf("%v %v", o.did, err)
	}
	o.full = -1
	o.start()
	if got := o.state(r.ID, approval.Unknown); !strings.Contains(got.Detail, "look at rule:dark") {
		t.Errorf("%+v", got)
	}
	_, err = o.book.Approve(ctx, eva(), r.ID, "", "a4")
	o.refused(err, desk.ErrConflict, "is unknown")
	if len(o.did) != 1 {
		t.Fatalf("done twice: %v", o.did)
	}
}

// TestPolicy: what one person may do alone.
func TestPolicy(t *testing.T) {
	p := desk.Policy{SecondPerson: []string{"rule.change"}}
	for _, tt := range []struct {
		name string
		who  desk.Who
		kind string
		want error
	}{
		{"another act", ana(), "rule.look", nil},
		{"alone", ana(), "rule.change", desk.ErrSecondPerson},
		{"two people", desk.Who{ID: "P1", Second: "P2"}, "rule.change", nil},
		{"the program", desk.Who{}, "rule.change", nil},
	} {
		if err := p.Allows(tt.who, tt.kind); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
	err := approval.Need(p.Allows(ana(), "rule.change"), wish("7", ""))
	var need *approval.Needed
	if !errors.As(err, &need) || need.Wish.Subject != "rule:dark" || !errors.Is(err, desk.ErrSecondPerson) {
		t.Error(err)
	}
	if err := approval.Need(nil, approval.Wish{}); err != nil {
		t.Error(err)
	}
}
