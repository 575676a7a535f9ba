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

func holds(key string, text []byte, signature string) bool {
	k, err := base64.StdEncoding.Strict().DecodeString(key)
	sig, serr := base64.StdEncoding.Strict().DecodeString(signature)
	return err == nil && serr == nil && len(k) == ed25519.PublicKeySize && ed25519.Verify(k, text, sig)
}

// signature checks that a device of who signed a record of a kind, and that
// they go with those who signed it before: other people, of other units, on
// other devices.
func (s *Service) signature(ctx context.Context, who desk.Who, kind, id, content string, with Pen, before []Signature) (Signature, error) {
	keys, err := s.Keys(ctx)
	if err != nil {
		return Signature{}, err
	}
	var k Key
	for _, x := range keys {
		if x.Key == with.Key && x.Person == who.ID && !x.Since.IsZero() {
			k = x
		}
	}
	switch {
	case k.ID == "" || who.ID == "":
		return Signature{}, fmt.Errorf("%w: this is no key with which you sign: bring your device's key first, and have it approved", desk.ErrForbidden)
	case !holds(k.Key, ApprovalText(kind, id, content), with.Signature):
		return Signature{}, fmt.Errorf("%w: the signature does not hold over what is to be signed: reload it, and sign again", desk.ErrInvalid)
	}
	for _, b := range before {
		switch {
		case b.Person == who.ID:
			return Signature{}, fmt.Errorf("%w: you signed it already: another person must", desk.ErrForbidden)
		case b.Unit == k.Unit:
			return Signature{}, fmt.Errorf("%w: %s of the unit %s signed it already: somebody of another unit must", desk.ErrForbidden, b.Name, b.Unit)
		case b.Device == k.Device:
			return Signature{}, fmt.Errorf("%w: it was signed on the device %s already: sign on another", desk.ErrForbidden, b.Device)
		}
	}
	return Signature{
		Person: who.ID, Name: who.Name, Pseudonym: k.Pseudonym, Unit: k.Unit, Device: k.Device, Key: k.Key, Signature: with.Signature,
		At: s.cfg.Clock.Now().UTC(),
	}, nil
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
