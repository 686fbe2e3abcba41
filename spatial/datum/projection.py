"""Projections 投影: the arithmetic between a plane and its geographic frame, by PROJ.

One named PROJ operation is taken, never a choice among candidates, and never a
ballpark one; anything but exactly one exact operation is an error here.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

import numpy as np
from numpy.typing import NDArray

from spatial.datum.checks import check_inside
from spatial.datum.frames import FRAMES, Frame, Kind
from spatial.datum.operation import Operation
from spatial.errors import NoOperation, UnknownFrame

if TYPE_CHECKING:
    from pyproj import CRS, Transformer

Floats = NDArray[np.float64]


def projection_of(frame: Frame) -> Operation | None:
    """The exact operation from a frame's geographic base to it; ``None`` where there is none.

    A base itself, a geocentric frame (it needs heights, see ``geocentric.py``)
    and a local frame known by name only have none.
    """
    if frame.id == frame.base or frame.kind is Kind.GEOCENTRIC:
        return None
    if frame.kind is Kind.GEOGRAPHIC:
        return Operation("axis-order", frame.base, frame.id, 0.0, _same, _same)
    if frame.epsg is None and frame.wkt is None:
        return None

    def project(x: Floats, y: Floats, _: float | None) -> tuple[Floats, Floats]:
        check_inside(x, y, frame)
        east, north = _transformer(frame).transform(x, y)
        return east, north

    def unproject(x: Floats, y: Floats, _: float | None) -> tuple[Floats, Floats]:
        lon, lat = _transformer(frame).transform(x, y, direction="INVERSE")
        check_inside(lon, lat, frame, given=(x, y))
        return lon, lat

    return Operation("projection", frame.base, frame.id, 0.0, project, unproject)


def window_lon_lat(x: Floats, y: Floats, frame: Frame) -> tuple[Floats, Floats]:
    """Degrees of a search window's outline given on a plane, without the area of use.

    A window says where to look, not where something is, so it may reach beyond
    the zone. For data use ``move``, which refuses that.
    """
    lon, lat = _transformer(frame).transform(x, y, direction="INVERSE")
    return lon, lat


def window_x_y(lon: Floats, lat: Floats, frame: Frame) -> tuple[Floats, Floats]:
    """Metres on a plane of a search window's outline given in degrees; see :func:`window_lon_lat`."""
    x, y = _transformer(frame).transform(lon, lat)
    return x, y


def _same(x: Floats, y: Floats, _: float | None) -> tuple[Floats, Floats]:
    return x, y


@lru_cache(maxsize=256)
def _crs(name: str, epsg: int | None, wkt: str | None) -> Any:
    from pyproj import CRS
    from pyproj.exceptions import CRSError

    crs: CRS | None = None
    if epsg is not None:
        crs = CRS.from_epsg(epsg)
    elif name == "CRS84":
        crs = CRS.from_authority("OGC", "CRS84")
    elif wkt is not None:
        try:
            crs = CRS.from_wkt(wkt)
        except CRSError:
            crs = None  # PROJ's message repeats the text, which is a secret
    if crs is None:
        raise UnknownFrame(
            f"PROJ 不能表达此坐标系,请检查登记的 WKT2 定义:{name}",
            f"PROJ cannot hold this frame; check the WKT2 it was registered with: {name}",
            value=name,
        )
    return crs


def _transformer(frame: Frame) -> Transformer:
    base = FRAMES[frame.base]
    exact = _only_exact(frame.id, frame.epsg, frame.wkt, base.id, base.epsg)
    return cast("Transformer", exact)


@lru_cache(maxsize=256)
def _only_exact(name: str, epsg: int | None, wkt: str | None, base: str, base_epsg: int | None) -> Any:
    from pyproj.transformer import TransformerGroup

    group = TransformerGroup(
        _crs(base, base_epsg, None), _crs(name, epsg, wkt), always_xy=True, allow_ballpark=False
    )
    # PROJ ≥ 9.8 states no accuracy for a conversion, which is exact by definition (ISO 19111).
    if (
        len(group.transformers) != 1
        or group.unavailable_operations
        or any(each.type_name != "Conversion" for each in group.transformers[0].operations or ())
        or group.transformers[0].accuracy > 0
    ):
        raise NoOperation(
            f"PROJ 未给出唯一且精确的投影:{base} → {name}",
            f"PROJ gives no single exact projection: {base} → {name}",
            value=f"{base} → {name}",
        )
    return group.transformers[0]
