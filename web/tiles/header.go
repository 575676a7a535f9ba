package tiles

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"regexp"
	"strings"
)

// The header of PMTiles version 3 (github.com/protomaps/PMTiles, spec/v3):
// 127 bytes, little-endian.
const (
	headerSize     = 127
	magic          = "PMTiles"
	atVersion      = 7
	atMetadata     = 24 // offset and length, u64
	atInternal     = 97 // compression of directories and metadata
	atTileType     = 99
	atMinZoom      = 100
	atMaxZoom      = 101
	atBounds       = 102 // west, south, east, north, i32 of 1e-7 degrees
	compressedNone = 1
	compressedGzip = 2
)

// Bounds of what is read: metadata of vector maps list every attribute.
const (
	maxMetadata = 4 << 20  // bytes in the file
	maxInflated = 16 << 20 // bytes after decompression
	maxLayers   = 200
	maxText     = 1000
	degreesUnit = 1e-7 // of the bounds
)

// read takes in what a file says of itself.
func read(r io.ReaderAt, size int64, m *Map) error {
	var h [headerSize]byte
	if _, err := r.ReadAt(h[:], 0); err != nil {
		return errors.New("the file is too short for a PMTiles archive: copy it again")
	}
	if string(h[:len(magic)]) != magic {
		return errors.New("this is no PMTiles archive: make one with 'pmtiles convert' or tippecanoe")
	}
	if v := h[atVersion]; v != 3 {
		return fmt.Errorf("PMTiles version %d is not understood: 'pmtiles upgrade' makes version 3", v)
	}
	m.MinZoom, m.MaxZoom = int(h[atMinZoom]), int(h[atMaxZoom])
	for i := range m.Bounds {
		m.Bounds[i] = float64(int32(binary.LittleEndian.Uint32(h[atBounds+4*i:]))) * degreesUnit //nolint:gosec // signed by the specification
	}
	if b := m.Bounds; m.MinZoom > m.MaxZoom || m.MaxZoom > 30 || b[1] > b[3] || b[1] < -90 || b[3] > 90 || b[0] < -180 || b[2] > 180 {
		return errors.New("zooms or bounds in the header make no sense: make the archive again")
	}
	offset, length := binary.LittleEndian.Uint64(h[atMetadata:]), binary.LittleEndian.Uint64(h[atMetadata+8:])
	if length > maxMetadata || offset > uint64(size) || offset+length > uint64(size) {
		return errors.New("the metadata lie outside the file: copy it again")
	}
	raw := make([]byte, length)
	if _, err := r.ReadAt(raw, int64(offset)); err != nil {
		return fmt.Errorf("read the metadata: %w", err)
	}
	if err := metadata(raw, h[atInternal], m); err != nil {
		return err
	}
	return m.setKind(h[atTileType])
}

type said struct {
	Name        string `json:"name"`
	Attribution string `json:"attribution"`
	Encoding    string `json:"encoding"`
	Layers      []struct {
		ID string `json:"id"`
	} `json:"vector_layers"`
}

func metadata(raw []byte, compression byte, m *Map) error {
	switch compression {
	case compressedNone:
	case compressedGzip:
		z, err := gzip.NewReader(bytes.NewReader(raw))
		if err != nil {
			return fmt.Errorf("the metadata are damaged (%w): copy the file again", err)
		}
		if raw, err = io.ReadAll(io.LimitReader(z, maxInflated)); err != nil {
			return fmt.Errorf("the metadata are damaged (%w): copy the file again", err)
		}
	default:
		return errors.New("its directories are compressed as browsers cannot read: make the archive again with gzip")
	}
	if len(raw) == 0 {
		return nil // no metadata
	}
	var s said
	if err := json.Unmarshal(raw, &s); err != nil {
		return fmt.Errorf("the metadata are no JSON (%w): make the archive again", err)
	}
	if n := plain(s.Name); n != "" {
		m.Name = n
	}
	m.Attribution, m.Encoding = plain(s.Attribution), s.Encoding
	for _, l := range s.Layers[:min(len(s.Layers), maxLayers)] {
		if l.ID != "" {
			m.Layers = append(m.Layers, l.ID)
		}
	}
	return nil
}

// setKind tells by the type of tile, and of heights by the metadata's
// "encoding" or the file's name: andes.terrarium.pmtiles,
// andes.terrain-rgb.pmtiles.
func (m *Map) setKind(tileType byte) error {
	const mvt, png, avif = 1, 2, 5
	encoding := m.Encoding
	m.Encoding = ""
	switch {
	case tileType == mvt:
		m.Kind = Vector
		return nil
	case tileType < png || tileType > avif:
		return errors.New("its tiles are of an unknown type: vector (MVT), PNG, JPEG, WebP and AVIF can be shown")
	}
	id := strings.ToLower(m.ID)
	switch {
	case encoding == "terrarium" || strings.HasSuffix(id, ".terrarium"):
		m.Kind, m.Encoding = Elevation, "terrarium"
	case encoding == "mapbox" || encoding == "terrain-rgb" || strings.HasSuffix(id, ".terrain-rgb"):
		m.Kind, m.Encoding = Elevation, "mapbox"
	default:
		m.Kind = Raster
	}
	return nil
}

//nolint:gochecknoglobals // compiled once
var markup = regexp.MustCompile(`<[^>]*>`)

// plain makes text of what is often HTML, as attributions are.
func plain(s string) string {
	s = strings.Join(strings.Fields(html.UnescapeString(markup.ReplaceAllString(s, " "))), " ")
	if r := []rune(s); len(r) > maxText {
		s = string(r[:maxText])
	}
	return s
}
