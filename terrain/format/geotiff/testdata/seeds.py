"""Makes the small files that fuzzing starts from.

usage: seeds.py FOLDER
"""

import pathlib
import sys

import numpy
from osgeo import gdal, osr

gdal.UseExceptions()
folder = pathlib.Path(sys.argv[1])
folder.mkdir(exist_ok=True)
z = 3810 + numpy.add.outer(numpy.arange(20) ** 2, numpy.arange(18)).astype("f8")
z[3, 4] = -9999


def make(name, kind, srs, *options, nodata=-9999, format="GTiff", scale=None):
    ds = gdal.GetDriverByName("MEM").Create("", z.shape[1], z.shape[0], 1, kind)
    s = osr.SpatialReference()
    s.SetFromUserInput(srs)
    ds.SetGeoTransform([500000, 30, 0, 8200000, 0, -30] if s.IsProjected() else [-69.5, 1 / 240, 0, -15.5, 0, -1 / 240])
    ds.SetSpatialRef(s)
    ds.GetRasterBand(1).WriteArray(z)
    ds.GetRasterBand(1).SetNoDataValue(nodata)
    if scale:
        ds.GetRasterBand(1).SetScale(scale)
        ds.GetRasterBand(1).SetUnitType("m")
    gdal.GetDriverByName(format).CreateCopy(str(folder / (name + ".tif")), ds, options=list(options))


tiles = ["TILED=YES", "BLOCKXSIZE=16", "BLOCKYSIZE=16"]
make("plain", gdal.GDT_Int16, "EPSG:4326")
make("big-endian", gdal.GDT_Float32, "EPSG:32719", "ENDIANNESS=BIG", "BLOCKYSIZE=5")
make("lzw", gdal.GDT_UInt16, "EPSG:4674", "COMPRESS=LZW", "PREDICTOR=2", *tiles, scale=0.5)
make("deflate", gdal.GDT_Float64, "EPSG:3857", "COMPRESS=DEFLATE", "PREDICTOR=3")
make("zstd", gdal.GDT_Float32, "EPSG:4326+5773", "COMPRESS=ZSTD", "PREDICTOR=3", "BIGTIFF=YES", *tiles)
make("zstd-strips", gdal.GDT_Int32, "+proj=tmerc +lat_0=0 +lon_0=-69 +k=0.9996 +x_0=500000 +y_0=0 +datum=WGS84", "COMPRESS=ZSTD", "PREDICTOR=2")
make("cog", gdal.GDT_Int16, "EPSG:4326", "COMPRESS=DEFLATE", format="COG")
for p in folder.glob("*.xml"):
    p.unlink()
