"""Lines of sight by brute force, independent of Atalaya: pyproj's geodesics, five
places a metre, bilinear ground by numpy.

usage: line_peer.py RAW COLUMNS ROWS LON0 LAT0 STEP < QUESTIONS > ANSWERS

RAW holds int16 posts by rows from the north-west, LON0 and LAT0 are of the
first post. A question is a JSON object a line: from and to [lat, lon, metres
above ground], k, and
post, how far from the ends ground counts only if it blocks. An answer is one a line too.
"""

import json
import sys

import numpy as np
from pyproj import Geod

raw, columns, rows, lon0, lat0, step = sys.argv[1], *map(float, sys.argv[2:])
posts = np.fromfile(raw, dtype="<i2").reshape(int(rows), int(columns)).astype(float)
geod = Geod(ellps="WGS84")
A, F = geod.a, geod.f


def ground(lon, lat):
    c, r = (np.asarray(lon) - lon0) / step, (lat0 - np.asarray(lat)) / step
    i, j = np.floor(r).astype(int), np.floor(c).astype(int)
    u, v = c - j, r - i
    return (posts[i, j] * (1 - u) * (1 - v) + posts[i, j + 1] * u * (1 - v)
            + posts[i + 1, j] * (1 - u) * v + posts[i + 1, j + 1] * u * v)


for line in sys.stdin:
    q = json.loads(line)
    (lat1, lon1, h1), (lat2, lon2, h2) = q["from"], q["to"]
    azimuth, _, length = geod.inv(lon1, lat1, lon2, lat2)
    n = 5 * int(length) + 2
    x = np.linspace(0, length, n + 1)
    lon, lat, _ = geod.fwd(np.full(n + 1, lon1), np.full(n + 1, lat1), np.full(n + 1, azimuth), x)
    z = ground(lon, lat)
    e2 = F * (2 - F)
    radius = A * np.sqrt(1 - e2) / (1 - e2 * np.sin(np.radians((lat1 + lat2) / 2)) ** 2)
    bulge = (1 - q["k"]) * x * (length - x) / (2 * radius)
    near, far = z[0] + h1, z[-1] + h2
    top = z + bulge
    clearance = near + (far - near) * x / length - top
    between = (x >= q["post"]) & (x <= length - q["post"])
    between |= clearance < 0
    between[[0, -1]] = False
    grazing = near + (top[1:-1] - near) * length / x[1:-1]
    answer = {"distance": length, "bearing": azimuth % 360, "blocked": bool(clearance[1:-1].min() < 0)}
    if between.any():
        i = np.flatnonzero(between)[clearance[between].argmin()]
        answer |= {"clearance": clearance[i], "clearance_at": x[i]}
    if grazing.max() > z[-1]:
        answer |= {"margin": far - grazing.max(), "horizon_at": x[1:-1][grazing.argmax()]}
    print(json.dumps(answer))
