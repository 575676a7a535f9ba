// Package witness watches logs for others, and asks others to watch ours.
//
// A Witness keeps, of each log that it is told to, the largest head that it
// cosigned. It cosigns another head only where the log proves that it continues
// that one (C2SP tlog-witness, tlog-cosignature). Who demands cosignatures sees
// no log that was shown to somebody else in another form. A Witness needs
// nothing of the log's operator but the log's verifier key, and is to be run by
// somebody else.
//
// An Asker is the other side: it shows the heads of a log to the witnesses of a
// Policy (C2SP tlog-policy), and keeps what they sign.
package witness

import (
	"bytes"
	"cmp"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

// Config is what a Witness is opened with.
type Config struct {
	// Dir is made, with mode 0700, by the first start: the key is in its file
	// "witness.key", the heads in "heads", refused ones in "refused".
	Dir string
	// Name is the witness's and its key's, as in example.org/witness; empty: that
	// of the key that is there.
	Name string
	// Logs are the keys of the logs, each called as its log's origin. A log may
	// have several.
	Logs []note.Verifier
	Now  func() time.Time
	// Record is told of a head that grew, and how the log signed it, before it is
	// cosigned; where it fails the head is not cosigned. Nil: nobody.
	Record func(ctx context.Context, head Checkpoint, signed []byte) error
	Log    *slog.Logger
}

const (
	keyFile       = "witness.key"
	lockFile      = "lock"
	headsFolder   = "heads"
	refusedFolder = "refused"
	// maxRefused is how many refused heads are kept of a log.
	maxRefused = 16
)

// Witness cosigns. Its methods may be called from several goroutines.
type Witness struct {
	cfg  Config
	key  Key
	lock *os.File
	logs map[string]*watched
}

// watched is a log, and the largest head of it that was cosigned.
type watched struct {
	keys note.Verifiers

	mu      sync.Mutex
	head    Checkpoint // the empty log before the first
	note    []byte     // it, as the log signed it
	refused int        // heads in the folder
}

// OpenKey reads the key of a folder. The first time it makes one of a name, and
// the place of the heads with it.
func OpenKey(dir, name string) (Key, error) {
	raw, err := os.ReadFile(filepath.Join(dir, keyFile))
	if errors.Is(err, fs.ErrNotExist) {
		return makeKey(dir, name)
	}
	if err != nil {
		return Key{}, fmt.Errorf("read the witness's key: %w", err)
	}
	k, err := ParseKey(strings.TrimSpace(string(raw)))
	if err != nil {
		return Key{}, fmt.Errorf("%s: %w", filepath.Join(dir, keyFile), err)
	}
	if name != "" && name != k.Name() {
		return Key{}, fmt.Errorf("the witness in %s is called %s, not %s: a witness keeps its name", dir, k.Name(), name)
	}
	// Without its heads it would sign whatever it is shown.
	if _, err := os.Stat(filepath.Join(dir, headsFolder)); err != nil {
		return Key{}, fmt.Errorf("the witness's key is there, and the heads that it signed are not (%w): make a new witness, with another folder and name, and tell those who rely on this one", err)
	}
	return k, nil
}

func makeKey(dir, name string) (Key, error) {
	if name == "" {
		return Key{}, fmt.Errorf("there is no witness in %s yet: give it a name, as in example.org/witness", dir)
	}
	seed := make([]byte, ed25519.SeedSize)
	rand.Read(seed)
	k, err := NewKey(name, seed)
	if err != nil {
		return Key{}, err
	}
	for _, d := range []string{headsFolder, refusedFolder} {
		if err := os.MkdirAll(filepath.Join(dir, d), 0o700); err != nil {
			return Key{}, fmt.Errorf("make the witness's folder: %w", err)
		}
	}
	if err := writeFile(dir, keyFile, []byte(k.Secret()+"\n")); err != nil {
		return Key{}, fmt.Errorf("make the witness's key: %w", err)
	}
	return k, nil
}

// OpenWitness opens a witness, or makes one.
func OpenWitness(cfg Config) (*Witness, error) {
	key, err := OpenKey(cfg.Dir, cfg.Name)
	if err != nil {
		return nil, err
	}
	w := &Witness{cfg: cfg, key: key, logs: map[string]*watched{}}
	// Two programs on one folder could sign two heads of one size.
	if w.lock, err = os.OpenFile(filepath.Join(cfg.Dir, lockFile), os.O_CREATE|os.O_RDWR, 0o600); err != nil {
		return nil, fmt.Errorf("open the witness: %w", err)
	}
	if err := syscall.Flock(int(w.lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil { //nolint:gosec // a file descriptor
		return nil, errors.Join(fmt.Errorf("another program has the witness in %s: %w", cfg.Dir, err), w.lock.Close())
	}
	byOrigin := map[string][]note.Verifier{}
	for _, v := range cfg.Logs {
		byOrigin[v.Name()] = append(byOrigin[v.Name()], v)
	}
	for origin, keys := range byOrigin {
		l := &watched{keys: note.VerifierList(keys...), head: Checkpoint{Origin: origin, Root: sha256.Sum256(nil)}}
		if err := w.load(l); err != nil {
			return nil, errors.Join(err, w.lock.Close())
		}
		w.logs[origin] = l
	}
	return w, nil
}

// load reads the head of a log that was cosigned last. Its signatures are not
// looked at: the key that signed it may have been replaced since.
func (w *Witness) load(l *watched) error {
	name := filepath.Join(w.cfg.Dir, headsFolder, fileName(l.head.Origin))
	raw, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read what the witness signed last: %w", err)
	}
	text, _, _ := bytes.Cut(raw, []byte("\n\n"))
	c, err := ParseCheckpoint(string(text) + "\n")
	if err == nil && c.Origin != l.head.Origin {
		err = fmt.Errorf("it is of %s", c.Origin)
	}
	if err != nil {
		return fmt.Errorf("%s is damaged (%w): put it back from a copy that is not older, or make a new witness", name, err)
	}
	l.head, l.note = c, raw
	all, err := filepath.Glob(filepath.Join(w.cfg.Dir, refusedFolder, hashed(c.Origin)+"-*.note"))
	l.refused = len(all)
	return err
}

// Close lets the folder go.
func (w *Witness) Close() error {
	return errors.Join(syscall.Flock(int(w.lock.Fd()), syscall.LOCK_UN), w.lock.Close()) //nolint:gosec // a file descriptor
}

// Key gives the verifier key.
func (w *Witness) Key() string { return w.key.String() }

// hashed makes a file name of an origin, which may have any characters.
func hashed(origin string) string {
	const size = 16 // bytes
	h := sha256.Sum256([]byte(origin))
	return hex.EncodeToString(h[:size])
}

func fileName(origin string) string { return hashed(origin) + ".note" }

// Reasons why a head is not cosigned.
var (
	ErrRequest   = errors.New("bad request")
	ErrUnknown   = errors.New("unknown log")
	ErrSignature = errors.New("no key of the log signed it")
	ErrRoot      = errors.New("another root than was cosigned for this size")
	ErrProof     = errors.New("the consistency proof does not hold")
)

// ConflictError says what size was cosigned last, where the request says another.
type ConflictError struct{ Size int64 }

// Error implements error.
func (e *ConflictError) Error() string { return fmt.Sprintf("the last cosigned size is %d", e.Size) }

// maxProof is how many hashes a request may have.
const maxProof = 63

// request is a parsed add-checkpoint.
type request struct {
	old   int64
	proof []tlog.Hash
	note  []byte
}

func parseRequest(body []byte) (r request, err error) {
	head, n, ok := bytes.Cut(body, []byte("\n\n"))
	if !ok {
		return r, errors.New("there is no empty line before the checkpoint")
	}
	lines := strings.Split(string(head), "\n")
	size, ok := strings.CutPrefix(lines[0], "old ")
	if !ok {
		return r, errors.New("the first line must be 'old' and a size")
	}
	if r.old, err = parseSize(size); err != nil {
		return r, err
	}
	if len(lines)-1 > maxProof {
		return r, fmt.Errorf("more than %d hashes", maxProof)
	}
	for _, line := range lines[1:] {
		h, err := parseHash(line)
		if err != nil {
			return r, err
		}
		r.proof = append(r.proof, h)
	}
	r.note = n
	return r, nil
}

// Add judges an add-checkpoint request, and gives the signature line.
func (w *Witness) Add(ctx context.Context, body []byte) ([]byte, error) {
	r, err := parseRequest(body)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRequest, err)
	}
	origin, _, _ := strings.Cut(string(r.note), "\n")
	l := w.logs[origin]
	if l == nil {
		return nil, ErrUnknown
	}
	c, n, err := Open(r.note, l.keys)
	var invalid *note.InvalidSignatureError
	var unverified *note.UnverifiedNoteError
	switch {
	case errors.As(err, &invalid), errors.As(err, &unverified):
		return nil, ErrSignature
	case err != nil:
		return nil, fmt.Errorf("%w: %w", ErrRequest, err)
	case r.old > c.Size:
		return nil, fmt.Errorf("%w: the old size is larger than the checkpoint's", ErrRequest)
	}
	signed, err := note.Sign(&note.Note{Text: n.Text, Sigs: n.Sigs}) // the log's signatures only
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrRequest, err)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case r.old != l.head.Size:
		return nil, &ConflictError{l.head.Size}
	case l.note != nil && c.Size == l.head.Size && c.Root != l.head.Root:
		w.refuse(ctx, l, c, signed, ErrRoot)
		return nil, ErrRoot
	}
	if err := continues(r.proof, l.head, c); err != nil {
		w.refuse(ctx, l, c, signed, ErrProof)
		return nil, ErrProof
	}
	if c != l.head || l.note == nil {
		if w.cfg.Record != nil {
			if err := w.cfg.Record(ctx, c, signed); err != nil {
				return nil, fmt.Errorf("record the checkpoint: %w", err)
			}
		}
		// First it is kept, then signed: what nobody remembers could be contradicted.
		if err := writeFile(filepath.Join(w.cfg.Dir, headsFolder), fileName(origin), signed); err != nil {
			return nil, fmt.Errorf("keep the checkpoint: %w", err)
		}
		l.head, l.note = c, signed
	}
	return []byte(w.key.cosign([]byte(n.Text), w.cfg.Now())), nil
}

// refuse keeps a head that the log signed and that does not continue what was
// cosigned: beside that one it may prove a fork.
func (w *Witness) refuse(ctx context.Context, l *watched, c Checkpoint, signed []byte, why error) {
	level := slog.LevelDebug // once it is told, or too often
	attrs := []slog.Attr{slog.String("log", c.Origin), slog.Int64("size", c.Size), slog.Int64("cosigned", l.head.Size), slog.Any("why", why)}
	name := fmt.Sprintf("%s-%d-%x.note", hashed(c.Origin), c.Size, c.Root[:8])
	dir := filepath.Join(w.cfg.Dir, refusedFolder)
	if _, err := os.Stat(filepath.Join(dir, name)); errors.Is(err, fs.ErrNotExist) && l.refused < maxRefused {
		level = slog.LevelError
		if err := writeFile(dir, name, signed); err != nil {
			attrs = append(attrs, slog.Any("error", err))
		} else {
			l.refused++
			attrs = append(attrs, slog.String("kept", filepath.Join(dir, name)))
		}
	}
	w.cfg.Log.LogAttrs(ctx, level, "a log does not continue what was cosigned", attrs...)
}

// Last gives the head of a log that was cosigned last, cosigned anew.
func (w *Witness) Last(origin string) ([]byte, error) {
	l := w.logs[origin]
	if l == nil {
		return nil, ErrUnknown
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.note == nil {
		return nil, ErrUnknown
	}
	text, _, _ := bytes.Cut(l.note, []byte("\n\n"))
	return append(slices.Clone(l.note), w.key.cosign(append(text, '\n'), w.cfg.Now())...), nil
}

// Watched is what a witness knows of a log.
type Watched struct {
	Origin  string    `json:"origin"`
	Size    int64     `json:"size"`
	Root    tlog.Hash `json:"root"`
	At      time.Time `json:"at"`      // when it changed
	Refused []string  `json:"refused"` // files
}

// List tells what the witness in a folder knows, also while it runs.
func List(dir string) ([]Watched, error) {
	files, err := filepath.Glob(filepath.Join(dir, headsFolder, "*.note"))
	if err != nil {
		return nil, err
	}
	out := []Watched{}
	for _, name := range files {
		raw, err := os.ReadFile(name) //nolint:gosec // the witness's own
		if err != nil {
			return nil, err
		}
		text, _, _ := bytes.Cut(raw, []byte("\n\n"))
		c, err := ParseCheckpoint(string(text) + "\n")
		if err != nil {
			return nil, fmt.Errorf("%s is damaged: %w", name, err)
		}
		info, err := os.Stat(name)
		if err != nil {
			return nil, err
		}
		refused, err := filepath.Glob(filepath.Join(dir, refusedFolder, hashed(c.Origin)+"-*.note"))
		if err != nil {
			return nil, err
		}
		out = append(out, Watched{c.Origin, c.Size, c.Root, info.ModTime().UTC(), refused})
	}
	slices.SortFunc(out, func(a, b Watched) int { return cmp.Compare(a.Origin, b.Origin) })
	return out, nil
}
