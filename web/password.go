package web

import (
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"

	"atalaya/desk"
)

// Parameters of argon2id (RFC 9106 section 4, second recommended option).
const (
	argonTime    = 3
	argonMemory  = 64 * 1024 // KiB
	argonThreads = 4
	argonSalt    = 16
	argonKey     = 32
)

const (
	minPassword = 10
	maxPassword = 256
)

// errPassword says that a password is too short or too long.
var errPassword = fmt.Errorf("a password has %d to %d bytes", minPassword, maxPassword)

// hasher makes and checks password hashes. At most two run at once: each takes
// 64 MiB.
type hasher struct{ room chan struct{} }

func newHasher() *hasher { return &hasher{make(chan struct{}, 2)} }

// hash gives a PHC string of argon2id.
func (h *hasher) hash(password string) (string, error) {
	if len(password) < minPassword || len(password) > maxPassword {
		return "", errPassword
	}
	salt := make([]byte, argonSalt)
	rand.Read(salt) //nolint:errcheck // never fails
	h.room <- struct{}{}
	defer func() { <-h.room }()
	key := argon2.IDKey([]byte(password), salt, argonTime, argonMemory, argonThreads, argonKey)
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, argonMemory, argonTime, argonThreads,
		b64.EncodeToString(salt), b64.EncodeToString(key)), nil
}

// matches reports whether the password is the one of the PHC string. An empty
// or unreadable hash takes the same time and matches nothing.
func (h *hasher) matches(phc, password string) bool {
	p, err := parsePHC(phc)
	known := err == nil && len(password) <= maxPassword
	if !known {
		p = phcHash{time: argonTime, memory: argonMemory, threads: argonThreads, salt: make([]byte, argonSalt), key: make([]byte, argonKey)}
		password = ""
	}
	h.room <- struct{}{}
	defer func() { <-h.room }()
	key := argon2.IDKey([]byte(password), p.salt, p.time, p.memory, p.threads, uint32(len(p.key)))
	return subtle.ConstantTimeCompare(key, p.key) == 1 && known
}

type phcHash struct {
	time, memory uint32
	threads      uint8
	salt, key    []byte
}

func parsePHC(s string) (phcHash, error) {
	var p phcHash
	parts := strings.Split(s, "$")
	if len(parts) != 6 || parts[0] != "" || parts[1] != "argon2id" || parts[2] != fmt.Sprintf("v=%d", argon2.Version) {
		return p, errors.New("no argon2id hash")
	}
	if _, err := fmt.Sscanf(parts[3], "m=%d,t=%d,p=%d", &p.memory, &p.time, &p.threads); err != nil {
		return p, fmt.Errorf("parameters of the hash: %w", err)
	}
	const mostMemory, mostTime = 1 << 20, 64 // a hash of ours never asks for more
	if p.memory > mostMemory || p.time == 0 || p.time > mostTime || p.threads == 0 {
		return p, errors.New("parameters of the hash are out of range")
	}
	var err error
	if p.salt, err = base64.RawStdEncoding.DecodeString(parts[4]); err != nil {
		return p, fmt.Errorf("salt of the hash: %w", err)
	}
	if p.key, err = base64.RawStdEncoding.DecodeString(parts[5]); err != nil || len(p.key) == 0 {
		return p, errors.New("key of the hash is not readable")
	}
	return p, nil
}

// NewToken makes a secret for a session or a sign-in link, and what is stored
// of it.
func NewToken() (secret string, hash desk.TokenHash) {
	secret = rand.Text()
	return secret, hashToken(secret)
}

func hashToken(secret string) desk.TokenHash { return sha256.Sum256([]byte(secret)) }
