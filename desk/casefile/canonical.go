package casefile

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"unicode/utf16"
)

// canonical gives the one form of a value that is hashed: RFC 8785, JSON
// Canonicalization Scheme. encoding/json writes numbers as ECMAScript does, as
// that scheme wants; here names are sorted, and what it escapes too much is
// written plainly. Whole numbers keep all their digits.
func canonical(v any) ([]byte, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("write it as JSON: %w", err)
	}
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var tree any
	if err := d.Decode(&tree); err != nil {
		return nil, fmt.Errorf("read it as JSON: %w", err)
	}
	if _, err := d.Token(); err != io.EOF { //nolint:errorlint // Token returns it bare
		return nil, fmt.Errorf("read it as JSON: more than one value")
	}
	var out bytes.Buffer
	write(&out, tree)
	return out.Bytes(), nil
}

func write(out *bytes.Buffer, v any) {
	switch v := v.(type) {
	case nil:
		out.WriteString("null")
	case bool:
		out.WriteString(strconv.FormatBool(v))
	case json.Number:
		if v == "-0" {
			v = "0"
		}
		out.WriteString(string(v))
	case string:
		writeString(out, v)
	case []any:
		out.WriteByte('[')
		for i, x := range v {
			if i > 0 {
				out.WriteByte(',')
			}
			write(out, x)
		}
		out.WriteByte(']')
	case map[string]any:
		out.WriteByte('{')
		for i, name := range sortedNames(v) {
			if i > 0 {
				out.WriteByte(',')
			}
			writeString(out, name)
			out.WriteByte(':')
			write(out, v[name])
		}
		out.WriteByte('}')
	}
}

// sortedNames gives the names of an object in the order of their UTF-16 code
// units (RFC 8785, 3.2.3).
func sortedNames(m map[string]any) []string {
	names := make([]string, 0, len(m))
	for name := range m {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b string) int { return slices.Compare(utf16.Encode([]rune(a)), utf16.Encode([]rune(b))) })
	return names
}

// writeString escapes what must be, and nothing else (RFC 8785, 3.2.2.2).
func writeString(out *bytes.Buffer, s string) {
	short := map[rune]string{'\b': `\b`, '\t': `\t`, '\n': `\n`, '\f': `\f`, '\r': `\r`, '"': `\"`, '\\': `\\`}
	out.WriteByte('"')
	for _, r := range s {
		switch e, ok := short[r]; {
		case ok:
			out.WriteString(e)
		case r < ' ':
			fmt.Fprintf(out, `\u%04x`, r)
		default:
			out.WriteRune(r)
		}
	}
	out.WriteByte('"')
}

// hashOf gives the canonical form of a value and its SHA-256.
func hashOf(v any) (content []byte, hash string, err error) {
	if content, err = canonical(v); err != nil {
		return nil, "", err
	}
	sum := sha256.Sum256(content)
	return content, hex.EncodeToString(sum[:]), nil
}
