"""Writes maps with the pmtiles package, and reads them back through our server.

peer.py write FOLDER        lines of JSON: what each file is
peer.py read URL COOKIE     a line of JSON for each map: header, metadata and a hash of every tile
"""

import gzip
import hashlib
import json
import sys
import urllib.request

from pmtiles.reader import Reader, all_tiles
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import write


def tiles(kind):
    for z in range(0, 5):
        for x in range(2**z):
            for y in range(2**z):
                data = f"{kind} {z}/{x}/{y} ".encode() * 40
                yield zxy_to_tileid(z, x, y), gzip.compress(data, mtime=0) if kind == "mvt" else data


def make(folder, name, tile_type, metadata, bounds):
    with write(f"{folder}/{name}.pmtiles") as w:
        for tile_id, data in sorted(tiles(tile_type.name.lower())):
            w.write_tile(tile_id, data)
        west, south, east, north = bounds
        w.finalize(
            {
                "tile_type": tile_type,
                "tile_compression": Compression.GZIP if tile_type == TileType.MVT else Compression.NONE,
                "min_lon_e7": int(west * 1e7), "min_lat_e7": int(south * 1e7),
                "max_lon_e7": int(east * 1e7), "max_lat_e7": int(north * 1e7),
                "center_zoom": 1, "center_lon_e7": 0, "center_lat_e7": 0,
            },
            metadata,
        )
    print(json.dumps({"id": name, "bounds": bounds}))


def read(url, cookie):
    def get(offset, length):
        request = urllib.request.Request(url, headers={"Range": f"bytes={offset}-{offset + length - 1}", "Cookie": cookie})
        with urllib.request.urlopen(request) as answer:
            assert answer.status == 206, answer.status
            return answer.read()

    r = Reader(get)
    header, metadata = r.header(), r.metadata()
    digest, count = hashlib.sha256(), 0
    for zxy, data in all_tiles(get):
        digest.update(repr(zxy).encode() + data)
        count += 1
    print(json.dumps({
        "min_zoom": header["min_zoom"], "max_zoom": header["max_zoom"],
        "bounds": [header[k] / 1e7 for k in ("min_lon_e7", "min_lat_e7", "max_lon_e7", "max_lat_e7")],
        "name": metadata.get("name", ""), "count": count, "sha256": digest.hexdigest(),
    }))


if sys.argv[1] == "write":
    folder = sys.argv[2]
    bolivia = [-69.7, -22.9, -57.4, -9.6]
    make(folder, "caminos", TileType.MVT, {
        "name": "Caminos de Bolivia", "attribution": "<a href=\"https://example.org\">Ejemplo</a> &copy; 2026",
        "vector_layers": [{"id": "roads", "fields": {}}, {"id": "water", "fields": {}}],
    }, bolivia)
    make(folder, "satelite", TileType.PNG, {"name": "Satélite"}, [-180, -85, 180, 85])
    make(folder, "andes.terrarium", TileType.WEBP, {}, bolivia)
    make(folder, "relieve", TileType.PNG, {"encoding": "mapbox", "name": "Relieve"}, bolivia)
else:
    read(sys.argv[2], sys.argv[3])
