package asset_test

import (
	"errors"
	"strings"
	"testing"

	"atalaya/asset"
	"atalaya/valid"
)

func drone() asset.Asset {
	return asset.Asset{
		ID: "d", Kind: asset.Drone, Valid: valid.Record{Number: 1},
		Aircraft: asset.Aircraft{Maker: "M", Model: "X", Supplier: "S", Payload: "cámara", Range: 40, Registration: "CP-1", Serial: "7"},
	}
}

// TestAircraft: a drone says what is published of it, and the refusal says
// which field is wrong.
func TestAircraft(t *testing.T) {
	t.Parallel()
	for name, tc := range map[string]struct {
		edit        func(*asset.Asset)
		field, says string
	}{
		"whole":                   {func(*asset.Asset) {}, "", ""},
		"without marks":           {func(a *asset.Asset) { a.Registration, a.Serial = "", "" }, "", ""},
		"nothing said":            {func(a *asset.Asset) { a.Aircraft = asset.Aircraft{} }, "maker", "add maker, model, supplier, payload, range_km"},
		"no payload":              {func(a *asset.Asset) { a.Payload = " " }, "payload", "add payload:"},
		"no range":                {func(a *asset.Asset) { a.Range = 0 }, "range_km", "add range_km"},
		"a range backwards":       {func(a *asset.Asset) { a.Range = -1 }, "range_km", "more than 0"},
		"a range round the earth": {func(a *asset.Asset) { a.Range = 20_001 }, "range_km", "20000"},
		"two lines":               {func(a *asset.Asset) { a.Maker = "a\nb" }, "maker", "one line"},
		"a long serial":           {func(a *asset.Asset) { a.Serial = strings.Repeat("x", 201) }, "serial", "200"},
		"an exercise's says less": {func(a *asset.Asset) { a.Exercise, a.Aircraft = true, asset.Aircraft{} }, "", ""},
		"an exercise's is wrong":  {func(a *asset.Asset) { a.Exercise, a.Range = true, -1 }, "range_km", "more than 0"},
		"a boat's":                {func(a *asset.Asset) { a.Kind = asset.Boat }, "kind", "they are a drone's"},
		"a boat":                  {func(a *asset.Asset) { a.Kind, a.Aircraft = asset.Boat, asset.Aircraft{} }, "", ""},
	} {
		a := drone()
		tc.edit(&a)
		err := a.Check()
		if tc.field == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if f, ok := errors.AsType[*valid.FieldError](err); !ok || f.Field != tc.field || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s: %v; want field %s: %s", name, err, tc.field, tc.says)
		}
	}
}
