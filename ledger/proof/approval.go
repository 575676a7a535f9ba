package proof

import (
	"crypto/ed25519"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// signer is who gave an approval: field signed.N, five words.
type signer struct {
	person, unit, device string
	key                  string // Ed25519, base64
	signature            []byte
	ended                bool // the key was revoked
}

func parseSigner(s string) (signer, error) {
	w := strings.Split(s, " ")
	if len(w) != 5 || slices.Contains(w, "") {
		return signer{}, errors.New("an approval is person, unit, device, key and signature")
	}
	key, err := parseBase64(w[3])
	if err != nil || len(key) != ed25519.PublicKeySize {
		return signer{}, errors.New("the key of an approval is the base64 of 32 bytes")
	}
	sig, err := parseBase64(w[4])
	if err != nil {
		return signer{}, err
	}
	return signer{person: w[0], unit: w[1], device: w[2], key: w[3], signature: sig}, nil
}

// approvalText is what a device signs.
func approvalText(kind, id, content string) []byte {
	return fmt.Appendf(nil, "atalaya.approval.v1\n%s\n%s\n%s\n", kind, id, content)
}

func (s signer) signed(r record) bool {
	key, _ := parseBase64(s.key)
	return len(key) == ed25519.PublicKeySize &&
		ed25519.Verify(key, approvalText(r.kind(), r.values["id"], r.values["content"]), s.signature)
}

// needsTwo says whether records of a kind take two people.
func needsTwo(kind string) bool {
	return slices.Contains([]string{"authority", "authority.review", "policy", "hold", "hold.lift", "explain", "succession"}, kind)
}

// approvals checks that two different people of different units, on different
// devices, with keys that were registered before, signed a record.
func (a *audit) approvals(r record, want int) error {
	var found []signer
	for n := 1; n <= 2; n++ {
		v, ok := r.get(fmt.Sprintf("signed.%d", n))
		if !ok {
			continue
		}
		s, err := parseSigner(v)
		if err != nil {
			return err
		}
		if !s.signed(r) {
			return fmt.Errorf("the signature of %s does not hold", s.person)
		}
		if !a.partial {
			switch k, ok := a.keys[s.key]; {
			case !ok:
				return fmt.Errorf("the key of %s was not registered before", s.person)
			case k.ended:
				return fmt.Errorf("the key of %s was revoked before", s.person)
			case k.person != s.person || k.unit != s.unit || k.device != s.device:
				return fmt.Errorf("the key of %s was registered as %s of %s on %s", s.person, k.person, k.unit, k.device)
			}
		}
		found = append(found, s)
	}
	if len(found) < want {
		return fmt.Errorf("%d signed it, not %d", len(found), want)
	}
	if len(found) == 2 {
		x, y := found[0], found[1]
		switch {
		case x.person == y.person || x.key == y.key:
			return fmt.Errorf("%s signed it twice", x.person)
		case x.unit == y.unit:
			return fmt.Errorf("both who signed it are of unit %s", x.unit)
		case x.device == y.device:
			return fmt.Errorf("both signed it on the device %s", x.device)
		}
	}
	return nil
}
