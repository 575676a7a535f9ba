"""Computes every hash of an exported case anew, from nothing but docs/casefile.md.

usage: verify.py FILE.json
Prints "ok" and the number of items, or what is wrong.
"""

import hashlib
import json
import math
import sys


def number(x):
    """A number as ECMAScript writes it (RFC 8785, 3.2.2.3)."""
    if isinstance(x, int):
        return str(x)
    assert math.isfinite(x)
    if x == 0:
        return "0"
    mantissa, exponent = f"{x:.17e}".split("e")
    digits, exponent = repr(x).lower(), int(exponent)
    digits = digits.split("e")[0].replace(".", "").replace("-", "").lstrip("0").rstrip("0") or "0"
    # digits * 10^(n - len(digits)), as the standard's n and k
    n, k = exponent + 1, len(digits)
    sign = "-" if x < 0 else ""
    if k <= n <= 21:
        return sign + digits + "0" * (n - k)
    if 0 < n <= 21:
        return sign + digits[:n] + "." + digits[n:]
    if -6 < n <= 0:
        return sign + "0." + "0" * -n + digits
    e = f"{'+' if n > 0 else '-'}{abs(n - 1)}"
    return sign + digits[0] + ("." + digits[1:] if k > 1 else "") + "e" + e


def string(s):
    short = {8: "\\b", 9: "\\t", 10: "\\n", 12: "\\f", 13: "\\r", 34: '\\"', 92: "\\\\"}
    return '"' + "".join(short.get(ord(c)) or (f"\\u{ord(c):04x}" if ord(c) < 32 else c) for c in s) + '"'


def canonical(v):
    if v is None or isinstance(v, bool):
        return {None: "null", True: "true", False: "false"}[v]
    if isinstance(v, str):
        return string(v)
    if isinstance(v, (int, float)):
        return number(v)
    if isinstance(v, list):
        return "[" + ",".join(map(canonical, v)) + "]"
    names = sorted(v, key=lambda s: s.encode("utf-16-be"))
    return "{" + ",".join(string(n) + ":" + canonical(v[n]) for n in names) + "}"


def sha(v):
    return hashlib.sha256(canonical(v).encode()).hexdigest()


def main(path):
    with open(path, encoding="utf-8") as f:
        case = json.load(f)
    manifest = case["manifest"]
    assert manifest["format"] == "atalaya-case-1", manifest["format"]
    assert sha(manifest) == case["manifest_sha256"], "the manifest has another hash"
    items = case["items"]
    listed = [{k: i[k] for k in ("name", "kind", "sha256")} for i in items]
    assert listed == manifest["items"], "the manifest names other items"
    for i in items:
        assert sha(i["content"]) == i["sha256"], i["name"] + " has another hash"
    assert len({i["name"] for i in items}) == len(items), "a name comes twice"
    assert items[0]["name"] == "case" and items[0]["content"]["id"] == manifest["case"]
    print("ok", len(items))


if __name__ == "__main__":
    try:
        main(sys.argv[1])
    except AssertionError as e:
        sys.exit(str(e))
