package web

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"atalaya/desk/people"
)

// ceremonyLasts is how long a person may take to touch the key.
const ceremonyLasts = 5 * time.Minute

// errCeremony says that a ceremony cannot go on.
var errCeremony = errors.New("the question that the passkey answered is too old, or was answered already: try again")

// ceremony is a question to a passkey. The browser carries it, sealed, between
// asking and answering, so that strangers fill no memory here.
type ceremony struct {
	Purpose string               `json:"purpose"` // what the answer is good for
	Session webauthn.SessionData `json:"session"`
	Expires time.Time            `json:"expires"`
}

// ceremonies seals questions. Its key ends with the program.
type ceremonies struct {
	seal  cipher.AEAD
	clock func() time.Time

	mu       sync.Mutex
	answered map[string]time.Time // challenges that signed somebody in, until they expire
}

func newCeremonies(clock func() time.Time) *ceremonies {
	key := make([]byte, 32)
	rand.Read(key) //nolint:errcheck // never fails
	block, err := aes.NewCipher(key)
	if err != nil {
		panic(err) // the size of the key is a constant
	}
	seal, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // so is the size of the block
	}
	return &ceremonies{seal: seal, clock: clock, answered: map[string]time.Time{}}
}

// ask seals a question for a purpose.
func (c *ceremonies) ask(purpose string, session *webauthn.SessionData) (string, error) {
	b, err := json.Marshal(ceremony{purpose, *session, c.clock().Add(ceremonyLasts)})
	if err != nil {
		return "", fmt.Errorf("seal the question: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(c.seal.Seal(nil, nil, b, []byte(purpose))), nil
}

// open gives the question that ask sealed for a purpose.
func (c *ceremonies) open(purpose, sealed string) (webauthn.SessionData, error) {
	var q ceremony
	b, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil {
		return q.Session, errCeremony
	}
	if b, err = c.seal.Open(nil, nil, b, []byte(purpose)); err != nil {
		return q.Session, errCeremony
	}
	if err := json.Unmarshal(b, &q); err != nil {
		return q.Session, errCeremony
	}
	if !c.clock().Before(q.Expires) {
		return q.Session, errCeremony
	}
	return q.Session, nil
}

// once makes sure that an answer signs in one time only.
func (c *ceremonies) once(challenge string) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.clock()
	maps.DeleteFunc(c.answered, func(_ string, until time.Time) bool { return !now.Before(until) })
	if _, again := c.answered[challenge]; again {
		return errCeremony
	}
	c.answered[challenge] = now.Add(ceremonyLasts)
	return nil
}

// Why passkeys are not possible at an address.
const (
	whyNumber   = "number"   // an address in numbers cannot hold one
	whyOther    = "other"    // the browser came by another name than web.url
	whyInsecure = "insecure" // http, and not of this computer
)

// relying gives who passkeys are for at the address by which a browser came,
// or why they are not possible there.
func (s *Server) relying(host string) (rp *webauthn.WebAuthn, why string) {
	public, err := url.Parse(s.cfg.URL)
	if err != nil || public.Hostname() == "" {
		return nil, whyOther
	}
	name := strings.ToLower(public.Hostname())
	came, err := url.Parse(public.Scheme + "://" + host)
	switch {
	case isNumber(name) || err == nil && isNumber(came.Hostname()):
		return nil, whyNumber
	case err != nil || !strings.EqualFold(came.Hostname(), name):
		return nil, whyOther
	case public.Scheme != "https" && name != "localhost":
		return nil, whyInsecure
	}
	origins := []string{public.Scheme + "://" + strings.ToLower(public.Host)}
	if name == "localhost" { // forwarded from another port, as ssh -L does
		origins = append(origins, public.Scheme+"://"+strings.ToLower(came.Host))
	}
	required := true
	rp, err = webauthn.New(&webauthn.Config{
		RPID: name, RPDisplayName: "Atalaya", RPOrigins: origins, AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey: protocol.ResidentKeyRequirementRequired, RequireResidentKey: &required,
			UserVerification: protocol.VerificationRequired,
		},
	})
	if err != nil {
		return nil, whyOther // a name that browsers do not take for one
	}
	return rp, ""
}

func isNumber(host string) bool {
	_, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil
}

// holder is a person as their passkeys know them.
type holder struct {
	handle []byte
	name   string
	keys   []people.Passkey
}

// WebAuthnID implements webauthn.User.
func (h *holder) WebAuthnID() []byte { return h.handle }

// WebAuthnName implements webauthn.User.
func (h *holder) WebAuthnName() string { return h.name }

// WebAuthnDisplayName implements webauthn.User.
func (h *holder) WebAuthnDisplayName() string { return h.name }

// WebAuthnCredentials implements webauthn.User. What cannot be read signs
// nobody in.
func (h *holder) WebAuthnCredentials() []webauthn.Credential {
	var out []webauthn.Credential
	for _, k := range h.keys {
		var c webauthn.Credential
		if json.Unmarshal(k.Credential, &c) == nil {
			out = append(out, c)
		}
	}
	return out
}

// newHolder makes a holder. All passkeys of a person have one handle.
func newHolder(name string, keys []people.Passkey) *holder {
	h := &holder{name: name, keys: keys}
	if len(keys) > 0 {
		h.handle = keys[0].Handle
		return h
	}
	const size = 32
	h.handle = make([]byte, size)
	rand.Read(h.handle) //nolint:errcheck // never fails
	return h
}
