"""Files that leave by the command line: counted by the guard, audited, known again; the datum's audit."""

from __future__ import annotations

import getpass
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import shapely
from api_serving import Place, contract, deliver, publish
from installation import Installation, installation

from spatial.catalogue import lineage
from spatial.database import connect

TILES = [
    Place(f"Q{number:02d}", shapely.box(118.6 + number * 0.01, 36.8, 118.61 + number * 0.01, 36.81), "图斑")
    for number in range(10)
]
"""Ten pieces of about a square kilometre in a row."""


@pytest.fixture
def site(database: str) -> Iterator[Installation]:
    publish(database, contract("tiles", "Polygon"))
    publish(database, contract("copies", "Polygon"))
    deliver(database, "tiles", TILES)
    with installation(ONEMAP_DATABASE_URL=database) as made:
        yield made


def audited(site: Installation, *actions: str) -> list[dict[str, Any]]:
    """Entries of these actions, the oldest first."""
    lines = site.run("audit", "list", "--limit", "1000", "--json").stdout.splitlines()
    found = [json.loads(line) for line in reversed(lines)]
    return [one for one in found if one["action"] in actions]


def limited(site: Installation) -> None:
    by = ("--author", "安管")
    for words in (("class", "large-scale", "--threshold-km2", "3"), ("mark", "tiles", "large-scale")):
        done = site.run("release", *words, *by)
        assert done.returncode == 0, done.stderr


def taken(site: Installation) -> dict[str, float]:
    told = json.loads(site.run("release", "list", "--json").stdout)["taken"]
    return {one["holder"]: one["area_km2"] for one in told}


def test_each_file_is_audited_with_its_digest(site: Installation, tmp_path: Path) -> None:
    first, second = tmp_path / "a.geojson", tmp_path / "b.csv"
    assert site.run("export", "tiles", str(first)).returncode == 0
    named = ("--author", "张伟", "--department", "水利局", "--asof", "2020-01-01")
    assert site.run("export", "tiles", str(second), *named).returncode == 0
    account, told = audited(site, "export")
    assert (account["subject"], account["department"]) == (getpass.getuser(), None)
    assert (told["subject"], told["department"], told["origin"]) == ("张伟", "水利局", "operator")
    for entry, file, features in ((account, first, len(TILES)), (told, second, 0)):
        assert (entry["layer"], entry["target"], entry["outcome"]) == ("tiles", file.name, "done")
        assert entry["details"]["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
        assert entry["details"]["features"] == features
    assert (account["details"]["changeset"] > 0, told["details"]["changeset"]) == (True, 0)
    assert site.run("audit", "verify").returncode == 0


def test_beyond_the_limit_nothing_leaves(site: Installation, tmp_path: Path) -> None:
    limited(site)
    file = tmp_path / "tiles.csv"
    file.write_text("an older one")
    refused = site.run("export", "tiles", str(file), "--author", "张伟", "--json")
    assert refused.returncode == 3, refused.stderr
    problem = json.loads(refused.stdout)["error"]
    assert (problem["code"], problem["value"]) == ("release-limit", "张伟")
    assert file.read_text() == "an older one"
    assert list(tmp_path.iterdir()) == [file], "nothing half written is left"
    (entry,) = audited(site, "export")
    assert (entry["outcome"], entry["subject"], entry["details"]["features"]) == ("denied", "张伟", 10)
    assert taken(site) == {}
    with connect(site.environ["ONEMAP_DATABASE_URL"]) as connection:
        assert connection.execute("select count(*) from spatial.derivation").fetchone() == (0,)


def test_an_approval_lets_it_leave_and_is_counted(site: Installation, tmp_path: Path) -> None:
    limited(site)
    file = str(tmp_path / "tiles.csv")
    by = ("--author", "安管", "--department", "水利局")
    assert site.run("export", "tiles", file, *by).returncode == 3
    flagged = site.run("export", "tiles", file, *by, "--approval", "潍测保〔2026〕3号")
    assert flagged.returncode == 0, flagged.stderr
    assert taken(site)["水利局"] > 9
    assert audited(site, "export")[-1]["details"]["approval"] == "潍测保〔2026〕3号"
    entered = ("large-scale", "住建局", "潍测保〔2026〕4号", "--until", "2099-01-01", "--author", "安管")
    assert site.run("export", "tiles", file, "--department", "住建局").returncode == 3
    assert site.run("release", "approve", *entered).returncode == 0
    assert site.run("export", "tiles", file, "--department", "住建局").returncode == 0
    assert [one["outcome"] for one in audited(site, "export")] == ["denied", "done", "denied", "done"]
    assert audited(site, "export")[-1]["details"]["approval"] is None


def test_a_file_that_comes_back_is_known(site: Installation, tmp_path: Path) -> None:
    file = tmp_path / "tiles.geojson"
    for _ in range(2):
        assert site.run("export", "tiles", str(file)).returncode == 0
    who = ("--author", "张伟", "--department", "水利局", "--reason", "转入", "--json")
    loaded = site.run("load", str(file), "--layer", "copies", *who)
    assert loaded.returncode == 0, loaded.stderr
    product = lineage.product_of(json.loads(loaded.stdout)["changeset"])
    operator = lineage.Reader(("copies",), None, everyones=True)
    with connect(site.environ["ONEMAP_DATABASE_URL"]) as connection:
        (edge,) = lineage.sources_of(connection, product)
        assert (edge.source_layer, edge.activity, edge.stale) == ("tiles", "load", False)
        sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
        found = [one.product for one in lineage.products_of(connection, "tiles", operator)]
        assert found == [product, f"file/{sha256}"], "the same file twice is one"
        department = lineage.Reader((), "水利局")
        assert lineage.products_of(connection, "tiles", department) == ()


HEAD = "点号,点名,经度,纬度"
POINT = ("118.7531415", "36.9271828")


def test_control_points_are_audited_without_their_places(site: Installation, tmp_path: Path) -> None:
    table = tmp_path / "控制点.csv"
    table.write_text(f"{HEAD}\nK1,东沟,{','.join(POINT)}\nK2,西岭,118.76,36.91\n")
    add = ("control", "add", str(table), "--source-crs", "EPSG:4490")
    assert site.run(*add, "--author", "测绘").returncode == 0
    table.write_text(f"{HEAD}\nK2,西岭,118.77,36.91\n")
    assert site.run(*add).returncode == 0
    assert site.run("control", "remove", "K1", "--author", "测绘").returncode == 0
    found = audited(site, "control-add", "control-change", "control-remove")
    assert [(one["action"], one["target"], one["subject"]) for one in found] == [
        ("control-add", "K1", "测绘"),
        ("control-add", "K2", "测绘"),
        ("control-change", "K2", getpass.getuser()),
        ("control-remove", "K1", "测绘"),
    ]
    assert found[0]["details"]["frame"] == "EPSG:4490"
    assert "sha256:" in found[0]["details"]["origin"]
    assert not [number for number in POINT if number[:7] in json.dumps(found)]
    refused = site.run("control", "remove", "K9")
    assert refused.returncode == 4
    assert len(audited(site, "control-remove")) == 1


def test_the_table_of_control_points_cannot_be_emptied_unseen(site: Installation) -> None:
    import psycopg

    with connect(site.environ["ONEMAP_DATABASE_URL"]) as connection:
        for table in ("control_point", "datum_operation", "datum_frame"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege), connection.transaction():
                connection.execute(f"truncate spatial.{table}")
