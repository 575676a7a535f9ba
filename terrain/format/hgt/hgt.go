// Package hgt reads the .hgt files of the Shuttle Radar Topography Mission:
// one square degree of big-endian 16-bit heights in metres above EGM96, row by
// row from the north-west, 3601 posts a side (1 second of arc) or 1201 (3
// seconds), where -32768 is a void. The file has no header: its name says
// where it lies (SRTM User Guide, sections 2.1.3 and 2.1.4). The packed .zip
// of one such file is read too.
package hgt

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"path"
	"strconv"
	"strings"

	"atalaya/geo/projection"
	"atalaya/terrain"
)

const (
	void = -32768

	// sd is the error of a height, metres, one standard deviation: the
	// mission's requirement was 16 m for 90 % of the heights (Rodriguez et al.,
	// An Assessment of the SRTM Topographic Products, JPL D-31639, 2005), and
	// 90 % of a normal distribution lie within 1.645 deviations.
	sd = 16 / 1.645
)

// File is an open .hgt file. It implements terrain.Source.
type File struct {
	r       io.ReaderAt
	lattice terrain.Lattice
	about   terrain.About
}

// Open opens a file of so many bytes. Its name, like N36W115.hgt or
// s17w070.SRTMGL1.hgt.zip, says where it lies.
func Open(r io.ReaderAt, size int64, name string) (*File, error) {
	name = path.Base(name)
	if strings.EqualFold(path.Ext(name), ".zip") {
		data, inner, err := unpack(r, size)
		if err != nil {
			return nil, fmt.Errorf("SRTM file %s: %w", name, err)
		}
		r, size, name = bytes.NewReader(data), int64(len(data)), inner
	}
	lat, lon, err := corner(name)
	if err != nil {
		return nil, fmt.Errorf("SRTM file %s: %w", name, err)
	}
	side, err := side(size)
	if err != nil {
		return nil, fmt.Errorf("SRTM file %s: %w", name, err)
	}
	return &File{
		r: r,
		lattice: terrain.Lattice{
			Projection: projection.Geographic{},
			X0:         float64(lon), Y0: float64(lat + 1),
			DX: 1 / float64(side-1), DY: 1 / float64(side-1),
			Width: side, Height: side,
		},
		about: terrain.About{
			Name:   name,
			Source: fmt.Sprintf("SRTM, %d\" (.hgt)", 3600/(side-1)),
			Datum:  terrain.EGM96,
			SD:     sd,
		},
	}, nil
}

// side is the number of posts on each side of a file.
func side(size int64) (int, error) {
	for _, n := range []int64{3601, 1201} {
		if size == 2*n*n {
			return int(n), nil
		}
	}
	return 0, fmt.Errorf("%d bytes, but one degree has %d (3601 x 3601 posts, 1\") or %d (1201 x 1201, 3\"): get the whole file again", size, 2*3601*3601, 2*1201*1201)
}

// corner gives the south-western corner that a file name states, in degrees.
func corner(name string) (lat, lon int, err error) {
	bad := fmt.Errorf("its name does not say where it lies: it must begin like N36W115 or S17W070")
	if len(name) < 7 || len(name) > 7 && name[7] != '.' && name[7] != '_' && name[7] != '-' {
		return 0, 0, bad
	}
	degrees := func(digits string) int {
		v, err := strconv.ParseUint(digits, 10, 16)
		if err != nil {
			return math.MaxInt16
		}
		return int(v)
	}
	lat, lon = degrees(name[1:3]), degrees(name[4:7])
	switch name[0] {
	case 'N', 'n':
	case 'S', 's':
		lat = -lat
	default:
		return 0, 0, bad
	}
	switch name[3] {
	case 'E', 'e':
	case 'W', 'w':
		lon = -lon
	default:
		return 0, 0, bad
	}
	if lat < -90 || lat > 89 || lon < -180 || lon > 179 {
		return 0, 0, bad
	}
	return lat, lon, nil
}

// unpack gives the one .hgt file of an archive. It takes memory for what is
// there and not for what the archive claims.
func unpack(r io.ReaderAt, size int64) (data []byte, name string, err error) {
	const most = 2 * 3601 * 3601
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, "", fmt.Errorf("reading the archive: %w", err)
	}
	for _, f := range z.File {
		if !strings.EqualFold(path.Ext(f.Name), ".hgt") || strings.HasPrefix(path.Base(f.Name), ".") {
			continue
		}
		if name != "" {
			return nil, "", fmt.Errorf("the archive holds %s and %s: unpack it and give the files", name, path.Base(f.Name))
		}
		name = path.Base(f.Name)
		part, err := f.Open()
		if err != nil {
			return nil, "", fmt.Errorf("unpacking %s: %w", name, err)
		}
		data, err = io.ReadAll(io.LimitReader(part, most+1))
		part.Close()
		if err != nil {
			return nil, "", fmt.Errorf("unpacking %s: %w", name, err)
		}
	}
	if name == "" {
		return nil, "", fmt.Errorf("the archive holds no .hgt file")
	}
	return data, name, nil
}

// Lattice implements terrain.Source.
func (f *File) Lattice() terrain.Lattice { return f.lattice }

// About implements terrain.Source.
func (f *File) About() terrain.About { return f.about }

// Read implements terrain.Source.
func (f *File) Read(dst []float32, w terrain.Window) error {
	buf := make([]byte, 2*f.lattice.Width)
	return f.lattice.Rows(dst, w, func(part []float32, x, y int) error {
		b := buf[:2*len(part)]
		if n, err := f.r.ReadAt(b, 2*(int64(y)*int64(f.lattice.Width)+int64(x))); n < len(b) {
			return fmt.Errorf("reading row %d of %s: %w", y, f.about.Name, err)
		}
		for i := range part {
			part[i] = float32(int16(binary.BigEndian.Uint16(b[2*i:])))
			if part[i] == void {
				part[i] = float32(math.NaN())
			}
		}
		return nil
	})
}
