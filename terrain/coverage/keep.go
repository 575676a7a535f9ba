package coverage

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"

	"atalaya/terrain"
)

// version of what units keep: another one makes all units anew.
const version = "coverage 1"

// describe writes down what the keys of all units have in common.
func (m *maker) describe() []byte {
	h := sha256.New()
	fmt.Fprintln(h, version, m.c.Area.lattice, m.c.Exact, m.c.Floor)
	for _, z := range m.heights {
		fmt.Fprintln(h, z)
	}
	var b [24]byte
	for _, block := range m.c.Area.Blocks {
		binary.LittleEndian.PutUint64(b[:], uint64(block.X))
		binary.LittleEndian.PutUint64(b[8:], uint64(block.Y))
		binary.LittleEndian.PutUint64(b[16:], block.Cells)
		h.Write(b[:])
	}
	return h.Sum(nil)
}

// key names a unit by all on which its result depends.
func (m *maker) key(s *Sensor) (string, error) {
	h := sha256.New()
	h.Write(m.common)
	told := *s
	told.ID, told.Detection = "", nil // do not change what is seen
	text, err := json.Marshal(told)
	if err != nil {
		return "", fmt.Errorf("sensor %s: %w", s.ID, err)
	}
	h.Write(text)
	g, err := terrain.Load(m.c.Area.source, m.c.Area.lattice.Around(s.Observer.At, s.Radius))
	if err != nil {
		return "", fmt.Errorf("sensor %s: %w", s.ID, err)
	}
	b := make([]byte, 0, 4096)
	for i, z := range g.Z {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(z))
		if len(b) == cap(b) || i == len(g.Z)-1 {
			h.Write(b)
			b = b[:0]
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// A unit is kept as the number of blocks and then the blocks of each set, the
// same of the floor, and the SHA-256 of all that.

func (u *unit) encode() []byte {
	var b []byte
	for _, s := range u.sets {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(s.Index)))
		for i, block := range s.Index {
			b = binary.LittleEndian.AppendUint32(b, block)
			b = binary.LittleEndian.AppendUint64(b, s.Cells[i])
		}
	}
	b = binary.LittleEndian.AppendUint32(b, uint32(len(u.floor.Index)))
	for i, block := range u.floor.Index {
		b = binary.LittleEndian.AppendUint32(b, block)
		for _, z := range u.floor.Z[i] {
			b = binary.LittleEndian.AppendUint32(b, math.Float32bits(z))
		}
	}
	sum := sha256.Sum256(b)
	return append(b, sum[:]...)
}

// decode reads what encode wrote; ok is false where it is damaged, so that the
// unit is made anew.
func (m *maker) decode(b []byte) (u *unit, ok bool) {
	n := len(b) - sha256.Size
	if n < 0 || sha256.Sum256(b[:n]) != [sha256.Size]byte(b[n:]) {
		return nil, false
	}
	b = b[:n]
	count := func(size int) int {
		if len(b) < 4 {
			return -1
		}
		n := int(binary.LittleEndian.Uint32(b))
		b = b[4:]
		if n > len(b)/size {
			return -1
		}
		return n
	}
	blocks := uint32(len(m.c.Area.Blocks))
	u = &unit{sets: make([]Set, len(m.heights))}
	for i := range u.sets {
		n := count(12)
		if n < 0 {
			return nil, false
		}
		for ; n > 0; n-- {
			block := binary.LittleEndian.Uint32(b)
			if block >= blocks {
				return nil, false
			}
			u.sets[i].add(int(block), binary.LittleEndian.Uint64(b[4:]))
			b = b[12:]
		}
	}
	n = count(4 + 4*side*side)
	for ; n > 0; n-- {
		block := binary.LittleEndian.Uint32(b)
		if block >= blocks {
			return nil, false
		}
		var z [side * side]float32
		for j := range z {
			z[j] = math.Float32frombits(binary.LittleEndian.Uint32(b[4+4*j:]))
		}
		u.floor.Index, u.floor.Z = append(u.floor.Index, block), append(u.floor.Z, z)
		b = b[4+4*side*side:]
	}
	return u, n == 0 && len(b) == 0
}
