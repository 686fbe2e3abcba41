"""The planning layers of the sample city as rows, in the columns of their contracts; 合成数据."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any, Final

import numpy as np
import shapely

from planning.land_use import of_survey
from planning.layers import FACILITIES
from planning.sample import controls
from planning.sample.controls import Groups, Plan
from planning.sample.ground import Flags, Geometries, Ground, Texts
from spatial.catalogue.contract import STAMP
from spatial.sample.plane import to_plane
from spatial.sample.rows import Rows

COUNTY: Final = "370783"
VERSION: Final = f"SYN-PLAN-{COUNTY}-2035/1"
"""The version of the county's overall plan that the control layers belong to."""
DETAILED: Final = f"SYN-DETAIL-{COUNTY}-01/1"
YEAR: Final = 2025
"""Year of the survey's data."""
_SERIES: Final = {
    "land-use-survey": "2001", "permanent-farmland": "2005", "ecological-redline": "2011",
    "nature-reserves": "2012", "urban-boundary": "2013", "planning-zones": "2014", "planned-land-use": "2015",
    "control-lines": "2016", "heritage-protection": "2017", "flood-risk": "2018", "geohazard-zones": "2019",
    "mineral-resources": "2020", "wetlands-forests": "2021", "detailed-plan-plots": "2022",
    "development-schemes": "2023", "land-approvals": "2031", "land-violations": "2032",
    FACILITIES: "2041",
}  # fmt: skip
_ZONES: Final = {
    "100": "生态保护区", "200": "生态控制区", "300": "农田保护区", "400": "城镇发展区", "500": "乡村发展区",
    "600": "海洋发展区", "700": "矿产能源发展区",
}  # fmt: skip
_URBAN: Final = {"410": "城镇集中建设区", "420": "城镇弹性发展区", "430": "特别用途区"}
Column = Sequence[object]


def layers(ground: Ground) -> Iterator[tuple[str, Rows]]:
    """Every layer with geometry, by id."""
    plan = controls.plan(ground)
    yield "land-use-survey", _survey(ground)
    yield "permanent-farmland", _farmland(ground, plan)
    yield "ecological-redline", _redline(ground, plan)
    yield "nature-reserves", _reserves(ground, plan)
    yield "urban-boundary", _urban(ground, plan)
    yield "planning-zones", _zones(ground, plan)
    yield "planned-land-use", _planned(ground, plan)
    kinds = controls.lines(ground, plan)
    yield "control-lines", _kinds("control-lines", ground, kinds, {"lx": kinds, "mc": None})
    kinds = controls.heritage(ground)
    yield (
        "heritage-protection",
        _kinds("heritage-protection", ground, kinds, {"bhx": kinds, "mc": "合成文物点"}),
    )
    kinds = controls.flood(ground)
    yield "flood-risk", _kinds("flood-risk", ground, kinds, {"fxdj": kinds, "mc": None})
    kinds = controls.hazard(ground)
    yield "geohazard-zones", _kinds("geohazard-zones", ground, kinds, {"yfdj": kinds})
    kinds = controls.brine(ground)
    yield (
        "mineral-resources",
        _kinds("mineral-resources", ground, kinds, {"kz": "地下卤水", "kzlx": kinds, "mc": "合成矿区"}),
    )
    kinds = controls.wetlands(ground)
    yield "wetlands-forests", _kinds("wetlands-forests", ground, kinds, {"lx": kinds, "jb": None, "mc": None})
    yield "detailed-plan-plots", _plots(ground, plan)
    yield "development-schemes", _schemes(ground, plan)
    yield "land-approvals", _approvals(ground, plan)
    yield "land-violations", _violations(ground, plan)
    yield FACILITIES, _facilities(ground)


def plans() -> Rows:
    """The two plans of the sample."""
    return _table(
        ("plan_id", "name", "level", "kind", "area_code", "horizon", "data_nature"),
        [
            (_plan(VERSION), "寿光市国土空间总体规划(合成样例)", "county", "overall", COUNTY, 2035, STAMP),
            (_plan(DETAILED), "中心城区详细规划(合成样例)", "county", "detailed", COUNTY, 2035, STAMP),
        ],
    )  # fmt: skip


LIFE: Final = (
    ("drafting", date(2023, 3, 1), None),
    ("public-notice", date(2024, 6, 1), "合成公示〔2024〕1号"),
    ("submitted", date(2024, 9, 1), "合成报〔2024〕2号"),
    ("approved", date(2025, 3, 1), "合成批〔2025〕3号"),
    ("filed", date(2025, 7, 1), "合成备〔2025〕4号"),
)
"""Statuses of both versions, each from its day on; every document is invented."""


def versions(status: str, day: date, document: str | None) -> Rows:
    """Both versions from a day on."""
    held = [
        (
            version,
            version.partition("/")[0],
            1,
            status,
            document,
            "合成文件" if document else None,
            day,
            STAMP,
        )
        for version in (VERSION, DETAILED)
    ]
    return _table(
        ("version_id", "plan_id", "version_no", "status", "document_no", "document_title", "issued_on",
         "data_nature"),
        held,
    )  # fmt: skip


def _plan(version: str) -> str:
    return version.partition("/")[0]


def _survey(ground: Ground) -> Rows:
    count = len(ground.polygons)
    villages = ground.city.divisions.villages
    code = [villages[v].code for v in ground.village]
    area = np.round(ground.area_m2, 2)
    share = np.where(ground.dlbm == "0103", 0.03, 0.0)
    deducted = np.round(area * share, 2)
    arable = np.char.startswith(ground.dlbm, "01")
    return _columns(
        bsm=_bsm("land-use-survey", count),
        ysdm=["2001010100"] * count,
        tbybh=[f"{number}" for number in range(1, count + 1)],
        tbbh=[f"{number:06d}" for number in range(1, count + 1)],
        dlbm=ground.dlbm.tolist(),
        dlmc=[of_survey(each).dlmc for each in ground.dlbm],
        qsxz=np.where(np.isin(ground.czcsxm, ("201", "202")), "10", "30").tolist(),
        qsdwdm=[each + "0000000" for each in code],
        zldwdm=[each + "0000000" for each in code],
        zldwmc=[villages[v].name for v in ground.village],
        tbmj=area.tolist(),
        kcdlbm=np.where(share > 0, "1203", "").tolist(),
        kcxs=share.tolist(),
        kcmj=deducted.tolist(),
        tbdlmj=np.round(area - deducted, 2).tolist(),
        gdlx=np.where(arable, "PD", "").tolist(),
        gdpdjb=np.where(arable, "1", "").tolist(),
        gddb=[int(5 + c * 4) if a else None for a, c in zip(arable, ground.chance, strict=True)],
        czcsxm=ground.czcsxm.tolist(),
        sjnf=[YEAR] * count,
        edition=["survey"] * count,
        data_nature=[STAMP] * count,
        geom=_wkb(ground.polygons),
    )


def _farmland(ground: Ground, plan: Plan) -> Rows:
    found = controls.single(ground, plan.farmland, ground.dlbm)
    count = len(found.parcels)
    area = np.round(found.area_m2, 2)
    share = np.where(found.key == "0103", 0.03, 0.0)
    deducted = np.round(area * share, 2)
    return _columns(
        **_place("permanent-farmland", ground, found),
        yjjbnttbbh=[f"{number:08d}" for number in range(1, count + 1)],
        dlbm=found.key.tolist(),
        dlmc=[of_survey(each).dlmc for each in found.key],
        yjjbnttbmj=area.tolist(),
        kcxs=share.tolist(),
        kcmj=deducted.tolist(),
        yjjbntmj=np.round(area - deducted, 2).tolist(),
        gddb=[int(5 + chance * 4) for chance in ground.chance[found.parcels]],
        bhkssj=[date(2025, 3, 1)] * count,
        cfzr=["合成承包人"] * count,
        edition=["survey"] * count,
        **_end(found, VERSION),
    )


def _redline(ground: Ground, plan: Plan) -> Rows:
    key = np.where(plan.core, "core", "general")
    found = controls.joined(ground, plan.redline, key)
    return _columns(
        **_place("ecological-redline", ground, found),
        hxbm=[f"SYN-HX-{number:04d}" for number in range(1, len(found.key) + 1)],
        hxmc=["合成生态保护红线"] * len(found.key),
        core=(found.key == "core").tolist(),
        mj=_rounded(found),
        **_end(found, VERSION),
    )


def _reserves(ground: Ground, plan: Plan) -> Rows:
    inside = plan.redline & (ground.middle_m[:, 1] > 0)
    found = controls.joined(ground, inside, np.where(plan.core, "1", "2"))
    return _columns(
        **_place("nature-reserves", ground, found),
        zrbhdmc=["合成滨海湿地自然保护地"] * len(found.key),
        zrbhdjb=["县级"] * len(found.key),
        zrbhdfq=found.key.tolist(),
        mj=_rounded(found),
        **_end(found, VERSION),
    )


def _urban(ground: Ground, plan: Plan) -> Rows:
    found = controls.joined(ground, plan.urban != "", plan.urban)
    return _columns(
        **_place("urban-boundary", ground, found),
        ghfqdm=found.key.tolist(),
        ghfqmc=[_URBAN[each] for each in found.key],
        mj=_rounded(found),
        **_end(found, VERSION),
    )


def _zones(ground: Ground, plan: Plan) -> Rows:
    found = controls.joined(ground, np.ones(len(plan.zone), bool), plan.zone)
    return _columns(
        **_place("planning-zones", ground, found, "2090020610"),
        ghfqdm=found.key.tolist(),
        ghfqmc=[_ZONES[each] for each in found.key],
        mj=_rounded(found),
        **_end(found, VERSION),
    )


def _planned(ground: Ground, plan: Plan) -> Rows:
    found = controls.single(ground, plan.planned != "", plan.planned)
    return _columns(
        **_place("planned-land-use", ground, found, "2090020620"),
        ydyhfldm=found.key.tolist(),
        class1=[each[:2] for each in found.key],
        edition=["2023"] * len(found.key),
        tbmj=_rounded(found),
        mj=_rounded(found),
        **_end(found, VERSION),
    )


def _kinds(layer: str, ground: Ground, kinds: Texts, columns: dict[str, Texts | str | None]) -> Rows:
    """A layer of joined areas; a column of kinds takes those of its areas."""
    found = controls.joined(ground, kinds != "", kinds)
    told: dict[str, Column] = {
        name: found.key.tolist() if isinstance(value, np.ndarray) else [value] * len(found.key)
        for name, value in columns.items()
    }
    return _columns(**_place(layer, ground, found), **told, mj=_rounded(found), **_end(found, VERSION))


def _plots(ground: Ground, plan: Plan) -> Rows:
    kept: Flags = (plan.urban == "410") & (ground.strip == 0) & np.isin(ground.czcsxm, ("201",))
    found = controls.single(ground, kept, plan.planned)
    chance = ground.chance[found.parcels]
    count = len(found.key)
    return _columns(
        **_place("detailed-plan-plots", ground, found),
        dkbh=[f"SYN-{number:04d}" for number in range(1, count + 1)],
        ydyhfldm=found.key.tolist(),
        far_max=np.round(1.0 + 2.0 * chance, 1).tolist(),
        density_max=np.round(22.0 + 18.0 * chance, 0).tolist(),
        height_max_m=np.round(18.0 + 62.0 * chance, 0).tolist(),
        green_min=np.round(35.0 - 10.0 * chance, 0).tolist(),
        mj=_rounded(found),
        **_end(found, DETAILED),
    )


def _schemes(ground: Ground, plan: Plan) -> Rows:
    kept = (plan.urban == "420") | ((plan.urban == "410") & (ground.urban > 0.95))
    found = controls.joined(ground, kept, np.full(len(kept), "scheme"))
    names = [f"合成成片开发方案 {number}" for number in range(1, len(found.key) + 1)]
    return _columns(
        **_place("development-schemes", ground, found),
        mc=names,
        pzwh=["合成成片〔2025〕5号"] * len(found.key),
        mj=_rounded(found),
        **_end(found, VERSION),
    )


def _approvals(ground: Ground, plan: Plan) -> Rows:
    kept = (plan.urban == "410") & (ground.chance * 13 % 1 < 0.2) & (ground.strip == 0)
    found = controls.single(ground, kept, plan.planned)
    count = len(found.key)
    stages = np.array(["preliminary", "conversion", "land-permit", "works-permit", "verified"])
    return _columns(
        bsm=_bsm("land-approvals", count),
        xzqdm=_codes(ground, found),
        held_by=[f"SYN-{COUNTY}-{number:05d}" for number in range(1, count + 1)],
        held_for=[f"合成项目 {number}" for number in range(1, count + 1)],
        stage=stages[(ground.chance[found.parcels] * 997).astype(int) % 5].tolist(),
        document_no=[f"合成用地〔2025〕{number}号" for number in range(1, count + 1)],
        use_code=found.key.tolist(),
        approved_on=[date(2025, 9, 1)] * count,
        mj=_rounded(found),
        data_nature=[STAMP] * count,
        geom=_wkb(found.polygons),
    )


def _violations(ground: Ground, plan: Plan) -> Rows:
    found = controls.single(ground, (plan.zone == "300") & (ground.chance * 31 % 1 < 0.01), ground.dlbm)
    count = len(found.key)
    return _columns(
        bsm=_bsm("land-violations", count),
        xzqdm=_codes(ground, found),
        case_no=[f"SYN-案-{number:04d}" for number in range(1, count + 1)],
        state=np.where(ground.chance[found.parcels] < 0.5, "open", "closed").tolist(),
        found_on=[date(2025, 10, 1)] * count,
        mj=_rounded(found),
        data_nature=[STAMP] * count,
        geom=_wkb(found.polygons),
    )


def _facilities(ground: Ground) -> Rows:
    """One home in ten of the towns has a facility at its door, of each kind in turn; by a street."""
    homes = np.flatnonzero(np.isin(ground.czcsxm, ("201", "202")) & np.isin(ground.dlbm, ("0701", "0702")))
    doors = shapely.point_on_surface(ground.polygons[homes])
    streets = [shapely.transform(each.line, to_plane) for each in ground.city.roads if each.grade == "street"]
    by_street = shapely.STRtree(streets).query(
        shapely.transform(doors, to_plane), predicate="dwithin", distance=_DOOR_M
    )[0]
    near = np.unique(by_street)
    order = near[np.argsort(ground.chance[homes[near]], kind="stable")]
    chosen = order[: max(6 * len(_KINDS), len(homes) // 10)]
    villages = ground.city.divisions.villages
    count = len(chosen)
    kinds = [_KINDS[number % len(_KINDS)] for number in range(count)]
    return _columns(
        bsm=_bsm(FACILITIES, count),
        kind=[kind for kind, _ in kinds],
        name=[f"合成{title}{number:03d}" for number, (_, title) in enumerate(kinds, 1)],
        xzqdm=[villages[v].code for v in ground.village[homes[chosen]]],
        data_nature=[STAMP] * count,
        geom=_wkb(doors[chosen]),
    )


_DOOR_M: Final = 120.0
"""From a street, at most."""
_KINDS: Final = (
    ("health", "卫生站"),
    ("primary-school", "小学"),
    ("fire-station", "消防站"),
    ("aged-care", "养老站"),
    ("culture", "文化站"),
    ("sports", "体育场"),
)


def _place(layer: str, ground: Ground, found: Groups, ysdm: str | None = None) -> dict[str, Column]:
    villages = ground.city.divisions.villages
    return {
        "bsm": _bsm(layer, len(found.key)),
        "ysdm": [ysdm] * len(found.key),
        "xzqdm": _codes(ground, found),
        "xzqmc": [villages[v].name for v in found.village],
    }


def _end(found: Groups, version: str) -> dict[str, Column]:
    count = len(found.key)
    return {"plan_version": [version] * count, "data_nature": [STAMP] * count, "geom": _wkb(found.polygons)}


def _codes(ground: Ground, found: Groups) -> list[object]:
    villages = ground.city.divisions.villages
    return [villages[v].code for v in found.village]


def _bsm(layer: str, count: int) -> list[object]:
    return [f"{COUNTY}{_SERIES[layer]}{number:08d}" for number in range(1, count + 1)]


def _rounded(found: Groups) -> list[float]:
    areas: list[float] = np.round(found.area_m2, 2).tolist()
    return areas


def _wkb(polygons: Geometries) -> list[bytes]:
    written: list[bytes] = shapely.to_wkb(polygons).tolist()
    return written


def _columns(**columns: Any) -> Rows:
    names = tuple(columns)
    return Rows(names, names[0], tuple(zip(*columns.values(), strict=True)))


def _table(names: tuple[str, ...], held: Sequence[tuple[object, ...]]) -> Rows:
    return Rows(names, names[0], tuple(held))
