"""The browser files served to users are the pinned ones, whole and unchanged."""

from __future__ import annotations

import json
import re
from pathlib import Path

from tools.vendor import FILES, hashes, vendor

ROOT = Path(__file__).resolve().parent.parent
VENDOR = ROOT / "static" / "vendor"


def test_every_vendored_file_has_the_hash_in_the_manifest() -> None:
    manifest = json.loads((VENDOR / "manifest.json").read_text("utf-8"))
    assert hashes(VENDOR) == manifest


def test_folders_carry_the_locked_versions() -> None:
    lock = json.loads((ROOT / "package-lock.json").read_text("utf-8"))
    for package in FILES:
        version = lock["packages"][f"node_modules/{package}"]["version"]
        assert (VENDOR / f"{package}@{version}" / "LICENSE").is_file()


def test_vendored_styles_and_scripts_load_nothing_from_elsewhere() -> None:
    loads = re.compile(r"(?:@import|importScripts\(|url\()\s*['\"(]*\s*(?:https?:)?//")
    for path in VENDOR.rglob("*.[cj]s*"):
        assert not loads.search(path.read_text("utf-8")), path.name


def test_vendoring_copies_only_what_is_used(tmp_path: Path) -> None:
    modules = tmp_path / "node_modules" / "leaflet"
    (modules / "dist").mkdir(parents=True)
    (modules / "package.json").write_text('{"version": "9.9.9"}', encoding="utf-8")
    for name in (*FILES["leaflet"], "dist/leaflet-src.js"):
        (modules / name).write_text(name, encoding="utf-8")
    target = tmp_path / "vendor"
    found = vendor(tmp_path / "node_modules", target)
    assert sorted(found) == [
        "leaflet@9.9.9/LICENSE",
        "leaflet@9.9.9/leaflet.css",
        "leaflet@9.9.9/leaflet.js",
    ]
    assert json.loads((target / "manifest.json").read_text("utf-8")) == found
