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
