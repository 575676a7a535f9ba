package asterix

import (
	"strconv"
	"time"

	"atalaya/codec/asterix/item"
)

// MarshalJSON writes the record as the package comment describes.
func (m Message) MarshalJSON() ([]byte, error) { return m.AppendJSON(nil), nil }

// AppendJSON appends the record as the package comment describes.
func (m *Message) AppendJSON(dst []byte) []byte {
	dst = append(dst, `{"category":`...)
	dst = strconv.AppendUint(dst, uint64(m.Category), 10)
	dst = append(dst, `,"edition":"`...)
	dst = append(dst, m.Edition.Number...)
	dst = append(dst, '"')
	if m.HasSource {
		dst = append(dst, `,"sac":`...)
		dst = strconv.AppendUint(dst, uint64(m.Source.SAC), 10)
		dst = append(dst, `,"sic":`...)
		dst = strconv.AppendUint(dst, uint64(m.Source.SIC), 10)
	}
	if !m.Received.IsZero() {
		dst = append(dst, `,"received":"`...)
		dst = m.Received.UTC().AppendFormat(dst, time.RFC3339Nano)
		dst = append(dst, '"')
	}
	dst = append(dst, `,"items":{`...)
	first := true
	for n, b := range m.Items() {
		dst = item.AppendName(dst, n.Name, &first)
		dst = item.AppendJSON(dst, n, b)
	}
	dst = append(dst, `},"raw":"`...)
	dst = item.AppendHex(dst, m.Raw)
	return append(dst, `"}`...)
}
