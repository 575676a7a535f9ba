package desk

import (
	"context"
	"slices"
	"strings"
	"time"
)

// JournalQuery asks for records of the ledger, the newest first.
type JournalQuery struct {
	From, To time.Time // when it was decided; To is not included; zero: all
	// Kinds are the kinds wanted, whole ("alert.closed") or the part before the
	// point ("alert"); none: all.
	Kinds  []string
	Before uint64 // the Number of the last one of the page before; 0: from the newest
	Limit  int    // 0: 100; at most 1000
}

// Size is the limit in force.
func (q JournalQuery) Size() int { return Filter{Limit: q.Limit}.Size() }

// Wants reports whether the query lets an entry through, paging apart.
func (q JournalQuery) Wants(e *Entry) bool {
	if e.Record.At.Before(q.From) || (!q.To.IsZero() && !e.Record.At.Before(q.To)) {
		return false
	}
	family, _, _ := strings.Cut(e.Record.Kind, ".")
	return len(q.Kinds) == 0 || slices.Contains(q.Kinds, e.Record.Kind) || slices.Contains(q.Kinds, family)
}

// JournalStore reads what the ledger records.
type JournalStore interface {
	// JournalEntries gives the records that a query asks for, with their
	// outcomes.
	JournalEntries(ctx context.Context, q JournalQuery) ([]Entry, error)
}
