"""The one door in: uploads opened by a child process that can be ended."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from data.fence import fence
from data.ingest import (
    Limits,
    fences,
    plain_name,
    upload_polygons,
    upload_table,
)
from data.tables import read_table
from data.watch import resident_bytes, stop
from geo.errors import InputError

GOOD = b"Report\nid,name,zip\n1,Caf\xc3\xa9,02139\n2,Bolt,02138\nTotal,2,\n"


def test_an_upload_reads_as_the_file_does(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(GOOD)
    here, there = read_table(path), upload_table(GOOD, "../x/My report.csv")
    assert there.equals(here)
    assert there.index.name == "row"
    assert there.attrs == {**here.attrs, "source": "My report.csv"}


def test_polygons_come_through_the_same_door() -> None:
    ring = [[0, 0], [1, 0], [1, 1], [0, 0]]
    shape = {"type": "Polygon", "coordinates": [ring]}
    feature = {"type": "Feature", "properties": {"name": "A"}, "geometry": shape}
    document = {"type": "FeatureCollection", "features": [feature]}
    frame = upload_polygons(json.dumps(document).encode(), "areas.geojson")
    assert frame["name"].to_list() == ["A"]
    assert frame.crs == "EPSG:4326"


def test_a_refusal_names_the_file_as_the_user_knows_it() -> None:
    with pytest.raises(InputError) as refusal:
        upload_table(b"%PDF-1.7", "C:\\fakepath\\Q3 \u202elist.pdf")
    assert str(refusal.value) == (
        "The file is a PDF (Q3 list.pdf). "
        "Use CSV, TSV, Excel (.xlsx), GeoJSON, GeoPackage or Parquet."
    )
    assert plain_name("../../etc/passwd") == "passwd"
    assert plain_name("\u200b/") == "upload"


def test_a_large_upload_is_refused_before_it_is_written() -> None:
    with pytest.raises(InputError) as refusal:
        upload_table(GOOD * 40_000, "a.csv", limits=Limits(size_bytes=1_000_000))
    assert str(refusal.value) == (
        "The file has 2 MB; 1 MB is the most (a.csv). Export fewer columns or split it."
    )


def test_a_slow_upload_is_ended() -> None:
    start = time.monotonic()
    with pytest.raises(InputError) as refusal:
        upload_table(GOOD, "a.csv", limits=Limits(seconds=0.2))
    assert time.monotonic() - start < 5
    assert str(refusal.value) == (
        "Reading the file takes longer than 0.2 s (a.csv). "
        "Export it again, or split it."
    )


def test_an_upload_that_swells_is_ended() -> None:
    text = b"id,name,zip\n" + b"1,A,02139\n" * 900_000
    with pytest.raises(InputError) as refusal:
        upload_table(text, "a.csv", limits=Limits(memory_bytes=250_000_000))
    assert str(refusal.value) == (
        "Reading the file takes more than 250 MB (a.csv). "
        "Export fewer columns or split it."
    )


def test_a_child_that_crashes_is_one_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.ingest.ROOT", Path("/"))
    monkeypatch.setenv("PYTHONPATH", "")
    with pytest.raises(InputError) as refusal:
        upload_table(GOOD, "a.csv")
    assert str(refusal.value) == (
        "The file cannot be read (a.csv). Export it again, as CSV if you can."
    )


def test_the_child_gets_none_of_our_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    from data.ingest import _environment

    monkeypatch.setenv("DATABASE_URL", "postgres://u:secret@h")
    monkeypatch.setenv("http_proxy", "http://proxy")
    assert not {"DATABASE_URL", "http_proxy"} & _environment().keys()


CODE = """
import socket, sys
from data.fence import fence
stand = fence(memory_bytes=100_000_000, cpu_s=60, file_bytes=1_000_000)
print(",".join(stand))
try:
    socket.create_connection(("127.0.0.1", int(sys.argv[1])), 2).close()
    print("connected")
except OSError:
    print("no network")
try:
    bytearray(4_000_000_000)
    print("memory")
except MemoryError:
    print("no memory")
"""


@pytest.mark.skipif(sys.platform != "linux", reason="namespaces are Linux's")
def test_the_fence_shuts_network_and_memory() -> None:
    import socket

    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        port = str(server.getsockname()[1])
        command = [sys.executable, "-c", CODE, port]
        root = Path(__file__).resolve().parents[2]
        done = subprocess.run(
            command, capture_output=True, text=True, cwd=root, check=True
        )
    stand, network, memory = done.stdout.split("\n")[:3]
    assert memory == "no memory"
    if "network" in stand:
        assert network == "no network"
    assert set(stand.split(",")) == set(fences())


def test_another_system_has_no_fence_but_the_watch(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(sys, "platform", "win32")
    assert fence(memory_bytes=1, cpu_s=1, file_bytes=1) == []


def test_the_watch_sees_memory_and_ends_a_process(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    code = (
        "import time; x = bytearray(80_000_000); print(1, flush=True); time.sleep(60)"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, start_new_session=True
    )
    assert child.stdout is not None
    with child.stdout:
        child.stdout.readline()
        assert 80e6 < resident_bytes(child.pid) < 200e6
        monkeypatch.setattr("data.watch.SYSTEM", "darwin")
        asked = resident_bytes(child.pid)
        assert asked == 0 or 80e6 < asked < 200e6, "ps may be missing"
        stop(child)
    assert child.returncode == -9
    monkeypatch.setattr("data.watch.SYSTEM", "linux")
    assert resident_bytes(child.pid) == 0


def test_drivers_that_follow_links_are_never_loaded() -> None:
    code = (
        "import data.plan_gis, pyogrio, json, data;"
        "print(json.dumps(sorted(set(pyogrio.list_drivers()) & set(data.FOLLOWERS))))"
    )
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, cwd=root, check=True
    )
    assert json.loads(done.stdout) == []


def test_a_driver_that_follows_links_is_shut_even_when_asked_by_name(
    tmp_path: Path,
) -> None:
    secret = tmp_path / "secret.csv"
    secret.write_text("id\nSECRET\n")
    path = tmp_path / "a.vrt"
    path.write_text(
        f'<OGRVRTDataSource><OGRVRTLayer name="secret"><SrcDataSource>{secret}'
        "</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
    )
    code = "import data.plan_gis, pyogrio, sys; pyogrio.read_dataframe(sys.argv[1])"
    root = Path(__file__).resolve().parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code, str(path)],
        capture_output=True,
        cwd=root,
        check=False,
    )
    assert b"not recognized as being in a supported file format" in done.stderr
