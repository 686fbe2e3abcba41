"""Cutting tiles one after the other over one connection 切片: for the store and for archives."""

from __future__ import annotations

from typing import NamedTuple

from spatial.catalogue.contract import Step
from spatial.catalogue.store import Layer
from spatial.database import Connection
from spatial.history.model import Column
from spatial.history.read import Statement
from tiles.ladder import store as ladder
from tiles.vector import FEATURES_MOST, TileQuery, fewer, generalised, packed_bytes, whole


class Cut(NamedTuple):
    """A tile, and the identities in it where they were wanted."""

    body: bytes
    fids: list[str]


def public_columns(layer: Layer) -> tuple[Column, ...]:
    """What everybody may see of a layer, in the order of the contract."""
    return tuple(column for column in layer.table.columns if column.public)


def statement(query: TileQuery, most: int | None, *, unmoved: bool) -> Statement:
    """What cuts a tile that is not dissolved: with all its features (``None``), or with so many at most."""
    if query.step is Step.CLUSTER:
        return ladder.clusters(query, unmoved=unmoved)
    return whole(query, unmoved=unmoved) if most is None else generalised(query, most, unmoved=unmoved)


def cut(connection: Connection, query: TileQuery, *, unmoved: bool = False) -> Cut:
    """A tile as the doors give it: whole where it is near and small enough, else generalised.

    ``unmoved`` where nothing was written to the layer since the query's ``asof``,
    as this transaction sees it.
    """
    if query.step is Step.DISSOLVE:
        return _dissolved(connection, query, unmoved=unmoved)
    if query.step is Step.CLUSTER:
        return _run(connection, statement(query, None, unmoved=unmoved))
    most = None if query.near else FEATURES_MOST
    found = _run(connection, statement(query, most, unmoved=unmoved))
    while (less := fewer(most, packed_bytes(found.body))) is not None:
        most = less
        found = _run(connection, statement(query, most, unmoved=unmoved))
    return found


def _dissolved(connection: Connection, query: TileQuery, *, unmoved: bool) -> Cut:
    from tiles.ladder.areas import dissolved, material_of  # compiled loops: read when there is need

    asked = ladder.material(query, unmoved=unmoved)
    row = connection.execute(asked.sql, asked.params, binary=True).fetchone()
    assert row is not None  # the statement always gives one
    return Cut(*dissolved(query, material_of(row[1:])))


def _run(connection: Connection, asked: Statement) -> Cut:
    row = connection.execute(asked.sql, asked.params).fetchone()
    assert row is not None  # the statement always gives one
    return Cut(bytes(row[0] or b""), row[2] or [])
