"""``./onemap archive``: from a file handed in to a proof, an audit, a repair and a cold start."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from click.testing import CliRunner
from serving import database_of

from api.cli.commands import onemap
from spatial import migrations
from spatial.catalogue import store as catalogue
from spatial.catalogue.declaration import shipped
from spatial.database import connect
from water.errors import ArchiveDamaged, NotPreservable, RestoreRefused, WriteOnce

BY = ("--author", "张伟", "--department", "水利局")
OBJECT = "urn:onemap:370783:river-works/W-17:2025-2029"
Call = Callable[..., Any]


@pytest.fixture
def call(database: str, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Run a subcommand; its JSON."""
    monkeypatch.setenv("ONEMAP_DATABASE_URL", database)

    def run(*arguments: str | Path) -> Any:
        told = CliRunner().invoke(onemap, ["archive", *map(str, arguments), "--json"])
        if told.exception is not None:
            raise told.exception
        return json.loads(told.output)

    return run


@pytest.fixture
def media() -> Iterator[list[Path]]:
    shared = Path("/dev/shm")
    with tempfile.TemporaryDirectory(dir=shared if shared.is_dir() else None) as place:
        yield [Path(place) / name for name in ("a", "b", "c")]


def handed_in(call: Call, tmp_path: Path, media: list[Path]) -> None:
    call("copies", *(part for place in media for part in ("--add", place)))
    (tmp_path / "水位.csv").write_text("时间,水位_m\n2026-01-01,2.5\n")
    call("ingest", "river-works/W-17", tmp_path / "水位.csv", "--title", "寒桥闸", "--reason", "归档", *BY)


def test_from_a_file_to_its_proof(call: Call, tmp_path: Path, media: list[Path], database: str) -> None:
    handed_in(call, tmp_path, media)
    (tmp_path / "note.txt").write_text("检查记录\n")
    work = ("river-works/W-17", tmp_path / "note.txt", "--title", "寒桥闸", "--reason", "检查")
    assert call("ingest", *work, "--wait", *BY) == {"work": "river-works/W-17", "waiting": True}
    assert call("seal", "--ripe") == []
    (receipt,) = call("seal")
    assert (receipt["object"], receipt["version"], receipt["copies"]) == (OBJECT, 2, ["a", "b", "c"])
    assert [one["object"] for one in call("list")] == [OBJECT]
    assert {one["path"] for one in call("list", OBJECT)} >= {"水位.csv", "note.txt", "premis.xml"}
    root = call("publish")
    proof = call("proof", OBJECT, "--version", "2", "--size", root["size"])
    assert proof["root"] == root["root"] and proof["index"] == 1
    assert receipt["sha512"] in proof["entry"]
    standing = call("copies")
    assert {(one["entries"], one["root"]) for one in standing} == {(2, root["root"])}
    for place in media:
        program = [sys.executable, "-I", place / "verify.py", str(root["size"]), root["root"]]
        assert subprocess.run(program, capture_output=True).returncode == 0
    assert all(not one["findings"] for one in call("audit").values())
    with connect(database) as connection:
        counts = dict(
            connection.execute("select type, count(*)::int from archive.event group by type").fetchall()
        )
    assert counts["fixity check"] == 6 and counts["replication"] >= 4
    output = tmp_path / "out.csv"
    told = CliRunner().invoke(onemap, ["archive", "get", OBJECT, "水位.csv", "--output", str(output)])
    assert told.exit_code == 0 and output.read_text() == (tmp_path / "水位.csv").read_text()


def test_damage_is_named_and_repaired_with_a_record(
    call: Call, tmp_path: Path, media: list[Path], database: str
) -> None:
    handed_in(call, tmp_path, media)
    target = next(media[1].rglob("水位.csv"))
    target.chmod(0o644)
    target.write_text("时间,水位_m\n2026-01-01,9.5\n")
    with pytest.raises(ArchiveDamaged, match=r"水位\.csv: altered"):
        call("audit")
    with pytest.raises(ArchiveDamaged, match=r"水位\.csv"):
        call("verify", "--at", media[1])
    (done,) = call("repair", "b")
    assert (done["what"], done["from"]) == (OBJECT, "a")
    assert (media[1] / done["quarantine"]).exists()
    assert all(not one["findings"] for one in call("verify").values())
    with connect(database) as connection:
        told = connection.execute(
            "select type, outcome, detail from archive.event"
            " where copy = 'b' and type <> 'replication' order by time"
        ).fetchall()
    assert [each[:2] for each in told if each[0] == "recovery"] == [("recovery", "success")]
    assert any(each[1] == "fail" and "水位.csv altered" in each[2] for each in told)


def test_refusals_say_what_to_do(call: Call, tmp_path: Path, media: list[Path]) -> None:
    handed_in(call, tmp_path, media)
    (tmp_path / "现场.jpg").write_bytes(b"\xff\xd8\xff\xe0" + bytes(64))
    with pytest.raises(NotPreservable, match=r"convert it to TIFF: 现场\.jpg"):
        call("ingest", "river-works/W-17", tmp_path / "现场.jpg", "--title", "x", "--reason", "x", *BY)
    with pytest.raises(ArchiveDamaged, match="log"):
        call("verify", "--at", media[0], "--root", "1", "00" * 32)


def test_a_picture_becomes_a_tiff_and_a_deletion_is_refused_both_on_record(
    call: Call, tmp_path: Path, media: list[Path], database: str
) -> None:
    handed_in(call, tmp_path, media)
    pixels = np.random.default_rng(1).integers(0, 255, (3, 24, 32), np.uint8)
    for kind, name in (("PNG", "现场.png"), ("JPEG", "现场2.jpg")):
        profile = {"driver": kind, "width": 32, "height": 24, "count": 3, "dtype": "uint8"}
        with rasterio.open(tmp_path / name, "w", **profile) as made:
            made.write(pixels)
    call("audit", "--copy", "a")
    work = ("river-works/W-17", tmp_path / "现场.png", tmp_path / "现场2.jpg", "--title", "寒桥闸")
    (receipt,) = call("ingest", *work, "--convert", "--reason", "照片", *BY)
    output = tmp_path / "out.tif"
    for name in ("现场", "现场2"):
        CliRunner().invoke(onemap, ["archive", "get", OBJECT, f"{name}.tif", "--output", str(output)])
        with rasterio.open(output) as kept, rasterio.open(next(tmp_path.glob(f"{name}.*"))) as given:
            assert (kept.read() == given.read()).all()
    premis = next(media[0].rglob(f"v{receipt['version']}/content/premis.xml")).read_text()
    assert "<premis:eventType>migration</premis:eventType>" in premis and "现场.png (sha512 " in premis
    assert "<premis:eventType>fixity check</premis:eventType>" in premis, "what happened since goes along"
    told = CliRunner().invoke(onemap, ["archive", "delete", OBJECT, "--reason", "误传", *BY])
    assert isinstance(told.exception, WriteOnce) and "write-once" in told.exception.en
    assert call("list", OBJECT)
    with connect(database) as connection:
        row = connection.execute(
            "select outcome, agent, detail, object from archive.event where type = 'deletion'"
        ).fetchone()
    assert row == ("refused", "张伟", "水利局: 误传", OBJECT)


def test_cold_start(
    call: Call,
    tmp_path: Path,
    media: list[Path],
    database: str,
    server_dsn: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The whole register and a layer come back in a new database, from the third copy alone."""
    handed_in(call, tmp_path, media)
    with connect(database) as connection:
        catalogue.publish(connection, shipped("spatial", "rivers"))
    (done,) = call("layers", "rivers", *BY)
    assert (done["work"], done["version"]) == ("layers/rivers", 1)
    call("publish")
    call("audit")
    queries = (
        "select e::text from archive.event e where copy = 'c' order by id",
        "select r::text from archive.root r order by day",
        "select l::text from spatial.layer l order by id",
        "select l::text from spatial.layer_contract l order by layer, version",
    )
    with database_of(server_dsn) as fresh:
        migrations.upgrade(fresh)
        monkeypatch.setenv("ONEMAP_DATABASE_URL", fresh)
        assert [one["name"] for one in call("restore", "--from", media[2])] == ["rivers"]
        with pytest.raises(RestoreRefused):
            call("restore", "layers/nothing", "--from", media[2])
        with connect(database) as before, connect(fresh) as after:
            for query in queries:
                rows = before.execute(query).fetchall()  # type: ignore[call-overload]
                assert rows and rows == after.execute(query).fetchall()  # type: ignore[call-overload]
