package web_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"slices"
	"testing"

	"github.com/fxamacker/cbor/v2"
)

// authenticator makes and uses passkeys as a device does (WebAuthn Level 2,
// sections 6.1 and 6.5, attestation "none").
type authenticator struct {
	t      *testing.T
	origin string
	rp     string
	id     []byte
	key    *ecdsa.PrivateKey
	handle []byte
	count  uint32
	flags  byte // of what it did: the person is there, and verified
}

const (
	present  = 1 << 0
	verified = 1 << 2
	attested = 1 << 6
)

func newAuthenticator(t *testing.T, origin, rp string) *authenticator {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	id := make([]byte, 32)
	rand.Read(id) //nolint:errcheck // never fails
	return &authenticator{t: t, origin: origin, rp: rp, id: id, key: key, flags: present | verified}
}

func (a *authenticator) must(v []byte, err error) []byte {
	a.t.Helper()
	if err != nil {
		a.t.Fatal(err)
	}
	return v
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// client is what the browser signs along.
func (a *authenticator) client(kind, challenge string) []byte {
	return a.must(json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": a.origin, "crossOrigin": false}))
}

func (a *authenticator) data(flags byte) []byte {
	rp := sha256.Sum256([]byte(a.rp))
	b := append(rp[:], flags)
	return binary.BigEndian.AppendUint32(b, a.count)
}

// options are what the server asks.
type options struct {
	Challenge string `json:"challenge"`
	User      struct {
		ID string `json:"id"`
	} `json:"user"`
	RP struct {
		ID string `json:"id"`
	} `json:"rp"`
	RPID             string `json:"rpId"`
	UserVerification string `json:"userVerification"`
}

// create answers the question that makes a passkey.
func (a *authenticator) create(o options) map[string]any {
	a.t.Helper()
	handle, err := base64.RawURLEncoding.DecodeString(o.User.ID)
	a.handle = a.must(handle, err)
	point := a.must(a.key.PublicKey.Bytes()) // 4, x, y
	public := a.must(cbor.Marshal(map[int]any{1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]}))
	data := a.data(a.flags | attested)
	data = append(data, make([]byte, 16)...) // AAGUID
	data = binary.BigEndian.AppendUint16(data, uint16(len(a.id)))
	data = append(append(data, a.id...), public...)
	object := a.must(cbor.Marshal(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": data}))
	return map[string]any{
		"id": b64(a.id), "rawId": b64(a.id), "type": "public-key", "clientExtensionResults": map[string]any{},
		"response": map[string]any{"clientDataJSON": b64(a.client("webauthn.create", o.Challenge)), "attestationObject": b64(object), "transports": []string{"internal"}},
	}
}

// get answers the question that signs in.
func (a *authenticator) get(o options) map[string]any {
	a.t.Helper()
	a.count++
	client := a.client("webauthn.get", o.Challenge)
	hash := sha256.Sum256(client)
	data := a.data(a.flags)
	digest := sha256.Sum256(append(slices.Clip(data), hash[:]...))
	signature := a.must(ecdsa.SignASN1(rand.Reader, a.key, digest[:]))
	return map[string]any{
		"id": b64(a.id), "rawId": b64(a.id), "type": "public-key", "clientExtensionResults": map[string]any{},
		"response": map[string]any{"clientDataJSON": b64(client), "authenticatorData": b64(data), "signature": b64(signature), "userHandle": b64(a.handle)},
	}
}
