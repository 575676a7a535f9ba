package rgbtile_test

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"atalaya/geo"
	"atalaya/internal/peer"
	"atalaya/terrain"
	"atalaya/terrain/format/rgbtile"
)

var encodings = []rgbtile.Encoding{rgbtile.Mapbox, rgbtile.Terrarium}

// bands asks GDAL for the three channels of a picture.
func bands(t *testing.T, file string) [3][]byte {
	t.Helper()
	raw := filepath.Join(t.TempDir(), "raw")
	cmd := exec.CommandContext(t.Context(), peer.Command(t, "gdal_translate"), "-q", "-of", "ENVI", "-co", "INTERLEAVE=BSQ", "-b", "1", "-b", "2", "-b", "3", file, raw)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("gdal_translate: %v\n%s", err, out)
	}
	data, err := os.ReadFile(raw)
	if err != nil {
		t.Fatal(err)
	}
	n := len(data) / 3
	return [3][]byte{data[:n], data[n : 2*n], data[2*n:]}
}

// formula is what the makers of the two encodings publish.
func formula(e rgbtile.Encoding, r, g, b byte) float64 {
	if e == rgbtile.Terrarium {
		return float64(r)*256 + float64(g) + float64(b)/256 - 32768
	}
	return -10000 + (float64(r)*256*256+float64(g)*256+float64(b))*0.1
}

// random is a tile with every kind of height, and voids.
func random(side int) []float32 {
	r := rand.New(rand.NewPCG(uint64(side), 1))
	z := make([]float32, side*side)
	for i := range z {
		z[i] = float32(r.Float64()*20000 - 9999)
	}
	z[3], z[4], z[5] = float32(math.NaN()), 0, -0.04
	return z
}

// What we write is what GDAL reads, within half a step, and what we read of
// colours that somebody else chose is what the formulas say.
func TestAgainstGDAL(t *testing.T) {
	for _, e := range encodings {
		step := map[rgbtile.Encoding]float64{rgbtile.Mapbox: 0.1, rgbtile.Terrarium: 1.0 / 256}[e]
		for _, side := range []int{256, 512} {
			z := random(side)
			file := filepath.Join(t.TempDir(), "tile.png")
			var out bytes.Buffer
			if err := rgbtile.Encode(&out, e, side, z); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(file, out.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
			back, n, err := rgbtile.Decode(&out, e)
			if err != nil || n != side {
				t.Fatal(n, err)
			}
			b := bands(t, file)
			for i, h := range z {
				gdal := formula(e, b[0][i], b[1][i], b[2][i])
				if h != h {
					if back[i] == back[i] || b[0][i] != 0 || b[1][i] != 0 || b[2][i] != 0 {
						t.Fatalf("%s: the void is %v", e, back[i])
					}
					continue
				}
				if math.Abs(gdal-float64(h)) > step/2+1e-6 || math.Abs(gdal-float64(back[i])) > 1e-3 {
					t.Fatalf("%s: %v m is written as %v m and read as %v m", e, h, gdal, back[i])
				}
			}
		}
	}
}

// The same colours in other kinds of PNG.
func TestKindsOfPNG(t *testing.T) {
	palette := color.Palette{color.NRGBA{R: 1, G: 134, B: 160, A: 255}, color.NRGBA{R: 2, G: 18, B: 172, A: 255}, color.NRGBA{R: 9, G: 9, B: 9}}
	paletted := image.NewPaletted(image.Rect(0, 0, 256, 256), palette)
	transparent := image.NewNRGBA(image.Rect(0, 0, 256, 256))
	for i := range paletted.Pix {
		paletted.Pix[i] = byte(i % 3)
		transparent.Set(i%256, i/256, palette[i%3])
	}
	transparent.Set(255, 255, color.NRGBA{R: 1, G: 134, B: 170, A: 7}) // hardly seen and yet a height
	grey := image.NewGray(image.Rect(0, 0, 256, 256))
	for i := range grey.Pix {
		grey.Pix[i] = 2
	}
	for _, c := range []struct {
		picture image.Image
		want    string
	}{
		{paletted, "[0 3585.2 NaN] 0"},
		{transparent, "[0 3585.2 NaN] 1"},
		{grey, "[3158.6 3158.6 3158.6] 3158.6"},
	} {
		var out bytes.Buffer
		if err := png.Encode(&out, c.picture); err != nil {
			t.Fatal(err)
		}
		z, _, err := rgbtile.Decode(&out, rgbtile.Mapbox)
		if err != nil {
			t.Fatal(err)
		}
		if got := fmt.Sprint(z[:3], z[len(z)-1]); got != c.want {
			t.Errorf("%T: %s, want %s", c.picture, got, c.want)
		}
	}
}

func TestExtremes(t *testing.T) {
	z := make([]float32, 256*256)
	copy(z, []float32{-20000, -10000, 1e9, float32(math.Inf(1)), float32(math.Inf(-1)), 6088, -9999.9})
	for e, want := range map[rgbtile.Encoding]string{
		rgbtile.Mapbox:    "[-9999.9 -9999.9 1.6677215e+06 1.6677215e+06 -9999.9 6088 -9999.9]",
		rgbtile.Terrarium: "[-20000 -10000 32767.996 32767.996 -32767.996 6088 -9999.898]",
	} {
		var out bytes.Buffer
		if err := rgbtile.Encode(&out, e, 256, z); err != nil {
			t.Fatal(err)
		}
		back, _, err := rgbtile.Decode(&out, e)
		if got := fmt.Sprint(back[:7]); err != nil || got != want {
			t.Errorf("%s: %s, %v; want %s", e, got, err, want)
		}
	}
	if err := rgbtile.Encode(&bytes.Buffer{}, rgbtile.Mapbox, 300, make([]float32, 300*300)); err == nil {
		t.Error("a tile of 300 pixels")
	}
	if err := rgbtile.Encode(&bytes.Buffer{}, rgbtile.Mapbox, 256, z[1:]); err == nil {
		t.Error("a tile with a height too few")
	}
	if err := rgbtile.Encode(&bytes.Buffer{}, "other", 256, z); err == nil {
		t.Error("an encoding that nobody knows")
	}
}

func tile(t testing.TB, e rgbtile.Encoding, side int) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := rgbtile.Encode(&out, e, side, random(side)); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// A tile's corners are where the scheme puts them (OpenStreetMap's formulas).
func TestWhereTilesLie(t *testing.T) {
	for _, c := range []struct {
		name    string
		side    int
		z, x, y int
		about   string
	}{
		{"tiles/terrarium/12/1263/2232.png", 256, 12, 1263, 2232, "terrarium/12/1263/2232"},
		{"mapbox.terrain-rgb/12/1263/2232@2x.pngraw", 512, 12, 1263, 2232, "mapbox/12/1263/2232"},
		{"Terrain_RGB/0/0/0.png", 256, 0, 0, 0, "mapbox/0/0/0"},
		{"terrarium/28/268435455/268435455.png", 256, 28, 268435455, 268435455, "terrarium/28/268435455/268435455"},
	} {
		data := tile(t, rgbtile.Terrarium, c.side)
		g, err := rgbtile.Open(bytes.NewReader(data), int64(len(data)), c.name)
		if err != nil {
			t.Fatal(err)
		}
		if a := g.About(); a.Name != c.about || a.Datum != terrain.Unstated {
			t.Errorf("%s: %q, %q", c.name, a.Name, a.Datum)
		}
		n := math.Exp2(float64(c.z))
		corner := func(x, y float64) geo.Position {
			return geo.Position{
				Lat: math.Atan(math.Sinh(math.Pi*(1-2*y/n))) * 180 / math.Pi,
				Lon: geo.WrapLongitude(x/n*360 - 180),
			}
		}
		l, s := g.Lattice(), float64(c.side)
		for _, at := range [][2]float64{{0, 0}, {1, 0}, {0, 1}, {1, 1}, {0.25, 0.75}} {
			got := l.Position(at[0]*s-0.5, at[1]*s-0.5)
			want := corner(float64(c.x)+at[0], float64(c.y)+at[1])
			if d := geo.Distance(got, want); !(d < 1e-6) {
				t.Errorf("%s: %v at %v, %v m from %v", c.name, at, got, d, want)
			}
		}
	}
}

func TestRefusals(t *testing.T) {
	good := tile(t, rgbtile.Mapbox, 256)
	picture := func(m image.Image) []byte {
		var out bytes.Buffer
		if err := png.Encode(&out, m); err != nil {
			t.Fatal(err)
		}
		return out.Bytes()
	}
	huge := append([]byte{}, picture(image.NewNRGBA(image.Rect(0, 0, 1, 1)))...)
	copy(huge[16:], []byte{0x7f, 0xff, 0xff, 0xff, 0x7f, 0xff, 0xff, 0xff})
	for _, c := range []struct {
		name string
		data []byte
		want string
	}{
		{"12/1263/2232.png", good, "folder called terrarium or terrain-rgb"},
		{"2232.png", good, "must end in z/x/y.png"},
		{"terrarium/12/1263/tile.png", good, "must end in z/x/y.png"},
		{"terrarium/12/4096/0.png", good, "below 2^z"},
		{"terrarium/29/0/0.png", good, "z up to 28"},
		{"terrarium/12/-1/0.png", good, "must end in z/x/y.png"},
		{"terrarium/12/1263/2232.png", nil, "no PNG"},
		{"terrarium/12/1263/2232.webp", []byte("RIFF....WEBP"), "no PNG"},
		{"terrarium/12/1263/2232.png", good[:len(good)/2], "reading the PNG"},
		{"terrarium/12/1263/2232.png", huge, "no PNG"},
		{"terrarium/12/1263/2232.png", picture(image.NewNRGBA(image.Rect(0, 0, 256, 255))), "256 x 255 pixels"},
		{"terrarium/12/1263/2232.png", picture(image.NewGray(image.Rect(0, 0, 4096, 4096))), "4096 x 4096 pixels"},
		{"terrarium/12/1263/2232.png", picture(image.NewGray16(image.Rect(0, 0, 256, 256))), "16 bits"},
	} {
		_, err := rgbtile.Open(bytes.NewReader(c.data), int64(len(c.data)), c.name)
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v, want %q", c.name, err, c.want)
		}
	}
}

func FuzzOpen(f *testing.F) {
	z := make([]float32, 256*256)
	var flat bytes.Buffer
	if err := rgbtile.Encode(&flat, rgbtile.Terrarium, 256, z); err != nil {
		f.Fatal(err)
	}
	f.Add("terrarium/0/0/0.png", flat.Bytes())
	f.Add("mapbox/12/1263/2232@2x.png", flat.Bytes()[:99])
	f.Add("a/terrain-rgb/28/1/2.png", []byte("\x89PNG\r\n\x1a\n"))
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		g, err := rgbtile.Open(bytes.NewReader(data), int64(len(data)), name)
		if err != nil {
			return
		}
		if l := g.Lattice(); len(g.Z) != l.Width*l.Height || !l.Position(0, 0).Valid() {
			t.Fatalf("%v, %d heights", l, len(g.Z))
		}
	})
}
