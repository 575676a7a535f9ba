// Command picture draws the exercise's relief, lit from the north-west:
//
//	go run ./exercise/relief/testdata/picture docs/img/relief-synthetic.png
package main

import (
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"os"

	"atalaya/exercise/relief"
	"atalaya/terrain"
)

const (
	every  = 6 // posts a pixel
	shades = 12
)

// tint is the colour of a height.
type tint struct{ metres, r, g, b float64 }

func tints() []tint {
	return []tint{
		{250, 60, 110, 70}, {900, 85, 130, 80}, {1500, 110, 150, 90}, {2200, 140, 160, 100}, {3000, 170, 170, 110},
		{3600, 195, 188, 135}, {3810, 205, 195, 145}, {4000, 200, 182, 130}, {4250, 190, 160, 110}, {4500, 175, 140, 98},
		{4800, 160, 125, 95}, {5100, 150, 120, 100}, {5400, 215, 212, 210}, {5800, 245, 245, 245},
	}
}

// letters of the label, five columns of seven pixels each, the top in the
// lowest bit.
func letters() map[rune][5]uint8 {
	return map[rune][5]uint8{
		'S': {0x26, 0x49, 0x49, 0x49, 0x32}, 'Y': {0x03, 0x04, 0x78, 0x04, 0x03}, 'N': {0x7f, 0x02, 0x0c, 0x10, 0x7f},
		'T': {0x01, 0x01, 0x7f, 0x01, 0x01}, 'H': {0x7f, 0x08, 0x08, 0x08, 0x7f}, 'E': {0x7f, 0x49, 0x49, 0x49, 0x41},
		'I': {0x00, 0x41, 0x7f, 0x41, 0x00}, 'C': {0x3e, 0x41, 0x41, 0x41, 0x22},
	}
}

func main() {
	if err := draw(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func draw(name string) error {
	g, err := relief.Make(relief.Config{Seed: 1})
	if err != nil {
		return err
	}
	const water, ink = 0, 1
	palette := color.Palette{color.RGBA{110, 150, 190, 255}, color.RGBA{150, 20, 20, 255}}
	for _, t := range tints() {
		for s := range shades {
			light := 0.35 + 0.75*float64(s)/(shades-1)
			c := func(v float64) uint8 { return uint8(min(v*light, 255)) }
			palette = append(palette, color.RGBA{c(t.r), c(t.g), c(t.b), 255})
		}
	}
	l := g.Lattice()
	picture := image.NewPaletted(image.Rect(0, 0, l.Width/every, l.Height/every), palette)
	mean := func(x, y int) (sum float64) {
		for j := range every {
			for i := range every {
				sum += float64(g.Z[min(max(y*every+j, 0), l.Height-1)*l.Width+min(max(x*every+i, 0), l.Width-1)])
			}
		}
		return sum / (every * every)
	}
	const metres, exaggeration = 90.0 * every, 2.0
	for y := range picture.Rect.Max.Y {
		for x := range picture.Rect.Max.X {
			z := mean(x, y)
			if z == relief.LakeLevel {
				picture.SetColorIndex(x, y, water)
				continue
			}
			sx := exaggeration * (mean(x+1, y) - mean(x-1, y)) / (2 * metres)
			sy := exaggeration * (mean(x, y+1) - mean(x, y-1)) / (2 * metres)
			light := (sx*0.5 + sy*0.5 + math.Sqrt2/2) / math.Sqrt(sx*sx+sy*sy+1)
			shade := int(math.Round(min(max(light, 0), 1) * (shades - 1)))
			step := 0
			for step+1 < len(tints()) && tints()[step+1].metres <= z {
				step++
			}
			picture.SetColorIndex(x, y, uint8(2+step*shades+shade))
		}
	}
	const size, left, top = 3, 12, 12
	for n, r := range terrain.Synthetic {
		for col, bits := range letters()[r] {
			for row := range 7 {
				if bits>>row&1 == 0 {
					continue
				}
				for k := range size * size {
					picture.SetColorIndex(left+(n*6+col)*size+k%size, top+row*size+k/size, ink)
				}
			}
		}
	}
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(f, picture); err != nil {
		return err
	}
	return f.Close()
}
