package asterix

import (
	"fmt"

	"atalaya/codec/asterix/item"
	"atalaya/codec/asterix/spec"
)

// Fields are named values: the items of a record, or the parts of an item.
type Fields = item.Fields

// Encode makes one record of an edition from the values of its items, in the
// form in which AppendJSON writes them: what the decoder gives of a record
// without spare bits set makes the same octets again. Numbers may be of any
// type and stand in the unit of the item; {"value": v} stands for v, and
// {"raw": hex} for the bits themselves. Parts of a group that are not given
// are zero, and an extended item ends with the last part given.
func Encode(ed *spec.Edition, items Fields) ([]byte, error) { return item.Encode(ed, items) }

// AppendBlock appends a data block of records, each as Encode or a report's
// Append gives it.
func AppendBlock(dst []byte, category uint8, records ...[]byte) ([]byte, error) {
	size := headerSize
	for _, r := range records {
		size += len(r)
	}
	if size > maxBlock {
		return nil, fmt.Errorf("a data block of %d octets; it can have %d", size, maxBlock)
	}
	dst = append(dst, category, byte(size>>8), byte(size))
	for _, r := range records {
		dst = append(dst, r...)
	}
	return dst, nil
}
