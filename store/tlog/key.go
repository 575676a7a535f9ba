package tlog

import (
	"crypto/ed25519"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/note"

	"atalaya/store"
)

// key is the log's signing key, a signed-note key of algorithm 1 (Ed25519).
type key struct {
	note.Signer
	vkey string
	// names is the key of pseudonyms, derived from the log's first signing key.
	names []byte
}

// openKey reads the key; without one it makes one, unless something was signed
// already.
func openKey(dir, origin string, sealer store.Sealer, mustExist bool) (key, error) {
	if _, err := os.Stat(filepath.Join(dir, keyFile)); errors.Is(err, fs.ErrNotExist) {
		if mustExist {
			return key{}, fmt.Errorf("the ledger's key %s is missing, and the ledger was signed with it already: put it back from your backup", filepath.Join(dir, keyFile))
		}
		if err := makeKey(dir, keyFile, sealer); err != nil {
			return key{}, err
		}
	}
	k, err := readKey(dir, keyFile, origin, sealer)
	if err != nil {
		return key{}, err
	}
	if k.names, err = readNames(dir, sealer, k.names); err != nil {
		return key{}, err
	}
	// Beside the key, for whoever is to check the log.
	if have, err := os.ReadFile(filepath.Join(dir, vkeyFile)); err != nil || trim(have) != k.vkey {
		if err == nil && mustExist {
			return key{}, fmt.Errorf("the ledger's key is %s and was %s: the key or the configured origin was changed; put the right one back", k.vkey, trim(have))
		}
		if err := writeFile(dir, vkeyFile, []byte(k.vkey+"\n")); err != nil {
			return key{}, fmt.Errorf("write the ledger's verifier key: %w", err)
		}
	}
	return k, nil
}

// makeKey makes a signing key, sealed.
func makeKey(dir, file string, sealer store.Sealer) error {
	seed := make([]byte, ed25519.SeedSize)
	rand.Read(seed)
	sealed, err := sealer.Seal(store.ClassLedger, time.Unix(0, 0), seed)
	if err != nil {
		return fmt.Errorf("seal the ledger's key: %w", err)
	}
	if err := writeFile(dir, file, sealed); err != nil {
		return fmt.Errorf("make the ledger's key: %w", err)
	}
	return nil
}

// readKey reads a signing key.
func readKey(dir, file, origin string, sealer store.Sealer) (key, error) {
	name := filepath.Join(dir, file)
	sealed, err := os.ReadFile(name)
	if err != nil {
		return key{}, fmt.Errorf("read the ledger's key: %w", err)
	}
	seed, err := sealer.Open(store.ClassLedger, time.Unix(0, 0), sealed)
	if err != nil {
		return key{}, fmt.Errorf("the ledger's key %s: %w", name, err)
	}
	if len(seed) != ed25519.SeedSize {
		return key{}, fmt.Errorf("%w: the ledger's key %s has %d bytes", store.ErrDamaged, name, len(seed))
	}
	return noteKey(origin, seed)
}

// readNames reads the key of pseudonyms, where it is not that of the key in
// force: after a succession.
func readNames(dir string, sealer store.Sealer, own []byte) ([]byte, error) {
	name := filepath.Join(dir, namesFile)
	sealed, err := os.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return own, nil
	}
	if err != nil {
		return nil, fmt.Errorf("read the key of pseudonyms: %w", err)
	}
	names, err := sealer.Open(store.ClassLedger, time.Unix(0, 0), sealed)
	if err != nil {
		return nil, fmt.Errorf("the key of pseudonyms %s: %w", name, err)
	}
	return names, nil
}

const ed25519Algorithm = 1

// noteKey makes a signed-note key from a seed.
func noteKey(name string, seed []byte) (key, error) {
	public, ok := ed25519.NewKeyFromSeed(seed).Public().(ed25519.PublicKey)
	if !ok {
		return key{}, errors.New("no Ed25519 key")
	}
	coded := append([]byte{ed25519Algorithm}, public...)
	id := sha256.Sum256(append([]byte(name+"\n"), coded...))
	b64 := base64.StdEncoding.EncodeToString
	s, err := note.NewSigner(fmt.Sprintf("PRIVATE+KEY+%s+%x+%s", name, id[:4], b64(append([]byte{ed25519Algorithm}, seed...))))
	if err != nil {
		return key{}, fmt.Errorf("the ledger's origin %q: %w", name, err)
	}
	names, err := hkdf.Key(sha256.New, seed, nil, "atalaya pseudonyms 1", sha256.Size)
	if err != nil {
		return key{}, fmt.Errorf("derive the key of pseudonyms: %w", err)
	}
	return key{s, fmt.Sprintf("%s+%x+%s", name, id[:4], b64(coded)), names}, nil
}

// Pseudonym gives the name under which a person stands in the ledger for those
// who check it but may not know who it is.
func (l *Log) Pseudonym(id string) string {
	const shown = 8 // bytes
	m := hmac.New(sha256.New, l.names)
	m.Write([]byte(id))
	return hex.EncodeToString(m.Sum(nil)[:shown])
}

func trim(b []byte) string { return strings.TrimSpace(string(b)) }

// writeFile writes a file so that it is there whole or not at all, also after a
// power cut.
func writeFile(dir, name string, content []byte) (err error) {
	draft := filepath.Join(dir, name+".new")
	f, err := os.OpenFile(draft, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
		return err
	}
	if err := os.Rename(draft, filepath.Join(dir, name)); err != nil {
		return err
	}
	return syncFolder(dir)
}

func syncFolder(name string) error {
	d, err := os.Open(name)
	if err != nil {
		return err
	}
	return errors.Join(d.Sync(), d.Close())
}
