package main

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

type box struct{ West, East, South, North float64 }

func (b box) holds(p point) bool {
	return p.lon >= b.West && p.lon <= b.East && p.lat >= b.South && p.lat <= b.North
}

func (b box) arg() string {
	return fmt.Sprintf("-R%g/%g/%g/%g", b.West, b.East, b.South, b.North)
}

// point is in degrees.
type point struct{ lon, lat float64 }

type line []point

// piece is what gmt prints as one segment: a part of a line inside one bin,
// or a closed ring that fits in a bin.
type piece struct {
	level int
	line  line
}

// pscoast dumps what would be drawn. resolution is one of GMT's letters.
func pscoast(b box, resolution string, what ...string) ([]piece, error) {
	return gmt(append([]string{"pscoast", b.arg(), "-D" + resolution, "-M"}, what...)...)
}

func gmt(args ...string) ([]piece, error) {
	scratch, err := os.MkdirTemp("", "basemap") // gmt leaves its history there
	if err != nil {
		return nil, err
	}
	defer func() { _ = os.RemoveAll(scratch) }()
	cmd := exec.Command("gmt", args...)
	cmd.Dir = scratch
	var text, trouble bytes.Buffer
	cmd.Stdout, cmd.Stderr = &text, &trouble
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("gmt %s: %w: %s", strings.Join(args, " "), err, bytes.TrimSpace(trouble.Bytes()))
	}
	var ps []piece
	lines := bufio.NewScanner(&text)
	for lines.Scan() {
		s := lines.Text()
		switch {
		case s == "" || s[0] == '#':
		case s[0] == '>':
			p := piece{}
			if _, after, ok := strings.Cut(s, "Level "); ok {
				n, err := strconv.Atoi(strings.TrimSpace(after))
				if err != nil {
					return nil, fmt.Errorf("gmt wrote %q: %w", s, err)
				}
				p.level = n
			}
			ps = append(ps, p)
		default:
			var p point
			if _, err := fmt.Sscan(s, &p.lon, &p.lat); err != nil {
				return nil, fmt.Errorf("gmt wrote %q: %w", s, err)
			}
			if len(ps) == 0 {
				return nil, fmt.Errorf("gmt wrote %q before the first segment", s)
			}
			if p.lon > 180 {
				p.lon -= 360
			}
			last := &ps[len(ps)-1]
			last.line = append(last.line, p)
		}
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if len(ps) == 0 {
		return nil, errors.New("gmt wrote nothing: is gmt-gshhg-full installed?")
	}
	return ps, nil
}

type chain struct {
	level  int
	closed bool
	line   line
}

// shores gives the shores with an area of at least minKm2, stitched.
// Levels: 1 land in the sea, 2 lake in land, 3 island in a lake.
func shores(b box, resolution string, minKm2 int) ([]chain, error) {
	ps, err := pscoast(b, resolution, "-W1", "-W2", "-W3", fmt.Sprintf("-A%d/0/3", minKm2))
	if err != nil {
		return nil, err
	}
	var cs []chain
	for level := 1; level <= 3; level++ {
		var of []piece
		for _, p := range ps {
			if p.level == level {
				of = append(of, p)
			}
		}
		for _, c := range stitch(of) {
			c.level = level
			cs = append(cs, c)
		}
	}
	return cs, nil
}
