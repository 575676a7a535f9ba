package elevation

import (
	"bufio"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"
	"time"

	"atalaya/terrain"
)

// world is what the victim imports: a file beside an earlier one, with which it
// shares a column of chunks.
func world(t testing.TB) (earlier, in Import) {
	a, b := degrees(-69, -15, 1600, 2200), degrees(-69+1599*3*arcsec, -15, 3000, 2200)
	return file(grid(t, a, terrain.About{}, hills(a)), "a"), file(grid(t, b, terrain.About{}, hills(b)), "b")
}

// TestKill kills an import at random points and runs it again until it is done:
// before that nothing has changed, after it the files are the same as without
// kills, and work that was done is not done again. ATALAYA_KILLS says how often.
func TestKill(t *testing.T) {
	t.Parallel()
	const inside = "ATALAYA_TEST_KILL"
	if dir := os.Getenv(inside); dir != "" {
		s, err := Open(Config{Dir: dir, Now: noon})
		if err != nil {
			t.Fatal(err)
		}
		_, in := world(t)
		in.Progress = func(done, _ int64) { fmt.Println("done", done) }
		out := bring(t, s, in)
		if err := os.WriteFile(filepath.Join(dir, "resumed"), []byte(strconv.Itoa(out.Resumed)), 0o600); err != nil {
			t.Fatal(err)
		}
		return
	}
	kills := 12
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
	fresh := func() (dir, before string) {
		dir = t.TempDir()
		a, _ := world(t)
		bring(t, open(t, dir), a)
		return dir, dataset(t, dir)
	}
	dir, before := fresh()
	_, in := world(t)
	bring(t, open(t, dir), in)
	want := contents(t, dir)
	r := rand.New(rand.NewPCG(6, 3))
	killed, resumed := 0, 0
	dir, _ = fresh()
	for killed < kills {
		cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestKill$")
		cmd.Env = append(os.Environ(), inside+"="+dir)
		cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		said, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		// It tells of each chunk; it is killed a moment after some chunk.
		words, longer := r.IntN(20), time.Duration(r.IntN(20000))*time.Microsecond
		for lines := bufio.NewScanner(said); lines.Scan(); words-- {
			if words == 0 {
				time.AfterFunc(longer, func() { _ = cmd.Process.Kill() })
			}
		}
		err = cmd.Wait()
		var exit *exec.ExitError
		if errors.As(err, &exit) && exit.Sys().(syscall.WaitStatus).Signal() == syscall.SIGKILL {
			killed++
			// What is in force is all of one state or of the other.
			if now := dataset(t, dir); now != before {
				s := open(t, dir)
				if d, _ := s.Dataset("wgs84-3s"); len(d.Files()) != 2 || len(s.Check(nil)) > 0 {
					t.Fatalf("half an import is in force: %+v", d.Files())
				}
			}
			continue
		}
		if err != nil {
			t.Fatalf("the victim ended by itself: %v", err)
		}
		n, err := os.ReadFile(filepath.Join(dir, "resumed"))
		if err != nil {
			t.Fatal(err)
		}
		if string(n) != "0" {
			resumed++
		}
		if err := os.Remove(filepath.Join(dir, "resumed")); err != nil {
			t.Fatal(err)
		}
		if have := contents(t, dir); have != want {
			t.Fatalf("after kills the files are\n%s, want\n%s", have, want)
		}
		dir, _ = fresh()
	}
	t.Logf("%d kills; %d imports went on where they were", killed, resumed)
	if !testing.Short() && resumed == 0 {
		t.Error("no import was resumed: the kills hit nothing")
	}
}

// dataset is what dataset.json says.
func dataset(t testing.TB, dir string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "wgs84-3s", manifestName))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
