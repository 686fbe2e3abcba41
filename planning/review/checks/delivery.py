"""Groups 1 and 2: is everything there 完整性, and in one frame of CGCS2000 数学基础."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from functools import partial

import numpy as np
import shapely

from planning import layers
from planning.review.model import Finding, LayerState, Outcome, outcome, skipped
from planning.review.subject import Said, Subject
from spatial.datum import frame
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


def _missing(layer: str) -> Finding:
    title = layers.contract(layer).title
    return Finding(
        "layer-missing", layer, (), f"成果中缺少图层:{title.zh}", f"the delivery lacks the layer: {title.en}"
    )


def basis(subject: Subject) -> Iterator[Outcome]:
    """Group 2: the frames declared, and where the coordinates lie."""
    placed = [each for each in subject.delivery.layers.values() if each.shapes_4490 is not None]
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
