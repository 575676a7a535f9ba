package web

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strings"

	"golang.org/x/crypto/argon2"

	"atalaya/desk/people"
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
var errPassword = fmt.Errorf("a password has %d to %d bytes: choose another", minPassword, maxPassword)

// hasher makes and checks password hashes. At most two run at once: each takes
// 64 MiB.
type hasher struct{ room chan struct{} }

func newHasher() *hasher { return &hasher{make(chan struct{}, 2)} }

// key hashes when there is room.
func (h *hasher) key(ctx context.Context, password string, p phcHash) ([]byte, error) {
	select {
	case h.room <- struct{}{}:
		defer func() { <-h.room }()
	case <-ctx.Done():
		return nil, fmt.Errorf("wait to hash a password: %w", ctx.Err())
	}
	return argon2.IDKey([]byte(password), p.salt, p.time, p.memory, p.threads, uint32(len(p.key))), nil
}

// fresh are the parameters of new hashes.
func fresh() phcHash {
	return phcHash{time: argonTime, memory: argonMemory, threads: argonThreads, salt: make([]byte, argonSalt), key: make([]byte, argonKey)}
}

// hash gives a PHC string of argon2id; errPassword for what is no password.
func (h *hasher) hash(ctx context.Context, password string) (string, error) {
	if len(password) < minPassword || len(password) > maxPassword {
		return "", errPassword
	}
	p := fresh()
	rand.Read(p.salt) //nolint:errcheck // never fails
	key, err := h.key(ctx, password, p)
	if err != nil {
		return "", err
	}
	b64 := base64.RawStdEncoding
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.memory, p.time, p.threads,
		b64.EncodeToString(p.salt), b64.EncodeToString(key)), nil
}

// matches reports whether the password is the one of the PHC string. An empty
// or unreadable hash takes the same time and matches nothing.
func (h *hasher) matches(ctx context.Context, phc, password string) (bool, error) {
	p, err := parsePHC(phc)
	known := err == nil && len(password) <= maxPassword
	if !known {
		p, password = fresh(), ""
	}
	key, err := h.key(ctx, password, p)
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(key, p.key) == 1 && known, nil
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
func NewToken() (secret string, hash people.TokenHash) { return newSecret("") }

func newSecret(prefix string) (secret string, hash people.TokenHash) {
	secret = prefix + rand.Text()
	return secret, hashToken(secret)
}

func hashToken(secret string) people.TokenHash { return sha256.Sum256([]byte(secret)) }
