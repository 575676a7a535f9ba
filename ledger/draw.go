package ledger

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
)

// SeedSize is the size of an audit draw's seed.
const SeedSize = 32

// DrawCommitment is what the ledger has of a draw's seed until it is revealed.
func DrawCommitment(seed []byte) string {
	sum := sha256.Sum256(append([]byte("atalaya.draw.v1\n"), seed...))
	return hex.EncodeToString(sum[:])
}

// Draw selects k of the entries from first to size-1, in their order: by the
// overseer's seed, which the operator did not know when the log had size
// entries, and by the root of these, which the overseer did not know when they
// committed to the seed.
func Draw(seed []byte, root Hash, first, size uint64, k int) []uint64 {
	if first >= size || k <= 0 {
		return nil
	}
	of := size - first
	out := make([]uint64, 0, min(uint64(k), of)) //nolint:gosec // above 0
	if uint64(k) >= of {                         //nolint:gosec // above 0
		for i := first; i < size; i++ {
			out = append(out, i)
		}
		return out
	}
	// Numbers from limit on would make the first entries likelier than the rest.
	limit := -(-of % of) // 2^64 - (2^64 mod of); 0 where of divides it
	seen := map[uint64]bool{}
	text := slices.Concat([]byte("atalaya.select.v1\n"), seed, root[:])
	for j := uint64(0); len(out) < k; j++ {
		sum := sha256.Sum256(binary.BigEndian.AppendUint64(slices.Clip(text), j))
		x := binary.BigEndian.Uint64(sum[:])
		if i := first + x%of; (limit == 0 || x < limit) && !seen[i] {
			seen[i] = true
			out = append(out, i)
		}
	}
	slices.Sort(out)
	return out
}
