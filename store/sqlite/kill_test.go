package sqlite_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"atalaya/desk"
	"atalaya/store"
	"atalaya/store/sqlite"
	"atalaya/store/storetest"
	"atalaya/watch"
)

// TestKill kills a program that takes decisions, at random points, and looks
// after each kill whether what it acknowledged is there, once. ATALAYA_KILLS
// says how often; 20 is the least that finds the usual mistakes. In short mode,
// for the race detector, a few are enough: what counts there are the officers,
// the loop and the writer of the victim beside each other, and the first race
// ends it by itself.
func TestKill(t *testing.T) {
	t.Parallel()
	const inside = "ATALAYA_TEST_KILL"
	if dir := os.Getenv(inside); dir != "" {
		victim(t, dir)
		return
	}
	kills := 20
	if testing.Short() {
		kills = 4
	}
	if s := os.Getenv("ATALAYA_KILLS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatalf("ATALAYA_KILLS: %v", err)
		}
		kills = n
	}
	k := &killer{dir: t.TempDir(), said: map[string]said{}}
	r := rand.New(rand.NewPCG(1, 2))
	for i := range kills {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKill$")
		cmd.Env = append(os.Environ(), inside+"="+k.dir, "ATALAYA_TEST_KILL_ROUND="+strconv.Itoa(i), endAtRace)
		cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		k.run(t, cmd, 1+r.IntN(40), time.Duration(r.IntN(3000))*time.Microsecond)
		k.look(t)
	}
	t.Logf("%d kills: %d decisions were tried, %d of them acknowledged, %d done by a retry, %d gone with an alert that was not kept yet; %d journal records were found open; the highest numbers were %+v",
		kills, len(k.said), k.acknowledged, k.retried, k.gone, k.unknown, k.highest)
	if k.acknowledged < kills || !testing.Short() && (k.retried == 0 || k.unknown == 0) {
		t.Errorf("the kills hit nothing: %d acknowledged, %d open", k.acknowledged, k.unknown)
	}
}

// endAtRace lets a victim with the race detector end at the first race. What it
// would say at its end, a killed one never says.
const endAtRace = "GORACE=halt_on_error=1"

// said is what the victim said about a request.
type said struct {
	dec  desk.Decision
	kind desk.ChangeKind
	done bool
	gone bool // with its alert
}

type killer struct {
	dir                            string
	said                           map[string]said
	order                          []string
	acknowledged, retried, unknown int
	gone                           int
	highest                        store.Resume
}

// run lets a victim say so many words about decisions, and live a moment
// longer.
func (k *killer) run(t *testing.T, cmd *exec.Cmd, words int, longer time.Duration) {
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
	for lines := bufio.NewScanner(out); lines.Scan(); {
		said := strings.Fields(lines.Text())
		k.hear(t, said)
		if said[0] == "try" || said[0] == "done" {
			words--
		}
		if words == 0 { // and not again
			time.AfterFunc(longer, func() { _ = cmd.Process.Kill() })
			words = -1
		}
	}
	err = cmd.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("the victim ended by itself: %v\n%s", err, complaint.String())
	}
}

func (k *killer) hear(t *testing.T, words []string) {
	switch {
	case len(words) == 5 && words[0] == "try":
		k.said[words[1]] = said{kind: desk.ChangeKind(words[3]), dec: desk.Decision{
			Request: words[1], Alert: desk.AlertID(words[2]), Outcome: desk.Outcome(strings.Trim(words[4], "-")), Who: ana(),
		}}
		k.order = append(k.order, words[1])
	case len(words) == 2 && words[0] == "done":
		s := k.said[words[1]]
		s.done = true
		k.said[words[1]] = s
		k.acknowledged++
	case len(words) == 2 && words[0] == "late":
		s := k.said[words[1]]
		s.gone = true
		k.said[words[1]] = s
	case len(words) == 4 && words[0] == "numbers":
		var r store.Resume
		if _, err := fmt.Sscan(strings.Join(words[1:], " "), &r.Step, &r.Seq, &r.Track); err != nil {
			t.Fatalf("heard %q: %v", words, err)
		}
		k.highest.Step, k.highest.Seq, k.highest.Track = max(k.highest.Step, r.Step), max(k.highest.Seq, r.Seq), max(k.highest.Track, r.Track)
	case len(words) == 1 && words[0] == "ready":
	}
}

// look opens what the victim left, and retries what it did not answer.
func (k *killer) look(t *testing.T) {
	t.Helper()
	ctx := t.Context()
	s, d := openDesk(t, ctx, k.dir)
	r := s.Resume()
	if r.Step < k.highest.Step || r.Seq < k.highest.Seq || r.Track < k.highest.Track {
		t.Fatalf("numbers go on at %+v, but %+v were used", r, k.highest)
	}
	inStore := map[string]bool{}
	for _, request := range k.order {
		said := k.said[request]
		_, _, err := s.DecisionByRequest(ctx, request)
		inStore[request] = err == nil
		switch {
		case said.gone:
		case err != nil && !errors.Is(err, desk.ErrNotFound):
			t.Fatal(err)
		case err != nil && said.done:
			t.Fatalf("request %s was acknowledged and is lost", request)
		case said.done:
		default:
			res, again := decide(ctx, d, said)
			if errors.Is(again, desk.ErrNotFound) || errors.Is(again, desk.ErrConflict) && err != nil {
				// Seen in memory, and killed before it was kept: so was nothing
				// else about it. Or the other officer's incident had it.
				said.gone = true
				k.said[request] = said
				k.gone++
				continue
			}
			if again != nil {
				t.Fatalf("retry of %s: %v", request, again)
			}
			if res.Repeated != (err == nil) {
				t.Fatalf("retry of %s: repeated is %v, in the store it was: %v", request, res.Repeated, err == nil)
			}
			said.done = true
			k.said[request] = said
			k.retried++
		}
	}
	k.whole(t, ctx, d)
	k.journal(t, ctx, s, inStore)
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

// whole looks whether every alert's changes follow each other, each decision
// once.
func (k *killer) whole(t *testing.T, ctx context.Context, d *desk.Desk) {
	t.Helper()
	times := map[string]int{}
	for f := (desk.Filter{Limit: 1000}); ; {
		page, err := d.List(ctx, f)
		if err != nil {
			t.Fatal(err)
		}
		for _, a := range page.Alerts {
			kinds := map[desk.ChangeKind]int{}
			for i, c := range a.Changes {
				if c.Version != uint64(i+1) {
					t.Fatalf("alert %s: change %d has version %d", a.ID, i, c.Version)
				}
				kinds[c.Kind]++
				if c.Request != "" {
					times[c.Request]++
				}
			}
			if kinds[desk.WasRaised] != 1 || kinds[desk.WasAcknowledged] > 1 || kinds[desk.WasClosed] > kinds[desk.WasAcknowledged] {
				t.Fatalf("alert %s went through %v", a.ID, kinds)
			}
		}
		if f.After = page.Next; f.After == "" {
			break
		}
	}
	for _, request := range k.order {
		if !k.said[request].gone && times[request] != 1 {
			t.Fatalf("request %s was done %d times", request, times[request])
		}
	}
}

// journal looks whether every decision has its record, and every record its
// outcome.
func (k *killer) journal(t *testing.T, ctx context.Context, s *sqlite.Store, inStore map[string]bool) {
	t.Helper()
	recorded := map[string]bool{}
	k.unknown = 0
	for after := uint64(0); ; {
		page, err := s.Journal(ctx, after, 1000)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		for _, e := range page {
			after = e.Number
			request := strings.TrimPrefix(e.Record.ID, "decision/")
			recorded[request] = true
			switch e.Outcome {
			case desk.UnknownOutcome:
				k.unknown++
			case desk.Done:
				if _, _, err := s.DecisionByRequest(ctx, request); err != nil {
					t.Fatalf("record %d is done, but: %v", e.Number, err)
				}
			default:
				t.Fatalf("record %d ended as %q: %s", e.Number, e.Outcome, e.Detail)
			}
		}
	}
	for _, request := range k.order {
		if !k.said[request].gone && !recorded[request] {
			t.Fatalf("request %s was done without a record", request)
		}
	}
}

func ana() desk.Who { return desk.Who{ID: "P1", Name: "Ana", Role: desk.Officer} }

func decide(ctx context.Context, d *desk.Desk, s said) (desk.Result, error) {
	if s.kind == desk.WasClosed {
		return d.Close(ctx, s.dec)
	}
	return d.Acknowledge(ctx, s.dec)
}

type wallClock struct{}

func (wallClock) Now() time.Time { return time.Now().UTC() }

func openDesk(t *testing.T, ctx context.Context, dir string) (*sqlite.Store, *desk.Desk) {
	t.Helper()
	log := slog.New(slog.DiscardHandler)
	s, err := sqlite.Open(ctx, sqlite.Config{Dir: dir, Clock: wallClock{}, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	d, err := desk.Start(ctx, desk.Config{Store: s, Ledger: s, Clock: wallClock{}, Log: log})
	if err != nil {
		t.Fatal(err)
	}
	return s, d
}

// victim is the program that is killed: a loop that raises alerts, and two
// officers who acknowledge and close them. It tells what it is about to do and
// what is done.
func victim(t *testing.T, dir string) {
	ctx := t.Context()
	round := os.Getenv("ATALAYA_TEST_KILL_ROUND")
	s, d := openDesk(t, ctx, dir)
	var mu sync.Mutex
	say := func(format string, args ...any) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintf(os.Stdout, format+"\n", args...)
	}
	say("ready")
	w := storetest.NewWorld(40, s.Resume(), time.Now())
	base := int(s.Resume().Step)
	for i := range 2 {
		go func() {
			for n := 0; ; n++ {
				page, err := d.List(ctx, desk.Filter{States: []desk.State{desk.New, desk.Acknowledged}, Limit: 1000})
				if err != nil {
					panic(err)
				}
				for _, a := range page.Alerts {
					if int(a.Finding.Track)%2 != i {
						continue // the other officer's
					}
					x := said{kind: desk.WasAcknowledged, dec: desk.Decision{Request: fmt.Sprintf("%s-%d-%d-%s", round, i, n, a.ID), Alert: a.ID, Who: ana()}}
					outcome := "-"
					if a.State == desk.Acknowledged {
						x.kind, x.dec.Outcome, outcome = desk.WasClosed, desk.Explained, string(desk.Explained)
					}
					say("try %s %s %s %s", x.dec.Request, a.ID, x.kind, outcome)
					_, err := decide(ctx, d, x)
					if errors.Is(err, desk.ErrConflict) {
						say("late %s", x.dec.Request) // the other officer acknowledged the incident that it is of
						continue
					}
					if err != nil {
						panic(err)
					}
					say("done %s", x.dec.Request)
				}
			}
		}()
	}
	for {
		step := w.Step()
		say("numbers %d %d %d", step.N, step.LastSeq, 40)
		var fs []watch.Finding
		if step.N%5 == 0 {
			fs = append(fs, storetest.Finding(base+int(step.N), 1, step.Now, step.LastSeq))
		}
		if _, err := d.Consider(ctx, step.Now, fs); err != nil {
			t.Fatal(err)
		}
		if err := s.Append(ctx, step); err != nil {
			t.Fatal(err)
		}
		if err := s.Sync(ctx); err != nil {
			t.Fatal(err)
		}
	}
}
