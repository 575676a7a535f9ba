package people

import (
	"context"
	"errors"
	"fmt"
	"time"

	"atalaya/desk"
)

const (
	// keptAttempts bounds the attempts that are kept: the newest.
	keptAttempts = 10_000
	// lookedAt bounds how far back failures of one person are counted.
	lookedAt = 1000
)

// Note keeps an attempt. Without room on the disk it is not kept: nobody is
// shut out for that.
func (r *Roll) Note(ctx context.Context, a Attempt) error {
	a.At = r.now()
	a.Name = a.Name[:min(len(a.Name), maxName)]
	a.Browser = a.Browser[:min(len(a.Browser), maxBrowser)]
	err := r.cfg.Store.SaveAttempt(context.WithoutCancel(ctx), a, keptAttempts)
	if err != nil && !errors.Is(err, desk.ErrFull) {
		return fmt.Errorf("note the attempt: %w", err)
	}
	return nil
}

// Attempts gives attempts to sign in, newest first, for administrators.
func (r *Roll) Attempts(ctx context.Context, by desk.Who, before uint64, limit int) ([]Attempt, error) {
	if err := by.Needs(desk.Administrator, "see who tried to sign in"); err != nil {
		return nil, err
	}
	out, err := r.cfg.Store.Attempts(ctx, before, limit)
	if err != nil {
		return nil, fmt.Errorf("list attempts: %w", err)
	}
	return out, nil
}

// failures counts the attempts with a person's name that failed since they
// were last let in.
func (r *Roll) failures(ctx context.Context, x Person) (failed int, last time.Time, err error) {
	all, err := r.cfg.Store.Attempts(ctx, 0, lookedAt)
	if err != nil {
		return 0, time.Time{}, fmt.Errorf("look for failed attempts: %w", err)
	}
	for _, a := range all {
		if a.Person != x.ID {
			continue
		}
		if a.Outcome == LetIn {
			break
		}
		if a.Outcome == Unlocked {
			continue
		}
		if failed++; failed == 1 {
			last = a.At
		}
	}
	return failed, last, nil
}
