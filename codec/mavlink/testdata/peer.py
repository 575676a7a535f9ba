"""pymavlink as the other side of the tests of package mavlink.

    peer.py log FILE EVERY   summary line, then every EVERY-th message
    peer.py send SEED        random messages of every type: frame and values
    peer.py read             frames in hexadecimal on stdin: their values
"""

import collections
import json
import math
import os
import random
import struct
import sys

os.environ["MAVLINK20"] = "1"
from pymavlink import mavutil  # noqa: E402
from pymavlink.dialects.v20 import ardupilotmega as dialect  # noqa: E402


def plain(value):
    """A value as JSON can carry it: bytes as numbers, no NaN."""
    if isinstance(value, (bytes, bytearray)):
        return list(value)
    if isinstance(value, (list, tuple)):
        return [plain(v) for v in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value


def values(m):
    raw = {}
    for name in m.fieldnames:
        text = getattr(m, "_" + name + "_raw", None)  # before pymavlink decodes it
        value = plain(text if text is not None else getattr(m, name))
        raw[name] = value
    return raw


def out(o):
    sys.stdout.write(json.dumps(o) + "\n")


def log(path, every):
    conn = mavutil.mavlink_connection(path, dialect="ardupilotmega")
    names = collections.Counter()
    bad = bad_bytes = good = 0
    sample, last, lost = [], {}, collections.Counter()
    while (m := conn.recv_msg()) is not None:
        kind = m.get_type()
        if kind == "BAD_DATA":
            bad += 1
            bad_bytes += len(m.data)
            continue
        names[kind] += 1
        sender = f"{m.get_srcSystem()}/{m.get_srcComponent()}"
        gap = (m.get_seq() - last.get(sender, m.get_seq() - 1) - 1) % 256
        lost[sender] += gap if gap < 128 else 0
        last[sender] = m.get_seq()
        if good % every == 0:
            sample.append({
                "index": good, "time": round(m._timestamp * 1e6), "name": kind,
                "system": m.get_srcSystem(), "component": m.get_srcComponent(),
                "sequence": m.get_seq(), "fields": values(m),
            })
        good += 1
    out({"names": names, "bad": bad, "bad_bytes": bad_bytes, "lost": lost})
    for s in sample:
        out(s)


def number(rnd, code, edge):
    size = struct.calcsize("<" + code)
    while True:
        raw = bytes(rnd.getrandbits(8) for _ in range(size))
        if edge == 1:
            raw = b"\0" * size
        elif edge == 2 and code not in "fd":
            raw = b"\xff" * size
        value = struct.unpack("<" + code, raw)[0]
        if isinstance(value, int) or math.isfinite(value):
            return value


def arguments(rnd, cls, edge):
    codes = {
        "uint8_t": "B", "int8_t": "b", "uint16_t": "H", "int16_t": "h", "uint32_t": "I",
        "int32_t": "i", "uint64_t": "Q", "int64_t": "q", "float": "f", "double": "d",
    }
    args = []
    for i, kind in enumerate(cls.fieldtypes):
        length = cls.array_lengths[cls.ordered_fieldnames.index(cls.fieldnames[i])]
        if kind == "char":
            n = rnd.randrange(max(1, length) + 1) if edge == 0 else 0
            args.append(bytes(rnd.randrange(1, 128) for _ in range(n)))
        elif length:
            args.append([number(rnd, codes[kind], edge) for _ in range(length)])
        else:
            args.append(number(rnd, codes[kind], edge))
    return args


def send(seed):
    rnd = random.Random(seed)
    mav = dialect.MAVLink(None, srcSystem=7, srcComponent=9)
    for ident, cls in sorted(dialect.mavlink_map.items()):
        for edge in (0, 0, 0, 0, 1, 2):
            for version in (2, 1, 3):  # 3: version 2, signed
                if version == 1 and ident > 255:
                    continue
                m = cls(*arguments(rnd, cls, edge))
                mav.signing.secret_key = b"k" * 32 if version == 3 else None
                mav.signing.sign_outgoing = version == 3
                mav.signing.link_id, mav.signing.timestamp = 5, 1_000_000_000_000 + mav.seq
                frame = m.pack(mav, force_mavlink1=version == 1)
                # What it reads back itself: strings cut, extensions dropped.
                mav.signing.secret_key = None
                back = mav.decode(bytearray(frame))
                out({
                    "frame": frame.hex(), "name": cls.msgname, "id": ident, "version": 1 if version == 1 else 2,
                    "signed": version == 3, "sequence": mav.seq, "fields": values(back),
                })
                mav.seq = (mav.seq + 1) % 256


def read():
    mav = dialect.MAVLink(None)
    for line in sys.stdin:
        m = mav.decode(bytearray.fromhex(line))
        out({
            "name": m.get_type(), "id": m.get_msgId(), "system": m.get_srcSystem(),
            "component": m.get_srcComponent(), "sequence": m.get_seq(), "fields": values(m),
        })


if sys.argv[1] == "log":
    log(sys.argv[2], int(sys.argv[3]))
elif sys.argv[1] == "send":
    send(int(sys.argv[2]))
else:
    read()
