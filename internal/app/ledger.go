package app

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strconv"
	"sync"
	"time"

	"atalaya/desk"
	"atalaya/desk/gate"
	"atalaya/ledger"
	"atalaya/ledger/witness"
	"atalaya/store/sqlite"
	"atalaya/store/tlog"
)

// LedgerConfig says what the ledger is called and where its last head stands.
type LedgerConfig struct {
	Origin    string   `toml:"origin" doc:"name of the ledger and of its key, as in example.org/atalaya: a name of yours, chosen before the first start; it cannot be changed after. The exercise's has /exercise behind it"`
	Second    string   `toml:"second" doc:"file, on another disk or a mounted share, where the size and root that were signed last are kept besides the store: a copy of the whole data folder that is put back does not go unseen then; empty: none"`
	Witnesses string   `toml:"witnesses" doc:"file, as C2SP tlog-policy has it, with the witnesses that are asked to cosign the ledger's checkpoints, and how many must; the exercise's has .exercise behind its name, and need not exist; empty: none"`
	Ask       Duration `toml:"ask" doc:"how often the witnesses are asked, when the ledger has grown"`
	Outposts  string   `toml:"outposts" doc:"file with a line 'log VKEY' for each outpost, whose ledger is cosigned here and its heads entered in this one; the exercise's has .exercise behind its name, and need not exist; empty: none"`
	// OutpostsListen is where their programs ask.
	OutpostsListen string   `toml:"outposts_listen" doc:"address where outposts ask for that (C2SP tlog-witness); what is answered is signed and public"`
	Delay          Duration `toml:"public_delay" doc:"how long after a look the public, and an export for it, is told in which 10 km cell it was; that there was one is told at once. In the exercise there is no delay"`
}

const (
	ledgerFolder   = "ledger"
	exerciseOrigin = "/exercise"
	countEvery     = 50 * time.Second // at least once a minute
)

// origin is the ledger's name.
func (c *Config) origin() string {
	if c.Exercise.Enabled {
		return c.Ledger.Origin + exerciseOrigin
	}
	return c.Ledger.Origin
}

// publicDelay is how long where a look was stays closed to the public.
func (c *Config) publicDelay() time.Duration {
	if c.Exercise.Enabled {
		return 0
	}
	return time.Duration(c.Ledger.Delay)
}

// second is the file of the last head; the exercise has its own.
func (c *Config) second() string {
	if c.Ledger.Second != "" && c.Exercise.Enabled {
		return c.Ledger.Second + ".exercise"
	}
	return c.Ledger.Second
}

// books are the ledger: the log, and the gate before it.
type books struct {
	log   *tlog.Log
	gate  *gate.Gate
	asker *witness.Asker // nil: no witnesses
}

// signedIn keeps the last signed head in the store.
type signedIn struct{ store *sqlite.Store }

func (s signedIn) LastSigned(ctx context.Context) (tlog.Head, bool, error) {
	size, root, signed, err := s.store.LastSigned(ctx)
	return tlog.Head{Size: size, Root: root}, signed, err
}

func (s signedIn) KeepSigned(ctx context.Context, h tlog.Head) error {
	return s.store.KeepSigned(ctx, h.Size, h.Root)
}

// openBooks opens the ledger of a store. Its count entries are for a program
// that runs.
func openBooks(ctx context.Context, cfg Config, s *sqlite.Store, clock desk.Clock, log *slog.Logger, count time.Duration) (_ *books, err error) {
	policy, err := cfg.witnesses()
	if err != nil {
		return nil, err
	}
	b := &books{}
	if b.log, err = openLog(ctx, cfg, s, log, false); err != nil {
		return nil, err
	}
	if policy != nil {
		if b.asker, err = cfg.newAsker(policy, b.log, clock.Now, log); err != nil {
			return nil, errors.Join(err, b.log.Close())
		}
	}
	b.gate, err = gate.Open(ctx, gate.Config{
		Store: s, Log: b.log, Clock: clock, Random: rand.Reader, Count: count, Logger: log,
		Pseudonym: func(id desk.PersonID) string { return b.log.Pseudonym(string(id)) },
	})
	if err != nil {
		return nil, errors.Join(err, b.log.Close())
	}
	return b, nil
}

// openLog opens the log of a store.
func openLog(ctx context.Context, cfg Config, s *sqlite.Store, log *slog.Logger, readOnly bool) (*tlog.Log, error) {
	doubt, err := cfg.doubt(ctx, s)
	if err != nil {
		return nil, err
	}
	seconds := []tlog.Second{signedIn{s}}
	if f := cfg.second(); f != "" {
		seconds = append(seconds, tlog.File(f))
	}
	policy, err := cfg.witnesses()
	if err != nil {
		return nil, err
	}
	var held func([]byte) bool
	if policy != nil {
		seconds = append(seconds, cfg.remember(ctx, policy, log)...)
		if policy.Quorum() {
			held = policy.HeldBy
		}
	}
	return tlog.Open(ctx, tlog.Config{
		Dir: cfg.ledgerDir(), Witnessed: policy != nil, Held: held, Origin: cfg.origin(), Sealer: s.Sealer(), Seconds: seconds, Log: log, Doubt: doubt, ReadOnly: readOnly,
	})
}

func (b *books) close() error {
	if b == nil {
		return nil
	}
	return errors.Join(b.gate.Close(), b.log.Close())
}

// noteStart records that the program begins, which one it is, and how long it
// keeps what.
func (p *program) noteStart(ctx context.Context) {
	start := gate.Single{Kind: "system.start", ID: p.runID(), At: p.begun, Fields: []ledger.Field{
		ledger.Text("version", Version), ledger.Text("exercise", strconv.FormatBool(p.cfg.Exercise.Enabled)),
	}}
	if sum, err := Software(); err != nil {
		p.log.Warn("the ledger does not say which software runs", slog.Any("error", err))
	} else {
		start.Fields = append(start.Fields, ledger.Text("software", sum))
	}
	notes := []gate.Single{start}
	notes = append(notes, p.purger.declare(p.runID(), p.begun)...)
	p.note(ctx, notes...)
}

// noteStop records that the program ends.
func (p *program) noteStop(ctx context.Context) {
	p.note(ctx, gate.Single{Kind: "system.stop", ID: p.runID(), At: p.clock.Now(), Fields: []ledger.Field{
		ledger.Text("version", Version), ledger.Text("exercise", strconv.FormatBool(p.cfg.Exercise.Enabled)),
	}})
}

// keepBooks records which sensors there are, and purges.
func (p *program) keepBooks(ctx context.Context) {
	var told sync.WaitGroup
	told.Go(func() { p.noteSensors(ctx) })
	if a := p.books.asker; a != nil {
		told.Go(func() { a.Run(ctx) })
	}
	p.purger.run(ctx)
	told.Wait()
}

// runID names this run of the program.
func (p *program) runID() string { return "run/" + p.begun.UTC().Format(time.RFC3339Nano) }

// note records what has no outcome and hinders nothing.
func (p *program) note(ctx context.Context, s ...gate.Single) {
	if err := p.books.gate.Note(ctx, s...); err != nil {
		p.log.Warn("the ledger lacks a record", slog.String("kind", s[0].Kind), slog.Any("error", err))
	}
}

// Software gives the SHA-256 of the program that runs.
func Software() (string, error) {
	name, err := os.Executable()
	if err != nil {
		return "", err
	}
	f, err := os.Open(name)
	if err != nil {
		return "", err
	}
	h := sha256.New()
	_, err = io.Copy(h, f)
	if err := errors.Join(err, f.Close()); err != nil {
		return "", fmt.Errorf("read the program: %w", err)
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}
