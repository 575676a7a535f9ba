package terrain_test

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"atalaya/geo/projection"
	"atalaya/terrain"
)

// A window that reaches over the edges has NaN there and heights within.
func TestReadWindows(t *testing.T) {
	lattice := terrain.Lattice{Projection: projection.Geographic{}, X0: -69, Y0: -16, DX: 1, DY: 1, Width: 3, Height: 2}
	grid, err := terrain.NewGrid(lattice, terrain.About{Name: "six posts"}, []float32{0, 1, 2, 10, 11, 12})
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		w    terrain.Window
		want string
	}{
		{terrain.Window{X: 0, Y: 0, Width: 3, Height: 2}, "[0 1 2 10 11 12]"},
		{terrain.Window{X: 1, Y: 1, Width: 1, Height: 1}, "[11]"},
		{terrain.Window{X: -1, Y: -1, Width: 3, Height: 2}, "[NaN NaN NaN NaN 0 1]"},
		{terrain.Window{X: 2, Y: 1, Width: 2, Height: 2}, "[12 NaN NaN NaN]"},
		{terrain.Window{X: -1, Y: 1, Width: 5, Height: 1}, "[NaN 10 11 12 NaN]"},
		{terrain.Window{X: 5, Y: 0, Width: 2, Height: 1}, "[NaN NaN]"},
		{terrain.Window{X: 0, Y: -7, Width: 1, Height: 2}, "[NaN NaN]"},
	} {
		got := slices.Repeat([]float32{math.MaxFloat32}, c.w.Width*c.w.Height)
		if err := grid.Read(got, c.w); err != nil || fmt.Sprint(got) != c.want {
			t.Errorf("%v: %v, %v; want %s", c.w, got, err, c.want)
		}
	}
}
