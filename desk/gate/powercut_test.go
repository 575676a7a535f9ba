package gate_test

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"atalaya/internal/powercut"
)

// TestPowerCut runs the program of TestKill on a disk that remembers its writes
// and flushes, and looks at what a power cut at flushes that are drawn would have
// left, the last writes torn: every act that was acknowledged until then stands in
// the log, once, every act has its outcome, and the log passes its scrub.
// ATALAYA_CUTS says how many.
func TestPowerCut(t *testing.T) {
	const inside = "ATALAYA_TEST_CUT"
	if dir := os.Getenv(inside); dir != "" {
		victim(t, dir)
		return
	}
	if os.Geteuid() != 0 && os.Getenv("CI") != "true" {
		t.Skip("it mounts a disk: only root can")
	}
	cuts := 8
	if testing.Short() {
		cuts = 4
	}
	if s := os.Getenv("ATALAYA_CUTS"); s != "" {
		n, err := strconv.Atoi(s)
		check(t, err)
		cuts = n
	}
	const size = 64 << 20
	disk, err := powercut.New(t.TempDir(), size)
	check(t, err)
	defer func() { check(t, disk.Close()) }()
	command(t, "mkfs.ext4", "-q", "-F", "-E", "lazy_itable_init=0,lazy_journal_init=0", disk.Path())
	place := mount(t, disk.Path())
	disk.Record()
	type said struct {
		id string
		at int // what the disk had by then
	}
	var done []said
	tried := map[string]bool{}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestPowerCut$")
	cmd.Env = append(os.Environ(), inside+"="+filepath.Join(place, "data"), "ATALAYA_TEST_KILL_ROUND=0")
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	out, err := cmd.StdoutPipe()
	check(t, err)
	var complaint strings.Builder
	cmd.Stderr = &complaint
	check(t, cmd.Start())
	const acts = 300
	late := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	for lines := bufio.NewScanner(out); lines.Scan(); {
		switch w := strings.Fields(lines.Text()); {
		case len(w) != 2:
		case w[0] == "try":
			tried[w[1]] = true
		case w[0] == "done":
			done = append(done, said{w[1], disk.At()})
			if len(done) == acts {
				_ = cmd.Process.Kill()
			}
		}
	}
	late.Stop()
	_ = cmd.Wait()
	disk.Stop()
	if len(done) < acts {
		t.Fatalf("only %d acts: %s", len(done), complaint.String())
	}
	unmount(t, place)

	r := rand.New(rand.NewPCG(7, 1))
	all := disk.Flushes()
	if len(all) < acts {
		t.Fatalf("%d acts, and the disk was flushed %d times", acts, len(all))
	}
	points := make([]int, cuts)
	for i := range points {
		points[i] = all[r.IntN(len(all))]
	}
	slices.Sort(points)
	memory := t.TempDir() // a real disk would take seconds to flush each image
	check(t, syscall.Mount("tmpfs", memory, "tmpfs", 0, fmt.Sprintf("size=%d", 2*size)))
	defer unmount(t, memory)
	name := filepath.Join(memory, "image")
	present, never, unknown := 0, 0, 0
	check(t, disk.Cuts(points, r, func(flush, next int, image []byte) error {
		if err := os.WriteFile(name, image, 0o600); err != nil {
			return err
		}
		k := killer{tried: tried, done: map[string]bool{}}
		for _, s := range done {
			if s.at <= next { // there was no flush between what made it last and the answer
				k.done[s.id] = true
			}
		}
		at := mount(t, name)
		defer unmount(t, at)
		data := filepath.Join(at, "data")
		check(t, os.MkdirAll(filepath.Join(data, "acts"), 0o700))
		k.look(t, data)
		rig := open(t, data, nil)
		defer rig.close(t)
		scrubbed, err := rig.log.Scrub(t.Context())
		check(t, err)
		if len(scrubbed.Damage) > 0 {
			t.Errorf("a cut after flush %d leaves %+v", flush, scrubbed.Damage)
		}
		present, never, unknown = present+len(k.done), never+k.never, unknown+k.unknown
		if t.Failed() {
			t.Fatalf("the cut was after event %d", flush)
		}
		return nil
	}))
	t.Logf("%d cuts of %d flushes: %d acknowledged acts were there, %d of those that nobody answered were closed as unknown", cuts, len(all), present, unknown)
	if present == 0 {
		t.Error("the cuts hit nothing")
	}
}

func command(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, out)
	}
}

// mount mounts a file with a file system by a loop device.
func mount(t *testing.T, file string) string {
	t.Helper()
	dir := t.TempDir()
	command(t, "mount", "-o", "loop", file, dir)
	t.Cleanup(func() { _ = syscall.Unmount(dir, syscall.MNT_DETACH) })
	return dir
}

func unmount(t *testing.T, dir string) {
	t.Helper()
	for range 50 {
		err := syscall.Unmount(dir, 0)
		if err == nil {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("%s is busy", dir)
}
