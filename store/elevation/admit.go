package elevation

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"

	"atalaya/terrain"
)

func validName(name string) bool {
	return regexp.MustCompile(`^[a-z0-9][a-z0-9._-]{0,62}$`).MatchString(name)
}

// admit checks what is told of a file and puts together what is known of it.
func (s *Store) admit(in *Import) (terrain.About, error) {
	about := in.Source.About()
	if about.Datum == "" {
		about.Datum = terrain.Unstated
	}
	if in.Dataset != "" && !validName(in.Dataset) {
		return about, fmt.Errorf("%q is no name of a dataset: use small letters, digits, dots and dashes", in.Dataset)
	}
	if about.Synthetic && !s.cfg.Synthetic {
		return about, fmt.Errorf("it is %s elevation, which has no place beside real elevation: it belongs to the exercise's store (--exercise)", terrain.Synthetic)
	}
	if in.Datum != "" && in.Datum != about.Datum {
		if about.Datum != terrain.Unstated {
			return about, fmt.Errorf("it states that its heights are counted from %s, not from %s: leave --datum out", about.Datum, in.Datum)
		}
		about.Datum = in.Datum
	}
	switch {
	case about.Datum == terrain.Ellipsoid:
		return about, errors.New("its heights are above the ellipsoid, tens of metres from those above sea level: turn them first, as with 'gdalwarp -s_srs EPSG:4979 -t_srs EPSG:4326+5773'")
	case about.Datum == terrain.EGM2008 && about.DatumSD == 0:
		about.DatumSD = terrain.EGM2008SD
	}
	if in.SD < 0 || math.IsNaN(in.SD) || math.IsInf(in.SD, 0) {
		return about, fmt.Errorf("its error of %g m is no standard deviation", in.SD)
	}
	if in.SD > 0 {
		about.SD = in.SD
	}
	l := in.Source.Lattice()
	if l.Width <= 0 || l.Height <= 0 {
		return about, errors.New("it holds no posts")
	}
	return about, nil
}

// choose gives the dataset for a file, or a new one.
func (s *Store) choose(in Import, about terrain.About) (*Dataset, error) {
	l := in.Source.Lattice()
	f, err := newFrame(l)
	if err != nil {
		return nil, err
	}
	fresh := func(name string) (*Dataset, error) {
		for _, l := range s.LeftOut() {
			if l.Dataset == name {
				return nil, l.Err
			}
		}
		return &Dataset{m: manifest{Name: name, Datum: about.Datum, Synthetic: about.Synthetic, Frame: f, Created: s.cfg.Now().UTC()}}, nil
	}
	if in.Dataset != "" {
		d, ok := s.Dataset(in.Dataset)
		switch {
		case !ok:
			return fresh(in.Dataset)
		case d.m.Datum != about.Datum:
			return nil, fmt.Errorf("dataset %s has heights above %s, and the file above %s: they do not mix; say --datum where the file does not state it, or give it a dataset of its own with --name", in.Dataset, d.m.Datum, about.Datum)
		case d.m.Synthetic != about.Synthetic:
			return nil, fmt.Errorf("dataset %s and the file are not both %s: they do not mix; give it a dataset of its own with --name", in.Dataset, terrain.Synthetic)
		}
		return d, nil
	}
	for _, d := range s.Datasets() {
		if d.has(in.SHA256) {
			return d, nil
		}
	}
	// A dataset that somebody named takes nothing by itself.
	base := f.name(about)
	for n := 1; ; n++ {
		name := base
		if n > 1 {
			name = fmt.Sprintf("%s-%d", base, n) // another phase of the same spacing
		}
		d, ok := s.Dataset(name)
		if !ok {
			return fresh(name)
		}
		if _, ok := d.m.Frame.place(l); ok && d.m.Datum == about.Datum && d.m.Synthetic == about.Synthetic {
			return d, nil
		}
	}
}

// has reports whether a file was imported and all of it is there.
func (d *Dataset) has(sha256 string) bool {
	return slices.ContainsFunc(d.m.Files, func(f File) bool { return f.SHA256 == sha256 && !f.Lost })
}
