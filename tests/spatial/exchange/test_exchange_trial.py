"""The real files of the trial folder: the outline that hides GCJ-02, the divisions."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from exchange_files import PLOTS, REGISTER, counts, full, options, publish, state

from spatial.catalogue.contract import Field, FieldType, Title
from spatial.database import connect
from spatial.errors import FrameUndecided, RowsRejected
from spatial.exchange.load import load

pytestmark = pytest.mark.data

OUTLINE = replace(
    PLOTS,
    id="test-outline",
    key="code",
    fields=(
        Field("code", FieldType.TEXT, Title("区划代码", "Code"), required=True, aliases=("adcode",)),
        Field("name", FieldType.TEXT, Title("名称", "Name")),
    ),
)


@pytest.fixture
def trial() -> Path:
    told = os.environ.get("ONEMAP_TRIAL_DATA")
    folder = Path(told) if told else Path(__file__).parents[4] / "shared" / "data"
    if not (folder / "shouguang_boundary_gcj02.geojson").exists():
        pytest.skip(f"no trial data in {folder}")
    return folder


def test_the_undeclared_outline_is_told_as_gcj02(dsn: str, trial: Path) -> None:
    publish(dsn, OUTLINE)
    report = load(dsn, trial / "shouguang_boundary_gcj02.geojson", OUTLINE.id, options())
    told = {one.en.split(",")[0]: one.numbers for one in report.frame.evidence if one.kind == "outline"}
    assert report.frame.frame == "GCJ02"
    assert told["read as GCJ02"]["residual_m"] < 100 < 500 < told["read as EPSG:4490"]["residual_m"]
    with connect(dsn) as connection:
        box = connection.execute(
            "select ST_XMin(e), ST_YMin(e), ST_XMax(e), ST_YMax(e), spatial.legal_area_m2(g) / 1e6"
            " from (select ST_Extent(geom) e, ST_Collect(geom) g from layer.test_outline) x"
        ).fetchone()
    assert box[:4] == pytest.approx((118.538968, 36.719604, 119.115791, 37.303647), abs=1e-6)
    assert box[4] == pytest.approx(1962.0, abs=0.1)


def test_the_outline_again_is_decided_by_what_is_believed(dsn: str, trial: Path) -> None:
    publish(dsn, OUTLINE)
    path = trial / "shouguang_boundary_gcj02.geojson"
    load(dsn, path, OUTLINE.id, options())
    before = counts(dsn)
    assert load(dsn, path, OUTLINE.id, full()).outcome == "unchanged"
    assert counts(dsn) == before


def test_the_neighbours_are_not_taken_for_this_city(dsn: str, trial: Path) -> None:
    publish(dsn, OUTLINE)
    path = trial / "weifang_counties_gcj02.geojson"
    with pytest.raises(FrameUndecided):
        load(dsn, path, OUTLINE.id, options())
    with pytest.raises(RowsRejected) as refused:
        load(dsn, path, OUTLINE.id, options(source_crs="GCJ02"))
    rejected = refused.value.details["report"]["rejected"]
    assert {one["rule"] for one in rejected} == {"outside-city"}
    assert "370783" not in {one["fid"] for one in rejected}


def test_the_divisions_keep_their_codes(dsn: str, trial: Path) -> None:
    report = load(dsn, trial / "shouguang_divisions.csv", REGISTER.id, options())
    assert (report.rows, report.difference.inserted) == (1029, 1029)
    assert len(state(dsn, REGISTER.id)) == 1029
    with connect(dsn) as connection:
        rows = connection.execute("select level, count(*) from layer.test_register group by 1 order by 2")
        assert [count for _, count in rows] == [1, 15, 1013]
