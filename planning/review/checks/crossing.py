"""Groups 8 and 11: layers against each other 跨层, and against those of the upper plan 传导."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np

from planning.review.model import LISTED, Finding, Ints, LayerState, Outcome, skipped
from planning.review.overlay import Piece, common, twins, uncovered
from planning.review.parcels import Parcels, from_plane
from planning.review.subject import Said, Subject
from spatial.datum import frame, legal_areas_m2

LINES: Final = ("permanent-farmland", "ecological-redline", "urban-boundary")
"""The three control lines 三条控制线."""
_URBAN: Final = "4"
"""Codes of the urban development zone 城镇发展区 begin with this (待核)."""


def across(subject: Subject) -> Iterator[Outcome]:
    """Group 8."""
    for place, one in enumerate(LINES):
        for other in LINES[place + 1 :]:
            if (missing := _absent(subject, (one, other))) is not None:
                yield skipped("lines-overlap", one, *_lacking(missing))
            else:
                pieces = common(*_all(subject, one), *_all(subject, other))
                yield _told(
                    subject,
                    "lines-overlap",
                    one,
                    pieces,
                    f"与 {_title(subject, other)} 重叠",
                    f"overlaps {other}",
                    other,
                )
    yield _farmland(subject)
    yield _zones(subject)
    yield _cores(subject)
    yield _classes(subject)


def handed_down(subject: Subject) -> Iterator[Outcome]:
    """Group 11: lines of the upper plan are kept whole, its urban boundary is not exceeded."""
    upper = subject.against.upper
    for layer in LINES:
        check = "upper-boundary-exceeded" if layer == "urban-boundary" else "upper-line-cut"
        if upper is None:
            yield skipped(check, layer, "没有上级规划图层", "the upper plan is not at hand")
            continue
        if layer not in upper.layers or _absent(subject, (layer,)) is not None:
            yield skipped(check, layer, *_lacking(layer))
            continue
        above = upper.layers[layer]
        assert above.shapes_4490 is not None
        parcels = Parcels(above.shapes_4490, subject.epsg)
        there = np.flatnonzero(parcels.there)
        if check == "upper-line-cut":
            pieces = uncovered(parcels, there, *_all(subject, layer))
            yield _pieces(
                subject, check, above, pieces, "上级控制线在此被调减", "the upper plan's line is cut here"
            )
        else:
            pieces = uncovered(*_all(subject, layer), parcels, there)
            yield _told(
                subject,
                check,
                layer,
                pieces,
                "超出上级城镇开发边界",
                "beyond the upper plan's urban boundary",
            )


def _farmland(subject: Subject) -> Outcome:
    """Permanent farmland on parcels of the survey that are no arable land.

    Arable is DLBM 01; land kept adjustable (suffix K 可调整) is taken for a listed
    exception (待核).
    """
    check, layer, survey = "farmland-elsewhere", "permanent-farmland", "land-use-survey"
    if (missing := _absent(subject, (layer, survey))) is not None:
        return skipped(check, layer, *_lacking(missing))
    classes = subject.delivery.layers[survey].text("dlbm").tolist()
    arable = np.array([str(each).startswith("01") or str(each).endswith("K") for each in classes], np.bool_)
    one, rows = _all(subject, layer)
    other = subject.parcels(survey)
    rest = rows[~twins(one, rows, other, np.flatnonzero(arable & other.there))]
    pieces = common(one, rest, other, np.flatnonzero(~arable & other.there))
    return _told(
        subject,
        check,
        layer,
        pieces,
        "落在非耕地图斑上",
        "lies on land that is not arable",
        survey,
        examined=len(rows),
    )


def _zones(subject: Subject) -> Outcome:
    """The urban boundary is the sum of the urban development zones."""
    check, boundary, zones = "urban-zone-differs", "urban-boundary", "planning-zones"
    if (missing := _absent(subject, (boundary, zones))) is not None:
        return skipped(check, boundary, *_lacking(missing))
    codes = subject.delivery.layers[zones].text("ghfqdm").tolist()
    parcels, rows = _all(subject, zones)
    urban = rows[np.array([str(codes[row]).startswith(_URBAN) for row in rows.tolist()], np.bool_)]
    one, lines = _all(subject, boundary)
    beyond = _told(
        subject, check, boundary, uncovered(one, lines, parcels, urban),
        "开发边界内不是城镇发展区", "inside the boundary, no urban zone",
    )  # fmt: skip
    short = _told(
        subject, check, zones, uncovered(parcels, urban, one, lines),
        "城镇发展区超出开发边界", "an urban zone beyond the boundary",
    )  # fmt: skip
    return Outcome(
        check,
        boundary,
        beyond.examined + short.examined,
        beyond.total + short.total,
        (*beyond.findings, *short.findings)[:LISTED],
        beyond.ignored + short.ignored,
    )


def _cores(subject: Subject) -> Outcome:
    check, reserves, redline = "core-outside-redline", "nature-reserves", "ecological-redline"
    if (missing := _absent(subject, (reserves, redline))) is not None:
        return skipped(check, reserves, *_lacking(missing))
    zone = subject.delivery.layers[reserves].text("zrbhdfq").tolist()
    parcels, rows = _all(subject, reserves)
    core = rows[np.array([str(zone[row]) == "1" for row in rows.tolist()], np.bool_)]
    pieces = uncovered(parcels, core, *_all(subject, redline))
    return _told(
        subject, check, reserves, pieces, "核心保护区不在生态保护红线内", "core outside of the redline"
    )


def _classes(subject: Subject) -> Outcome:
    """Planned classes that the zone does not admit 分区准入, by the city's table or the one that ships."""
    check, planned, zones = "class-against-zone", "planned-land-use", "planning-zones"
    given = subject.against.permitted
    permitted = subject.catalogue.permitted if given is None else given
    unchecked = ("(准入表待核)", " (table of admissions unverified)") if given is None else ("", "")
    if (missing := _absent(subject, (planned, zones))) is not None:
        return skipped(check, planned, *_lacking(missing))
    class_of = subject.delivery.layers[planned].text("ydyhfldm").tolist()
    zone_of = subject.delivery.layers[zones].text("ghfqdm").tolist()
    one, rows = _all(subject, planned)
    other, others = _all(subject, zones)
    pieces: list[Piece] = []
    for zone, admitted in permitted.items():
        against = [row for row in rows.tolist() if str(class_of[row])[:2] not in admitted]
        within = [row for row in others.tolist() if zone_of[row] == zone]
        pieces += common(one, np.array(against, np.int64), other, np.array(within, np.int64))
    return _told(
        subject,
        check,
        planned,
        pieces,
        f"规划用地不在分区准入之内{unchecked[0]}",
        f"the zone does not admit the class{unchecked[1]}",
        zones,
    )


def _absent(subject: Subject, wanted: Sequence[str]) -> str | None:
    """The first of these layers that is not there to be looked at."""
    for layer in wanted:
        state = subject.delivery.layers.get(layer)
        if state is None or not len(state) or not subject.stands(state):
            return layer
    return None


def _lacking(layer: str) -> tuple[str, str]:
    return f"缺少可用的图层:{layer}", f"a usable layer is missing: {layer}"


def _all(subject: Subject, layer: str) -> tuple[Parcels, Ints]:
    parcels = subject.parcels(layer)
    return parcels, np.flatnonzero(parcels.there)


def _title(subject: Subject, layer: str) -> str:
    return subject.delivery.layers[layer].contract.title.zh


def _told(
    subject: Subject,
    check: str,
    layer: str,
    pieces: list[Piece],
    zh: str,
    en: str,
    other: str | None = None,
    examined: int | None = None,
) -> Outcome:
    state = subject.delivery.layers[layer]
    beside = None if other is None else subject.delivery.layers[other]
    return _pieces(subject, check, state, pieces, zh, en, beside, examined)


def _pieces(
    subject: Subject,
    check: str,
    state: LayerState,
    pieces: list[Piece],
    zh: str,
    en: str,
    beside: LayerState | None = None,
    examined: int | None = None,
) -> Outcome:
    """Pieces above the tolerance, the largest first; those below are counted."""
    least = subject.tolerance(check)
    large = sorted((each for each in pieces if each.area_m2 > least), key=lambda each: -each.area_m2)
    listed = large[:LISTED]
    shapes = np.empty(len(listed), object)
    shapes[:] = [each.shape_m for each in listed]
    degrees = from_plane(shapes, subject.epsg) if listed else shapes
    legal = legal_areas_m2(shapes, frame(str(subject.epsg))).tolist() if listed else []
    findings = tuple(
        _finding(
            subject,
            check,
            state,
            each,
            Said(f"{zh} {area:.2f} m²", f"{en}, {area:.2f} m²", area, shape),
            beside,
        )
        for each, area, shape in zip(listed, legal, degrees, strict=True)
    )
    count = len(state) if examined is None else examined
    return Outcome(check, state.id, count, len(large), findings, len(pieces) - len(large))


def _finding(
    subject: Subject, check: str, state: LayerState, piece: Piece, said: Said, beside: LayerState | None
) -> Finding:
    found = subject.finding(check, state, (piece.row,), said)
    if beside is None or piece.other < 0:
        return found
    other: Any = subject.finding(check, beside, (piece.other,), said)
    return Finding(
        check, state.id, (*found.keys, *other.keys), said.zh, said.en, said.measured, said.shape_4490
    )
