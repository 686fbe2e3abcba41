"""Declared against computed area of parcels 面积核对: what the surveyor wrote, the plane, the legal area."""

from __future__ import annotations

import math

import numpy as np
import shapely

from spatial.datum import Frame, Kind, Registry, legal_areas_m2
from spatial.errors import OneMapError
from spatial.exchange import shapes
from spatial.exchange.batches import Content
from spatial.exchange.boundary import form
from spatial.exchange.evidence import Evidence, FrameReading

LISTED = 20
_HECTARE_M2 = 10_000.0
_DIGITS_MOST = 12
"""Decimals that say something of how exact an area in hectares is meant."""
_SHARE = 5e-4
"""Plane and ellipsoid differ by up to 0.04 % in a 3-degree zone; more is no matter of the surface."""


def evidence(content: Content, reading: FrameReading, vertices: int, registry: Registry) -> list[Evidence]:
    """One note on all parcels, and a warning for each whose declared area is neither of the two."""
    source = registry.frame(reading.frame)
    where = content.columns.index(form.AREA_HA), content.columns.index(form.NUMBER)
    counted, told = 0, []
    plane_m2 = legal_m2 = 0.0
    for batch in content.read():
        parcels, _ = shapes.parse(batch, vertices)
        plane, legal = _areas(parcels, source, reading.swapped, registry)
        plane_m2, legal_m2 = plane_m2 + float(np.nansum(plane)), legal_m2 + float(np.nansum(legal))
        rows = zip(
            batch.lines.tolist(),
            *(batch.columns[one] for one in where),
            plane.tolist(),
            legal.tolist(),
            strict=True,
        )
        for line, declared, number, on_plane, on_ellipsoid in rows:
            counted += declared is not None
            if (warning := _warning(line, number, declared, on_plane, on_ellipsoid)) is not None:
                told.append(warning)
    numbers = {
        "declared": float(counted), "differ": float(len(told)),
        "plane_m2": round(plane_m2, 2), "legal_m2": round(legal_m2, 2),
    }  # fmt: skip
    whole = Evidence(
        "area",
        f"核对 {counted} 个地块的声明面积,{len(told)} 个不符;"
        f"平面面积合计 {plane_m2:.2f} m²,椭球面积合计 {legal_m2:.2f} m²",
        f"declared areas of {counted} parcels checked, {len(told)} differ; "
        f"plane {plane_m2:.2f} m², ellipsoid {legal_m2:.2f} m² together",
        numbers,
    )
    return [whole, *told[:LISTED]]


def _areas(
    parcels: object, source: Frame, swapped: bool, registry: Registry
) -> tuple[np.ndarray, np.ndarray]:
    turned = shapely.transform(parcels, lambda xy: xy[:, ::-1]) if swapped else np.asarray(parcels)
    plane = shapely.area(turned) if source.kind is Kind.PROJECTED else np.full(len(turned), math.nan)
    legal = np.full(len(turned), math.nan)
    sound = shapely.is_valid(turned) & ~shapely.is_missing(turned)
    try:
        legal[sound] = legal_areas_m2(turned[sound], source, registry=registry)
    except OneMapError:
        # A frame without a way to CGCS2000, or a parcel outside its zone: the load itself tells that.
        return plane, legal
    return plane, legal


def _warning(
    line: int, number: str | None, declared: str | None, plane_m2: float, legal_m2: float
) -> Evidence | None:
    known = [one for one in (plane_m2, legal_m2) if math.isfinite(one)]
    if declared is None or not known:
        return None
    said_m2 = form.number(declared) * _HECTARE_M2
    digits = min(len(declared.partition(".")[2]), _DIGITS_MOST)
    allowed_m2 = 0.5 * _HECTARE_M2 / 10**digits
    off_m2 = min(abs(said_m2 - one) for one in known)
    if off_m2 <= max(allowed_m2 * 1.001, _SHARE * max(known)):
        return None
    shown = "、".join(f"{one:.2f} m²" for one in known)
    return Evidence(
        "contradicted",
        f"第 {line} 行地块 {number or '?'} 声明面积 {declared} 公顷,与计算面积不符(平面、椭球:{shown})",
        f"line {line}: parcel {number or '?'} says {declared} ha; computed {shown} (plane, ellipsoid)",
        {} if math.isnan(said_m2) else {"declared_m2": round(said_m2, 2), "off_m2": round(off_m2, 2)},
    )
