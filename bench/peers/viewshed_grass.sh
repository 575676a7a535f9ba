# r.viewshed of GRASS over a GeoTIFF, run by 'grass --tmp-location FILE --exec'.
#   FILE X Y MAST RADIUS K OUT   with TARGET and MEMORY (MB) in the environment
set -euo pipefail
r.external --quiet input="$1" output=ground
g.region raster=ground
r.viewshed --quiet -c -r -b input=ground output=seen coordinates="$2,$3" \
  observer_elevation="$4" target_elevation="$TARGET" max_distance="$5" refraction_coeff="$6" memory="$MEMORY"
[ -z "$7" ] || r.out.gdal --quiet --overwrite -f input=seen output="$7" format=GTiff type=Byte nodata=255
