package tlog

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/transparency-dev/tessera/client"
	"golang.org/x/mod/sumdb/note"

	"atalaya/ledger"
	"atalaya/store"
)

// cosignedFile is the newest checkpoint with the cosignatures of witnesses.
const cosignedFile = "cosigned"

// Cosigned gives the checkpoint that KeepCosigned kept last, and what it says;
// ErrNotSigned where there is none. Only the log's own signature is checked.
func (l *Log) Cosigned() ([]byte, Head, error) {
	return l.readHead(filepath.Join(l.cfg.Dir, cosignedFile))
}

// KeepCosigned keeps a checkpoint of the log with cosignatures.
func (l *Log) KeepCosigned(raw []byte) error {
	if _, err := l.openHead(raw); err != nil {
		return err
	}
	return writeFile(l.cfg.Dir, cosignedFile, raw)
}

// readHead reads a checkpoint of this log.
func (l *Log) readHead(name string) ([]byte, Head, error) {
	raw, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, Head{}, ledger.ErrNotSigned
	}
	if err != nil {
		return nil, Head{}, fmt.Errorf("read the checkpoint: %w", err)
	}
	h, err := l.openHead(raw)
	if err != nil {
		return nil, Head{}, err
	}
	return raw, h, nil
}

// openHead reads what a checkpoint says that the log's key signed, or a former
// one while it was in force.
func (l *Log) openHead(raw []byte) (Head, error) {
	v, err := note.NewVerifier(l.vkey)
	if err != nil {
		return Head{}, fmt.Errorf("%w: %s: %w", store.ErrDamaged, vkeyFile, err)
	}
	h, err := openNote(raw, v)
	for _, f := range l.former {
		if err == nil {
			break
		}
		old, bad := note.NewVerifier(f.Key)
		if bad != nil {
			return Head{}, fmt.Errorf("%w: %s: %w", store.ErrDamaged, formerFile, bad)
		}
		if of, bad := openNote(raw, old); bad == nil && of.Size <= f.Until {
			h, err = of, nil
		}
	}
	if err != nil {
		return Head{}, fmt.Errorf("%w: checkpoint: %w", store.ErrDamaged, err)
	}
	return h, nil
}

func openNote(raw []byte, v note.Verifier) (Head, error) {
	n, err := note.Open(raw, note.VerifierList(v))
	if err != nil {
		return Head{}, err
	}
	return parseHead([]byte(n.Text), v.Name())
}

// Verifiers gives the log's key, and the former ones after it.
func (l *Log) Verifiers() ([]note.Verifier, error) {
	all := []string{l.vkey}
	for _, f := range l.former {
		all = append(all, f.Key)
	}
	out := make([]note.Verifier, len(all))
	for i, vkey := range all {
		var err error
		if out[i], err = note.NewVerifier(vkey); err != nil {
			return nil, fmt.Errorf("%w: the ledger's verifier key: %w", store.ErrDamaged, err)
		}
	}
	return out, nil
}

// shown gives the checkpoint under which entries up to need are shown to others:
// the cosigned one where the log is witnessed and that is large enough, else the
// newest.
func (l *Log) shown(need uint64) ([]byte, Head, error) {
	if l.cfg.Witnessed {
		raw, h, err := l.Cosigned()
		if err != nil && !errors.Is(err, ledger.ErrNotSigned) {
			return nil, Head{}, err
		}
		// One that only a former key signed is of no use to who has the new one.
		v, bad := note.NewVerifier(l.vkey)
		if err == nil && bad == nil && h.Size >= need {
			if _, bad := openNote(raw, v); bad == nil {
				return raw, h, nil
			}
		}
	}
	return l.Signed()
}

// Consistency proves that the tree of a size continues that of an older one.
func (l *Log) Consistency(ctx context.Context, older, newer uint64) ([]ledger.Hash, error) {
	pb, err := client.NewProofBuilder(ctx, newer, l.readTile)
	if err != nil {
		return nil, fmt.Errorf("prove that the ledger continues: %w", err)
	}
	p, err := pb.ConsistencyProof(ctx, older, newer)
	if err != nil {
		return nil, fmt.Errorf("prove that the ledger continues: %w", err)
	}
	out := make([]ledger.Hash, len(p))
	for i, h := range p {
		out[i] = ledger.Hash(h)
	}
	return out, nil
}

// Remind shows the log a checkpoint that its own key signed. Where the log does
// not go on from it, it takes nothing any more.
func (l *Log) Remind(ctx context.Context, raw []byte) error {
	last, err := l.openHead(raw)
	if err != nil {
		return err
	}
	err = l.check(ctx, last)
	if errors.Is(err, ledger.ErrRefused) {
		l.refuse(err)
	}
	return err
}

// Keys are the verifier keys of the log in a folder, for who does not open it.
type Keys struct{ log Log }

// ReadKeys reads them; ErrNotSigned where there is no log yet.
func ReadKeys(dir string) (*Keys, error) {
	vkey, err := os.ReadFile(filepath.Join(dir, vkeyFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, ledger.ErrNotSigned
	}
	if err != nil {
		return nil, fmt.Errorf("read the ledger's verifier key: %w", err)
	}
	k := &Keys{log: Log{vkey: trim(vkey)}}
	_, err = readJSON(dir, formerFile, &k.log.former)
	return k, err
}

// Verifiers gives the key in force, and the former ones after it.
func (k *Keys) Verifiers() ([]note.Verifier, error) { return k.log.Verifiers() }

// Head reads a checkpoint of the log.
func (k *Keys) Head(raw []byte) (Head, error) { return k.log.openHead(raw) }
