package app

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strconv"
	"strings"
	"time"

	"atalaya/ledger"
	"atalaya/store/sqlite"
	"atalaya/store/tlog"
)

// Explanation is why a ledger goes on from less than what it signed. Two people
// sign it, each on their own device, and it becomes an entry before anything
// else does.
type Explanation struct {
	Format string      `json:"format"`
	ID     string      `json:"id"`
	Origin string      `json:"origin"`
	Why    string      `json:"why"`
	Lost   tlog.Head   `json:"lost"` // what was signed last
	Have   tlog.Head   `json:"have"` // from where it goes on
	Signed []Signature `json:"signed"`
}

// Signature is a person's, made on a device.
type Signature struct {
	Person    string `json:"person"`
	Unit      string `json:"unit"`
	Device    string `json:"device"`
	Key       string `json:"key"`
	Signature string `json:"signature"`

	ended bool // the key was revoked
}

const (
	explanationFormat = "atalaya.explanation.v1"
	kindExplain       = "explain"
	kindKey           = "key"
	kindKeyEnd        = "key.end"
)

// content is the hash of what is explained.
func (e *Explanation) content() string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s\n%s\n%s\n%d %x\n%d %x\n%s\n", explanationFormat, e.Origin, e.ID, e.Lost.Size, e.Lost.Root, e.Have.Size, e.Have.Root, e.Why))
	return hex.EncodeToString(sum[:])
}

// text is what a device signs (docs/ledger-format.md).
func (e *Explanation) text() []byte {
	return fmt.Appendf(nil, "atalaya.approval.v1\n%s\n%s\n%s\n", kindExplain, e.ID, e.content())
}

// Explain writes what is to be signed.
func (b *Books) Explain(ctx context.Context, why string) (Explanation, error) {
	if why = strings.TrimSpace(why); why == "" || strings.Contains(why, "\n") {
		return Explanation{}, errors.New("say in one line why the ledger is not what was signed")
	}
	lost, have, err := b.log.Loss(ctx)
	if err != nil {
		return Explanation{}, err
	}
	return Explanation{
		Format: explanationFormat, ID: "explain/" + b.now().UTC().Format(time.RFC3339Nano), Origin: b.log.Origin(), Why: why, Lost: lost, Have: have,
	}, nil
}

// Sign adds a signature with a device's key, an Ed25519 key in PEM (PKCS #8).
func (e *Explanation) Sign(person, unit, device string, key []byte) error {
	if e.Format != explanationFormat {
		return fmt.Errorf("this is no explanation: its format is %q", e.Format)
	}
	s, err := signOn(e.text(), person, unit, device, key)
	if err != nil {
		return err
	}
	if err := apart(append(slices.Clip(e.Signed), s)); err != nil {
		return err
	}
	e.Signed = append(e.Signed, s)
	return nil
}

// signOn signs a text with the key of a device.
func signOn(text []byte, person, unit, device string, key []byte) (s Signature, err error) {
	for _, w := range []string{person, unit, device} {
		if w == "" || len(w) > 60 || strings.Trim(w, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_.") != "" {
			return s, fmt.Errorf("%q: person, unit and device are words of letters, digits and hyphens", w)
		}
	}
	block, _ := pem.Decode(key)
	if block == nil {
		return s, errors.New("the key is no PEM file: make one with 'openssl genpkey -algorithm ed25519 -out device.pem'")
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		return s, fmt.Errorf("the key: %w", err)
	}
	private, ok := parsed.(ed25519.PrivateKey)
	if !ok {
		return s, errors.New("the key is no Ed25519 key: make one with 'openssl genpkey -algorithm ed25519 -out device.pem'")
	}
	public, ok := private.Public().(ed25519.PublicKey)
	if !ok {
		return s, errors.New("the key has no public half")
	}
	b64 := base64.StdEncoding.EncodeToString
	return Signature{Person: person, Unit: unit, Device: device, Key: b64(public), Signature: b64(ed25519.Sign(private, text))}, nil
}

// apart refuses signatures that are not of different people, of different
// units, on different devices.
func apart(all []Signature) error {
	for i, x := range all {
		for _, y := range all[:i] {
			switch {
			case x.Person == y.Person || x.Key == y.Key:
				return fmt.Errorf("%s signed it already: another person must", x.Person)
			case x.Unit == y.Unit:
				return fmt.Errorf("somebody of the unit %s signed it already: somebody of another unit must", x.Unit)
			case x.Device == y.Device:
				return fmt.Errorf("it was signed on the device %s already: sign on another", x.Device)
			}
		}
	}
	return nil
}

// ExplainLoss makes an explanation that two people signed an entry of the
// ledger, which goes on from there.
func ExplainLoss(ctx context.Context, cfg Config, e Explanation, log *slog.Logger) (index uint64, err error) {
	const two = 2
	if e.Format != explanationFormat || len(e.Signed) != two {
		return 0, fmt.Errorf("an explanation takes the signatures of two people, and it has %d", len(e.Signed))
	}
	if err := hold(e.text(), e.Signed); err != nil {
		return 0, err
	}
	err = withStore(ctx, cfg, log, func(s *sqlite.Store, clock *Clock) (err error) {
		l, err := openLog(ctx, cfg, s, log, false)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, l.Close()) }()
		if l.Origin() != e.Origin {
			return fmt.Errorf("it explains the ledger %s, and this is %s", e.Origin, l.Origin())
		}
		if index, err = e.enter(ctx, s, l, clock.Now()); err != nil {
			return err
		}
		return cfg.noteLoss(e.Have, e.Lost)
	})
	return index, err
}

// hold refuses signatures that are not of people apart, or not over a text.
func hold(text []byte, signed []Signature) error {
	if err := apart(signed); err != nil {
		return err
	}
	for _, s := range signed {
		key, kerr := base64.StdEncoding.Strict().DecodeString(s.Key)
		sig, serr := base64.StdEncoding.Strict().DecodeString(s.Signature)
		if kerr != nil || serr != nil || len(key) != ed25519.PublicKeySize || !ed25519.Verify(key, text, sig) {
			return fmt.Errorf("the signature of %s does not hold over what the file says: write it anew, and sign again", s.Person)
		}
	}
	return nil
}

// enter makes the explanation, and the keys that it takes, entries.
func (e *Explanation) enter(ctx context.Context, s *sqlite.Store, l *tlog.Log, now time.Time) (uint64, error) {
	lost, have, err := l.Loss(ctx)
	if err != nil {
		return 0, err
	}
	if lost != e.Lost || have != e.Have {
		return 0, errors.New("the ledger is not as it was when the explanation was written: write it anew, and sign again")
	}
	records, err := keyRecords(ctx, s, l, have.Size, e.ID, e.Signed, now)
	if err != nil {
		return 0, err
	}
	fields := []ledger.Field{
		ledger.Text("content", e.content()), ledger.Text("why", e.Why),
		ledger.Text("lost.size", strconv.FormatUint(e.Lost.Size, 10)), ledger.Text("lost.root", hex.EncodeToString(e.Lost.Root[:])),
		ledger.Text("size", strconv.FormatUint(e.Have.Size, 10)), ledger.Text("root", hex.EncodeToString(e.Have.Root[:])),
	}
	r, err := singleRecord(kindExplain, e.ID, now, append(fields, signedFields(e.Signed)...)...)
	if err != nil {
		return 0, err
	}
	records = append(records, r)
	if err := s.ForgetPlaces(ctx, have.Size); err != nil {
		return 0, err
	}
	if err := s.CommitUnsent(ctx, records); err != nil {
		return 0, err
	}
	at, err := l.Explain(ctx, lost, have, rootsOf(records))
	if err != nil {
		return 0, err
	}
	return at[len(at)-1], nil
}

// singleRecord makes a record without an outcome.
func singleRecord(kind, id string, now time.Time, fields ...ledger.Field) (ledger.Record, error) {
	return ledger.NewRecord(rand.Reader, ledger.Head{Kind: kind, At: now, ID: id, Phase: ledger.Single}, append([]ledger.Field{ledger.Hour(now)}, fields...)...)
}

// signedFields are signatures as a record has them.
func signedFields(signed []Signature) (out []ledger.Field) {
	for i, x := range signed {
		out = append(out, ledger.Text(fmt.Sprintf("signed.%d", i+1), strings.Join([]string{x.Person, x.Unit, x.Device, x.Key, x.Signature}, " ")))
	}
	return out
}

// keyRecords makes records of those keys that the first size entries of the
// ledger do not have, and refuses those that are not those people's.
func keyRecords(ctx context.Context, s *sqlite.Store, l *tlog.Log, size uint64, id string, signed []Signature, now time.Time) (out []ledger.Record, err error) {
	keys, err := keysOf(ctx, s, l, size)
	if err != nil {
		return nil, err
	}
	fresh, err := strangers(signed, keys)
	if err != nil {
		return nil, err
	}
	for i, k := range fresh {
		r, err := singleRecord(kindKey, fmt.Sprintf("%s/key/%d", id, i+1), now, ledger.Text("person", k.Person), ledger.Text("unit", k.Unit), ledger.Text("device", k.Device), ledger.Text("key", k.Key))
		if err != nil {
			return nil, err
		}
		out = append(out, r)
	}
	return out, nil
}

// rootsOf gives the entries of records.
func rootsOf(records []ledger.Record) []ledger.Hash {
	out := make([]ledger.Hash, len(records))
	for i, r := range records {
		out[i] = r.Root()
	}
	return out
}

// keysOf gives the people's keys that the ledger has.
func keysOf(ctx context.Context, s *sqlite.Store, l *tlog.Log, size uint64) (map[string]Signature, error) {
	b := &Books{store: s, log: l}
	out := map[string]Signature{}
	for i := range size {
		x, err := b.show(ctx, i, ledger.Court)
		if err != nil {
			return nil, err
		}
		v := map[string]string{}
		for _, f := range x.Group.Fields {
			v[f.Name] = string(f.Value)
		}
		if v[ledger.FieldKind] == kindKey && v[ledger.FieldPhase] != string(ledger.Outcome) {
			out[v["key"]] = Signature{Person: v["person"], Unit: v["unit"], Device: v["device"], Key: v["key"], ended: out[v["key"]].ended}
		}
		if k, there := out[v["key"]]; there && v[ledger.FieldKind] == kindKeyEnd && v[ledger.FieldPhase] != string(ledger.Outcome) {
			k.ended = true
			out[v["key"]] = k
		}
	}
	return out, nil
}

// strangers gives the signers whose keys the ledger does not have. The first two
// people bring theirs; from then on nobody signs with a key that it lacks.
func strangers(signed []Signature, keys map[string]Signature) (fresh []Signature, err error) {
	people := map[string]bool{}
	for _, k := range keys {
		people[k.Person] = true
	}
	for _, x := range signed {
		k, there := keys[x.Key]
		switch {
		case there && (k.Person != x.Person || k.Unit != x.Unit || k.Device != x.Device):
			return nil, fmt.Errorf("the key of %s is on record as that of %s, unit %s, device %s", x.Person, k.Person, k.Unit, k.Device)
		case k.ended:
			return nil, fmt.Errorf("the key of %s was revoked: sign with one that is not", x.Person)
		case !there && len(people) >= len(signed):
			return nil, fmt.Errorf("the key of %s is not on record: sign with one that is", x.Person)
		case !there:
			people[x.Person] = true
			fresh = append(fresh, x)
		}
	}
	return fresh, nil
}
