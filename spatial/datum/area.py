"""Legal area 椭球面积: the formula of 国土调查办发〔2008〕32号 on the CGCS2000 ellipsoid.

A boundary is a line of the plane it was drawn in. So edges are cut to at most
``PIECE_M`` there (the rule's own cutting length for 图斑 is unverified), each piece
is unprojected, and the trapezoids between a reference meridian and the pieces
are summed with sign; holes are subtracted. The area on the plane is never the
legal area: in zone CM 120 the city is off by +286 to +422 ppm.
"""

from __future__ import annotations

from dataclasses import replace
from math import cos, sin
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from spatial.datum.checks import check, check_inside
from spatial.datum.frames import FRAMES, Frame, Kind
from spatial.datum.registry import Registry
from spatial.datum.transform import move

if TYPE_CHECKING:
    from shapely.geometry.base import BaseGeometry

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Geometries = NDArray[np.object_]

PIECE_M = 100.0
WHOLE_M = 10.0
"""A trapezoid puts a meridian for its edge. Per 100 m of edge that costs up to 2e-3 m², which
opposite sides cancel and a triangle does not; per 10 m a thousandth of it. Longer pieces are
therefore halved, and the limit taken."""
_PART_DEG = 0.00009
"""10 m of meridian; along a parallel it is less."""
OVERLAP_DEG = 0.5
"""A parcel may be drawn across the edge of its zone; its area is the same to 1e-9 m of arithmetic."""
_CGCS2000 = FRAMES["EPSG:4490"]
_PI = 3.14159265358979
_RAD = 3600.0 / 206264.8062471
"""π and 3600/ρ″ as the rule writes them."""


def legal_area_m2(
    geometry: BaseGeometry,
    drawn_in: Frame,
    *,
    given_in: Frame | None = None,
    registry: Registry | None = None,
) -> float:
    """Legal area of one geometry, in m².

    ``drawn_in`` is the frame whose straight lines the edges are. The coordinates
    are taken to be in it, unless ``given_in`` names another frame: what is stored
    in CGCS2000 but was surveyed in a zone is
    ``legal_area_m2(g, frame("4549"), given_in=frame("4490"))``.

    Points and lines have area 0, an empty geometry too; a missing one is NaN. A
    polygon must be valid: the sum over a self-crossing ring means nothing.
    Raises BadCoordinate, OutsideArea, and NoOperation for frames of other datums.

    >>> from shapely.geometry import box
    >>> from spatial.datum.frames import frame
    >>> f"{legal_area_m2(box(390000, 4080000, 391000, 4081000), frame('EPSG:4549')):.3f}"
    '999704.756'
    """
    one = np.empty(1, dtype=object)
    one[0] = geometry
    return float(legal_areas_m2(one, drawn_in, given_in=given_in, registry=registry)[0])


def legal_areas_m2(
    geometries: Geometries,
    drawn_in: Frame,
    *,
    given_in: Frame | None = None,
    registry: Registry | None = None,
) -> Floats:
    """Legal area of each geometry of an array, in m²; see ``legal_area_m2``."""
    if drawn_in.kind is Kind.GEOCENTRIC:
        raise ValueError(f"no plane to draw in: {drawn_in.id}")
    rings = _Rings.of(geometries)
    coords = rings.coords
    if given_in is not None and given_in.id != drawn_in.id:
        moved = move(coords[:, 0], coords[:, 1], given_in, drawn_in, registry=registry)
        coords = np.column_stack((moved.x, moved.y))
    areas = rings.gather(_ring_areas(coords, rings.offsets, drawn_in, registry))
    areas[[each is None for each in geometries]] = np.nan
    return areas


def ellipsoid_area_m2(ring_4490: Floats, *, densify: bool = False) -> float:
    """Area of one ring of (lon, lat) in CGCS2000, unsigned, in m².

    One trapezoid an edge, the ring being densified already; ``densify`` cuts edges
    to about 10 m along straight lines in degrees.

    >>> import numpy as np
    >>> sheet = np.array([[118.75, 36.75], [118.8125, 36.75], [118.8125, 36.791666666666664],
    ...                   [118.75, 36.791666666666664]])
    >>> f"{ellipsoid_area_m2(sheet):.3f}"
    '25800751.812'
    """
    from spatial.datum import area_kernel

    ring = np.ascontiguousarray(ring_4490, np.float64)
    check(ring[:, 0], ring[:, 1], _CGCS2000)
    out = np.empty(1)
    area_kernel.ring_areas_geographic(ring, np.array([0, len(ring)]), _PART_DEG if densify else 0.0, out)
    return float(out[0])


def sheet_area_m2(west_deg: float, south_deg: float, width_deg: float, height_deg: float) -> float:
    """Area of a map sheet 图幅理论面积: one trapezoid between two meridians and two parallels.

    >>> f"{sheet_area_m2(118.75, 36.75, 3.75 / 60, 2.5 / 60):.5f}"
    '25800751.81242'
    """
    from spatial.datum import area_kernel

    half = 0.5 * height_deg * _RAD
    mid = (south_deg + 0.5 * height_deg) * _RAD
    bracket = sum(
        sign * factor * sin(k * half) * cos(k * mid)
        for k, sign, factor in zip((1, 3, 5, 7, 9), (1, -1, 1, -1, 1), area_kernel.FACTORS, strict=True)
    )
    return 4.0 * _PI * area_kernel.B_M**2 * (width_deg * 60.0) / (360.0 * 60.0) * bracket


class _Rings:
    """The rings of many polygons, flat, and which geometry each adds to or takes from."""

    def __init__(self, coords: Floats, offsets: Ints, owner: Ints, sign: Floats, count: int) -> None:
        self.coords = coords
        self.offsets = offsets
        self.owner = owner
        self.sign = sign
        self.count = count

    @staticmethod
    def of(geometries: Geometries) -> _Rings:
        """Shells and holes of every polygon in every geometry, collections included."""
        import shapely

        polygons, owner = _polygons(geometries)
        rings, polygon = shapely.get_rings(polygons, return_index=True)
        coords, ring = shapely.get_coordinates(rings, return_index=True)
        offsets = np.zeros(len(rings) + 1, np.int64)
        np.cumsum(np.bincount(ring, minlength=len(rings)), out=offsets[1:])
        shell = np.ones(len(rings), bool)
        shell[1:] = polygon[1:] != polygon[:-1]
        return _Rings(coords, offsets, owner[polygon], np.where(shell, 1.0, -1.0), len(geometries))

    def gather(self, areas: Floats) -> Floats:
        """Shells minus holes, by geometry."""
        total = np.bincount(self.owner, weights=areas * self.sign, minlength=self.count)
        return cast(Floats, total.astype(np.float64))


def _polygons(geometries: Geometries) -> tuple[Geometries, Ints]:
    import shapely

    parts: Any = geometries
    owner: Ints = np.arange(len(geometries))
    while np.isin(kinds := shapely.get_type_id(parts), (6, 7)).any():
        parts, index = shapely.get_parts(parts, return_index=True)
        owner = owner[index]
    return parts[kinds == 3], owner[kinds == 3]


def _ring_areas(coords: Floats, offsets: Ints, drawn_in: Frame, registry: Registry | None) -> Floats:
    from spatial.datum import area_kernel

    out = np.zeros(len(offsets) - 1)
    if not len(out):
        return out
    coords = np.ascontiguousarray(coords)
    check(coords[:, 0], coords[:, 1], drawn_in)
    if drawn_in.datum == "CGCS2000" and drawn_in.false_easting_m is not None:
        extremes = np.empty(4)
        area_kernel.ring_areas_gauss_kruger(
            coords, offsets, drawn_in.false_easting_m, PIECE_M, WHOLE_M, out, extremes
        )
        _check_extremes(extremes, drawn_in)
        return out
    if drawn_in.base == _CGCS2000.id and drawn_in.kind is Kind.GEOGRAPHIC:
        check_inside(coords[:, 0], coords[:, 1], drawn_in)
        area_kernel.ring_areas_geographic(coords, offsets, _PART_DEG, out)
        return out
    return _ring_areas_by_move(coords, offsets, drawn_in, registry)


def _ring_areas_by_move(coords: Floats, offsets: Ints, drawn_in: Frame, registry: Registry | None) -> Floats:
    """Frames without a compiled projection: cut, move by the registry's operations, sum."""
    from spatial.datum import area_kernel

    piece = WHOLE_M if drawn_in.kind is Kind.PROJECTED else _PART_DEG
    dense, dense_offsets = _cut(coords, offsets, piece)
    moved = move(dense[:, 0], dense[:, 1], drawn_in, _CGCS2000, registry=registry)
    out = np.zeros(len(offsets) - 1)
    area_kernel.ring_areas_geographic(np.column_stack((moved.x, moved.y)), dense_offsets, 0.0, out)
    return out


def _cut(coords: Floats, offsets: Ints, piece: float) -> tuple[Floats, Ints]:
    """The closed rings with every edge cut into equal pieces no longer than ``piece``."""
    step = np.zeros_like(coords)
    step[:-1] = np.diff(coords, axis=0)
    step[offsets[1:] - 1] = 0.0  # the last vertex of a closed ring repeats the first
    pieces = np.maximum(1, np.ceil(np.hypot(step[:, 0], step[:, 1]) / piece)).astype(np.int64)
    starts = np.concatenate(([0], np.cumsum(pieces)))
    vertex = np.repeat(np.arange(len(coords)), pieces)
    share = (np.arange(starts[-1]) - starts[vertex]) / pieces[vertex]
    return coords[vertex] + step[vertex] * share[:, None], starts[offsets]


def _check_extremes(extremes: Floats, drawn_in: Frame) -> None:
    meridian = drawn_in.central_meridian_deg or 0.0
    area = drawn_in.area
    widened = replace(
        drawn_in,
        area=replace(area, west_deg=area.west_deg - OVERLAP_DEG, east_deg=area.east_deg + OVERLAP_DEG),
    )
    check_inside(meridian + extremes[:2], extremes[2:], widened)
