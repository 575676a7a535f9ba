package authority

import (
	"context"
	"crypto/ed25519"
	"encoding/base64"
	"fmt"
	"strings"
	"time"

	"atalaya/desk"
)

// Pen is a signature that a device made.
type Pen struct {
	Key       string `json:"key" maxLength:"60" doc:"the device's Ed25519 key, base64"`
	Signature string `json:"signature" maxLength:"100" doc:"over the approval's text (docs/ledger-format.md), base64"`
}

// ApprovalText is what a device signs.
func ApprovalText(kind, id, content string) []byte {
	return fmt.Appendf(nil, "atalaya.approval.v1\n%s\n%s\n%s\n", kind, id, content)
}

// ToSign gives what a device signs for a draft; empty: it is none.
func (a *Authority) ToSign(now time.Time) string {
	if a.State(now) != Draft {
		return ""
	}
	return string(ApprovalText(KindGrant, KindGrant+"/"+a.ID, a.Content))
}

// ToReview gives what a device signs for the review of an emergency; empty:
// none waits for one.
func (a *Authority) ToReview(now time.Time) string {
	if !a.reviewable(now) {
		return ""
	}
	return string(ApprovalText(KindReview, KindReview+"/"+a.ID, a.Content))
}

// ToApprove gives what a device signs to approve the key; empty: it does not
// wait for that.
func (k *Key) ToApprove() string {
	if k.State() != KeyWaits {
		return ""
	}
	return string(ApprovalText(KindKey, KindKey+"/"+k.ID, k.Content))
}

// ToRevoke gives what a device of another person signs to revoke the key;
// empty: it is revoked.
func (k *Key) ToRevoke() string {
	if k.State() == KeyRevoked {
		return ""
	}
	return string(ApprovalText(KindKeyEnd, KindKeyEnd+"/"+k.ID, k.Content))
}

func holds(key string, text []byte, signature string) bool {
	k, err := base64.StdEncoding.Strict().DecodeString(key)
	sig, serr := base64.StdEncoding.Strict().DecodeString(signature)
	return err == nil && serr == nil && len(k) == ed25519.PublicKeySize && ed25519.Verify(k, text, sig)
}

// Approvals adds a signature to those of a record of another book than this one,
// as signed does.
func (s *Service) Approvals(ctx context.Context, who desk.Who, kind, id, content string, with Pen, before []Signature) ([]Signature, error) {
	return s.signed(ctx, who, kind, id, content, with, before)
}

// SignedFields are signatures as a record has them.
func SignedFields(all []Signature) []desk.Field { return signedFields(all) }

// signed adds the signature of a device of who to those that a record of a kind
// has already, and checks that they go together: other people, of other units,
// on other devices. What was signed with a key that was revoked since no longer
// counts.
func (s *Service) signed(ctx context.Context, who desk.Who, kind, id, content string, with Pen, before []Signature) ([]Signature, error) {
	keys, err := s.Keys(ctx)
	if err != nil {
		return nil, err
	}
	var k Key
	signing := map[string]bool{}
	for _, x := range keys {
		if x.State() != KeySigns {
			continue
		}
		signing[x.Key] = true
		if x.Key == with.Key && x.Person == who.ID {
			k = x
		}
	}
	switch {
	case k.ID == "" || who.ID == "":
		return nil, fmt.Errorf("%w: this is no key with which you sign: bring your device's key first, and have it approved", desk.ErrForbidden)
	case !holds(k.Key, ApprovalText(kind, id, content), with.Signature):
		return nil, fmt.Errorf("%w: the signature does not hold over what is to be signed: reload it, and sign again", desk.ErrInvalid)
	}
	var out []Signature
	for _, b := range before {
		switch {
		case !signing[b.Key]:
			continue
		case b.Person == who.ID:
			return nil, fmt.Errorf("%w: you signed it already: another person must", desk.ErrForbidden)
		case b.Unit == k.Unit:
			return nil, fmt.Errorf("%w: %s of the unit %s signed it already: somebody of another unit must", desk.ErrForbidden, b.Name, b.Unit)
		case b.Device == k.Device:
			return nil, fmt.Errorf("%w: it was signed on the device %s already: sign on another", desk.ErrForbidden, b.Device)
		}
		out = append(out, b)
	}
	return append(out, Signature{
		Person: who.ID, Name: who.Name, Pseudonym: k.Pseudonym, Unit: k.Unit, Device: k.Device, Key: k.Key, Signature: with.Signature,
		At: s.cfg.Clock.Now().UTC(),
	}), nil
}

// signedFields are signatures as a record has them.
func signedFields(all []Signature) (out []desk.Field) {
	for i, x := range all {
		out = append(out,
			desk.Field{Name: fmt.Sprint("signed.", i+1), Value: strings.Join([]string{x.Pseudonym, x.Unit, x.Device, x.Key, x.Signature}, " ")},
			desk.Field{Name: fmt.Sprint("signed.at.", i+1), Value: stamp(x.At)})
	}
	return out
}

// at is when a record is made: with the last signature, so that none is later
// than its record.
func (s *Service) at(signed []Signature, or time.Time) time.Time {
	if n := len(signed); n > 0 {
		return signed[n-1].At
	}
	return or
}
