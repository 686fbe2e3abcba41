"""The report that a planner files: outcome, evidence, rejected rows, Chinese first, nothing injected."""

from __future__ import annotations

from pathlib import Path

import pytest
from exchange_files import STATIONS, full, options, write_csv

from spatial.errors import DeliveryUndecided, InvalidInput, RowsRejected
from spatial.exchange import report_text
from spatial.exchange.load import load


def test_a_load_is_reported_in_markdown_and_html(dsn: str, tmp_path: Path) -> None:
    report = load(dsn, write_csv(tmp_path / "站点.csv"), STATIONS.id, options(source_crs="EPSG:4490"))
    for name in ("报告.md", "报告.html"):
        report_text.save(tmp_path / name, report.to_json())
        told = (tmp_path / name).read_text(encoding="utf-8")
        for said in (
            "已载入 loaded",
            f"变更集 changeset {chr(92) if name.endswith('.md') else ''}#{report.changeset}",
            "新增 inserted 4",
            report.sha256,
            "编码 encoding: UTF-8",
            "由 --source-crs 指明 EPSG:4490",
            "图层的字段 Field",
        ):
            assert said in told, (name, said)
        assert told.index("已载入") < told.index("loaded")


def test_rejected_rows_are_listed_and_nothing_of_them_is_markup(dsn: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    evil = "<script>alert(1)</script>|[x](http://127.0.0.1)"
    path.write_text(
        f"code,name,height,经度,纬度\nT1,x,{evil},118.8,36.9\nT2,y,3,118.8,36.9\n", encoding="utf-8"
    )
    with pytest.raises(RowsRejected) as refused:
        load(dsn, path, STATIONS.id, options(source_crs="EPSG:4490"))
    report = report_text.refused("a.csv", STATIONS.id, refused.value)
    page, text = report_text.html(report), report_text.markdown(report)
    assert "<script>" not in page and "&lt;script&gt;" in page
    assert "<script>" not in text and "\\|\\[x\\](http" in text
    row = next(line for line in text.splitlines() if line.startswith("| 2 | T1 |"))
    assert "不是数值" in row and "not a number" in row and "118.8000000, 36.9000000" in row
    assert "不合格 rejected: 1" in text and "rows\\_rejected" not in text


def test_a_refusal_without_rows_tells_the_error_and_its_evidence(dsn: str, tmp_path: Path) -> None:
    load(dsn, write_csv(tmp_path / "a.csv"), STATIONS.id, options(source_crs="EPSG:4490"))
    with pytest.raises(DeliveryUndecided) as refused:
        load(dsn, write_csv(tmp_path / "a.csv"), STATIONS.id, options(source_crs="EPSG:4490"))
    text = report_text.markdown(report_text.refused("a.csv", STATIONS.id, refused.value))
    assert "全量(--full)还是部分(--partial)" in text and "delivery-undecided" in text


def test_changes_of_a_dry_run_show_old_and_new(dsn: str, tmp_path: Path) -> None:
    load(dsn, write_csv(tmp_path / "a.csv"), STATIONS.id, options(source_crs="EPSG:4490"))
    changed = tmp_path / "b.csv"
    changed.write_text(
        (tmp_path / "a.csv").read_text(encoding="utf-8").replace("35.5", "36.5"), encoding="utf-8"
    )
    report = load(dsn, changed, STATIONS.id, full(source_crs="EPSG:4490", dry_run=True))
    assert "height: 35.5 → 36.5" in report_text.markdown(report.to_json())


def test_only_texts_and_pages_are_reports(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"report\.docx"):
        report_text.save(tmp_path / "report.docx", {})
