package store

import (
	"bytes"
	"cmp"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"
)

// Keyring is a Sealer whose keys can be destroyed.
//
//  1. Every class and day has a data key of its own, random, made when content
//     of that day is sealed first. A sealed piece begins with its key's ID.
//  2. Data keys lie in one file (keyslots.go has its form), wrapped by the epoch
//     key, and that one by a key derived from the master key. Every key has a
//     place of its own within one sector of the file. A key is on the disk
//     before anything is sealed with it.
//  3. Destroying a key overwrites its place with zeros, and makes a new epoch
//     key, under which all others are wrapped anew before the old one is
//     overwritten: what is left of a wrapped key elsewhere on the disk opens
//     with no key that is left.
//  4. Its ID stays until Release, so that a purge that was cut short is found.
//
// A file system or a disk may keep copies of what was overwritten, and so does
// every backup: that a key is destroyed is attested by who runs the program,
// and nothing here proves it.
type Keyring struct {
	derived *AESSealer // of content from before there were data keys; nil: there is none
	root    cipher.AEAD
	file    *os.File // nil: opened for reading, from before there were data keys
	reads   bool

	mu     sync.Mutex
	read   time.Time // change of the file that was read
	epochs [2]epoch
	slots  []slot
	days   map[classDay]int // live keys
	ids    map[keyID]int    // live and destroyed
	open   map[keyID]cipher.AEAD
}

// KeyringName is the file of the data keys. It is part of every backup: without
// it nothing can be read.
const KeyringName = "data.keys"

type keyID [8]byte

// DataKey names a data key.
type DataKey struct {
	Class Class
	Day   time.Time // its beginning, UTC
	// Destroyed: the key is gone, and its place waits for Release.
	Destroyed bool

	id keyID
}

// End is when the key's day ends.
func (k DataKey) End() time.Time { return k.Day.Add(day) }

// Hash is what the ledger says of the key: SHA-256 of its ID, hex.
func (k DataKey) Hash() string {
	sum := sha256.Sum256(k.id[:])
	return hex.EncodeToString(sum[:])
}

const day = 24 * time.Hour

// errNoKey is content whose key is not there.
var errNoKey = fmt.Errorf("%w: its key is not there: it was purged, or the data were changed", ErrDamaged)

// OpenKeyring opens the data keys beside a master key. Without a file it makes
// one, unless mustExist. derived says that there may be content that was sealed
// by master itself.
func OpenKeyring(root *os.Root, master *AESSealer, mustExist, derived, readOnly bool) (_ *Keyring, err error) {
	k := &Keyring{reads: readOnly, days: map[classDay]int{}, ids: map[keyID]int{}, open: map[keyID]cipher.AEAD{}}
	if derived {
		k.derived = master
	}
	raw, err := hkdf.Key(sha256.New, master.master, nil, "atalaya epochs 1", KeySize)
	if err != nil {
		return nil, fmt.Errorf("derive a key: %w", err)
	}
	if k.root, err = newAEAD(raw); err != nil {
		return nil, err
	}
	mode := os.O_RDWR
	if readOnly {
		mode = os.O_RDONLY
	}
	k.file, err = root.OpenFile(KeyringName, mode, 0)
	switch {
	case errors.Is(err, fs.ErrNotExist) && readOnly && derived && !mustExist:
		k.file = nil
		return k, nil
	case errors.Is(err, fs.ErrNotExist) && !mustExist && !readOnly:
		if k.file, err = k.create(root); err != nil {
			return nil, err
		}
	case errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("the file of the data keys %s is missing, and without it the data beside it cannot be read: put it back from your backup", KeyringName)
	case err != nil:
		return nil, fmt.Errorf("open the data keys: %w", err)
	}
	if err := k.load(); err != nil {
		return nil, errors.Join(err, k.file.Close())
	}
	if k.epochs[0].there() && k.epochs[1].there() && !readOnly { // cut short
		if err := k.rewrap(); err != nil && !errors.Is(err, ErrFull) {
			return nil, errors.Join(err, k.file.Close())
		}
	}
	return k, nil
}

// Close closes the file.
func (k *Keyring) Close() error {
	if k.file == nil {
		return nil
	}
	return k.file.Close()
}

func newAEAD(key []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("prepare a key: %w", err)
	}
	c, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("prepare a key: %w", err)
	}
	return c, nil
}

func dayOf(t time.Time) int64 { return floorDiv(t.Unix(), int64(day/time.Second)) }

// Seal implements Sealer.
func (k *Keyring) Seal(class Class, day time.Time, plain []byte) ([]byte, error) {
	return k.seal(class, dayOf(day), plain, classDay{class, dayOf(day)})
}

// seal seals content of a class and day under a key.
func (k *Keyring) seal(class Class, day int64, plain []byte, under classDay) ([]byte, error) {
	id, c, err := k.current(under)
	if err != nil {
		return nil, err
	}
	out := make([]byte, len(id), len(id)+len(plain)+c.Overhead())
	copy(out, id[:])
	return c.Seal(out, nil, plain, about(class, day)), nil
}

// about is what a piece is bound to beside its key.
func about(class Class, day int64) []byte {
	return fmt.Appendf(nil, "atalaya content 2 %s %d", class, day)
}

// Open implements Sealer.
func (k *Keyring) Open(class Class, day time.Time, sealed []byte) ([]byte, error) {
	c, err := k.of(sealed)
	if err == nil {
		var plain []byte
		if plain, err = c.Open(nil, nil, sealed[len(keyID{}):], about(class, dayOf(day))); err == nil {
			return plain, nil
		}
		err = fmt.Errorf("%w: the data were changed", ErrDamaged)
	}
	if k.derived != nil {
		if plain, derr := k.derived.Open(class, day, sealed); derr == nil {
			return plain, nil
		}
	}
	return nil, fmt.Errorf("%s of %s does not open: %w", class, day.UTC().Format(time.DateOnly), err)
}

// Reseal seals a piece again, under the key of another class and day, so that it
// outlives its own. It opens as before.
func (k *Keyring) Reseal(class Class, day time.Time, sealed []byte, under Class, underDay time.Time) ([]byte, error) {
	plain, err := k.Open(class, day, sealed)
	if err != nil {
		return nil, err
	}
	return k.seal(class, dayOf(day), plain, classDay{under, dayOf(underDay)})
}

// SealedUnder gives the first bytes of every piece that is sealed with a key.
func (k DataKey) SealedUnder() []byte { return bytes.Clone(k.id[:]) }

// of gives the key of a sealed piece.
func (k *Keyring) of(sealed []byte) (cipher.AEAD, error) {
	if len(sealed) < len(keyID{}) {
		return nil, errNoKey
	}
	id := keyID(sealed)
	k.mu.Lock()
	defer k.mu.Unlock()
	n, there := k.ids[id]
	if !there && k.reads {
		if err := k.again(); err != nil {
			return nil, err
		}
		n, there = k.ids[id]
	}
	if !there || k.slots[n].state != slotLive {
		return nil, errNoKey
	}
	return k.unwrapped(n)
}

// current gives the key of a class and day, and makes it if there is none.
func (k *Keyring) current(of classDay) (keyID, cipher.AEAD, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	n, there := k.days[of]
	if !there {
		var err error
		if n, err = k.make(of.class, of.day); err != nil {
			return keyID{}, nil, fmt.Errorf("make a key for %s: %w", of.class, err)
		}
	}
	c, err := k.unwrapped(n)
	return k.slots[n].id, c, err
}

// unwrapped gives the key of a slot.
func (k *Keyring) unwrapped(n int) (cipher.AEAD, error) {
	s := &k.slots[n]
	if c, ok := k.open[s.id]; ok {
		return c, nil
	}
	raw, err := k.unwrap(s)
	if err != nil {
		return nil, err
	}
	c, err := newAEAD(raw)
	clear(raw)
	if err != nil {
		return nil, err
	}
	if len(k.open) >= maxKeys {
		clear(k.open)
	}
	k.open[s.id] = c
	return c, nil
}

func (k *Keyring) unwrap(s *slot) ([]byte, error) {
	for i := range k.epochs {
		if e := &k.epochs[i]; e.there() && e.n == s.epoch {
			raw, err := e.key.Open(nil, nil, s.wrapped[:], s.about())
			if err != nil {
				return nil, fmt.Errorf("%w: the key of %s of day %d does not open", ErrDamaged, s.class, s.day)
			}
			return raw, nil
		}
	}
	return nil, fmt.Errorf("%w: the epoch key %d is not there", ErrDamaged, s.epoch)
}

// make makes a key and returns when it is durable.
func (k *Keyring) make(class Class, day int64) (int, error) {
	if k.reads {
		return 0, errors.New("the store was opened for reading only")
	}
	if len(class) > classSize {
		return 0, fmt.Errorf("the class %q has a long name", class)
	}
	n := slices.IndexFunc(k.slots, func(s slot) bool { return s.state == slotFree })
	if n < 0 {
		if err := k.grow(); err != nil {
			return 0, err
		}
		n = slices.IndexFunc(k.slots, func(s slot) bool { return s.state == slotFree })
	}
	s := slot{state: slotLive, class: class, day: day}
	rand.Read(s.id[:])
	raw := make([]byte, KeySize)
	rand.Read(raw)
	k.wrap(&s, raw)
	c, err := newAEAD(raw)
	clear(raw)
	if err != nil {
		return 0, err
	}
	if err := errors.Join(k.put(n, &s), k.sync()); err != nil {
		return 0, err // its place is written again, by the next one
	}
	k.slots[n] = s
	k.days[classDay{class, day}], k.ids[s.id], k.open[s.id] = n, n, c
	return n, nil
}

// newest gives the epoch that keys are wrapped by now.
func (k *Keyring) newest() *epoch {
	e := &k.epochs[0]
	if o := &k.epochs[1]; o.there() && (!e.there() || o.n > e.n) {
		e = o
	}
	return e
}

func (k *Keyring) wrap(s *slot, raw []byte) {
	e := k.newest()
	s.epoch = e.n
	copy(s.wrapped[:], e.key.Seal(nil, nil, raw, s.about()))
}

// Keys gives the keys there are, by class and day.
func (k *Keyring) Keys() []DataKey {
	k.mu.Lock()
	defer k.mu.Unlock()
	var out []DataKey
	for _, s := range k.slots {
		if s.state == slotLive || s.state == slotDestroyed {
			out = append(out, s.name())
		}
	}
	slices.SortFunc(out, func(a, b DataKey) int { return cmp.Or(cmp.Compare(a.Class, b.Class), a.Day.Compare(b.Day)) })
	return out
}

func (s *slot) name() DataKey {
	return DataKey{Class: s.class, Day: time.Unix(s.day*int64(day/time.Second), 0).UTC(), Destroyed: s.state == slotDestroyed, id: s.id}
}

// Destroy destroys a key; what is sealed with it cannot be read any more. When
// it returns, the key is overwritten on the disk.
func (k *Keyring) Destroy(key DataKey) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	n, there := k.ids[key.id]
	if !there {
		return fmt.Errorf("the key of %s of %s: %w", key.Class, key.Day.Format(time.DateOnly), ErrNotFound)
	}
	if k.slots[n].state == slotLive {
		s := slot{state: slotDestroyed, class: k.slots[n].class, day: k.slots[n].day, id: key.id}
		// Nothing is sealed with it from here on, whatever becomes of the write.
		delete(k.days, classDay{s.class, s.day})
		delete(k.open, s.id)
		if err := errors.Join(k.put(n, &s), k.sync()); err != nil {
			k.days[classDay{s.class, s.day}] = n
			return fmt.Errorf("destroy a key: %w", err)
		}
		k.slots[n] = s
	}
	return k.renew()
}

// Release gives the place of a destroyed key free.
func (k *Keyring) Release(key DataKey) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	n, there := k.ids[key.id]
	if !there || k.slots[n].state != slotDestroyed {
		return fmt.Errorf("the key of %s of %s: %w", key.Class, key.Day.Format(time.DateOnly), ErrConflict)
	}
	if err := errors.Join(k.put(n, &slot{}), k.sync()); err != nil {
		return fmt.Errorf("release a key: %w", err)
	}
	k.slots[n] = slot{}
	delete(k.ids, key.id)
	return nil
}

// renew makes a new epoch key and wraps all keys under it.
func (k *Keyring) renew() error {
	if k.epochs[0].there() != k.epochs[1].there() { // else the last renewal was cut short
		e, err := newEpoch(k.newest().n+1, k.root)
		if err != nil {
			return err
		}
		i := 0
		if k.epochs[0].there() {
			i = 1
		}
		if err := errors.Join(k.putEpoch(i, &e), k.sync()); err != nil {
			return fmt.Errorf("make an epoch key: %w", err)
		}
		k.epochs[i] = e
	}
	return k.rewrap()
}

// rewrap wraps all keys under the newest epoch key and destroys the other.
func (k *Keyring) rewrap() error {
	e := k.newest()
	for n := range k.slots {
		s := k.slots[n]
		if s.state != slotLive || s.epoch == e.n {
			continue
		}
		raw, err := k.unwrap(&s)
		if err != nil {
			return err
		}
		k.wrap(&s, raw)
		clear(raw)
		if err := k.put(n, &s); err != nil {
			return fmt.Errorf("wrap the keys anew: %w", err)
		}
		k.slots[n] = s
	}
	if err := k.sync(); err != nil {
		return fmt.Errorf("wrap the keys anew: %w", err)
	}
	for i := range k.epochs {
		if &k.epochs[i] == e {
			continue
		}
		if err := errors.Join(k.putEpoch(i, &epoch{}), k.sync()); err != nil {
			return fmt.Errorf("destroy an epoch key: %w", err)
		}
		k.epochs[i] = epoch{}
	}
	return nil
}

// full says of an error that there is no room.
func full(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fmt.Errorf("%w (%w)", ErrFull, err)
	}
	return err
}

const classSize = 16

func (s *slot) about() []byte {
	return binary.BigEndian.AppendUint64(append([]byte("atalaya key 1 "+string(s.class)+" "), s.id[:]...), uint64(s.day))
}
