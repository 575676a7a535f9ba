package footprint

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"math"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"atalaya/geo"
	"atalaya/geo/projection"
	"atalaya/internal/peer"
	"atalaya/terrain"
)

// look is a ray that a test asks for.
type look struct {
	camera      Camera
	right, down float64
	k, reach    float64
}

// answer is what the peer says.
type answer struct {
	Met             bool
	Lat, Lon, Range float64
}

func ask(t *testing.T, looks []look, args ...string) []answer {
	t.Helper()
	var in bytes.Buffer
	for _, q := range looks {
		c := q.camera
		if err := json.NewEncoder(&in).Encode(map[string]any{
			"at": [3]float64{c.At.Lat, c.At.Lon, c.Height.Metres}, "yaw": c.Yaw, "pitch": c.Pitch, "roll": c.Roll, "pan": c.Pan, "tilt": c.Tilt,
			"right": q.right, "down": q.down, "k": q.k, "range": q.reach,
		}); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.CommandContext(t.Context(), peer.Python(t), append([]string{"testdata/ray_peer.py"}, args...)...)
	cmd.Stdin = &in
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %v\n%s", cmd.Args, err, stderr.Bytes())
	}
	answers := make([]answer, len(looks))
	d := json.NewDecoder(bytes.NewReader(out))
	for i := range answers {
		if err := d.Decode(&answers[i]); err != nil {
			t.Fatal(err)
		}
	}
	return answers
}

func some(r *rand.Rand, from, to float64) float64 { return from + (to-from)*r.Float64() }

func (q look) cast(t *testing.T, g *terrain.Grid) Hit {
	t.Helper()
	l, err := newLooker(g, q.camera, Config{Range: q.reach, K: q.k})
	if err != nil {
		t.Fatal(err)
	}
	return l.cast(&l.camera, l.height, q.right, q.down)
}

// TestRaysOverEllipsoid: over an ellipsoid without relief rays meet it where
// pymap3d's lookAtSpheroid says.
func TestRaysOverEllipsoid(t *testing.T) {
	l := terrain.Lattice{Projection: projection.Geographic{}, X0: -71, Y0: -14, DX: 0.01, DY: 0.01, Width: 400, Height: 400}
	g, err := terrain.NewGrid(l, terrain.About{Name: "ellipsoid", Datum: terrain.Ellipsoid}, make([]float32, l.Width*l.Height))
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(6, 2))
	var looks []look
	for range 400 {
		looks = append(looks, look{
			camera: Camera{
				At: geo.Position{Lat: some(r, -16.1, -15.9), Lon: some(r, -69.1, -68.9)}, Height: geo.EllipsoidHeight(some(r, 50, 9000)).Height(),
				Yaw: some(r, -180, 360), Pitch: some(r, -20, 20), Roll: some(r, -45, 45), Pan: some(r, -180, 180), Tilt: some(r, -90, 5),
			},
			right: some(r, -0.5, 0.5), down: some(r, -0.5, 0.5), reach: 150e3,
		})
	}
	met, worst := 0, 0.0
	for i, want := range ask(t, looks) {
		got := looks[i].cast(t, g)
		if !want.Met || want.Range > 150e3 {
			if got.Outcome == Ground {
				t.Errorf("%+v: met at %v m, want none", looks[i], got.Range)
			}
			continue
		}
		met++
		off := geo.Distance(got.At, geo.Position{Lat: want.Lat, Lon: want.Lon})
		// Where a ray all but touches, its last millimetre is long.
		sine := looks[i].camera.Height.Metres / want.Range
		worst = max(worst, off*sine)
		if got.Outcome != Ground || off*sine > 0.002 || math.Abs(got.Range-want.Range)*sine > 0.002 {
			t.Errorf("%+v: %+v, want %+v", looks[i], got, want)
		}
	}
	t.Logf("%d of %d rays meet the ellipsoid, at most %.2f mm over or under the peer's", met, len(looks), worst*1e3)
	if met < 150 || met > 390 {
		t.Errorf("%d of %d rays meet ground: that tests little", met, len(looks))
	}
}

// TestRaysOverRelief holds rays over the Sierra against steps of 0.5 m.
func TestRaysOverRelief(t *testing.T) {
	const x, y, n = 7800, 3900, 600
	raw := filepath.Join(t.TempDir(), "sierra.raw")
	at := strconv.Itoa
	out, err := exec.CommandContext(t.Context(), peer.Command(t, "gdal_translate"), "-q", "-of", "ENVI", "-srcwin", at(x), at(y), at(n), at(n),
		peer.Data(t, "terrain/sierra_basinrange_vfp3s_4326.tif"), raw).CombinedOutput()
	if err != nil {
		t.Fatalf("gdal_translate: %v\n%s", err, out)
	}
	b, err := os.ReadFile(raw)
	if err != nil {
		t.Fatal(err)
	}
	posts := make([]int16, n*n)
	if _, err := binary.Decode(b, binary.LittleEndian, posts); err != nil {
		t.Fatal(err)
	}
	z := make([]float32, n*n)
	for i, p := range posts {
		z[i] = float32(p)
	}
	l := terrain.Lattice{Projection: projection.Geographic{}, X0: -125 + x/1200.0, Y0: 40 - y/1200.0, DX: 1 / 1200.0, DY: 1 / 1200.0, Width: n, Height: n}
	g, err := terrain.NewGrid(l, terrain.About{Name: "sierra", Datum: terrain.Ellipsoid}, z)
	if err != nil {
		t.Fatal(err)
	}
	r := rand.New(rand.NewPCG(6, 3))
	var looks []look
	for range 120 {
		c := Camera{At: l.Position(some(r, 200, 400), some(r, 200, 400)), Yaw: some(r, 0, 360), Roll: some(r, -10, 10), Pitch: some(r, -5, 5), Tilt: some(r, -40, -1)}
		ground, _ := g.Bilinear(c.At)
		c.Height = geo.EllipsoidHeight(ground + some(r, 20, 800)).Height()
		looks = append(looks, look{camera: c, right: some(r, -0.2, 0.2), down: some(r, -0.1, 0.1), k: 0.13, reach: 8e3})
	}
	arg := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
	met, worst := 0, 0.0
	for i, want := range ask(t, looks, raw, at(n), at(n), arg(l.X0), arg(l.Y0), arg(l.DX)) {
		got := looks[i].cast(t, g)
		if (got.Outcome == Ground) != want.Met {
			t.Errorf("%+v: %+v, want %+v", looks[i], got, want)
			continue
		}
		if !want.Met {
			continue
		}
		met++
		// The peer stops at its first step under the ground.
		late := want.Range - got.Range
		worst = max(worst, math.Abs(late))
		if late < -0.005 || late > 0.51 || math.Abs(geo.Distance(got.At, geo.Position{Lat: want.Lat, Lon: want.Lon})-late) > 0.55 {
			t.Errorf("%+v: %+v, want %+v", looks[i], got, want)
		}
		if z, _ := g.Bilinear(got.At); math.Abs(z-*got.Ground) > 0.01 {
			t.Errorf("ground %v, want %v", *got.Ground, z)
		}
	}
	t.Logf("%d of %d rays meet ground, at most %.3f m before the peer's step", met, len(looks), worst)
	if met < 60 || met == len(looks) {
		t.Errorf("%d of %d rays meet ground: that tests little", met, len(looks))
	}
}
