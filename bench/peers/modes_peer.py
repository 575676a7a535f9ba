"""pyModeS over a file of "seconds,frame in hexadecimal" lines.

    decode FILE   every frame by itself, pyModeS.decode
    pipe FILE     as a stream: addresses and positions from frames before

Both make pyModeS's dictionary of every frame and drop it, and print how many
messages were good and how many seconds the loop took, reading apart.
"""

import json
import sys
import time

from pyModeS import PipeDecoder, decode


def main():
    mode, path = sys.argv[1:]
    rows = [line.strip().split(",") for line in open(path)]
    rows = [(float(at), frame) for at, frame in rows]
    pipe = PipeDecoder()
    good = 0
    began = time.perf_counter()
    for at, frame in rows:
        result = decode(frame) if mode == "decode" else pipe.decode(frame, timestamp=at)
        good += "error" not in result
    print(json.dumps({"messages": good, "seconds": time.perf_counter() - began}))


main()
