package authority

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"fmt"
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
	Revoking  []Signature   `json:"revoking,omitempty" doc:"who of two other people revoked it"`
	Ended     time.Time     `json:"ended" doc:"it signs nothing from then on; zero: it was not revoked"`
	Ender     desk.Who      `json:"ender" doc:"who revoked it, or the second of two"`
	Reason    string        `json:"reason,omitempty" doc:"why"`
}

// Text is what a key's content is the hash of.
func (k *Key) Text() string {
	return fmt.Sprintf("atalaya.key.v1\n%s\n%s\n%s\n%s\n", k.Pseudonym, k.Unit, k.Device, k.Key)
}

// KeyState is how far a key has come.
type KeyState string

// States of keys.
const (
	KeyWaits   KeyState = "waits" // for two people to approve it
	KeySigns   KeyState = "signs"
	KeyRevoked KeyState = "revoked"
)

// State is how far the key has come.
func (k *Key) State() KeyState {
	switch {
	case !k.Ended.IsZero():
		return KeyRevoked
	case k.Since.IsZero():
		return KeyWaits
	}
	return KeySigns
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
	// Revoked ones count too: else who revokes all of them would be first again.
	first := map[desk.PersonID]string{} // the unit of each person whose key ever signed
	for _, k := range have {
		switch {
		case k.Key == n.Key:
			return Key{}, fmt.Errorf("%w: this key is there already, as %s of %s", desk.ErrConflict, k.ID, k.Name)
		case k.Device == n.Device && k.Person != who.ID:
			return Key{}, fmt.Errorf("%w: the device %s is that of %s: two people do not sign on one device", desk.ErrConflict, k.Device, k.Name)
		case k.Person == who.ID && k.Unit != n.Unit && k.State() != KeyRevoked:
			return Key{}, fmt.Errorf("%w: your keys are of the unit %s, and nobody is of two", desk.ErrConflict, k.Unit)
		}
		if !k.Since.IsZero() {
			first[k.Person] = k.Unit
		}
	}
	if len(first) < two {
		// They approve all others': who could not would leave nobody who can.
		if err := who.Needs(desk.Supervisor, "be one of the first two people with a key"); err != nil {
			return Key{}, err
		}
		for person, unit := range first {
			if person != who.ID && unit == n.Unit {
				return Key{}, fmt.Errorf("%w: the first key is of the unit %s: two people of different units approve all later ones, so the second person is of another", desk.ErrConflict, unit)
			}
		}
	}
	now := s.cfg.Clock.Now().UTC()
	k := Key{
		ID: fmt.Sprint("K", len(have)+1), Person: who.ID, Name: who.Name, Pseudonym: s.cfg.Pseudonym(who.ID),
		Unit: n.Unit, Device: n.Device, Key: n.Key, Asked: now,
	}
	k.Content = hashed(k.Text())
	kind := KindAsked
	if len(first) < two {
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
	if k, done, err := s.repeatedKey(ctx, who, id, request); err != nil || done {
		return k, err
	}
	k, err := stored[Key](ctx, s, KeyDocument, id)
	switch {
	case err != nil:
		return Key{}, err
	case k.State() != KeyWaits:
		return Key{}, fmt.Errorf("%w: nothing waits to be approved: %s %s", desk.ErrConflict, id, k.State())
	case k.Person == who.ID:
		return Key{}, fmt.Errorf("%w: it is your own key: two other people approve it", desk.ErrForbidden)
	}
	if k.Signed, err = s.signed(ctx, who, KindKey, KindKey+"/"+id, k.Content, with, k.Signed); err != nil {
		return Key{}, err
	}
	kind := KindAsked
	if n := len(k.Signed); n >= two {
		kind, k.Since = KindKey, k.Signed[n-1].At
	}
	return k, s.recordKey(ctx, kind, who, &k, request)
}

// RevokeKey ends a key: who has it does it alone, at once, and without the
// device, which may be lost. Another's takes two people, who sign.
func (s *Service) RevokeKey(ctx context.Context, who desk.Who, id, reason string, with Pen, request string) (Key, error) {
	if err := who.Needs(desk.Officer, "revoke a key"); err != nil {
		return Key{}, err
	}
	s.write.Lock()
	defer s.write.Unlock()
	if k, done, err := s.repeatedKey(ctx, who, id, request); err != nil || done {
		return k, err
	}
	k, err := stored[Key](ctx, s, KeyDocument, id)
	if err != nil {
		return Key{}, err
	}
	if k.Reason == "" || reason != "" {
		k.Reason = reason
	}
	switch {
	case k.State() == KeyRevoked:
		return Key{}, fmt.Errorf("%w: %s is revoked already", desk.ErrConflict, id)
	case who.ID == "":
		return Key{}, fmt.Errorf("%w: people revoke keys", desk.ErrInvalid)
	case !oneLine(k.Reason):
		return Key{}, fmt.Errorf("%w: say why, in one line of at most %d bytes", desk.ErrInvalid, mostText)
	}
	now := s.cfg.Clock.Now().UTC()
	if k.Person != who.ID {
		if err := who.Needs(desk.Supervisor, "revoke another's key"); err != nil {
			return Key{}, err
		}
		if k.Revoking, err = s.signed(ctx, who, KindKeyEnd, KindKeyEnd+"/"+id, k.Content, with, k.Revoking); err != nil {
			return Key{}, err
		}
		if now = k.Revoking[len(k.Revoking)-1].At; len(k.Revoking) < two {
			return k, s.recordKey(ctx, KindUnkey, who, &k, request)
		}
	} else {
		k.Revoking = nil
	}
	if err := s.leaves(ctx, &k); err != nil {
		return Key{}, err
	}
	k.Ended, k.Ender = now, who
	return k, s.recordKey(ctx, KindKeyEnd, who, &k, request)
}

// leaves refuses to revoke a key without which nobody could approve another:
// that takes keys of two units.
func (s *Service) leaves(ctx context.Context, without *Key) error {
	have, err := s.Keys(ctx)
	if err != nil {
		return err
	}
	before, after := map[string]bool{}, map[string]bool{}
	for _, k := range have {
		if k.State() != KeySigns {
			continue
		}
		before[k.Unit] = true
		if k.ID != without.ID {
			after[k.Unit] = true
		}
	}
	if len(after) < two && len(after) < len(before) {
		return fmt.Errorf("%w: without %s there would not be keys of two units, and nobody could approve another: have a third person's approved first", desk.ErrConflict, without.ID)
	}
	return nil
}

// repeatedKey gives what a request made of a key before.
func (s *Service) repeatedKey(ctx context.Context, who desk.Who, id, request string) (Key, bool, error) {
	k, done, err := repeated[Key](ctx, s, KeyDocument, who, request)
	if err == nil && done && k.ID != id {
		err = fmt.Errorf("%w: it was for %s; use a new request id", desk.ErrRequestReused, k.ID)
	}
	return k, done, err
}

// Key gives one key.
func (s *Service) Key(ctx context.Context, id string) (Key, error) {
	return stored[Key](ctx, s, KeyDocument, id)
}

// Keys gives all keys, that first which changed last longest ago.
func (s *Service) Keys(ctx context.Context) ([]Key, error) {
	return all[Key](ctx, s, KeyDocument, false)
}

func (s *Service) recordKey(ctx context.Context, kind string, who desk.Who, k *Key, request string) error {
	k.Version++
	fields := []desk.Field{
		{Name: "person", Value: k.Pseudonym}, {Name: "unit", Value: k.Unit}, {Name: "device", Value: k.Device}, {Name: "key", Value: k.Key}, {Name: "content", Value: k.Content},
	}
	// Approval and end have one record, whose id is signed; the rest one each.
	id, at, signed := kind+"/"+k.ID, s.at(k.Signed, k.Asked), k.Signed
	switch kind {
	case KindKey:
	case KindKeyEnd:
		at, signed = k.Ended, k.Revoking
		by := "owner"
		if len(signed) > 0 {
			by = "two"
		}
		fields = append(fields, desk.Field{Name: "by", Value: by}, desk.Field{Name: "reason", Value: k.Reason})
	case KindUnkey:
		at, signed = s.at(k.Revoking, at), k.Revoking
		fields = append(fields, desk.Field{Name: "reason", Value: k.Reason})
		id = fmt.Sprintf("%s/%d", id, k.Version)
	default:
		id = fmt.Sprintf("%s/%d", id, k.Version)
	}
	body, err := json.Marshal(k)
	if err != nil {
		return fmt.Errorf("write key %s: %w", k.ID, err)
	}
	return s.do(ctx, desk.Record{
		ID: id, Kind: kind, At: at, Who: who, Subject: "key:" + k.ID, Fields: append(fields, signedFields(signed)...),
	}, desk.Document{Kind: KeyDocument, ID: k.ID, Version: k.Version, Open: k.State() == KeyWaits, Body: body}, request)
}
