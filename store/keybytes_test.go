package store

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// TestKeyBytes looks for the bytes of keys in the file: no key is ever there in
// clear, and of one that is destroyed, nor of the epoch key that wrapped it, is
// anything left.
func TestKeyBytes(t *testing.T) {
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	master, err := NewAESSealer(bytes.Repeat([]byte{1}, KeySize))
	if err != nil {
		t.Fatal(err)
	}
	k, err := OpenKeyring(root, master, false, false, false)
	if err != nil {
		t.Fatal(err)
	}
	defer k.Close()
	for i := range 200 {
		if _, err := k.Seal(ClassTrack, time.Unix(int64(i)*86400, 0), []byte("x")); err != nil {
			t.Fatal(err)
		}
	}
	file := func() []byte {
		b, err := os.ReadFile(filepath.Join(dir, KeyringName))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for _, key := range k.Keys()[:50] {
		s := k.slots[k.ids[key.id]]
		raw, err := k.unwrap(&s)
		if err != nil {
			t.Fatal(err)
		}
		wrapped, above := bytes.Clone(s.wrapped[:]), bytes.Clone(k.newest().wrapped[:])
		if b := file(); !bytes.Contains(b, wrapped) || !bytes.Contains(b, above) || bytes.Contains(b, raw) {
			t.Fatal("the file is not what was expected")
		}
		if err := k.Destroy(key); err != nil {
			t.Fatal(err)
		}
		b := file()
		for what, secret := range map[string][]byte{"key": raw, "wrapped key": wrapped, "wrapped epoch key": above} {
			for at := 0; at+8 <= len(secret); at += 4 {
				if bytes.Contains(b, secret[at:at+8]) {
					t.Fatalf("bytes %d to %d of the %s are still there", at, at+8, what)
				}
			}
		}
	}
}
