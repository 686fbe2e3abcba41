"""The SQL of editing: what is believed of a feature, and the versions that edits are based on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from psycopg.sql import SQL, Identifier

from spatial.database import Connection
from spatial.editing.model import GEOMETRY, Held, Named, Standing
from spatial.history.model import FeatureTable
from spatial.history.store import attributes


def standings(
    connection: Connection, table: FeatureTable, fids: Sequence[str], valid_from: datetime | None
) -> tuple[datetime, tuple[Standing, ...]]:
    """The instant of an edit, and what is believed then of each feature, in the order asked.

    Without an instant it is now by the database's clock, after everything the layer's ledger
    holds: whoever asks has the layer's lock, so no two edits from "now on" are of one instant.
    """
    rows = connection.execute(_standings(table), (valid_from, table.layer, list(fids))).fetchall()
    return rows[0][0], tuple(
        Standing(fid, None if held[0] is None else _held(table, fid, held), next_from)
        for _, fid, next_from, *held in rows
    )


def version(connection: Connection, table: FeatureTable, fid: str, named: Named) -> Held | None:
    """A version of any time by its name; None where there never was one."""
    row = connection.execute(_version(table), (fid, named.changeset, named.valid_from)).fetchone()
    return None if row is None else _held(table, fid, row)


@lru_cache(maxsize=256)
def _standings(table: FeatureTable) -> str:
    return (
        SQL(
            """
            with told as materialized (
              select coalesce(%s::timestamptz,
                greatest(clock_timestamp(), max(c.recorded_at) + interval '1 microsecond')) at
              from spatial.changeset c
              where c.id = (select id from spatial.changeset where layer = %s order by id desc limit 1))
            select told.at, f.fid,
              (select min(n.valid_from) from {believed} n where n.fid = f.fid and n.valid_from > told.at),
              {values}
            from told cross join unnest(%s::text[]) with ordinality f(fid, place)
            left join {believed} v on v.fid = f.fid and v.valid_from <= told.at and v.valid_to > told.at
            order by f.place
            """
        )
        .format(believed=Identifier("history", table.believed), values=_values(table))
        .as_string(None)
    )


@lru_cache(maxsize=256)
def _version(table: FeatureTable) -> str:
    return (
        SQL("select {} from {} v where v.fid = %s and v.opened_by = %s and v.valid_from = %s limit 1")
        .format(_values(table), Identifier("history", table.name))
        .as_string(None)
    )


def _values(table: FeatureTable) -> Any:
    geometry = [SQL("ST_AsEWKB(v.geom, 'NDR')")] if table.geometry else []
    fields = attributes(table, SQL("v."))[len(geometry) :]
    return SQL(", ").join(
        [SQL("v.opened_by, v.valid_from, nullif(v.valid_to, 'infinity')"), *geometry, *fields]
    )


def _held(table: FeatureTable, fid: str, row: Sequence[Any]) -> Held:
    changeset, valid_from, valid_to, *values = row
    names = [*([GEOMETRY] if table.geometry else []), *(column.name for column in table.columns)]
    return Held(fid, changeset, valid_from, valid_to, dict(zip(names, values, strict=True)))
