package safe_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"atalaya/desk"
	"atalaya/desk/safe"
)

// world is a ledger, a reserve and what is acted on. All that it does counts as
// one step, and from step dies on nothing has an effect: the program was killed.
type world struct {
	mu       sync.Mutex
	steps    int
	dies     int // 0: never
	refuse   error
	hang     time.Duration // of the ledger
	slow     time.Duration // of the reserve
	places   int
	records  []desk.Record
	outcomes []error
	kept     []safe.Piece
	next     int
	missing  uint64
	since    time.Time
	left     []string
}

var errDead = errors.New("dead")

// step reports whether the program still runs.
func (w *world) step() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.steps++
	return w.dies == 0 || w.steps <= w.dies
}

func (w *world) Now() time.Time { return time.Now() }

func (w *world) Do(ctx context.Context, rec desk.Record, act func(context.Context) error) error {
	w.mu.Lock()
	refuse, hang := w.refuse, w.hang
	w.mu.Unlock()
	time.Sleep(hang)
	if refuse != nil {
		return refuse
	}
	if !w.step() {
		return errDead
	}
	w.mu.Lock()
	w.records = append(w.records, rec)
	w.mu.Unlock()
	err := act(ctx)
	w.mu.Lock()
	w.outcomes = append(w.outcomes, err)
	w.mu.Unlock()
	return err
}

func (w *world) Entered(_ context.Context, id string, _ time.Time) (bool, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.ContainsFunc(w.records, func(r desk.Record) bool { return r.ID == id }), nil
}

func (w *world) Keep(b []byte) (int, error) {
	time.Sleep(w.slow)
	if !w.step() {
		return 0, errDead
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.kept) >= w.places {
		return 0, desk.ErrFull
	}
	w.next++
	w.kept = append(w.kept, safe.Piece{Place: w.next, Record: b})
	return w.next, nil
}

func (w *world) Longest() int { return 1000 }

func (w *world) End(place int, b []byte) error {
	if !w.step() {
		return errDead
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for i := range w.kept {
		if w.kept[i].Place == place {
			w.kept[i].Ending = b
			return nil
		}
	}
	return desk.ErrNotFound
}

func (w *world) Free(place int) error {
	if !w.step() {
		return errDead
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.kept = slices.DeleteFunc(w.kept, func(p safe.Piece) bool { return p.Place == place })
	return nil
}

func (w *world) Kept() ([]safe.Piece, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.kept), nil
}

func (w *world) Missing() (uint64, time.Time) { return w.missing, w.since }

func (w *world) SetMissing(n uint64, since time.Time) error {
	if !w.step() {
		return errDead
	}
	w.missing, w.since = n, since
	return nil
}

func (w *world) service() *safe.Service {
	return safe.New(safe.Config{Ledger: w, Reserve: w, Clock: w, Log: slog.New(slog.DiscardHandler), Entered: w.Entered})
}

func (w *world) act(name string, err error) func(context.Context) error {
	return func(context.Context) error {
		if !w.step() {
			return errDead
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		w.left = append(w.left, name)
		return err
	}
}

func record(name string) desk.Record {
	return desk.Record{ID: name, Kind: "look", At: time.Now(), Subject: "sensor:cam", Fields: []desk.Field{{Name: "command", Value: "hold"}}}
}

// runs lets the service enter what waits, for so long.
func runs(t *testing.T, s *safe.Service, d time.Duration) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	s.Run(ctx)
}

// TestLeavesWithinAMoment: whatever fails or hangs, and for how long, the act
// leaves within 150 ms, and its record follows, once.
func TestLeavesWithinAMoment(t *testing.T) {
	for name, c := range map[string]struct {
		refuse     error
		hang, slow time.Duration
		places     int
		within     time.Duration
		late       bool
	}{
		"all is well":                {places: 4},
		"the ledger refuses":         {refuse: desk.ErrFull, places: 4, late: true},
		"the ledger hangs":           {hang: time.Hour, places: 4, within: 100 * time.Millisecond, late: true},
		"all hangs":                  {hang: time.Hour, slow: time.Hour, places: 4, within: 150 * time.Millisecond, late: true},
		"refused, the reserve hangs": {refuse: desk.ErrLedger, slow: time.Hour, places: 4, within: 50 * time.Millisecond, late: true},
		"the reserve is full":        {refuse: desk.ErrFull, late: true},
	} {
		synctest.Test(t, func(t *testing.T) {
			w := &world{refuse: c.refuse, hang: c.hang, slow: c.slow, places: c.places}
			s := w.service()
			begun := time.Now()
			late, err := s.Do(t.Context(), record("a"), w.act("a", nil))
			if took := time.Since(begun); err != nil || late != c.late || took != c.within || len(w.left) != 1 || s.Owes("sensor:cam") != c.late {
				t.Errorf("%s: late %t after %s, %v, left %v", name, late, took, err, w.left)
			}
			time.Sleep(3 * time.Hour) // what hung goes on
			w.mu.Lock()
			w.refuse, w.hang, w.slow = nil, 0, 0
			w.mu.Unlock()
			runs(t, s, 3*time.Second)
			marked := 0
			for _, r := range w.records {
				if strings.HasSuffix(r.ID, "/late") && r.Fields[len(r.Fields)-1] == (desk.Field{Name: "late", Value: "true"}) {
					marked++
				}
			}
			if want := map[bool]int{true: 1}[c.late]; marked != want || len(w.left) != 1 || len(w.kept) != 0 || w.missing != 0 || s.State().Waiting != 0 {
				t.Errorf("%s: %d late records of %+v, left %v, %d in the reserve, %d missing", name, marked, w.records, w.left, len(w.kept), w.missing)
			}
		})
	}
}

// TestKilledAnywhere ends the program after each step: of every act that left
// there is one record after the next start, and of no other act two.
func TestKilledAnywhere(t *testing.T) {
	for dies := 1; ; dies++ {
		whole := false
		synctest.Test(t, func(t *testing.T) {
			w := &world{refuse: desk.ErrFull, places: 8, dies: dies}
			s := w.service()
			for _, name := range []string{"a", "b", "c"} {
				_, _ = s.Do(t.Context(), record(name), w.act(name, map[string]error{"b": errors.New("it did not answer")}[name])) // whether it left is looked at below
			}
			synctest.Wait()
			w.mu.Lock()
			w.refuse = nil
			w.mu.Unlock()
			runs(t, s, 2*time.Second)
			whole = w.steps < dies
			w.dies = 0
			runs(t, w.service(), 2*time.Second)
			count := map[string]int{}
			for i, r := range w.records {
				count[r.ID]++
				if left := slices.Contains(w.left, strings.TrimSuffix(r.ID, "/late")); !left && i < len(w.outcomes) && w.outcomes[i] == nil {
					t.Errorf("killed after %d steps: %s did not leave, and its outcome is done", dies, r.ID)
				}
			}
			for _, name := range []string{"a", "b", "c"} {
				n := count[name+"/late"]
				if n > 1 || n == 0 && slices.Contains(w.left, name) {
					t.Errorf("killed after %d steps: %d records of %s; left %v", dies, n, name, w.left)
				}
			}
			if len(w.kept) > 0 {
				t.Errorf("killed after %d steps: %d still in the reserve", dies, len(w.kept))
			}
		})
		if whole {
			if dies < 10 {
				t.Fatalf("only %d steps", dies)
			}
			return
		}
	}
}

// TestOutcomes: a late record's outcome is how its act ended; where the program
// ended in between nobody knows.
func TestOutcomes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{refuse: desk.ErrFull, places: 8}
		s := w.service()
		for name, err := range map[string]error{"well": nil, "ill": errors.New("it did not answer")} {
			if _, got := s.Do(t.Context(), record(name), w.act(name, err)); !errors.Is(got, err) {
				t.Errorf("%s: %v", name, got)
			}
		}
		synctest.Wait()
		b := slices.Clone(w.kept[0].Record)
		w.kept = append(w.kept, safe.Piece{Place: 77, Record: []byte(strings.ReplaceAll(string(b), "ll/late", "ll-unknown/late"))})
		w.refuse = nil
		runs(t, w.service(), 2*time.Second)
		for i, r := range w.records {
			want := map[string]desk.JournalOutcome{"well/late": desk.Done, "ill/late": desk.Failed}[r.ID]
			if strings.Contains(r.ID, "unknown") {
				want = desk.UnknownOutcome
			}
			if got, _ := desk.OutcomeOf(w.outcomes[i]); got != want {
				t.Errorf("%s: %s, want %s", r.ID, got, want)
			}
		}
		if len(w.records) != 3 {
			t.Errorf("%+v", w.records)
		}
	})
}

// TestFullReserve: what the reserve has no place for waits in memory, the oldest
// stay where they are, and what the program's end takes is counted in an entry.
func TestFullReserve(t *testing.T) {
	for _, killed := range []bool{false, true} {
		synctest.Test(t, func(t *testing.T) {
			w := &world{refuse: desk.ErrFull, places: 2}
			s := w.service()
			for i := range 5 {
				if late, err := s.Do(t.Context(), record(fmt.Sprint(i)), w.act("x", nil)); !late || err != nil {
					t.Error(late, err)
				}
			}
			synctest.Wait()
			if st := s.State(); st.Waiting != 5 || st.Memory != 3 || !errors.Is(st.Failing, desk.ErrFull) || w.missing != 3 || len(w.left) != 5 {
				t.Errorf("%+v, %d missing", st, w.missing)
			}
			w.refuse = nil
			if killed {
				s = w.service()
			}
			runs(t, s, 2*time.Second)
			var ids []string
			for _, r := range w.records {
				ids = append(ids, r.ID)
			}
			got := strings.Join(ids, " ")
			if !killed && got != "0/late 1/late 2/late 3/late 4/late" {
				t.Error(got)
			}
			if last := w.records[len(w.records)-1]; killed && (!strings.HasPrefix(got, "0/late 1/late "+safe.MissingKind) || len(ids) != 3 || last.Fields[0].Value != "3" || last.Fields[1].Name != "late") {
				t.Errorf("%s: %+v", got, last)
			}
			if w.missing != 0 || s.State() != (safe.State{Failing: s.State().Failing}) {
				t.Errorf("%d missing, %+v", w.missing, s.State())
			}
		})
	}
}

// TestLongRecord: the reserve keeps as much of it as there is room for.
func TestLongRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{refuse: desk.ErrFull, places: 2}
		s := w.service()
		rec := record("a")
		rec.Fields = append(rec.Fields, desk.Field{Name: "why", Value: strings.Repeat("ñ", 5000)})
		if _, err := s.Do(t.Context(), rec, w.act("a", nil)); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if len(w.kept) != 1 || len(w.kept[0].Record) > w.Longest() || !strings.Contains(string(w.kept[0].Record), "(cut)") || !strings.Contains(string(w.kept[0].Record), `"hold"`) {
			t.Errorf("%+v", w.kept)
		}
	})
}

// TestNote: the record of what happened follows too, and is not marked late.
func TestNote(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &world{refuse: desk.ErrFull, places: 2}
		w.service().Note(t.Context(), record("breach"))
		synctest.Wait()
		w.refuse = nil
		runs(t, w.service(), 2*time.Second)
		if len(w.records) != 1 || w.records[0].ID != "breach" || len(w.records[0].Fields) != 1 || w.outcomes[0] != nil {
			t.Errorf("%+v %v", w.records, w.outcomes)
		}
	})
}
