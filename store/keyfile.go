package store

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"sync"
	"time"
)

// KeySize is the size of the master key, in bytes.
const KeySize = 32

// AESSealer seals content with AES-256-GCM. Every class and day has a key of
// its own, derived from the master key by HKDF-SHA-256 (RFC 5869) with the
// class and the day as info. The nonce is random and stands before the
// content; one key seals far fewer than the 2^32 messages for which that is
// safe (NIST SP 800-38D section 8.3).
//
// It protects a lost disk or backup when the key is kept elsewhere. It does
// not protect against somebody who has the key too. The key of one class and
// day cannot be destroyed: that needs keys that are not derived (Keyring).
type AESSealer struct {
	master []byte

	mu   sync.Mutex
	keys map[classDay]cipher.AEAD
}

type classDay struct {
	class Class
	day   int64 // since 1970, UTC
}

// maxKeys bounds the derived keys in memory.
const maxKeys = 256

// NewAESSealer makes a sealer from a master key of KeySize bytes.
func NewAESSealer(master []byte) (*AESSealer, error) {
	if len(master) != KeySize {
		return nil, fmt.Errorf("the key has %d bytes; it must have %d", len(master), KeySize)
	}
	return &AESSealer{master: append([]byte(nil), master...), keys: map[classDay]cipher.AEAD{}}, nil
}

// OpenKeyFile reads the master key from a file of root; without one it makes
// one (mode 0600), unless mustExist says that data are sealed with it already.
func OpenKeyFile(root *os.Root, name string, mustExist bool) (*AESSealer, error) {
	key, err := root.ReadFile(name)
	switch {
	case errors.Is(err, fs.ErrNotExist) && mustExist:
		return nil, fmt.Errorf("the key file %s is missing, and without it the data beside it cannot be read: put it back from your backup", name)
	case errors.Is(err, fs.ErrNotExist):
		if key, err = makeKeyFile(root, name); err != nil {
			return nil, err
		}
	case err != nil:
		return nil, fmt.Errorf("read the key file: %w", err)
	}
	s, err := NewAESSealer(key)
	if err != nil {
		return nil, fmt.Errorf("key file %s: %w: put it back from your backup", name, err)
	}
	return s, nil
}

// makeKeyFile writes a new key so that it is either there whole or not at all,
// also after a power cut.
func makeKeyFile(root *os.Root, name string) (key []byte, err error) {
	key = make([]byte, KeySize)
	rand.Read(key)
	draft := name + ".new"
	f, err := root.OpenFile(draft, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("make the key file: %w", err)
	}
	_, err = f.Write(key)
	err = errors.Join(err, f.Sync(), f.Close())
	if err != nil {
		return nil, fmt.Errorf("write the key file: %w", err)
	}
	if err := root.Rename(draft, name); err != nil {
		return nil, fmt.Errorf("make the key file: %w", err)
	}
	dir, err := root.Open(".")
	if err != nil {
		return nil, fmt.Errorf("make the key file: %w", err)
	}
	if err := errors.Join(dir.Sync(), dir.Close()); err != nil {
		return nil, fmt.Errorf("make the key file durable: %w", err)
	}
	return key, nil
}

func (s *AESSealer) key(class Class, day time.Time) (cipher.AEAD, error) {
	id := classDay{class, floorDiv(day.Unix(), 24*60*60)}
	s.mu.Lock()
	defer s.mu.Unlock()
	if k, ok := s.keys[id]; ok {
		return k, nil
	}
	raw, err := hkdf.Key(sha256.New, s.master, nil, fmt.Sprintf("atalaya content 1 %s %d", class, id.day), KeySize)
	if err != nil {
		return nil, fmt.Errorf("derive a key: %w", err)
	}
	block, err := aes.NewCipher(raw)
	if err != nil {
		return nil, fmt.Errorf("derive a key: %w", err)
	}
	k, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("derive a key: %w", err)
	}
	if len(s.keys) >= maxKeys {
		clear(s.keys)
	}
	s.keys[id] = k
	return k, nil
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// Seal implements Sealer.
func (s *AESSealer) Seal(class Class, day time.Time, plain []byte) ([]byte, error) {
	k, err := s.key(class, day)
	if err != nil {
		return nil, err
	}
	return k.Seal(make([]byte, 0, len(plain)+k.Overhead()), nil, plain, nil), nil
}

// Open implements Sealer.
func (s *AESSealer) Open(class Class, day time.Time, sealed []byte) ([]byte, error) {
	k, err := s.key(class, day)
	if err != nil {
		return nil, err
	}
	plain, err := k.Open(nil, nil, sealed, nil)
	if err != nil {
		return nil, fmt.Errorf("%w: %s of %s does not open: the key is another one, or the data were changed", ErrDamaged, class, day.UTC().Format(time.DateOnly))
	}
	return plain, nil
}
