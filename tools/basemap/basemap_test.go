package main

import (
	"math"
	"reflect"
	"testing"
)

func TestStitch(t *testing.T) {
	a, b, c, d, e := point{0, 0}, point{1, 0}, point{1, 1}, point{0, 1}, point{2, 0}
	near := point{1.00001, 0} // the other bin's rounding
	tests := map[string]struct {
		in   []piece
		want []chain
	}{
		"ring of three, one backwards": {
			[]piece{{line: line{a, b}}, {line: line{d, c, near}}, {line: line{d, a}}},
			[]chain{{closed: true, line: line{a, b, c, d, a}}},
		},
		"open":               {[]piece{{line: line{b, c}}, {line: line{a, b}}}, []chain{{line: line{a, b, c}}}},
		"piece of no length": {[]piece{{line: line{a, b}}, {line: line{b, b}}, {line: line{b, c}}}, []chain{{line: line{a, b, c}}}},
		"three meet": {
			[]piece{{line: line{a, b}}, {line: line{b, c}}, {line: line{b, e}}},
			[]chain{{line: line{a, b}}, {line: line{b, c}}, {line: line{b, e}}},
		},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := stitch(tt.in); !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %v, want %v", got, tt.want)
			}
		})
	}
}

func TestSplitAtEnds(t *testing.T) {
	long := chain{line: line{{0, 0}, {1, 0}, {2, 0}}}
	third := chain{line: line{{1.001, 0.001}, {1, 1}}}
	got := splitAtEnds([]chain{long, third})
	want := []chain{{line: line{{0, 0}, {1, 0}}}, {line: line{{1, 0}, {2, 0}}}, {line: line{{1, 0}, {1, 1}}}}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

// A degree at the equator and the whole ellipsoid (Moritz 2000: 510,065,621.724 km2).
func TestArea(t *testing.T) {
	var south, north line
	for lon := -180; lon <= 180; lon++ {
		south = append(south, point{float64(lon), -90})
		north = append(north, point{float64(-lon), 90})
	}
	if got := area(append(south, north...)) / 1e6; math.Abs(got-510_065_621.724) > 1 {
		t.Errorf("the ellipsoid has %v km2", got)
	}
	if got := length(line{{0, -0.5}, {0, 0.5}}); math.Abs(got-110_574.4) > 1 {
		t.Errorf("a degree of latitude at the equator is %v m", got)
	}
}

func TestSimplify(t *testing.T) {
	l := line{{0, 0}, {0.5, 0.0001}, {1, 0}, {1, 1}}
	if got, want := simplify(l, 50), (line{{0, 0}, {1, 0}, {1, 1}}); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := simplify(l, 5); !reflect.DeepEqual(got, l) {
		t.Errorf("got %v, want %v", got, l)
	}
}
