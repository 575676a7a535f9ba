package metrics

// Parts is a GOSPA and what it is made of.
type Parts struct {
	// Distance is the metric, m.
	Distance float64
	// Localisation is the sum of d^P over the detected, m^P.
	Localisation float64
	Detected     int // targets with a track within C
	Missed       int // targets without one
	False        int // tracks without a target
}

// GOSPA is the generalised optimal sub-pattern assignment metric
// (Rahmathullah, Garcia-Fernandez, Svensson: Generalized optimal sub-pattern
// assignment metric, FUSION 2017, arXiv 1601.05585, definition 1). For
// |X| <= |Y|, and by symmetry otherwise,
//
//	( min over pi of sum_i min(d(x_i, y_pi(i)), C)^P + C^P/Alpha (|Y|-|X|) )^(1/P)
//
// in metres. For Alpha = 2 that is (proposition 1)
//
//	( Localisation + C^P/2 (Missed + False) )^(1/P);
//
// for another Alpha the parts still tell what the optimal assignment did.
func (j *Judge) GOSPA(truth, tracks []State) Parts {
	return j.gospa(j.match(j.near(truth, tracks), len(truth), len(tracks)), len(truth), len(tracks))
}

func (j *Judge) gospa(matched []pair, truth, tracks int) Parts {
	p := Parts{Detected: len(matched), Missed: truth - len(matched), False: tracks - len(matched)}
	for _, m := range matched {
		p.Localisation += j.pow(m.dist)
	}
	few, many := min(truth, tracks), max(truth, tracks)
	sum := p.Localisation + float64(j.full*float64(few-len(matched))) + float64(j.full/j.cfg.Alpha*float64(many-few))
	p.Distance = j.root(sum)
	return p
}

// OSPA is the optimal sub-pattern assignment metric (Schuhmacher, Vo, Vo: A
// consistent metric for performance evaluation of multi-object filters, IEEE
// Transactions on Signal Processing 56-8, 2008). For |X| <= |Y|, and by
// symmetry otherwise,
//
//	( 1/|Y| ( min over pi of sum_i min(d(x_i, y_pi(i)), C)^P + C^P (|Y|-|X|) ) )^(1/P)
//
// in metres; 0 where both are empty. What is made least is the sum of powers,
// not of distances.
func (j *Judge) OSPA(truth, tracks []State) float64 {
	return j.ospa(j.match(j.near(truth, tracks), len(truth), len(tracks)), len(truth), len(tracks))
}

func (j *Judge) ospa(matched []pair, truth, tracks int) float64 {
	many := max(truth, tracks)
	if many == 0 {
		return 0
	}
	sum := float64(j.full * float64(many-len(matched)))
	for _, m := range matched {
		sum += j.pow(m.dist)
	}
	return j.root(sum / float64(many))
}

// Means are means of order P over many times: for P = 2, "RMS GOSPA". For
// Alpha = 2, Distance^P is the sum of the P-th powers of the three others.
type Means struct {
	Distance, Localisation, Missed, False float64 // m
}

// Mean gives (mean of part^P)^(1/P) of the metric and of its parts, where a
// missed target and a false track are C^P/2 each. Without parts all is 0.
func (j *Judge) Mean(parts []Parts) Means {
	var dist, loc, missed, spurious float64
	for _, p := range parts {
		dist += j.pow(p.Distance)
		loc += p.Localisation
		missed += float64(j.full / 2 * float64(p.Missed))
		spurious += float64(j.full / 2 * float64(p.False))
	}
	n := float64(max(len(parts), 1))
	return Means{j.root(dist / n), j.root(loc / n), j.root(missed / n), j.root(spurious / n)}
}

// MeanOf gives (mean of v^P)^(1/P), 0 of nothing.
func (j *Judge) MeanOf(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += j.pow(v)
	}
	return j.root(sum / float64(max(len(values), 1)))
}
