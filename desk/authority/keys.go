package authority

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"atalaya/desk"
)

// Key is the Ed25519 key of a device with which a person signs.
type Key struct {
	ID        string        `json:"id" doc:"name of the key, for ever"`
	Version   uint64        `json:"version" doc:"counts the changes, from 1"`
	Person    desk.PersonID `json:"person" doc:"whose it is"`
	Name      string        `json:"name" doc:"their name as it was then"`
	Pseudonym string        `json:"pseudonym" doc:"as the ledger has it"`
	Unit      string        `json:"unit" doc:"unit that they belong to"`
	Device    string        `json:"device" doc:"device that has the key"`
	Key       string        `json:"key" doc:"base64"`
	Content   string        `json:"content" doc:"SHA-256 of what two people sign; hex"`
	Asked     time.Time     `json:"asked" doc:"when it was brought"`
	Since     time.Time     `json:"since" doc:"it signs from then on; zero: two people have not approved it yet"`
	Signed    []Signature   `json:"signed,omitempty" doc:"who approved it"`
}

// NewKey is a key that somebody brings.
type NewKey struct {
	Unit   string `json:"unit" minLength:"1" maxLength:"60" doc:"unit that you belong to: letters, digits and hyphens"`
	Device string `json:"device" minLength:"1" maxLength:"60" doc:"name of the device: letters, digits and hyphens"`
	Key    string `json:"key" maxLength:"60" doc:"its Ed25519 key, base64 of 32 bytes"`
	// Proof is the device's signature over what a key is approved by: nobody
	// brings a key that they do not have.
	Proof string `json:"proof" maxLength:"100" doc:"its signature over the text atalaya.key.v1, unit, device and key, each with a line feed; base64"`
}

// ProofText is what a device signs when its key is brought.
func (n *NewKey) ProofText() []byte {
	return fmt.Appendf(nil, "atalaya.key.v1\n%s\n%s\n%s\n", n.Unit, n.Device, n.Key)
}

// word reports whether s can be one of the words of an approval.
func word(s string) bool {
	const good = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_."
	return s != "" && len(s) <= 60 && strings.Trim(s, good) == ""
}

// AddKey brings a key. Those of the first two people sign at once.
func (s *Service) AddKey(ctx context.Context, who desk.Who, n NewKey, request string) (Key, error) {
	if err := who.Needs(desk.Officer, "have a key to sign with"); err != nil {
		return Key{}, err
	}
	public, err := base64.StdEncoding.Strict().DecodeString(n.Key)
	switch {
	case who.ID == "":
		return Key{}, fmt.Errorf("%w: a key belongs to a person", desk.ErrInvalid)
	case !word(n.Unit) || !word(n.Device):
		return Key{}, fmt.Errorf("%w: unit %q, device %q: use letters, digits and hyphens", desk.ErrInvalid, n.Unit, n.Device)
	case err != nil || len(public) != ed25519.PublicKeySize:
		return Key{}, fmt.Errorf("%w: an Ed25519 key is 32 bytes in base64", desk.ErrInvalid)
	case !holds(n.Key, n.ProofText(), n.Proof):
		return Key{}, fmt.Errorf("%w: the device's signature over its own key does not hold: sign the text that the API names", desk.ErrInvalid)
	}
	s.write.Lock()
	defer s.write.Unlock()
	if k, done, err := repeated[Key](ctx, s, KeyDocument, who, request); err != nil || done {
		return k, err
	}
	have, err := s.Keys(ctx)
	if err != nil {
		return Key{}, err
	}
	people := map[desk.PersonID]bool{}
	for _, k := range have {
		switch {
		case k.Key == n.Key:
			return Key{}, fmt.Errorf("%w: this key is there already, as %s of %s", desk.ErrConflict, k.ID, k.Name)
		case k.Device == n.Device && k.Person != who.ID:
			return Key{}, fmt.Errorf("%w: the device %s is that of %s: two people do not sign on one device", desk.ErrConflict, k.Device, k.Name)
		case k.Person == who.ID && k.Unit != n.Unit:
			return Key{}, fmt.Errorf("%w: your keys are of the unit %s, and nobody is of two", desk.ErrConflict, k.Unit)
		}
		if !k.Since.IsZero() {
			people[k.Person] = true
		}
	}
	now := s.cfg.Clock.Now().UTC()
	k := Key{
		ID: fmt.Sprint("K", len(have)+1), Person: who.ID, Name: who.Name, Pseudonym: s.cfg.Pseudonym(who.ID),
		Unit: n.Unit, Device: n.Device, Key: n.Key, Asked: now,
	}
	k.Content = hashed(fmt.Sprintf("atalaya.key.v1\n%s\n%s\n%s\n%s\n", k.Pseudonym, k.Unit, k.Device, k.Key))
	kind := KindAsked
	if len(people) < two {
		kind, k.Since = KindKey, now
	}
	return k, s.recordKey(ctx, kind, who, &k, request)
}

// SignKey approves a key that somebody brought.
func (s *Service) SignKey(ctx context.Context, who desk.Who, id string, with Pen, request string) (Key, error) {
	if err := who.Needs(desk.Supervisor, "approve a key"); err != nil {
		return Key{}, err
	}
	s.write.Lock()
	defer s.write.Unlock()
	if k, done, err := repeated[Key](ctx, s, KeyDocument, who, request); err != nil || done {
		return k, err
	}
	k, err := stored[Key](ctx, s, KeyDocument, id)
	switch {
	case err != nil:
		return Key{}, err
	case !k.Since.IsZero():
		return Key{}, fmt.Errorf("%w: %s signs already", desk.ErrConflict, id)
	case k.Person == who.ID:
		return Key{}, fmt.Errorf("%w: it is your own key: two other people approve it", desk.ErrForbidden)
	}
	kind := KindAsked
	if len(k.Signed)+1 >= two {
		kind = KindKey
	}
	sig, err := s.signature(ctx, who, KindKey, KindKey+"/"+id, k.Content, with, k.Signed)
	if err != nil {
		return Key{}, err
	}
	k.Signed = append(slices.Clip(k.Signed), sig)
	if kind == KindKey {
		k.Since = sig.At
	}
	return k, s.recordKey(ctx, kind, who, &k, request)
}

// Keys gives all keys, oldest first.
func (s *Service) Keys(ctx context.Context) ([]Key, error) {
	return all[Key](ctx, s, KeyDocument, false)
}

func (s *Service) recordKey(ctx context.Context, kind string, who desk.Who, k *Key, request string) error {
	k.Version++
	id := KindKey + "/" + k.ID
	if kind != KindKey {
		id = fmt.Sprintf("%s/%s/%d", kind, k.ID, k.Version)
	}
	fields := append([]desk.Field{
		{Name: "person", Value: k.Pseudonym}, {Name: "unit", Value: k.Unit}, {Name: "device", Value: k.Device}, {Name: "key", Value: k.Key}, {Name: "content", Value: k.Content},
	}, signedFields(k.Signed)...)
	body, err := json.Marshal(k)
	if err != nil {
		return fmt.Errorf("write key %s: %w", k.ID, err)
	}
	return s.do(ctx, desk.Record{ID: id, Kind: kind, At: s.at(k.Signed, k.Asked), Who: who, Subject: "key:" + k.ID, Fields: fields}, desk.Document{
		Kind: KeyDocument, ID: k.ID, Version: k.Version, Open: k.Since.IsZero(), Body: body,
	}, request)
}
