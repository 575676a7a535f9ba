package fmath

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math"
	"testing"
)

func TestNormal(t *testing.T) {
	for x := -9.0; x <= 9; x += 0.01 {
		if want := math.Erfc(-x/math.Sqrt2) / 2; math.Abs(Normal(x)-want) > 1e-7 {
			t.Fatalf("Normal(%v) = %v, not %v", x, Normal(x), want)
		}
	}
	if Normal(math.Inf(-1)) != 0 || Normal(math.Inf(1)) != 1 || Normal(math.NaN()) == Normal(math.NaN()) {
		t.Error("Normal of what is infinite or no number")
	}
}

// TestNormalBits: recordings that were judged with it are judged the same again.
func TestNormalBits(t *testing.T) {
	h := sha256.New()
	for i := -9000; i <= 9000; i++ {
		var b [8]byte
		binary.BigEndian.PutUint64(b[:], math.Float64bits(Normal(float64(i)/1000)))
		h.Write(b[:])
	}
	if got := hex.EncodeToString(h.Sum(nil)); got != "3394226988617d36445c85601c5b6a353172d2c33acb863a3beba91e752e5835" {
		t.Errorf("the bits have changed: %s", got)
	}
}
