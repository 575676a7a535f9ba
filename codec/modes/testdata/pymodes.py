"""Decodes the frames on standard input with pyModeS, one JSON object a line.

frames: every line is a frame in hexadecimal.
pipe:   every line is a time in seconds and a frame; positions come of pairs.
"""

import json
import sys

from pyModeS import PipeDecoder, decode


def main() -> None:
    pipe = None
    if sys.argv[1] == "pipe":
        reference = None
        if len(sys.argv) > 3:
            reference = (float(sys.argv[2]), float(sys.argv[3]))
        pipe = PipeDecoder(surface_ref=reference)
    for line in sys.stdin:
        if pipe is None:
            result = decode(line.strip())
        else:
            at, frame = line.split()
            result = pipe.decode(frame, timestamp=float(at))
        print(json.dumps(dict(result), default=str))


main()
