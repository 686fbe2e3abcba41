"""Restriction extracts: by schema, by other means right, as of any date, found again by their code."""

from __future__ import annotations

import json
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Any

import plans_ground
import pypdfium2
import pytest
import shapely
from jsonschema import Draft202012Validator
from sites import DAY, in_zone, shapes

from planning.errors import ExtractMoved, UnknownExtract
from planning.processes import extracting_work as work
from planning.rules import shipped
from spatial.catalogue import store as catalogue
from spatial.database import Connection
from spatial.datum import BEIJING
from spatial.errors import IntegrityBroken, OneMapError
from spatial.jobs.model import Document, Filed, Grant, Owner

SCHEMA = json.loads(
    resources.files("planning").joinpath("assets", "restriction-extract.schema.json").read_text("utf-8")
)
LOCAL = Owner("li", "自然资源和规划局", local=True)


@dataclass
class Here:
    """What a running process is handed, over one connection whose work is taken back."""

    connection: Connection
    work: Path
    owner: Owner = field(default=LOCAL)
    city: str = "370783"
    now: datetime = DAY
    dsn: str = ""

    @contextmanager
    def session(self) -> Any:
        yield self.connection


@pytest.fixture
def here(plans: Connection, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Here:
    @contextmanager
    def inside(connection: Connection) -> Any:  # a transaction is open, and is taken back
        yield

    monkeypatch.setattr(work, "one_state", inside)
    return Here(plans, tmp_path, dsn=plans.info.dsn)


def extract(here: Here, **inputs: Any) -> dict[str, Any]:
    made = work.run(here, inputs)["result"]  # type: ignore[arg-type]
    assert isinstance(made, Document)
    document: dict[str, Any] = json.loads(json.dumps(made.value))
    Draft202012Validator(SCHEMA).validate(document)
    return document


def theme(document: dict[str, Any], name: str) -> dict[str, Any] | None:
    return next((each for each in document["concerned"] if each["theme"] == name), None)


def test_themes_that_concern_a_parcel_are_those_that_share_its_ground(here: Here) -> None:
    layers = {
        "permanent-farmland": "permanent-farmland", "zone": "planning-zones", "flood-risk": "flood-risk",
        "heritage": "heritage-protection", "urban-boundary": "urban-boundary",
    }  # fmt: skip
    held = {
        name: [(fid, in_zone(s)) for fid, s in shapes(here.connection, layer)]
        for name, layer in layers.items()
    }
    for bsm, shape in shapes(here.connection, "land-use-survey")[::350]:
        document = extract(here, bsm=bsm)
        assert document["subject"]["bsm"] == bsm and not document["without_data"]
        site = in_zone(shape)
        for name, features in held.items():
            shared = {fid: shapely.intersection(s, site).area for fid, s in features if s.intersects(site)}
            shared = {fid: area for fid, area in shared.items() if area > 1.0}
            told = theme(document, name)
            assert (told is not None) == bool(shared), (bsm, name)
            if told is not None:
                assert {each["bsm"] for each in told["objects"] if each["area_m2"] > 1.0} == set(shared)
                assert told["area_m2"] == pytest.approx(sum(shared.values()), rel=6e-4)
                assert told["law"] and told["legend"]
        assert len(document["concerned"]) + len(document["not_concerned"]) == 16


def test_a_point_is_told_what_lies_over_it(here: Here) -> None:
    fid, shape = shapes(here.connection, "permanent-farmland")[7]
    at = shapely.point_on_surface(shape)
    document = extract(here, place={"type": "Point", "coordinates": [at.x, at.y]})
    told = theme(document, "permanent-farmland")
    assert told is not None and [each["bsm"] for each in told["objects"]] == [fid]
    assert told["objects"][0]["plan"]["document_no"] == "合成备〔2025〕4号"
    assert document["subject"]["kind"] == "point" and "area_m2" not in told
    east, north = in_zone(at).coords[0]
    of_zone = extract(here, place={"type": "Point", "coordinates": [east, north]}, crs="EPSG:4549")
    assert of_zone["concerned"] == document["concerned"]


def test_what_is_not_there_is_without_data(here: Here) -> None:
    bsm = shapes(here.connection, "land-use-survey")[0][0]
    catalogue.withdraw(here.connection, "flood-risk")
    document = extract(here, bsm=bsm)
    assert [each["theme"] for each in document["without_data"]] == ["flood-risk"]
    assert "缺少图层" in document["without_data"][0]["reason"]["zh"]
    point = {"type": "Point", "coordinates": [118.8, 36.9]}
    before = extract(here, place=point, datetime="2024-01-01")
    assert not before["concerned"]
    assert len(before["without_data"]) == 16, "no plan was in force"


def test_any_date_is_answered_as_it_was_known_then(here: Here) -> None:
    fid, shape = shapes(here.connection, "permanent-farmland")[3]
    at = shapely.point_on_surface(shape)
    point = {"type": "Point", "coordinates": [at.x, at.y]}
    known = here.connection.execute("select max(recorded_at)::text from spatial.changeset").fetchone()
    assert known
    before = extract(here, place=point)
    plans_ground.retire(here.connection, "permanent-farmland", [fid], datetime(2026, 3, 1, tzinfo=BEIJING))
    assert theme(extract(here, place=point), "permanent-farmland") is None
    assert theme(extract(here, place=point, datetime="2026-02-01"), "permanent-farmland")
    then = extract(here, place=point, asof=known[0].replace(" ", "T") + ":00")
    assert then["concerned"] == before["concerned"]


def test_an_extract_is_found_again_by_its_code_and_not_when_it_was_altered(here: Here) -> None:
    bsm = shapes(here.connection, "land-use-survey")[4][0]
    made = extract(here, bsm=bsm)
    code = made["verification_code"]
    assert extract(here, code=code) == made
    assert extract(here, bsm=bsm)["verification_code"] == code, "the same question on the same state"
    with pytest.raises(UnknownExtract, match="AAAA"):
        extract(here, code="AAAA-AAAA-AAAA-AAAA-AAAA")
    row = here.connection.execute(
        "select sha256, document from planning.restriction_extract where code = %s", (code,)
    ).fetchone()
    assert row
    forged = bytes(row[1]).replace(b'"not_concerned":[', b'"not_concerned":[{"theme":"x"},')
    here.connection.execute(
        "insert into planning.restriction_extract (code, sha256, document)"
        " values ('FORG-EDFO-RGED-FORG-EDFO', %s, %s)",
        (row[0], forged),
    )
    with pytest.raises(IntegrityBroken):
        extract(here, code="FORG-EDFO-RGED-FORG-EDFO")


def test_a_department_is_told_of_layers_it_may_not_read_that_they_concern_it(here: Here) -> None:
    fid, shape = shapes(here.connection, "permanent-farmland")[3]
    at = shapely.point_on_surface(shape)
    place = shapely.geometry.mapping(shapely.box(at.x, at.y, at.x + 1e-4, at.y + 1e-4))
    here.owner = Owner("wang", "水利局", layers={"planning-zones": Grant(("bsm",), frozenset())})
    document = extract(here, place=place)
    farmland, zone = theme(document, "permanent-farmland"), theme(document, "zone")
    assert farmland is not None and farmland["withheld"] and farmland["area_m2"] > 0
    assert "geometry" not in farmland and isinstance(farmland["objects"], int)
    assert zone is not None and zone["objects"][0]["bsm"]
    assert fid not in json.dumps(document)


def test_the_pdf_has_every_theme_with_map_and_fonts_of_its_own(here: Here) -> None:
    bsm = shapes(here.connection, "land-use-survey", "dlbm = '0102'")[4][0]
    made = work.run(here, {"bsm": bsm, "pdf": True})  # type: ignore[arg-type]
    document, filed = made["result"], made["pdf"]
    assert isinstance(document, Document) and isinstance(filed, Filed)
    told: Any = document.value
    pages = pypdfium2.PdfDocument(str(filed.path))
    text = "".join(page.get_textpage().get_text_range() for page in pages)
    for each in (*told["concerned"], *told["not_concerned"]):
        assert each["title"]["zh"] in text
    assert told["verification_code"] in text and "合成数据" in text and bsm in text
    raw = filed.path.read_bytes()
    assert b"/FontFile" in raw
    assert text.count("查询对象") == len(told["concerned"])


def test_the_pdf_of_what_was_kept_is_made_again_from_the_states_it_names(
    here: Here, monkeypatch: pytest.MonkeyPatch
) -> None:
    fid, shape = shapes(here.connection, "permanent-farmland")[3]
    at = shapely.point_on_surface(shape)
    drawn = shapely.geometry.mapping(shapely.box(at.x, at.y, at.x + 0.00123456789, at.y + 0.001))
    kept = [extract(here, bsm=shapes(here.connection, "land-use-survey")[4][0]), extract(here, place=drawn)]
    plans_ground.retire(here.connection, "permanent-farmland", [fid], datetime(2026, 3, 1, tzinfo=BEIJING))
    assert extract(here, place=drawn)["verification_code"] != kept[1]["verification_code"]
    for document in kept:
        made = work.run(here, {"code": document["verification_code"], "pdf": True})  # type: ignore[arg-type]
        told, filed = made["result"], made["pdf"]
        assert isinstance(told, Document) and told.value == document
        assert isinstance(filed, Filed)
        pages = pypdfium2.PdfDocument(str(filed.path))
        text = "".join(page.get_textpage().get_text_range() for page in pages)
        assert document["verification_code"] in text
    monkeypatch.setattr(work, "shipped", lambda: replace(shipped(), rules=shipped().rules[1:]))
    with pytest.raises(ExtractMoved, match=kept[1]["verification_code"]):
        work.run(here, {"code": kept[1]["verification_code"], "pdf": True})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("inputs", "told"),
    [
        ({}, "place"),
        ({"bsm": "370783200199999999"}, "370783200199999999"),
        ({"bsm": "1", "place": {"type": "Point", "coordinates": [1, 2]}}, "之一"),
        ({"place": {"type": "LineString", "coordinates": [[1, 2], [3, 4]]}}, "Polygon"),
        ({"place": {"type": "Point", "coordinates": ["x"]}}, "坐标"),
        ({"place": {"type": "Point", "coordinates": [500, 100]}}, "500"),
        ({"place": {"type": "Point", "coordinates": [118.8, 36.9]}, "crs": "EPSG:1"}, "EPSG:1"),
    ],
)
def test_what_cannot_be_answered_is_told_by_its_value(here: Here, inputs: dict[str, Any], told: str) -> None:
    with pytest.raises(OneMapError, match=told):
        extract(here, **inputs)
