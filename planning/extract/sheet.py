"""An extract as a report to be printed 查询证明: tables, laws, a map of every theme with legend and scale."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import shapely

from planning.extract.restrictions import Extract, Theme, color_of
from planning.land_use import SQUARE_METRES_PER_MU
from planning.report.document import Chapter, Column, Floats, Map, MapLayer, Report, Table

WIDTH_MM, HEIGHT_MM = 120.0, 80.0
_AROUND: Final = 1.7
"""The map shows so many times the extent of the place."""
_LEAST_M: Final = 120.0
_OUTLINE_MM: Final = 1.1
_SITE: Final = "#c0392b"
_SCALES: Final = (200, 250, 500, 1000, 2000, 2500, 5000, 10_000, 20_000, 25_000, 50_000, 100_000, 200_000)


def report(made: Extract) -> Report:
    """The whole extract."""
    document = made.document
    subject = document["subject"]
    by_role = {theme.role.id: theme for theme in made.themes}
    chapters = [_overview(document)]
    chapters += [_concerned(told, by_role[told["theme"]], made) for told in document["concerned"]]
    chapters.append(Chapter("说明 Remarks", (document["disclaimer"]["zh"], document["disclaimer"]["en"])))
    facts = [("查询时点 As of", document["datetime"])]
    if document["asof"]:
        facts.append(("登记时间 Known at", document["asof"]))
    facts.append(("对象 Subject", _subject(subject)))
    if subject["area_m2"]:
        mu = subject["area_m2"] / SQUARE_METRES_PER_MU
        facts.append(("椭球面积 Legal area", f"{subject['area_m2']:.2f} m²({mu:.2f} 亩)"))
    facts.append(("验证码 Verification code", made.code))
    return Report(
        title="国土空间管控要求查询证明",
        subtitle="Extract of territorial restrictions",
        facts=tuple(facts),
        synthetic=document["synthetic"] is not None,
        chapters=tuple(chapters),
        digest=made.sha256.hex(),
    )


def _subject(subject: dict[str, Any]) -> str:
    told = [subject.get("bsm"), subject.get("dlmc"), subject.get("zldwmc")]
    named = " ".join(each for each in told if each)
    return named or ("点位 a point" if subject["kind"] == "point" else "划定范围 an area")


def _overview(document: dict[str, Any]) -> Chapter:
    rows = [
        (each["title"]["zh"], "涉及 concerned", _area(each), _share(each)) for each in document["concerned"]
    ]
    rows += [(each["title"]["zh"], "不涉及 not concerned", "", "") for each in document["not_concerned"]]
    rows += [
        (each["title"]["zh"], f"无法确定 without data:{each['reason']['zh']}", "", "")
        for each in document["without_data"]
    ]
    columns = (
        Column("主题 Theme", 0.34), Column("结论 Finding", 0.36), Column("面积 m²", 0.18, right=True),
        Column("占比 %", 0.12, right=True),
    )  # fmt: skip
    return Chapter("管控要求一览 Overview", tables=(Table(columns, tuple(rows)),))


def _area(told: dict[str, Any]) -> str:
    return f"{told['area_m2']:.2f}" if "area_m2" in told else ""


def _share(told: dict[str, Any]) -> str:
    return f"{told['share'] * 100:.2f}" if "share" in told else ""


def _concerned(told: dict[str, Any], theme: Theme, made: Extract) -> Chapter:
    texts = [
        f"{law['document']} {law['article']}{'' if law['checked'] else '(条款待核)'}" for law in told["law"]
    ]
    texts += [f"· {said['zh']}" for law in told["law"] for said in law["says"]]
    if told.get("withheld"):
        texts.append("图形与标识不予提供。Shapes and codes are withheld.")
        return Chapter(told["title"]["zh"], tuple(texts))
    columns = (
        Column("标识码", 0.28),
        Column("规划及文号", 0.42),
        Column("面积 m²", 0.18, right=True),
        Column("变更集", 0.12),
    )
    shown = told["objects"][:40]
    rows = [
        (
            each["bsm"],
            _plan(each),
            f"{each['area_m2']:.2f}" if "area_m2" in each else "",
            str(each["changeset"]),
        )
        for each in shown
    ]
    if len(told["objects"]) > len(shown):
        rows.append((f"……共 {len(told['objects'])} 个", "全部见 JSON 查询结果", "", ""))
    return Chapter(told["title"]["zh"], tuple(texts), (Table(columns, tuple(rows)),), (_map(theme, made),))


def _plan(told: dict[str, Any]) -> str:
    plan = told.get("plan")
    if plan is None:
        return " ".join(str(value) for value in told["fields"].values() if value)
    return f"{plan['name']} {plan['document_no'] or ''}".strip()


def _map(theme: Theme, made: Extract) -> Map:
    x, y = shapely.centroid(made.site).coords[0]
    west, south, east, north = made.site.bounds
    wanted_m = max(_LEAST_M, (east - west) * _AROUND, (north - south) * _AROUND * WIDTH_MM / HEIGHT_MM)
    scale = next((each for each in _SCALES if each * WIDTH_MM / 1000 >= wanted_m), _SCALES[-1])
    wide, high = scale * WIDTH_MM / 1000, scale * HEIGHT_MM / 1000
    corner = np.array([x - wide / 2, y - high / 2])
    window = shapely.box(*corner, corner[0] + wide, corner[1] + high)
    names = dict(_titles(theme))
    layers = []
    for code in dict.fromkeys(code for code, _ in theme.shapes):
        shapes = [shape for own, shape in theme.shapes if own == code]
        seen = shapely.intersection(np.array(shapes, dtype=object), window)
        layers.append(
            MapLayer(
                names.get(code, theme.contract.title.zh),
                color_of(theme.contract, code),
                _rings(seen, corner, scale),
                len(shapes),
            )
        )
    outline = shapely.buffer(
        shapely.boundary(made.site) if made.site.geom_type != "Point" else made.site,
        (_OUTLINE_MM if made.site.geom_type != "Point" else 3 * _OUTLINE_MM) * scale / 1000 / 2,
    )
    layers.append(
        MapLayer("查询对象 subject", _SITE, _rings(np.array([outline], dtype=object), corner, scale), 1)
    )
    return Map(theme.role.title.zh, WIDTH_MM, HEIGHT_MM, scale, tuple(layers))


def _titles(theme: Theme) -> list[tuple[str, str]]:
    by = theme.contract.legend.by
    return [] if by is None else [(code, title.zh) for code, title in theme.contract.field(by).codes]


def _rings(shapes: Any, corner: Floats, scale: int) -> tuple[tuple[Floats, ...], ...]:
    mm = 1000.0 / scale
    scaled = shapely.transform(shapes, lambda places: (places - corner) * mm)
    parts = shapely.get_parts(shapely.get_parts(shapely.simplify(scaled, 0.02)))
    polygons = [part for part in parts if part.geom_type == "Polygon" and not part.is_empty]
    return tuple(
        tuple(np.round(shapely.get_coordinates(ring)[:-1], 2) for ring in shapely.get_rings(part))
        for part in polygons
    )
