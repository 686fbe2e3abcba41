"""The process of the indicators, and the report: whole, as page and as PDF, from one reading."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pypdfium2
import pytest
from indicator_ground import SQUARE, START, deliver, parcels, prepare, zone
from shapely.geometry import box

from planning.ledger.ledger import Posting, chart, transfer
from planning.ledger.store import open_accounts, post
from planning.processes.indicating import INDICATORS
from planning.processes.watching import ANSWER_ALERT, POST_QUOTA, RUN_MODEL, SET_LIMIT, WATCH_LIMITS
from planning.report.pdf import lines
from spatial.access.model import Right
from spatial.catalogue import store as catalogue
from spatial.database import connect
from spatial.errors import OneMapError, UnknownLayer
from spatial.jobs.errors import BadExecution
from spatial.jobs.inputs import check
from spatial.jobs.model import Document, Filed, Grant, Outputs, Owner
from spatial.jobs.process import Process

AT = START + timedelta(days=40)
LAYERS = (
    *("land-use-survey", "permanent-farmland", "ecological-redline", "urban-boundary"),
    *("heritage-protection", "towns"),
)


@dataclass
class Trial:
    """A context as a worker hands it over."""

    dsn: str
    work: Path
    layers: Mapping[str, Grant]
    now: datetime
    city: str = "370783"
    told: list[int] = field(default_factory=list)

    @property
    def owner(self) -> Owner:
        return Owner("li", "自然资源和规划局", layers=self.layers)

    def grant(self, layer_id: str) -> Grant:
        return self.layers[layer_id]

    def finish(self, connection: Any, outputs: Outputs) -> None:
        self.told.append(100)

    def step(self, percent: int, zh: str, en: str) -> None:
        self.told.append(percent)


@pytest.fixture(scope="module")
def city(shared_database: str) -> str:
    with connect(shared_database) as connection:
        prepare(connection, LAYERS)
        deliver(connection, "land-use-survey", parcels())
        redline = box(118.752, 36.852, 118.757, 36.856)
        farmland = [
            zone("permanent-farmland", n, row["geom"], dlbm="0102") for n, row in enumerate(parcels()[:7])
        ]
        deliver(connection, "permanent-farmland", farmland)
        deliver(connection, "ecological-redline", [zone("ecological-redline", 1, redline)])
        deliver(
            connection, "urban-boundary", [zone("urban-boundary", 1, box(118.762, 36.851, 118.769, 36.86))]
        )
        town = {"code": "370783101", "name": "合成镇", "kind": "镇", "geom": SQUARE}
        deliver(connection, "towns", [town])
        open_accounts(connection, chart())
        moved = transfer("new-building-land", "source", "available", Decimal("12345.5"))
        post(connection, Posting(START.date(), "合成 1 号", "下达", "li", "局", moved))
    return shared_database


def run(dsn: str, work: Path, process: Process = INDICATORS, **inputs: Any) -> Outputs:
    with connect(dsn) as connection:
        row = connection.execute("select clock_timestamp()").fetchone()
        granted = {
            layer: Grant(
                tuple(field.name for field in catalogue.get(connection, layer).contract.fields),
                frozenset([Right.READ]),
            )
            for layer in LAYERS
        }
    assert row is not None
    check(process, inputs)
    return process.run(Trial(dsn, work, granted, row[0]), inputs)  # type: ignore[arg-type]


def result(outputs: Outputs, name: str = "result") -> dict[str, Any]:
    told = outputs[name]
    assert isinstance(told, Document) and isinstance(told.value, dict)
    return told.value


def test_the_process_answers_with_values_and_what_they_rest_on(city: str, tmp_path: Path) -> None:
    inputs: dict[str, Any] = {
        "codes": ["AQ-01", "AQ-03", "XT-04", "GX-04"],
        "region": "370783101",
        "datetime": AT.isoformat(),
        "given": {"urban_population": {"value": 1000, "source": "合成统计"}},
        "declared": [{"code": "AQ-03", "value": "0.19"}, {"code": "GX-04", "value": 80}],
    }
    outputs = run(city, tmp_path, **inputs)
    told = result(outputs)
    assert [value["code"] for value in told["values"]] == inputs["codes"]
    assert told["values"][3]["value"] is None and told["values"][3]["no_data"]["zh"]
    assert told["region"]["id"] == "towns/370783101"
    assert [each["verdict"] for each in told["declared"]] == ["不一致", "无法判定"]
    assert {each["layer"] for each in told["layers"]} == {
        *("permanent-farmland", "ecological-redline", "land-use-survey", "towns")
    }
    sources = list(INDICATORS.rests_on(inputs, outputs))
    assert {(each.layer, each.changeset) for each in sources} == {
        (each["layer"], each["changeset"]) for each in told["layers"]
    }
    assert set(INDICATORS.needs(inputs)) - {"roads"} == {each["layer"] for each in told["layers"]}
    assert set(INDICATORS.wants(inputs)) == {"public-facilities"}, "of which a city may have none"
    again = result(run(city, tmp_path, **inputs, asof=told["asof"]))
    assert again["values"] == told["values"]


@pytest.mark.parametrize(
    "inputs",
    [
        {"codes": ["ZZ-99"]},
        {"region": "3707"},
        {"region": "370783999"},
        {"given": {"population": {"value": "many", "source": "x"}}},
        {"given": {"population": {"value": 5}}},
        {"declared": [{"code": "AQ-01", "value": "nan"}]},
        {"report": "docx"},
    ],
)
def test_what_cannot_be_is_refused(city: str, tmp_path: Path, inputs: dict[str, Any]) -> None:
    with pytest.raises(OneMapError) as refused:
        run(city, tmp_path, **inputs)
    assert not isinstance(refused.value, UnknownLayer)
    if "region" not in inputs and "codes" not in inputs:
        assert isinstance(refused.value, BadExecution)


def test_a_version_of_the_plan_is_asked_for(city: str, tmp_path: Path) -> None:
    def area(**inputs: Any) -> str | None:
        [value] = result(run(city, tmp_path, codes=["CG-05"], datetime=AT.isoformat(), **inputs))["values"]
        found: str | None = value["value"]
        return found

    whole = area()
    with connect(city) as connection:
        table = catalogue.get(connection, "urban-boundary").table
        assert any(column.name == "plan_version" for column in table.columns)
        versions = {
            name: zone("urban-boundary", n, box(118.75, 36.85, 118.752 + n / 500, 36.852), plan_version=name)
            for n, name in enumerate(("V1", "V2"), 5)
        }
        deliver(connection, "urban-boundary", list(versions.values()))
    first, second = area(plan_version="V1"), area(plan_version="V2")
    assert None not in (first, second, whole) and len({first, second, area(), whole}) == 4
    assert area(plan_version="V3") is None
    with connect(city) as connection:  # as it was, for the tests after this one
        gone = [f"{n:018d}" for n in (5, 6)]
        deliver(connection, "urban-boundary", [], remove=gone)


def test_a_limit_is_set_watched_and_its_alert_answered(city: str, tmp_path: Path) -> None:
    def done(process: Process, **inputs: Any) -> dict[str, Any]:
        return result(run(city, tmp_path, process, **inputs), "outcome")

    asked = {"codes": ["JSYD"], "datetime": AT.isoformat()}
    done(SET_LIMIT, code="JSYD", value="1000.5", document="合成 2 号", **{"from": "2025-01-01"})
    [watched] = done(WATCH_LIMITS, **asked)["measured"]
    assert watched["level"] == "red" and not watched["incremental"]
    again = done(WATCH_LIMITS, **asked)
    assert again["measured"] == [] and again["unmoved"] == ["JSYD"]
    alert = done(ANSWER_ALERT, code="JSYD", alert=watched["alert"], action="acknowledged")
    assert (alert["state"], alert["limit"], alert["document"]) == ("acknowledged", "1000.5", "合成 2 号")
    assert alert["value"] == watched["value"] and alert["receipts"][1]["subject"] == "li"
    with pytest.raises(OneMapError):
        done(ANSWER_ALERT, code="GDBYL", alert=watched["alert"], action="handled", note="x")
    assert WATCH_LIMITS.needs(asked) == {"land-use-survey": Right.READ}
    assert ANSWER_ALERT.needs({"code": "JSYD"}) == {"land-use-survey": Right.EDIT}
    page = run(city, tmp_path, codes=["AQ-03"], datetime=AT.isoformat(), report="page")["page"]
    assert isinstance(page, Filed)
    html = page.path.read_text(encoding="utf-8")
    assert "未销号预警" in html and "已签收" in html and "1,000.5" in html and "合成 2 号" in html
    assert SET_LIMIT.needs({"code": "XZJSYD-PZ"}) == {"land-approvals": Right.MANAGE}


def test_the_ledger_and_models_have_doors(city: str, tmp_path: Path) -> None:
    entries = [
        {"account": "expansion/source", "amount": "-5"},
        {"account": "expansion/available", "amount": 5},
    ]
    given = {"booked_on": "2025-02-01", "document": "合成 3 号", "reason": "下达"}
    told = result(run(city, tmp_path, POST_QUOTA, entries=entries, **given), "outcome")
    assert {"account": "expansion/available", "amount": "5.0000"} in told["balances"]
    with pytest.raises(OneMapError):
        run(city, tmp_path, POST_QUOTA, entries=[entries[0], entries[0]], **given)
    with pytest.raises(OneMapError):
        run(city, tmp_path, RUN_MODEL, model="growth")
    assert set(RUN_MODEL.needs({"model": "urban-extent", "region": "370783101"})) == {
        *("land-use-survey", "villages", "towns")
    }


def test_values_are_kept_where_that_is_asked(city: str, tmp_path: Path) -> None:
    run(city, tmp_path, codes=["AQ-03"], keep=True)
    with connect(city) as connection:
        row = connection.execute("select count(*) from planning.indicator_value").fetchone()
    assert row == (1,)


def test_the_report_is_whole_as_page_and_as_pdf(city: str, tmp_path: Path) -> None:
    outputs = run(
        city, tmp_path, datetime=AT.isoformat(), report="both", declared=[{"code": "AQ-03", "value": "9.99"}]
    )
    told = result(outputs)
    page, pdf = outputs["page"], outputs["pdf"]
    assert isinstance(page, Filed) and isinstance(pdf, Filed)
    html = page.path.read_text(encoding="utf-8")
    document = pypdfium2.PdfDocument(pdf.path)
    texts = [document[number].get_textpage().get_text_range() for number in range(len(document))]
    text = re.sub(r"\s", "", "".join(texts))
    assert len(document) > 3 and all(f"第{n}页" in text for n in range(1, len(document) + 1))
    for value in told["values"]:
        shown = "无数据" if value["value"] is None else f"{Decimal(value['value']):,}"
        assert re.search(rf"<td>{value['code']}</td>.*?<td class=\"right\">{re.escape(shown)}</td>", html)
        assert value["code"] in text and re.sub(r"\s", "", shown) in text
        assert re.sub(r"\s", "", value["title_zh"]) in text
    for said in (
        "寿光市国土空间规划城市体检报告",
        "2025",
        "合成数据",
        "不一致",
        "待核",
        "12,345.5",
        "三区三线",
    ):
        assert said in html and said in text
    for state in told["layers"]:
        assert state["chain_hash"] in html and state["chain_hash"] in text
    assert html.count("<svg") == 2 and "历史文化保护 Heritage" not in html
    assert "http" not in html  # nothing is fetched from elsewhere
    drawn = {tuple(pixel) for pixel in _pixels(document, 217, 138, 128)}
    assert (217, 138, 128) in drawn  # the urban boundary of the first map
    assert html.count("<section>") == len(re.findall("<h2>", html)) > 6


def _pixels(document: pypdfium2.PdfDocument, *color: int) -> set[tuple[int, ...]]:
    found: set[tuple[int, ...]] = set()
    for number in range(len(document)):
        picture = document[number].render(scale=0.5).to_numpy()[:, :, 2::-1]
        found |= {tuple(map(int, each)) for each in picture.reshape(-1, 3)}
    return {each for each in found if each == color}


class Wide:
    """A face whose every character is one em wide."""

    def width_em(self, text: str) -> float:
        return float(len(text))


def test_lines_fit_and_lose_nothing() -> None:
    text = "耕地保有量 given(urban_population) 0123456789abcdef0123456789 万亩"
    broken = list(lines(text, 1.0, 8.0, Wide()))  # type: ignore[arg-type]
    assert all(len(line) <= 8 for line in broken)
    assert "".join(broken).replace(" ", "") == text.replace(" ", "")
