"""pymavlink over telemetry logs.

    json FILE...     every good message as a line of JSON
    decode FILE...   pymavlink's message object of each, dropped

Both end with a line of JSON on standard error: messages, bad, seconds.
"""

import json
import os
import sys
import time

os.environ["MAVLINK20"] = "1"
from pymavlink import mavutil  # noqa: E402


def plain(value):
    return list(value) if isinstance(value, (bytes, bytearray)) else str(value)


def main():
    mode, paths = sys.argv[1], sys.argv[2:]
    good = bad = 0
    began = time.perf_counter()
    for path in paths:
        log = mavutil.mavlink_connection(path, dialect="ardupilotmega")
        while (m := log.recv_msg()) is not None:
            if m.get_type() == "BAD_DATA":
                bad += 1
                continue
            good += 1
            if mode == "json":
                sys.stdout.write(json.dumps(m.to_dict(), default=plain) + "\n")
    print(json.dumps({"messages": good, "bad": bad, "seconds": time.perf_counter() - began}), file=sys.stderr)


main()
