"""Makes GeoTIFF files of every kind with GDAL and says what is in them.

usage: oracle.py FOLDER DATA

Writes into FOLDER the files, for each one its heights as GDAL reads them
(little-endian float64, voids NaN), and index.json.
"""

import json
import pathlib
import random
import re
import struct
import sys

import numpy
from osgeo import gdal, osr

gdal.UseExceptions()
gdal.PushErrorHandler("CPLQuietErrorHandler")
folder, data = (pathlib.Path(a) for a in sys.argv[1:3])
index = {"files": [], "refused": []}


def dump(path, window=None):
    """Notes what GDAL reads of a file, or of a window of it."""
    ds = gdal.Open(str(path))
    band = ds.GetRasterBand(1)
    x, y, w, h = window or (0, 0, ds.RasterXSize, ds.RasterYSize)
    with numpy.errstate(invalid="ignore"):
        z = band.ReadAsArray(x, y, w, h).astype("<f8")
        if band.DataType == gdal.GDT_Byte and band.GetMetadataItem("PIXELTYPE", "IMAGE_STRUCTURE") == "SIGNEDBYTE":
            z = numpy.where(z > 127, z - 256, z)
        void = band.GetMaskBand().ReadAsArray(x, y, w, h) == 0
        z = z * (band.GetScale() or 1) + (band.GetOffset() or 0)
    z[void | ~numpy.isfinite(z)] = numpy.nan
    raw = folder / f"{len(index['files'])}.raw"
    z.tofile(raw)

    srs = ds.GetSpatialRef()
    flat = srs.Clone()
    if flat.IsCompound():
        flat.StripVertical()
    flat.DemoteTo2D()
    wgs84 = osr.SpatialReference()
    wgs84.ImportFromEPSG(4326)
    if flat.GetAttrValue("DATUM") != "WGS_1984":
        # Datums within two metres are taken for WGS 84: the same here.
        plain = re.sub(r"\+(datum|ellps|towgs84)=\S+", "", flat.ExportToProj4())
        flat.ImportFromProj4(plain + " +datum=WGS84")
    for s in (flat, wgs84):
        s.SetAxisMappingStrategy(osr.OAMS_TRADITIONAL_GIS_ORDER)
    to = osr.CoordinateTransformation(flat, wgs84)
    g = ds.GetGeoTransform()
    points = []
    for c, r in [(0, 0), (ds.RasterXSize - 1, 0), (0, ds.RasterYSize - 1), (ds.RasterXSize / 3, ds.RasterYSize / 7)]:
        lon, lat, _ = to.TransformPoint(g[0] + (c + 0.5) * g[1], g[3] + (r + 0.5) * g[5])
        points.append([c, r, lat, lon])
    index["files"].append({
        "file": str(path), "raw": str(raw), "window": [x, y, w, h],
        "width": ds.RasterXSize, "height": ds.RasterYSize, "points": points,
    })


def make(name, source, **options):
    path = folder / (name + ".tif")
    gdal.Translate(str(path), source, **options)
    return path


def refuse(name, why, source, **options):
    path = make(name, source, **options)
    index["refused"].append({"file": str(path), "why": why})


def turned(path):
    """A big-endian copy of a little-endian file whose samples stand in bytes: only the tags are turned."""
    b = bytearray(path.read_bytes())
    at = struct.unpack_from("<I", b, 4)[0]
    (n,) = struct.unpack_from("<H", b, at)
    struct.pack_into(">2sHI", b, 0, b"MM", 42, at)
    struct.pack_into(">H", b, at, n)
    for e in range(at + 2, at + 2 + 12 * n, 12):
        tag, kind, count = struct.unpack_from("<HHI", b, e)
        struct.pack_into(">HHI", b, e, tag, kind, count)
        code = {3: "H", 4: "I", 12: "d", 16: "Q"}.get(kind, "s")
        values = e + 8
        if count * struct.calcsize(code) > 4:
            values = struct.unpack_from("<I", b, e + 8)[0]
            struct.pack_into(">I", b, e + 8, values)
        if code != "s":
            struct.pack_into(f">{count}{code}", b, values, *struct.unpack_from(f"<{count}{code}", b, values))
    next = at + 2 + 12 * n
    struct.pack_into(">I", b, next, struct.unpack_from("<I", b, next)[0])
    path = path.with_name("turned-" + path.name)
    path.write_bytes(b)
    return path


def memory(z, kind, nodata=None, like=None, srs=4326):
    ds = gdal.GetDriverByName("MEM").Create("", z.shape[1], z.shape[0], 1, kind)
    if like is not None:
        ds.SetGeoTransform(like.GetGeoTransform())
    else:
        ds.SetGeoTransform([-69.5, 1 / 240, 0, -15.5, 0, -1 / 240])
    s = osr.SpatialReference()
    s.SetFromUserInput(f"EPSG:{srs}" if isinstance(srs, int) else srs)
    ds.SetSpatialRef(s)
    ds.GetRasterBand(1).WriteArray(z)
    if nodata is not None:
        ds.GetRasterBand(1).SetNoDataValue(nodata)
    return ds


# Real files.
for path in sorted(data.rglob("*.tif")):
    ds = gdal.Open(str(path))
    if ds.RasterXSize * ds.RasterYSize < 2_000_000:
        dump(path)
    else:
        some = random.Random(7)
        for _ in range(3):
            w, h = 700, 300
            dump(path, (some.randrange(ds.RasterXSize - w), some.randrange(ds.RasterYSize - h), w, h))
        dump(path, (ds.RasterXSize - 300, ds.RasterYSize - 200, 300, 200))

# A piece of the lake with a hole, of odd size.
z = gdal.Open(str(data / "titicaca_15s_lakeflat_4326.tif")).ReadAsArray(300, 200, 150, 133).astype("f8")
z[20:40, 30:90] = -9999
z[132, 149] = -9999
fraction = z + numpy.where(z == -9999, 0, numpy.sin(numpy.arange(z.size).reshape(z.shape)))

# Every kind of TIFF.
for kind, values, nodata in [
    ("Int16", z, -9999), ("UInt16", numpy.where(z < 0, 65535, z), 65535),
    ("Float32", fraction, -9999), ("Float64", fraction, -9999),
]:
    source = memory(values, gdal.GetDataTypeByName(kind), nodata)
    for compression in ["NONE", "LZW", "DEFLATE", "ZSTD"]:
        predictors = [1] if compression == "NONE" else [1, 2, 3] if "Float" in kind else [1, 2]
        if kind == "Float64" and 2 in predictors:
            predictors.remove(2)  # libtiff 4.5 has none
        for predictor in predictors:
            for layout in ["TILED=YES BLOCKXSIZE=64 BLOCKYSIZE=48", "BLOCKYSIZE=7", "BLOCKYSIZE=133"]:
                for big in ["YES", "NO"]:
                    for endian in ["LITTLE", "BIG"]:
                        if (predictor, endian) == (3, "BIG"):
                            continue  # libtiff 4.5 swaps the bytes before it takes differences, and cannot read that itself
                        options = [f"COMPRESS={compression}", f"BIGTIFF={big}", f"ENDIANNESS={endian}", *layout.split()]
                        if predictor > 1:
                            options.append(f"PREDICTOR={predictor}")
                        name = "-".join([kind, *options]).replace("=", "")
                        path = make(name, source, creationOptions=options)
                        dump(path)
                        if predictor == 3 and big == "NO":
                            dump(turned(path))

# Other types.
for kind in ["Byte", "Int32", "UInt32"]:
    small = numpy.where(z < 0, 255, z % 251)
    for endian in ["LITTLE", "BIG"]:
        source = memory(small, gdal.GetDataTypeByName(kind), 255)
        dump(make(f"type-{kind}-{endian}", source, creationOptions=["COMPRESS=LZW", "PREDICTOR=2", f"ENDIANNESS={endian}"]))
dump(make("type-signed-byte", memory(z % 256, gdal.GDT_Byte), creationOptions=["PIXELTYPE=SIGNEDBYTE", "COMPRESS=DEFLATE", "PREDICTOR=2"]))

# Nodata values.
holes = fraction.copy()
holes[50:60, :] = numpy.nan
for i, nodata in enumerate([float("nan"), -3.4028234663852886e38, 1e300, -32768.5, None]):
    dump(make(f"nodata-float32-{i}", memory(numpy.where(z == -9999, nodata or 0, holes), gdal.GDT_Float32, nodata)))
for i, nodata in enumerate([-99999, 0.5, float("nan"), -32768, None]):
    path = folder / f"nodata-int16-{i}.tif"
    ds = gdal.GetDriverByName("GTiff").CreateCopy(str(path), memory(z, gdal.GDT_Int16))
    if nodata is not None:
        ds.GetRasterBand(1).SetNoDataValue(nodata)
    del ds
    dump(path)

# Left-out tiles, and Cloud Optimized ones with their overviews.
lake = memory(z, gdal.GDT_Int16, -9999)
lost = z.copy()
lost[:, :100] = -9999
dump(make("sparse", memory(lost, gdal.GDT_Int16, -9999), creationOptions=["SPARSE_OK=TRUE", "TILED=YES", "BLOCKXSIZE=16", "BLOCKYSIZE=16", "COMPRESS=DEFLATE"]))
large = memory(numpy.tile(fraction, (6, 6)), gdal.GDT_Float32, -9999)
for compression in ["NONE", "LZW", "DEFLATE", "ZSTD"]:
    dump(make(f"cog-{compression}", large, format="COG", creationOptions=[f"COMPRESS={compression}", "PREDICTOR=YES", "BLOCKSIZE=256"]))

# Coordinate systems.
for i, srs in enumerate([
    "EPSG:32719", "EPSG:32619", "EPSG:31979", "EPSG:5356", "EPSG:26911", "EPSG:25830", "EPSG:3857", "EPSG:3395",
    "+proj=utm +zone=19 +south +datum=WGS84", "EPSG:6341",
    "+proj=tmerc +lat_0=0 +lon_0=-69 +k=0.9996 +x_0=500000 +y_0=10000000 +datum=WGS84 +units=m",
    "+proj=tmerc +lat_0=0 +lon_0=-69 +k=0.9996 +x_0=500000 +y_0=0 +datum=NAD83 +units=m",
    "+proj=merc +datum=WGS84", "EPSG:4269", "EPSG:4674", "EPSG:5354",
    "EPSG:32719+5773", "EPSG:4326+3855", "EPSG:4979", "EPSG:4326+5703",
]):
    s = osr.SpatialReference()
    s.SetFromUserInput(srs)
    here = [500000, 450, 0, 8200000, 0, -450] if s.IsProjected() else [-69.5, 1 / 240, 0, -15.5, 0, -1 / 240]
    ds = memory(z, gdal.GDT_Int16, -9999, srs=srs)
    ds.SetGeoTransform(here)
    for convention in ["Area", "Point"]:
        ds.SetMetadataItem("AREA_OR_POINT", convention)
        path = make(f"system-{i}-{convention}", ds)
        dump(path)
        index["files"][-1]["system"] = srs
for srs in ["EPSG:32719", "EPSG:3857", "EPSG:3395"]:
    path = folder / f"warped-{srs[5:]}.tif"
    gdal.Warp(str(path), lake, dstSRS=srs, creationOptions=["COMPRESS=ZSTD", "PREDICTOR=2"])
    dump(path)

# Scales.
ds = memory(z, gdal.GDT_Int16, -9999)
ds.GetRasterBand(1).SetScale(0.1)
ds.GetRasterBand(1).SetOffset(1000)
ds.GetRasterBand(1).SetUnitType("m")
ds.SetMetadataItem("SCALE", "7")
dump(make("scaled", ds))

# What is refused.
refuse("bands", "it has 3 bands", lake, bandList=[1, 1, 1])
refuse("jpeg", "JPEG", memory(z % 255, gdal.GDT_Byte), creationOptions=["COMPRESS=JPEG"])
refuse("packbits", "PackBits", lake, creationOptions=["COMPRESS=PACKBITS"])
refuse("complex", "complex numbers of 64 bits", memory(z, gdal.GDT_CFloat32))
refuse("half", "real numbers of 16 bits", memory(z, gdal.GDT_Float32), creationOptions=["NBITS=16"])
refuse("twelve", "unsigned integers of 12 bits", memory(z % 4000, gdal.GDT_UInt16), creationOptions=["NBITS=12"])
for name, why, srs in [
    ("psad56", "EPSG:24879 (PSAD56 / UTM)", 24879), ("psad56-degrees", "EPSG:4248 (PSAD56)", 4248),
    ("lambert", "EPSG:2154 (RGF93 v1 / Lambert-93)", 2154), ("feet", "US survey feet", 2227), ("wgs72", "WGS 72", 32219),
    ("own-lambert", "coordinate system of its own", "+proj=lcc +lat_1=10 +lat_2=20 +datum=WGS84"),
    ("own-meridian", "no UTM zone", "+proj=tmerc +lat_0=0 +lon_0=-68 +k=0.9996 +x_0=500000 +y_0=10000000 +datum=WGS84"),
    ("own-datum", "datum that we do not know", "+proj=longlat +ellps=intl +towgs84=-270,188,-388"),
    ("own-ellipsoid", "datum that we do not know", "+proj=utm +zone=19 +south +ellps=GRS80 +towgs84=0,0,0"),
    ("paris", "from a meridian at 2.33", "+proj=longlat +datum=WGS84 +pm=paris"),
    ("heights-in-feet", "feet", "EPSG:4326+6360"), ("depths", "downwards", "EPSG:4326+5715"),
    ("kilometres", "kilometres", "+proj=utm +zone=19 +south +datum=WGS84 +units=km"),
]:
    refuse(name, why, memory(z, gdal.GDT_Int16, -9999, srs=srs))
ds = memory(z, gdal.GDT_Int16, -9999)
ds.GetRasterBand(1).SetUnitType("ft")
refuse("unit-feet", '"ft"', ds)
for name, why, transform in [
    ("rotated", "rotated", [-69.5, 0.004, 0.001, -15.5, 0.001, -0.004]),
    ("south-up", "south to north", [-69.5, 0.004, 0, -15.5, 0, 0.004]),
    ("nowhere", "nowhere on Earth", [500000, 30, 0, 8200000, 0, -30]),
]:
    ds = memory(z, gdal.GDT_Int16, -9999)
    ds.SetGeoTransform(transform)
    refuse(name, why, ds)
ds = gdal.GetDriverByName("MEM").Create("", 10, 10, 1, gdal.GDT_Int16)
refuse("no-system", "no GeoTIFF keys", ds)
s = osr.SpatialReference()
s.ImportFromEPSG(4326)
ds.SetSpatialRef(s)
refuse("no-place", "where its posts stand", ds)
ds.SetGCPs([gdal.GCP(-69, -15, 0, 0, 0), gdal.GCP(-68, -15, 0, 9, 0), gdal.GCP(-69, -16, 0, 0, 9)], s)
refuse("control-points", "ground control points", ds)
gdal.SetConfigOption("GDAL_TIFF_INTERNAL_MASK", "YES")
ds = gdal.GetDriverByName("GTiff").Create(str(folder / "mask.tif"), 64, 64, 1, gdal.GDT_Int16)
ds.SetGeoTransform([-69.5, 1 / 240, 0, -15.5, 0, -1 / 240])
ds.SetSpatialRef(s)
ds.CreateMaskBand(gdal.GMF_PER_DATASET)
ds.GetRasterBand(1).GetMaskBand().Fill(255)
del ds
index["refused"].append({"file": str(folder / "mask.tif"), "why": "mask"})
make("pages", lake)
gdal.GetDriverByName("GTiff").CreateCopy(str(folder / "pages.tif"), lake, options=["APPEND_SUBDATASET=YES"])
index["refused"].append({"file": str(folder / "pages.tif"), "why": "several pictures"})

(folder / "index.json").write_text(json.dumps(index, allow_nan=False))
