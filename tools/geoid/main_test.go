package main

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"io"
	"math"
	"testing"
)

func gtx(h header, at int, value float32) []byte {
	metres := make([]float32, 721*1440)
	metres[at] = value
	b, err := binary.Append(nil, binary.BigEndian, h)
	if err != nil {
		panic(err)
	}
	if b, err = binary.Append(b, binary.BigEndian, metres); err != nil {
		panic(err)
	}
	return b
}

func TestReadGTX(t *testing.T) {
	world := header{-90, -180, 0.25, 0.25, 721, 1440}
	good := gtx(world, 1441, -12.345)
	g, err := readGTX(bytes.NewReader(good))
	if err != nil || g.centimetres[1441] != -1235 && g.centimetres[1441] != -1234 {
		t.Fatalf("%v, %v", g.centimetres[1441], err)
	}
	for name, data := range map[string][]byte{
		"empty":           nil,
		"cut header":      good[:39],
		"cut values":      good[:len(good)-1],
		"trailing bytes":  append(bytes.Clone(good), 0),
		"another grid":    gtx(header{-90, -180, 0.5, 0.5, 361, 720}, 0, 0),
		"a missing value": gtx(world, 7, -88.8888*100),
		"not a number":    gtx(world, 7, float32(math.NaN())),
	} {
		if _, err := readGTX(bytes.NewReader(data)); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

func TestPack(t *testing.T) {
	g := grid{header: header{Rows: 2, Columns: 3}, centimetres: []int{5, 7, 6, -100, 9000, 0}}
	packed, err := pack(g)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := io.ReadAll(flate.NewReader(bytes.NewReader(packed)))
	if err != nil {
		t.Fatal(err)
	}
	r := bytes.NewReader(raw)
	for i, want := range []int64{5, 2, -1, -105, 9000 - (-100 + 7 - 5), 0 - (9000 + 6 - 7)} {
		if d, err := binary.ReadVarint(r); err != nil || d != want {
			t.Errorf("difference %d is %d, want %d: %v", i, d, want, err)
		}
	}
	if r.Len() != 0 {
		t.Errorf("%d bytes too many", r.Len())
	}
}
