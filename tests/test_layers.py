"""The direction of imports: geo <- routing <- sales <- data <- ui <- app, cli."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ORDER = ["geo", "routing", "sales", "data", "ui"]
PURE = ("geo", "sales")
FORBIDDEN_IN_PURE = {"os", "time", "random", "socket", "sqlite3", "requests"}


def imports(path: Path) -> set[str]:
    """Dotted names a file imports, wherever in the file the import stands."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module}
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def test_a_package_imports_only_those_to_its_left() -> None:
    wrong = []
    for rank, package in enumerate(ORDER):
        right = {*ORDER[rank + 1 :], "app", "cli"}
        for path in modules(package):
            tops = {name.split(".")[0] for name in imports(path)}
            wrong += [f"{path.relative_to(ROOT)} imports {t}" for t in tops & right]
    assert wrong == []


def test_only_ui_imports_streamlit_and_only_maps_imports_folium() -> None:
    wrong = []
    for package in ORDER:
        for path in modules(package):
            tops = {name.split(".")[0] for name in imports(path)}
            if "streamlit" in tops and package != "ui":
                wrong.append(f"{path.name} imports streamlit")
            if {"folium", "branca"} & tops and path != ROOT / "ui" / "maps.py":
                wrong.append(f"{path.name} imports folium")
    assert wrong == []


def test_only_state_touches_the_session() -> None:
    wrong = [
        str(path.relative_to(ROOT))
        for path in [*modules("ui"), ROOT / "app.py"]
        if path.exists()
        and path != ROOT / "ui" / "state.py"
        and "session_state" in path.read_text(encoding="utf-8")
    ]
    assert wrong == []


def test_geo_and_sales_read_no_clock_disk_or_network() -> None:
    wrong = []
    for package in PURE:
        for path in modules(package):
            tops = {name.split(".")[0] for name in imports(path)}
            bad = tops & FORBIDDEN_IN_PURE
            wrong += [f"{path.name} imports {name}" for name in bad]
    assert wrong == []


def test_nothing_is_pickled() -> None:
    banned = {"pickle", "cloudpickle", "joblib", "shelve", "marshal"}
    wrong = [
        f"{path.name}: {banned & imports(path)}"
        for package in ORDER
        for path in modules(package)
        if banned & imports(path)
    ]
    assert wrong == []


def test_only_geo_knows_how_it_solves() -> None:
    wrong = [
        str(path.relative_to(ROOT))
        for package in ORDER[1:]
        for path in modules(package)
        if any(name.startswith("geo.solver") for name in imports(path))
    ]
    assert wrong == []
