"""Made-up accounts and reps to try the program with, as uneven as real ones.

Accounts gather where people work: a county by its labour force, a ZIP in it by the
size of its town, a point in it around the ZIP's middle; a third of them stand near
another one (Thomas, Biometrika 1949). Revenue is log-normal, as firm sizes are (Gibrat
1931; Axtell, Science 293, 2001). Every name and address is fictional.
"""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from data import demo_words as words
from data.atomic import write_bytes, write_text
from data.demo_helsinki import STREETS, in_helsinki
from data.demo_mess import soil
from data.demo_places import Ints, Texts, Towns, locations, towns
from data.demo_reps import AS_OF, align, demo_reps, reps_needed
from geo.errors import InputError
from geo.frames import ACCOUNTS, WGS84, Accounts, Reps, names
from sales.workload import workload

SAMPLES = Path(__file__).resolve().parent / "samples"
SAMPLE_SIZE, SAMPLE_SEED = 5000, 1
HELSINKI_SIZE, HELSINKI_SEED = 600, 3
"""Two reps, one near full and one with room."""

HEADINGS = {
    "account_id": "Account ID",
    "name": "Account Name",
    "street": "Street",
    "city": "City",
    "state": "State",
    "postal_code": "ZIP",
    "country": "Country",
    "region": "Region",
    "industry": "Industry",
    "customer_type": "Customer Type",
    "product": "Product Line",
    "channel": "Channel",
    "stage": "Stage",
    "revenue": "Annual Revenue",
    "potential": "Potential",
    "visits": "Visits per Year",
    "visit_min": "Visit Minutes",
    "owner": "Account Owner",
    "territory": "Territory",
    "last_visit": "Last Visit",
    "latitude": "Latitude",
    "longitude": "Longitude",
}
"""Columns of the written accounts, and their headings there."""

LEADS = 0.22
"""Share of accounts that are leads: potential, but no revenue yet."""
SIZES = {"Small": (0.72, 10.4), "Mid": (0.22, 11.9), "Enterprise": (0.06, 13.6)}
"""Kind of customer: share, and mean of the logarithm of revenue."""
SIGMA = 0.85
CLASSES = ((0.10, 12, 60), (0.30, 8, 45), (0.60, 4, 30), (1.00, 2, 20))
"""Top share by potential, visits a year, and mean minutes of a visit."""


def demo_accounts(n: int, *, seed: int) -> Accounts:
    """Make up n accounts in the 50 states and D.C.

    Owner and territory are empty until `align`; travel_h and workload_h until
    `sales.workload` fills them. A million take a minute, 100,000 five seconds.

    Parameters
    ----------
    n
        Number of accounts, at least 1.
    seed
        The same n and seed give the same accounts.

    Returns
    -------
    Accounts
        All columns of `geo.frames.ACCOUNTS`, points in degrees, ids A00001 and so on.

    Raises
    ------
    InputError
        When n is less than 1.
    """
    if n < 1:
        raise InputError("A demo needs at least one account", fix="Ask for 5000")
    rng = np.random.default_rng(seed)
    ground = towns()
    lon, lat, town = locations(n, rng)
    state = ground.state[town]
    columns = (
        _addresses(ground, town, rng)
        | _business(state, rng)
        | _visits_and_money(n, rng)
        | dict.fromkeys(("owner", "territory", "unit_id"), "")
        | {"match": "rooftop", "travel_h": np.nan, "workload_h": np.nan}
    )
    width = max(5, len(str(n)))
    index = pd.Index([f"A{i + 1:0{width}d}" for i in range(n)], name="account_id")
    return gpd.GeoDataFrame(
        {c: columns[c] for c in names(ACCOUNTS)[1:-1]},
        index=index,
        geometry=shapely.points(lon, lat),
        crs=WGS84,
    )


def _addresses(
    ground: Towns, town: Ints, rng: np.random.Generator
) -> dict[str, object]:
    numbers = rng.integers(1, 9900, size=len(town))
    streets = rng.choice(words.STREETS.strip().splitlines(), size=len(town))
    region = {s: r for r, states in words.REGIONS.items() for s in states.split()}
    return {
        "street": [f"{n} {s}" for n, s in zip(numbers, streets, strict=True)],
        "city": ground.city[town],
        "state": ground.state[town],
        "postal_code": ground.zip[town],
        "country": "US",
        "region": [region[s] for s in ground.state[town]],
    }


def _business(state: Texts, rng: np.random.Generator) -> dict[str, object]:
    """Give name, industry, product and channel; each state has its own mix."""
    n = len(state)
    industries = list(words.INDUSTRIES)
    shares = np.array([words.INDUSTRIES[i][0] for i in industries])
    known, row = np.unique(state.astype(str), return_inverse=True)
    mix = rng.dirichlet(40 * shares, size=len(known)).cumsum(axis=1)
    industry = np.minimum(
        (rng.random((n, 1)) > mix[row]).sum(axis=1), len(industries) - 1
    )
    kinds = [words.INDUSTRIES[i][1] for i in industries]
    which = rng.random(n)
    parts = zip(
        rng.choice(words.FIRST.split(), size=n),
        rng.choice(words.SECOND.split(), size=n),
        [
            kinds[i][int(u * len(kinds[i]))]
            for i, u in zip(industry, which, strict=True)
        ],
        strict=True,
    )
    name = pd.Series([" ".join(p) for p in parts])
    again = name.groupby(name).cumcount()
    numbered = name + " " + (again + 1).astype("str")
    return {
        "name": name.where(again == 0, numbered).to_numpy(),
        "industry": np.array(industries, dtype=object)[industry],
        "product": _pick(words.PRODUCTS, n, rng),
        "channel": _pick(words.CHANNELS, n, rng),
    }


def _pick(shares: dict[str, float], n: int, rng: np.random.Generator) -> Texts:
    values = np.array(list(shares), dtype=object)
    picked: Texts = values[rng.choice(len(values), size=n, p=list(shares.values()))]
    return picked


def _visits_and_money(n: int, rng: np.random.Generator) -> dict[str, object]:
    """Give size, stage, revenue, potential, and the visits that follow from it."""
    size = _pick({k: v[0] for k, v in SIZES.items()}, n, rng)
    mu = pd.Series(size).map({k: v[1] for k, v in SIZES.items()}).to_numpy()
    sales = rng.lognormal(mu, SIGMA)
    lead = rng.random(n) < LEADS
    potential = sales * (1 + rng.lognormal(-0.5, 0.8, size=n))
    rank = (np.argsort(np.argsort(-potential, kind="stable")) + 0.5) / n
    level = np.searchsorted([c[0] for c in CLASSES], rank)
    visits = np.array([c[1] for c in CLASSES])[level]
    mean_min = np.array([c[2] for c in CLASSES])[level]
    visit_min = np.clip(5 * np.round(rng.gamma(4, mean_min / 4) / 5), 10, 240)
    gone = np.minimum(rng.exponential(365 / visits), 1500).astype(int)
    last_visit = AS_OF - gone.astype("timedelta64[D]")
    never = rng.random(n) < np.where(lead, 0.5, 0.03)
    return {
        "customer_type": size,
        "stage": np.where(lead, "lead", "customer").astype(object),
        "revenue": np.where(lead, 0.0, np.round(sales, -1)),
        "potential": np.round(potential, -1),
        "visits": visits.astype(float),
        "visit_min": visit_min,
        "visit_h": visits * visit_min / 60,
        "last_visit": np.where(never, np.datetime64("NaT", "ms"), last_visit),
    }


def sample() -> tuple[Accounts, Reps]:
    """Read the shipped accounts and reps of the first screen, points in degrees.

    They are ``demo(SAMPLE_SIZE, seed=SAMPLE_SEED)``, stored.
    """
    folder = SAMPLES / "us"
    accounts = gpd.read_parquet(folder / "accounts.parquet")
    return accounts, gpd.read_parquet(folder / "reps.parquet")


def sample_helsinki() -> tuple[Accounts, Reps]:
    """Make the accounts and reps of the demo on real streets; about two seconds."""
    made = demo_accounts(HELSINKI_SIZE, seed=SAMPLE_SEED)
    return in_helsinki(made, seed=HELSINKI_SEED)


def demo(n: int, *, seed: int) -> tuple[Accounts, Reps]:
    """Make up n accounts with their workload, as many reps as they need, and owners.

    Parameters
    ----------
    n
        Number of accounts, at least 1.
    """
    accounts = workload(demo_accounts(n, seed=seed))
    reps = demo_reps(accounts, k=reps_needed(accounts), seed=seed)
    return align(accounts, reps, seed=seed), reps


def write_demo(
    folder: Path,
    *,
    name: str = "us",
    accounts: int = SAMPLE_SIZE,
    seed: int = SAMPLE_SEED,
) -> dict[str, object]:
    """Write made-up accounts, the same with dirt in 2 % of the rows, and reps.

    Parameters
    ----------
    folder
        Made if it is not there. Files of the same name are replaced.
    name
        "us", or "helsinki": there the streets are written too, as helsinki.osm.pbf.
    accounts
        Number of accounts, at least 1.

    Returns
    -------
    dict
        accounts and reps (their numbers) and files (paths).

    Raises
    ------
    InputError
        The name is unknown, the number is less than 1, the folder cannot be written.
    """
    if name not in ("us", "helsinki"):
        raise InputError(f"There is no demo '{name}'", fix="Use us or helsinki")
    if name == "us":
        made, reps = demo(accounts, seed=seed)
    else:
        made, reps = in_helsinki(demo_accounts(accounts, seed=seed), seed=seed)
    table = made.assign(
        account_id=made.index,
        last_visit=made["last_visit"].dt.strftime("%Y-%m-%d"),
        latitude=made.geometry.y,
        longitude=made.geometry.x,
    )
    clean = _texts(pd.DataFrame(table)[list(HEADINGS)]).rename(columns=HEADINGS)
    homes = pd.DataFrame(reps.drop(columns=["geometry", "active_to", "skills"]))
    homes = homes.reset_index().assign(lat=reps.geometry.y.to_numpy())
    homes = homes.assign(lon=reps.geometry.x.to_numpy()).round({"lat": 4, "lon": 4})
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"The folder cannot be made: {error.strerror}", where=str(folder)
        ) from error
    files = [
        _write_csv(folder / "accounts.csv", clean),
        _write_csv(folder / "accounts_messy.csv", soil(clean, seed=seed)),
        _write_csv(folder / "reps.csv", homes),
    ]
    if name == "helsinki":
        files.append(write_bytes(folder / STREETS.name, STREETS.read_bytes()))
    return {"accounts": len(made), "reps": len(reps), "files": files}


def _texts(table: pd.DataFrame) -> pd.DataFrame:
    """Give cells as people see them: whole numbers without a point."""
    for column in table.select_dtypes("number"):
        whole = (table[column] % 1 == 0).all()
        numbers = table[column].astype("Int64") if whole else table[column]
        table[column] = numbers.astype("str")
    return table.fillna("").astype("str")


def _write_csv(path: Path, table: pd.DataFrame) -> Path:
    return write_text(path, table.to_csv(index=False, lineterminator="\n"))
