package app

import (
	"context"
	"crypto/rand"
	"time"

	"atalaya/desk/clocks"
	"atalaya/ledger"
)

func (c NoticesConfig) times() clocks.Times {
	return clocks.Times{
		clocks.Flight: time.Duration(c.Flight), clocks.Pursuit: time.Duration(c.Pursuit),
		clocks.Breach: time.Duration(c.Breach), clocks.Query: time.Duration(c.Query),
	}
}

func usualNotices() NoticesConfig {
	t := clocks.Usual()
	return NoticesConfig{
		Flight: Duration(t[clocks.Flight]), Pursuit: Duration(t[clocks.Pursuit]), Breach: Duration(t[clocks.Breach]), Query: Duration(t[clocks.Query]),
	}
}

func (p *program) openClocks() {
	p.clocks = clocks.New(clocks.Config{
		Store: p.store, Ledger: p.ledger, Clock: p.clock, Random: rand.Reader, Log: p.log,
		Times: p.cfg.Notices.times(), Neighbours: ledger.Neighbours(), Raise: p.raise,
	})
}

// keepClocks looks at the clocks of notices until ctx ends.
func (p *program) keepClocks(ctx context.Context) {
	tick := time.NewTicker(5 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			p.clocks.Tick(ctx)
		}
	}
}
