"""libasterix as the peer of this package's tests.

    random N SEED   writes N random records of every edition, one JSON line each
    parse           reads lines with "category", "edition" and "block" (hex),
                    writes what libasterix makes of the records in them
    rate FILE       reads hex blocks of categories in their newest editions,
                    writes how many records a second libasterix reads

A line has "category", "edition", "block" (hex of one data block), "spare"
(spare bits are set) and "records": for each the items in the JSON form that
the package comment of asterix describes, as libasterix decodes them.
"""

import json
import random
import sys
import time

import asterix.base as base
import asterix.generated as generated

CATEGORIES = (21, 34, 48, 62)


def spec(category, edition):
    for c in generated.manifest["CATS"][category]:
        if "%d.%d" % c.cv_edition == edition:
            return c
    raise KeyError((category, edition))


# --- values, as libasterix says them


def hexadecimal(bits, size):
    return "%0*X" % ((size + 7) // 8 * 2, bits)


def text(content, size):
    string = content.__class__.cv_string_type
    codes = content.as_uint()
    per = string.cv_bits_per_char
    chars = []
    for i in reversed(range(size // per)):
        code = codes >> (i * per) & (1 << per) - 1
        c = string.to_char(code)
        chars.append(c if c and " " <= c <= "~" else None)
    value = "".join(c or "?" for c in chars).rstrip(" ")
    if None in chars:
        return {"value": value, "raw": hexadecimal(codes, size).lower()}
    return value


def element(e, size, first):
    rule = e._get_rule()
    if isinstance(rule, base.RuleContentContextFree):
        content = rule._get_content()
    else:
        content = rule._get_content([first])
    raw = content.as_uint()
    if isinstance(content, base.ContentTable):
        value = {"value": raw}
        meaning = content.table_value()
        if meaning:
            value["text"] = " ".join(meaning.split())
        return value
    if isinstance(content, base.ContentString):
        return text(content, size)
    if isinstance(content, base.ContentInteger):
        return content.as_integer()
    if isinstance(content, base.ContentQuantity):
        return {"value": content._as_quantity(), "unit": content.__class__.cv_unit}
    return hexadecimal(raw, size) if size >= 24 else raw


def parts(items, out, spares):
    first = None
    for item in items:
        if item is None:
            continue
        if isinstance(item, base.Spare):
            spares.append(item.as_uint())
            continue
        variation = item.arg.arg.arg
        value = value_of(variation, spares, first)
        if first is None and isinstance(variation, base.Element):
            first = variation.as_uint()
        out[item.arg.__class__.cv_name] = value
    return out


def value_of(v, spares, first=None):
    if isinstance(v, base.Element):
        return element(v, v.__class__.cv_bit_size, first)
    if isinstance(v, base.Group):
        return parts(v.arg, {}, spares)
    if isinstance(v, base.Extended):
        out = {}
        for extent in v.arg:
            parts(extent, out, spares)
        return out
    if isinstance(v, base.Repetitive):
        return [value_of(x, spares) for x in v._get_list()]
    if isinstance(v, base.Explicit):
        return v.get_bytes().hex().upper()
    assert isinstance(v, base.Compound), v
    return {name: value_of(x.arg.arg, spares) for name, x in v.arg.items()}


def line(c, edition, block):
    raw = base.RawDatablock.parse(base.Bits.from_bytes(block))
    assert not isinstance(raw, ValueError), raw
    records, spares = [], []
    for b in raw:
        parsed = c.cv_uap.parse(b.get_raw_records())
        if isinstance(parsed, ValueError):
            return {"category": c.cv_category, "edition": edition, "block": block.hex(), "error": str(parsed)}
        for r in parsed:
            records.append({n: value_of(x.arg.arg, spares) for n, x in r.items_regular.items()})
    return {"category": c.cv_category, "edition": edition, "block": block.hex(),
            "spare": any(spares), "records": records}


# --- random records, built from the structure that libasterix states


class Writer:
    def __init__(self, rng, spare):
        self.rng, self.spare, self.value, self.size = rng, spare, 0, 0

    def put(self, value, bits):
        self.value, self.size = self.value << bits | value, self.size + bits

    def bits(self, n):
        # Edges as well as the middle of the range.
        self.put(self.rng.choice((0, 1, (1 << n) - 1, 1 << n - 1, (1 << n - 1) - 1,
                                  self.rng.getrandbits(n), self.rng.getrandbits(n), self.rng.getrandbits(n))) & (1 << n) - 1, n)

    def item(self, i, size):
        if issubclass(i, base.Spare):
            self.put(self.rng.getrandbits(size) if self.spare else 0, size)
        else:
            self.nonspare(i.cv_non_spare)

    def nonspare(self, n):
        self.variation(n.cv_rule.cv_variation)

    def variation(self, v):
        rng = self.rng
        if issubclass(v, base.Element):
            rule = v.cv_rule
            content = getattr(rule, "cv_content", None)
            if content and issubclass(content, base.ContentString) and rng.random() < 0.7:
                alphabet = {base.StringICAO: "ABCXYZ0189 ", base.StringAscii: "ABZ09 -\"\\", base.StringOctal: "01234567"}
                string = content.cv_string_type
                chars = "".join(rng.choice(alphabet[string]) for _ in range(v.cv_bit_size // string.cv_bits_per_char))
                self.put(string.from_string(v.cv_bit_size, chars), v.cv_bit_size)
            else:
                self.bits(v.cv_bit_size)
        elif issubclass(v, base.Group):
            for i, size in v.cv_items_list:
                self.item(i, size)
        elif issubclass(v, base.Extended):
            n = rng.randint(1, len(v.cv_items_list))
            for k, extent in enumerate(v.cv_items_list[:n]):
                for x in extent:
                    if x is None:
                        self.put(int(k < n - 1), 1)
                    else:
                        self.item(*x)
        elif issubclass(v, base.Repetitive):
            n = rng.choice((1, 1, 2, 3, 7))
            if v.cv_rep_bytes:
                n = rng.choice((0, n, n))
                self.put(n, 8 * v.cv_rep_bytes)
            for k in range(n):
                self.variation(v.cv_variation)
                if not v.cv_rep_bytes:
                    self.put(int(k < n - 1), 1)
        elif issubclass(v, base.Explicit):
            n = rng.choice((0, 1, 5, 30))
            self.put(n + 1, 8)
            for _ in range(n):
                self.bits(8)
        else:
            assert issubclass(v, base.Compound), v
            chosen = [x if x is not None and rng.random() < 0.4 else None for x in v.cv_items_list]
            self.presence(chosen)
            for x in chosen:
                if x is not None:
                    self.nonspare(x)

    def presence(self, chosen):
        last = max([i for i, x in enumerate(chosen) if x is not None], default=0) // 7
        for i in range((last + 1) * 7):
            self.put(int(i < len(chosen) and chosen[i] is not None), 1)
            if i % 7 == 6:
                self.put(int(i // 7 < last), 1)


def record(c, rng):
    w = Writer(rng, rng.random() < 0.1)
    density = rng.choice((0.1, 0.4, 0.9))
    items = []
    for i in c.cv_uap.cv_record.cv_items_list:
        items.append(i.cv_non_spare if issubclass(i, base.UapItem) and rng.random() < density else None)
    if not any(items):
        items[0] = c.cv_uap.cv_record.cv_items_list[0].cv_non_spare
    w.presence(items)
    for x in items:
        if x is not None:
            w.nonspare(x)
    assert w.size % 8 == 0
    return w.value.to_bytes(w.size // 8, "big")


def block(category, records):
    body = b"".join(records)
    return bytes([category]) + (len(body) + 3).to_bytes(2, "big") + body


def main():
    sys.setrecursionlimit(10000)
    mode = sys.argv[1]
    if mode == "random":
        count, rng = int(sys.argv[2]), random.Random(int(sys.argv[3]))
        for category in CATEGORIES:
            for c in generated.manifest["CATS"][category]:
                left = count
                while left > 0:
                    n = min(left, rng.choice((1, 1, 1, 4)))
                    left -= n
                    b = block(category, [record(c, rng) for _ in range(n)])
                    print(json.dumps(line(c, "%d.%d" % c.cv_edition, b)))
    elif mode == "parse":
        for text_line in sys.stdin:
            want = json.loads(text_line)
            c = spec(want["category"], want["edition"])
            print(json.dumps(line(c, want["edition"], bytes.fromhex(want["block"]))))
    elif mode == "rate":
        newest = {k: generated.manifest["CATS"][k][-1] for k in CATEGORIES}
        blocks = [bytes.fromhex(x) for x in open(sys.argv[2]).read().split()]
        count, start = 0, time.perf_counter()
        for b in blocks:
            for raw in base.RawDatablock.parse(base.Bits.from_bytes(b)):
                for r in newest[raw.get_category()].cv_uap.parse(raw.get_raw_records()):
                    count += 1
        seconds = time.perf_counter() - start
        print(json.dumps({"records": count, "seconds": seconds, "records_per_second": count / seconds}))


if __name__ == "__main__":
    main()
