"""publish, load, export, history, verify: a clerk's day at the command line, on real PostGIS."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import geopandas
import numpy as np
import psycopg
import pytest
import rasterio
from installation import Installation, installation

DECLARATION = """
id = "cli-wells"
title = { zh = "机井", en = "Wells" }
description = { zh = "为测试而设", en = "Made for tests" }
steward = "水利局"
source_standard = "合成数据,无标准"
geometry = "Point"
key = "code"
valid_time = { zh = "机井存在", en = "The well exists" }
synthetic = true

[[fields]]
name = "code"
type = "text"
title = { zh = "编码", en = "Code" }
required = true

[[fields]]
name = "name"
type = "text"
title = { zh = "名称", en = "Name" }
aliases = ["名称"]

[legend]
kind = "circle"
color = "#3366cc"
"""
WHO = ("--author", "张伟", "--department", "水利局", "--reason", "年度普查", "--source-crs", "EPSG:4490")


@pytest.fixture
def site(database: str) -> Iterator[Installation]:
    """The commands over a fresh platform database with one layer, published from its file."""
    with installation(ONEMAP_DATABASE_URL=database) as made:
        declaration = made.data.parent / "wells.toml"
        declaration.write_text(DECLARATION)
        done = made.run("layer", "add", str(declaration))
        assert done.returncode == 0, done.stderr
        yield made


def wells(path: Path, names: list[str]) -> str:
    features = [
        {
            "type": "Feature",
            "geometry": {"type": "Point", "coordinates": [118.7 + number / 100, 36.9]},
            "properties": {"code": f"W{number}", "名称": name},
        }
        for number, name in enumerate(names)
    ]
    path.write_text(json.dumps({"type": "FeatureCollection", "features": features}, ensure_ascii=False))
    return str(path)


def load(site: Installation, file: str, *more: str) -> dict[str, object]:
    done = site.run("load", file, "--layer", "cli-wells", *WHO, "--json", *more)
    assert done.returncode == 0, done.stderr
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def test_from_a_file_to_its_history(site: Installation, tmp_path: Path) -> None:
    layers = json.loads(site.run("layer", "list", "--json").stdout)
    assert [layer["id"] for layer in layers] == ["cli-wells"]

    dry = load(site, wells(tmp_path / "first.geojson", ["东井", "西井", "南井"]), "--dry-run")
    assert dry["outcome"] == "dry-run"
    assert json.loads(site.run("history", "--json").stdout) == []

    first = load(site, str(tmp_path / "first.geojson"))
    again = load(site, wells(tmp_path / "second.geojson", ["东井", "西井(改)", "南井"]), "--full")
    counts = {"inserted": 0, "updated": 1, "retired": 0, "unchanged": 2}
    assert again["difference"] == counts

    ledger = json.loads(site.run("history", "cli-wells", "--json").stdout)
    assert [entry["id"] for entry in ledger] == [again["changeset"], first["changeset"]]
    assert ledger[0]["author"] == "张伟"
    assert ledger[0]["source_sha256"] == again["sha256"]

    shown = site.run("history", "--changeset", str(again["changeset"]), "--json")
    (change,) = json.loads(shown.stdout)["changes"]
    assert (change["fid"], change["kind"]) == ("W1", "update")
    assert {"name": "name", "old": "西井", "new": "西井(改)"} in change["fields"]

    versions = json.loads(site.run("history", "cli-wells", "W1", "--json").stdout)
    assert {version["opened_by"] for version in versions} == {first["changeset"], again["changeset"]}

    lines = site.run("history", "cli-wells", "W1").stdout
    assert f"→ #{again['changeset']} " in lines and '"name": "西井(改)"' in lines
    changed = site.run("history", "--changeset", str(again["changeset"])).stdout
    assert "name: 西井 → 西井(改)" in changed

    told = site.run("history", "cli-wells").stdout.splitlines()
    assert told[0].startswith(f"#{again['changeset']} ")
    assert "水利局 张伟:年度普查" in told[0]


def test_what_was_loaded_comes_out_again(site: Installation, tmp_path: Path) -> None:
    load(site, wells(tmp_path / "wells.geojson", ["东井", "西井"]))
    out = tmp_path / "井.gpkg"
    done = site.run("export", "cli-wells", str(out), "--crs", "EPSG:4549")
    assert done.returncode == 0, done.stderr
    frame = geopandas.read_file(out)
    assert sorted(frame["code"]) == ["W0", "W1"]
    assert frame.crs.to_epsg() == 4549
    back = frame.to_crs(4490).set_index("code").geometry
    assert back["W1"].x == pytest.approx(118.71, abs=1e-8)


def test_verify_names_the_changeset_that_was_tampered_with(
    site: Installation, database: str, tmp_path: Path
) -> None:
    load(site, wells(tmp_path / "a.geojson", ["东井", "西井"]))
    second = load(site, wells(tmp_path / "b.geojson", ["东井", "西井(改)"]), "--full")
    sound = site.run("verify")
    assert sound.returncode == 0, sound.stderr
    assert "Intact" in sound.stdout
    with psycopg.connect(database) as tamperer:
        tamperer.execute("alter table history.cli_wells_believed disable trigger all")
        tamperer.execute(
            "update history.cli_wells_believed set name = '别的' where opened_by = %s", (second["changeset"],)
        )
    broken = site.run("verify", "cli-wells", "--json")
    assert broken.returncode == 7
    found = json.loads(broken.stdout)
    assert {entry["changeset"] for entry in found["broken"]} == {second["changeset"]}
    assert found["broken"][0]["fids"] == ["W1"]
    told = site.run("verify")
    assert told.returncode == 7
    assert f"#{second['changeset']} cli-wells" in told.stderr


WRONG = (
    (("history", "no-such-layer"), 4, "no-such-layer"),
    (("history", "cli-wells", "W9"), 4, "W9"),
    (("history", "--changeset", "999"), 4, "999"),
    (("verify", "no-such-layer"), 4, "no-such-layer"),
    (("export", "cli-wells", "out.xyz"), 2, "out.xyz"),
    (("export", "cli-wells", "/dev/null/out.csv"), 9, "/dev/null"),
    (("export", "cli-wells", "out.gpkg", "--at", "yesterday"), 2, "yesterday"),
    (("load", "/nowhere/file.shp", "--layer", "cli-wells", *WHO), 2, "/nowhere/file.shp"),
)


def test_wrong_requests_end_with_their_code_and_the_value(site: Installation) -> None:
    for arguments, code, said in WRONG:
        done = site.run(*arguments)
        assert done.returncode == code, (arguments, done.stderr)
        assert said in done.stderr, arguments
        assert "Traceback" not in done.stderr, arguments


def test_a_delivery_that_breaks_the_contract_changes_nothing_and_names_its_rows(
    site: Installation, tmp_path: Path
) -> None:
    bad = {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": place},
                "properties": {"code": code, "name": "井"},
            }
            for code, place in (("W0", [118.8, 36.9]), ("W1", [10.0, 50.0]))
        ],
    }
    (tmp_path / "bad.geojson").write_text(json.dumps(bad))
    done = site.run("load", str(tmp_path / "bad.geojson"), "--layer", "cli-wells", *WHO)
    assert done.returncode == 2, done.stderr
    assert "W1" in done.stderr
    assert json.loads(site.run("history", "--json").stdout) == []


def test_a_delivery_that_does_not_say_whole_or_part_is_refused(site: Installation, tmp_path: Path) -> None:
    load(site, wells(tmp_path / "a.geojson", ["东井"]))
    done = site.run("load", wells(tmp_path / "b.geojson", ["西井"]), "--layer", "cli-wells", *WHO)
    assert done.returncode == 3
    assert "--full" in done.stderr


def test_a_load_leaves_its_report_also_when_it_is_refused(site: Installation, tmp_path: Path) -> None:
    page = tmp_path / "报告.html"
    load(site, wells(tmp_path / "a.geojson", ["甲", "乙"]), "--report", str(page))
    assert "已载入 loaded" in page.read_text() and "新增 inserted 2" in page.read_text()
    again = wells(tmp_path / "a.geojson", ["甲", "甲"])
    done = site.run("load", again, "--layer", "cli-wells", *WHO, "--report", str(tmp_path / "报告.md"))
    assert done.returncode == 3 and "delivery-undecided" in (tmp_path / "报告.md").read_text()
    done = site.run("load", again, "--layer", "cli-wells", *WHO, "--report", str(tmp_path / "报告.docx"))
    assert done.returncode == 2 and "报告.docx" in done.stderr


def test_images_are_catalogued_and_listed(site: Installation, tmp_path: Path) -> None:
    path, who = tmp_path / "正射.tif", WHO[:6]
    grid = rasterio.transform.from_origin(392000, 4081600, 0.5, 0.5)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=64,
        height=64,
        count=1,
        dtype="uint8",
        crs="EPSG:4549",
        transform=grid,
    ) as out:
        out.write(np.ones((1, 64, 64), dtype=np.uint8))
    done = site.run("assets", "add", str(path), *who, "--acquired", "2026-05-01")
    assert done.returncode == 0, done.stderr
    assert "已登记 catalogued: 正射.tif → raster-assets" in done.stdout and "未分块" in done.stdout
    (held,) = json.loads(site.run("assets", "list", "--json").stdout)
    assert (held["name"], held["frame"], held["acquired"]) == ("正射.tif", "EPSG:4549", "2026-05-01")
    assert "place" not in held
    assert "raster-assets" in site.run("layer", "list").stdout
    path.write_bytes(path.read_bytes()[:100])
    done = site.run("assets", "add", str(path), *who)
    assert done.returncode == 2 and "正射.tif" in done.stderr
