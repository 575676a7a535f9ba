package gate_test

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/transparency-dev/tessera"
	"github.com/transparency-dev/tessera/storage/posix"
	"golang.org/x/mod/sumdb/note"

	"atalaya/desk/gate"
	"atalaya/ledger"
)

// bare is Tessera by itself, with the settings of store/tlog.
func bare(b *testing.B) (add func([]byte) tessera.IndexFuture) {
	b.Helper()
	private := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	coded := append([]byte{1}, private.Public().(ed25519.PublicKey)...)
	id := sha256.Sum256(append([]byte("bare\n"), coded...))
	s, err := note.NewSigner(fmt.Sprintf("PRIVATE+KEY+bare+%x+%s", id[:4], base64.StdEncoding.EncodeToString(append([]byte{1}, private.Seed()...))))
	check(b, err)
	d, err := posix.New(b.Context(), posix.Config{Path: b.TempDir()})
	check(b, err)
	a, _, _, err := tessera.NewAppender(b.Context(), d, tessera.NewAppendOptions().WithCheckpointSigner(s).
		WithBatching(2048, time.Millisecond).WithCheckpointInterval(200*time.Millisecond).WithCheckpointRepublishInterval(0))
	check(b, err)
	return func(e []byte) tessera.IndexFuture { return a.Add(b.Context(), tessera.NewEntry(e)) }
}

// BenchmarkAct does one act after the other through the gate, and beside each
// appends one entry to Tessera by itself. The bar is a p99 below 20 ms from the
// call to the beginning of the act; "ratio" is its median over Tessera's.
func BenchmarkAct(b *testing.B) {
	r := open(b, b.TempDir(), nil)
	defer r.close(b)
	add := bare(b)
	var gated, whole, alone []time.Duration
	for n := 0; b.Loop(); n++ {
		rec := act(fmt.Sprint(n))
		begin := time.Now()
		check(b, r.gate.Do(b.Context(), rec, func(context.Context) error {
			gated = append(gated, time.Since(begin))
			return nil
		}))
		whole = append(whole, time.Since(begin))
		b.StopTimer()
		root := sha256.Sum256(fmt.Append(nil, n))
		begin = time.Now()
		_, err := add(root[:])()
		check(b, err)
		alone = append(alone, time.Since(begin))
		// Officers pause: the checkpoint and the outcome of one act are not the
		// next one's.
		time.Sleep(5 * time.Millisecond)
		b.StartTimer()
	}
	for name, all := range map[string][]time.Duration{"gated": gated, "whole": whole, "tessera": alone} {
		slices.Sort(all)
		b.ReportMetric(float64(all[len(all)/2])/1e6, name+"-p50-ms")
		b.ReportMetric(float64(all[len(all)*99/100])/1e6, name+"-p99-ms")
	}
	b.ReportMetric(float64(gated[len(gated)/2])/float64(alone[len(alone)/2]), "ratio")
}

// BenchmarkBulk notes single records in batches of 2048 from two sides, and
// beside each appends as many entries to Tessera by itself. The bar is 10,000
// entries a second.
func BenchmarkBulk(b *testing.B) {
	const batch, sides = 2048, 2
	r := open(b, b.TempDir(), nil)
	defer r.close(b)
	add := bare(b)
	var noted, alone time.Duration
	entries := 0
	for n := 0; b.Loop(); n++ {
		begin := time.Now()
		var wg sync.WaitGroup
		for side := range sides {
			wg.Go(func() {
				all := make([]gate.Single, batch)
				for i := range all {
					all[i] = gate.Single{Kind: "pose", ID: fmt.Sprint(n, side, i), At: begin, Fields: []ledger.Field{
						ledger.Text("sensor", "C1"), ledger.Text("seq.sensor", fmt.Sprint(i)), ledger.Text("look.pose", "-16.1234567,-69.1234567"),
					}}
				}
				if err := r.gate.Note(b.Context(), all...); err != nil {
					b.Error(err)
				}
			})
		}
		wg.Wait()
		noted += time.Since(begin)
		entries += batch * sides
		b.StopTimer()
		begin = time.Now()
		var futures []tessera.IndexFuture
		for i := range batch * sides {
			root := sha256.Sum256(fmt.Append(nil, n, i))
			futures = append(futures, add(root[:]))
		}
		for _, f := range futures {
			if _, err := f(); err != nil {
				b.Fatal(err)
			}
		}
		alone += time.Since(begin)
		b.StartTimer()
	}
	b.ReportMetric(float64(entries)/noted.Seconds(), "entries/s")
	b.ReportMetric(float64(entries)/alone.Seconds(), "tessera-entries/s")
	b.ReportMetric(noted.Seconds()/alone.Seconds(), "ratio")
}
