package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
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
	"golang.org/x/mod/sumdb/tlog"

	"atalaya/internal/running"
	"atalaya/ledger/proof"
)

// history is a log in memory, as one that is watched shows it.
type history struct {
	t      *testing.T
	signer note.Signer
	hashes []tlog.Hash
}

func (h *history) ReadHashes(at []int64) ([]tlog.Hash, error) {
	out := make([]tlog.Hash, len(at))
	for i, n := range at {
		out[i] = h.hashes[n]
	}
	return out, nil
}

// request is an add-checkpoint for a size, from an old one.
func (h *history) request(old, size int64) []byte {
	h.t.Helper()
	root, err := tlog.TreeHash(size, h)
	if err != nil {
		h.t.Fatal(err)
	}
	head, err := note.Sign(&note.Note{Text: fmt.Sprintf("%s\n%d\n%s\n", h.signer.Name(), size, root)}, h.signer)
	if err != nil {
		h.t.Fatal(err)
	}
	body := fmt.Sprintf("old %d\n", old)
	if old > 0 && old < size {
		p, err := tlog.ProveTree(size, old, h)
		if err != nil {
			h.t.Fatal(err)
		}
		for _, x := range p {
			body += base64.StdEncoding.EncodeToString(x[:]) + "\n"
		}
	}
	return append([]byte(body+"\n"), head...)
}

// startWitness starts the real program as a witness, and gives its address.
func startWitness(t *testing.T, dir, logs string) (*exec.Cmd, string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), running.Binary(t), "witness", "--dir", dir, "--name", "witness.example/w", "--logs", logs, "--listen", "127.0.0.1:0") //nolint:gosec // our own program
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if strings.HasPrefix(lines.Text(), "http://") {
			return cmd, lines.Text()
		}
	}
	t.Fatal("the witness does not start")
	return nil, ""
}

// TestWitnessKilled shows a witness two histories of one log in turns, and kills
// it again and again: it never signs two heads of one size, and nothing behind
// what it signed.
func TestWitnessKilled(t *testing.T) {
	t.Parallel()
	kills := 20
	if testing.Short() {
		kills = 4
	}
	skey, vkey, err := note.GenerateKey(nil, "log.example/a")
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	const entries = 4000
	var logs [2]*history
	for i := range logs {
		logs[i] = &history{t: t, signer: signer}
		for n := range int64(entries) {
			h, err := tlog.StoredHashes(n, fmt.Appendf(nil, "%d of %d", n, i), logs[i])
			if err != nil {
				t.Fatal(err)
			}
			logs[i].hashes = append(logs[i].hashes, h...)
		}
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "logs")
	if err := os.WriteFile(file, []byte("log "+vkey+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Timeout: 5 * time.Second}
	whose := -1             // whose history was signed
	size, most := 0, 0      // the last that is known to be signed; the largest shown
	signed, refused := 0, 0 // to see that the test does something
	for range kills {
		cmd, addr := startWitness(t, filepath.Join(dir, "witness"), file)
		stop := time.AfterFunc(time.Duration(rand.IntN(60)+5)*time.Millisecond, func() { cmd.Process.Kill() }) //nolint:errcheck,gosec // it may have ended; no secret
		old := size
		for n := 0; ; n++ {
			i := n % 2
			next := max(most, old) + 1
			most = next
			resp, err := client.Post(addr+"/add-checkpoint", "", bytes.NewReader(logs[i].request(int64(old), int64(next)))) //nolint:noctx // the client's timeout
			if err != nil {
				break // killed
			}
			body, err := io.ReadAll(resp.Body)
			resp.Body.Close() //nolint:errcheck,gosec // read
			if err != nil {
				break
			}
			switch resp.StatusCode {
			case http.StatusOK:
				if whose >= 0 && whose != i {
					t.Fatalf("both histories were signed: %d entries of one, %d of the other", size, next)
				}
				whose, size, old = i, next, next
				signed++
			case http.StatusConflict:
				at, err := strconv.Atoi(strings.TrimSpace(string(body)))
				if err != nil || at < size {
					t.Fatalf("%d were signed, and the witness says %q", size, body)
				}
				old = at
			case http.StatusUnprocessableEntity:
				refused++
			default:
				t.Fatalf("status %d: %s", resp.StatusCode, body)
			}
			if most > entries-10 {
				t.Fatal("the histories are too short")
			}
		}
		stop.Stop()
		cmd.Process.Kill() //nolint:errcheck,gosec // it may have ended
		cmd.Wait()         //nolint:errcheck,gosec // killed
	}
	if signed < kills || refused < kills {
		t.Errorf("only %d heads signed and %d refused in %d starts", signed, refused, kills)
	}
	t.Logf("%d heads signed, %d refused, %d kills", signed, refused, kills)
}

// TestWitnessedLedger: a ledger with a witness is exported with its cosignature,
// and the witness finds out that an older copy of the whole data folder was put
// back, where nothing on the computer itself remembers.
func TestWitnessedLedger(t *testing.T) {
	t.Parallel()
	dir, data := t.TempDir(), t.TempDir()
	logs, policy, config := filepath.Join(dir, "logs"), filepath.Join(dir, "policy"), filepath.Join(dir, "atalaya.toml")
	write := func(name, text string) {
		t.Helper()
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	text := shore(running.Ports(t, 1)) + fmt.Sprintf("\n[ledger]\nwitnesses = %q\nask = \"200ms\"\n", policy)
	write(config, text)
	write(policy, "quorum none\n")
	atalaya := func(want int, args ...string) string {
		t.Helper()
		var out, errs bytes.Buffer
		if code := run(t.Context(), append([]string{"--config", config}, args...), streams{strings.NewReader(""), &out, &errs}); code != want {
			t.Fatalf("atalaya %q ended with %d: %s%s", args, code, out.String(), errs.String())
		}
		return out.String() + errs.String()
	}
	start := func() *running.Program {
		return running.Start(t, running.Options{Dir: data, Config: text})
	}
	stop := func(p *running.Program) {
		t.Helper()
		if err := p.Stop(t); err != nil {
			t.Fatalf("stop: %v\n%s", err, p.Log())
		}
	}
	p := start() // makes the key
	p.Enrol(t, "Ana")
	stop(p)
	vkey, err := os.ReadFile(filepath.Join(data, "ledger", "vkey"))
	if err != nil {
		t.Fatal(err)
	}
	write(logs, "log "+string(vkey))
	key := strings.TrimSpace(atalaya(0, "witness", "key", "--dir", filepath.Join(dir, "witness"), "--name", "witness.example/w"))
	_, addr := startWitness(t, filepath.Join(dir, "witness"), logs)
	write(policy, fmt.Sprintf("witness w %s %s\nquorum w\n", key, addr))

	p = start()
	var seen struct {
		Witnesses struct {
			Held      bool
			Size      int64
			Witnesses []struct{ Name, Error string }
		}
	}
	p.SignIn(t, "Ana")
	until(t, p, "a quorum", 20*time.Second, func() bool {
		status, _, err := p.Do(t.Context(), http.MethodGet, "/api/system", "", nil, &seen)
		return err == nil && status == http.StatusOK && seen.Witnesses.Held && len(seen.Witnesses.Witnesses) == 1
	})
	stop(p)
	if out := atalaya(0, "ledger", "status", "--data", data); !strings.Contains(out, "witness  w: ") || strings.Contains(out, "fails") {
		t.Errorf("status: %s", out)
	}
	older := filepath.Join(dir, "older")
	if err := os.CopyFS(older, os.DirFS(data)); err != nil {
		t.Fatal(err)
	}
	stop(start())
	if out := atalaya(0, "ledger", "cosign", "--data", data); !strings.Contains(out, "quorum   held") {
		t.Errorf("cosign: %s", out)
	}
	public := filepath.Join(dir, "public")
	atalaya(0, "ledger", "export", "--data", data, "-o", public)
	log, err := proof.ParseLogKey(strings.TrimSpace(string(vkey)))
	if err != nil {
		t.Fatal(err)
	}
	w, err := proof.ParseWitnessKey(key)
	if err != nil {
		t.Fatal(err)
	}
	s, found, err := proof.CheckExport(os.DirFS(public), proof.Options{Keys: proof.Keys{Log: []note.Verifier{log}, Witnesses: []note.Verifier{w}, Quorum: 1}, Now: time.Now()})
	if err != nil || len(found) > 0 || len(s.Checkpoint.Cosigned) != 1 {
		t.Errorf("the checker: %+v, %v, %v", s, found, err)
	}
	list := atalaya(0, "witness", "status", "--dir", filepath.Join(dir, "witness"))
	if !strings.Contains(list, fmt.Sprintf("  %d entries", s.Checkpoint.Size)) || strings.Contains(list, "REFUSED") {
		t.Errorf("the witness: %s", list)
	}

	// The whole folder, put back as it was.
	if err := os.RemoveAll(data); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(data, os.DirFS(older)); err != nil {
		t.Fatal(err)
	}
	p = start()
	p.SignIn(t, "Ana")
	status, _, err := p.Do(t.Context(), http.MethodPost, "/api/log", "note", map[string]string{"text": "x"}, nil)
	if err != nil || status != http.StatusServiceUnavailable {
		t.Errorf("a note with an older ledger: status %d, %v", status, err)
	}
	stop(p)
	if head := atalaya(0, "witness", "status", "--dir", filepath.Join(dir, "witness")); head != list {
		t.Errorf("the witness signed something: %s", head)
	}
}
