package database

import (
	"time"

	"atalaya/store"
)

// Records seals single things for a table: the class and the minute stand in
// clear, the rest does not.
type Records struct {
	Sealer store.Sealer
	Form   *store.Records
}

// Seal gives the minute and the sealed content of v.
func (r Records) Seal(class store.Class, at time.Time, v any) (minute int64, sealed []byte, err error) {
	packed, err := r.Form.Pack(v)
	if err != nil {
		return 0, nil, err
	}
	minute = Minute(at)
	sealed, err = r.Sealer.Seal(class, Day(minute), packed)
	return minute, sealed, err
}

// Open reads into v what Seal gave.
func (r Records) Open(class store.Class, minute int64, sealed []byte, v any) error {
	packed, err := r.Sealer.Open(class, Day(minute), sealed)
	if err != nil {
		return err
	}
	return r.Form.Unpack(packed, v)
}

// Minute is the time bucket that stands in clear: minutes since 1970 UTC.
func Minute(t time.Time) int64 { return FloorDiv(t.Unix(), 60) }

// Day gives a time on the day of a minute.
func Day(minute int64) time.Time { return time.Unix(minute*60, 0).UTC() }

// FloorDiv divides and rounds down.
func FloorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}
