"""Opens every file of a folder by both readers and writes down what happened.

Run as ``python -m tests.hostile.harness FOLDER REPORT SECRET DONE``, where DONE is the
number of attempts that are already in the report. Its own process, so that a
crash, a hang or a swallowed gigabyte is a line in a report, not the end of the tests.
"""

from __future__ import annotations

import json
import resource
import signal
import sys
import time
import traceback
from pathlib import Path

from data.accounts import clean_accounts
from data.columns import suggest_columns
from data.geocode import geocode
from data.polygons import read_polygons
from data.tables import read_table
from geo.errors import TerritoryError

HANG_S = 10
CLEAN_ROWS = 20_000
REACHED: list[str] = []


class HangError(Exception):
    """A file that takes longer than ten seconds of this process."""


def stop(*_: object) -> None:
    raise HangError


def watch(event: str, arguments: tuple[object, ...]) -> None:
    """Note what no upload may ever cause."""
    if event in (
        "socket.connect",
        "socket.getaddrinfo",
        "subprocess.Popen",
        "os.system",
    ):
        REACHED.append(f"{event} {arguments!r}"[:200])


def table(path: Path) -> str:
    raw = read_table(path)
    text = raw.head(200).to_csv()
    if len(raw) <= CLEAN_ROWS:
        accounts, _ = clean_accounts(raw, suggest_columns(raw))
        text += geocode(accounts).head(200).to_csv()
    return text


def polygons(path: Path) -> str:
    frame = read_polygons(path)
    return str(frame.drop(columns="geometry").head(200).to_csv())


def attempt(path: Path, reader: str, secret: str) -> dict[str, object]:
    start = time.process_time()
    signal.setitimer(signal.ITIMER_PROF, HANG_S)
    try:
        text = {"table": table, "polygons": polygons}[reader](path)
        outcome = "LEAK" if secret in text else "read"
    except TerritoryError as error:
        outcome = f"refused: {error}"
    except HangError:
        outcome = "HANG"
    except Exception as error:  # noqa: BLE001
        last = traceback.extract_tb(error.__traceback__)[-4:]
        where = " < ".join(
            f"{Path(f.filename).name}:{f.lineno}" for f in reversed(last)
        )
        outcome = f"TRACEBACK {type(error).__name__}: {str(error)[:150]} at {where}"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return {
        "file": path.name,
        "reader": reader,
        "outcome": outcome,
        "seconds": round(time.process_time() - start, 2),
        "peak_mb": peak_mb(),
    }


def peak_mb() -> int:
    """Give the most memory held so far; ru_maxrss would count the parent's."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    (line,) = [x for x in status.read_text().splitlines() if x.startswith("VmHWM")]
    return int(line.split()[1]) // 1024


def main() -> None:
    folder, report, secret = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3]
    done = int(sys.argv[4])
    signal.signal(signal.SIGPROF, stop)
    sys.addaudithook(watch)
    tasks = [(p, r) for p in sorted(folder.iterdir()) for r in ("table", "polygons")]
    with report.open("a", encoding="utf-8") as lines:
        for path, reader in tasks[done:]:
            lines.write(json.dumps(attempt(path, reader, secret)) + "\n")
            lines.flush()
        lines.write(json.dumps({"reached": REACHED}) + "\n")


if __name__ == "__main__":
    main()
