package main

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"atalaya/internal/running"
)

// TestSeededDroneIsPublished: a real drone that the configuration seeds stands
// in the public export; and the live program invites no instructor.
func TestSeededDroneIsPublished(t *testing.T) {
	t.Parallel()
	o := &offline{t, t.TempDir()}
	p := running.Start(t, running.Options{Dir: o.dir, Config: `
[[asset]]
id = "dron-1"
name = "Dron 1"
kind = "drone"
maker = "Talleres del Lago"
model = "TL-2"
supplier = "Ministerio"
payload = "camara"
range_km = 40
serial = "TL2-0007"
`})
	if err := p.Stop(t); err != nil {
		t.Fatal(err)
	}
	dir, _ := o.export()
	open, err := os.ReadFile(filepath.Join(dir, "openings.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	for value, want := range map[string]bool{"dron-1": true, "Talleres del Lago": true, "TL-2": true, "Ministerio": true, "camara": true, "40": true, "TL2-0007": false} {
		if strings.Contains(string(open), `"`+base64.StdEncoding.EncodeToString([]byte(value))+`"`) != want {
			t.Errorf("%q is published: %v", value, !want)
		}
	}
	until := time.Now().Add(24 * time.Hour).UTC().Format(time.RFC3339)
	if out := o.command(1, "user", "invite", "--instructor", "ARG", "--until", until); !strings.Contains(out, "in an exercise only") {
		t.Error(out)
	}
}
