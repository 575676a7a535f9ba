package main

import (
	"net/http"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"atalaya/internal/running"
)

// TestElevationIsTakenUp: what another program imports, or removes, counts while
// this one runs: for screens, and for where sensors see.
func TestElevationIsTakenUp(t *testing.T) {
	p := running.Start(t, running.Options{Args: []string{"--exercise", "--boats", "4", "--port", strconv.Itoa(running.Ports(t, 7))}})
	p.Enrol(t, "Ana Quispe")
	file := filepath.Join(t.TempDir(), "lake.tif")
	writeLake(t, file)
	regard := func() (state, dataset string) {
		var r struct {
			State     string
			Elevation struct {
				Elevation struct{ Name string } `json:"elevation"`
			}
		}
		p.Must(t, http.MethodGet, "/api/sensors/radar-1/regard", nil, &r)
		return r.State, r.Elevation.Elevation.Name
	}
	models := func() string {
		var m struct{ Models []struct{ Name string } }
		p.Must(t, http.MethodGet, "/api/elevation", nil, &m)
		var names []string
		for _, x := range m.Models {
			names = append(names, x.Name)
		}
		return strings.Join(names, " ")
	}
	if state, _ := regard(); state != "none" || models() != "" {
		t.Fatalf("without elevation the radar's field is %q, and models %q", state, models())
	}
	said(t, 0, "terrain", "import", "--exercise", "--data", p.Dir, "--name", "lake", file)
	until(t, p, "the field of regard over what was imported", time.Minute, func() bool {
		state, over := regard()
		return state == "made" && over == "lake" && models() == "lake"
	})
	said(t, 0, "terrain", "remove", "--exercise", "--data", p.Dir, "lake")
	until(t, p, "no field without it", time.Minute, func() bool {
		state, _ := regard()
		return state == "none" && models() == ""
	})
}
