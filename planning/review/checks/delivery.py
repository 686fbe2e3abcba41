"""Groups 1 and 2: is everything there 完整性, and in one frame of CGCS2000 数学基础."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial
from typing import Final

import numpy as np
import shapely

from planning import layers
from planning.review.model import Finding, LayerState, Outcome, outcome, skipped
from planning.review.subject import Said, Subject
from spatial.datum import frame
from spatial.datum.frames import Kind
from spatial.errors import UnknownFrame


def completeness(subject: Subject) -> Iterator[Outcome]:
    """Group 1: what is missing, empty, unreadable or of no known name."""
    delivery = subject.delivery
    problems = [
        Finding("delivery-unreadable", each.name, (), each.zh, each.en)
        for each in delivery.problems
        if each.code != "curved-geometry"
    ]
    seen = len(delivery.layers) + len(delivery.problems)
    yield outcome("delivery-unreadable", "", seen, problems)
    missing = [each for each in subject.catalogue.required if each not in delivery.layers]
    yield outcome("layer-missing", "", len(subject.catalogue.required), map(_missing, missing))
    empty = [each for each in delivery.layers.values() if not len(each)]
    yield outcome(
        "layer-empty",
        "",
        len(delivery.layers),
        (
            Finding(
                "layer-empty",
                each.id,
                (),
                f"图层没有要素:{each.declared.name}",
                f"the layer has no features: {each.declared.name}",
            )
            for each in empty
        ),
    )
    yield outcome(
        "layer-unknown",
        "",
        seen + len(delivery.unknown),
        (
            Finding(
                "layer-unknown",
                name,
                (),
                f"图层名不在规定之内,未检查:{name}",
                f"a layer of this name is not provided for, it was not checked: {name}",
            )
            for name in delivery.unknown
        ),
    )

    yield from _beside(subject)


def _beside(subject: Subject) -> Iterator[Outcome]:
    """The table of indicators, and the documents that lie beside the data."""
    names = subject.delivery.documents
    if names is None:
        for check in ("table-missing", "document-missing"):
            yield skipped(check, "", "只有数据,没有成果目录", "data alone, without a folder of results")
        return
    wanted = "、".join(subject.catalogue.figures.names[:2])
    table = (
        []
        if subject.delivery.figures is not None
        else [
            Finding(
                "table-missing",
                "",
                (),
                f"缺少指标表:{wanted}",
                f"the table of indicators is missing: {wanted}",
            )
        ]
    )
    yield outcome("table-missing", "", 1, table)
    kinds = subject.catalogue.documents
    missing = [kind for kind in kinds if not any(word in name for word in kind.words for name in names)]
    yield outcome(
        "document-missing",
        "",
        len(kinds),
        (
            Finding(
                "document-missing",
                "",
                (),
                f"缺少{kind.title.zh}(文件名应含“{kind.words[0]}”)",
                f"the {kind.title.en} is missing (a file named with {kind.words[0]})",
            )
            for kind in missing
        ),
    )


def _missing(layer: str) -> Finding:
    title = layers.contract(layer).title
    return Finding(
        "layer-missing", layer, (), f"成果中缺少图层:{title.zh}", f"the delivery lacks the layer: {title.en}"
    )


def basis(subject: Subject) -> Iterator[Outcome]:
    """Group 2: the frames declared, and where the coordinates lie."""
    placed = [each for each in subject.delivery.as_delivered if each.shapes_4490 is not None]
    for state in placed:
        yield from _frame(state)
        astray = subject.astray(state)
        yield subject.of_rows("outside-city", state, astray, partial(_astray, state))
        heights = shapely.has_z(state.shapes_4490)
        yield subject.of_rows(
            "heights-present",
            state,
            heights,
            lambda _: Said("坐标带高程,成果应为二维", "the coordinates have heights; results are plane"),
        )
    yield from _vertical(placed)
    yield from _grids(subject, placed)
    names = Counter(each.declared.frame for each in placed if each.declared.frame is not None)
    usual = names.most_common(1)[0][0] if names else None
    odd = [each for each in placed if each.declared.frame not in (usual, None)]
    yield outcome(
        "frames-differ",
        "",
        len(placed),
        (
            Finding(
                "frames-differ",
                each.id,
                (),
                f"坐标系与多数图层({usual})不一致:{each.declared.frame}",
                f"in another frame than most layers ({usual}): {each.declared.frame}",
            )
            for each in odd
        ),
    )


def _frame(state: LayerState) -> Iterator[Outcome]:
    said = state.declared.frame
    taken = state.declared.moved_from or "EPSG:4490"
    undeclared = (
        []
        if said is not None
        else [
            Finding(
                "frame-not-declared",
                state.id,
                (),
                f"没有声明坐标系,按数值以 {taken} 读取,请补充声明:{state.declared.name}",
                f"no frame is declared; read as {taken} by its numbers; declare it: {state.declared.name}",
            )
        ]
    )
    yield outcome("frame-not-declared", state.id, 1, undeclared)
    if said is None:
        yield skipped("frame-not-cgcs2000", state.id, "没有声明坐标系", "no frame is declared")
        return
    other = (
        []
        if _cgcs2000(said)
        else [
            Finding(
                "frame-not-cgcs2000",
                state.id,
                (),
                f"应为 2000 国家大地坐标系(EPSG:4490 或其高斯-克吕格投影),实为:{said}",
                f"CGCS2000 (EPSG:4490 or a Gauss-Krüger zone of it) is wanted, found: {said}",
            )
        ]
    )
    yield outcome("frame-not-cgcs2000", state.id, 1, other)


VERTICAL: Final = "EPSG:5737"
"""1985 国家高程基准, by its earlier name there."""
_VERTICAL_FORMATS: Final = ("filegdb", "geopackage")
"""Formats that have a place for a vertical datum."""
_DEGREE_M: Final = 1e5
"""A degree in metres, as GIS programs convert grids: 1e-9° for 0.1 mm."""


def _vertical(placed: list[LayerState]) -> Iterator[Outcome]:
    """The vertical datum 高程基准 that stands beside the frame."""
    for state in placed:
        said, name = state.declared.vertical, state.declared.name
        if state.declared.format not in _VERTICAL_FORMATS:
            why = ("该格式不记高程基准", "the format has no place for a vertical datum")
            yield skipped("vertical-not-declared", state.id, *why)
            yield skipped("vertical-not-1985", state.id, *why)
            continue
        none = Finding(
            "vertical-not-declared",
            state.id,
            (),
            f"没有声明高程基准,应为 1985 国家高程基准({VERTICAL}):{name}",
            f"no vertical datum is declared; it should be that of 1985 ({VERTICAL}): {name}",
        )
        other = Finding(
            "vertical-not-1985",
            state.id,
            (),
            f"高程基准应为 1985 国家高程基准({VERTICAL}),实为:{said}",
            f"the vertical datum should be that of 1985 ({VERTICAL}), it is: {said}",
        )
        yield outcome("vertical-not-declared", state.id, 1, [none] if said is None else [])
        yield outcome("vertical-not-1985", state.id, 1, [other] if said not in (None, VERTICAL) else [])


def _grids(subject: Subject, placed: list[LayerState]) -> Iterator[Outcome]:
    """XY resolution and tolerance XY 分辨率与容差, where the format has them."""
    known = [(each, grid) for each in placed if (grid := _grid(each)) is not None]
    for state in placed:
        if _grid(state) is None:
            yield skipped(
                "grid-coarse", state.id, "该格式没有坐标网格", "the format has no grid of coordinates"
            )
    least = subject.tolerance("grid-coarse")
    for state, (resolution_m, tolerance_m) in known:
        coarse = []
        # The tolerance is usually ten times the resolution.
        if resolution_m > least / 10 * 1.2 or tolerance_m > least * 1.2:
            coarse.append(
                Finding(
                    "grid-coarse",
                    state.id,
                    (),
                    f"XY 分辨率 {resolution_m:.2g} m、容差 {tolerance_m:.2g} m,"
                    f"应不大于 {least / 10:g} m、{least:g} m",
                    f"XY resolution {resolution_m:.2g} m, tolerance {tolerance_m:.2g} m;"
                    f" at most {least / 10:g} m and {least:g} m are wanted",
                    tolerance_m,
                )
            )
        yield outcome("grid-coarse", state.id, 1, coarse)
    rounded = [(state, tuple(f"{each:.1g}" for each in grid)) for state, grid in known]
    usual = Counter(grid for _, grid in rounded).most_common(1)
    odd = [(state, grid) for state, grid in rounded if grid != usual[0][0]]
    yield outcome(
        "grids-differ",
        "",
        len(known),
        (
            Finding(
                "grids-differ",
                each.id,
                (),
                f"XY 分辨率、容差({'、'.join(grid)} m)与多数图层({'、'.join(usual[0][0])} m)不一致",
                f"XY resolution and tolerance ({', '.join(grid)} m) are not those of most layers"
                f" ({', '.join(usual[0][0])} m)",
            )
            for each, grid in odd
        ),
    )


def _grid(state: LayerState) -> tuple[float, float] | None:
    """Resolution and tolerance in metres."""
    said = state.declared
    if said.resolution is None or said.tolerance is None:
        return None
    try:
        unit_m = _DEGREE_M if frame(said.frame or "").kind is Kind.GEOGRAPHIC else 1.0
    except UnknownFrame:
        return None
    return said.resolution * unit_m, said.tolerance * unit_m


def _cgcs2000(name: str) -> bool:
    try:
        return frame(name).datum == "CGCS2000"
    except UnknownFrame:
        return False


def _astray(state: LayerState, row: int) -> Said:
    assert state.shapes_4490 is not None
    west, south, *_ = shapely.bounds(state.shapes_4490[row]).tolist()
    spot = shapely.Point(west, south) if np.isfinite([west, south]).all() else None
    zh = f"坐标远离本市,请核对坐标系与带号:({west:.6f}, {south:.6f})"
    return Said(zh, f"far from the city; check frame and zone: ({west:.6f}, {south:.6f})", None, spot)
