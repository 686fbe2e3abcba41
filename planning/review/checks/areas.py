"""Group 9: declared areas against legal ones, and sums that must close 面积."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from planning.review.model import Finding, Floats, LayerState, Outcome, outcome, skipped
from planning.review.subject import Said, Subject, rounded
from spatial.datum import frame, legal_areas_m2

AREA_FIELDS: Final = ("tbmj", "yjjbnttbmj", "mj")
"""The first of these that a layer has is its declared area, in m²."""


def areas(subject: Subject) -> Iterator[Outcome]:
    """Declared area of each feature, its deduction, and the sums by division."""
    for state in subject.placed:
        if "Polygon" not in (state.contract.geometry or ""):
            continue
        name = next((each for each in AREA_FIELDS if each in state.columns), None)
        if name is None:
            yield skipped("area-differs", state.id, "图层没有面积字段", "the layer has no field for areas")
            continue
        yield _declared(subject, state, name)
        if {"kcmj", "tbmj"} <= state.columns.keys():
            yield from _deduction(subject, state)
    if "land-use-survey" in subject.delivery.layers:
        yield _sums(subject, subject.delivery.layers["land-use-survey"])


def legal(subject: Subject, state: LayerState) -> Floats:
    """Legal area 椭球面积 of each feature in m²: drawn in the city's zone, given in CGCS2000; NaN if none."""
    parcels = subject.parcels(state.id)
    found = np.full(len(state), np.nan)
    good = parcels.there & parcels.valid
    found[good] = legal_areas_m2(parcels.shapes[good], frame(str(subject.epsg)), given_in=frame("4490"))
    return found


def _declared(subject: Subject, state: LayerState, name: str) -> Outcome:
    declared, true = state.number(name), legal(subject, state)
    off = rounded(declared - true)
    known = np.isfinite(off)
    return subject.of_rows(
        "area-differs",
        state,
        known & (np.abs(off) > subject.tolerance("area-differs")),
        lambda row: Said(
            f"{name} 申报 {declared[row]:.2f} m²,椭球面积 {true[row]:.4f} m²,相差 {off[row]:+.4f} m²",
            f"{name} says {declared[row]:.2f} m², the legal area is {true[row]:.4f} m², off by"
            f" {off[row]:+.4f} m²",
            float(off[row]),
        ),
        examined=int(known.sum()),
    )


def _deduction(subject: Subject, state: LayerState) -> Iterator[Outcome]:
    """TBDLMJ = TBMJ − KCMJ and KCMJ = TBMJ × KCXS; where nothing is deducted KCMJ may be empty."""
    whole, less, share = state.number("tbmj"), state.number("kcmj"), state.number("kcxs")
    net = state.number("tbdlmj")
    off = rounded(net - (whole - np.nan_to_num(less)))
    yield subject.of_rows(
        "net-area",
        state,
        np.abs(off) > subject.tolerance("net-area"),
        lambda row: Said(
            f"TBDLMJ {net[row]:.2f} ≠ TBMJ {whole[row]:.2f} − KCMJ {np.nan_to_num(less[row]):.2f}",
            f"TBDLMJ {net[row]:.2f} is not TBMJ {whole[row]:.2f} less KCMJ {np.nan_to_num(less[row]):.2f}",
            float(off[row]),
        ),
        examined=int(np.isfinite(off).sum()),
    )
    wrong = rounded(np.nan_to_num(less) - whole * np.nan_to_num(share))
    given = np.isfinite(whole) & (np.isfinite(less) | np.isfinite(share))
    yield subject.of_rows(
        "deducted-area",
        state,
        given & (np.abs(wrong) > subject.tolerance("deducted-area")),
        lambda row: Said(
            f"KCMJ {less[row]:.2f} ≠ TBMJ {whole[row]:.2f} × KCXS {share[row]:.4f}",
            f"KCMJ {less[row]:.2f} is not TBMJ {whole[row]:.2f} times KCXS {share[row]:.4f}",
            float(wrong[row]),
        ),
        examined=int(given.sum()),
    )


def _sums(subject: Subject, state: LayerState) -> Outcome:
    """Σ TBMJ of a division against its control area, at every level that is known; Σ of its parts too."""
    units = dict(subject.against.units_4490 or {})
    if subject.delivery.area_4490 is not None:
        units.setdefault(subject.city.code, subject.delivery.area_4490)
    if not units:
        return skipped(
            "sum-differs", state.id, "没有行政区控制面积", "no control areas of divisions are at hand"
        )
    codes = list(units)
    shapes = np.empty(len(codes), object)
    shapes[:] = [units[each] for each in codes]
    control = dict(
        zip(
            codes,
            legal_areas_m2(shapes, frame(str(subject.epsg)), given_in=frame("4490")).tolist(),
            strict=True,
        )
    )
    declared = sums_by_prefix(state, [len(each) for each in codes])
    tolerance = subject.tolerance("sum-differs")
    findings = []
    for code in codes:
        off = declared.get(code, 0.0) - control[code]
        # Each parcel is declared to the hundredth: the sum of n of them is no better than this.
        allowed = tolerance + 0.005 * np.sqrt(max(1, len(state)))
        if abs(off) > allowed:
            findings.append(
                Finding(
                    "sum-differs",
                    state.id,
                    (),
                    f"{code} 图斑面积合计 {declared.get(code, 0.0):.2f} m²,控制面积 {control[code]:.2f} m²,"
                    f"相差 {off:+.2f} m²",
                    f"parcels of {code} sum to {declared.get(code, 0.0):.2f} m², its control area is"
                    f" {control[code]:.2f} m², off by {off:+.2f} m²",
                    off,
                    units[code],
                )
            )
    return outcome("sum-differs", state.id, len(codes), findings)


def sums_by_prefix(state: LayerState, lengths: list[int]) -> dict[str, float]:
    """Σ TBMJ in m² by the first digits of ZLDWDM; a village without code counts for the county alone."""
    import pandas as pd

    table = pd.DataFrame({"code": state.text("zldwdm"), "m2": state.number("tbmj")})
    found: dict[str, float] = {}
    for length in sorted(set(lengths)):
        prefix = table["code"].astype("string").str.slice(0, length)
        found |= {str(code): float(sum_) for code, sum_ in table.groupby(prefix)["m2"].sum().items()}
    return found
