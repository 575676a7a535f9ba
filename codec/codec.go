// Package codec holds what the codecs below it share: how bad input is named.
//
// Every codec has a Decoder that is given the bytes of one stream as they come
// and yields messages:
//
//	for m, err := range dec.Decode(chunk, received) {
//		if err != nil { // always a *codec.Bad: count it and go on
//		}
//	}
//
// A Decoder keeps what is incomplete, in bounded memory, and resynchronises by
// itself: no input makes it stop or fail. Flush yields what is left when the
// stream ends. Decoders do no I/O, know no wall clock, and are not safe for
// concurrent use. Every message carries its raw bytes.
package codec

import "fmt"

// Kind names why input was bad: a short fixed word, used as counter label.
type Kind string

// The kinds that codecs share; each codec adds its own.
const (
	Checksum    Kind = "checksum"    // checksum or parity wrong
	Truncated   Kind = "truncated"   // ended before its stated length
	Malformed   Kind = "malformed"   // not in the form that the standard asks for
	Unsupported Kind = "unsupported" // well formed, but nothing that we decode
	Noise       Kind = "noise"       // bytes between frames
	Overlong    Kind = "overlong"    // longer than any frame may be
)

// Bad is one piece of input that could not be used. It is never fatal.
type Bad struct {
	Kind   Kind
	Detail string // for people; may be empty
	Raw    []byte // what came, cut at a few hundred bytes
}

func (b *Bad) Error() string {
	if b.Detail == "" {
		return string(b.Kind)
	}
	return fmt.Sprintf("%s: %s", b.Kind, b.Detail)
}

// maxSample is how much of bad input is kept for diagnosis.
const maxSample = 256

// NewBad makes a Bad with a copied, bounded sample of the input.
func NewBad(kind Kind, raw []byte, format string, args ...any) *Bad {
	detail := format
	if len(args) > 0 {
		detail = fmt.Sprintf(format, args...)
	}
	return &Bad{Kind: kind, Detail: detail, Raw: append([]byte(nil), raw[:min(len(raw), maxSample)]...)}
}
