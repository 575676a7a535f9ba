package fence

import (
	"crypto/sha256"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the golden files anew")

// A verdict is made again from the texts, to the byte; and it is the same on
// every processor (the hash is compared at GOAMD64=v1 and v3).
func TestReplay(t *testing.T) {
	h := sha256.New()
	for _, name := range []string{"lake", "antimeridian", "pole"} {
		f := mustNew(t, worlds(t)[name])
		b, err := ParseBounds(f.Bounds().Text())
		if err != nil {
			t.Fatal(err)
		}
		again := mustNew(t, b)
		if again.Hash() != f.Hash() {
			t.Errorf("%s: bounds read back have another hash", name)
		}
		r := rand.New(rand.NewPCG(1, 2))
		for range 150 {
			c := scene(r, &f.bounds)
			v := f.Command(c)
			d, bounds, err := ParseCommand(c.Text(f.Hash()))
			if err != nil || bounds != f.Hash() {
				t.Fatalf("%v\n%s", err, c.Text(f.Hash()))
			}
			if w := again.Command(d); w.Text() != v.Text() {
				t.Errorf("%s: made again:\n%s%s", name, v.Text(), w.Text())
			}
			p := reportOf(c)
			u := f.Report(p)
			q, _, err := ParseReport(p.Text(f.Hash()))
			if err != nil {
				t.Fatal(err)
			}
			if w := again.Report(q); w.Text() != u.Text() {
				t.Errorf("%s: made again:\n%s%s", name, u.Text(), w.Text())
			}
			fmt.Fprint(h, v.Text(), u.Text())
		}
	}
	golden := filepath.Join("testdata", "hash")
	got := fmt.Sprintf("%x\n", h.Sum(nil))
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(golden); err != nil || string(want) != got {
		t.Errorf("the verdicts' hash is %s, want %s (%v)", got, want, err)
	}
}

// The text of what is refused can be read back as well.
func TestTextOfWhatIsRefused(t *testing.T) {
	f := mustNew(t, lake(t))
	c := quiet()
	c.Pose.Accuracy, c.Way[0].Lat, c.Wind.Speed = nan(), nan(), 1e300
	c.Look.Outlines[0].Ring = nil
	d, _, err := ParseCommand(c.Text(f.Hash()))
	if err != nil {
		t.Fatalf("%v\n%s", err, c.Text(f.Hash()))
	}
	if v, w := f.Command(c), f.Command(d); v.Text() != w.Text() || v.Pass {
		t.Errorf("%s%s", v.Text(), w.Text())
	}
}

// One form only: what says the same in other words is refused.
func TestOtherForms(t *testing.T) {
	f := mustNew(t, lake(t))
	text := quiet().Text(f.Hash())
	for _, change := range [][2]string{
		{"accuracy_m 3.000", "accuracy_m 3.0"},
		{"accuracy_m 3.000", "accuracy_m 3.0004"},
		{"exercise yes", "exercise true"},
		{"judged 2026", "judged  2026"},
		{"at -16.1000000,", "at -16.10000004,"},
		{"look out", "look stowed"},
		{"form atalaya", "form Atalaya"},
		{"\nway ", "\nhome 0.0000000,0.0000000\nway "},
		{"outlines 2", "outlines 4000000000"},
		{"outlines 2", "outlines 1"},
		{"pose known", "pose maybe"},
		{"loss return", "loss hover"},
	} {
		other := strings.Replace(text, change[0], change[1], 1)
		if other == text {
			t.Fatalf("%q is not in the text:\n%s", change[0], text)
		}
		if _, _, err := ParseCommand(other); err == nil {
			t.Errorf("%q instead of %q is read", change[1], change[0])
		}
	}
	for _, end := range []string{"", "x", "\n\n", "\nmore 1\n"} {
		if _, _, err := ParseCommand(strings.TrimSuffix(text, "\n") + end); err == nil {
			t.Errorf("the end %q is read", end)
		}
	}
}

// Whatever can be read can be judged, and gives the same text again.
func FuzzParse(f *testing.F) {
	fence := mustNew(f, lake(f))
	small := lake(f)
	small.Borders = small.Borders[:0:0]
	f.Add(quiet().Text(fence.Hash()))
	f.Add(reportOf(quiet()).Text(fence.Hash()))
	f.Add(small.Text())
	f.Fuzz(func(t *testing.T, text string) {
		if c, bounds, err := ParseCommand(text); err == nil {
			fence.Command(c)
			if c.Text(bounds) != text {
				t.Error("another text")
			}
		}
		if r, bounds, err := ParseReport(text); err == nil {
			fence.Report(r)
			if r.Text(bounds) != text {
				t.Error("another text")
			}
		}
		if b, err := ParseBounds(text); err == nil {
			if _, err := New(b); err == nil && b.Text() != text {
				t.Error("another text")
			}
		}
	})
}
