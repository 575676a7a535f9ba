package main

import (
	"strings"
	"testing"

	"atalaya/internal/running"
)

// TestChangedSeedsAreTold changes the configuration of a store that has
// content: its own records hold, and the log says which of the configured ones
// do not.
func TestChangedSeedsAreTold(t *testing.T) {
	t.Parallel()
	const conf = `
[[sensor]]
id = "ais-1"
name = "Receiver"
kind = "ais-receiver"
lat = -16.2
lon = -69.0
position_sd_m = %
`
	const told = "the configuration differs from the store"
	dir := t.TempDir()
	for i, sd := range []string{"10", "10", "20"} {
		p := running.Start(t, running.Options{Dir: dir, Config: strings.Replace(conf, "%", sd, 1)})
		if got, want := strings.Contains(p.Log(), told) && strings.Contains(p.Log(), "sensor ais-1"), i == 2; got != want {
			t.Errorf("start %d: told: %v\n%s", i+1, got, p.Log())
		}
		if err := p.Stop(t); err != nil {
			t.Fatal(err)
		}
	}
}
