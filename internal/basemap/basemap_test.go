package basemap_test

import (
	"encoding/json"
	"io/fs"
	"testing"

	"atalaya/internal/basemap"
)

type collection struct {
	Features []struct {
		Properties map[string]any
		Geometry   struct {
			Type        string
			Coordinates json.RawMessage
		}
	}
}

func read(t *testing.T, name string) collection {
	t.Helper()
	files, err := basemap.FS()
	if err != nil {
		t.Fatal(err)
	}
	text, err := fs.ReadFile(files, name)
	if err != nil {
		t.Fatal(err)
	}
	var c collection
	if err := json.Unmarshal(text, &c); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return c
}

func TestFiles(t *testing.T) {
	for name, least := range map[string]int{
		"titicaca.geojson": 7, "borders.geojson": 10, "water.geojson": 10, "rivers.geojson": 50, "world.geojson": 100, "towns.geojson": 500,
	} {
		if n := len(read(t, name).Features); n < least {
			t.Errorf("%s has %d features, want %d or more", name, n, least)
		}
	}
}

// The exercise and the DEMONSTRATION border rest on these two.
func TestLakeAndBorder(t *testing.T) {
	lake := read(t, "titicaca.geojson").Features[0]
	var rings [][][2]float64
	if err := json.Unmarshal(lake.Geometry.Coordinates, &rings); err != nil {
		t.Fatal(err)
	}
	if lake.Properties["kind"] != "lake" || len(rings) != 7 {
		t.Errorf("the first feature is %v with %d rings, want the lake and six islands", lake.Properties["kind"], len(rings))
	}
	inside := 0
	for _, f := range read(t, "borders.geojson").Features {
		if f.Properties["name"] != "BOL-PER" {
			continue
		}
		if f.Properties["left"] != "BOL" || f.Properties["right"] != "PER" || f.Properties["demonstration"] != true {
			t.Errorf("properties %v", f.Properties)
		}
		var line [][2]float64
		if err := json.Unmarshal(f.Geometry.Coordinates, &line); err != nil {
			t.Fatal(err)
		}
		for _, p := range line {
			if within(p, rings[0]) {
				inside++
			}
		}
	}
	if inside < 50 {
		t.Errorf("the border has %d points inside the lake", inside)
	}
}

func within(p [2]float64, ring [][2]float64) bool {
	in := false
	for i := 1; i < len(ring); i++ {
		a, b := ring[i-1], ring[i]
		if (a[1] > p[1]) != (b[1] > p[1]) && p[0] < a[0]+(p[1]-a[1])/(b[1]-a[1])*(b[0]-a[0]) {
			in = !in
		}
	}
	return in
}
