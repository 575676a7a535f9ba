package store

import (
	"fmt"

	"github.com/fxamacker/cbor/v2"
	"github.com/klauspost/compress/zstd"
)

// Records are the form of single things (alerts, people, journal entries):
// CBOR with the names of the fields, then zstd. They are safe for concurrent
// use.
type Records struct {
	enc   cbor.EncMode
	dec   cbor.DecMode
	zip   *zstd.Encoder
	unzip *zstd.Decoder
}

// maxRecord bounds a record before compression, in bytes.
const maxRecord = 16 << 20

// NewRecords makes the form.
func NewRecords() (*Records, error) {
	opts := cbor.CoreDetEncOptions()
	opts.Time, opts.TimeTag = cbor.TimeRFC3339NanoUTC, cbor.EncTagNone
	enc, err := opts.EncMode()
	if err != nil {
		return nil, fmt.Errorf("prepare the form of records: %w", err)
	}
	dec, err := cbor.DecOptions{MaxArrayElements: 1 << 20, MaxMapPairs: 1 << 16}.DecMode()
	if err != nil {
		return nil, fmt.Errorf("prepare the form of records: %w", err)
	}
	zip, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithEncoderCRC(false), zstd.WithLowerEncoderMem(true))
	if err != nil {
		return nil, fmt.Errorf("prepare the form of records: %w", err)
	}
	unzip, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxRecord))
	if err != nil {
		return nil, fmt.Errorf("prepare the form of records: %w", err)
	}
	return &Records{enc: enc, dec: dec, zip: zip, unzip: unzip}, nil
}

// Pack gives a thing as bytes.
func (r *Records) Pack(v any) ([]byte, error) {
	b, err := r.enc.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("pack %T: %w", v, err)
	}
	return r.zip.EncodeAll(b, nil), nil
}

// Unpack reads into v what Pack gave.
func (r *Records) Unpack(b []byte, v any) error {
	plain, err := r.unzip.DecodeAll(b, nil)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if err := r.dec.Unmarshal(plain, v); err != nil {
		return fmt.Errorf("%w: %T: %w", ErrDamaged, v, err)
	}
	return nil
}
