package gate_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"atalaya/desk"
	"atalaya/desk/gate"
)

// TestKill kills a program that does acts through the gate, at random points,
// and looks after each kill whether every acknowledged act stands in the log,
// once, and every act has its outcome. ATALAYA_KILLS says how often.
func TestKill(t *testing.T) {
	t.Parallel()
	const inside = "ATALAYA_TEST_KILL"
	if dir := os.Getenv(inside); dir != "" {
		victim(t, dir)
		return
	}
	kills := 50
	if testing.Short() {
		kills = 4
	}
	if s := os.Getenv("ATALAYA_KILLS"); s != "" {
		n, err := strconv.Atoi(s)
		check(t, err)
		kills = n
	}
	dir := t.TempDir()
	r := rand.New(rand.NewPCG(1, 3))
	var k killer
	for i := range kills {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKill$")
		cmd.Env = append(os.Environ(), inside+"="+dir, "ATALAYA_TEST_KILL_ROUND="+strconv.Itoa(i), "GORACE=halt_on_error=1")
		cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		k.run(t, cmd, r.IntN(60), time.Duration(r.IntN(15_000))*time.Microsecond)
		k.look(t, dir)
	}
	t.Logf("%d kills: %d acts were tried, %d acknowledged; the log has %d entries; of the acts that nobody answered %d were never in the log and %d were closed as unknown",
		kills, len(k.tried), len(k.done), k.entries, k.never, k.unknown)
	if len(k.done) < kills || !testing.Short() && (k.never == 0 || k.unknown == 0) {
		t.Error("the kills hit nothing")
	}
}

type killer struct {
	tried, done map[string]bool
	entries     int
	never       int
	unknown     int
}

// run lets a victim say so many words, and live a moment longer.
func (k *killer) run(t *testing.T, cmd *exec.Cmd, words int, longer time.Duration) {
	t.Helper()
	if k.tried == nil {
		k.tried, k.done = map[string]bool{}, map[string]bool{}
	}
	out, err := cmd.StdoutPipe()
	check(t, err)
	var complaint strings.Builder
	cmd.Stderr = &complaint
	check(t, cmd.Start())
	for lines := bufio.NewScanner(out); lines.Scan(); {
		switch said := strings.Fields(lines.Text()); {
		case len(said) != 2:
			continue
		case said[0] == "try":
			k.tried[said[1]] = true
		case said[0] == "done":
			k.done[said[1]] = true
		}
		if words == 0 {
			time.AfterFunc(longer, func() { _ = cmd.Process.Kill() })
		}
		words--
	}
	err = cmd.Wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.Sys().(syscall.WaitStatus).Signal() != syscall.SIGKILL {
		t.Fatalf("the victim ended by itself: %v\n%s", err, complaint.String())
	}
}

// look opens what the victim left.
func (k *killer) look(t *testing.T, dir string) {
	t.Helper()
	r := open(t, dir, nil)
	defer r.close(t)
	if err := r.log.Refused(); err != nil {
		t.Fatal(err)
	}
	entries := r.read(t)
	if len(entries) < k.entries {
		t.Fatalf("the log has %d entries and had %d", len(entries), k.entries)
	}
	k.entries, k.never, k.unknown = len(entries), 0, 0
	there := acts(t, entries)
	for id := range k.tried {
		outcomes := there[id]
		ran := 0
		if b, err := os.ReadFile(filepath.Join(dir, "acts", id)); err == nil {
			ran = len(b)
		}
		switch {
		case len(outcomes) > 1:
			t.Fatalf("act %s is in the log %d times", id, len(outcomes))
		case ran > 1:
			t.Fatalf("act %s ran %d times", id, ran)
		case len(outcomes) == 0 && (k.done[id] || ran > 0):
			t.Fatalf("act %s ran (acknowledged: %v), and the log does not have it", id, k.done[id])
		case len(outcomes) == 0:
			k.never++
		case outcomes[0] == "":
			t.Fatalf("act %s has no outcome", id)
		case k.done[id] && outcomes[0] != string(desk.Done):
			t.Fatalf("act %s was acknowledged, and its outcome is %s", id, outcomes[0])
		case outcomes[0] == string(desk.UnknownOutcome):
			k.unknown++
		}
	}
	for after := uint64(0); ; {
		page, err := r.store.Journal(t.Context(), after, 1000)
		check(t, err)
		if len(page) == 0 {
			break
		}
		for _, e := range page {
			after = e.Number
			if e.Outcome == desk.Pending {
				t.Fatalf("journal record %d has no outcome", e.Number)
			}
		}
	}
}

// victim is the program that is killed: three people who act, beside somebody
// who notes many single records.
func victim(t *testing.T, dir string) {
	t.Helper()
	check(t, os.MkdirAll(filepath.Join(dir, "acts"), 0o700))
	r := open(t, dir, nil)
	var mu sync.Mutex
	say := func(what, id string) {
		mu.Lock()
		defer mu.Unlock()
		fmt.Fprintln(os.Stdout, what, id)
	}
	round := os.Getenv("ATALAYA_TEST_KILL_ROUND")
	for p := range 3 {
		go func() {
			for n := 0; ; n++ {
				id := fmt.Sprintf("%s-%d-%d", round, p, n)
				say("try", id)
				if err := r.gate.Do(context.Background(), act(id), func(context.Context) error {
					f, err := os.OpenFile(filepath.Join(dir, "acts", id), os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
					if err != nil {
						return err
					}
					_, err = f.WriteString("x")
					return errors.Join(err, f.Close())
				}); err != nil {
					panic(err)
				}
				say("done", id)
			}
		}()
	}
	for n := 0; ; n++ {
		id := fmt.Sprintf("%s-single-%d", round, n)
		if err := r.gate.Note(context.Background(), gate.Single{Kind: "count", ID: id, At: time.Now()}, gate.Single{Kind: "count", ID: id + "b", At: time.Now()}); err != nil {
			panic(err)
		}
		time.Sleep(time.Millisecond)
	}
}
