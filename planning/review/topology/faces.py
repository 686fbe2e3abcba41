"""The faces into which the left-over edges cut the plane 面, and how often each is covered."""

from __future__ import annotations

from typing import Any

import numpy as np
import shapely

from planning.review.model import Floats, Ints, Objects, Truths
from planning.review.parcels import Parcels, from_plane
from planning.review.topology.chain import Chain
from planning.review.topology.plane import GRID_M, cells, segments_of, snapped_shapes

_OPEN = -1


class Faces:
    """The faces that the left-over edges and the administrative boundary cut the plane into."""

    def __init__(self, parcels: Parcels, chain: Chain, area_4490: Any) -> None:
        lines = [chain.lines]
        area = None
        if area_4490 is not None:
            area = snapped_shapes(np.array([area_4490], dtype=object), parcels.epsg)[0]
            lines.append(segments_of(area))
        noded = shapely.union_all(np.concatenate(lines), grid_size=GRID_M)
        found = shapely.get_parts(shapely.polygonize(shapely.get_parts(noded)))
        self.shapes: Objects = found
        self.epsg = parcels.epsg
        self.areas_m2: Floats = shapely.area(found)
        length = shapely.length(found)
        self.widths_m: Floats = np.divide(
            2 * self.areas_m2, length, where=length > 0, out=np.zeros_like(length)
        )
        inner = shapely.point_on_surface(found)
        self._cover(parcels, inner)
        self.inside: Truths = np.ones(len(found), np.bool_)
        self.bounded = area is not None
        if area is not None:
            shapely.prepare(area)
            self.inside = shapely.intersects(area, inner)
        self.segments = np.array(
            [] if noded is None else shapely.get_coordinates(segments_of(noded)), np.float64
        ).reshape(-1, 4)

    def _cover(self, parcels: Parcels, inner: Objects) -> None:
        """Which features cover each face: judged on the plane, where the face was cut."""
        degrees = from_plane(inner, parcels.epsg) if len(inner) else inner
        margin = shapely.buffer(degrees, 1e-8, cap_style="square") if len(inner) else inner
        face, row = parcels.tree.query(margin) if len(inner) else (np.empty(0, int), np.empty(0, int))
        wanted, place = np.unique(row, return_inverse=True)
        moved = snapped_shapes(parcels.sound[wanted], parcels.epsg)
        shapely.prepare(moved)
        held = shapely.intersects(moved[place], inner[face])
        self._face, self._row = face[held], row[held]
        order = np.argsort(self._face, kind="stable")
        self._face, self._row = self._face[order], self._row[order]
        self.covered: Ints = np.bincount(self._face, minlength=len(inner)).astype(np.int64)
        self._starts = np.concatenate(([0], np.cumsum(self.covered)))

    def rows(self, face: int) -> tuple[int, ...]:
        """The features that cover a face, in order."""
        return tuple(sorted(self._row[self._starts[face] : self._starts[face + 1]].tolist()))

    @property
    def overlapping(self) -> Truths:
        """Covered more than once."""
        return np.asarray(self.covered > 1)

    @property
    def gaping(self) -> Truths:
        """Not covered, though it should be."""
        return np.asarray((self.covered == 0) & self.inside)

    @property
    def outlying(self) -> Truths:
        """Covered beyond the administrative area."""
        return np.asarray((self.covered > 0) & ~self.inside)


class Sides:
    """What lies on either side of each noded edge."""

    def __init__(self, faces: Faces) -> None:
        rings = shapely.get_rings(faces.shapes, return_index=True)
        coords, ring = shapely.get_coordinates(rings[0], return_index=True)
        follows = ring[1:] == ring[:-1]
        here, there = cells(coords[:-1][follows]), cells(coords[1:][follows])
        face = rings[1][ring[:-1][follows]]
        swap = (here[:, 0] > there[:, 0]) | ((here[:, 0] == there[:, 0]) & (here[:, 1] > there[:, 1]))
        here[swap], there[swap] = there[swap], here[swap].copy()
        _, first, edge = np.unique(
            np.column_stack((here, there)), axis=0, return_index=True, return_inverse=True
        )
        edge = edge.reshape(-1)
        count = len(first)
        self.one: Ints = np.full(count, _OPEN)
        self.other: Ints = np.full(count, _OPEN)
        order = np.argsort(edge, kind="stable")
        starts = np.searchsorted(edge[order], np.arange(count))
        self.one[edge[order][starts]] = face[order][starts]
        later = np.ones(len(order), np.bool_)
        later[starts] = False
        self.other[edge[order][later]] = face[order][later]
        self.ends: Ints = np.column_stack((here[first], there[first]))
        good = np.append(~(faces.overlapping | faces.gaping | faces.outlying), True)
        held = np.append((faces.covered > 0) & faces.inside, False)
        #: Sound on both sides and the layer on one of them only: the outline itself.
        self.outline: Truths = good[self.one] & good[self.other] & (held[self.one] != held[self.other])
        open_side = (self.other == _OPEN) | ~np.append(faces.inside, False)[self.other]
        open_side |= ~np.append(faces.inside, False)[self.one]
        self.at_edge: Ints = np.unique(np.concatenate((self.one[open_side], self.other[open_side])))
