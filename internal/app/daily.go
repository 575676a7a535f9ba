package app

import (
	"context"
	"log/slog"
	"time"

	"atalaya/desk"
	"atalaya/desk/daily"
	"atalaya/desk/people"
	"atalaya/rule"
)

// keepDaily records the statistics of every day that has ended, until ctx ends.
func (p *program) keepDaily(ctx context.Context) {
	tick := time.NewTicker(10 * time.Minute)
	defer tick.Stop()
	for {
		if err := p.noteDays(ctx); err != nil && ctx.Err() == nil {
			p.log.Warn("the ledger lacks a day's statistics", slog.Any("error", err))
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// noteDays makes up for the days that lack their statistics: since the last
// that has them, or since the first record of all, a week at most.
func (p *program) noteDays(ctx context.Context) error {
	const day, most = 24 * time.Hour, 7
	today := p.clock.Now().UTC().Truncate(day)
	last, err := p.store.JournalEntries(ctx, desk.JournalQuery{Kinds: []string{daily.Kind}, Limit: 1})
	if err != nil {
		return err
	}
	from := today.Add(-most * day)
	for _, e := range last {
		for _, f := range e.Record.Fields {
			if d, err := time.Parse(time.DateOnly, f.Value); f.Name == "day" && err == nil && d.Add(day).After(from) {
				from = d.Add(day)
			}
		}
	}
	for ; from.Before(today); from = from.Add(day) {
		if err := p.noteDay(ctx, from); err != nil {
			return err
		}
	}
	return nil
}

func (p *program) noteDay(ctx context.Context, day time.Time) error {
	const page = 1000
	end := day.Add(24 * time.Hour)
	var entries []desk.Entry
	for q := (desk.JournalQuery{From: day, To: end, Limit: page}); ; {
		some, err := p.store.JournalEntries(ctx, q)
		if err != nil {
			return err
		}
		entries = append(entries, some...)
		if len(some) < page {
			break
		}
		q.Before = some[len(some)-1].Number
	}
	var attempts []people.Attempt
	for before := uint64(0); ; {
		some, err := p.people.Attempts(ctx, desk.Who{}, before, page)
		if err != nil {
			return err
		}
		attempts = append(attempts, some...)
		if len(some) < page || some[len(some)-1].At.Before(day) {
			break
		}
		before = some[len(some)-1].Number
	}
	alerts := 0
	for q := (desk.Filter{Kinds: []rule.Kind{rule.Alert}, Since: day, Until: end, Limit: page}); ; {
		some, err := p.desk.List(ctx, q)
		if err != nil {
			return err
		}
		alerts += len(some.Alerts)
		if q.After = some.Next; q.After == "" {
			break
		}
	}
	if len(entries) == 0 && len(attempts) == 0 && alerts == 0 && day.Before(p.begun.Add(-24*time.Hour)) {
		return nil // the program was not there, or did nothing
	}
	s := daily.Of(day, entries, attempts, alerts)
	return p.books.gate.Do(ctx, desk.Record{
		ID: daily.Kind + "/" + day.Format(time.DateOnly), Kind: daily.Kind, At: p.clock.Now(), Fields: s.Fields(),
	}, func(context.Context) error { return nil })
}
