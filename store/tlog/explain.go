package tlog

import (
	"context"
	"errors"
	"fmt"

	"atalaya/ledger"
)

// A log that is an older copy of what was signed takes nothing. Where no newer
// copy is left, two people may explain that in an entry: the log goes on from
// where it is, and the first head that is signed covers the explanation.
//
// Who has a checkpoint of what is lost will see a fork for ever. The
// explanation is there to be read beside it.

// explanation lets a log go on that is an older copy.
type explanation struct {
	lost  Head   // what was signed last
	until uint64 // no head below this is signed: it would not cover the explanation
}

func doubted(why string) error {
	return fmt.Errorf("%w: %s: two people must explain it, see docs/backup.md", ledger.ErrRefused, why)
}

// Loss tells what two people are to explain: what was signed last, and what is
// there. It fails where the log takes records, or where its own files are not
// whole.
func (l *Log) Loss(ctx context.Context) (lost, have Head, err error) {
	if err := l.Verify(ctx); err == nil {
		return lost, have, errors.New("there is nothing to explain: the ledger is what was signed")
	} else if !errors.Is(err, ledger.ErrRefused) {
		return lost, have, err
	}
	if lost, _, err = lastSigned(ctx, l.cfg.Seconds); err != nil && !errors.Is(err, ledger.ErrRefused) {
		return lost, have, err
	}
	if have, err = l.head(); err != nil {
		return lost, have, fmt.Errorf("nothing can be explained without the ledger's files: %w", err)
	}
	return lost, have, nil
}

// Explain appends entries, the last of which explains why the log is not what
// was signed, and waits until they are signed. From then on the log takes
// records. have is what was explained: where the log is another meanwhile, it
// fails.
func (l *Log) Explain(ctx context.Context, lost, have Head, entries []ledger.Hash) ([]uint64, error) {
	nowLost, nowHave, err := l.Loss(ctx)
	if err != nil {
		return nil, err
	}
	if nowLost != lost || nowHave != have || len(entries) == 0 {
		return nil, errors.New("what is explained is not what is there: ask for the explanation's text again")
	}
	if l.cfg.ReadOnly || l.add != nil {
		return nil, errors.New("the ledger is not open for this")
	}
	l.mu.Lock()
	l.refused = nil
	l.explained = &explanation{lost, have.Size + uint64(len(entries))}
	l.mu.Unlock()
	if err := l.begin(ctx, l.cfg.withDefaults()); err != nil {
		return nil, err
	}
	at, err := l.Append(ctx, entries)
	if err != nil {
		return nil, err
	}
	return at, l.awaitSigned(ctx, at[len(at)-1]+1)
}

// covers reports what was lost, where a head covers the explanation of that; an
// error where it does not yet, or not a succession that is under way.
func (l *Log) covers(h Head) (*Head, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case h.Size < l.least:
		return nil, errors.New("the record of the succession comes first")
	case l.explained == nil:
		return nil, nil //nolint:nilnil // nothing was lost
	case h.Size < l.explained.until:
		return nil, errors.New("the explanation comes first")
	}
	return &l.explained.lost, nil
}
