"""Delete my data: everything the program keeps for a user, and nothing else."""

from __future__ import annotations

import shutil
from pathlib import Path

from geo.errors import InputError

KEPT = (
    *("studies", "areas", "mappings", "roads", "calendars", "logs", "cache"),
    *("plans.sqlite*", "*last.txt", "consents.json", "driving.json"),
)
"""What the program makes in the per-user folder; other files there are not ours."""


def kept(home: Path) -> list[Path]:
    """Give the files and folders the program has made for the user, sorted."""
    return sorted({path for pattern in KEPT for path in home.glob(pattern)})


def forget(home: Path) -> list[Path]:
    """Delete them; give what was deleted.

    Raises
    ------
    InputError
        Something cannot be deleted; the rest is gone.
    """
    gone, stuck = kept(home), []
    for path in gone:
        try:
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
        except OSError:
            stuck.append(path.name)
    if stuck:
        what = f"{', '.join(stuck)} cannot be deleted"
        raise InputError(what, where=str(home), fix="Close the program and try again")
    return gone
