#!/usr/bin/env python3
"""Writes the ASTERIX tables of codec/asterix/spec from libasterix.

libasterix (BSD-3-Clause, see codec/asterix/spec/LICENSE.libasterix) states the
structure of every edition of every category. This program turns what it says
of the categories that Atalaya speaks into Go composite literals, and applies
CORRECTIONS where an edition is known to be stated wrongly.

    .venv/bin/python tools/asterix/generate.py          write the tables
    .venv/bin/python tools/asterix/generate.py --check  exit 1 if they differ
"""

import pathlib
import subprocess
import sys

import asterix.base as base
import asterix.generated as generated

OUT = pathlib.Path(__file__).resolve().parents[2] / "codec" / "asterix" / "spec"

# Category: name, document of EUROCONTROL, the same under its newer number.
CATEGORIES = {
    21: ("ADS-B target reports", "SUR.ET1.ST05.2000-STD-12-01", "EUROCONTROL-SPEC-0149-12"),
    34: ("monoradar service messages", "SUR.ET1.ST05.2000-STD-02b-01", "EUROCONTROL-SPEC-0149-2b"),
    48: ("monoradar target reports", "SUR.ET1.ST05.2000-STD-04-01", "EUROCONTROL-SPEC-0149-4"),
    62: ("system track data", "SUR.ET1.ST05.2000-STD-09-01", "EUROCONTROL-SPEC-0149-9"),
}

# (category, item path) whose unsigned quantity is two's complement: the newest
# editions say so, the older ones say nothing, and the upper half of the
# unsigned range (above FL 2047, above 819,000 ft) means nothing.
CORRECTIONS = {
    (48, "090/FL"): "signed",
    (62, "340/HEIGHT"): "signed",
}


def quote(text):
    text = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + " ".join(text.split()) + '"'


def number(value):
    """A Go literal of exactly this float64."""
    text = repr(float(value))
    assert float(text) == float(value)
    return text


def content(c, path, cat):
    if issubclass(c, base.ContentTable):
        values = c.cv_values
        if not values:
            return "nil"
        texts = [values.get(i, "") for i in range(max(values) + 1)]
        return "&Content{Kind: Table, Texts: []string{%s}}" % ", ".join(quote(t) for t in texts)
    if issubclass(c, base.ContentString):
        kind = {
            base.StringAscii: "ASCII",
            base.StringICAO: "ICAO",
            base.StringOctal: "Octal",
        }[c.cv_string_type]
        return "&Content{Kind: %s}" % kind
    if issubclass(c, base.ContentInteger):
        assert c.cv_signedness is base.Unsigned
        return "&Content{Kind: Integer}"
    if issubclass(c, base.ContentQuantity):
        signed = c.cv_signedness is base.Signed or CORRECTIONS.get((cat, path)) == "signed"
        return "&Content{Kind: Quantity%s, LSB: %s, Unit: %s}" % (
            ", Signed: true" if signed else "", number(c.cv_lsb), quote(c.cv_unit))
    if issubclass(c, base.ContentBds):
        # Registers with their number in the last octet, or of known number.
        return "&Content{Kind: %s}" % ("BDS" if c.cv_bds_type is base.BdsWithAddress else "Raw")
    assert issubclass(c, base.ContentRaw), c
    return "nil"


def rule(r, path, cat, siblings):
    if issubclass(r, base.RuleContentContextFree):
        return content(r.cv_content, path, cat)
    # The one dependent content of these categories: air speed, whose unit
    # follows the one-bit element before it in the same group.
    assert len(r.cv_depends_on) == 1 and siblings and siblings[0] == (r.cv_depends_on[0][-1], 1)
    cases = [content(c, path, cat) for key, c in sorted(r.cv_cases, key=lambda k: k[0])]
    assert [key for key, _ in sorted(r.cv_cases, key=lambda k: k[0])] == [[0], [1]]
    return "&Content{Kind: ByFirstBit, Cases: []*Content{%s}}" % ", ".join(cases)


def literal(fields, parts=None):
    """A Node literal; parts is a list of Node literals."""
    text = ", ".join("%s: %s" % (k, v) for k, v in fields if v not in (None, "0", '""', "false"))
    if parts is None:
        return "{%s}" % text
    body = "".join("\n" + p + "," for p in parts)
    return "{%s, Parts: []*Node{%s\n}}" % (text, body)


class Var:
    """A variation as Go: its literal, size in bits (None: varies), spare mask."""

    def __init__(self, text, bits, mask):
        self.text, self.bits, self.mask = text, bits, mask


def mask_field(bits, mask):
    if mask == 0:
        return None
    assert bits <= 64, "spare bits in an item longer than 64 bits"
    return "0x%x" % mask


def variation(v, name, title, path, cat, siblings=None):
    head = [("Name", quote(name)), ("Title", quote(title))]
    if issubclass(v, base.Element):
        c = rule(v.cv_rule, path, cat, siblings)
        return Var(literal(head + [("Kind", "Element"), ("Bits", str(v.cv_bit_size)),
                                   ("Content", None if c == "nil" else c)]), v.cv_bit_size, 0)
    if issubclass(v, base.Group):
        return group(head, [x for x in v.cv_items_list], path, cat, False)
    if issubclass(v, base.Extended):
        parts = []
        for extent in v.cv_items_list:
            fx = extent[-1] is None
            items = [x for x in extent if x is not None]
            parts.append(group([], items, path, cat, fx).text)
        return Var(literal(head + [("Kind", "Extended")], parts), None, 0)
    if issubclass(v, base.Repetitive):
        child = variation(v.cv_variation, "", "", path, cat)
        assert child.bits is not None
        rep = v.cv_rep_bytes
        assert (child.bits + (0 if rep else 1)) % 8 == 0
        return Var(literal(head + [("Kind", "Repetitive"), ("Rep", str(rep or 0))], [child.text]), None, 0)
    if issubclass(v, base.Explicit):
        return Var(literal(head + [("Kind", "Explicit")]), None, 0)
    assert issubclass(v, base.Compound), v
    assert v.cv_fspec_max_bytes == (len(v.cv_items_list) + 6) // 7
    parts = ["nil" if x is None else nonspare(x, path, cat).text for x in v.cv_items_list]
    return Var(literal(head + [("Kind", "Compound")], parts), None, 0)


def group(head, items, path, cat, fx):
    parts, siblings, bits, mask = [], [], 0, 0
    for item, size in items:
        if issubclass(item, base.Spare):
            parts.append(literal([("Kind", "Spare"), ("Bits", str(size))]))
            mask = mask << size | (1 << size) - 1
        else:
            sub = nonspare(item.cv_non_spare, path, cat, siblings)
            assert sub.bits == size
            siblings.append((item.cv_non_spare.cv_name, size))
            parts.append(sub.text)
            mask = mask << size | sub.mask
        bits += size
    if fx:
        mask <<= 1
    whole = bits + (1 if fx else 0)
    if not head:
        assert whole == 8, "extents are octets"
    return Var(literal(head + [("Kind", "Group"), ("Bits", str(bits)),
                               ("FX", "true" if fx else None),
                               ("SpareMask", mask_field(whole, mask))], parts), bits, mask)


def nonspare(x, path, cat, siblings=None):
    r = x.cv_rule
    assert issubclass(r, base.RuleVariationContextFree)
    path = path + "/" + x.cv_name if path else x.cv_name
    return variation(r.cv_variation, x.cv_name, x.cv_title, path, cat, siblings)


HEADER = """// Code generated by tools/asterix/generate.py from libasterix %s; DO NOT EDIT.
//
// The structure of the editions is stated by libasterix, Copyright (c) 2024
// Zoran Bošnjak, BSD-3-Clause: see LICENSE.libasterix.

package spec
"""


def version():
    from importlib.metadata import version as of
    return of("libasterix")


def category(cat):
    name, document, newer = CATEGORIES[cat]
    items, order, editions = {}, [], []
    for c in generated.manifest["CATS"][cat]:
        edition = "%d.%d" % c.cv_edition
        record = c.cv_uap.cv_record
        uap, numbers = [], []
        for i, entry in enumerate(record.cv_items_list):
            if not issubclass(entry, base.UapItem):
                assert not issubclass(entry, base.UapItemRFS)
                uap.append("nil")
                continue
            x = entry.cv_non_spare
            v = nonspare(x, "", cat)
            assert v.bits is None or v.bits % 8 == 0
            if v.text not in items:
                same = sum(1 for _, n, _ in order if n == x.cv_name)
                items[v.text] = "cat%03ditem%s" % (cat, x.cv_name) + ("v%d" % (same + 1) if same else "")
                order.append((items[v.text], x.cv_name, v.text))
            uap.append("&" + items[v.text])
            if x.cv_name.isdigit():
                numbers.append((int(x.cv_name), i + 1))
        while uap[-1] == "nil":
            uap.pop()
        assert record.cv_fspec_max_bytes == (len(uap) + 6) // 7
        lines = [", ".join(uap[i:i + 7]) + "," for i in range(0, len(uap), 7)]
        editions.append("{\nCategory: %d, Number: %s, Document: %s,\nUAP: []*Node{\n%s\n},\nfrn: [frnTable]uint8{%s},\n}" % (
            cat, quote(edition), quote("%s (%s)" % (document, newer)), "\n".join(lines),
            ", ".join("%d: %d" % kv for kv in sorted(numbers))))
    out = [HEADER % version(), "// cat%03d is category %03d, %s, oldest edition first." % (cat, cat, name),
           "var cat%03d = [...]Edition{\n%s,\n}\n" % (cat, ",\n".join(editions)), "var ("]
    for go, _, text in sorted(order, key=lambda t: t[0]):
        out.append("\t%s = Node%s" % (go, text))
    out.append(")\n")
    return "\n".join(out)


def main():
    check = "--check" in sys.argv[1:]
    stale = []
    for cat in CATEGORIES:
        path = OUT / ("cat%03d.go" % cat)
        text = subprocess.run(["gofmt", "-s"], input=category(cat), capture_output=True, text=True, check=True).stdout
        if not check:
            path.write_text(text)
        elif path.read_text() != text:
            stale.append(path.name)
    if stale:
        sys.exit("differ from what libasterix %s says: %s" % (version(), ", ".join(stale)))


if __name__ == "__main__":
    main()
