package onvif

import (
	"crypto/sha1" //nolint:gosec // the standard asks for it, see Digest
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"time"
)

const (
	digestType = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0#PasswordDigest"
	nonceType  = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary"
)

// UsernameToken says who asks (Web Services Security UsernameToken Profile
// 1.0, 3.1). The password itself never goes out.
type UsernameToken struct {
	Username string
	Digest   []byte
	Nonce    []byte
	// Created is the text of the time as it was signed.
	Created string
}

// Sign makes a token. The nonce must never have been used before; created is
// the time by the camera's own clock.
func Sign(username, password string, nonce []byte, created time.Time) *UsernameToken {
	text := created.UTC().Format("2006-01-02T15:04:05.000Z")
	return &UsernameToken{Username: username, Digest: digest(nonce, text, password), Nonce: nonce, Created: text}
}

// digest is SHA-1 over nonce, created and password, as the profile asks for.
// It proves that the sender knows the password, to whoever knows it too; that
// SHA-1 is weak against collisions does not matter to that, but a short
// password can be tried out by whoever hears the message.
func digest(nonce []byte, created, password string) []byte {
	h := sha1.New() //nolint:gosec // see above
	h.Write(nonce)
	h.Write([]byte(created))
	h.Write([]byte(password))
	return h.Sum(nil)
}

// Signed reports whether the token was made with this password.
func (t *UsernameToken) Signed(password string) bool {
	return subtle.ConstantTimeCompare(t.Digest, digest(t.Nonce, t.Created, password)) == 1
}

// At gives when the token says that it was made.
func (t *UsernameToken) At() (time.Time, error) {
	var d DateTime
	err := d.UnmarshalText([]byte(t.Created))
	return d.Time, err
}

type wireSecurity struct {
	MustUnderstand string             `xml:"http://www.w3.org/2003/05/soap-envelope mustUnderstand,attr,omitempty"`
	UsernameToken  *wireUsernameToken `xml:"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd UsernameToken"`
}

type wireUsernameToken struct {
	Username string       `xml:"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd Username"`
	Password wirePassword `xml:"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd Password"`
	Nonce    wireNonce    `xml:"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd Nonce"`
	Created  string       `xml:"http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd Created"`
}

type wirePassword struct {
	Type string `xml:"Type,attr"`
	Text base   `xml:",chardata"`
}

type wireNonce struct {
	EncodingType string `xml:"EncodingType,attr,omitempty"`
	Text         base   `xml:",chardata"`
}

// base is base64 text. What cannot be read is nothing: it proves nothing.
type base []byte

// MarshalText implements encoding.TextMarshaler.
func (b base) MarshalText() ([]byte, error) {
	return base64.StdEncoding.AppendEncode(nil, b), nil
}

// UnmarshalText implements encoding.TextUnmarshaler.
func (b *base) UnmarshalText(text []byte) error {
	const most = 4096
	if len(text) > most {
		return errors.New("a nonce or digest of more than 4096 bytes")
	}
	out, err := base64.StdEncoding.AppendDecode(nil, trim(text))
	if err != nil {
		return fmt.Errorf("a nonce or digest is base64: %w", err)
	}
	*b = out
	return nil
}

func (t *UsernameToken) wire() wireSecurity {
	return wireSecurity{MustUnderstand: "1", UsernameToken: &wireUsernameToken{
		Username: t.Username, Password: wirePassword{digestType, t.Digest}, Nonce: wireNonce{nonceType, t.Nonce}, Created: t.Created,
	}}
}

// token gives who asks; nil where no digest says so: a password in clear is
// none.
func (s *wireSecurity) token() *UsernameToken {
	u := s.UsernameToken
	if u == nil || u.Password.Type != digestType {
		return nil
	}
	return &UsernameToken{Username: u.Username, Digest: u.Password.Text, Nonce: u.Nonce.Text, Created: u.Created}
}
