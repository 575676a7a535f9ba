package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"atalaya/internal/peer"
	"atalaya/internal/running"
	"atalaya/ledger/proof"
)

// small is a small disk of the program's own: a tmpfs in a mount namespace that
// outlives the program. A shell inside fills it to the last byte, frees it, and
// hides the ledger's log behind an empty disk that nobody can write; it is told
// by files outside.
type small struct {
	dir, tell string
}

func newSmall(t *testing.T) *small {
	t.Helper()
	peer.Command(t, "unshare")
	peer.Command(t, "nsenter")
	s := &small{t.TempDir(), t.TempDir()}
	t.Cleanup(func() { touch(t, filepath.Join(s.tell, "end")) })
	return s
}

// first makes the disk and starts the program on it.
func (s *small) first() []string {
	script := fmt.Sprintf(`
d=%[1]s t=%[2]s log=$d/exercise/ledger/log
mount -t tmpfs -o size=48m atalaya-test $d || exit 1
( while [ -d $t ] && [ ! -e $t/end ]; do
    if [ -e $t/fill ]; then dd if=/dev/zero of=$d/filler bs=4k oflag=append conv=notrunc; dd if=/dev/zero of=$d/filler bs=1 count=4096 oflag=append conv=notrunc; touch $t/filled; fi
    [ -e $t/free ] && rm -f $t/fill $t/filled $d/filler $t/free
    [ -e $t/hide ] && mount -t tmpfs -o ro,size=4k atalaya-test $log && rm $t/hide
    [ -e $t/show ] && umount $log && rm $t/show
    sleep 0.1
  done ) >/dev/null 2>&1 </dev/null &
echo $! > $t/pid
exec "$@"`, s.dir, s.tell)
	return []string{"unshare", "-rm", "sh", "-c", script, "sh"}
}

// inside runs a command on the disk.
func (s *small) inside(t *testing.T) []string {
	t.Helper()
	pid, err := os.ReadFile(filepath.Join(s.tell, "pid"))
	if err != nil {
		t.Fatal(err)
	}
	return []string{"nsenter", "--user", "--mount", "--preserve-credentials", "--target", strings.TrimSpace(string(pid))}
}

func (s *small) told(name string) bool {
	_, err := os.Stat(filepath.Join(s.tell, name))
	return err == nil
}

// wait tells the shell something and waits until it did it.
func (s *small) wait(t *testing.T, p *running.Program, name string) {
	t.Helper()
	touch(t, filepath.Join(s.tell, name))
	until(t, p, name, 20*time.Second, func() bool { return !s.told(name) })
}

// TestSafeActsLeave: on a disk without a byte of room, and with a ledger that
// cannot write, turning a camera is refused, stopping and stowing it leave
// within 200 ms, and looking goes on. Their records follow, once each, marked
// late: when there is room again, and after a kill -9. The outsider's checker
// reports each of them, and nothing else.
func TestSafeActsLeave(t *testing.T) {
	t.Parallel()
	s := newSmall(t)
	port := running.Ports(t, 7)
	args := []string{"--exercise", "--boats", "4", "--port", fmt.Sprint(port)}
	p := running.Start(t, running.Options{Args: args, Dir: s.dir, Wrap: s.first()})
	p.Enrol(t, "Ana")
	t.Cleanup(func() {
		if t.Failed() {
			t.Log(p.Log())
		}
	})
	n := 0
	turn := func() (int, string) {
		t.Helper()
		n++
		status, b, err := p.Do(t.Context(), http.MethodPost, "/api/sensors/camera-1/looks", fmt.Sprint("turn-", n), map[string]any{"kind": "absolute", "purpose": "training", "azimuth_deg": 285 + n%10}, nil)
		if err != nil {
			t.Fatal(err)
		}
		return status, string(b)
	}
	turns := func(when string) {
		t.Helper()
		until(t, p, "turning the camera "+when, 30*time.Second, func() bool { status, _ := turn(); return status == http.StatusOK })
	}
	var late []string
	var slowest time.Duration
	safeActs := func(when string) {
		t.Helper()
		for _, act := range []string{"stop", "stow", "stop", "stow"} {
			begun := time.Now()
			status, b, err := p.Do(t.Context(), http.MethodPost, "/api/sensors/camera-1/"+act, "", nil, nil)
			took := time.Since(begun)
			var done struct {
				Record string
				Late   bool
			}
			if err != nil || status != http.StatusOK || json.Unmarshal(b, &done) != nil || !done.Late {
				t.Fatalf("%s: %s: %d %s, %v\n%s", when, act, status, b, err, p.Log())
			}
			t.Logf("%s: %s answered in %.1f ms", when, act, float64(took.Microseconds())/1000)
			late, slowest = append(late, done.Record+"/late"), max(slowest, took)
		}
		var state struct {
			Direction struct {
				Elevation float64 `json:"elevation_deg"`
			}
			Moving bool
		}
		until(t, p, "the camera stowed", 10*time.Second, func() bool {
			p.Must(t, http.MethodGet, "/api/sensors/camera-1/camera", nil, &state)
			return state.Direction.Elevation < -29
		})
	}
	goesOn := func(when string) {
		t.Helper()
		var before, after struct{ Step uint64 }
		p.Must(t, http.MethodGet, "/api/system", nil, &before)
		for _, path := range []string{"/api/sensors", "/api/alerts", "/api/areas", "/api/sensors/camera-1/camera"} {
			p.Must(t, http.MethodGet, path, nil, nil)
		}
		until(t, p, "the picture to go on "+when, 10*time.Second, func() bool {
			p.Must(t, http.MethodGet, "/api/system", nil, &after)
			return after.Step >= before.Step+4
		})
	}
	fill := func() {
		t.Helper()
		touch(t, filepath.Join(s.tell, "fill"))
		until(t, p, "a full disk", 20*time.Second, func() bool { return s.told("filled") })
		until(t, p, "a refused turn", 20*time.Second, func() bool {
			status, b := turn()
			if status != http.StatusOK && (status != http.StatusInsufficientStorage || !strings.Contains(b, "free space")) {
				t.Errorf("a turn on a full disk: %d %s", status, b)
			}
			return status != http.StatusOK
		})
	}

	turns("at first")
	fill()
	safeActs("full disk")
	goesOn("on a full disk")
	s.wait(t, p, "free")
	turns("with room again")

	s.wait(t, p, "hide")
	if status, b := turn(); status != http.StatusServiceUnavailable {
		t.Errorf("a turn without a log: %d %s", status, b)
	}
	safeActs("dead log")
	goesOn("without a log")
	s.wait(t, p, "show")
	turns("with a log again")

	fill()
	safeActs("full disk, before a kill")
	p.Kill()
	s.wait(t, p, "free")
	p = running.Start(t, running.Options{Args: args, Dir: s.dir, Wrap: s.inside(t)})
	p.SignIn(t, "Ana")
	turns("after a kill")
	if err := p.Stop(t); err != nil {
		t.Fatalf("%v\n%s", err, p.Log())
	}
	t.Logf("%d safe acts, the slowest answered in %.1f ms", len(late), float64(slowest.Microseconds())/1000)
	if slowest > 200*time.Millisecond {
		t.Errorf("a safe act took %s", slowest)
	}
	s.check(t, late)
}

// check exports the ledger and compares what the checker finds with the records
// that are late.
func (s *small) check(t *testing.T, late []string) {
	t.Helper()
	command := func(args ...string) string {
		t.Helper()
		line := append(append(s.inside(t), running.Binary(t)), args...)
		out, err := exec.CommandContext(t.Context(), line[0], line[1:]...).CombinedOutput()
		if err != nil {
			t.Fatalf("%q: %v\n%s", args, err, out)
		}
		return string(out)
	}
	public := filepath.Join(t.TempDir(), "public")
	command("ledger", "export", "--exercise", "--data", s.dir, "-o", public)
	vkey, err := os.ReadFile(filepath.Join(public, "vkeys"))
	if err != nil {
		t.Fatal(err)
	}
	v, err := proof.ParseLogKey(strings.TrimSpace(string(vkey)))
	if err != nil {
		t.Fatal(err)
	}
	_, found, err := proof.CheckExport(os.DirFS(public), proof.Options{Keys: proof.Keys{Log: []note.Verifier{v}}, Now: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range found {
		if f.Kind != proof.LateSafeAct {
			t.Errorf("the checker: %+v", f)
		}
	}
	if len(found) != len(late) {
		t.Errorf("%d findings for %d late safe acts", len(found), len(late))
	}
	all := command("ledger", "show", "0", "--count", "100000", "--exercise", "--data", s.dir)
	for _, id := range late {
		if n := strings.Count(all, "id="+id); n != 2 { // the act and its outcome
			t.Errorf("%s: %d entries, want an act and its outcome", id, n)
		}
	}
	if t.Failed() {
		t.Log(all)
	}
}
