package app

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"

	sumdb "golang.org/x/mod/sumdb/tlog"

	"atalaya/ledger"
	"atalaya/ledger/witness"
	"atalaya/store/tlog"
	"atalaya/web"
)

// witnessesFile is what is known of the witnesses, beside the log.
const witnessesFile = "witnesses.json"

// witnesses reads the policy that names the ledger's witnesses; nil: none.
func (c *Config) witnesses() (*witness.Policy, error) {
	name := c.Ledger.Witnesses
	if name == "" {
		return nil, nil //nolint:nilnil // none
	}
	if c.Exercise.Enabled {
		// The exercise has its own ledger, and most witnesses will not want it.
		name += ".exercise"
		if _, err := os.Stat(name); errors.Is(err, fs.ErrNotExist) {
			return nil, nil //nolint:nilnil // none
		}
	}
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("read who witnesses the ledger: %w", err)
	}
	p, err := witness.ParsePolicy(string(text))
	if err != nil {
		return nil, fmt.Errorf("ledger.witnesses: %s: %w", name, err)
	}
	return p, nil
}

// ledgerDir is the ledger's folder.
func (c *Config) ledgerDir() string { return filepath.Join(c.dir(), ledgerFolder) }

// shownLog is the log as witnesses see it.
type shownLog struct{ *tlog.Log }

// Signed implements witness.Log.
func (l shownLog) Signed() ([]byte, error) {
	raw, _, err := l.Log.Signed()
	return raw, err
}

// Consistency implements witness.Log.
func (l shownLog) Consistency(ctx context.Context, older, newer int64) ([]sumdb.Hash, error) {
	p, err := l.Log.Consistency(ctx, uint64(older), uint64(newer)) //nolint:gosec // sizes
	out := make([]sumdb.Hash, len(p))
	for i, h := range p {
		out[i] = sumdb.Hash(h)
	}
	return out, err
}

// newAsker makes who asks the witnesses of a policy.
func (c *Config) newAsker(p *witness.Policy, l *tlog.Log, now func() time.Time, log *slog.Logger) (*witness.Asker, error) {
	keys, err := l.Verifiers()
	if err != nil {
		return nil, err
	}
	kept, _, err := l.Cosigned()
	if err != nil && !errors.Is(err, ledger.ErrNotSigned) {
		log.Warn("the cosigned checkpoint cannot be read; a new one is asked for", slog.Any("error", err))
	}
	dir := c.ledgerDir()
	return witness.NewAsker(witness.AskerConfig{
		Policy: p, Log: shownLog{l}, Keys: keys, Kept: kept, Keep: l.KeepCosigned, Every: time.Duration(c.Ledger.Ask), Now: now, Logger: log,
		Contradicted: func(ctx context.Context, raw []byte) {
			if k, err := tlog.ReadKeys(dir); err == nil {
				if h, err := k.Head(raw); err == nil && c.lost(h) {
					return
				}
			}
			if err := l.Remind(ctx, raw); err != nil {
				log.Error("a witness has a head that the ledger signed and does not go on from", slog.Any("error", err))
			}
		},
		Changed: func(s witness.State) {
			if err := writeWitnesses(dir, s); err != nil {
				log.Warn("what the witnesses do is not written down", slog.Any("error", err))
			}
		},
	}), nil
}

// writeWitnesses writes the state for 'atalaya ledger status'. Nothing relies on it.
func writeWitnesses(dir string, s witness.State) error {
	raw, err := json.Marshal(s)
	if err != nil {
		return err
	}
	draft := filepath.Join(dir, witnessesFile+".new")
	if err := os.WriteFile(draft, raw, 0o600); err != nil {
		return err
	}
	return os.Rename(draft, filepath.Join(dir, witnessesFile))
}

// readWitnesses reads it; nil where nobody was asked yet.
func readWitnesses(dir string) (*witness.State, error) {
	raw, err := os.ReadFile(filepath.Join(dir, witnessesFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil //nolint:nilnil // none
	}
	if err != nil {
		return nil, fmt.Errorf("read how the witnesses do: %w", err)
	}
	s := &witness.State{}
	if err := json.Unmarshal(raw, s); err != nil {
		return nil, fmt.Errorf("read how the witnesses do: %w", err)
	}
	return s, nil
}

// remembered is a second place whose head was read at the start: a witness's.
// What is signed afterwards reaches the witness by the Asker, and nothing waits
// for it.
type remembered struct{ head tlog.Head }

// LastSigned implements tlog.Second.
func (r remembered) LastSigned(context.Context) (tlog.Head, bool, error) { return r.head, true, nil }

// KeepSigned implements tlog.Second.
func (r remembered) KeepSigned(context.Context, tlog.Head) error { return nil }

// explainedLoss says that the heads with a size above From and up to Until may
// be of a history that was lost, and that two people explained that. A witness
// remembers them for ever.
type explainedLoss struct {
	From  uint64 `json:"from"`
	Until uint64 `json:"until"`
}

// lossesFile has them.
const lossesFile = "explained.json"

func (c *Config) losses() (out []explainedLoss, err error) {
	raw, err := os.ReadFile(filepath.Join(c.ledgerDir(), lossesFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err == nil {
		err = json.Unmarshal(raw, &out)
	}
	if err != nil {
		return nil, fmt.Errorf("read which losses of the ledger were explained: %w", err)
	}
	return out, nil
}

// noteLoss notes a loss that was explained. Killed before it, the program asks
// for the explanation again.
func (c *Config) noteLoss(have, lost tlog.Head) error {
	all, err := c.losses()
	if err != nil {
		return err
	}
	raw, err := json.Marshal(append(all, explainedLoss{have.Size, lost.Size}))
	if err != nil {
		return err
	}
	draft := filepath.Join(c.ledgerDir(), lossesFile+".new")
	if err := os.RemoveAll(draft); err != nil {
		return err
	}
	if err := writeNew(draft, raw); err != nil {
		return err
	}
	if err := os.Rename(draft, filepath.Join(c.ledgerDir(), lossesFile)); err != nil {
		return err
	}
	return syncFolder(c.ledgerDir())
}

// lost reports whether a head may be of a history whose loss was explained.
func (c *Config) lost(h tlog.Head) bool {
	all, err := c.losses()
	return err == nil && slices.ContainsFunc(all, func(x explainedLoss) bool { return h.Size > x.From && h.Size <= x.Until })
}

// startPatience is how long a start waits for what witnesses remember.
const startPatience = 3 * time.Second

// remember asks the witnesses what the ledger signed last. A witness that cannot
// be reached, or shows no checkpoint that our own key signed, is passed over: no
// link, no liar keeps the program from starting.
func (c *Config) remember(ctx context.Context, p *witness.Policy, log *slog.Logger) []tlog.Second {
	own, err := tlog.ReadKeys(c.ledgerDir())
	if err != nil {
		return nil // a first start; anything else is told when the log is opened
	}
	keys, err := own.Verifiers()
	if err != nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	heads := make([]*tlog.Head, len(p.Witnesses))
	var wg sync.WaitGroup
	for i, w := range p.Witnesses {
		if w.URL == "" {
			continue
		}
		wg.Go(func() {
			raw, err := witness.Last(ctx, http.DefaultClient, w.URL, keys...)
			if err != nil {
				log.Warn("a witness does not say what the ledger signed last", slog.String("witness", w.Name), slog.Any("error", err))
				return
			}
			if h, err := own.Head(raw); err == nil && !c.lost(h) {
				heads[i] = &h
			}
		})
	}
	wg.Wait()
	var out []tlog.Second
	for _, h := range heads {
		if h != nil {
			out = append(out, remembered{*h})
		}
	}
	return out
}

// witnessHealth is how the witnesses do, for screens and metrics; nil: none.
func (b *books) witnessHealth() *web.Witnesses {
	if b == nil || b.asker == nil {
		return nil
	}
	s := b.asker.State()
	out := &web.Witnesses{Held: s.Held, Since: s.Since, Size: s.Size, Asked: s.Asked}
	for _, w := range s.Witnesses {
		out.Witnesses = append(out.Witnesses, web.Witness{Name: w.Name, Size: w.Size, At: w.At, Error: w.Error, Failing: w.Failing})
	}
	return out
}
