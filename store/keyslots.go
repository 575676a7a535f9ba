package store

import (
	"bytes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
	"strings"
	"time"
)

// The file of the data keys:
//
//	sector 0   the mark, with the version of the form
//	1 and 2    an epoch key each: number, wrapped key, checksum
//	3 ...      four places of 128 bytes each: state, class, day, ID, number of
//	           the epoch key, wrapped key, checksum; zeros where it is free
//
// A sector is written whole or not at all, so that a power cut leaves every
// place as it was or as it was to be.
const (
	sector      = 512
	keyringMark = "atalaya data keys 1\n"
	epochAt     = sector
	slotsAt     = 3 * sector
	slotSize    = 128
	growBy      = 64 // places
	wrappedSize = 12 + KeySize + 16
)

const (
	slotFree = iota
	slotLive
	slotDestroyed
	slotDamaged // its checksum is wrong: it is left as it is
)

type slot struct {
	state   byte
	class   Class
	day     int64
	id      keyID
	epoch   uint32
	wrapped [wrappedSize]byte
}

func (s *slot) append(b []byte) []byte {
	if s.state == slotFree {
		return append(b, make([]byte, slotSize)...)
	}
	from := len(b)
	b = append(b, s.state)
	b = append(append(b, s.class...), make([]byte, classSize-len(s.class))...)
	b = binary.BigEndian.AppendUint64(b, uint64(s.day))
	b = append(b, s.id[:]...)
	b = binary.BigEndian.AppendUint32(b, s.epoch)
	b = append(b, s.wrapped[:]...)
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[from:]))
	return append(b, make([]byte, slotSize-(len(b)-from))...)
}

func parseSlot(b []byte) (s slot) {
	if bytes.Count(b, []byte{0}) == len(b) {
		return slot{}
	}
	const size = 1 + classSize + 8 + 8 + 4 + wrappedSize
	if crc32.ChecksumIEEE(b[:size]) != binary.BigEndian.Uint32(b[size:]) {
		return slot{state: slotDamaged}
	}
	s.state = b[0]
	b = b[1:]
	s.class = Class(strings.TrimRight(string(b[:classSize]), "\x00"))
	b = b[classSize:]
	s.day = int64(binary.BigEndian.Uint64(b)) //nolint:gosec // written from one
	s.id = keyID(b[8:])
	s.epoch = binary.BigEndian.Uint32(b[16:])
	s.wrapped = [wrappedSize]byte(b[20:])
	return s
}

// epoch is a key that data keys are wrapped by.
type epoch struct {
	n       uint32 // from 1
	wrapped [wrappedSize]byte
	key     cipher.AEAD
}

func (e *epoch) there() bool { return e.n != 0 }

func (e *epoch) about() []byte { return fmt.Appendf(nil, "atalaya epoch 1 %d", e.n) }

func newEpoch(n uint32, root cipher.AEAD) (e epoch, err error) {
	raw := make([]byte, KeySize)
	rand.Read(raw)
	defer clear(raw)
	e.n = n
	copy(e.wrapped[:], root.Seal(nil, nil, raw, e.about()))
	e.key, err = newAEAD(raw)
	return e, err
}

func (e *epoch) append(b []byte) []byte {
	if !e.there() {
		return append(b, make([]byte, sector)...)
	}
	from := len(b)
	b = binary.BigEndian.AppendUint32(b, e.n)
	b = append(b, e.wrapped[:]...)
	b = binary.BigEndian.AppendUint32(b, crc32.ChecksumIEEE(b[from:]))
	return append(b, make([]byte, sector-(len(b)-from))...)
}

func parseEpoch(b []byte, root cipher.AEAD) (e epoch, err error) {
	const size = 4 + wrappedSize
	if crc32.ChecksumIEEE(b[:size]) != binary.BigEndian.Uint32(b[size:]) {
		return epoch{}, nil // never written whole
	}
	e.n = binary.BigEndian.Uint32(b)
	if !e.there() {
		return epoch{}, nil
	}
	e.wrapped = [wrappedSize]byte(b[4:])
	raw, err := root.Open(nil, nil, e.wrapped[:], e.about())
	if err != nil {
		return epoch{}, fmt.Errorf("%w: the data keys are not those of the master key: put the right key file back", ErrDamaged)
	}
	e.key, err = newAEAD(raw)
	clear(raw)
	return e, err
}

// create makes the file, whole or not at all.
func (k *Keyring) create(root *os.Root) (_ *os.File, err error) {
	e, err := newEpoch(1, k.root)
	if err != nil {
		return nil, err
	}
	b := append([]byte(keyringMark), make([]byte, sector-len(keyringMark))...)
	b = e.append(b)
	b = append(b, make([]byte, sector+growBy*slotSize)...)
	const draft = KeyringName + ".new"
	f, err := root.OpenFile(draft, os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("make the data keys: %w", full(err))
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("make the data keys: %w", full(errors.Join(err, f.Close())))
		}
	}()
	if _, err := f.Write(b); err != nil {
		return nil, err
	}
	if err := f.Sync(); err != nil {
		return nil, err
	}
	if err := root.Rename(draft, KeyringName); err != nil {
		return nil, err
	}
	dir, err := root.Open(".")
	if err != nil {
		return nil, err
	}
	return f, errors.Join(dir.Sync(), dir.Close())
}

// readSteady reads a file as it was at one moment, also while a program writes
// it.
func readSteady(f *os.File) (b []byte, err error) {
	var before []byte
	for {
		st, err := f.Stat()
		if err != nil {
			return nil, err
		}
		b, err := io.ReadAll(io.NewSectionReader(f, 0, st.Size()))
		if err != nil {
			return nil, err
		}
		if before != nil && bytes.Equal(b, before) {
			return b, nil
		}
		before = b
	}
}

// CopyKeyring copies the file of the data keys, also while a program writes it,
// where there is one. Copy it after what is sealed: it has all keys then, but
// those that were destroyed meanwhile.
func CopyKeyring(from, to *os.Root) (err error) {
	f, err := from.Open(KeyringName)
	if errors.Is(err, fs.ErrNotExist) {
		return nil // of before there were data keys
	}
	if err != nil {
		return fmt.Errorf("copy the data keys: %w", err)
	}
	b, err := readSteady(f)
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("copy the data keys: %w", err)
	}
	out, err := to.OpenFile(KeyringName, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o600)
	if err != nil {
		return fmt.Errorf("copy the data keys: %w", err)
	}
	_, err = out.Write(b)
	if err := errors.Join(err, out.Sync(), out.Close()); err != nil {
		return fmt.Errorf("copy the data keys: %w", full(err))
	}
	return nil
}

// load reads the file.
func (k *Keyring) load() error {
	st, err := k.file.Stat()
	if err != nil {
		return fmt.Errorf("read the data keys: %w", err)
	}
	b, err := readSteady(k.file)
	if err != nil {
		return fmt.Errorf("read the data keys: %w", err)
	}
	if len(b) < slotsAt || !bytes.HasPrefix(b, []byte(keyringMark)) {
		return fmt.Errorf("%w: %s is no file of data keys that this program knows", ErrDamaged, KeyringName)
	}
	for i := range k.epochs {
		if k.epochs[i], err = parseEpoch(b[epochAt+i*sector:], k.root); err != nil {
			return err
		}
	}
	if !k.newest().there() {
		return fmt.Errorf("%w: %s has no epoch key: put it back from your backup", ErrDamaged, KeyringName)
	}
	k.slots, k.read = k.slots[:0], st.ModTime()
	clear(k.days)
	clear(k.ids)
	clear(k.open)
	for b = b[slotsAt:]; len(b) >= slotSize; b = b[slotSize:] {
		s := parseSlot(b[:slotSize])
		n := len(k.slots)
		k.slots = append(k.slots, s)
		if s.state == slotLive {
			k.days[classDay{s.class, s.day}] = n
		}
		if s.state == slotLive || s.state == slotDestroyed {
			k.ids[s.id] = n
		}
	}
	return nil
}

// again reads the file if it was changed: another program writes it.
func (k *Keyring) again() error {
	if k.file == nil {
		return nil
	}
	st, err := k.file.Stat()
	if err != nil {
		return fmt.Errorf("read the data keys: %w", err)
	}
	const tick = 10 * time.Millisecond // of a file system's clock
	if st.ModTime().Equal(k.read) && time.Since(k.read) > tick {
		return nil
	}
	return k.load()
}

// grow makes room for more keys.
func (k *Keyring) grow() error {
	at := slotsAt + int64(len(k.slots))*slotSize
	if _, err := k.file.WriteAt(make([]byte, growBy*slotSize), at); err != nil {
		return full(err)
	}
	if err := k.sync(); err != nil {
		return err
	}
	k.slots = append(k.slots, make([]slot, growBy)...)
	return nil
}

func (k *Keyring) put(n int, s *slot) error {
	_, err := k.file.WriteAt(s.append(nil), slotsAt+int64(n)*slotSize)
	return full(err)
}

func (k *Keyring) putEpoch(i int, e *epoch) error {
	_, err := k.file.WriteAt(e.append(nil), epochAt+int64(i)*sector)
	return full(err)
}

func (k *Keyring) sync() error { return full(k.file.Sync()) }
