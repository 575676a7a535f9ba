package sqlite_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"atalaya/desk"
	"atalaya/store"
	"atalaya/store/sqlite"
	"atalaya/store/storetest"
	"atalaya/track"
)

// thinPolicy lets everything expire within minutes.
func thinPolicy() store.Policy {
	p := store.DefaultPolicy()
	p.Whole, p.Inputs, p.Events = 20*time.Second, 40*time.Second, 40*time.Second
	return p
}

// TestKillThinning kills a program that thins and copies what alerts rest on, at
// random points, and looks after each kill whether all of it is there, once.
func TestKillThinning(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("kills and 400 boats: for the race detector, the thinning beside appends runs in TestMaxBytes and TestConformance")
	}
	const inside = "ATALAYA_TEST_KILL_THINNING"
	if dir := os.Getenv(inside); dir != "" {
		thinForEver(t, dir)
		return
	}
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(3, 4))
	whole := map[track.ID][2]time.Time{} // alerts, and what of them must be there
	copied := uint64(0)
	for range 12 {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKillThinning$")
		cmd.Env = append(os.Environ(), inside+"="+dir)
		cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		maps.Copy(whole, untilKilled(t, cmd, 100+r.IntN(200), time.Duration(r.IntN(5000))*time.Microsecond))
		s := must(t, sqlite.Config{Dir: dir, Policy: thinPolicy()})
		for id, span := range whole {
			told, err := s.Told(t.Context(), id, span[0], span[1], 1<<20)
			if err != nil {
				t.Fatal(err)
			}
			seconds := int(span[1].Sub(span[0]) / time.Second)
			if len(told) < seconds || len(told) > seconds+1 {
				t.Fatalf("track %s has %d events in %d seconds", id, len(told), seconds)
			}
			for i, x := range told {
				if x.Thinned || len(x.Event.Lineage) != 1 || len(x.Observations) != 1 || (i > 0 && x.Step != told[i-1].Step+4) {
					t.Fatalf("track %s, %d of %d: step %d, lineage %v, %d observations", id, i, len(told), x.Step, x.Event.Lineage, len(x.Observations))
				}
			}
		}
		if e, err := s.Extent(t.Context()); err != nil {
			t.Fatal(err)
		} else if e.Newest.Sub(e.Detail) < 5*time.Minute {
			copied++
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if len(whole) < 5 || copied == 0 {
		t.Fatalf("the kills hit nothing: %d alerts, %d times something had expired", len(whole), copied)
	}
}

// untilKilled lets the victim keep so many steps and live a moment longer, and
// gives what it said that alerts rest on.
func untilKilled(t *testing.T, cmd *exec.Cmd, steps int, longer time.Duration) map[track.ID][2]time.Time {
	t.Helper()
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var complaint strings.Builder
	cmd.Stderr = &complaint
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	said := map[track.ID][2]time.Time{}
	for lines := bufio.NewScanner(out); lines.Scan(); {
		words := strings.Fields(lines.Text())
		if len(words) != 4 || words[0] != "whole" {
			continue
		}
		var n [3]int64
		for i := range n {
			if n[i], err = strconv.ParseInt(words[i+1], 10, 64); err != nil {
				t.Fatalf("heard %q", words)
			}
		}
		said[track.ID(n[0])] = [2]time.Time{time.Unix(n[1], 0).UTC(), time.Unix(n[2], 0).UTC()}
		if steps--; steps == 0 {
			time.AfterFunc(longer, func() { _ = cmd.Process.Kill() })
		}
	}
	err = cmd.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("the victim ended by itself: %v\n%s", err, complaint.String())
	}
	return said
}

// thinForEver is the program that is killed: an alert a minute, each about
// another boat, and half a minute before and after it says what must be there.
func thinForEver(t *testing.T, dir string) {
	ctx := context.Background()
	s, err := sqlite.Open(ctx, sqlite.Config{Dir: dir, Clock: wallClock{}, Log: slog.New(slog.DiscardHandler), Policy: thinPolicy()})
	if err != nil {
		t.Fatal(err)
	}
	after := s.Resume()
	now := noon()
	if !after.Known.IsZero() {
		now = after.Known.Add(2 * time.Hour)
	}
	w := storetest.NewWorld(400, after, now)
	began := now.Add(2 * time.Second)
	id := track.ID(1 + after.Step%300)
	at := now.Add(10 * time.Second)
	raisedAt := time.Time{}
	for {
		step := w.Step()
		if raisedAt.IsZero() && step.Now.After(at) {
			f := storetest.Finding(int(after.Step)+1, 1, step.Now)
			f.Track = id
			a := desk.Alert{ID: desk.NameAlert(f.ID), Finding: f, Raised: step.Now}
			a = a.With(desk.Change{Version: 1, Kind: desk.WasRaised, At: step.Now})
			if err := s.SaveFindings(ctx, []desk.Noted{{Known: step.Now, Finding: f, Of: a.ID}}, []desk.Alert{a}); err != nil {
				t.Fatal(err)
			}
			raisedAt = step.Now
		}
		if err := s.Append(ctx, step); err != nil {
			t.Fatal(err)
		}
		if err := s.Sync(ctx); err != nil {
			t.Fatal(err)
		}
		if !raisedAt.IsZero() {
			fmt.Fprintf(os.Stdout, "whole %d %d %d\n", id, began.Unix(), step.Now.Unix()-1)
		}
	}
}

// TestLineageSize says how much room a lineage takes, at the loop's pace: in the
// steps of 40 and of 4,000 boats that report once a second.
func TestLineageSize(t *testing.T) {
	t.Parallel()
	tables, err := store.NewTables()
	if err != nil {
		t.Fatal(err)
	}
	p, err := tables.Packer()
	if err != nil {
		t.Fatal(err)
	}
	size := func(step store.Step) float64 {
		b, err := p.Events(step)
		if err != nil {
			t.Fatal(err)
		}
		return float64(len(b)) / float64(len(step.Events))
	}
	r := rand.New(rand.NewPCG(5, 6))
	for _, boats := range []int{40, 4000} {
		w := storetest.NewWorld(boats, store.Resume{}, noon())
		for range 8 {
			w.Step()
		}
		step := w.Step()
		bare := step
		bare.Events = append([]track.Event(nil), step.Events...)
		for i := range bare.Events {
			bare.Events[i].Lineage = nil
		}
		inputs, err := p.Inputs(step)
		if err != nil {
			t.Fatal(err)
		}
		observation := float64(len(inputs)) / float64(len(step.Inputs))
		for _, rivals := range []int{0, 3} {
			for i := range step.Events {
				c := &step.Events[i].Lineage[0]
				c.Likelihood = r.ExpFloat64() / 1000
				for k := range rivals {
					c.Rivals[k] = track.Rival{Track: track.ID(1 + r.IntN(boats)), Weight: r.Float64() / 4}
				}
			}
			whole := size(step)
			lineage := whole - size(bare)
			t.Logf("%d events in a step: a lineage with %d rivals takes %.0f bytes, its event with it %.0f, the observation %.0f; 10,000 updates a second make %.0f GB of lineages a day",
				len(step.Events), rivals, lineage, whole, observation, lineage*10_000*86_400/1e9)
			if lineage > 100 {
				t.Errorf("a lineage takes %.1f bytes; docs/storage.md says at most 100", lineage)
			}
		}
	}
}

// TestMaxBytesNameless keeps the history within its bound when nothing of it is
// of the kind that is thinned: plots of tracks without a name.
func TestMaxBytesNameless(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("other rows than in TestMaxBytes: for the race detector the same goroutines")
	}
	dir := t.TempDir()
	policy := store.DefaultPolicy()
	policy.MaxBytes, policy.MinFree = 4<<20, 1
	s := must(t, sqlite.Config{Dir: dir, Policy: policy})
	defer s.Close()
	w := storetest.NewWorld(40, s.Resume(), noon())
	var largest int64
	for range 14 {
		for range 300 {
			step := w.Step()
			for i := range step.Inputs {
				if o := step.Inputs[i].Observation; o != nil {
					o.Claims = nil
				}
			}
			for i := range step.Events {
				step.Events[i].Track.Claims = nil
			}
			if err := s.Append(t.Context(), step); err != nil {
				t.Fatal(err)
			}
			if err := s.Sync(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		w.Now = w.Now.Add(20 * time.Minute)
		st, err := os.Stat(filepath.Join(dir, "history.db"))
		if err != nil {
			t.Fatal(err)
		}
		largest = max(largest, st.Size())
	}
	if r := s.Retention(); r.Thinned > 0 || r.Lineages > 0 || r.ThinnedSteps == 0 || r.ExpiredEvents == 0 || largest > policy.MaxBytes*5/4 {
		t.Fatalf("the file grew to %d bytes, retention %+v", largest, r)
	}
}
