package asset

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"atalaya/obs"
	"atalaya/valid"
)

// Bounds of what an asset may say.
const (
	maxText   = 200 // bytes of a name, of an identity
	maxClaims = 20
	maxRange  = 20_000 // km: half around the earth
)

// Kinds lists every kind.
func Kinds() []Kind { return []Kind{Drone, Boat, Patrol, Post} }

// Check says what is wrong with an asset.
func (a Asset) Check() error {
	if err := a.check(); err != nil {
		return fmt.Errorf("asset %q: %w", a.ID, err)
	}
	return nil
}

func (a Asset) check() error {
	if err := valid.CheckKey(string(a.ID)); err != nil {
		return valid.In("id", err)
	}
	switch {
	case !slices.Contains(Kinds(), a.Kind):
		return fmt.Errorf("kind %q is unknown: choose one of %v", a.Kind, Kinds())
	case len(a.Name) > maxText:
		return fmt.Errorf("the name has %d bytes: use at most %d", len(a.Name), maxText)
	case len(a.Claims) > maxClaims:
		return fmt.Errorf("%d identities: at most %d", len(a.Claims), maxClaims)
	}
	for _, c := range a.Claims {
		if err := checkClaim(c); err != nil {
			return valid.In("claims", err)
		}
	}
	if a.Kind == Drone {
		return a.Aircraft.check(!a.Exercise)
	}
	if a.Aircraft != (Aircraft{}) {
		return valid.In("kind", fmt.Errorf("a %s has no maker, model, supplier, payload, range, registration or serial number: they are a drone's", a.Kind))
	}
	return nil
}

// check says what is wrong with what a drone says of itself; whole: nothing that
// is published may be missing.
func (a Aircraft) check(whole bool) error {
	texts := []struct {
		name, value string
		published   bool
	}{
		{"maker", a.Maker, true},
		{"model", a.Model, true},
		{"supplier", a.Supplier, true},
		{"payload", a.Payload, true},
		{"registration", a.Registration, false},
		{"serial", a.Serial, false},
	}
	var missing []string
	for _, x := range texts {
		switch {
		case len(x.value) > maxText || !utf8.ValidString(x.value) || strings.ContainsFunc(x.value, unicode.IsControl):
			return valid.In(x.name, fmt.Errorf("%s: write one line of at most %d bytes", x.name, maxText))
		case x.published && strings.TrimSpace(x.value) == "":
			missing = append(missing, x.name)
		}
	}
	if !(a.Range >= 0 && a.Range <= maxRange) {
		return valid.In("range_km", fmt.Errorf("a range of %g km: use more than 0 and at most %d", a.Range, maxRange))
	}
	if a.Range == 0 {
		missing = append(missing, "range_km")
	}
	if whole && len(missing) > 0 {
		return valid.In(missing[0], fmt.Errorf("add %s: what a drone is, carries and reaches is published", strings.Join(missing, ", ")))
	}
	return nil
}

// ParseClaims reads identities as people write them: mmsi:760123456.
func ParseClaims(texts []string) ([]obs.Claim, error) {
	var out []obs.Claim
	for _, text := range texts {
		kind, value, _ := strings.Cut(text, ":")
		var c obs.Claim
		switch kind {
		case obs.MMSI.String(), obs.SystemID.String(), obs.CallSign.String():
		case obs.ICAO.String():
			value = strings.ToLower(value)
		default:
			return nil, fmt.Errorf("identity %q: write mmsi:NNN, icao:XXX, mavlink:N or callsign:XXX", text)
		}
		if err := c.Kind.UnmarshalText([]byte(kind)); err != nil {
			return nil, fmt.Errorf("identity %q: %w", text, err)
		}
		c.Value = value
		out = append(out, c)
	}
	return out, nil
}

// checkClaim refuses an identity that nothing can report under: a track is ours
// only where it claims exactly this.
func checkClaim(c obs.Claim) error {
	var good bool
	switch c.Kind {
	case obs.MMSI:
		good = len(c.Value) == 9 && digits(c.Value)
	case obs.ICAO:
		good = len(c.Value) == 6 && strings.Trim(c.Value, "0123456789abcdef") == ""
	case obs.SystemID:
		good = len(c.Value) >= 1 && len(c.Value) <= 3 && digits(c.Value)
	case obs.CallSign:
		good = c.Value != "" && len(c.Value) <= maxText
	default:
	}
	if !good {
		return fmt.Errorf("identity %q: use mmsi with nine digits, icao with six hexadecimal digits, mavlink with the system id, or callsign", c)
	}
	return nil
}

func digits(s string) bool {
	return !slices.ContainsFunc([]byte(s), func(c byte) bool { return c < '0' || c > '9' })
}
