package asterix

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"testing"
	"time"

	"atalaya/codec/asterix/item"
	"atalaya/codec/asterix/spec"
)

// seeds adds a block of every edition.
func seeds(f *testing.F) {
	f.Helper()
	random := newRandom(2)
	for _, category := range spec.Categories() {
		for i := range spec.Editions(category) {
			ed := &spec.Editions(category)[i]
			record, err := Encode(ed, random.items(ed))
			if err != nil {
				f.Fatal(err)
			}
			block, err := AppendBlock(nil, category, record)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(block)
		}
	}
	f.Add([]byte("0\x00\x00"))
	f.Add([]byte("0\x00\x03\"\x00\x05\x00\x00"))
}

// FuzzDatagram: no octets make the decoder, the reports or the JSON fail, and
// what the decoder gives encodes to a record that says the same.
func FuzzDatagram(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, cfg := range []Config{{}, {Editions: map[string]string{"021": "0.26", "034": "1.27", "048": "1.27", "062": "1.16"}}} {
			for m, err := range New(cfg).Datagram(b, time.Time{}) {
				if err != nil {
					continue
				}
				m.ADSB()
				m.Service()
				m.Target()
				m.System()
				var said struct {
					Items Fields `json:"items"`
				}
				if err := json.Unmarshal(m.AppendJSON(nil), &said); err != nil {
					t.Fatalf("%X: %v", m.Raw, err)
				}
				record, err := Encode(m.Edition, said.Items)
				if err != nil {
					t.Fatalf("%X: %v", m.Raw, err)
				}
				// The FSPEC may have been longer than it needed to be, and
				// spare bits may have been set: then the values are the same.
				var again Message
				size, spare, _, bad := again.parse(m.Edition, record)
				if bad != "" || spare || size != len(record) {
					t.Fatalf("%X became %X: %s, spare bits %v", m.Raw, record, bad, spare)
				}
				for n, b := range m.Items() {
					if !bytes.Equal(item.AppendJSON(nil, n, b), item.AppendJSON(nil, n, again.Item(n.Name))) {
						t.Fatalf("I%03d/%s %X became %X", m.Category, n.Name, b, again.Item(n.Name))
					}
				}
			}
		}
	})
}

// FuzzStream: where a stream is cut changes nothing.
func FuzzStream(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, b []byte) {
		cuts := rand.New(rand.NewPCG(uint64(len(b)), 1))
		cfg := Config{Editions: map[string]string{"021/25/201": "0.26", "048": "1.27"}}
		cutAnywhere(t, cfg, b, func() int { return 1 + cuts.IntN(12) })
	})
}
