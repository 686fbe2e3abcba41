"""Positions that a delivery can be held against: believed features and control points 可信位置."""

from __future__ import annotations

import numpy as np

from spatial.catalogue.contract import Contract
from spatial.database import Connection
from spatial.exchange import shapes, store
from spatial.exchange.batches import Content
from spatial.exchange.fields import Mapped
from spatial.exchange.residuals import Trusted
from spatial.history.model import FeatureTable

_FEATURES = 300
_VERTICES = 200_000


def positions(
    connection: Connection, contract: Contract, table: FeatureTable, content: Content, mapped: Mapped
) -> tuple[Trusted, ...]:
    """Everything trusted that this file names by key, code or name."""
    found = (
        _believed(connection, contract, table, content, mapped),
        _control_points(connection, content),
    )
    return tuple(one for one in found if one is not None)


def _believed(
    connection: Connection, contract: Contract, table: FeatureTable, content: Content, mapped: Mapped
) -> Trusted | None:
    key = mapped.column_of(contract.key) if contract.key else mapped.fid
    if key is None:
        return None
    named: dict[str, bytes] = {}
    step = max(1, content.count // (4 * _FEATURES))
    for batch in content.read():
        if batch.wkb is None:
            return None
        for fid, shape in list(zip(batch.columns[key], batch.wkb, strict=True))[::step]:
            if fid is not None and shape is not None:
                named.setdefault(fid, shape)
    held = store.believed_shapes(connection, table, list(named))
    pairs = [(named[fid], shape) for fid, shape in held.items()][:_FEATURES]
    return _compared("believed", pairs)


def _compared(kind: str, pairs: list[tuple[bytes, bytes]]) -> Trusted | None:
    if not pairs:
        return None
    given = shapes.positions_of([one for one, _ in pairs])
    true = shapes.positions_of([other for _, other in pairs])
    kept, vertices = 0, 0
    for x, _ in given:
        vertices += len(x)
        kept += 1
        if vertices > _VERTICES:
            break
    both = [
        (x, y, lon, lat)
        for (x, y), (lon, lat) in zip(given[:kept], true[:kept], strict=True)
        if len(x) and len(lon) and np.isfinite(x).all() and np.isfinite(y).all()
    ]
    if not both:
        return None
    return Trusted(
        kind,
        file_x=tuple(one[0] for one in both),
        file_y=tuple(one[1] for one in both),
        lon_deg=tuple(one[2] for one in both),
        lat_deg=tuple(one[3] for one in both),
    )


def _control_points(connection: Connection, content: Content) -> Trusted | None:
    """Rows that carry the code or the name of a control point in any of their columns."""
    points = store.control_points(connection)
    by_label = {point.code: point for point in points}
    by_label |= {point.name: point for point in points if point.name}
    if not by_label:
        return None
    found: dict[str, tuple[bytes, store.ControlPoint]] = {}
    for batch in content.read():
        if batch.wkb is None:
            return None
        for column in batch.columns:
            for value, shape in zip(column, batch.wkb, strict=True):
                if value is not None and shape is not None and value in by_label:
                    point = by_label[value]
                    found.setdefault(point.code, (shape, point))
    if not found:
        return None
    given = shapes.positions_of([shape for shape, _ in found.values()])
    lon = tuple(np.array([point.lon_deg]) for _, point in found.values())
    lat = tuple(np.array([point.lat_deg]) for _, point in found.values())
    return Trusted("control-points", tuple(x for x, _ in given), tuple(y for _, y in given), lon, lat)
