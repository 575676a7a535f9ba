"""libasterix over a stream of ASTERIX data blocks.

    json FILE     every record as a line of JSON, all items as physical values
    decode FILE   libasterix's record of each, its items not looked at

Both end with a line of JSON on standard error: messages, seconds.
"""

import json
import sys
import time

import asterix.base as base
import asterix.generated as generated


def blocks(stream):
    at = 0
    while at < len(stream):
        size = int.from_bytes(stream[at + 1:at + 3], "big")
        yield stream[at:at + size]
        at += size


def element(e):
    rule = e._get_rule()
    if not isinstance(rule, base.RuleContentContextFree):
        return e.as_uint()
    content = rule._get_content()
    if isinstance(content, base.ContentQuantity):
        return content._as_quantity()
    if isinstance(content, base.ContentInteger):
        return content.as_integer()
    if isinstance(content, base.ContentString):
        return content.as_string()
    return content.as_uint()


def value(v):
    if isinstance(v, base.Element):
        return element(v)
    if isinstance(v, base.Group):
        return named(v.arg)
    if isinstance(v, base.Extended):
        return {k: x for extent in v.arg for k, x in named(extent).items()}
    if isinstance(v, base.Repetitive):
        return [value(x) for x in v._get_list()]
    if isinstance(v, base.Explicit):
        return v.get_bytes().hex()
    return {name: value(x.arg.arg) for name, x in v.arg.items()}


def named(items):
    return {i.arg.__class__.cv_name: value(i.arg.arg.arg) for i in items if i is not None and not isinstance(i, base.Spare)}


def main():
    mode, path = sys.argv[1:]
    newest = {category: editions[-1] for category, editions in generated.manifest["CATS"].items()}
    stream = open(path, "rb").read()
    count, began = 0, time.perf_counter()
    for block in blocks(stream):
        for raw in base.RawDatablock.parse(base.Bits.from_bytes(block)):
            for record in newest[raw.get_category()].cv_uap.parse(raw.get_raw_records()):
                count += 1
                if mode == "json":
                    items = {name: value(x.arg.arg) for name, x in record.items_regular.items()}
                    sys.stdout.write(json.dumps(items) + "\n")
    print(json.dumps({"messages": count, "seconds": time.perf_counter() - began}), file=sys.stderr)


main()
