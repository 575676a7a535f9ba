package registry

import (
	"strconv"
	"time"

	"atalaya/asset"
	"atalaya/desk"
)

// Aircraft gives what the record of a change of an asset says of a drone: most
// of it is published (docs/ledger-format.md). What was a drone and is none any
// more has ended as one. before is nil for what is new.
func Aircraft(before, now *asset.Asset) []desk.Field {
	stamp := func(t time.Time) string { return t.UTC().Format(time.RFC3339) }
	if now.Kind != asset.Drone {
		if before == nil || before.Kind != asset.Drone {
			return nil
		}
		return []desk.Field{{Name: "aircraft", Value: string(now.ID)}, {Name: "until", Value: stamp(now.Valid.From)}}
	}
	reach := ""
	if now.Range > 0 {
		reach = strconv.FormatFloat(now.Range, 'f', -1, 64)
	}
	until := ""
	if !now.Valid.Until.IsZero() {
		until = stamp(now.Valid.Until)
	}
	var out []desk.Field
	for _, f := range []desk.Field{
		{Name: "aircraft", Value: string(now.ID)},
		{Name: "maker", Value: now.Maker},
		{Name: "model", Value: now.Model},
		{Name: "supplier", Value: now.Supplier},
		{Name: "payload", Value: now.Payload},
		{Name: "range", Value: reach},
		{Name: "from", Value: stamp(now.Valid.From)},
		{Name: "until", Value: until},
		{Name: "registration", Value: now.Registration},
		{Name: "serial", Value: now.Serial},
	} {
		if f.Value != "" {
			out = append(out, f)
		}
	}
	return out
}
