"""The user's own polygons: every format, guessed ids, and files that are refused."""

from __future__ import annotations

import json
import sqlite3
import warnings
import zipfile
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from data.boundaries import read_units
from data.polygons import read_polygons
from geo.errors import InputError

OHIO = [(-83.1, 39.9), (-83.0, 39.9), (-82.9, 39.9)]


@pytest.fixture
def squares() -> gpd.GeoDataFrame:
    """Three squares of 0.1 degrees in a row, west to east: ZIPs 02139, 43201, 43202."""
    return gpd.GeoDataFrame(
        {
            "note": ["a", "a", "b"],
            "ZIP": ["02139", "43201", "43202"],
            "NAME": ["West", "Middle", "East"],
            "STUSPS": "OH",
        },
        geometry=[shapely.box(x, y, x + 0.1, y + 0.1) for x, y in OHIO],
        crs=4326,
    )


def written(frame: gpd.GeoDataFrame, folder: Path, name: str) -> Path:
    path = folder / name
    if path.suffix == ".parquet":
        frame.to_parquet(path)
    elif path.suffix == ".zip":
        frame.to_file(folder / "areas.shp")
        with zipfile.ZipFile(path, "w") as archive:
            for part in sorted(folder.glob("areas.*")):
                archive.write(part, f"areas/{part.name}")
    elif path.suffix == ".kml":
        frame.to_file(path, driver="KML")
    else:
        frame.to_file(path)
    return path


FORMATS = [
    "areas.geojson",
    "areas.gpkg",
    "areas.fgb",
    "areas.shp",
    "areas.zip",
    "areas.parquet",
]


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same_units(
    squares: gpd.GeoDataFrame, tmp_path: Path, name: str
) -> None:
    polygons = read_polygons(written(squares, tmp_path, name))
    polygons = polygons.sort_values("unit_id")
    assert list(polygons["unit_id"]) == ["02139", "43201", "43202"]
    assert list(polygons["name"]) == ["West", "Middle", "East"]
    assert list(polygons["state"]) == ["OH", "OH", "OH"]
    assert polygons.crs == "EPSG:4326"
    assert polygons.geometry.iloc[0].equals(squares.geometry.iloc[0])


def test_kml_and_kmz_are_read(squares: gpd.GeoDataFrame, tmp_path: Path) -> None:
    kml = written(squares.rename(columns={"ZIP": "id"}), tmp_path, "areas.kml")
    with zipfile.ZipFile(tmp_path / "areas.kmz", "w") as archive:
        archive.write(kml, "doc.kml")
    for path in (kml, tmp_path / "areas.kmz"):
        polygons = read_polygons(path)
        assert len(polygons) == 3
        assert polygons["unit_id"].is_unique


def test_own_polygons_become_units_of_the_accounts_crs(
    squares: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    path = written(squares, tmp_path, "areas.gpkg")
    units = read_units(str(path))
    assert units.crs == "EPSG:5070"
    assert list(units.index) == ["02139", "43201", "43202"]
    assert str(units.attrs["unit_set"]).startswith("own@areas#")
    assert shapely.coverage_is_valid(units.geometry.to_numpy())


@pytest.mark.parametrize(
    ("columns", "ids"),
    [
        ({"GEOID": [1, 2, 3]}, ["1", "2", "3"]),
        ({"zip": [2139, 43201, 501]}, ["02139", "43201", "00501"]),
        ({"zip": [1.0, 1.0, 2.0], "code": ["x", "y", "z"]}, ["x", "y", "z"]),
        ({"label": ["p", "q", "r"], "n": [7, 8, 9]}, ["p", "q", "r"]),
        ({"label": ["p", "p", "r"], "n": [7, 8, 9]}, ["7", "8", "9"]),
        ({"label": ["p", "p", "r"]}, ["1", "2", "3"]),
        ({"id": ["a", "", "c"], "other": ["k", "l", "m"]}, ["k", "l", "m"]),
    ],
)
def test_the_id_is_the_first_column_that_tells_all_rows_apart(
    squares: gpd.GeoDataFrame,
    tmp_path: Path,
    columns: dict[str, list[object]],
    ids: list[str],
) -> None:
    frame = gpd.GeoDataFrame(columns, geometry=squares.geometry, crs=4326)
    path = written(frame, tmp_path, "areas.parquet")
    assert list(read_polygons(path)["unit_id"]) == ids


def test_the_layer_with_polygons_is_found_and_points_are_left_out(
    squares: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    path = tmp_path / "layers.gpkg"
    points = squares.set_geometry(squares.representative_point())
    points.to_file(path, layer="a_points")
    mixed = pd.concat([squares, points.iloc[:1]], ignore_index=True)
    mixed.to_file(path, layer="areas")
    polygons = read_polygons(path)
    assert len(polygons) == 3
    assert polygons.attrs["left_out"] == 1


def test_of_two_layers_the_finer_one_is_read(
    squares: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    path = tmp_path / "layers.gpkg"
    squares.dissolve("STUSPS").to_file(path, layer="a_states")
    squares.to_file(path, layer="zips")
    assert len(read_polygons(path)) == 3


def test_a_topology_is_read_in_degrees(tmp_path: Path) -> None:
    path = tmp_path / "areas.json"
    path.write_text(
        json.dumps(
            {
                "type": "Topology",
                "arcs": [[[0, 1], [0, 0], [1, 0], [1, 1], [0, 1]]],
                "objects": {
                    "areas": {
                        "type": "GeometryCollection",
                        "geometries": [{"type": "Polygon", "arcs": [[0]], "id": "07"}],
                    }
                },
            }
        ),
        encoding="utf-8",
    )
    polygons = read_polygons(path)
    assert list(polygons["unit_id"]) == ["07"]
    assert polygons.crs == "EPSG:4326"


def test_third_dimensions_are_dropped(
    squares: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    solid = squares.set_geometry(shapely.force_3d(squares.geometry.array, 5.0))
    polygons = read_polygons(written(solid, tmp_path, "areas.gpkg"))
    assert not polygons.has_z.any()


def refused(path: Path) -> str:
    with pytest.raises(InputError) as refusal:
        read_polygons(path)
    return str(refusal.value)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    assert refused(tmp_path / "none.gpkg") == (
        "There is no file 'none.gpkg'. Check the path, or choose a kind."
    )


@pytest.mark.parametrize(
    "name", ["http://127.0.0.1/x.geojson", "/vsicurl/http://127.0.0.1/x.json"]
)
def test_an_address_is_no_file(name: str) -> None:
    with pytest.raises(InputError, match="There is no file"):
        read_units(name)


def test_a_file_that_reads_others_is_refused_whatever_its_name(tmp_path: Path) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("WKT,id\n'POINT (1 2)',password\n", encoding="utf-8")
    link = (
        f'<OGRVRTDataSource><OGRVRTLayer name="secret"><SrcDataSource>{secret}'
        "</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
    )
    path = tmp_path / "areas.geojson"
    path.write_text(link, encoding="utf-8")
    assert "holds no polygons that can be read" in refused(path)
    with zipfile.ZipFile(tmp_path / "areas.zip", "w") as archive:
        archive.write(path, "areas.geojson")
    assert "holds no polygons that can be read" in refused(tmp_path / "areas.zip")


@pytest.mark.parametrize("name", FORMATS)
def test_half_a_file_is_refused_in_a_sentence(
    squares: gpd.GeoDataFrame, tmp_path: Path, name: str
) -> None:
    source = tmp_path / "whole"
    source.mkdir()
    whole = written(squares, source, name).read_bytes()
    path = tmp_path / name
    path.write_bytes(whole[: len(whole) // 2])
    assert f"({name})" in refused(path)


@pytest.mark.parametrize(
    "content", [b"", b"\x00" * 100, b"PK\x03\x04 no", b"hello", b'{"type": "Fea']
)
def test_rubbish_is_refused_in_a_sentence(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "areas.geojson"
    path.write_bytes(content)
    assert "(areas.geojson)" in refused(path)


def test_a_zip_without_a_map_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "areas.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "nothing")
    assert refused(path) == (
        "The archive holds no map (areas.zip). Zip the .shp file with its parts."
    )


def test_a_zip_bomb_is_refused_unopened(tmp_path: Path) -> None:
    path = tmp_path / "areas.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("areas.geojson", b" " * 20_000_000)
    assert "unpacks to" in refused(path)


def test_a_zip_cannot_write_outside_its_folder(
    squares: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    path = tmp_path / "areas.zip"
    inner = written(squares, tmp_path, "inner.geojson")
    with zipfile.ZipFile(path, "w") as archive:
        archive.write(inner, "../../evil.geojson")
    assert len(read_polygons(path)) == 3
    assert not list(tmp_path.parent.rglob("evil.geojson"))


def test_points_alone_are_refused(squares: gpd.GeoDataFrame, tmp_path: Path) -> None:
    points = squares.set_geometry(squares.representative_point())
    path = written(points, tmp_path, "areas.geojson")
    assert refused(path) == "The file holds no polygons (areas.geojson). Export areas."


@pytest.mark.parametrize("name", ["areas.shp", "areas.zip", "areas.parquet"])
def test_polygons_without_a_coordinate_system_are_refused(
    squares: gpd.GeoDataFrame, tmp_path: Path, name: str
) -> None:
    bare = squares.set_crs(None, allow_override=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = written(bare, tmp_path, name)
    assert refused(path) == (
        f"The file does not say its coordinate system ({name}). "
        "Add the .prj file, or export it in EPSG:4326."
    )


def test_metres_that_claim_to_be_degrees_are_refused(
    squares: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    metres = squares.to_crs(5070).set_crs(4326, allow_override=True)
    path = written(metres, tmp_path, "areas.parquet")
    assert "The coordinates are not degrees" in refused(path)


def test_a_coordinate_that_is_no_number_is_refused(
    squares: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    corners = np.array([[0, 0], [0, 1], [np.inf, 1], [0, 0]])
    shapes = squares.geometry.to_list()
    shapes[1] = shapely.Polygon(corners)
    path = written(squares.set_geometry(shapes, crs=4326), tmp_path, "areas.parquet")
    assert "A coordinate is not a number" in refused(path)


def test_a_view_in_a_geopackage_is_not_run(
    squares: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    path = written(squares, tmp_path, "areas.gpkg")
    with closing(sqlite3.connect(path)) as base, base:
        base.execute("CREATE TABLE kept AS SELECT * FROM gpkg_contents")
        base.execute("UPDATE gpkg_contents SET table_name = 'trap'")
        base.execute(
            "CREATE VIEW trap AS WITH RECURSIVE c(x) AS "
            "(SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT x AS fid FROM c"
        )
    assert "(areas.gpkg)" in refused(path)
