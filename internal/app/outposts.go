package app

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"atalaya/desk"
	"atalaya/desk/gate"
	"atalaya/ledger/witness"
)

// outpostsFolder has the key by which outposts' ledgers are cosigned, and what
// was.
const outpostsFolder = "outposts"

// outposts watches the ledgers of outposts: a head of theirs is entered in our
// own ledger, then cosigned.
type outposts struct {
	witness  *witness.Witness
	listener net.Listener
}

// outpostsFile gives the file that names the outposts; empty: there are none.
func (c *Config) outpostsFile() string {
	name := c.Ledger.Outposts
	if name == "" || !c.Exercise.Enabled {
		return name
	}
	// An exercise watches an exercise's.
	name += ".exercise"
	if _, err := os.Stat(name); errors.Is(err, fs.ErrNotExist) {
		return ""
	}
	return name
}

// openOutposts opens the witness of the outposts, where the configuration names
// any.
func (p *program) openOutposts(ctx context.Context) error {
	file := p.cfg.outpostsFile()
	if file == "" {
		return nil
	}
	o := WitnessOptions{Dir: filepath.Join(p.cfg.dir(), outpostsFolder), Name: p.cfg.origin() + "/outposts", Logs: file}
	logs, err := o.logs()
	if err != nil {
		return fmt.Errorf("ledger.outposts: %w", err)
	}
	for _, l := range logs {
		switch exercise := strings.HasSuffix(l.Name(), exerciseOrigin); {
		case l.Name() == p.cfg.origin():
			return fmt.Errorf("ledger.outposts: %s is this ledger: nobody is their own witness", l.Name())
		case exercise && !p.cfg.Exercise.Enabled:
			return fmt.Errorf("ledger.outposts: %s is an exercise's, and this ledger is not", l.Name())
		case !exercise && p.cfg.Exercise.Enabled:
			return fmt.Errorf("ledger.outposts: %s: %s is no exercise's, and this ledger is", file, l.Name())
		}
	}
	w, err := o.open(p.log, enterOutpost(p.books.gate, p.clock))
	if err != nil {
		return fmt.Errorf("ledger.outposts: %w", err)
	}
	l, err := (&net.ListenConfig{}).Listen(ctx, "tcp", p.cfg.Ledger.OutpostsListen)
	if err != nil {
		return errors.Join(fmt.Errorf("listen for outposts: %w: another program has the port, or set ledger.outposts_listen", err), w.Close())
	}
	p.outposts = &outposts{w, l}
	return nil
}

// welcome tells outposts' administrators what to write in their policies.
func (o *outposts) welcome() string {
	if o == nil {
		return ""
	}
	return fmt.Sprintf("Outposts' ledgers are cosigned at http://%s by %s\n", o.listener.Addr(), o.witness.Key())
}

// enterOutpost makes what enters a head of an outpost. What the outpost signed
// stands in the entry: whoever has it can show it again.
func enterOutpost(g *gate.Gate, clock desk.Clock) func(context.Context, witness.Checkpoint, []byte) error {
	return func(ctx context.Context, c witness.Checkpoint, note []byte) error {
		size := strconv.FormatInt(c.Size, 10)
		return g.Do(ctx, desk.Record{
			ID: "outpost/" + c.Origin + "/" + size, Kind: "outpost", At: clock.Now(),
			Fields: []desk.Field{
				{Name: "origin", Value: c.Origin},
				{Name: "size", Value: size},
				{Name: "root", Value: hex.EncodeToString(c.Root[:])},
				{Name: "checkpoint", Value: string(note)},
			},
		}, func(context.Context) error { return nil })
	}
}

// OutpostsStatus is what is known of outposts' ledgers.
type OutpostsStatus struct {
	Key   string            `json:"key"` // by which they are cosigned
	Heads []witness.Watched `json:"heads"`
}

// outpostsStatus tells it, also while the program runs; nil: no outpost was ever
// watched.
func (c *Config) outpostsStatus() (*OutpostsStatus, error) {
	dir := filepath.Join(c.dir(), outpostsFolder)
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // none
	}
	key, err := witness.OpenKey(dir, "")
	if err != nil {
		return nil, err
	}
	heads, err := witness.List(dir)
	return &OutpostsStatus{key.String(), heads}, err
}

// runOutposts serves outposts until ctx ends.
func (p *program) runOutposts(ctx context.Context) {
	if p.outposts == nil {
		return
	}
	if err := serveWitness(ctx, p.outposts.witness, p.outposts.listener); err != nil {
		p.log.Error("outposts' ledgers are not cosigned", slog.Any("error", err))
	}
}

func (o *outposts) close() error {
	if o == nil {
		return nil
	}
	if err := o.listener.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return errors.Join(err, o.witness.Close())
	}
	return o.witness.Close()
}
