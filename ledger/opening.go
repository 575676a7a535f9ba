package ledger

import (
	"errors"
	"fmt"
)

// Opening shows one field of a record, by itself.
type Opening struct {
	Index uint64   `json:"index"`
	Place int      `json:"place"`
	Name  string   `json:"name"`
	Salt  []byte   `json:"salt"`
	Value []byte   `json:"value"`
	Path  [][]byte `json:"path"` // siblings, from the leaf up
}

// Shown is a field of a Group or of a Whole.
type Shown struct {
	Place int    `json:"place"`
	Name  string `json:"name"`
	Salt  []byte `json:"salt"`
	Value []byte `json:"value"`
}

// Group shows several fields of one record, which share the nodes of its tree.
type Group struct {
	Index  uint64  `json:"index"`
	Fields []Shown `json:"fields"` // by place
	// Nodes are the tops of the subtrees without a shown field, from left to
	// right.
	Nodes [][]byte `json:"nodes"`
}

// Whole shows everything.
type Whole struct {
	Index  uint64       `json:"index"`
	Fields []WholeField `json:"fields"`
	// Padding are the hashes of the places after the fields.
	Padding [][]byte `json:"padding"`
}

// WholeField is a field of a Whole; its place is where it stands.
type WholeField struct {
	Name  string `json:"name"`
	Salt  []byte `json:"salt"`
	Value []byte `json:"value"`
}

// ErrOpening is an opening that does not belong to its entry.
var ErrOpening = errors.New("the opening does not belong to the entry")

// Open shows one field of the record at index; false where it has no such
// field.
func (r Record) Open(index uint64, name string) (Opening, bool) {
	for i, f := range r.Fields {
		if f.Name != name {
			continue
		}
		t, salts := r.tree()
		o := Opening{Index: index, Place: i, Name: name, Salt: saltAt(&salts, i), Value: bytesOf(f.Value)}
		for l := range levels {
			o.Path = append(o.Path, t[l][i>>l^1][:])
		}
		return o, true
	}
	return Opening{}, false
}

// Show opens the fields that show says yes to.
func (r Record) Show(index uint64, show func(name string) bool) Group {
	t, salts := r.tree()
	g := Group{Index: index, Fields: []Shown{}, Nodes: [][]byte{}}
	var open [Places]bool
	for i, f := range r.Fields {
		if open[i] = show(f.Name); open[i] {
			g.Fields = append(g.Fields, Shown{i, f.Name, saltAt(&salts, i), bytesOf(f.Value)})
		}
	}
	var walk func(l, i int)
	walk = func(l, i int) {
		closed := true
		for _, o := range open[i<<l : (i+1)<<l] {
			closed = closed && !o
		}
		switch {
		case closed:
			g.Nodes = append(g.Nodes, t[l][i][:])
		case l > 0:
			walk(l-1, 2*i)
			walk(l-1, 2*i+1)
		}
	}
	walk(levels, 0)
	return g
}

// OpenAll shows everything.
func (r Record) OpenAll(index uint64) Whole {
	t, salts := r.tree()
	w := Whole{Index: index, Fields: []WholeField{}, Padding: [][]byte{}}
	for i, f := range r.Fields {
		w.Fields = append(w.Fields, WholeField{f.Name, saltAt(&salts, i), bytesOf(f.Value)})
	}
	for i := len(r.Fields); i < Places; i++ {
		w.Padding = append(w.Padding, t[0][i][:])
	}
	return w
}

func saltAt(salts *[Places * SaltSize]byte, place int) []byte {
	return append([]byte(nil), salts[place*SaltSize:][:SaltSize]...)
}

// bytesOf keeps an empty value from becoming null in JSON.
func bytesOf(v []byte) []byte {
	if v == nil {
		return []byte{}
	}
	return v
}

// Root gives the entry that the opening belongs to; ErrOpening where it has not
// the shape of one.
func (o Opening) Root() (Hash, error) {
	if len(o.Path) != levels {
		return Hash{}, fmt.Errorf("%w: the path has %d hashes, not %d", ErrOpening, len(o.Path), levels)
	}
	h, err := place(Shown{o.Place, o.Name, o.Salt, o.Value})
	if err != nil {
		return Hash{}, err
	}
	for l, n := range o.Path {
		side, err := hashOf(n)
		if err != nil {
			return Hash{}, err
		}
		if o.Place>>l&1 == 0 {
			h = hashNode(h, side)
		} else {
			h = hashNode(side, h)
		}
	}
	return h, nil
}

// Root gives the entry that the group belongs to; ErrOpening where it has not
// the shape of one.
func (g Group) Root() (Hash, error) {
	var leaf [Places]*Shown
	last := -1
	for i := range g.Fields {
		f := &g.Fields[i]
		if f.Place <= last || f.Place >= Places {
			return Hash{}, fmt.Errorf("%w: place %d after place %d", ErrOpening, f.Place, last)
		}
		last = f.Place
		leaf[f.Place] = f
	}
	nodes := g.Nodes
	var walk func(l, i int) (Hash, error)
	walk = func(l, i int) (Hash, error) {
		closed := true
		for _, f := range leaf[i<<l : (i+1)<<l] {
			closed = closed && f == nil
		}
		switch {
		case closed && len(nodes) == 0:
			return Hash{}, fmt.Errorf("%w: nodes are missing", ErrOpening)
		case closed:
			n := nodes[0]
			nodes = nodes[1:]
			return hashOf(n)
		case l == 0:
			return place(*leaf[i])
		}
		left, err := walk(l-1, 2*i)
		if err != nil {
			return Hash{}, err
		}
		right, err := walk(l-1, 2*i+1)
		if err != nil {
			return Hash{}, err
		}
		return hashNode(left, right), nil
	}
	root, err := walk(levels, 0)
	if err == nil && len(nodes) > 0 {
		err = fmt.Errorf("%w: %d nodes too many", ErrOpening, len(nodes))
	}
	return root, err
}

// Root gives the entry that the record belongs to; ErrOpening where it has not
// the shape of one.
func (w Whole) Root() (Hash, error) {
	if len(w.Fields)+len(w.Padding) != Places {
		return Hash{}, fmt.Errorf("%w: %d fields and %d paddings, not %d places", ErrOpening, len(w.Fields), len(w.Padding), Places)
	}
	var at [Places]Hash
	for i, f := range w.Fields {
		h, err := place(Shown{i, f.Name, f.Salt, f.Value})
		if err != nil {
			return Hash{}, err
		}
		at[i] = h
	}
	for i, p := range w.Padding {
		h, err := hashOf(p)
		if err != nil {
			return Hash{}, err
		}
		at[len(w.Fields)+i] = h
	}
	for n := Places / 2; n > 0; n /= 2 {
		for i := range n {
			at[i] = hashNode(at[2*i], at[2*i+1])
		}
	}
	return at[0], nil
}

// place hashes a shown field.
func place(f Shown) (Hash, error) {
	switch {
	case f.Place < 0 || f.Place >= Places:
		return Hash{}, fmt.Errorf("%w: place %d", ErrOpening, f.Place)
	case !goodName(f.Name):
		return Hash{}, fmt.Errorf("%w: a field cannot be called %q", ErrOpening, f.Name)
	case len(f.Salt) != SaltSize:
		return Hash{}, fmt.Errorf("%w: the salt has %d bytes, not %d", ErrOpening, len(f.Salt), SaltSize)
	}
	h, _ := hashField(nil, Field{f.Name, f.Value}, f.Salt)
	return h, nil
}

func hashOf(b []byte) (Hash, error) {
	if len(b) != HashSize {
		return Hash{}, fmt.Errorf("%w: a hash has %d bytes, not %d", ErrOpening, len(b), HashSize)
	}
	return Hash(b), nil
}
