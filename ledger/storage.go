package ledger

import (
	"context"
	"errors"
)

// Storage is the log: entries in the order they were appended, under one signed
// tree head. Entries and tiles are read as files (C2SP tlog-tiles), by whoever
// checks; the program itself needs no more than this.
type Storage interface {
	// Append adds entries, and returns when they are durable and sequenced. It
	// gives the index of each. After an error some may be in the log and some
	// not: Find tells.
	Append(ctx context.Context, entries []Hash) ([]uint64, error)
	// Find gives the indexes of those of the entries that stand at from or later.
	Find(ctx context.Context, from uint64, entries []Hash) (map[Hash]uint64, error)
	// Size is how many entries the log has.
	Size(ctx context.Context) (uint64, error)
	// Prove gives the C2SP tlog-proof of the entry at index, under the newest
	// checkpoint; ErrNotSigned where that is older than the entry.
	Prove(ctx context.Context, index uint64) ([]byte, error)
}

var (
	// ErrRefused is a log that takes nothing, because it is not what was signed
	// before (an older copy, or another one), or because it cannot be written.
	ErrRefused = errors.New("the ledger takes nothing")
	// ErrNotSigned is an entry that no checkpoint covers yet.
	ErrNotSigned = errors.New("no checkpoint covers the entry yet")
)
