"""What the documents say is what the code does."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from geo import frames

ROOT = Path(__file__).resolve().parent.parent
TABLES = {
    "Accounts": frames.ACCOUNTS,
    "Units": frames.UNITS,
    "Reps": frames.REPS,
    "Targets": frames.TARGETS,
    "Territories": frames.TERRITORIES,
    "Stops": frames.STOPS,
    "Trips": frames.TRIPS,
}


def tracked(*patterns: str) -> list[Path]:
    """Files of the repository that match, new ones included."""
    names = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.splitlines()
    return [ROOT / name for name in names if (ROOT / name).is_file()]


@pytest.mark.parametrize("title", TABLES)
def test_columns_page_mirrors_the_frames(title: str) -> None:
    page = (ROOT / "docs" / "columns.md").read_text(encoding="utf-8")
    section = page.split(f"## {title}\n")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `(.+?)` \| (.*?) \| (.*?) \| (.*?) \|$", section, re.M)
    said = [tuple(cell.strip() for cell in row) for row in rows]
    assert said == [(c.name, c.kind, c.unit, c.meaning) for c in TABLES[title]]


def test_links_between_documents_lead_somewhere() -> None:
    broken = []
    for page in tracked("*.md"):
        for target in re.findall(r"\]\(([^)#]+)", page.read_text(encoding="utf-8")):
            if "://" not in target and not (page.parent / target).exists():
                broken.append(f"{page.relative_to(ROOT)} -> {target}")
    assert broken == []


def test_glossary_is_sorted_and_says_each_word_once() -> None:
    page = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    words = re.findall(r"^\| ([a-z][^|]*?) \|", page, re.M)[1:]
    assert len(words) == len(set(words)) > 50


def test_the_repository_speaks_of_the_product_alone() -> None:
    banned = re.compile(r"/work/|/opt/pypi|/tmp/w\b|(?<!\w)\.library\b")
    wrong = [
        str(path.relative_to(ROOT))
        for path in tracked("*.py", "*.md", "*.toml", "*.js", "*.css", "Makefile")
        if path != Path(__file__).resolve()
        and "vendor" not in path.parts
        and banned.search(path.read_text(encoding="utf-8"))
    ]
    assert wrong == []


def test_every_proof_the_security_page_names_is_a_test() -> None:
    page = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", page)
    missing = [
        f"{path}::{test}"
        for path, test in named
        if not (ROOT / path).is_file()
        or f"def {test}(" not in (ROOT / path).read_text(encoding="utf-8")
    ]
    assert len(named) > 25
    assert missing == []
