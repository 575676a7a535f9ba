package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"atalaya/desk"
	"atalaya/ledger"
	"atalaya/store"
	"atalaya/store/sqlite"
	"atalaya/store/tlog"
)

// Disclosure says which entries are shown to whom.
type Disclosure struct {
	View      ledger.View
	Entries   []uint64
	Recipient string
	Output    string // a new file
}

// mostDisclosed is how many entries one disclosure may have.
const mostDisclosed = 10_000

// bundle is a disclosure as docs/ledger-format.md has it.
type bundle struct {
	Format  string        `json:"format"`
	View    ledger.View   `json:"view"`
	Entries []bundleEntry `json:"entries"`
	// Successions lead who has a former key of the ledger to the one in force.
	Successions []successionEntry `json:"successions,omitempty"`
}

type bundleEntry struct {
	Proof   string `json:"proof"`
	Opening any    `json:"opening"` // ledger.Group, or ledger.Whole for a court
}

// Disclose writes what a view opens of some entries, with the proof that they
// are in the ledger. The file is there only after the record of it: to whom it
// goes, what it opens, and its SHA-256. It gives the number of fields opened.
func Disclose(ctx context.Context, cfg Config, d Disclosure, log *slog.Logger) (fields int, err error) {
	d.Entries = slices.Compact(slices.Sorted(slices.Values(d.Entries)))
	switch d.Recipient = strings.TrimSpace(d.Recipient); {
	case d.Recipient == "":
		return 0, errors.New("say to whom the disclosure goes")
	case len(d.Entries) == 0:
		return 0, errors.New("say which entries are disclosed")
	case len(d.Entries) > mostDisclosed:
		return 0, fmt.Errorf("%d entries are disclosed at most at a time, not %d", mostDisclosed, len(d.Entries))
	}
	if _, err := os.Lstat(d.Output); !errors.Is(err, fs.ErrNotExist) {
		return 0, errors.Join(fmt.Errorf("disclosure: %s is there already: name a new file", d.Output), err)
	}
	err = withBooks(ctx, cfg, log, func(s *sqlite.Store, b *books, clock *Clock) error {
		fields, err = d.give(ctx, s, b.log, b.gate, desk.Who{}, clock.Now(), func(text []byte) error { return writeNew(d.Output, text) })
		return err
	})
	return fields, err
}

// give makes the file and hands it to do, after the record of it.
func (d *Disclosure) give(ctx context.Context, s *sqlite.Store, l *tlog.Log, to desk.Ledger, who desk.Who, now time.Time, do func([]byte) error) (int, error) {
	text, fields, err := d.bundle(ctx, s, l)
	if err != nil {
		return 0, err
	}
	sum := sha256.Sum256(text)
	return fields, to.Do(ctx, desk.Record{
		ID: "disclosure/" + now.Format(time.RFC3339Nano), Kind: "disclosure", At: now, Who: who,
		Fields: []desk.Field{
			{Name: "view", Value: string(d.View)},
			{Name: "count", Value: strconv.Itoa(len(d.Entries))},
			{Name: "recipient", Value: d.Recipient},
			{Name: "entries", Value: stretches(d.Entries)},
			{Name: "content", Value: hex.EncodeToString(sum[:])},
		},
	}, func(context.Context) error { return do(text) })
}

// bundle makes the file.
func (d *Disclosure) bundle(ctx context.Context, s *sqlite.Store, l *tlog.Log) ([]byte, int, error) {
	if err := l.Refused(); err != nil {
		return nil, 0, err
	}
	size, err := l.Size(ctx)
	if err != nil {
		return nil, 0, err
	}
	last := d.Entries[len(d.Entries)-1]
	if last >= size {
		return nil, 0, fmt.Errorf("entry %d: %w: the ledger has %d, from 0", last, store.ErrNotFound, size)
	}
	if err := covered(ctx, l, last); err != nil {
		return nil, 0, err
	}
	out := bundle{Format: "atalaya.bundle.v1", View: d.View}
	fields := 0
	for _, i := range d.Entries {
		e, err := l.Entry(ctx, i)
		if err != nil {
			return nil, 0, err
		}
		r, err := s.Commitment(ctx, e)
		if errors.Is(err, store.ErrNotFound) {
			return nil, 0, fmt.Errorf("entry %d: its content is not kept any more: leave it out", i)
		}
		if err != nil {
			return nil, 0, fmt.Errorf("entry %d: %w", i, err)
		}
		proof, err := l.Prove(ctx, i)
		if err != nil {
			return nil, 0, err
		}
		x := bundleEntry{Proof: string(proof)}
		if d.View == ledger.Court {
			x.Opening, fields = r.OpenAll(i), fields+len(r.Fields)
		} else {
			g := d.View.Show(i, r)
			x.Opening, fields = g, fields+len(g.Fields)
		}
		out.Entries = append(out.Entries, x)
	}
	if out.Successions, err = successions(ctx, l); err != nil {
		return nil, 0, err
	}
	text, err := json.Marshal(out)
	if err != nil {
		return nil, 0, fmt.Errorf("disclosure: %w", err)
	}
	return append(text, '\n'), fields, nil
}

// covered waits until a checkpoint covers an entry: after a crash the newest
// ones are signed a moment after the ledger was opened.
func covered(ctx context.Context, l *tlog.Log, index uint64) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for {
		_, h, err := l.Signed()
		if err != nil && !errors.Is(err, ledger.ErrNotSigned) {
			return err
		}
		if err == nil && h.Size > index {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("entry %d: %w", index, ledger.ErrNotSigned)
		case <-time.After(20 * time.Millisecond):
		}
	}
}

// stretches writes ordered numbers as "3 7-9".
func stretches(n []uint64) string {
	var out []string
	for i := 0; i < len(n); {
		j := i
		for j+1 < len(n) && n[j+1] == n[j]+1 {
			j++
		}
		if j == i {
			out = append(out, fmt.Sprint(n[i]))
		} else {
			out = append(out, fmt.Sprintf("%d-%d", n[i], n[j]))
		}
		i = j + 1
	}
	return strings.Join(out, " ")
}

// writeNew writes a file that is not there yet, durably. Where it fails the
// file is taken away; a kill may leave a part, which no checker takes for whole.
func writeNew(name string, content []byte) (err error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return errors.Join(err, os.Remove(name))
	}
	return syncFolder(filepath.Dir(name))
}

// syncFolder makes names in a folder durable.
func syncFolder(name string) error {
	d, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
