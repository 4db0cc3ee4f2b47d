"""IN AND OUT: files, boundaries, geocoders and the plan store.

Importing the package shuts the drivers of GDAL that follow links to other files,
servers and commands. GDAL reads the list once, when it is loaded, so this comes first.
"""

import os

FOLLOWERS = (
    *("VRT", "OGR_VRT", "GDALG", "HTTP", "WFS", "OAPIF", "OGCAPI", "CSW", "GeoRSS"),
    *("AmigoCloud", "Carto", "EEDA", "Elasticsearch", "NGW", "PLSCENES", "ADBC"),
    *("PGDUMP", "GTFS", "MVT", "PMTiles", "MBTiles", "PDS4", "OGR_PDS", "VICAR"),
    *("AIVector", "AVCBin", "AVCE00", "GML", "LVBAG", "MapML", "S57", "SXF", "VDV"),
)
"""Drivers nobody needs here: they follow links, or are old and little tested."""

os.environ["OGR_SKIP"] = ",".join(FOLLOWERS)
os.environ["CPL_VSIL_CURL_ALLOWED_EXTENSIONS"] = "none"
os.environ["GDAL_HTTP_MAX_RETRY"] = "0"
