"""Copy the browser files the app serves from node_modules to static/vendor.

Run `npm ci --ignore-scripts`, then `python tools/vendor.py`. Versions are pinned in
package.json and package-lock.json; `static/vendor/manifest.json` names every copied
file with its SHA-256, and a test hashes them again.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "static" / "vendor"

FILES = {"leaflet": ("dist/leaflet.js", "dist/leaflet.css", "LICENSE")}
"""What is used of each package; nothing else is copied."""


def vendor(modules: Path, target: Path) -> dict[str, str]:
    """Copy the used files and write the manifest.

    Parameters
    ----------
    modules
        Folder of installed packages, as npm writes it.
    target
        Folder to fill; what was there goes.

    Returns
    -------
    dict
        Path below `target` -> SHA-256 in hex.
    """
    shutil.rmtree(target, ignore_errors=True)
    for package, files in FILES.items():
        about = json.loads((modules / package / "package.json").read_text("utf-8"))
        folder = target / f"{package}@{about['version']}"
        folder.mkdir(parents=True)
        for name in files:
            shutil.copyfile(modules / package / name, folder / Path(name).name)
    found = hashes(target)
    text = json.dumps(found, indent=2, sort_keys=True) + "\n"
    (target / "manifest.json").write_text(text, encoding="utf-8")
    return found


def hashes(folder: Path) -> dict[str, str]:
    """Give the SHA-256 of every file below a folder, the manifest left out."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(
            path.read_bytes()
        ).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "manifest.json"
    }


if __name__ == "__main__":
    for name, digest in vendor(ROOT / "node_modules", TARGET).items():
        print(digest, name)
