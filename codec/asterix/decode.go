package asterix

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"iter"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"atalaya/codec"
	"atalaya/codec/asterix/item"
	"atalaya/codec/asterix/spec"
)

// What is bad in ASTERIX, besides the kinds that all codecs share:
// codec.Truncated (a block that its datagram or stream ends inside of) and
// codec.Noise (octets passed over to find the next block of a stream).
const (
	BlockLength     codec.Kind = "block-length"      // a block says that it is shorter than its own header
	EmptyBlock      codec.Kind = "empty-block"       // a block without records
	UnknownCategory codec.Kind = "unknown-category"  // a block of a category without tables here
	UnknownEdition  codec.Kind = "unknown-edition"   // a block of a category for which Config asks an edition that is not known
	EmptyRecord     codec.Kind = "empty-record"      // a record without items, or several on end
	LongFSPEC       codec.Kind = item.LongFSPEC      // a presence field longer than the edition has positions
	UnknownFRN      codec.Kind = "unknown-frn"       // a field reference number that the edition does not use
	UnknownPart     codec.Kind = item.UnknownPart    // a part of a compound item that the edition does not use
	LongItem        codec.Kind = item.LongItem       // an extended item longer than the edition knows
	ExplicitLength  codec.Kind = item.ExplicitLength // an explicit item of length zero
	ShortRecord     codec.Kind = item.Short          // the block ends inside an item
	SpareBits       codec.Kind = "spare-bits"        // bits that shall be zero are not; the record is yielded all the same
)

const (
	headerSize = 3     // category and length
	maxBlock   = 65535 // what the length can say
	maxSample  = 256   // octets of noise that are kept for diagnosis
	maxNoise   = 65536 // octets of noise that are reported as one
	maxProof   = 64    // records of a block that are tried before it is believed
	maxForeign = 8192  // octets of a stream that are passed over by the word of a block that cannot be read
)

// Config of a Decoder.
type Config struct {
	// Editions chooses the edition of a category, "048": "1.30", or of a
	// category from one source, "048/25/201": "1.27" (SAC and SIC in decimal).
	// Of others the newest edition is read.
	Editions map[string]string
}

// Check says what is wrong with a configuration. New takes a wrong one too:
// the Decoder then reads nothing of what it cannot know (UnknownEdition).
func (c Config) Check() error {
	for _, key := range slices.Sorted(maps.Keys(c.Editions)) {
		category, _, _, err := parseKey(key)
		if err != nil {
			return err
		}
		if number := c.Editions[key]; spec.Lookup(category, number) == nil {
			return fmt.Errorf("ASTERIX category %03d has no edition %q here, but %s", category, number, numbers(category))
		}
	}
	return nil
}

// numbers lists the editions of a category for people.
func numbers(category uint8) string {
	var all []string
	for i := range spec.Editions(category) {
		all = append(all, spec.Editions(category)[i].Number)
	}
	if all == nil {
		return "none"
	}
	return strings.Join(all, ", ")
}

// parseKey reads "048" or "048/25/201".
func parseKey(key string) (category uint8, source Source, one bool, err error) {
	fields := strings.Split(key, "/")
	var n [3]uint8
	if len(fields) != 1 && len(fields) != 3 {
		return 0, Source{}, false, fmt.Errorf("ASTERIX editions: %q is neither a category nor category/SAC/SIC", key)
	}
	for i, f := range fields {
		v, err := strconv.ParseUint(f, 10, 8)
		if err != nil {
			return 0, Source{}, false, fmt.Errorf("ASTERIX editions: %q: %w", key, err)
		}
		n[i] = uint8(v)
	}
	return n[0], Source{SAC: n[1], SIC: n[2]}, len(fields) == 3, nil
}

// from is a category of one source.
type from struct {
	category uint8
	source   Source
}

// Decoder finds the records in a stream (Decode) or in datagrams (Datagram).
// It is not safe for concurrent use.
type Decoder struct {
	editions [256]*spec.Edition // by category; nil: not read
	bySource map[from]*spec.Edition
	wrong    map[uint8]string // category: edition asked for that is not known

	pending []byte // of the stream, not yet read
	lost    bool   // the next block of the stream must be searched
	noise   int    // octets passed over in search of it
	sample  []byte // the first of them
}

// New makes a Decoder.
func New(cfg Config) *Decoder {
	d := &Decoder{wrong: map[uint8]string{}}
	for _, c := range spec.Categories() {
		d.editions[c] = spec.Newest(c)
	}
	for key, number := range cfg.Editions {
		category, source, one, err := parseKey(key)
		if err != nil {
			continue // no block can match it; Check says so
		}
		ed := spec.Lookup(category, number)
		switch {
		case one:
			if d.bySource == nil {
				d.bySource = map[from]*spec.Edition{}
			}
			d.bySource[from{category, source}] = ed
		default:
			d.editions[category] = ed
		}
		if ed == nil && len(spec.Editions(category)) > 0 {
			d.wrong[category] = number
		}
	}
	return d
}

// Decode takes the next octets of a stream of data blocks back to back (TCP,
// serial, a file) and yields the records that they complete, and what was bad,
// as *codec.Bad. The chunk is taken when the result is ranged over, once, and
// may be reused after that. When the caller stops early, the rest of the block
// it stopped in is lost, and what follows comes with the next call.
//
// Blocks are trusted by their length. Where one cannot be (it is shorter than
// its header, or it is unsound and what follows it does not look like a block)
// the next is searched: the first place with a category that has tables, where
// the records are sound and name one source, and after which another block
// starts. Until it is clear what a block is, it waits for up to 64 KiB.
func (d *Decoder) Decode(chunk []byte, received time.Time) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		d.pending = append(d.pending, chunk...)
		d.drain(received, false, yield)
	}
}

// Flush yields what is left when the stream ends.
func (d *Decoder) Flush(received time.Time) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) { d.drain(received, true, yield) }
}

// Datagram yields the records of a datagram, which holds whole data blocks. It
// leaves what Decode keeps alone.
func (d *Decoder) Datagram(datagram []byte, received time.Time) iter.Seq2[Message, error] {
	return func(yield func(Message, error) bool) {
		rest := bytes.Clone(datagram)
		for len(rest) > 0 {
			size, whole := block(rest)
			if !whole {
				yield(Message{}, codec.NewBad(codec.Truncated, rest, "%d octets left of a block of %d", len(rest), size))
				return
			}
			if size < headerSize {
				yield(Message{}, badLength(rest, size))
				return
			}
			if !d.records(rest[:size], received, yield) {
				return
			}
			rest = rest[size:]
		}
	}
}

// block gives the stated size of the block that b starts with, and whether b
// holds it all. Without a header to state it the size is that of a header.
func block(b []byte) (size int, whole bool) {
	if len(b) < headerSize {
		return headerSize, false
	}
	size = int(binary.BigEndian.Uint16(b[1:]))
	return size, size <= len(b)
}

func badLength(b []byte, size int) error {
	return codec.NewBad(BlockLength, b, "a block of category %03d says that it has %d octets", b[0], size)
}

// drain reads the pending octets as far as they go; at the end of the stream
// all of them.
func (d *Decoder) drain(received time.Time, end bool, yield func(Message, error) bool) {
	read := 0 // octets of pending
	defer func() {
		d.pending = append(d.pending[:0], d.pending[read:]...)
		if cap(d.pending) > 4*maxBlock && len(d.pending) <= maxBlock {
			d.pending = bytes.Clone(d.pending) // after one huge chunk
		}
	}()
	for read < len(d.pending) {
		rest := d.pending[read:]
		if d.lost {
			n, found := d.seek(rest, end)
			read += n
			if d.noise >= maxNoise || found {
				if !d.quiet(yield) {
					return
				}
			}
			if !found {
				if n == 0 {
					return
				}
				continue
			}
			d.lost = false
			continue
		}
		size, whole := block(rest)
		switch {
		case len(rest) >= headerSize && size < headerSize:
			d.lost = true
			read += d.skip(rest[:1])
			if !yield(Message{}, badLength(rest[:headerSize], size)) {
				return
			}
		case size > maxForeign && d.foreign(rest, size, whole), !whole && end && d.holdsBlock(rest[1:]):
			d.lost = true
			read += d.skip(rest[:1])
		case !whole && !end:
			return
		case !whole:
			read = len(d.pending)
			if !yield(Message{}, codec.NewBad(codec.Truncated, rest, "the stream ended after %d octets of a block of %d", len(rest), size)) {
				return
			}
		default:
			ok, wait := d.trusted(rest[:size], rest[size:], end)
			if wait {
				return
			}
			if !ok {
				d.lost = true
				read += d.skip(rest[:1])
				continue
			}
			read += size
			if !d.records(bytes.Clone(rest[:size]), received, yield) {
				return
			}
		}
	}
	if end {
		d.quiet(yield)
		d.lost = false
	}
}

// skip counts octets that belong to no block, and tells how many they are.
func (d *Decoder) skip(b []byte) int {
	d.noise += len(b)
	d.sample = append(d.sample, b[:min(len(b), maxSample-len(d.sample))]...)
	return len(b)
}

// quiet reports the octets passed over.
func (d *Decoder) quiet(yield func(Message, error) bool) bool {
	if d.noise == 0 {
		return true
	}
	bad := codec.NewBad(codec.Noise, d.sample, "%d octets between blocks", d.noise)
	d.noise, d.sample = 0, d.sample[:0]
	return yield(Message{}, bad)
}

// seek passes over octets up to the next place where a block may start. It
// stops without one where more octets are needed to tell, or where as much
// noise is counted as is reported at once.
func (d *Decoder) seek(b []byte, end bool) (n int, found bool) {
	for n < len(b) && d.noise < maxNoise {
		likely, wait := d.plausible(b[n:], end)
		if likely || wait {
			return n, likely
		}
		n += d.skip(b[n : n+1])
	}
	return n, false
}

// trusted reports whether a block of the stream is one: its records are sound,
// or what follows it looks like another block, or nothing follows. It may have
// to wait for what follows.
func (d *Decoder) trusted(b, next []byte, end bool) (ok, wait bool) {
	if bad, known := d.sound(b, true, len(b), false); known && bad == "" {
		return true, false
	}
	if len(next) < headerSize {
		return end, !end
	}
	return header(next), false
}

// header reports whether b looks like the start of a block.
func header(b []byte) bool {
	size, _ := block(b)
	return size > headerSize && registered(b[0]) && (size <= maxForeign || spec.Newest(b[0]) != nil)
}

// foreign reports whether a block of the stream, of which b holds so much as
// has come, cannot be read: its category has no tables, or its first record is
// broken or names no source.
func (d *Decoder) foreign(b []byte, size int, whole bool) bool {
	if d.editions[b[0]] == nil {
		return true
	}
	bad, known := d.sound(b[:min(size, len(b))], whole, 1, false)
	return known && bad != "" && (whole || bad != ShortRecord)
}

// sound tells what is wrong with the first records of a block, at most so
// many, of which b holds so much as has come, or, with whole, all. Not to name
// a source is wrong too, and, with alike, to name several. It is not known
// where there is no edition to read the block in, or not yet.
func (d *Decoder) sound(b []byte, whole bool, most int, alike bool) (bad codec.Kind, known bool) {
	records := b[min(headerSize, len(b)):]
	source, named := peek(records)
	if !named && !whole && len(records) < longestFSPEC+2 {
		return "", false
	}
	ed := d.edition(b[0], source, named)
	if ed == nil || len(records) == 0 {
		return "", false
	}
	if records[0]&0x80 == 0 {
		return EmptyRecord, true // without item 010, that is
	}
	for ; len(records) > 0 && most > 0; most-- {
		var m Message
		size, _, _, bad := m.parse(ed, records)
		switch {
		case bad != "":
			return bad, true
		case alike && m.Source != source:
			return codec.Noise, true
		}
		records = records[size:]
	}
	return "", true
}

// holdsBlock reports whether a block starts in b, with which the stream ends.
func (d *Decoder) holdsBlock(b []byte) bool {
	for i := range b {
		if likely, _ := d.plausible(b[i:], true); likely {
			return true
		}
	}
	return false
}

// registered reports whether a category is one that EUROCONTROL has published.
func registered(category uint8) bool {
	switch category {
	case 1, 2, 3, 4, 7, 8, 9, 10, 11, 15, 16, 17, 18, 19, 20, 21, 23, 25, 30, 31, 32, 34, 48,
		62, 63, 65, 150, 205, 238, 239, 240, 247, 252:
		return true
	default:
		return false
	}
}

// plausible reports whether b starts with a whole block of a known category,
// whose first records are sound and of one source and after which another block
// starts, or whether more octets are needed to say so.
func (d *Decoder) plausible(b []byte, end bool) (likely, wait bool) {
	if spec.Newest(b[0]) == nil {
		return false, false
	}
	if len(b) <= headerSize {
		return false, !end
	}
	size, whole := block(b)
	if size <= headerSize {
		return false, false
	}
	bad, known := d.sound(b[:min(size, len(b))], whole, maxProof, true)
	switch {
	case !whole && (!known || bad == "" || bad == ShortRecord):
		return false, !end
	case !known || bad != "":
		return false, false
	case len(b) < size+headerSize:
		return end, !end
	default:
		return header(b[size:]), false
	}
}

const longestFSPEC = (maxFRN + 6) / 7

// peek reads the source of a record whose edition is not yet known: item 010
// has field reference number 1 in every edition, so it follows the FSPEC.
func peek(record []byte) (Source, bool) {
	for i, o := range record[:min(len(record), longestFSPEC)] {
		if o&1 == 0 {
			if record[0]&0x80 == 0 || i+2 >= len(record) {
				return Source{}, false
			}
			return Source{SAC: record[i+1], SIC: record[i+2]}, true
		}
	}
	return Source{}, false
}

// edition gives the edition in which the records of a block are read: that of
// its source, where the source is known, or else that of its category.
func (d *Decoder) edition(category uint8, source Source, known bool) *spec.Edition {
	if known && d.bySource != nil {
		if own, ok := d.bySource[from{category, source}]; ok {
			return own
		}
	}
	return d.editions[category]
}

// records yields the records of one whole block, which it keeps, and reports
// whether to go on. A broken record ends the block: where the next would start
// is not known.
func (d *Decoder) records(b []byte, received time.Time, yield func(Message, error) bool) bool {
	category, rest := b[0], b[headerSize:]
	if len(rest) == 0 {
		return yield(Message{}, codec.NewBad(EmptyBlock, b, "category %03d", category))
	}
	source, known := peek(rest)
	ed := d.edition(category, source, known)
	if ed == nil {
		if number, ok := d.wrong[category]; ok {
			return yield(Message{}, codec.NewBad(UnknownEdition, b, "category %03d edition %s", category, number))
		}
		return yield(Message{}, codec.NewBad(UnknownCategory, b, "category %03d", category))
	}
	for len(rest) > 0 {
		if rest[0] == 0 {
			n := len(rest) - len(bytes.TrimLeft(rest, "\x00"))
			if !yield(Message{}, codec.NewBad(EmptyRecord, rest[:n], "category %03d: %d on end", category, n)) {
				return false
			}
			rest = rest[n:]
			continue
		}
		m := Message{Received: received}
		size, spare, frn, bad := m.parse(ed, rest)
		if bad != "" {
			return yield(Message{}, codec.NewBad(bad, rest, "%s, %d octets before the end of the block", where(ed, frn), len(rest)))
		}
		rest = rest[size:]
		if !yield(m, nil) {
			return false
		}
		if spare && !yield(Message{}, codec.NewBad(SpareBits, m.Raw, "category %03d edition %s", category, ed.Number)) {
			return false
		}
	}
	return true
}

// where names the item at a field reference number: "I048/040".
func where(ed *spec.Edition, frn int) string {
	switch {
	case frn == 0:
		return fmt.Sprintf("I%03d FSPEC", ed.Category)
	case frn > len(ed.UAP) || ed.UAP[frn-1] == nil:
		return fmt.Sprintf("I%03d FRN %d", ed.Category, frn)
	default:
		return fmt.Sprintf("I%03d/%s", ed.Category, ed.UAP[frn-1].Name)
	}
}
