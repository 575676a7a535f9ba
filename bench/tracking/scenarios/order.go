package scenarios

// order hands scans on in the order of their arrival. They are given to it in
// the order of time; a late one waits until its moment has come.
type order struct {
	to      Sink
	waiting []Scan // by arrival
}

func (o *order) scan(s Scan) error {
	if err := o.flush(s.Time); err != nil {
		return err
	}
	if s.Arrival <= s.Time {
		return o.to.Scan(s)
	}
	at := len(o.waiting)
	for at > 0 && o.waiting[at-1].Arrival > s.Arrival {
		at--
	}
	o.waiting = append(o.waiting, Scan{})
	copy(o.waiting[at+1:], o.waiting[at:])
	o.waiting[at] = s
	return nil
}

// flush hands on what has arrived before a time.
func (o *order) flush(until float64) error {
	for len(o.waiting) > 0 && o.waiting[0].Arrival < until {
		if err := o.to.Scan(o.waiting[0]); err != nil {
			return err
		}
		o.waiting = o.waiting[1:]
	}
	return nil
}

// end hands on what still waits.
func (o *order) end() error {
	for _, s := range o.waiting {
		if err := o.to.Scan(s); err != nil {
			return err
		}
	}
	o.waiting = nil
	return nil
}

// fifth makes one scan of each five late, a drawn one.
type fifth struct{ n, chosen int }

func (f *fifth) late(c chance) bool {
	if f.n%5 == 0 {
		f.chosen = c.IntN(5)
	}
	f.n++
	return (f.n-1)%5 == f.chosen
}
