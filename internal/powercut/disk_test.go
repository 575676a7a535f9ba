package powercut_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"

	"atalaya/internal/powercut"
)

func TestDisk(t *testing.T) {
	if os.Geteuid() != 0 && os.Getenv("CI") != "true" {
		t.Skip("it mounts a disk: only root can")
	}
	d, err := powercut.New(t.TempDir(), 1<<20)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	}()
	d.Record()
	f, err := os.OpenFile(d.Path(), os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for i := range 20 {
		b := bytes.Repeat([]byte{byte(i + 1)}, 4096)
		if _, err := f.WriteAt(b, int64(i%3)*4096); err != nil {
			t.Fatal(err)
		}
		if i%2 == 1 {
			if err := f.Sync(); err != nil {
				t.Fatal(err)
			}
		}
	}
	got := make([]byte, 4096)
	if _, err := f.ReadAt(got, 4096); err != nil || got[0] != 20 {
		t.Fatalf("read %d %v", got[0], err)
	}
	flushes := d.Flushes()
	if len(flushes) != 10 || d.At() != 30 {
		t.Fatalf("%d flushes, %d events", len(flushes), d.At())
	}
	torn := map[string]bool{}
	for seed := range uint64(50) {
		err := d.Cuts(flushes[:9], rand.New(rand.NewPCG(seed, 1)), func(flush, next int, image []byte) error {
			if next != flush+3 {
				return fmt.Errorf("the flush after %d is %d", flush, next)
			}
			// What was flushed is whole, unless it was written over since.
			n := flush/3*2 + 2 // writes before
			for _, w := range []int{n - 1, n - 2} {
				at := w % 3 * 4096
				over := n%3 == w%3 || (n+1)%3 == w%3
				if part := image[at : at+4096]; !over && !bytes.Equal(part, bytes.Repeat([]byte{byte(w + 1)}, 4096)) {
					return fmt.Errorf("after flush %d write %d is not there", flush, w)
				}
				if at := n % 3 * 4096; image[at] != image[at+4095] {
					torn["torn"] = true
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if !torn["torn"] {
		t.Error("no write was torn")
	}
}
