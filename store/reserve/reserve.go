// Package reserve keeps a few records in a file that is as large as it will ever
// be from the beginning: what is written there overwrites what was there, and
// needs no room on the disk. It is for the records of safe acts, which leave
// also where nothing else can be recorded.
//
//  1. The file is written whole, with zeros and not with holes, and is on the
//     disk before the first record comes. On a file system that writes elsewhere
//     what is overwritten (Btrfs, ZFS, or a snapshot below) that is no reserve.
//  2. The records are sealed with a key of the file's own. That stands in the
//     file, sealed by the store's keys as content of the day that it was made,
//     and is in memory from the start: where the keys fail, records are kept all
//     the same. It is made anew at a start that finds no record.
//  3. A record has a place of 4096 bytes; how its act ended, a sector of its own
//     there. A sector is written whole or not at all, so that the ending never
//     damages the record, and freeing a place is one sector.
//  4. What a power cut left half written was never acknowledged. It is counted:
//     an act may have left then.
package reserve

import (
	"cmp"
	"crypto/aes"
	"crypto/cipher"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"io/fs"
	"log/slog"
	"math"
	"os"
	"slices"
	"sync"
	"syscall"
	"time"

	"atalaya/desk"
	"atalaya/desk/safe"
	"atalaya/store"
)

// Name is the file, beside the store.
const Name = "safe.reserve"

// The file:
//
//	sector 0   mark, day of the key, length of the sealed key, sealed key, checksum
//	sector 1   how many records are missing, since when, checksum
//	2 to 7     nothing
//	8 ...      places of eight sectors: seven of the record, one of the ending
const (
	sector    = 512
	placeSize = 8 * sector
	endingAt  = placeSize - sector
	places    = 1024
	headSize  = placeSize
	mark      = "atalaya reserve 1\n"

	// before a sealed piece: checksum, number, length
	pieceHead = 4 + 8 + 2
	sealing   = 12 + 16 // nonce and tag
)

// Config is what a File is opened with.
type Config struct {
	// Dir is the store's folder.
	Dir    string
	Sealer store.Sealer
	Now    time.Time
	// Places is how many records there is room for; 0: 1024. A file that is there
	// keeps its own.
	Places int
	Log    *slog.Logger
}

// File is an open reserve. Its methods may be called from several goroutines.
type File struct {
	file *os.File
	key  cipher.AEAD

	mu      sync.Mutex
	numbers []uint64 // of the record in each place; 0: free
	last    uint64
	missing uint64
	since   time.Time
}

var _ safe.Reserve = (*File)(nil)

// Open opens the reserve, or makes it.
func Open(cfg Config) (_ *File, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("reserve for the records of safe acts: %w", full(err))
		}
	}()
	root, err := os.OpenRoot(cfg.Dir)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, root.Close()) }()
	if cfg.Places == 0 {
		cfg.Places = places
	}
	f := &File{}
	f.file, err = root.OpenFile(Name, os.O_RDWR, 0)
	if errors.Is(err, fs.ErrNotExist) {
		f.file, err = create(root, cfg.Places)
	}
	if err != nil {
		return nil, err
	}
	if err := f.load(cfg); err != nil {
		return nil, errors.Join(err, f.file.Close())
	}
	return f, nil
}

// Close closes the file.
func (f *File) Close() error { return f.file.Close() }

// create makes the file, whole or not at all.
func create(root *os.Root, places int) (_ *os.File, err error) {
	const draft = Name + ".new"
	file, err := root.OpenFile(draft, os.O_CREATE|os.O_TRUNC|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, file.Close(), root.Remove(draft))
		}
	}()
	if _, err := file.WriteAt(make([]byte, headSize+places*placeSize), 0); err != nil {
		return nil, err
	}
	if err := file.Sync(); err != nil {
		return nil, err
	}
	if err := root.Rename(draft, Name); err != nil {
		return nil, err
	}
	dir, err := root.Open(".")
	if err != nil {
		return nil, err
	}
	return file, errors.Join(dir.Sync(), dir.Close())
}

// load reads the file. One that has no record gets another key, and is written
// anew from end to end: a copy that was put back may have holes.
func (f *File) load(cfg Config) error {
	st, err := f.file.Stat()
	if err != nil {
		return err
	}
	n := (st.Size() - headSize) / placeSize
	if n < 1 || n > math.MaxUint16 {
		return fmt.Errorf("%w: %s has %d bytes: move it away, and start again", store.ErrDamaged, Name, st.Size())
	}
	f.numbers = make([]uint64, n)
	b := make([]byte, headSize+n*placeSize)
	if _, err := f.file.ReadAt(b, 0); err != nil {
		return err
	}
	f.loadMissing(b[sector:])
	used := 0
	var torn []int
	for i := range f.numbers {
		head := b[headSize+i*placeSize:][:endingAt]
		if [pieceHead]byte(head) == [pieceHead]byte{} {
			continue
		}
		number, _, whole := parse(head)
		if !whole {
			torn = append(torn, i)
			continue
		}
		f.numbers[i], f.last, used = number, max(f.last, number), used+1
	}
	if used > 0 {
		if f.key, err = openKey(b[:sector], cfg.Sealer); err != nil {
			// They cannot be read, and the next ones must be kept.
			cfg.Log.Error("records of safe acts that left cannot be read any more", slog.Int("records", used), slog.Any("error", err))
			f.lack(used, cfg.Now)
			used = 0
			clear(f.numbers)
		}
	}
	f.lack(len(torn), cfg.Now)
	if used > 0 {
		err := f.SetMissing(f.missing, f.since) // rather counted twice than not at all
		for _, place := range torn {
			err = errors.Join(err, f.write(headSize+place*placeSize, make([]byte, sector)))
		}
		return err
	}
	clear(b)
	f.putMissing(b[sector:])
	if f.key, err = newKey(b[:sector], cfg); err != nil {
		return err
	}
	if _, err := f.file.WriteAt(b, 0); err != nil {
		return err
	}
	return f.file.Sync()
}

// lack counts records that are missing.
func (f *File) lack(n int, now time.Time) {
	if n > 0 && f.missing == 0 {
		f.since = now.UTC()
	}
	f.missing += uint64(n) //nolint:gosec // not negative
}

func newAEAD(raw []byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(raw)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// newKey makes a key and writes it to sector 0.
func newKey(b []byte, cfg Config) (cipher.AEAD, error) {
	raw := make([]byte, store.KeySize)
	rand.Read(raw)
	defer clear(raw)
	sealed, err := cfg.Sealer.Seal(store.ClassLedger, cfg.Now, raw)
	if err != nil {
		return nil, err
	}
	head := binary.BigEndian.AppendUint64([]byte(mark), uint64(cfg.Now.Unix())) //nolint:gosec // read as it is written
	head = binary.BigEndian.AppendUint16(head, uint16(len(sealed)))             //nolint:gosec // a key's
	head = append(head, sealed...)
	head = binary.BigEndian.AppendUint32(head, crc32.ChecksumIEEE(head))
	if len(head) > sector {
		return nil, fmt.Errorf("a sealed key has %d bytes", len(sealed))
	}
	copy(b, head)
	return newAEAD(raw)
}

// openKey reads the key from sector 0.
func openKey(b []byte, sealer store.Sealer) (cipher.AEAD, error) {
	const fixed = len(mark) + 8 + 2
	n := int(binary.BigEndian.Uint16(b[fixed-2:]))
	if string(b[:len(mark)]) != mark || fixed+n+4 > len(b) || crc32.ChecksumIEEE(b[:fixed+n]) != binary.BigEndian.Uint32(b[fixed+n:]) {
		return nil, fmt.Errorf("%w: %s has no key", store.ErrDamaged, Name)
	}
	day := time.Unix(int64(binary.BigEndian.Uint64(b[len(mark):])), 0) //nolint:gosec // written from one
	raw, err := sealer.Open(store.ClassLedger, day, b[fixed:fixed+n])
	if err != nil {
		return nil, err
	}
	defer clear(raw)
	return newAEAD(raw)
}

// piece seals content for a place.
func (f *File) piece(what string, place int, number uint64, content []byte) []byte {
	sealed := f.key.Seal(nil, nil, content, about(what, place, number))
	b := binary.BigEndian.AppendUint64(make([]byte, 4, pieceHead+len(sealed)), number)
	b = binary.BigEndian.AppendUint16(b, uint16(len(sealed))) //nolint:gosec // below a place
	b = append(b, sealed...)
	binary.BigEndian.PutUint32(b, crc32.ChecksumIEEE(b[4:]))
	return b
}

// parse reads what piece wrote.
func parse(b []byte) (number uint64, sealed []byte, whole bool) {
	n := int(binary.BigEndian.Uint16(b[12:]))
	if pieceHead+n > len(b) || crc32.ChecksumIEEE(b[4:pieceHead+n]) != binary.BigEndian.Uint32(b) {
		return 0, nil, false
	}
	return binary.BigEndian.Uint64(b[4:]), b[pieceHead : pieceHead+n], true
}

func about(what string, place int, number uint64) []byte {
	return fmt.Appendf(nil, "atalaya reserve 1 %s %d %d", what, place, number)
}

const (
	aRecord  = "record"
	anEnding = "ending"
)

// Longest implements safe.Reserve.
func (f *File) Longest() int { return endingAt - pieceHead - sealing }

// Keep implements safe.Reserve.
func (f *File) Keep(record []byte) (int, error) {
	if len(record) > f.Longest() {
		return 0, fmt.Errorf("%w: a record of %d bytes", desk.ErrInvalid, len(record))
	}
	f.mu.Lock()
	place := slices.Index(f.numbers, 0)
	if place < 0 {
		f.mu.Unlock()
		return 0, fmt.Errorf("%w in the reserve: %d records of safe acts wait in it", desk.ErrFull, len(f.numbers))
	}
	f.last++
	number := f.last
	f.numbers[place] = number
	f.mu.Unlock()
	err := f.write(headSize+place*placeSize, f.piece(aRecord, place, number, record))
	if err != nil { // overwritten by the next one, or found torn
		f.mu.Lock()
		f.numbers[place] = 0
		f.mu.Unlock()
		return 0, fmt.Errorf("keep the record of a safe act: %w", err)
	}
	return place, nil
}

func (f *File) write(at int, b []byte) error {
	if _, err := f.file.WriteAt(b, int64(at)); err != nil {
		return full(err)
	}
	return f.file.Sync()
}

// End implements safe.Reserve. An ending that is too long is cut.
func (f *File) End(place int, ending []byte) error {
	number, err := f.number(place)
	if err != nil {
		return err
	}
	ending = ending[:min(len(ending), sector-pieceHead-sealing)]
	return f.write(headSize+place*placeSize+endingAt, f.piece(anEnding, place, number, ending))
}

func (f *File) number(place int) (uint64, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if place < 0 || place >= len(f.numbers) || f.numbers[place] == 0 {
		return 0, fmt.Errorf("place %d of the reserve is free: %w", place, desk.ErrNotFound)
	}
	return f.numbers[place], nil
}

// Free implements safe.Reserve.
func (f *File) Free(place int) error {
	if _, err := f.number(place); err != nil {
		return err
	}
	if err := f.write(headSize+place*placeSize, make([]byte, sector)); err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.numbers[place] = 0
	return nil
}

// Kept implements safe.Reserve.
func (f *File) Kept() ([]safe.Piece, error) {
	f.mu.Lock()
	numbers := slices.Clone(f.numbers)
	f.mu.Unlock()
	var out []safe.Piece
	for place, number := range numbers {
		if number == 0 {
			continue
		}
		b := make([]byte, placeSize)
		if _, err := f.file.ReadAt(b, int64(headSize+place*placeSize)); err != nil {
			return nil, err
		}
		n, sealed, whole := parse(b[:endingAt])
		if !whole || n != number {
			return nil, fmt.Errorf("%w: place %d of the reserve", store.ErrDamaged, place)
		}
		p := safe.Piece{Place: place}
		var err error
		if p.Record, err = f.key.Open(nil, nil, sealed, about(aRecord, place, number)); err != nil {
			return nil, fmt.Errorf("%w: place %d of the reserve does not open", store.ErrDamaged, place)
		}
		// An ending of another number is of who had the place before.
		if n, sealed, whole = parse(b[endingAt:]); whole && n == number {
			if p.Ending, err = f.key.Open([]byte{}, nil, sealed, about(anEnding, place, number)); err != nil {
				p.Ending = nil
			}
		}
		out = append(out, p)
	}
	slices.SortFunc(out, func(a, b safe.Piece) int { return cmp.Compare(numbers[a.Place], numbers[b.Place]) })
	return out, nil
}

const missingSize = 8 + 8 + 4

func (f *File) loadMissing(b []byte) {
	if crc32.ChecksumIEEE(b[:missingSize-4]) == binary.BigEndian.Uint32(b[missingSize-4:]) {
		f.missing = binary.BigEndian.Uint64(b)
		f.since = time.Unix(0, int64(binary.BigEndian.Uint64(b[8:]))).UTC() //nolint:gosec // written from one
	}
}

func (f *File) putMissing(b []byte) {
	binary.BigEndian.PutUint64(b, f.missing)
	binary.BigEndian.PutUint64(b[8:], uint64(f.since.UnixNano())) //nolint:gosec // read as it is written
	binary.BigEndian.PutUint32(b[missingSize-4:], crc32.ChecksumIEEE(b[:missingSize-4]))
}

// Missing implements safe.Reserve.
func (f *File) Missing() (uint64, time.Time) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.missing, f.since
}

// SetMissing implements safe.Reserve.
func (f *File) SetMissing(n uint64, since time.Time) error {
	f.mu.Lock()
	f.missing, f.since = n, since
	b := make([]byte, sector)
	f.putMissing(b)
	f.mu.Unlock()
	return f.write(sector, b)
}

// full says of an error for want of room that it is one.
func full(err error) error {
	if errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) {
		return fmt.Errorf("%w (%w)", desk.ErrFull, err)
	}
	return err
}
