"""Compares names of coordinate systems with EPSG's.

usage: codes.py FILE   (JSON: Code, Name)
"""

import json
import pathlib
import sys

from osgeo import osr

osr.UseExceptions()
known = json.loads(pathlib.Path(sys.argv[1]).read_text())
for k in known:
    s = osr.SpatialReference()
    try:
        s.ImportFromEPSG(k["Code"])
    except RuntimeError as e:
        print(f"EPSG:{k['Code']} ({k['Name']}): {e}")
        continue
    if s.GetName() != k["Name"]:
        print(f"EPSG:{k['Code']} is {s.GetName()!r}, not {k['Name']!r}")
    if abs(s.GetSemiMajor() - 6378137) > 1e-3 or abs(s.GetInvFlattening() - 298.2572) > 1e-3:
        print(f"EPSG:{k['Code']} has another ellipsoid")
print("compared", len(known))
