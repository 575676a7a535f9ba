package mavlink_test

import (
	"errors"
	"iter"
	"time"

	"atalaya/codec"
	"atalaya/codec/mavlink"
)

// decoded is what a decoder yielded.
type decoded struct {
	messages []mavlink.Message
	bad      []*codec.Bad
}

func collect(seqs ...iter.Seq2[mavlink.Message, error]) decoded {
	var out decoded
	for _, seq := range seqs {
		for m, err := range seq {
			var bad *codec.Bad
			switch {
			case err == nil:
				out.messages = append(out.messages, m)
			case errors.As(err, &bad):
				out.bad = append(out.bad, bad)
			default:
				panic(err) // a decoder yields nothing else
			}
		}
	}
	return out
}

func (d decoded) kinds() map[codec.Kind]int {
	out := map[codec.Kind]int{}
	for _, b := range d.bad {
		out[b.Kind]++
	}
	return out
}

// decodeTlog decodes a log that is given in pieces of so many bytes.
func decodeTlog(log []byte, cfg mavlink.Config, size int) ([]mavlink.Message, []*codec.Bad) {
	split, dec := mavlink.NewTlog(), mavlink.New(cfg)
	var out decoded
	add := func(seq iter.Seq2[time.Time, []byte]) {
		for at, b := range seq {
			got := collect(dec.Decode(b, at))
			out.messages = append(out.messages, got.messages...)
			out.bad = append(out.bad, got.bad...)
		}
	}
	for len(log) > 0 {
		n := min(size, len(log))
		add(split.Split(log[:n]))
		log = log[n:]
	}
	add(split.Flush())
	out.bad = append(out.bad, collect(dec.Flush(time.Time{})).bad...)
	return out.messages, out.bad
}
