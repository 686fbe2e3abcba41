"""The SQL of editing: what is believed of a feature, the versions edits are based on, keys of requests."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from psycopg.errors import LockNotAvailable
from psycopg.sql import SQL, Identifier

from spatial.database import Connection
from spatial.editing.model import GEOMETRY, Edited, Held, Named, Remembered, RequestKey, Standing
from spatial.errors import Unavailable
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


KEYS_KEPT_DAYS = 7
_FORGOTTEN_AT_ONCE = 100


def claim(connection: Connection, layer: str, author: str, key: RequestKey) -> Remembered | None:
    """Take a key of a request; what came of it where somebody took it before.

    Whoever comes while the first one is still at work waits for it. Keys past
    their time are forgotten on the way, some with each claim.
    """
    connection.execute(
        """
        delete from spatial.request_key k using (
          select layer, author, key from spatial.request_key
            where asked_at < clock_timestamp() - make_interval(days => %s)
            order by asked_at limit %s for update skip locked) old
        where (k.layer, k.author, k.key) = (old.layer, old.author, old.key)
        """,
        (KEYS_KEPT_DAYS, _FORGOTTEN_AT_ONCE),
    )
    try:
        taken = connection.execute(
            "insert into spatial.request_key (layer, author, key, digest) values (%s, %s, %s, %s)"
            " on conflict do nothing",
            (layer, author, key.text, key.digest),
        )
    except LockNotAvailable:
        raise Unavailable(
            f"同一请求键的请求仍在写入,请稍后以同一键重发:{key.text}",
            f"the request of this key is still being written, send it again with the same key: {key.text}",
            value=key.text,
        ) from None
    if taken.rowcount:
        return None
    digest, changeset, fids, valid_from = connection.execute(
        "select digest, changeset, fids, valid_from from spatial.request_key"
        " where (layer, author, key) = (%s, %s, %s)",
        (layer, author, key.text),
    ).fetchall()[0]
    return Remembered(digest, changeset, tuple(fids), valid_from)


def remember(
    connection: Connection, layer: str, author: str, key: RequestKey, fids: Sequence[str], edited: Edited
) -> None:
    """Keep what came of the request whose key was claimed."""
    connection.execute(
        "update spatial.request_key set changeset = %s, fids = %s, valid_from = %s"
        " where (layer, author, key) = (%s, %s, %s)",
        (edited.changeset and edited.changeset.id, list(fids), edited.valid_from, layer, author, key.text),
    )


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
