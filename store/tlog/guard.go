package tlog

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/transparency-dev/merkle/proof"
	"github.com/transparency-dev/merkle/rfc6962"
	"github.com/transparency-dev/tessera/client"
	"golang.org/x/mod/sumdb/note"

	"atalaya/ledger"
	"atalaya/store"
)

// Second is a place, apart from the log, where the head that was signed last
// stands.
type Second interface {
	// LastSigned gives it; false where nothing was signed yet.
	LastSigned(ctx context.Context) (Head, bool, error)
	// KeepSigned keeps it durably.
	KeepSigned(ctx context.Context, h Head) error
}

// lastSigned gives the largest of what the places know; ErrRefused where they
// contradict each other.
func lastSigned(ctx context.Context, places []Second) (last Head, signed bool, err error) {
	var differ error
	for _, p := range places {
		h, ok, err := p.LastSigned(ctx)
		if err != nil {
			return Head{}, false, fmt.Errorf("read what the ledger signed last: %w", err)
		}
		if ok && signed && h.Size == last.Size && h.Root != last.Root {
			differ = fmt.Errorf("%w: two places have different heads of size %d that it signed last", ledger.ErrRefused, h.Size)
		}
		if ok && (!signed || h.Size > last.Size) {
			last, signed = h, true
		}
	}
	return last, signed, differ
}

// check finds out whether the log goes on from what was signed; ErrRefused.
func (l *Log) check(ctx context.Context, last Head) error {
	if !l.exists() {
		if last.Size == 0 {
			return nil // a start that was killed between the signature and the state
		}
		return fmt.Errorf("%w: its files are missing, and %d entries of it were signed: put them back from a copy that is not older", ledger.ErrRefused, last.Size)
	}
	h, err := l.head()
	if err != nil {
		return fmt.Errorf("%w: %w: put the ledger's files back from a copy that is not older", ledger.ErrRefused, err)
	}
	return l.follows(ctx, last, h)
}

// follows finds out whether a head goes on from what was signed; ErrRefused.
func (l *Log) follows(ctx context.Context, last, h Head) error {
	fork := func(err error) error {
		return fmt.Errorf("%w: it is not the one whose %d entries were signed (%w): put the ledger's files back from a copy that is", ledger.ErrRefused, last.Size, err)
	}
	switch {
	case h.Size < last.Size:
		return fmt.Errorf("%w: it has %d entries, and %d were signed: this is an older copy; put back one that is not older", ledger.ErrRefused, h.Size, last.Size)
	case h.Size == last.Size && h.Root != last.Root:
		return fork(errors.New("another root"))
	case h.Size == last.Size, last.Size == 0:
		return nil
	}
	pb, err := client.NewProofBuilder(ctx, h.Size, l.readTile)
	if err != nil {
		return fork(err)
	}
	p, err := pb.ConsistencyProof(ctx, last.Size, h.Size)
	if err != nil {
		return fork(err)
	}
	if err := proof.VerifyConsistency(rfc6962.DefaultHasher, last.Size, h.Size, p, last.Root[:], h.Root[:]); err != nil {
		return fork(err)
	}
	return nil
}

// signer signs what goes on from what was signed last.
type signer struct {
	note.Signer
	log *Log
}

// Sign implements note.Signer. Tessera asks for one signature at a time.
func (s *signer) Sign(text []byte) ([]byte, error) {
	ctx := context.Background()
	h, err := parseHead(text, s.Name())
	if err != nil {
		return nil, err
	}
	if err := s.log.Refused(); err != nil {
		return nil, err
	}
	last, signed, differ := lastSigned(ctx, s.log.cfg.Seconds)
	lost, err := s.log.covers(h)
	if err != nil {
		return nil, err
	}
	explained := lost != nil && *lost == last
	if differ != nil && (!explained || !errors.Is(differ, ledger.ErrRefused)) {
		return nil, differ
	}
	if signed && !explained {
		if err := s.log.follows(ctx, last, h); err != nil {
			s.log.refuse(err)
			return nil, err
		}
	}
	// First the other places: a signature that nobody remembers could be
	// contradicted.
	if !signed || h != last {
		for _, p := range s.log.cfg.Seconds {
			if err := p.KeepSigned(ctx, h); err != nil {
				return nil, fmt.Errorf("keep what the ledger signs in its second place: %w", err)
			}
		}
	}
	return s.Signer.Sign(text)
}

// parseHead reads the text of a checkpoint (C2SP tlog-checkpoint).
func parseHead(text []byte, origin string) (Head, error) {
	const lines = 3
	part := bytes.SplitN(text, []byte("\n"), lines+1)
	if len(part) <= lines || string(part[0]) != origin {
		return Head{}, fmt.Errorf("no checkpoint of %s", origin)
	}
	size, err := strconv.ParseUint(string(part[1]), 10, 64)
	if err != nil {
		return Head{}, fmt.Errorf("a checkpoint's size: %w", err)
	}
	root, err := base64.StdEncoding.DecodeString(string(part[2]))
	if err != nil || len(root) != ledger.HashSize {
		return Head{}, fmt.Errorf("a checkpoint's root is no hash: %q", part[2])
	}
	return Head{size, ledger.Hash(root)}, nil
}

// File is a second place: a file, on another disk or a mounted share.
type File string

// LastSigned implements Second.
func (f File) LastSigned(context.Context) (Head, bool, error) {
	raw, err := os.ReadFile(string(f))
	if errors.Is(err, fs.ErrNotExist) {
		return Head{}, false, nil
	}
	if err != nil {
		return Head{}, false, err
	}
	var h signedFile
	if err := json.Unmarshal(raw, &h); err != nil || len(h.Root) != ledger.HashSize {
		return Head{}, false, fmt.Errorf("%w: %s says no size and root", store.ErrDamaged, string(f))
	}
	return Head{h.Size, ledger.Hash(h.Root)}, true, nil
}

// KeepSigned implements Second.
func (f File) KeepSigned(_ context.Context, h Head) error {
	raw, err := json.Marshal(signedFile{h.Size, h.Root[:]})
	if err != nil {
		return err
	}
	return writeFile(filepath.Dir(string(f)), filepath.Base(string(f)), append(raw, '\n'))
}

type signedFile struct {
	Size uint64 `json:"size"`
	Root []byte `json:"root"`
}

// full says of an error for want of room that it is one. Tessera prints some
// errors into others.
func full(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) || bytes.Contains([]byte(err.Error()), []byte(syscall.ENOSPC.Error())) {
		return fmt.Errorf("%w: %w", store.ErrFull, err)
	}
	return err
}

// Verify finds out whether the log goes on from what was signed; ErrRefused.
func (l *Log) Verify(ctx context.Context) error {
	last, signed, err := lastSigned(ctx, l.cfg.Seconds)
	if err != nil {
		return err
	}
	if signed {
		if err := l.check(ctx, last); err != nil {
			return err
		}
	}
	if l.cfg.Doubt != "" {
		return doubted(l.cfg.Doubt)
	}
	return nil
}
