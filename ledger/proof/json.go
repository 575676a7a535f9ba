package proof

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"unicode/utf8"
)

// object is a JSON object read by exact names. encoding/json into a struct
// would take "Index" for "index"; other verifiers would not.
type object map[string]any

// parseObject reads one JSON object from the whole of data.
func parseObject(data []byte) (object, error) {
	if !utf8.Valid(data) {
		return nil, errors.New("the text is not UTF-8")
	}
	var o map[string]any
	if err := json.Unmarshal(data, &o); err != nil {
		return nil, fmt.Errorf("reading JSON: %w", err)
	}
	if o == nil {
		return nil, errors.New("the text is not a JSON object")
	}
	return o, nil
}

func (o object) text(name string) (string, error) {
	s, ok := o[name].(string)
	if !ok {
		return "", fmt.Errorf("%q is missing or no text", name)
	}
	return s, nil
}

func (o object) base64(name string) ([]byte, error) {
	s, err := o.text(name)
	if err != nil {
		return nil, err
	}
	raw, err := parseBase64(s)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", name, err)
	}
	return raw, nil
}

// count reads a whole number from 0 to 2^53-1.
func (o object) count(name string) (int64, error) {
	f, ok := o[name].(float64)
	if !ok || f < 0 || f > maxSize || f != math.Trunc(f) {
		return 0, fmt.Errorf("%q is missing or no whole number", name)
	}
	return int64(f), nil
}

func (o object) list(name string) ([]any, error) {
	l, ok := o[name].([]any)
	if !ok {
		return nil, fmt.Errorf("%q is missing or no list", name)
	}
	return l, nil
}

func (o object) objects(name string) ([]object, error) {
	l, err := o.list(name)
	if err != nil {
		return nil, err
	}
	out := make([]object, 0, len(l))
	for _, v := range l {
		m, ok := v.(map[string]any)
		if !ok {
			return nil, fmt.Errorf("%q holds something that is no object", name)
		}
		out = append(out, m)
	}
	return out, nil
}

func (o object) hashes(name string) ([]Hash, error) {
	l, err := o.list(name)
	if err != nil {
		return nil, err
	}
	out := make([]Hash, 0, len(l))
	for _, v := range l {
		s, ok := v.(string)
		if !ok {
			return nil, fmt.Errorf("%q holds something that is no text", name)
		}
		h, err := parseHash(s)
		if err != nil {
			return nil, fmt.Errorf("%q: %w", name, err)
		}
		out = append(out, h)
	}
	return out, nil
}
