package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"atalaya/desk"
	"atalaya/desk/approval"
	"atalaya/desk/people"
	"atalaya/exercise"
	"atalaya/store/sqlite"
	"atalaya/store/sqlite/durable"
	"atalaya/web"
)

// dir is the folder of the store: the exercise has its own.
func (c *Config) dir() string {
	if c.Exercise.Enabled {
		return filepath.Join(c.Data, "exercise")
	}
	return c.Data
}

// openPeople opens what lets people in, and what waits for a second one.
func (p *program) openPeople(ctx context.Context) (err error) {
	p.people = people.New(people.Config{Store: p.store, Ledger: p.ledger, Clock: p.clock, Policy: p.cfg.Desk.policy(), Exercise: p.cfg.Exercise.Enabled, Idle: time.Duration(p.cfg.Web.Lock)})
	kinds := p.people.Kinds()
	maps.Copy(kinds, p.registry.Kinds())
	for _, kind := range p.cfg.Desk.SecondPerson {
		if _, ok := kinds[kind]; !ok {
			return fmt.Errorf("desk.second_person: nothing is of the kind %q: choose of %s", kind, strings.Join(slices.Sorted(maps.Keys(kinds)), ", "))
		}
	}
	p.second, err = approval.Open(ctx, approval.Config{
		Store: p.store, Ledger: p.ledger, Clock: p.clock, Within: time.Duration(p.cfg.Desk.Within), Person: p.people.Who, Kinds: kinds,
	})
	return err
}

func (c DeskConfig) policy() desk.Policy { return desk.Policy{SecondPerson: c.SecondPerson} }

// addressFile in the data folder says where the program is, or was last.
const addressFile = "address"

// noteAddress writes where the program is, for links that are made while it
// does not run.
func (c *Config) noteAddress(file, url string, log *slog.Logger) {
	if err := os.WriteFile(filepath.Join(c.dir(), file), []byte(url+"\n"), 0o600); err != nil {
		log.Warn("the address is not noted: links of 'atalaya user invite' are made from web.url or web.listen", slog.Any("error", err))
	}
}

// address gives how browsers reach the program, as well as it is known.
func (c *Config) address() (string, error) {
	if c.Web.URL != "" {
		return c.Web.URL, nil
	}
	if noted, err := os.ReadFile(filepath.Join(c.dir(), addressFile)); err == nil {
		return strings.TrimSpace(string(noted)), nil
	}
	_, port, err := net.SplitHostPort(c.Web.Listen)
	if err != nil {
		return "", fmt.Errorf("web.listen %q: %w", c.Web.Listen, err)
	}
	return "http://localhost:" + port, nil
}

// Address says where the program is that has the store, or was last.
func Address(cfg Config) (string, error) { return cfg.address() }

// withPeople opens the store for one act about people.
func withPeople(ctx context.Context, cfg Config, log *slog.Logger, act func(*people.Roll) error) error {
	return withBooks(ctx, cfg, log, func(s *sqlite.Store, b *books, clock *Clock) error {
		return act(people.New(people.Config{Store: s, Ledger: b.gate, Clock: clock, Exercise: cfg.Exercise.Enabled}))
	})
}

// withBooks opens the store and its ledger for one act.
func withBooks(ctx context.Context, cfg Config, log *slog.Logger, act func(*sqlite.Store, *books, *Clock) error) error {
	return withStore(ctx, cfg, log, func(s *sqlite.Store, clock *Clock) (err error) {
		b, err := openBooks(ctx, cfg, s, clock, log, 0)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, b.close()) }()
		return act(s, b, clock)
	})
}

// withStore opens the store. It makes none where there is none, and fails while
// another program has it.
func withStore(ctx context.Context, cfg Config, log *slog.Logger, act func(*sqlite.Store, *Clock) error) (err error) {
	if _, err := os.Stat(filepath.Join(cfg.dir(), durable.Name+".db")); err != nil {
		return fmt.Errorf("there is no store in %s (%w): start the program once, or name its folder with --data", cfg.dir(), err)
	}
	clock := NewClock(log)
	s, err := sqlite.Open(ctx, sqlite.Config{Dir: cfg.dir(), Clock: clock, Log: log, Policy: cfg.Keep.policy()})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	return act(s, clock)
}

// Invite makes a one-time sign-in link.
func Invite(ctx context.Context, cfg Config, role string, log *slog.Logger) (link string, err error) {
	url, err := cfg.address()
	if role == string(desk.Overseer) {
		url, err = cfg.portalNoted()
	}
	if err != nil {
		return "", err
	}
	err = withPeople(ctx, cfg, log, func(p *people.Roll) error {
		link, err = invite(ctx, p, desk.Role(role), url)
		return err
	})
	return link, err
}

// InviteInstructor makes a one-time sign-in link for an instructor from abroad.
func InviteInstructor(ctx context.Context, cfg Config, country string, until time.Time, log *slog.Logger) (link string, err error) {
	url, err := cfg.address()
	if err != nil {
		return "", err
	}
	err = withPeople(ctx, cfg, log, func(p *people.Roll) error {
		secret, hash := web.NewToken()
		if _, err := p.InviteInstructor(ctx, desk.Who{}, country, until, hash, linkLasts); err != nil {
			return fmt.Errorf("make a sign-in link: %w", err)
		}
		link = url + "/enrol#" + secret
		return nil
	})
	return link, err
}

// People lists who may sign in.
func People(ctx context.Context, cfg Config, log *slog.Logger) (all []people.Person, err error) {
	err = withPeople(ctx, cfg, log, func(p *people.Roll) error {
		all, err = p.All(ctx)
		return err
	})
	return all, err
}

// world makes the simulated world of a configuration.
func (c *Config) world(ctx context.Context, clock func() time.Time, log *slog.Logger) (*exercise.World, error) {
	e := c.Exercise
	return exercise.New(ctx, exercise.Config{
		Seed: e.Seed, Boats: e.Boats, Dark: e.Dark, Planes: e.Planes, Port: e.Port,
		Cross: time.Duration(e.Cross), Deceive: time.Duration(e.Deceive), Report: time.Duration(e.Report), Clock: clock, Log: log,
	})
}

// Exercise runs the simulated world alone until ctx ends.
func Exercise(ctx context.Context, cfg Config, log *slog.Logger) error {
	if err := cfg.Check(); err != nil {
		return err
	}
	w, err := cfg.world(ctx, time.Now, log)
	if err != nil {
		return err
	}
	return w.Run(ctx)
}
