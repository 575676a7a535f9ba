package app

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"atalaya/ledger"
	"atalaya/store/sqlite"
	"atalaya/store/tlog"
)

// Succession passes the ledger from one signing key to the next. One person of
// the administration that goes and one of the one that comes sign it, each on
// their own device, and it becomes an entry.
type Succession struct {
	Format string    `json:"format"`
	ID     string    `json:"id"`
	Origin string    `json:"origin"`
	Why    string    `json:"why"`
	Old    string    `json:"old"`  // verifier keys
	New    string    `json:"new"`  //
	Head   tlog.Head `json:"head"` // what the ledger was when it was written
	// Outgoing and Incoming sign for the two administrations.
	Outgoing *Signature `json:"outgoing,omitempty"`
	Incoming *Signature `json:"incoming,omitempty"`
}

const (
	successionFormat = "atalaya.succession.v1"
	kindSuccession   = "succession"
)

// content is the hash of what passes to whom.
func (e *Succession) content() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%s\n%s\n%s\n%d %x\n%s\n", successionFormat, e.Origin, e.ID, e.Old, e.New, e.Head.Size, e.Head.Root, e.Why))
	return hex.EncodeToString(sum[:])
}

// text is what a device signs (docs/ledger-format.md).
func (e *Succession) text() []byte {
	return fmt.Appendf(nil, "atalaya.approval.v1\n%s\n%s\n%s\n", kindSuccession, e.ID, e.content())
}

// signed are the signatures, the outgoing first.
func (e *Succession) signed() (out []Signature) {
	for _, s := range []*Signature{e.Outgoing, e.Incoming} {
		if s != nil {
			out = append(out, *s)
		}
	}
	return out
}

// Succeed makes the next key, and writes what is to be signed.
func (b *Books) Succeed(ctx context.Context, why string) (Succession, error) {
	if why = strings.TrimSpace(why); why == "" || strings.Contains(why, "\n") {
		return Succession{}, errors.New("say in one line why the keys pass on")
	}
	if err := b.log.Verify(ctx); err != nil {
		return Succession{}, err
	}
	if to, err := b.log.Succeeding(); err != nil || to != "" {
		return Succession{}, errors.Join(fmt.Errorf("a succession to %s is under way", to), err)
	}
	_, head, err := b.log.Signed()
	if err != nil {
		return Succession{}, err
	}
	next, err := b.log.NextKey()
	if err != nil {
		return Succession{}, err
	}
	return Succession{
		Format: successionFormat, ID: "succession/" + b.now().UTC().Format(time.RFC3339Nano), Origin: b.log.Origin(), Why: why, Old: b.log.Key(), New: next, Head: head,
	}, nil
}

// Sign adds the signature of one side, with a device's key, an Ed25519 key in
// PEM (PKCS #8).
func (e *Succession) Sign(incoming bool, person, unit, device string, key []byte) error {
	if e.Format != successionFormat {
		return fmt.Errorf("this is no succession: its format is %q", e.Format)
	}
	s, err := signOn(e.text(), person, unit, device, key)
	if err != nil {
		return err
	}
	side := &e.Outgoing
	if incoming {
		side = &e.Incoming
	}
	if *side != nil {
		return fmt.Errorf("%s signed it already for that side", (*side).Person)
	}
	if err := apart(append(e.signed(), s)); err != nil {
		return err
	}
	*side = &s
	return nil
}

// Succeeded tells how far a succession is.
type Succeeded struct {
	Entry uint64 // that records it
	// Waits says why both keys go on signing; empty: the new key is in force.
	Waits string
}

// PassKeys makes a succession that two people signed an entry of the ledger,
// lets both keys and the witnesses sign it, and puts the new key in force. Where
// one is under way it goes on with that.
func PassKeys(ctx context.Context, cfg Config, e Succession, log *slog.Logger) (out Succeeded, err error) {
	if e.Format != successionFormat || e.Outgoing == nil || e.Incoming == nil {
		return out, errors.New("a succession takes the signatures of two people, one of the outgoing and one of the incoming administration")
	}
	if err := hold(e.text(), e.signed()); err != nil {
		return out, err
	}
	err = withStore(ctx, cfg, log, func(s *sqlite.Store, clock *Clock) error {
		if err := e.enter(ctx, cfg, s, clock.Now(), log); err != nil {
			return err
		}
		waits, err := cosignSuccession(ctx, cfg, s, clock, log)
		if err != nil {
			return err
		}
		// Once it is signed as it must be, opening the ledger ends it.
		l, err := openLog(ctx, cfg, s, log, false)
		if err != nil {
			return err
		}
		if err := l.Refused(); err != nil {
			return errors.Join(err, l.Close())
		}
		to, err := l.Succeeding()
		if all := l.Former(); err == nil && to == "" && len(all) > 0 {
			out.Entry = all[len(all)-1].Entry
		} else if out.Waits = waits; waits == "" {
			out.Waits = "its checkpoint is not signed yet"
		}
		return errors.Join(err, l.Close())
	})
	return out, err
}

// enter makes the succession, and the keys that it takes, entries.
func (e *Succession) enter(ctx context.Context, cfg Config, s *sqlite.Store, now time.Time, log *slog.Logger) (err error) {
	l, err := openLog(ctx, cfg, s, log, false)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	if err := l.Refused(); err != nil {
		return err
	}
	to, err := l.Succeeding()
	switch {
	case err != nil:
		return err
	case to == e.New || to == "" && l.Key() == e.New:
		return nil // entered before
	case to != "":
		return fmt.Errorf("a succession to %s is under way", to)
	case l.Origin() != e.Origin:
		return fmt.Errorf("it is of the ledger %s, and this is %s", e.Origin, l.Origin())
	case l.Key() != e.Old:
		return fmt.Errorf("it passes %s on, and %s is in force: write it anew, and sign again", e.Old, l.Key())
	}
	if root, err := l.Root(ctx, e.Head.Size); err != nil || root != e.Head.Root {
		return errors.Join(fmt.Errorf("the ledger's first %d entries are not those of when the file was written", e.Head.Size), err)
	}
	size, err := l.Size(ctx)
	if err != nil {
		return err
	}
	records, err := keyRecords(ctx, s, l, size, e.ID, e.signed(), now)
	if err != nil {
		return err
	}
	r, err := singleRecord(kindSuccession, e.ID, now, append([]ledger.Field{
		ledger.Text("content", e.content()), ledger.Text("why", e.Why), ledger.Text("old", e.Old), ledger.Text("new", e.New),
		ledger.Text("size", strconv.FormatUint(e.Head.Size, 10)), ledger.Text("root", hex.EncodeToString(e.Head.Root[:])),
	}, signedFields(e.signed())...)...)
	if err != nil {
		return err
	}
	records = append(records, r)
	if err := s.CommitUnsent(ctx, records); err != nil {
		return err
	}
	return l.Succeed(e.New, rootsOf(records), ledger.Public.Show(0, r))
}

// cosignSuccession opens the ledger, which lets both keys sign, and shows that
// to the witnesses. It says what is missing.
func cosignSuccession(ctx context.Context, cfg Config, s *sqlite.Store, clock *Clock, log *slog.Logger) (waits string, err error) {
	l, err := openLog(ctx, cfg, s, log, false)
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, l.Close()) }()
	policy, err := cfg.witnesses()
	if err != nil || policy == nil {
		return "", err
	}
	if to, err := l.Succeeding(); err != nil || to == "" {
		return "", err
	}
	a, err := cfg.newAsker(policy, l, clock.Now, log)
	if err != nil {
		return "", err
	}
	if err := a.Ask(ctx); err != nil {
		return "", err
	}
	state := a.State()
	if state.Held {
		return "", nil
	}
	waits = "too few witnesses signed"
	for _, w := range state.Witnesses {
		if w.Error != "" {
			waits += fmt.Sprintf("; %s: %s", w.Name, w.Error)
		}
	}
	return waits, nil
}

// successionEntry is an entry that records a succession, with the proof of it
// under what both keys signed.
type successionEntry struct {
	Proof   string       `json:"proof"`
	Opening ledger.Group `json:"opening"`
}

// successions gives those of a ledger as exports and disclosures have them.
func successions(ctx context.Context, l *tlog.Log) ([]successionEntry, error) {
	var out []successionEntry
	for i, f := range l.Former() {
		proof, err := l.Succession(ctx, i+1)
		if err != nil {
			return nil, err
		}
		out = append(out, successionEntry{string(proof), f.Opened})
	}
	return out, nil
}

// successionsFile is the file of an export.
func (b *Books) successionsFile(ctx context.Context) ([]byte, error) {
	all, err := successions(ctx, b.log)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	raw, err := json.Marshal(struct {
		Format      string            `json:"format"`
		Successions []successionEntry `json:"successions"`
	}{"atalaya.successions.v1", all})
	return append(raw, '\n'), err
}
