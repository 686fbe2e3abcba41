"""The report: data, page, paper and GeoPackage say the same."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pyogrio
import pypdfium2
import shapely
from review_ground import ground, outline, subject, survey

from planning.review.defects import TABLE, write_geopackage
from planning.review.model import LISTED
from planning.review.page import page
from planning.review.paper import write_pdf
from planning.review.report import ordered, report
from planning.review.review import Review, review
from planning.review.subject import Subject


@cache
def _reviewed() -> tuple[Subject, Review, dict[str, Any]]:
    """A survey with one parcel twice, one unknown code that tries to be HTML, and areas all wrong."""
    shapes = ground()
    state = survey(np.append(shapes, shapes[40]))
    name, mj = state.columns["dlbm"].copy(), state.columns["tbmj"].copy()
    name[3] = "<b>&"
    mj[:] = 1.0
    spoilt = replace(state, columns={**state.columns, "dlbm": name, "tbmj": mj})
    given = subject(spoilt, area=outline(shapes))
    found = review(given)
    return given, found, report(given, found, datetime(2026, 11, 27, tzinfo=UTC))


def test_the_report_counts_everything_and_is_json() -> None:
    _, found, told = _reviewed()
    assert json.loads(json.dumps(told, allow_nan=False)) == told
    assert [each["number"] for each in told["groups"]] == list(range(1, 13))
    assert sum(told["totals"].values()) == sum(each.total for each in found.outcomes)
    by_check = {each["id"]: each for group in told["groups"] for each in group["checks"]}
    assert by_check["overlap"]["total"] == 1 and by_check["code-unknown"]["total"] == 1
    assert by_check["area-differs"]["total"] == len(ground()) + 1
    assert not told["passed"] and told["synthetic"]
    severities = [each["severity"] for each in told["findings"]]
    assert severities == sorted(severities, key=["error", "warning", "note"].index)
    assert len(told["findings"]) + told["cut"] == sum(told["totals"].values())


def test_what_is_beyond_the_list_is_counted() -> None:
    shapes = np.tile(ground(), 6)
    found = review(subject(survey(shapes, tbmj=[1.0] * len(shapes))), ["area-differs"])
    assert found.outcomes[0].total == len(shapes) > LISTED
    assert len(found.outcomes[0].findings) == LISTED


def test_the_page_escapes_and_has_every_finding() -> None:
    _, _, told = _reviewed()
    html = page(told)
    assert "<b>&" not in html.replace('<b class="', "") and "&lt;b&gt;&amp;" in html
    assert html.count("<tr>") >= len(told["findings"])
    assert "合成数据" in html and "不通过" in html and "http" not in html


def test_the_paper_is_searchable_and_runs_over_pages(tmp_path: Path) -> None:
    _, _, told = _reviewed()
    write_pdf(told, tmp_path / "a.pdf")
    document = pypdfium2.PdfDocument(tmp_path / "a.pdf")
    texts = [document[at].get_textpage().get_text_range() for at in range(len(document))]
    assert len(texts) > 2 and "国土空间规划成果质检报告" in texts[0] and "合成数据" in texts[0]
    whole = "".join(texts).replace("\r\n", "")
    assert "结论:不通过" in whole and "重叠" in whole
    assert f"{len(texts)} / {len(texts)}" in texts[-1]
    assert document.get_metadata_dict()["Title"] == "成果质检报告 测试成果"


def test_the_geopackage_has_each_finding_once_where_it_is(tmp_path: Path) -> None:
    given, found, _ = _reviewed()
    findings = ordered(given, found)
    path = tmp_path / "a.gpkg"
    write_geopackage(given, findings, path)
    layers = {str(name): kind for name, kind in pyogrio.list_layers(path)}
    assert set(layers) == {"defect_points", "defect_lines", "defect_areas", TABLE}
    read = {name: pyogrio.read_dataframe(path, layer=name) for name in layers}
    assert sum(map(len, read.values())) == len(findings)
    areas = read["defect_areas"]
    assert areas.crs.to_epsg() == 4490 and set(areas["data_nature"]) == {"合成数据"}
    overlap = areas[areas["check"] == "overlap"].iloc[0]
    assert shapely.hausdorff_distance(overlap.geometry, ground()[40]) < 1e-8
    assert len(overlap["bsm"].split()) == 2 and overlap["title"] == "重叠"
    with sqlite3.connect(path) as base:
        assert base.execute("pragma integrity_check").fetchone() == ("ok",)


def test_a_delivery_without_defects_makes_a_report_too(tmp_path: Path) -> None:
    shapes = ground(100, 4)
    given = subject(survey(shapes), area=outline(shapes))
    found = review(given, ["overlap"])
    told = report(given, found, datetime(2026, 11, 27, tzinfo=UTC))
    assert told["passed"] and told["findings"] == []
    assert "未发现问题" in page(told)
    write_pdf(told, tmp_path / "a.pdf")
    write_geopackage(given, [], tmp_path / "a.gpkg")
    assert len(pypdfium2.PdfDocument(tmp_path / "a.pdf")) >= 1
    assert len(pyogrio.list_layers(tmp_path / "a.gpkg")) == 4
