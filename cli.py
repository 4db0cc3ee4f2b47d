"""The program without a screen: ``python cli.py COMMAND --help`` shows an example."""

from __future__ import annotations

import argparse
import contextlib
import importlib
import json
import os
import sys
import threading
import time
from collections.abc import Callable, Sequence
from typing import NoReturn

UNITS = "county, state, country, zip, hex, hex:RES, account, or a file of polygons"
PROFILE = "default, osrm, or a file of calibrate, FILE or FILE#PERIOD"
FRONTIER = (0.0, 5.0, 10.0, 20.0, 40.0)
"""Percent of the accounts that may change hands, if none are named."""
CANCELLED, UNUSABLE = 130, 2
DONE_IN = {
    **dict.fromkeys(("roads", "matrix", "isochrone", "calibrate"), "road_commands"),
    "design": "design_command",
    "mileage": "mileage_commands",
    "rotate": "rotation_command",
    "route": "route_command",
}
"""Where in `data` a command is done, if not in `commands`."""


class Parser(argparse.ArgumentParser):
    """A parser that says what is wrong in one sentence."""

    def error(self, message: str) -> NoReturn:
        """Print the sentence and leave with 2."""
        print(f"{message}. See {self.prog} --help.", file=sys.stderr)
        raise SystemExit(UNUSABLE)


class Progress:
    """Progress on stderr: a bar on a terminal, else a line a step."""

    def __init__(self) -> None:
        self.step, self.since = "", time.monotonic()
        self.bar = sys.stderr.isatty()

    def __call__(self, step: str, share: float) -> None:
        """Show the step and the share of it that is done."""
        if self.bar:
            full = "#" * round(30 * min(max(share, 0.0), 1.0))
            print(
                f"\r{step[:30]:<30} [{full:<30}]", end="", file=sys.stderr, flush=True
            )
        elif step != self.step:
            seconds = time.monotonic() - self.since
            print(f"{seconds:6.1f} s  {step}", file=sys.stderr, flush=True)
        self.step = step

    def end(self) -> None:
        """Leave the line of the bar."""
        if self.bar and self.step:
            print(file=sys.stderr)


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; give 0 (done), 2 (unusable), 3 (breaks a rule) or 130."""
    asked = parser().parse_args(_joined(sys.argv[1:] if words is None else words))
    progress = Progress()
    from geo.errors import TerritoryError

    try:
        done_in = DONE_IN.get(asked.command, "commands")
        place = importlib.import_module(f"data.{done_in}")
        answer = getattr(place, asked.command)(asked, progress)
    except TerritoryError as error:
        progress.end()
        print(error, file=sys.stderr)
        return UNUSABLE
    except KeyboardInterrupt:
        progress.end()
        print("Cancelled; nothing half-written is left.", file=sys.stderr)
        return CANCELLED
    progress.end()
    for note in answer.notes:
        print(note, file=sys.stderr)
    print(json.dumps(answer.values, ensure_ascii=False) if asked.json else answer.text)
    return int(answer.code)


def _joined(words: Sequence[str]) -> list[str]:
    """Join ``--at`` and its place: west of Greenwich begins like an option."""
    joined: list[str] = []
    for word in words:
        if joined and joined[-1] == "--at":
            joined[-1] = f"--at={word}"
        else:
            joined.append(word)
    return joined


def parser() -> argparse.ArgumentParser:
    """Give the parser of all commands."""
    whole = Parser(prog="cli.py", description="Sales territories without a screen.")
    commands = whole.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, add, does, example in COMMANDS:
        command = commands.add_parser(
            name,
            help=does,
            description=does,
            epilog=f"example: python cli.py {name} {example}",
        )
        add(command)
        command.add_argument(
            "--json", action="store_true", help="print one JSON object"
        )
    return whole


def demo(to: argparse.ArgumentParser) -> None:
    """Add the words of `demo`."""
    to.add_argument("folder", metavar="DIR")
    to.add_argument("--name", default="us", help="us or helsinki")
    to.add_argument("--accounts", type=int, default=5000, metavar="N")
    to.add_argument("--seed", type=int, default=1, metavar="S")


def check(to: argparse.ArgumentParser) -> None:
    """Add the words of `check`."""
    to.add_argument("accounts", metavar="ACCOUNTS")
    _mapping(to)
    to.add_argument("--out", metavar="FILE", help="the clean accounts")
    to.add_argument("--issues", metavar="FILE", help="a row for each bad cell")
    to.add_argument("--previous", default="", metavar="FILE", help="an older export")
    for word, shape, meaning in (
        ("--sheet", "NAME", "sheet or layer"),
        ("--encoding", "NAME", "utf-8, cp1252, ..."),
        ("--crs", "CODE", "of coordinates in metres: EPSG:26918"),
        ("--decimal", "MARK", "the decimal mark, . or ,"),
        ("--currency", "CODE", "the one to keep where several are mixed"),
        ("--dates", "FIRST", "what 03/04 begins with: day or month"),
        ("--geocode", "WORD", "offline, census, nominatim or photon[=ADDRESS]"),
    ):
        to.add_argument(word, default="", metavar=shape, help=meaning)
    to.add_argument(
        "--accept", action="append", default=[], metavar="KIND", help="take its fixes"
    )
    to.add_argument(
        "--agree", type=int, default=0, metavar="N", help="addresses that may be sent"
    )


def forget(to: argparse.ArgumentParser) -> None:
    """Add the words of `forget`."""
    to.add_argument("--yes", action="store_true", help="delete it now")


def design(to: argparse.ArgumentParser) -> None:
    """Add the words of `design`."""
    to.add_argument("accounts", metavar="ACCOUNTS")
    meaning = "how many, or auto: as few as the capacity allows"
    to.add_argument(
        "--territories", type=_count, required=True, metavar="K|auto", help=meaning
    )
    _ground(to, "county")
    _by_road(to)
    _change(to)
    _rules(to)
    to.add_argument("--seed", type=int, default=1, metavar="S")
    to.add_argument("--seconds", type=float, default=60.0, metavar="S")
    to.add_argument(
        "--unassigned", default="", metavar="FILE", help="nobody's accounts"
    )
    _outs(to, required=False)


def score(to: argparse.ArgumentParser) -> None:
    """Add the words of `score`."""
    to.add_argument("plan", metavar="PLAN")
    to.add_argument("--accounts", required=True, metavar="ACCOUNTS")
    _ground(to, "")
    _by_road(to)


def compare(to: argparse.ArgumentParser) -> None:
    """Add the words of `compare`."""
    to.add_argument("plans", nargs=2, metavar="PLAN")
    to.add_argument("--accounts", required=True, metavar="ACCOUNTS")
    _ground(to, "")


def export(to: argparse.ArgumentParser) -> None:
    """Add the words of `export`."""
    to.add_argument("plan", metavar="PLAN")
    to.add_argument("--accounts", default="", metavar="ACCOUNTS", help="write them too")
    to.add_argument(
        "--territory", action="append", default=[], metavar="T", help="only"
    )
    _ground(to, "")
    _outs(to, required=True)


def doctor(_to: argparse.ArgumentParser) -> None:
    """Add nothing: `doctor` has no words of its own."""


def roads(to: argparse.ArgumentParser) -> None:
    """Add the words of `roads`."""
    meaning = "an extract of OpenStreetMap, a GraphML file, or the name of a place"
    to.add_argument("source", metavar="OSM_FILE|GRAPHML|PLACE", help=meaning)
    to.add_argument("--profile", default="default", help=PROFILE)
    _online(to)
    to.add_argument("--out", required=True, metavar="CACHE")


def matrix(to: argparse.ArgumentParser) -> None:
    """Add the words of `matrix`."""
    to.add_argument("roads", metavar="ROADS", help="what roads wrote, or estimate")
    to.add_argument("points", metavar="POINTS", help="a table with id, lon, lat")
    to.add_argument("--to", default="", metavar="POINTS", help="other ends")
    to.add_argument("--engine", default="auto", help="auto, scipy, osrm:URL, estimate")
    _online(to)
    to.add_argument("--profile", default="", help=PROFILE)
    meaning = "also write where each point meets the road"
    to.add_argument("--snapped", default="", metavar="FILE", help=meaning)
    to.add_argument("--out", required=True, metavar="FILE")


def route(to: argparse.ArgumentParser) -> None:
    """Add the words of `route`."""
    to.add_argument("roads", metavar="ROADS", help="what roads wrote, or estimate")
    meaning = "a table with id, lon, lat; may add visit_min, open, close, name"
    to.add_argument("stops", metavar="STOPS", help=meaning)
    to.add_argument("--in-order", action="store_true", help="as the table has it")
    to.add_argument("--start", default="", metavar="ID", help="else the first row")
    to.add_argument("--end", default="", metavar="ID", help="else back to the start")
    to.add_argument("--depart", default="08:00", metavar="HH:MM")
    to.add_argument("--back-by", default="", metavar="HH:MM", help="the latest return")
    to.add_argument(
        "--lunch", default="0", metavar="MIN[@FROM-TO]", help="30 or 30@11:30-13:30"
    )
    meaning = "where the table has no visit_min"
    to.add_argument("--visit-min", type=float, default=0.0, metavar="M", help=meaning)
    meaning = "visits end, not only begin, before a stop closes"
    to.add_argument("--end-by-close", action="store_true", help=meaning)
    to.add_argument(
        "--pin",
        action="append",
        default=[],
        type=_pair("ID=PLACE|HH:MM"),
        metavar="ID=PLACE|HH:MM",
        help="a place in the order, 1 for the first, or a time",
    )
    to.add_argument("--date", default="", metavar="DATE", help="else today")
    to.add_argument("--zone", default="", metavar="ZONE", help="Europe/Helsinki")
    to.add_argument("--rep", default="", metavar="NAME", help="who drives")
    _online(to)
    _outs(to, required=True)


def rotate(to: argparse.ArgumentParser) -> None:
    """Add the words of `rotate`."""
    to.add_argument("roads", metavar="ROADS", help="what roads wrote, or estimate")
    to.add_argument("accounts", metavar="ACCOUNTS", help="with owner or territory")
    to.add_argument("reps", metavar="REPS", help="their homes and hours")
    _mapping(to)
    to.add_argument("--weeks", type=int, default=4, metavar="N", help="4 to 12")
    to.add_argument("--start", default="", metavar="DATE", help="else next Monday")
    to.add_argument(
        "--holidays",
        action="append",
        default=[],
        metavar="DATES|FILE",
        help="2026-12-25,2026-12-26 or a table with a column date",
    )
    to.add_argument(
        "--prefer",
        action="append",
        default=[],
        type=_preference,
        metavar="COL=VALUE:DAYS",
        help="customer_type=Hospital:Tue,Thu",
    )
    to.add_argument("--leads", type=float, metavar="P", help="percent of the hours")
    more = "a calendar to keep: only what lay on --sick days moves"
    to.add_argument("--keep", default="", metavar="CALENDAR", help=more)
    more = "days lost, of one rep or of all: R1=2026-12-02"
    to.add_argument("--sick", action="append", default=[], metavar="DAYS", help=more)
    more = "first day that may change; else the first one lost"
    to.add_argument("--since", default="", metavar="DATE", help=more)
    more = "in a row that may be spent away; none unless said"
    to.add_argument("--nights", type=int, default=0, metavar="N", help=more)
    more = "minutes from home at which one may sleep away"
    to.add_argument("--far", type=float, default=90.0, metavar="MIN", help=more)
    more = "hours of driving a night has to save"
    to.add_argument("--night-saves", type=float, default=2.0, metavar="H", help=more)
    more = "what a night costs, to say what they come to"
    to.add_argument("--night", type=float, default=110.0, metavar="COST", help=more)
    to.add_argument("--rounds", type=int, default=20_000, metavar="N", help="effort")
    to.add_argument("--seed", type=int, default=1, metavar="S")
    to.add_argument("--out", required=True, metavar="FILE", help=".csv, .xlsx or .ics")


def isochrone(to: argparse.ArgumentParser) -> None:
    """Add the words of `isochrone`."""
    to.add_argument("roads", metavar="ROADS", help="what roads wrote")
    to.add_argument("--at", required=True, type=_place, metavar="LON,LAT")
    to.add_argument("--minutes", required=True, type=_numbers, metavar="10,20")
    to.add_argument("--profile", default="", help=PROFILE)
    to.add_argument("--out", required=True, metavar="FILE")


def mileage(to: argparse.ArgumentParser) -> None:
    """Add the words of `mileage`."""
    meaning = "days with miles or odometers, or a calendar of stops"
    to.add_argument("log", metavar="LOG_OR_CALENDAR", help=meaning)
    to.add_argument("--rate", type=float, metavar="R", help="a mile; else the IRS's")
    to.add_argument(
        "--night", type=float, default=0.0, metavar="N", help="a night away"
    )
    to.add_argument("--rep", default="", help="who drove, if the file does not say")
    to.add_argument("--plan", default="", metavar="CALENDAR", help="compare with it")
    to.add_argument("--out", required=True, metavar="FILE")


def calibrate(to: argparse.ArgumentParser) -> None:
    """Add the words of `calibrate`."""
    meaning = "a table with from_lon, from_lat, to_lon, to_lat, minutes, maybe period"
    to.add_argument("roads", metavar="ROADS", help="what roads wrote")
    to.add_argument("trips", metavar="TRIPS", help=meaning)
    to.add_argument("--profile", default="", help=f"to begin with: {PROFILE}")
    to.add_argument("--name", default="", help="of the rules; else the file's")
    to.add_argument("--out", required=True, metavar="FILE", help="a .json file")


def _mapping(to: argparse.ArgumentParser) -> None:
    kind, meaning = _pair("field=heading"), "a column that is not to be guessed"
    to.add_argument(
        "--map", action="append", default=[], type=kind, metavar="F=H", help=meaning
    )


def _ground(to: argparse.ArgumentParser, units: str) -> None:
    _mapping(to)
    to.add_argument("--units", default=units, help=UNITS)
    to.add_argument("--unit-id", default="", metavar="COL", help="names the unit")
    to.add_argument("--reps", default="", metavar="FILE", help="their hours and homes")
    to.add_argument("--baseline", default="", metavar="COL", help="today's territory")
    to.add_argument("--market", default="", metavar="FILE", help="numbers of areas")
    for word, kind, shape in (
        ("--measure", _measure, "COL[:TOL]"),
        ("--where", _pair("COL=VALUE"), "COL=VALUE"),
    ):
        to.add_argument(word, action="append", default=[], type=kind, metavar=shape)


def _change(to: argparse.ArgumentParser) -> None:
    meaning = "what may change hands: 500, 5%%, or least: as little as it takes"
    to.add_argument("--max-moved", default="", metavar="N|P%|least", help=meaning)
    meaning = "what N and P%% are of: accounts, revenue, ..."
    to.add_argument("--moved-by", default="accounts", metavar="COL", help=meaning)
    to.add_argument(
        "--frontier",
        nargs="?",
        type=_numbers,
        const=FRONTIER,
        metavar="P,P,...",
        help="a plan for each of 0,5,10,20,40 percent that may change hands",
    )


def _rules(to: argparse.ArgumentParser) -> None:
    for word, shape, meaning in (
        ("--rules", "FILE", "a row a rule, .csv or .json: see docs/guide.md, Rules"),
        ("--barriers", "FILE", "lines no territory crosses"),
        ("--families", "COL", "accounts with the same word in it stay together"),
    ):
        to.add_argument(word, default="", metavar=shape, help=meaning)
    for word, shape, meaning in (
        ("--lock", "T", "this territory stays as it is"),
        ("--lock-unit", "U", "this unit stays with its territory"),
    ):
        to.add_argument(word, action="append", default=[], metavar=shape, help=meaning)
    to.add_argument(
        "--capacity",
        action="append",
        default=[],
        type=_capacity,
        metavar="[COL:]MOST",
        help="the most any territory may carry, of the first measure or of COL",
    )
    to.add_argument(
        "--centers",
        default="near",
        choices=("near", "fixed", "free"),
        help="homes: the search begins there, distances count from there, or neither",
    )
    to.add_argument("--max-minutes", type=float, metavar="M", help="from the center")
    for word, meaning in (
        ("--keep-exceptions", "accounts that are not with their ground today stay so"),
        ("--parts", "territories may lie in several parts"),
        ("--estimate", "say at once what can't be met; no search"),
        ("--prices", "say what balance and contiguity cost; two more runs"),
    ):
        to.add_argument(word, action="store_true", help=meaning)


def _online(to: argparse.ArgumentParser) -> None:
    meaning = "allow asking servers that are not on this machine"
    to.add_argument("--online", action="store_true", help=meaning)


def _by_road(to: argparse.ArgumentParser) -> None:
    to.add_argument(
        "--roads", default="", metavar="FILE", help="network, estimate or osrm:URL"
    )
    _online(to)
    to.add_argument("--profile", default="", help=PROFILE)
    to.add_argument("--by-road", action="store_true", help="roads must join the parts")
    to.add_argument("--from-homes", action="store_true", help="drives begin at homes")


def _outs(to: argparse.ArgumentParser, *, required: bool) -> None:
    to.add_argument(
        "--out", action="append", default=[], required=required, metavar="FILE"
    )


def _pair(shape: str) -> Callable[[str], tuple[str, str]]:
    def read(text: str) -> tuple[str, str]:
        name, sign, value = text.partition("=")
        if not (name and sign):
            raise argparse.ArgumentTypeError(f"'{text}' is not {shape}")
        return name, value

    return read


def _preference(text: str) -> tuple[str, str, str]:
    column, value = _pair("COL=VALUE:DAYS")(text)
    value, sign, days = value.rpartition(":")
    if not (sign and days):
        raise argparse.ArgumentTypeError(f"'{text}' is not COL=VALUE:DAYS")
    return column, value, days


def _numbers(text: str) -> tuple[float, ...]:
    try:
        return tuple(float(number) for number in text.split(","))
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not 10,20") from None


def _count(text: str) -> int | str:
    if text == "auto":
        return text
    try:
        return int(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is no number, nor auto") from None


def _capacity(text: str) -> tuple[str, float]:
    name, _, most = text.rpartition(":")
    try:
        return name, float(most)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not COL:1500") from None


def _place(text: str) -> tuple[float, float]:
    numbers = _numbers(text)
    if len(numbers) != 2:
        raise argparse.ArgumentTypeError(f"'{text}' is not LON,LAT")
    return numbers[0], numbers[1]


def _measure(text: str) -> tuple[str, float]:
    name, _, tolerance = text.rpartition(":") if ":" in text else (text, "", "0.10")
    try:
        return name, float(tolerance)
    except ValueError:
        raise argparse.ArgumentTypeError(f"'{text}' is not COL:0.10") from None


COMMANDS: tuple[
    tuple[str, Callable[[argparse.ArgumentParser], None], str, str], ...
] = (
    ("demo", demo, "write fictional accounts and reps", "trial --accounts 5000"),
    ("check", check, "read, clean and place accounts", "accounts.csv --issues bad.csv"),
    (
        "design",
        design,
        "propose territories",
        "accounts.csv --territories 30 --measure workload_h:0.10 --out plan.geojson",
    ),
    ("score", score, "score any plan", "plan.geojson --accounts accounts.csv"),
    ("compare", compare, "say what moves", "old.geojson new.csv --accounts a.csv"),
    ("export", export, "write a plan in any format", "plan.geojson --out plan.xlsx"),
    ("forget", forget, "delete my plans, accounts and caches", "--yes"),
    ("roads", roads, "make a road network", "city.osm.pbf --out city.npz"),
    ("matrix", matrix, "drive times of pairs", "city.npz points.csv --out pairs.csv"),
    (
        "isochrone",
        isochrone,
        "ground within some minutes",
        "city.npz --at 24.94,60.17 --minutes 5,10 --out bands.geojson",
    ),
    ("mileage", mileage, "miles and expenses", "log.csv --rate 0.725 --out pay.xlsx"),
    (
        "route",
        route,
        "put a day's stops in order",
        "city.npz stops.csv --lunch 30 --back-by 17:30 --out day.gpx --out day.html",
    ),
    (
        "rotate",
        rotate,
        "make the reps' calendars of visits",
        "city.npz accounts.csv reps.csv --weeks 4 --out calendar.ics",
    ),
    (
        "calibrate",
        calibrate,
        "fit driving rules to known trips",
        "city.npz trips.csv --out ours.json",
    ),
    ("doctor", doctor, "look at this computer", "--json"),
)
"""Word, what adds its options, what it does, and an example."""


def leave(code: int) -> NoReturn:
    """End the process at once, even while a solver that was called off still works."""
    if threading.active_count() > 1:
        with contextlib.suppress(BrokenPipeError):
            sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    raise SystemExit(code)


if __name__ == "__main__":
    leave(main())
