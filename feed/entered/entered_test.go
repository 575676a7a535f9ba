package entered_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"atalaya/feed"
	"atalaya/feed/entered"
)

func TestDesk(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := entered.New(time.Now)
		n := 0
		for d.Put([]byte{byte(n)}) {
			n++
		}
		if n == 0 || n > 1000 {
			t.Fatalf("%d entries wait where nobody takes them", n)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var got []byte
		ended := make(chan error)
		go func() {
			ended <- d.Run(ctx, func(c feed.Chunk) {
				if !c.Datagram || c.Stream != 1 || !c.Received.Equal(time.Now()) {
					t.Errorf("chunk %+v", c)
				}
				got = append(got, c.Data...)
			})
		}()
		synctest.Wait()
		if len(got) != n || !slices.IsSorted(got) {
			t.Fatalf("%d of %d entries came, in order %v", len(got), n, got)
		}
		if !d.Put([]byte{1}) {
			t.Fatal("no room although all was taken")
		}
		synctest.Wait()
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) || len(got) != n+1 {
			t.Fatalf("ended with %v after %d", err, len(got))
		}
	})
}
