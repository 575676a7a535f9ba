"""Where rays of a camera meet the ground, independent of Atalaya: scipy turns
the camera, pymap3d does the rest.

usage: ray_peer.py [RAW COLUMNS ROWS LON0 LAT0 STEP] < QUESTIONS > ANSWERS

A question is a JSON object a line: at [lat, lon, height above the ellipsoid],
yaw, pitch, roll, pan, tilt, right, down (tangents), k, range. Without RAW the
ground is the ellipsoid; RAW holds int16 posts, taken for heights above it, and
rays go over it in steps of 0.5 m.
"""

import json
import sys

import numpy as np
import pymap3d
import pymap3d.los
from scipy.spatial.transform import Rotation

if len(sys.argv) > 1:
    columns, rows, lon0, lat0, step = map(float, sys.argv[2:])
    posts = np.fromfile(sys.argv[1], dtype="<i2").reshape(int(rows), int(columns)).astype(float)


def ground(lat, lon):
    c, r = (lon - lon0) / step, (lat0 - lat) / step
    i, j = np.floor(r).astype(int), np.floor(c).astype(int)
    inside = (i >= 0) & (j >= 0) & (i < rows - 1) & (j < columns - 1)
    i, j = np.where(inside, i, 0), np.where(inside, j, 0)
    u, v = c - j, r - i
    z = (posts[i, j] * (1 - u) * (1 - v) + posts[i, j + 1] * u * (1 - v)
         + posts[i + 1, j] * (1 - u) * v + posts[i + 1, j + 1] * u * v)
    return np.where(inside, z, np.inf)


for line in sys.stdin:
    q = json.loads(line)
    turn = (Rotation.from_euler("ZYX", [q["yaw"], q["pitch"], q["roll"]], degrees=True)
            * Rotation.from_euler("ZY", [q["pan"], q["tilt"]], degrees=True))
    north, east, down = turn.apply([1, q["right"], q["down"]])
    azimuth = np.degrees(np.arctan2(east, north)) % 360
    elevation = np.degrees(np.arctan2(-down, np.hypot(north, east)))
    lat0_, lon0_, h0 = q["at"]
    if len(sys.argv) == 1:
        lat, lon, distance = map(float, pymap3d.los.lookAtSpheroid(lat0_, lon0_, h0, azimuth, 90 + elevation))
        met = not np.isnan(distance)
    else:
        s = np.arange(0, q["range"], 0.5)
        lat, lon, h = pymap3d.aer2geodetic(azimuth, elevation, s, lat0_, lon0_, h0)
        a, f = 6378137.0, 1 / 298.257223563
        e2 = f * (2 - f)
        radius = a * (1 - f) / (1 - e2 * np.sin(np.radians(lat0_)) ** 2)
        h = h - q["k"] * (s * np.cos(np.radians(elevation))) ** 2 / (2 * radius)
        below = np.flatnonzero(h <= ground(lat, lon))
        met = len(below) > 0
        if met:
            lat, lon, distance = float(lat[below[0]]), float(lon[below[0]]), float(s[below[0]])
    print(json.dumps({"met": bool(met), "lat": lat, "lon": lon, "range": distance} if met else {"met": False}))
