"""The rules of a legend 图例: signs that fit the geometry, fields that may be shown, known tables."""

from __future__ import annotations

import re
from collections.abc import Iterator

from spatial.catalogue.contract import Contract, FieldType, Legend
from spatial.catalogue.problem import Problem
from spatial.catalogue.symbology import symbologies, symbology

_LEGEND_OF = {
    "Point": ("circle",),
    "MultiPoint": ("circle",),
    "LineString": ("line",),
    "MultiLineString": ("line",),
    "Polygon": ("fill", "line"),
    "MultiPolygon": ("fill", "line"),
    None: ("none",),
}
_COLOR = re.compile(r"#[0-9a-f]{6}")
_METRES = "m"


def problems(contract: Contract) -> Iterator[Problem]:
    """What is wrong with the legend of a contract."""
    legend = contract.legend
    kinds = _LEGEND_OF.get(contract.geometry)
    if kinds is not None and legend.kind not in kinds:
        yield Problem(
            "legend.kind",
            f"{contract.geometry or '无几何'} 须用 {' / '.join(kinds)}:{legend.kind}",
            f"{contract.geometry or 'no geometry'} is drawn as {' or '.join(kinds)}: {legend.kind}",
            legend.kind,
        )
    colors = [("legend.color", legend.color), ("legend.outline", legend.outline)]
    colors += [(f"legend.colors[{i}].color", color) for i, (_, color) in enumerate(legend.colors)]
    for where, color in colors:
        if color is not None and not _COLOR.fullmatch(color):
            yield Problem(
                where, f"须为小写 #rrggbb:{color}", f"must be #rrggbb in lower case: {color}", color
            )
    yield from _numbers(legend)
    yield from _decided(contract)


def _numbers(legend: Legend) -> Iterator[Problem]:
    for key, given, low, high in (
        ("width_px", legend.width_px, 0, 64),
        ("radius_px", legend.radius_px, 0, 64),
        ("opacity", legend.opacity, 0, 1),
        ("min_zoom", legend.min_zoom, 0, 24),
    ):
        if not low <= given <= high:
            yield Problem(
                f"legend.{key}", f"须在 {low}–{high}:{given}", f"must lie in {low}–{high}: {given}", given
            )


def _decided(contract: Contract) -> Iterator[Problem]:
    legend, by_name = contract.legend, {each.name: each for each in contract.fields}
    for key, name in (("label", legend.label), ("by", legend.by), ("height", legend.height)):
        if name is not None and (name not in by_name or by_name[name].secrecy.value != "public"):
            yield Problem(f"legend.{key}", f"须为公开字段:{name}", f"must be a public field: {name}", name)
    if bool(legend.by) != bool(legend.colors or legend.table):
        yield Problem(
            "legend.colors",
            f"by 与 colors 或 table 须同时给出:{legend.by}",
            f"by goes together with colors or a table: {legend.by}",
            legend.by,
        )
    if legend.height is not None:
        yield from _height(contract, legend.height)
    if legend.table is not None:
        yield from _table(contract, legend.table)
    if legend.by in by_name:
        codes = {code for code, _ in by_name[legend.by].codes}
        for index, (code, _) in enumerate(legend.colors):
            if code not in codes:
                yield Problem(
                    f"legend.colors[{index}].code",
                    f"不在字段 {legend.by} 的代码表中:{code}",
                    f"is not in the code list of field {legend.by}: {code}",
                    code,
                )


def _height(contract: Contract, name: str) -> Iterator[Problem]:
    """Areas rise in the tilted map by a number of metres."""
    if contract.legend.kind != "fill":
        yield Problem("legend.height", f"只用于面 fill:{name}", f"is for areas drawn as fill: {name}", name)
    for each in contract.fields:
        if each.name == name and (each.type is not FieldType.NUMBER or each.unit != _METRES):
            yield Problem(
                "legend.height",
                f"须为以 m 为单位的 number 字段:{name}",
                f"must be a field of type number in m: {name}",
                name,
            )


def _table(contract: Contract, table: str) -> Iterator[Problem]:
    if table not in symbologies():
        known = ", ".join(symbologies())
        yield Problem(
            "legend.table",
            f"没有这个符号表,可用的有 {known}:{table}",
            f"there is no such table of symbols, known are {known}: {table}",
            table,
        )
        return
    known_codes = symbology(table).by_code
    decides = [each for each in contract.fields if each.name == contract.legend.by]
    if decides and not any(code in known_codes for code, _ in decides[0].codes):
        yield Problem(
            "legend.table",
            f"字段 {contract.legend.by} 的代码无一在符号表中:{table}",
            f"none of the codes of field {contract.legend.by} is in the table of symbols: {table}",
            table,
        )
