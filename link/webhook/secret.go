package webhook

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"
)

// Secret is shared with the receiver: 24 to 64 bytes.
type Secret struct{ key []byte }

const (
	secretPrefix = "whsec_"
	leastSecret  = 24
	mostSecret   = 64
)

// NewSecret makes one of 32 random bytes.
func NewSecret() Secret {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // it never fails
	return Secret{key}
}

// ParseSecret reads "whsec_" and base64; spaces around it do not matter.
func ParseSecret(text string) (Secret, error) {
	coded, ok := strings.CutPrefix(strings.TrimSpace(text), secretPrefix)
	if !ok {
		return Secret{}, errors.New("a webhook's secret begins with whsec_")
	}
	key, err := base64.StdEncoding.DecodeString(coded)
	if err != nil {
		return Secret{}, fmt.Errorf("a webhook's secret is base64 after whsec_: %w", err)
	}
	if len(key) < leastSecret || len(key) > mostSecret {
		return Secret{}, fmt.Errorf("a webhook's secret has %d to %d bytes, and this one %d", leastSecret, mostSecret, len(key))
	}
	return Secret{key}, nil
}

// Text is the secret as ParseSecret reads it. (It is no String: it shall not
// be printed by accident.)
func (s Secret) Text() string { return secretPrefix + base64.StdEncoding.EncodeToString(s.key) }

// sign writes the three headers of Standard Webhooks.
func (s Secret) sign(header http.Header, id string, at time.Time, body []byte) {
	seconds := strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, s.key)
	mac.Write([]byte(id + "." + seconds + "."))
	mac.Write(body)
	header.Set("webhook-id", id)
	header.Set("webhook-timestamp", seconds)
	header.Set("webhook-signature", "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
}
