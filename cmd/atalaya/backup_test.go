package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/note"

	"atalaya/internal/running"
	"atalaya/ledger/proof"
)

// keeper does what an administrator does, with the program's own commands.
type keeper struct {
	config string // file
	second string // where the last signed head stands
	keys   string // people's, of their devices
}

func newKeeper(t *testing.T) keeper {
	t.Helper()
	k := keeper{config: filepath.Join(t.TempDir(), "atalaya.toml"), second: filepath.Join(t.TempDir(), "signed"), keys: t.TempDir()}
	if err := os.WriteFile(k.config, []byte(k.text()), 0o600); err != nil {
		t.Fatal(err)
	}
	return k
}

func (k keeper) text() string {
	return fmt.Sprintf("[keep]\nmin_free_bytes = 1048576\n[ledger]\nsecond = %q\n", k.second)
}

func (k keeper) start(t *testing.T, dir string) *running.Program {
	t.Helper()
	return running.Start(t, running.Options{Dir: dir, Config: k.text()})
}

// do runs a command and wants an exit status and a word of what it says.
func (k keeper) do(t *testing.T, want int, word string, args ...string) string {
	t.Helper()
	var out bytes.Buffer
	code := run(t.Context(), append([]string{"--config", k.config}, args...), streams{strings.NewReader(""), &out, &out})
	if code != want || !strings.Contains(out.String(), word) {
		t.Fatalf("atalaya %q ended with %d, want %d and %q: %s", args, code, want, word, out.String())
	}
	return out.String()
}

// explain lets two people explain what a ledger lost.
func (k keeper) explain(t *testing.T, dir string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "explanation.json")
	k.do(t, 0, "Two people", "ledger", "explain", "write", "--data", dir, "--why", "the disk of the outpost broke", "-o", file)
	k.do(t, 1, "two people", "ledger", "explain", "enter", file, "--data", dir)
	for i, who := range []string{"quispe", "mamani"} {
		key := k.key(t, who)
		sign := []string{"ledger", "explain", "sign", file, "--key", key, "--person", who, "--unit", "unit-" + who}
		if i > 0 { // not the same person, nor the same device
			k.do(t, 1, "already", "ledger", "explain", "sign", file, "--key", key, "--person", "quispe", "--unit", "x", "--device", "y")
			k.do(t, 1, "already", append(sign, "--device", "tablet-quispe")...)
		}
		k.do(t, 0, who+" signed", append(sign, "--device", "tablet-"+who)...)
	}
	k.do(t, 0, "The ledger goes on", "ledger", "explain", "enter", file, "--data", dir)
	k.do(t, 1, "nothing to explain", "ledger", "explain", "enter", file, "--data", dir)
}

// key gives the key of a person's device, as openssl makes it.
func (k keeper) key(t *testing.T, who string) string {
	t.Helper()
	name := filepath.Join(k.keys, who+".pem")
	if _, err := os.Stat(name); err == nil {
		return name
	}
	if out, err := exec.CommandContext(t.Context(), "openssl", "genpkey", "-algorithm", "ed25519", "-out", name).CombinedOutput(); err != nil { //nolint:gosec // a test's
		t.Fatalf("%v: %s", err, out)
	}
	return name
}

// sound exports a ledger and lets the outsider's checker check it.
func (k keeper) sound(t *testing.T, dir string) string {
	t.Helper()
	k.do(t, 0, "", "ledger", "scrub", "--data", dir)
	public := filepath.Join(t.TempDir(), "public")
	k.do(t, 0, "", "ledger", "export", "--data", dir, "-o", public)
	vkey, err := os.ReadFile(filepath.Join(public, "vkeys"))
	if err != nil {
		t.Fatal(err)
	}
	v, err := proof.ParseLogKey(strings.TrimSpace(string(vkey)))
	if err != nil {
		t.Fatal(err)
	}
	s, found, err := proof.CheckExport(os.DirFS(public), proof.Options{Keys: proof.Keys{Log: []note.Verifier{v}}, Now: time.Now()})
	if err != nil || len(found) > 0 || s.Records == 0 {
		t.Fatalf("the checker: %+v, %v, %v\n%s", s, found, err, k.do(t, 0, "", "ledger", "show", "0", "--count", "10000", "--data", dir))
	}
	return public
}

// write makes an act that is recorded.
func write(ctx context.Context, p *running.Program, text string) int {
	status, _, err := p.Do(ctx, http.MethodPost, "/api/log", "note-"+text, map[string]string{"text": text}, nil)
	if err != nil {
		return 0
	}
	return status
}

// TestBackupAndRestore backs up while the program runs, loses the disk, and
// puts the backup back: nothing can be done until two people explained it.
func TestBackupAndRestore(t *testing.T) {
	t.Parallel()
	k, dir := newKeeper(t), t.TempDir()
	p := k.start(t, dir)
	p.Enrol(t, "Ana")
	for i := range 5 {
		if s := write(t.Context(), p, fmt.Sprint("before ", i)); s/100 != 2 {
			t.Fatalf("a note: %d", s)
		}
	}
	backup := filepath.Join(t.TempDir(), "backup")
	k.do(t, 0, "seal.key, is not in it", "backup", backup, "--data", dir)
	k.do(t, 1, "not empty", "backup", backup, "--data", dir)
	for i := range 5 {
		write(t.Context(), p, fmt.Sprint("after ", i))
	}
	if err := p.Stop(t); err != nil {
		t.Fatal(err)
	}
	head, err := os.ReadFile(k.second)
	if err != nil {
		t.Fatal(err)
	}
	last := filepath.Join(t.TempDir(), "last")
	k.do(t, 0, "", "backup", last, "--data", dir)
	// A copy of the key, from where the administrator keeps it.
	key := filepath.Join(t.TempDir(), "seal.key")
	raw, err := os.ReadFile(filepath.Join(dir, "seal.key"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(key, raw, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(key+".other", bytes.Repeat([]byte{1}, len(raw)), 0o600); err != nil {
		t.Fatal(err)
	}

	k.do(t, 1, "already", "restore", backup, "--data", dir)
	k.do(t, 1, "--key", "restore", backup, "--data", t.TempDir())
	k.do(t, 1, "with --exercise", "restore", backup, "--data", t.TempDir(), "--exercise", "--key", key)
	wrong := t.TempDir()
	k.do(t, 1, "put the right key file back", "restore", backup, "--data", wrong, "--key", key+".other")
	k.do(t, 1, "run 'atalaya restore' again", "ledger", "status", "--data", wrong)

	older := t.TempDir()
	k.do(t, 0, "in place", "restore", backup, "--data", older, "--key", key)
	k.do(t, 0, "REFUSED", "ledger", "status", "--data", older)
	p = k.start(t, older)
	p.SignIn(t, "Ana")
	if s := write(t.Context(), p, "refused"); s != http.StatusServiceUnavailable {
		t.Errorf("a note after an older copy was put back: status %d, want 503", s)
	}
	p.Kill()
	k.explain(t, older)
	p = k.start(t, older)
	p.SignIn(t, "Ana")
	if s := write(t.Context(), p, "again"); s/100 != 2 {
		t.Errorf("a note after two people explained: status %d", s)
	}
	if err := p.Stop(t); err != nil {
		t.Fatal(err)
	}
	public := k.sound(t, older)
	if said, err := os.ReadFile(filepath.Join(public, "openings.jsonl")); err != nil || !bytes.Contains(said, []byte(`"signed.2"`)) {
		t.Errorf("the public is not shown who explained it: %v", err)
	}
	all := k.do(t, 0, "", "ledger", "show", "0", "--count", "1000", "--data", older)
	for _, want := range []string{"before 4", "kind=explain", `why="the disk of the outpost broke"`, "again"} {
		if !strings.Contains(all, want) {
			t.Errorf("no entry says %s", want)
		}
	}
	if strings.Contains(all, "after 4") {
		t.Error("what was lost is there")
	}

	// The newest copy goes on by itself where the second place shows that nothing
	// was signed after it.
	moved, newest := newKeeper(t), t.TempDir()
	if err := os.WriteFile(moved.second, head, 0o600); err != nil {
		t.Fatal(err)
	}
	moved.do(t, 0, "in place", "restore", last, "--data", newest, "--key", key)
	p = moved.start(t, newest)
	p.SignIn(t, "Ana")
	if s := write(t.Context(), p, "goes on"); s/100 != 2 {
		t.Errorf("a note in the newest copy: status %d", s)
	}
	if err := p.Stop(t); err != nil {
		t.Fatal(err)
	}
	moved.sound(t, newest)

	// Where no second place knows this ledger, nobody can tell.
	alone, unsure := newKeeper(t), t.TempDir()
	alone.do(t, 0, "in place", "restore", last, "--data", unsure, "--key", key)
	alone.do(t, 0, "nothing here shows", "ledger", "status", "--data", unsure)
	alone.explain(t, unsure)
	alone.sound(t, unsure)

	// The folder of the ledger alone is an older copy: what is not an act comes
	// into it again.
	copied := filepath.Join(t.TempDir(), "ledger")
	if err := os.CopyFS(copied, os.DirFS(filepath.Join(newest, "ledger"))); err != nil {
		t.Fatal(err)
	}
	p = moved.start(t, newest)
	p.SignIn(t, "Ana")
	write(t.Context(), p, "lost from the ledger")
	if err := p.Stop(t); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.RemoveAll(filepath.Join(newest, "ledger")), os.CopyFS(filepath.Join(newest, "ledger"), os.DirFS(copied))); err != nil {
		t.Fatal(err)
	}
	moved.explain(t, newest)
	p = moved.start(t, newest)
	p.SignIn(t, "Ana")
	if s := write(t.Context(), p, "goes on again"); s/100 != 2 {
		t.Errorf("a note after the ledger was explained: status %d", s)
	}
	if err := p.Stop(t); err != nil {
		t.Fatal(err)
	}
	moved.sound(t, newest)

	// A changed bit, and a newer format.
	damage(t, filepath.Join(backup, "durable.db"))
	k.do(t, 1, "is not as it was made", "restore", backup, "--data", t.TempDir(), "--key", key)
	text, err := os.ReadFile(filepath.Join(last, "backup.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(last, "backup.json"), bytes.Replace(text, []byte(`"format": 1`), []byte(`"format": 2`), 1), 0o600); err != nil {
		t.Fatal(err)
	}
	k.do(t, 1, "use the newer program", "restore", last, "--data", t.TempDir(), "--key", key)
}

func damage(t *testing.T, name string) {
	t.Helper()
	b, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	if err := os.WriteFile(name, b, 0o600); err != nil {
		t.Fatal(err)
	}
}

// killed runs a command of the program and kills it after a while; it says
// whether the command came to its end before.
func (k keeper) killed(t *testing.T, after time.Duration, args ...string) (ended bool) {
	t.Helper()
	ended, _ = k.killedAfter(t, nil, after, args...)
	return ended
}

// took gives how long a command takes when nobody kills it.
func took(do func()) time.Duration {
	begun := time.Now()
	do()
	return time.Since(begun)
}

// TestKillBackupAndRestore kills a backup, a restore and an explanation at
// random points: what is called whole is whole, what is not is refused, and
// doing it again does it. ATALAYA_KILLS says how often each.
func TestKillBackupAndRestore(t *testing.T) {
	t.Parallel()
	kills := 8
	if v := os.Getenv("ATALAYA_KILLS"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil {
			t.Fatal(err)
		}
		kills = n
	}
	k, dir := newKeeper(t), t.TempDir()
	key := filepath.Join(dir, "seal.key")
	p := k.start(t, dir)
	p.Enrol(t, "Ana")
	ctx, stop := context.WithCancel(t.Context())
	written := make(chan int)
	go func() {
		n := 0
		for ; ctx.Err() == nil; n++ {
			if s := write(ctx, p, fmt.Sprint("note ", n)); ctx.Err() == nil && s/100 != 2 {
				t.Errorf("note %d: status %d", n, s)
			}
		}
		written <- n
	}()
	random := func(most time.Duration) time.Duration { return rand.N(most + most/4) }

	whole, backup := 0, ""
	whole1 := took(func() { k.killed(t, time.Minute, "backup", filepath.Join(t.TempDir(), "backup"), "--data", dir) })
	for range kills {
		b := filepath.Join(t.TempDir(), "backup")
		k.killed(t, random(whole1), "backup", b, "--data", dir)
		if _, err := os.Stat(filepath.Join(b, "backup.json")); err != nil {
			if _, err := os.Stat(b); err == nil {
				k.do(t, 1, "cut short", "restore", b, "--data", t.TempDir(), "--key", key)
			}
			continue
		}
		whole, backup = whole+1, b
		to := t.TempDir()
		k.do(t, 0, "in place", "restore", b, "--data", to, "--key", key)
		k.do(t, 0, "", "ledger", "scrub", "--data", to)
	}
	if backup == "" {
		backup = filepath.Join(t.TempDir(), "backup")
		k.do(t, 0, "", "backup", backup, "--data", dir)
	}
	stop()
	notes := <-written
	if err := p.Stop(t); err != nil {
		t.Fatal(err)
	}
	k.sound(t, dir)

	restored := 0
	whole2 := took(func() { k.killed(t, time.Minute, "restore", backup, "--data", t.TempDir(), "--key", key) })
	for range kills {
		to := t.TempDir()
		k.killed(t, random(whole2), "restore", backup, "--data", to, "--key", key)
		_, half := os.Stat(filepath.Join(to, "restoring"))
		if _, err := os.Stat(filepath.Join(to, "restored.json")); err == nil && half != nil {
			restored++
		} else {
			if half == nil {
				if _, err := os.Stat(filepath.Join(to, "history.db")); err == nil {
					k.do(t, 1, "run 'atalaya restore' again", "ledger", "status", "--data", to)
				}
			}
			k.do(t, 0, "in place", "restore", backup, "--data", to, "--key", key)
		}
		k.do(t, 0, "REFUSED", "ledger", "status", "--data", to)
		same(t, backup, to)
	}

	// One folder, explained again and again: each time older than what was
	// signed, or cut in the middle.
	to := t.TempDir()
	k.do(t, 0, "in place", "restore", backup, "--data", to, "--key", key)
	explained := 0
	whole3 := 300 * time.Millisecond
	for i := range kills {
		file := filepath.Join(t.TempDir(), "explanation.json")
		if out := k.do(t, 0, "", "ledger", "status", "--data", to); !strings.Contains(out, "REFUSED") {
			if err := os.WriteFile(k.second, fmt.Appendf(nil, `{"size":%d,"root":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="}`, 1_000_000+i), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		k.do(t, 0, "", "ledger", "explain", "write", "--data", to, "--why", fmt.Sprint("kill ", i), "-o", file)
		for _, who := range []string{"quispe", "mamani"} {
			k.do(t, 0, "", "ledger", "explain", "sign", file, "--key", k.key(t, who), "--person", who, "--unit", "unit-"+who, "--device", "tablet-"+who)
		}
		begun := time.Now()
		if k.killed(t, random(whole3), "ledger", "explain", "enter", file, "--data", to) {
			explained++
			whole3 = time.Since(begun)
			if out := k.do(t, 0, "", "ledger", "status", "--data", to); strings.Contains(out, "REFUSED") {
				t.Fatalf("an explanation that was acknowledged is not there: %s", out)
			}
		}
	}
	if out := k.do(t, 0, "", "ledger", "status", "--data", to); strings.Contains(out, "REFUSED") {
		k.explain(t, to)
	}
	p = k.start(t, to)
	p.SignIn(t, "Ana")
	if s := write(t.Context(), p, "again"); s/100 != 2 {
		t.Errorf("a note after two people explained: status %d", s)
	}
	if err := p.Stop(t); err != nil {
		t.Fatal(err)
	}
	k.sound(t, to)
	t.Logf("of %d kills each, while %d notes were written: %d backups, %d restores and %d explanations were done before", kills, notes, whole, restored, explained)
	if whole == kills && restored == kills && explained == kills {
		t.Error("the kills hit nothing")
	}
}

// same compares what a backup has with what was put back.
func same(t *testing.T, backup, dir string) {
	t.Helper()
	for _, name := range []string{"durable.db", "history.db", "ledger/signing.key", "ledger/log/.state/treeState"} {
		x, err := os.ReadFile(filepath.Join(backup, name))
		if err != nil {
			t.Fatal(err)
		}
		y, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil || !bytes.Equal(x, y) {
			t.Errorf("%s is not what the backup has: %v", name, err)
		}
	}
}
