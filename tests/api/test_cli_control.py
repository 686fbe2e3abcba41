"""control: points added, listed without their places, taken out; wrong ones are named and refused."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from installation import Installation, installation

HEAD = "点号,点名,经度,纬度,精度"
GOOD = "K1,东沟,118.7531415,36.9271828,0.02\nK2,西岭,118.76,36.91,\nK3,南坡,118.77,36.92,0.05"
PLACE = ("118.7531415", "36.9271828")


@pytest.fixture
def site(database: str) -> Iterator[Installation]:
    with installation(ONEMAP_DATABASE_URL=database) as made:
        yield made


def table(folder: Path, lines: str, head: str = HEAD) -> str:
    path = folder / "控制 点.csv"
    path.write_text(f"{head}\n{lines}\n", encoding="utf-8")
    return str(path)


def test_points_are_added_listed_and_removed(site: Installation, tmp_path: Path) -> None:
    added = site.run("control", "add", table(tmp_path, GOOD), "--source-crs", "EPSG:4490", "--json")
    assert added.returncode == 0, added.stderr
    assert json.loads(added.stdout)["points"] == 3
    listed = site.run("control", "list", "--json")
    assert [(one["code"], one["name"], one["accuracy_m"]) for one in json.loads(listed.stdout)] == [
        ("K1", "东沟", 0.02),
        ("K2", "西岭", None),
        ("K3", "南坡", 0.05),
    ]
    told = added.stdout + added.stderr + listed.stdout + site.run("control", "list").stdout
    assert not [number for number in PLACE if number[:9] in told], "places of control points are a secret"
    assert site.run("control", "remove", "K2").returncode == 0
    again = site.run("control", "remove", "K2")
    assert (again.returncode, "K2" in again.stderr) == (4, True)
    assert [one["code"] for one in json.loads(site.run("control", "list", "--json").stdout)] == ["K1", "K3"]


@pytest.mark.parametrize(
    ("lines", "head", "said"),
    [
        (f"{GOOD}\nK1,又一,118.8,36.9,", HEAD, "code twice: K1"),
        (f"{GOOD}\n,无号,118.8,36.9,", HEAD, "no code"),
        (f"{GOOD}\nK4,无位,,,", HEAD, "no coordinates: K4"),
        (f"{GOOD}\nK4,远方,88,36,", HEAD, "far from the city"),
        (f"{GOOD}\nK4,坏,118.8,36.9,好", HEAD, "accuracy of K4 is no number of metres: 好"),
        ("K1,甲", "点号,点名", "need coordinates"),
        ("甲,118.7,36.9", "点名,经度,纬度", "need a column of codes"),
        ("", HEAD, "no control point in the file"),
    ],
)
def test_wrong_points_add_nothing(
    site: Installation, tmp_path: Path, lines: str, head: str, said: str
) -> None:
    done = site.run("control", "add", table(tmp_path, lines, head), "--source-crs", "EPSG:4490")
    assert (done.returncode, said in done.stderr) == (2, True), done.stderr
    assert json.loads(site.run("control", "list", "--json").stdout) == []


def test_a_wrong_frame_is_refused_without_repeating_a_place(site: Installation, tmp_path: Path) -> None:
    done = site.run("control", "add", table(tmp_path, GOOD), "--source-crs", "EPSG:4528")
    assert (done.returncode, "cannot be EPSG:4528" in done.stderr) == (2, True), done.stderr
    assert not [number for number in PLACE if number[:9] in done.stdout + done.stderr]
