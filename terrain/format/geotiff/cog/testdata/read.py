"""Says what GDAL reads of Cloud Optimized GeoTIFF files, and whether they are.

usage: read.py FILE...

Writes beside each file its values and those of its overviews as FILE.0,
FILE.1 ... (little-endian float64, voids NaN), and JSON to the standard output.
"""

import json
import pathlib
import sys

import numpy
from osgeo import gdal
from osgeo_utils.samples.validate_cloud_optimized_geotiff import validate

gdal.UseExceptions()
out = []
for path in sys.argv[1:]:
    warnings, errors, _ = validate(path, full_check=True)
    gdal.ErrorReset()
    ds = gdal.Open(path)
    band = ds.GetRasterBand(1)
    srs = ds.GetSpatialRef()
    sizes = []
    for i, b in enumerate([band, *(band.GetOverview(i) for i in range(band.GetOverviewCount()))]):
        z = b.ReadAsArray().astype("<f8")
        z[b.GetMaskBand().ReadAsArray() == 0] = numpy.nan
        pathlib.Path(f"{path}.{i}").write_bytes(z.tobytes())
        sizes.append([b.XSize, b.YSize])
    flat = srs.Clone()
    if flat.IsCompound():
        flat.StripVertical()
    out.append({
        "complaints": errors + warnings + ([gdal.GetLastErrorMsg()] if gdal.GetLastErrorMsg() else []),
        "sizes": sizes,
        "block": band.GetBlockSize(),
        "type": gdal.GetDataTypeName(band.DataType),
        "epsg": flat.GetAuthorityCode(None),
        "vertical": srs.GetAuthorityCode("VERT_CS") if srs.IsCompound() else None,
        "transform": ds.GetGeoTransform(),
        "unit": band.GetUnitType(),
        "metadata": ds.GetMetadata(),
        "structure": ds.GetMetadata("IMAGE_STRUCTURE"),
    })
print(json.dumps(out))
