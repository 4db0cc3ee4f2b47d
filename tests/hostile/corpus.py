"""More than 300 hostile files, all made by code; same seed, same bytes.

Every maker is a generator of (name, content). ``CANARY`` is the path of a file that
nothing may read, ``URL`` an address nothing may ask, ``MARK`` a file nothing may make.
"""

from __future__ import annotations

import io
import json
import random
import sqlite3
import struct
import tempfile
import zipfile
from collections.abc import Iterator
from contextlib import closing
from functools import cache
from pathlib import Path

import geopandas as gpd
import openpyxl
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import shapely

Files = Iterator[tuple[str, bytes]]
SEED = 7


def corpus(canary: Path, url: str, mark: Path) -> Files:
    """Give every file of the corpus."""
    for maker in (texts, cells, documents, workbooks, packages, parquets):
        for name, content in maker():
            yield f"{maker.__name__}/{name}", content
    for name, content in links(canary, url, mark):
        yield f"links/{name}", content


def flips(content: bytes, n: int, name: str) -> Files:
    """Give n copies with a few bytes changed, and some cut short."""
    rng = random.Random(SEED)
    for i in range(n):
        damaged = bytearray(content)
        for _ in range(rng.randint(1, 12)):
            damaged[rng.randrange(len(damaged))] = rng.randrange(256)
        yield f"{name}_flip{i}", bytes(damaged)
    for i in range(1, 7):
        yield f"{name}_cut{i}", content[: len(content) * i // 7]


def texts() -> Files:
    """Text that is no table, or a strange one."""
    good = "id,name,zip,lat,lon\n" + "1,A,02139,42.3,-71.1\n" * 20
    rng = random.Random(SEED)
    yield "nothing", b""
    yield "blanks", b" \n\t\r\n" * 1000
    yield "only_newlines", b"\n" * 200_000
    yield "only_commas", b"," * 200_000
    yield "only_quotes", b'"' * 100_001
    yield "bom_only", b"\xef\xbb\xbf"
    yield "utf16_bom_only", b"\xff\xfe"
    yield "utf16_odd", b"\xff\xfe" + good.encode("utf-16-le") + b"a"
    yield "utf32", good.encode("utf-32")
    yield "utf7", good.encode("utf-7")
    yield "nuls", good.encode().replace(b"A", b"\0")
    yield "all_nul", bytes(10_000)
    yield "late_nul", good.encode() * 100 + b"\0\0"
    yield "overlong_utf8", b"id,zip\n\xc0\xaf,02139\n"
    yield "surrogate_utf8", b"id,zip\n\xed\xa0\x80,02139\n"
    yield "ebcdic", good.encode("cp500")
    yield "shift_jis", ("id,name,zip\n" + "1,東京都,100\n" * 50).encode("shift_jis")
    yield "one_line_10mb", b"a" * 10_000_000
    yield "one_cell_10mb", b'id,zip\n"' + b"x" * 10_000_000 + b'",02139\n'
    yield "wide", (",".join(f"c{i}" for i in range(100_000)) + "\n").encode()
    yield "wide_rows", (good + ",".join("x" * 50_000) + "\n").encode()
    yield "same_headings", ("a," * 900 + "a\n" + "1," * 900 + "1\n").encode()
    yield "blank_headings", ("," * 900 + "\n" + "1," * 900 + "1\n").encode()
    yield "open_quote_everywhere", ("id,zip\n" + '1,"a\n' * 30_000).encode()
    yield "open_quote_far", ("id,zip\n" + '1,"' + "a\n" * 50_000).encode()
    yield "quote_bomb", ("id,zip\n" + '"' * 50_001 + "\n" + good).encode()
    yield (
        "ragged",
        ("id,zip\n" + "".join("x," * (i % 40) + "\n" for i in range(5000))).encode(),
    )
    yield "sep_line", b"sep=\n"
    yield "sep_odd", b"sep=\xff\nid\xffzip\n"
    yield "sep_quote", b'sep="\nid"zip\n1"02139\n'
    yield "header_only", b"id,zip\n"
    yield "header_twice", b"id,zip\nid,zip\nid,zip\n"
    yield "totals_only", b"id,name,zip\nTotal,,\nTotal,,\n"
    yield "carriage_returns", good.replace("\n", "\r").encode()
    yield "form_feeds", good.replace("\n", "\x0c").encode()
    yield "line_separators", good.replace("\n", "\u2028").encode()
    yield "controls", bytes(range(1, 32)) * 200
    yield "rtl", ("id,name,zip\n" + "1,\u202e\u2066evil,02139\n" * 9).encode()
    yield "zalgo", ("id,name,zip\n1,A" + "\u0301" * 20_000 + ",02139\n").encode()
    yield "pickle", b"\x80\x04cposix\nsystem\n(S'id'\ntR."
    yield "many_rows", b"id,zip\n" + b"1,02139\n" * 300_000
    for i in range(20):
        yield f"noise{i}", rng.randbytes(rng.randint(1, 5_000))
    for i in range(10):
        yield f"ascii_noise{i}", bytes(rng.choices(range(9, 127), k=4_000))
    yield from flips(good.encode(), 8, "csv")


NASTY = {
    "formula": '=HYPERLINK("http://x")',
    "dde": "=cmd|' /C calc'!A0",
    "template": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "dollar": "${7*7}",
    "script": "<script>alert(1)</script>",
    "img": "<img src=x onerror=alert(1)>",
    "sql": "'; DROP TABLE answer; --",
    "path": "../../../../etc/passwd",
    "url": "http://127.0.0.1:9/",
    "percent": "%s%s%s%n",
    "digits": "9" * 5_000,
    "long_float": "1." + "1" * 5_000,
    "huge_power": "1e999999999",
    "brackets": "(" * 500,
    "signs": "-" * 500,
    "spaces": "1" + " " * 5_000 + "1",
    "points": "1." * 3_000,
    "commas": "1,234," * 1_000,
    "degrees": "1\u00b0" * 2_000,
    "minutes": "40 26 46 N " * 500,
    "wkt": "POINT(" + "1 " * 2_000 + ")",
    "wkt_inf": "POINT(inf nan)",
    "slashes": "1/" * 2_000,
    "thai_digits": "\u0e51\u0e52\u0e53\u0e54\u0e55",
    "superscript": "\u00b2\u00b3",
    "nan": "nan",
    "inf": "-inf",
    "hex": "0x1F",
    "nul_text": "\\x00",
    "emoji": "\U0001f469\u200d\U0001f52c" * 300,
    "zip_like": "0" * 400 + "-" + "0" * 400,
    "iso": "2024-99-99T99:99:99",
    "far_year": "9999-12-31",
    "year_zero": "0000-01-01",
    "serial": "99999.99999",
    "rounded": "1.23457E+11",
    "wrapped": '="' * 200,
}


def cells() -> Files:
    """One nasty text in every column of a table that is otherwise fine."""
    heads = ["id", "name", "street", "city", "state", "zip", "country", "lat", "lon"]
    heads += ["revenue", "visits", "last visit", "owner", "stage"]
    for name, text in NASTY.items():
        frame = pd.DataFrame({h: [text, f"{text}2", text] for h in heads})
        yield f"{name}", frame.to_csv(index=False).encode("utf-8", "surrogatepass")
    tables = [
        {"geometry": ["x"], "index": ["1"], "level_0": ["2"], "zip": ["02139"]},
        {"account_id": ["a"], "match": ["none"], "score": ["x"], "zip": ["02139"]},
        {"__class__": ["a"], "zip": ["02139"], "lat": ["1e308"], "lon": ["-1e308"]},
        {"id": ["a"] * 400, "lat": ["91"] * 400, "lon": ["181"] * 400},
        {"id": ["a", "a"], "zip": ["02139", "02138"]},
    ]
    for i, table in enumerate(tables):
        yield f"columns{i}", pd.DataFrame(table).to_csv(index=False).encode()


def feature(geometry: object, **properties: object) -> dict[str, object]:
    return {"type": "Feature", "geometry": geometry, "properties": properties}


def documents() -> Files:
    """GeoJSON with every part of the wrong kind, size or depth."""
    point = {"type": "Point", "coordinates": [-71.1, 42.3]}
    ring = [[0, 0], [1, 0], [1, 1], [0, 0]]
    area = {"type": "Polygon", "coordinates": [ring]}
    good = {
        "type": "FeatureCollection",
        "features": [feature(point, id="1", zip="02139")] * 5,
    }
    areas = {"type": "FeatureCollection", "features": [feature(area, id="1")] * 3}
    for label, document in (("points", good), ("areas", areas)):
        yield from flips(json.dumps(document).encode(), 6, label)
    wrong: list[object] = [None, 3, "x", [], {}, [None], True, 1e308]
    for i, value in enumerate(wrong):
        yield f"top{i}", json.dumps(value).encode()
        yield f"features{i}", json.dumps({**good, "features": value}).encode()
        yield f"feature{i}", json.dumps({**good, "features": [value]}).encode()
        yield (
            f"properties{i}",
            json.dumps(
                {**good, "features": [{**feature(point), "properties": value}]}
            ).encode(),
        )
        yield (
            f"geometry{i}",
            json.dumps({**good, "features": [feature(value)]}).encode(),
        )
        shaped = {"type": "Polygon", "coordinates": value}
        yield (
            f"coordinates{i}",
            json.dumps({**areas, "features": [feature(shaped)]}).encode(),
        )
        yield f"crs{i}", json.dumps({**good, "crs": value}).encode()
        yield (
            f"cell{i}",
            json.dumps({**good, "features": [feature(point, id=value)]}).encode(),
        )
    for i, text in enumerate(("NaN", "Infinity", "-Infinity", "1e999", "1" * 5000)):
        body = json.dumps(good).replace("-71.1", text)
        yield f"number{i}", body.encode()
        yield (
            f"area_number{i}",
            json.dumps(areas).replace("1, 0", f"{text}, 0").encode(),
        )
    yield "deep_list", b"[" * 200_000
    yield "deep_object", b'{"a":' * 200_000
    yield "deep_cell", json.dumps(good).replace('"1"', "[" * 900 + "]" * 900).encode()
    yield (
        "deep_coordinates",
        json.dumps(good).replace("[-71.1, 42.3]", "[" * 900 + "1" + "]" * 900).encode(),
    )
    yield (
        "collections",
        json.dumps(good)
        .replace(
            json.dumps(point),
            '{"type":"GeometryCollection","geometries":[' * 200
            + json.dumps(point)
            + "]}" * 200,
        )
        .encode(),
    )
    yield "lone_surrogate", json.dumps(good).replace('"1"', '"\\ud800"').encode()
    yield "surrogate_key", json.dumps(good).replace('"zip"', '"\\udfff"').encode()
    yield "nul_cell", json.dumps(good).replace('"1"', '"a\\u0000b"').encode()
    yield (
        "many_keys",
        json.dumps(
            {**good, "features": [feature(point, **{f"k{i}": 1 for i in range(5_000)})]}
        ).encode(),
    )
    yield (
        "other_keys_each",
        json.dumps(
            {**good, "features": [feature(point, **{f"k{i}": 1}) for i in range(2_500)]}
        ).encode(),
    )
    line = [[i / 1e5, 0.0] for i in range(200_000)]
    long = {"type": "LineString", "coordinates": line}
    yield "long_line", json.dumps({**good, "features": [feature(long)]}).encode()
    bow = {"type": "Polygon", "coordinates": [[[0, 0], [1, 1], [1, 0], [0, 1], [0, 0]]]}
    yield "bow_tie", json.dumps({**areas, "features": [feature(bow, id="x")]}).encode()
    names = [
        "EPSG:0",
        "EPSG:" + "9" * 90,
        "x" * 10_000,
        "/etc/passwd",
        "file:///etc/passwd",
    ]
    names += [
        "+proj=longlat +nadgrids=/etc/passwd",
        "urn:ogc:def:crs:EPSG::5070",
        "EPSG:\x00",
    ]
    for i, name in enumerate(names):
        crs = {"type": "name", "properties": {"name": name}}
        yield f"crs_name{i}", json.dumps({**good, "crs": crs}).encode()
        yield f"area_crs_name{i}", json.dumps({**areas, "crs": crs}).encode()


def workbook() -> bytes:
    made = openpyxl.Workbook()
    sheet = made.active
    assert sheet is not None
    for row in [
        ["id", "name", "zip", "seen"],
        ["1", "A", 2139, "x"],
        ["2", "B", 2138, "y"],
    ]:
        sheet.append(row)
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


def swapped(content: bytes, **parts: bytes | None) -> bytes:
    """Give a zip with some parts replaced, or left out (None)."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            key = name.rsplit("/", 1)[-1].replace(".", "_").strip("_")
            part = parts.get(key, old.read(name))
            if part is not None:
                new.writestr(name, part)
    return stream.getvalue()


HEAD = b'<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'


def worksheet(rows: str) -> bytes:
    return HEAD + b"<sheetData>" + rows.encode() + b"</sheetData></worksheet>"


def workbooks() -> Files:
    """Workbooks with bad zips, bad XML, bad cells and bombs."""
    good = workbook()
    yield from flips(good, 20, "xlsx")
    with zipfile.ZipFile(io.BytesIO(good)) as archive:
        names = archive.namelist()
    for i, name in enumerate(names):
        key = name.rsplit("/", 1)[-1].replace(".", "_").strip("_")
        yield f"without{i}", swapped(good, **{key: None})
        yield f"empty_part{i}", swapped(good, **{key: b""})
        yield f"noise_part{i}", swapped(good, **{key: b"<a><b></a>"})
    laughs = b'<!DOCTYPE x [<!ENTITY a "haha">' + b"".join(
        f'<!ENTITY {chr(98 + i)} "{f"&{chr(97 + i)};" * 10}">'.encode()
        for i in range(9)
    )
    bomb = laughs + b"]>" + worksheet('<row r="1"><c t="str"><v>&j;</v></c></row>')
    yield "laughs", swapped(good, sheet1_xml=bomb)
    yield (
        "laughs_strings",
        swapped(good, sharedStrings_xml=laughs + b"]><sst>&j;</sst>"),
    )
    rows = {
        "far_cell": '<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>',
        "bad_reference": '<row r="x"><c r="1A"><v>1</v></c></row>',
        "string_index": '<row r="1"><c r="A1" t="s"><v>999999999</v></c></row>',
        "negative_index": '<row r="1"><c r="A1" t="s"><v>-5</v></c></row>',
        "no_number": '<row r="1"><c r="A1" t="n"><v>abc</v></c></row>',
        "huge_number": '<row r="1"><c r="A1"><v>1e999</v></c></row>',
        "nan": '<row r="1"><c r="A1"><v>NaN</v></c></row>',
        "style": '<row r="1"><c r="A1" s="99999"><v>1</v></c></row>',
        "date": '<row r="1"><c r="A1" t="d"><v>9999-99-99</v></c></row>',
        "error": '<row r="1"><c r="A1" t="e"><v>#REF!</v></c></row>',
        "formula": '<row r="1"><c><f>WEBSERVICE("http://127.0.0.1")</f></c></row>',
        "array": '<row r="1"><c><f t="array" ref="A1:XFD1048576">1</f></c></row>',
        "many_cells": "".join(
            f'<row r="{i}">' + "<c><v>1</v></c>" * 20 + "</row>"
            for i in range(1, 8_000)
        ),
        "blank_rows": "<row/>" * 200_000,
        "row_jump": '<row r="1"><c><v>1</v></c></row><row r="9999999"/>',
        "backwards": '<row r="9"><c><v>1</v></c></row><row r="1"><c><v>2</v></c></row>',
    }
    for name, text in rows.items():
        yield name, swapped(good, sheet1_xml=worksheet(text))
    yield (
        "huge_dimension",
        swapped(
            good, sheet1_xml=HEAD + b'<dimension ref="A1:XFD1048576"/></worksheet>'
        ),
    )
    yield "zeros", packed({"xl/workbook.xml": bytes(300_000_000)})
    yield "many_parts", packed({f"xl/{i}": b"" for i in range(11_000)})
    yield "slip", packed({"../../xl/workbook.xml": b"<x/>", "xl/workbook.xml": b"<x/>"})
    yield "locked", encrypted_flag(good)
    yield "ole", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(4096)
    yield "zip_comment", b"PK\x05\x06" + bytes(18)
    yield "nested", packed({"xl/a.xlsx": packed({"xl/b": good})})


def packed(parts: dict[str, bytes]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return stream.getvalue()


def encrypted_flag(content: bytes) -> bytes:
    """Set the bit "encrypted" of every entry in the zip's directory."""
    changed = bytearray(content)
    at = changed.find(b"PK\x01\x02")
    while at >= 0:
        changed[at + 8] |= 1
        at = changed.find(b"PK\x01\x02", at + 4)
    return bytes(changed)


FOREVER = "WITH RECURSIVE c(x) AS (SELECT 1 UNION ALL SELECT x+1 FROM c) SELECT"


@cache
def plain_package() -> bytes:
    """Give a GeoPackage of one layer, its triggers and its index dropped."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.gpkg"
        columns = {"id": ["1", "2"], "zip": "02139"}
        points = [shapely.Point(-71.1, 42.3)] * 2
        frame = gpd.GeoDataFrame(columns, geometry=points, crs=4326)
        frame.to_file(path, layer="a", SPATIAL_INDEX="NO")
        with closing(sqlite3.connect(path)) as base:
            query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            for (name,) in base.execute(query).fetchall():
                base.execute(f'DROP TRIGGER "{name}"')
            base.commit()
        return path.read_bytes()


def package(*statements: str, blob: bytes | None = None) -> bytes:
    """Give the GeoPackage changed by SQL statements, or with another geometry."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.gpkg"
        path.write_bytes(plain_package())
        with closing(sqlite3.connect(path)) as base:
            for statement in statements:
                base.execute(statement)
            if blob is not None:
                base.execute("UPDATE a SET geom = ?", (blob,))
            base.commit()
        return path.read_bytes()


def packages() -> Files:
    """GeoPackages that are damaged, lie, or never end."""
    yield from flips(package(), 14, "gpkg")
    yield (
        "view_for_ever",
        package(
            "ALTER TABLE a RENAME TO b",
            f"CREATE VIEW a AS {FOREVER} x AS id, x AS geom FROM c",
        ),
    )
    yield (
        "contents_for_ever",
        package(
            "DROP TABLE gpkg_contents",
            f"CREATE VIEW gpkg_contents AS {FOREVER} 'a' AS table_name, "
            "'features' AS data_type FROM c",
        ),
    )
    yield (
        "generated",
        package("ALTER TABLE a ADD COLUMN g AS (hex(zeroblob(900000000))) VIRTUAL"),
    )
    yield "no_contents", package("DROP TABLE gpkg_contents")
    yield "no_geometry_columns", package("DROP TABLE gpkg_geometry_columns")
    yield "no_srs", package("DELETE FROM gpkg_spatial_ref_sys")
    yield "srs_text", package("UPDATE gpkg_geometry_columns SET srs_id = 'x'")
    yield (
        "srs_evil",
        package("UPDATE gpkg_spatial_ref_sys SET organization = '/etc/passwd'"),
    )
    yield "no_layer", package("DELETE FROM gpkg_contents")
    yield (
        "quoted_name",
        package(
            'ALTER TABLE a RENAME TO "a""; DROP TABLE a; --"',
            "UPDATE gpkg_contents SET table_name = 'a\"; DROP TABLE a; --'",
        ),
    )
    yield (
        "schema_is_layer",
        package("UPDATE gpkg_contents SET table_name = 'sqlite_master'"),
    )
    yield "empty_layer", package("DELETE FROM a")
    wkb = b"GP\x00\x01" + struct.pack("<i", 4326)
    blobs = {
        "none": b"",
        "short": b"GP",
        "text": b"GP hello",
        "envelope": b"GP\x00\xff" + bytes(40),
        "nan": wkb + b"\x01\x01\x00\x00\x00" + struct.pack("<2d", float("nan"), 1),
        "huge": wkb + b"\x01\x01\x00\x00\x00" + struct.pack("<2d", 1e308, -1e308),
        "count": wkb + b"\x01\x02\x00\x00\x00\xff\xff\xff\x7f",
        "nested": wkb + b"\x01\x07\x00\x00\x00\x01\x00\x00\x00" * 5_000,
    }
    for name, blob in blobs.items():
        yield f"blob_{name}", package(blob=blob)
    yield "plain_sqlite", plain_sqlite()


def plain_sqlite() -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.db"
        with closing(sqlite3.connect(path)) as base:
            base.execute("CREATE TABLE t (id)")
            base.commit()
        return path.read_bytes()


def parquet(table: pa.Table, **meta: str) -> bytes:
    stream = io.BytesIO()
    told = {k.encode(): v.encode() for k, v in meta.items()}
    pq.write_table(table.replace_schema_metadata(told or None), stream)
    return stream.getvalue()


def parquets() -> Files:
    """Parquet files that are damaged, lie about their geometry, or nest."""
    point = shapely.Point(-71.1, 42.3).wkb
    plain = pa.table({"id": ["1", "2"], "zip": ["02139"] * 2, "geometry": [point] * 2})
    about = {"primary_column": "geometry", "columns": {"geometry": {"encoding": "WKB"}}}
    good = parquet(plain, geo=json.dumps({"version": "1.0.0", **about}))
    yield from flips(good, 20, "parquet")
    wrong = ["", "[]", "3", "{", "null", '{"primary_column": "x"}', "[" * 5_000]
    wrong += ['{"primary_column": "id", "columns": {"id": {"crs": "/etc/passwd"}}}']
    wrong += ['{"primary_column": "geometry", "columns": {"geometry": {"crs": {}}}}']
    wrong += ['{"primary_column": "geometry", "columns": [1]}']
    wrong += ['{"primary_column": ["geometry"], "columns": {"geometry": 3}}']
    for i, text in enumerate(wrong):
        yield f"geo{i}", parquet(plain, geo=text)
    columns = {
        "nested": pa.array([[[["x"] * 3] * 3] * 3] * 2),
        "structs": pa.array([{"a": {"b": 1}}] * 2),
        "binary": pa.array([b"\xff\xfe\x00"] * 2),
        "dates": pa.array([10**15, -(10**15)], pa.timestamp("us")),
        "nulls": pa.nulls(2),
        "halves": pa.array([1.5, float("inf")], pa.float64()),
        "big": pa.array(["x" * 2_000_000] * 2),
    }
    for name, column in columns.items():
        yield name, parquet(plain.append_column("c", column))
    yield "no_rows", parquet(plain.slice(0, 0))
    yield "no_columns", parquet(pa.table({}))
    yield "same_name", parquet(pa.table([pa.array(["1"])] * 3, names=["a", "a", "a"]))
    yield "squeezed", parquet(pa.table({"id": ["x" * 1_000] * 900_000}))


def links(canary: Path, url: str, mark: Path) -> Files:
    """Files that ask for another file, a server, or a command."""
    sources = {
        "file": str(canary),
        "curl": f"/vsicurl/{url}/x.csv",
        "http": f"{url}/x.json",
    }
    sources |= {
        "zip": f"/vsizip/{canary}",
        "stdin": "/vsistdin/",
        "sub": f"/vsisubfile/0_9,{canary}",
    }
    for name, source in sources.items():
        vrt = (
            f'<OGRVRTDataSource><OGRVRTLayer name="a"><SrcDataSource>{source}'
            "</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
        ).encode()
        yield f"vrt_{name}", vrt
        yield f"vrt_bom_{name}", b"\xef\xbb\xbf \n" + vrt
        yield f"vrt_xml_{name}", b'<?xml version="1.0"?>\n<!-- kml -->' + vrt
        yield f"vrt_zip_{name}", packed({"a.geojson": vrt, "b.kml": vrt})
        yield f"vrt_shp_{name}", packed({"a.shp": vrt, "a.dbf": vrt, "a.shx": vrt})
        yield (
            f"gdal_json_{name}",
            json.dumps({"type": "gdal_streamed_alg", "command_line": source}).encode(),
        )
        yield (
            f"esri_json_{name}",
            json.dumps({"geometryType": "x", "url": source}).encode(),
        )
        kml = (
            '<kml xmlns="http://www.opengis.net/kml/2.2"><Document><NetworkLink><Link><href>'
            f"{source}</href></Link></NetworkLink></Document></kml>"
        ).encode()
        yield f"kml_link_{name}", kml
        yield f"kmz_link_{name}", packed({"doc.kml": kml})
        xxe = f'<!DOCTYPE x [<!ENTITY c SYSTEM "{source}">]>'.encode()
        yield (
            f"kml_xxe_{name}",
            xxe + kml.replace(b"<Document>", b"<Document><name>&c;</name>"),
        )
        body = worksheet('<row r="1"><c t="str"><v>&c;</v></c></row>')
        yield f"xlsx_xxe_{name}", swapped(workbook(), sheet1_xml=xxe + body)
        yield (
            f"gml_{name}",
            f'<gml:x xmlns:gml="g" schemaLocation="g {source}"/>'.encode(),
        )
        yield f"gpx_{name}", xxe + b"<gpx><wpt lat='1' lon='1'/></gpx>"
        yield f"svg_{name}", f'<svg><image href="{source}"/></svg>'.encode()
        yield f"html_{name}", f'<html><table><tr><td><img src="{source}">'.encode()
        yield f"as_text_{name}", f"id,name,zip\n1,{source},02139\n".encode()
    command = f"touch {mark}"
    yield (
        "shell_csv",
        f"id,name,zip\n1,$({command}),02139\n2,`{command}`,02139\n".encode(),
    )
    yield (
        "python_csv",
        f"id,name,zip\n1,__import__('os').system('{command}'),1\n".encode(),
    )
    yield "pickle_bytes", b"cos\nsystem\n(S'" + command.encode() + b"'\ntR."
    yield "npy", b"\x93NUMPY\x01\x00v\x00{'descr': '|O', 'fortran_order': False}"
    yield "elf", b"\x7fELF" + bytes(500)
    yield "gzip", b"\x1f\x8b\x08" + bytes(500)
