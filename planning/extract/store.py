"""The SQL of restriction extracts."""

from __future__ import annotations

from datetime import datetime

from planning.model import State
from spatial.database import Connection
from spatial.history.model import FeatureTable
from spatial.history.read import relation

Parcel = tuple[str, str | None, str | None, str | None, bytes]
"""Identity, land class, its name, the village it lies in, WKB."""


def parcel(
    connection: Connection, table: FeatureTable, bsm: str, state: State, at: datetime, *, now: bool
) -> Parcel | None:
    """A parcel of the survey by its code, as of a state and an instant; ``now`` for the newest state."""
    if now:  # one partition instead of every year's
        row = connection.execute(
            f'select fid, dlbm, dlmc, zldwmc, ST_AsBinary(geom) from history."{table.believed}"'
            " where fid = %s and valid_from <= %s and valid_to > %s",
            (bsm, at, at),
        ).fetchone()
        return None if row is None else (*row[:4], bytes(row[4]))
    row = connection.execute(
        f"select v.fid, v.dlbm, v.dlmc, v.zldwmc, ST_AsBinary(v.geom) from {relation(table)} v"
        " where v.fid = %s and v.opened_by <= %s and (v.closed_by is null or v.closed_by > %s)"
        " and v.valid_from <= %s and v.valid_to > %s",
        (bsm, state.changeset, state.changeset, at, at),
    ).fetchone()
    return None if row is None else (*row[:4], bytes(row[4]))


def keep(connection: Connection, code: str, sha256: bytes, document: bytes, department: str | None) -> None:
    """Keep an extract; the same one again is the same row."""
    connection.execute(
        "insert into planning.restriction_extract (code, sha256, document, department)"
        " values (%s, %s, %s, %s) on conflict (code) do nothing",
        (code, sha256, document, department),
    )


def kept(connection: Connection, code: str) -> tuple[bytes, bytes] | None:
    """Digest and document of an extract."""
    row = connection.execute(
        "select sha256, document from planning.restriction_extract where code = %s", (code,)
    ).fetchone()
    return None if row is None else (bytes(row[0]), bytes(row[1]))
