"""What stands in a flood, read from the layers 读取: addresses, people, shelters, assets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import numpy as np
import shapely
from numpy.typing import NDArray

from spatial.analysis import store
from spatial.analysis.errors import TooManyFeatures
from spatial.catalogue import store as catalogue
from spatial.database import Connection
from spatial.datum.plane import Plane
from spatial.jobs.inputs import bad
from spatial.jobs.process import Context, Inputs
from spatial.jobs.processes.asking import asked, instants
from water.errors import NoAddresses
from water.evacuation.bridges import BRIDGE, LOW_CHORD, STRUCTURE, Bridge
from water.evacuation.exposure import Exposed, at_points, at_shapes, box_m
from water.evacuation.hazard import HazardClass
from water.evacuation.layers import ADDRESSES, LINKS, REGIONS
from water.evacuation.model import Addresses, Shelter, flood_input
from water.evacuation.people import Assumed, counted
from water.flood.extent import Extent
from water.pointing import about

_Found = TypeVar("_Found")
STANDING: Final = "role = 'main' and status in ('active', 'changing')"
"""Of an addressable object one address, as long as it stands."""
MOST: Final = 1_000_000
CAPACITY: Final = "capacity"
STATUS: Final = "status"
IN_SERVICE: Final = "in-service"
THERE: Final = f"{STATUS} in ('built', '{IN_SERVICE}')"
"""Assets that stand; what is planned or retired is not reached."""
_LINKED: Final = ("object_id", "object_name")
_MARGIN_DEG: Final = 0.0005


@dataclass(frozen=True, slots=True)
class Region:
    """A division of the register: village, town."""

    id: str
    code: str | None
    name: str
    element: int
    parent: str | None


@dataclass(frozen=True, slots=True)
class Asset:
    """The features of a layer that water reaches 受淹资产."""

    layer: str
    changeset: int
    ids: tuple[str, ...] = field(repr=False)
    names: tuple[str | None, ...] = field(repr=False)
    numbers: tuple[float | None, ...] = field(repr=False)
    """Of the field that is added up."""
    summed: str | None
    points_deg: NDArray[np.float64] = field(repr=False)
    exposed: Exposed = field(repr=False)


@dataclass(frozen=True, slots=True)
class Reader:
    """The layers at the instants of the inputs, as the asker sees them, around one flood."""

    context: Context
    connection: Connection
    inputs: Inputs
    extent: Extent
    plane: Plane
    classes: tuple[HazardClass, ...]

    def addresses(self, assumed: Assumed) -> tuple[Addresses, str, int]:
        """The addresses that water reaches, on what their people rest, and the changeset of the layer."""
        part = asked(self.context, self.connection, self.inputs, ADDRESSES, STANDING)
        if store.is_empty(self.connection, part):
            raise NoAddresses(
                f"地址库此时没有在用的地址,无法判断影响:{ADDRESSES}",
                f"the register has no address in use at that time, nobody can be found: {ADDRESSES}",
                value=ADDRESSES,
            )
        there = self._around(part, store.points_in, ("full_text", "region_id"))
        _require_few(len(there.fids), ADDRESSES, self.inputs)
        points_m = self.plane.projected_points(there.places_deg)
        exposed = at_points(self.extent, points_m, self.classes)
        rows = sorted(exposed.wet.tolist(), key=there.fids.__getitem__)
        ids, texts, regions = (tuple(each[row] for row in rows) for each in (there.fids, *there.texts))
        wet = np.array(rows, np.int64)
        people, basis = self._people(ids, assumed)
        found = Addresses(ids, texts, regions, there.places_deg[wet], points_m[wet], people, exposed.of(wet))
        return found, basis, part.changeset

    def regions(self) -> dict[str, Region]:
        """The divisions of the register by identity."""
        part = asked(self.context, self.connection, self.inputs, REGIONS, None)
        rows = store.fields(self.connection, part, ("code", "name", "element", "parent_id"))
        return {row[0]: Region(row[0], row[1], row[2], int(row[3]), row[4]) for row in rows}

    def shelters(self, layer: str) -> tuple[tuple[Shelter, ...], int]:
        """Every shelter of the layer, with the deepest water at it, and the changeset of the layer."""
        part = asked(self.context, self.connection, self.inputs, layer, None)
        if CAPACITY not in self.context.grant(layer).fields:
            raise bad(
                "/inputs/shelters", f"图层没有字段 {CAPACITY}", f"the layer has no field {CAPACITY}", layer
            )
        named = [name for name in (part.label, STATUS) if name in self.context.grant(layer).fields]
        told = {
            row[0]: dict(zip((CAPACITY, *named), row[1:], strict=True))
            for row in store.fields(self.connection, part, (CAPACITY, *named))
        }
        ids, areas = store.cells(self.connection, part)
        shapes = self.plane.projected(_shapes(areas))
        exposed = at_shapes(self.extent, shapes, self.classes)
        wet = set(exposed.wet.tolist())
        found = tuple(
            Shelter(
                id,
                told[id].get(part.label or ""),
                told[id][CAPACITY],
                float(exposed.depth_m[row]) if row in wet else 0.0,
                told[id].get(STATUS, IN_SERVICE) == IN_SERVICE,
                shapes[row],
            )
            for row, id in enumerate(ids)
        )
        return found, part.changeset

    def bridges(self, layer: str) -> tuple[Bridge, ...] | None:
        """The roads of the layer that bridges carry; None where it does not say, or not to the asker."""
        seen = self.context.grant(layer).fields
        if not {STRUCTURE, LOW_CHORD} <= set(seen):
            return None
        part = asked(self.context, self.connection, self.inputs, layer, f"{STRUCTURE} = '{BRIDGE}'")
        named = [part.label] if part.label in seen else []
        rows = store.fields(self.connection, part, (LOW_CHORD, *named))
        return tuple(Bridge(row[0], row[2] if named else None, _number(row[1])) for row in rows)

    def asset(self, layer: str, summed: str | None) -> Asset:
        """What of a layer water reaches."""
        seen = self.context.grant(layer).fields
        there = THERE if STATUS in seen else None
        part = asked(self.context, self.connection, self.inputs, layer, there)
        summed = summed if summed in seen else None
        columns = [name for name in (part.label, summed) if name is not None]
        rows = self._around(part, store.boxed, columns)
        _require_few(len(rows), layer, self.inputs)
        shapes_deg = _shapes([row[-1] for row in rows])
        exposed = at_shapes(self.extent, self.plane.projected(shapes_deg), self.classes)
        wet = sorted(exposed.wet.tolist(), key=lambda row: str(rows[row][0]))
        middles = shapely.get_coordinates(shapely.point_on_surface(shapes_deg))
        return Asset(
            layer,
            part.changeset,
            tuple(rows[row][0] for row in wet),
            tuple(rows[row][1] if part.label else None for row in wet),
            tuple(_number(rows[row][-2]) if summed else None for row in wet),
            summed,
            middles[wet],
            exposed.of(np.array(wet, np.int64)),
        )

    def linked(self, ids: Sequence[str]) -> list[tuple[Any, ...]] | None:
        """Who and what is linked to addresses, by name; None where the asker may not see names."""
        grant = self.context.owner.layers.get(LINKS)
        if grant is None or not set(_LINKED) <= set(grant.fields):
            return None
        columns = ("kind", "role", *_LINKED)
        return store.naming(self.connection, self._links(), "address_id", ids, columns, MOST)

    def _people(self, ids: Sequence[str], assumed: Assumed) -> tuple[NDArray[np.int64], str]:
        tallies: Iterable[tuple[str, str, str, int]] | None = None
        if LINKS in self.context.owner.layers:
            tallies = store.tallied(self.connection, self._links(), "address_id", ids, ("kind", "role"))
        return counted(ids, tallies, assumed)

    def _links(self) -> store.Part:
        at, asof = instants(self.context, self.inputs)
        layer = catalogue.get(self.connection, LINKS)
        return store.part(self.connection, layer, self.context.grant(LINKS).fields, at, asof)

    def _around(self, part: store.Part, found: Callable[..., _Found], columns: Sequence[str]) -> _Found:
        """Features in the box of the water; its edges bend in degrees, hence the margin."""
        box = box_m(self.extent)
        if box is None:
            dry = self.extent.raster  # what stands in any one cell of it is not reached
            box = (dry.west_m, dry.north_m - dry.cell_m, dry.west_m + dry.cell_m, dry.north_m)
        edge = np.array([shapely.segmentize(shapely.box(*box), 1000.0)], dtype=object)
        with about(flood_input(self.inputs)):
            corners = self.plane.unprojected(edge)
        west, south, east, north = shapely.bounds(corners[0]).tolist()
        wide = (west - _MARGIN_DEG, south - _MARGIN_DEG, east + _MARGIN_DEG, north + _MARGIN_DEG)
        return found(self.connection, part, columns, wide, MOST + 1)


def _require_few(count: int, layer: str, inputs: Inputs) -> None:
    if count > MOST:
        raise TooManyFeatures(
            f"淹没范围内的要素多于 {MOST} 个,请缩小推演范围:{layer}",
            f"more than {MOST} features lie in the flood, make it smaller: {layer}",
            value=layer,
            details={"pointer": f"/inputs/{flood_input(inputs)}"},
        )


def _shapes(wkb: Sequence[bytes]) -> NDArray[np.object_]:
    return np.asarray(shapely.from_wkb(np.array(wkb, dtype=object)), dtype=object).reshape(len(wkb))


def _number(value: object) -> float | None:
    return None if value is None else float(value)  # type: ignore[arg-type]
