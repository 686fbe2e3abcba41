"""What differs between two states of a layer, and what a feature has been through."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from psycopg.rows import class_row
from psycopg.sql import SQL, Identifier

from spatial.database import Connection
from spatial.history.model import Change, ChangeKind, FeatureTable, FieldChange, Version, changed_fields

__all__ = ["Change", "Version", "between", "of_changeset", "on_day", "versions"]


def between(
    conn: Connection, table: FeatureTable, older_changeset: int, newer_changeset: int
) -> Iterator[Change]:
    """What is believed after the newer changeset and was not after the older one, by version.

    A version is told by feature and start: one that only ends earlier is an
    update of ``valid_to``. Changeset 0 is before everything. Public fields only.
    """
    return _changes(conn, table, older_changeset, newer_changeset, None)


def on_day(
    conn: Connection, table: FeatureTable, older_changeset: int, newer_changeset: int, at: datetime
) -> Iterator[Change]:
    """What the map of one instant shows differently: content alone counts, one change a feature."""
    return _changes(conn, table, older_changeset, newer_changeset, at)


def of_changeset(conn: Connection, table: FeatureTable, changeset: int) -> Iterator[Change]:
    """What one changeset changed, as people tell it: one change a feature, old values against new.

    That is the map of the instant from which its changes hold, before and after.
    A changeset whose changes begin at several instants is told by version.
    """
    before = changeset - 1
    turns = {_turn(change) for change in between(conn, table, before, changeset)}
    if len(turns) == 1 and (instant := turns.pop()) is not None:
        seen = on_day(conn, table, before, changeset, instant)
        return (replace(change, valid_from=instant) for change in seen)
    return between(conn, table, before, changeset)


def _turn(change: Change) -> datetime | None:
    """From when a change of versions shows on the map."""
    if [one.name for one in change.fields] == ["valid_to"]:
        return change.valid_to
    return change.valid_from


def versions(conn: Connection, table: FeatureTable, fid: str) -> tuple[Version, ...]:
    """Every version of a feature ever believed, in the order of recording, then of validity."""
    with conn.cursor(row_factory=class_row(Version)) as cursor:
        return tuple(
            cursor.execute(
                SQL(
                    """
                    select fid, valid_from, nullif(valid_to, 'infinity') valid_to, recorded_from,
                      nullif(recorded_to, 'infinity') recorded_to, opened_by, closed_by, feature
                    from {} where fid = %s order by recorded_from, valid_from
                    """
                ).format(Identifier("history", table.name)),
                (fid,),
            )
        )


def _changes(
    conn: Connection, table: FeatureTable, older: int, newer: int, at: datetime | None
) -> Iterator[Change]:
    # Held by the server, so that a difference of a million rows does not fill the memory here.
    with conn.cursor(f"difference_{uuid.uuid4().hex}", withhold=True) as cursor:
        cursor.execute(
            """
            select fid, kind, valid_from, old_valid_to, new_valid_to, old, new
            from history.between(%s, %s, %s, %s)
            """,
            (table.layer, older, newer, at),
        )
        for fid, kind, valid_from, old_valid_to, new_valid_to, old, new in cursor:
            fields = changed_fields(old, new)
            if kind == ChangeKind.UPDATE and at is None and old_valid_to != new_valid_to:
                fields = (*fields, FieldChange("valid_to", _text(old_valid_to), _text(new_valid_to)))
            valid_to = old_valid_to if kind == ChangeKind.DELETE else new_valid_to
            yield Change(fid, ChangeKind(kind), fields, valid_from, valid_to)


def _text(instant: datetime | None) -> str | None:
    return None if instant is None else instant.isoformat()
