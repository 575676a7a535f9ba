// Command geoid makes geo/egm96.bin, the geoid grid that Atalaya carries, from
// the grid of Debian's proj-data:
//
//	go run ./geoid -in /usr/share/proj/egm96_15.gtx -out ../geo/egm96.bin
//
// In: NOAA VDatum's GTX format, all big-endian: south and west edge and both
// steps in degrees as float64, rows and columns as int32, then the metres as
// float32, rows from the south, columns from the west.
//
// Out: the same grid in whole centimetres. Each value is predicted from its
// western, southern and south-western neighbours (w + s - sw; at the edges the
// one neighbour there is), and the differences follow each other as signed
// varints (encoding/binary), compressed with DEFLATE (RFC 1951).
package main

import (
	"bytes"
	"compress/flate"
	"encoding/binary"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
)

func main() {
	in := flag.String("in", "/usr/share/proj/egm96_15.gtx", "grid in GTX format (Debian: proj-data)")
	out := flag.String("out", "../geo/egm96.bin", "file to write")
	flag.Parse()
	if err := run(*in, *out); err != nil {
		fmt.Fprintln(os.Stderr, "geoid:", err)
		os.Exit(1)
	}
}

func run(in, out string) error {
	data, err := os.ReadFile(in)
	if err != nil {
		return err
	}
	g, err := readGTX(bytes.NewReader(data))
	if err != nil {
		return fmt.Errorf("reading %s: %w", in, err)
	}
	packed, err := pack(g)
	if err != nil {
		return fmt.Errorf("packing: %w", err)
	}
	if err := os.WriteFile(out, packed, 0o644); err != nil {
		return err
	}
	fmt.Printf("%s: %d x %d values, %d bytes\n", out, g.Rows, g.Columns, len(packed))
	return nil
}

type header struct {
	South, West, StepLat, StepLon float64
	Rows, Columns                 int32
}

type grid struct {
	header
	centimetres []int
}

// readGTX takes the world in steps of 15', which is what package geo expects.
func readGTX(r io.Reader) (grid, error) {
	var g grid
	if err := binary.Read(r, binary.BigEndian, &g.header); err != nil {
		return grid{}, fmt.Errorf("header: %w", err)
	}
	if want := (header{-90, -180, 0.25, 0.25, 721, 1440}); g.header != want {
		return grid{}, fmt.Errorf("the grid is %+v, not %+v", g.header, want)
	}
	metres := make([]float32, int(g.Rows)*int(g.Columns))
	if err := binary.Read(r, binary.BigEndian, metres); err != nil {
		return grid{}, fmt.Errorf("values: %w", err)
	}
	if n, err := io.Copy(io.Discard, r); n != 0 || err != nil {
		return grid{}, errors.Join(fmt.Errorf("%d bytes too many", n), err)
	}
	g.centimetres = make([]int, len(metres))
	for i, m := range metres {
		if !(m > -120 && m < 100) { // the geoid lies between -107 m and 86 m
			return grid{}, fmt.Errorf("value %d is %v m", i, m)
		}
		g.centimetres[i] = int(math.Round(float64(m) * 100))
	}
	return g, nil
}

func pack(g grid) ([]byte, error) {
	var out bytes.Buffer
	z, err := flate.NewWriter(&out, flate.BestCompression)
	if err != nil {
		return nil, err
	}
	columns := int(g.Columns)
	var buf []byte
	for i, v := range g.centimetres {
		row, column := i/columns, i%columns
		predicted := 0
		switch {
		case row > 0 && column > 0:
			predicted = g.centimetres[i-1] + g.centimetres[i-columns] - g.centimetres[i-columns-1]
		case row > 0:
			predicted = g.centimetres[i-columns]
		case column > 0:
			predicted = g.centimetres[i-1]
		}
		buf = binary.AppendVarint(buf[:0], int64(v-predicted))
		if _, err := z.Write(buf); err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return out.Bytes(), nil
}
