package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
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

// writeSuccession writes a succession that two people signed.
func (k keeper) writeSuccession(t *testing.T, dir, why string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "succession.json")
	k.do(t, 0, "not yet in force", "ledger", "succession", "write", "--data", dir, "--why", why, "-o", file)
	k.do(t, 1, "two people", "ledger", "succession", "enter", file, "--data", dir)
	for who, side := range map[string]string{"quispe": "outgoing", "mamani": "incoming"} {
		k.do(t, 0, who+" signed", "ledger", "succession", "sign", file, "--for", side, "--key", k.key(t, who), "--person", who, "--unit", "unit-"+who, "--device", "tablet-"+who)
	}
	return file
}

func vkeyOf(t *testing.T, dir string) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(dir, "ledger", "vkey"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(raw))
}

// export exports a ledger.
func (k keeper) export(t *testing.T, dir string) string {
	t.Helper()
	public := filepath.Join(t.TempDir(), "public")
	k.do(t, 0, "", "ledger", "export", "--data", dir, "-o", public)
	return public
}

// checked gives the kinds of what the outsider's checker finds.
func checked(t *testing.T, public string, vkeys ...string) string {
	t.Helper()
	var keys proof.Keys
	for _, vkey := range vkeys {
		v, err := proof.ParseLogKey(vkey)
		if err != nil {
			t.Fatal(err)
		}
		keys.Log = append(keys.Log, v)
	}
	_, found, err := proof.CheckExport(os.DirFS(public), proof.Options{Keys: keys, Now: time.Now()})
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, f := range found {
		out = append(out, f.String())
	}
	return strings.Join(out, "\n")
}

// TestSuccession passes a ledger on twice, with the real program before, between
// and after.
func TestSuccession(t *testing.T) {
	t.Parallel()
	k, dir := newKeeper(t), t.TempDir()
	p := k.start(t, dir)
	p.Enrol(t, "Ana")
	note := func(text string) {
		t.Helper()
		if s := write(t.Context(), p, text); s/100 != 2 {
			t.Fatalf("a note: status %d", s)
		}
	}
	stop := func() {
		t.Helper()
		if err := p.Stop(t); err != nil {
			t.Fatal(err)
		}
	}
	note("under the first key")
	stop()
	keys := []string{vkeyOf(t, dir)}
	first := k.export(t, dir)
	seed, err := os.ReadFile(filepath.Join(dir, "ledger", "signing.key"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		file := k.writeSuccession(t, dir, fmt.Sprint("change of government ", i+1))
		// The program goes on under the old key meanwhile.
		p = k.start(t, dir)
		p.SignIn(t, "Ana")
		note(fmt.Sprint("while they sign ", i))
		stop()
		if i == 0 {
			k.do(t, 1, "already", "ledger", "succession", "sign", file, "--for", "incoming", "--key", k.key(t, "mamani"), "--person", "choque", "--unit", "c", "--device", "d")
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			edited := filepath.Join(t.TempDir(), "edited.json")
			if err := os.WriteFile(edited, bytes.Replace(text, []byte("change of government"), []byte("change of gardeners!"), 1), 0o600); err != nil {
				t.Fatal(err)
			}
			k.do(t, 1, "does not hold", "ledger", "succession", "enter", edited, "--data", dir)
		} else {
			// From the second time on nobody signs with a key that the ledger lacks.
			stranger := k
			stranger.keys = t.TempDir()
			k.do(t, 1, "not on record", "ledger", "succession", "enter", stranger.writeSuccession(t, dir, "coup"), "--data", dir)
		}
		k.do(t, 0, "The key in force is", "ledger", "succession", "enter", file, "--data", dir)
		k.do(t, 0, "The key in force is", "ledger", "succession", "enter", file, "--data", dir)
		if vkey := vkeyOf(t, dir); vkey == keys[i] {
			t.Fatal("the key is the old one")
		} else {
			keys = append(keys, vkey)
		}
		p = k.start(t, dir)
		p.SignIn(t, "Ana")
		note(fmt.Sprint("after it ", i))
		stop()
	}
	if out := k.do(t, 0, "", "ledger", "status", "--data", dir); strings.Count(out, "former ") != 2 || strings.Contains(out, "REFUSED") || !strings.Contains(out, keys[2]) {
		t.Errorf("status: %s", out)
	}
	k.do(t, 0, "", "ledger", "scrub", "--data", dir)
	public := k.export(t, dir)
	for i, vkey := range keys {
		if found := checked(t, public, vkey); found != "" {
			t.Errorf("the new export with key %d: %s", i+1, found)
		}
	}
	if found := checked(t, first, keys[0]); found != "" {
		t.Errorf("the old export with its key: %s", found)
	}
	if found := checked(t, first, keys[2]); !strings.Contains(found, "bad-signature") {
		t.Errorf("the old export with the newest key: %s", found)
	}
	// Without what was signed in between, the new key is nobody's.
	if err := os.Remove(filepath.Join(public, "successions.json")); err != nil {
		t.Fatal(err)
	}
	if found := checked(t, public, keys[0]); !strings.Contains(found, "bad-signature") {
		t.Errorf("without the successions: %s", found)
	}
	if found := checked(t, public, keys[2]); found != "" {
		t.Errorf("without the successions, and with the newest key: %s", found)
	}

	// A person keeps their pseudonym.
	names := map[string]bool{}
	for word := range strings.FieldsSeq(k.do(t, 0, "", "ledger", "show", "0", "--count", "1000", "--data", dir)) {
		if name, ok := strings.CutPrefix(word, "operator="); ok {
			names[name] = true
		}
	}
	if len(names) != 1 {
		t.Errorf("one person has the pseudonyms %v", names)
	}
	// No file of the ledger holds the first key, as it was sealed, any more.
	if err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		raw, err := os.ReadFile(path)
		if bytes.Contains(raw, seed) {
			t.Errorf("%s has the former key", path)
		}
		return err
	}); err != nil {
		t.Fatal(err)
	}

	// A backup has all of it.
	backup, restored := filepath.Join(t.TempDir(), "backup"), t.TempDir()
	k.do(t, 0, "", "backup", backup, "--data", dir)
	k.do(t, 0, "in place", "restore", backup, "--data", restored, "--key", filepath.Join(dir, "seal.key"))
	p = k.start(t, restored)
	p.SignIn(t, "Ana")
	note("after the restore")
	stop()
	if found := checked(t, k.export(t, restored), keys[0]); found != "" {
		t.Errorf("the restored ledger: %s", found)
	}

	// A disclosure leads from the first key to the newest, too.
	bundle := filepath.Join(t.TempDir(), "bundle.json")
	k.do(t, 0, "fields", "ledger", "disclose", "0-3", "--view", "court", "--to", "a judge", "-o", bundle, "--data", restored)
	raw, err := os.ReadFile(bundle)
	if err != nil {
		t.Fatal(err)
	}
	for i, vkey := range keys {
		if _, found, err := proof.CheckBundle(raw, verifiers(t, vkey)); err != nil || len(found) > 0 {
			t.Errorf("the disclosure with key %d: %v, %v", i+1, found, err)
		}
	}
}

func verifiers(t *testing.T, vkey string) proof.Keys {
	t.Helper()
	v, err := proof.ParseLogKey(vkey)
	if err != nil {
		t.Fatal(err)
	}
	return proof.Keys{Log: []note.Verifier{v}}
}

// TestSuccessionWitnessed: a witness that knows the old key alone cosigns what
// both keys signed; while it is away both keys go on signing; when it knows the
// new key it goes on without a gap.
func TestSuccessionWitnessed(t *testing.T) {
	t.Parallel()
	k, dir, place := newKeeper(t), t.TempDir(), t.TempDir()
	p := k.start(t, dir) // makes the key
	p.Enrol(t, "Ana")
	if err := p.Stop(t); err != nil {
		t.Fatal(err)
	}
	old := vkeyOf(t, dir)
	logs, policy := filepath.Join(place, "logs"), filepath.Join(place, "policy")
	put := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put(logs, "log "+old+"\n")
	key := strings.TrimSpace(k.do(t, 0, "", "witness", "key", "--dir", filepath.Join(place, "witness"), "--name", "witness.example/w"))
	watch, addr := startWitness(t, filepath.Join(place, "witness"), logs)
	put(policy, fmt.Sprintf("witness w %s %s\nquorum w\n", key, addr))
	put(k.config, k.text()+fmt.Sprintf("witnesses = %q\nask = \"200ms\"\n", policy))
	k.do(t, 0, "quorum   held", "ledger", "cosign", "--data", dir)

	file := k.writeSuccession(t, dir, "change of government")
	watch.Process.Kill() //nolint:errcheck,gosec // a test's
	watch.Wait()         //nolint:errcheck,gosec // killed
	k.do(t, 1, "both keys sign", "ledger", "succession", "enter", file, "--data", dir)
	k.do(t, 0, "next     atalaya.example", "ledger", "status", "--data", dir)
	text, err := os.ReadFile(k.config)
	if err != nil {
		t.Fatal(err)
	}
	p = running.Start(t, running.Options{Dir: dir, Config: string(text)})
	p.SignIn(t, "Ana")
	if s := write(t.Context(), p, "under both keys"); s/100 != 2 {
		t.Errorf("a note under both keys: status %d", s)
	}
	if err := p.Stop(t); err != nil {
		t.Fatal(err)
	}
	if vkeyOf(t, dir) != old {
		t.Fatal("the key passed on without the witness")
	}
	watch, addr = startWitness(t, filepath.Join(place, "witness"), logs)
	put(policy, fmt.Sprintf("witness w %s %s\nquorum w\n", key, addr))
	k.do(t, 0, "The key in force is", "ledger", "succession", "enter", file, "--data", dir)
	public := k.export(t, dir)
	w, err := proof.ParseWitnessKey(key)
	if err != nil {
		t.Fatal(err)
	}
	check := func(public, vkey string, size int64) {
		t.Helper()
		keys := verifiers(t, vkey)
		keys.Witnesses, keys.Quorum = []note.Verifier{w}, 1
		s, found, err := proof.CheckExport(os.DirFS(public), proof.Options{Keys: keys, Now: time.Now()})
		if err != nil || len(found) > 0 || len(s.Checkpoint.Cosigned) != 1 || s.Checkpoint.Size <= size {
			t.Errorf("the checker: %+v, %v, %v", s, found, err)
		}
	}
	check(public, old, 0)
	check(public, vkeyOf(t, dir), 0)

	// The witness does not know the new key until its operator adds it.
	size := func() int64 {
		t.Helper()
		s, _, err := proof.CheckExport(os.DirFS(public), proof.Options{Keys: verifiers(t, vkeyOf(t, dir)), Now: time.Now()})
		if err != nil {
			t.Fatal(err)
		}
		return s.Checkpoint.Size
	}()
	k.do(t, 0, "fields", "ledger", "disclose", "0", "--view", "public", "--to", "somebody", "-o", filepath.Join(place, "bundle.json"), "--data", dir)
	k.do(t, 1, "403", "ledger", "cosign", "--data", dir)
	watch.Process.Kill() //nolint:errcheck,gosec // a test's
	watch.Wait()         //nolint:errcheck,gosec // killed
	put(logs, "log "+old+"\nlog "+vkeyOf(t, dir)+"\n")
	_, addr = startWitness(t, filepath.Join(place, "witness"), logs)
	put(policy, fmt.Sprintf("witness w %s %s\nquorum w\n", key, addr))
	k.do(t, 0, "quorum   held", "ledger", "cosign", "--data", dir)
	if out := k.do(t, 0, "entries", "witness", "status", "--dir", filepath.Join(place, "witness")); strings.Contains(out, "REFUSED") {
		t.Errorf("the witness: %s", out)
	}
	newest := k.export(t, dir)
	check(newest, old, size)
	check(newest, vkeyOf(t, dir), size)
}

// TestKillSuccession kills a succession at random points, again and again: the
// next start finishes it or knows nothing of it, and the ledger goes on either
// way. ATALAYA_KILLS says how often.
func TestKillSuccession(t *testing.T) {
	t.Parallel()
	kills := 6
	if v := os.Getenv("ATALAYA_KILLS"); v != "" {
		n, err := strconv.Atoi(v)
		if err != nil {
			t.Fatal(err)
		}
		kills = n
	}
	k, dir := newKeeper(t), t.TempDir()
	p := k.start(t, dir)
	p.Enrol(t, "Ana")
	if err := p.Stop(t); err != nil {
		t.Fatal(err)
	}
	first := vkeyOf(t, dir)
	noted := filepath.Join(dir, "ledger", "succession.json")
	whole := 300 * time.Millisecond
	ended, finished, passed := 0, 0, 0
	for i := range kills {
		file := k.writeSuccession(t, dir, fmt.Sprint("kill ", i))
		was := vkeyOf(t, dir)
		// Half of the kills come after the succession was noted, which is when it
		// begins to change anything.
		after := rand.N(whole)
		var since func() bool
		if i%2 == 1 {
			since = func() bool { _, err := os.Stat(noted); return err == nil }
		}
		done, took := k.killedAfter(t, since, after, "ledger", "succession", "enter", file, "--data", dir)
		if done {
			ended, whole = ended+1, max(took, 50*time.Millisecond)
		}
		// A start finishes what it can.
		k.do(t, 0, "fields", "ledger", "disclose", "0", "--view", "public", "--to", "somebody", "-o", filepath.Join(t.TempDir(), "bundle.json"), "--data", dir)
		out := k.do(t, 0, "", "ledger", "status", "--data", dir)
		if strings.Contains(out, "REFUSED") || strings.Contains(out, "next ") {
			t.Fatalf("after kill %d: %s", i, out)
		}
		if vkeyOf(t, dir) != was {
			passed++
			if !done {
				finished++
			}
		} else if done {
			t.Fatalf("kill %d: the succession was acknowledged, and the old key is in force", i)
		}
		if n := strings.Count(out, "former "); n != passed {
			t.Fatalf("after kill %d %d keys were passed on, and %d are listed", i, passed, n)
		}
	}
	p = k.start(t, dir)
	p.SignIn(t, "Ana")
	if s := write(t.Context(), p, "again"); s/100 != 2 {
		t.Errorf("a note: status %d", s)
	}
	if err := p.Stop(t); err != nil {
		t.Fatal(err)
	}
	k.do(t, 0, "", "ledger", "scrub", "--data", dir)
	public := k.export(t, dir)
	for _, vkey := range []string{first, vkeyOf(t, dir)} {
		if found := checked(t, public, vkey); found != "" {
			t.Errorf("the checker: %s", found)
		}
	}
	t.Logf("of %d kills %d came too late, %d successions were finished by the next start, %d passed the key on", kills, ended, finished, passed)
}

// killedAfter runs a command of the program and kills it a while after begun is
// true; nil: at once. It says whether the command came to its end before, and
// how long that took.
func (k keeper) killedAfter(t *testing.T, begun func() bool, after time.Duration, args ...string) (ended bool, took time.Duration) {
	t.Helper()
	var out bytes.Buffer
	cmd := exec.CommandContext(t.Context(), running.Binary(t), append([]string{"--config", k.config}, args...)...) //nolint:gosec // our own program
	cmd.Stdout, cmd.Stderr = &out, &out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	over := make(chan error, 1)
	go func() { over <- cmd.Wait() }()
	from := time.Now()
	for waiting := begun != nil; waiting; {
		select {
		case err := <-over:
			over <- err
			waiting = false
		case <-time.After(time.Millisecond):
			if waiting = !begun(); !waiting {
				from = time.Now()
			}
		}
	}
	var err error
	select {
	case err = <-over:
	case <-time.After(after):
		_ = cmd.Process.Kill()
		err = <-over
	}
	if err != nil && cmd.ProcessState.ExitCode() != -1 {
		t.Fatalf("atalaya %q: %v\n%s", args, err, out.String())
	}
	return err == nil, time.Since(from)
}
