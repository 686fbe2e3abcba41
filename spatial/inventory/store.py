"""SQL of the asset register 资产登记簿: what assets are on a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from psycopg.rows import dict_row
from psycopg.sql import SQL, Composed, Identifier, Literal

from spatial.database import Connection
from spatial.history.model import FeatureTable

_HELD: Final = SQL(
    "select fid, status, planned_on, built_on, in_service_on, retired_on from {}"
    " where fid = any(%(assets)s) and valid_from <= %(day)s and valid_to > %(day)s"
)
_COUNTED: Final = (
    "select {layer} as layer, v.status, count(*) from history.{table} v"
    " where v.valid_from <= {day} and v.valid_to > {day}{known} group by v.status"
)
_KNOWN: Final = " and v.recorded_from <= {asof} and v.recorded_to > {asof}"
_LATER: Final = SQL(
    "select fid from {} where fid = any(%(assets)s) and valid_from > %(day)s order by fid limit 1"
)


def held(
    connection: Connection, table: FeatureTable, assets: Sequence[str], day: datetime
) -> dict[str, dict[str, str | date | None]]:
    """State and days of these assets as they are on a day, by identity."""
    with connection.cursor(row_factory=dict_row) as cursor:
        statement = _HELD.format(Identifier("history", table.believed))
        rows = cursor.execute(statement, {"assets": list(assets), "day": day}).fetchall()
    return {row["fid"]: row for row in rows}


def later(connection: Connection, table: FeatureTable, assets: Sequence[str], day: datetime) -> str | None:
    """One of these of which something is laid down after the day already."""
    statement = _LATER.format(Identifier("history", table.believed))
    row = connection.execute(statement, {"assets": list(assets), "day": day}).fetchone()
    return None if row is None else str(row[0])


def document_layers(connection: Connection, sha256: str) -> list[str]:
    """Layers of the assets whose register has a document of this digest, as it is believed now."""
    rows = connection.execute(
        "select distinct layer from history.asset_documents where sha256 = %s and recorded_to = 'infinity'",
        (sha256,),
    ).fetchall()
    return [layer for (layer,) in rows]


def delivered(connection: Connection, sha256: str) -> bool:
    """Whether a layer was delivered with these bytes: they leave with the layer's rights alone."""
    row = connection.execute(
        "select exists (select from spatial.changeset where source_sha256 = decode(%s, 'hex'))", (sha256,)
    ).fetchone()
    return row == (True,)


def counted(tables: Sequence[FeatureTable], day: datetime, asof: datetime | None) -> Composed:
    """Statement of (layer, state, how many) of assets on a day, as believed now or at ``asof``; of one layer
    or more."""
    known = SQL("") if asof is None else SQL(_KNOWN).format(asof=Literal(asof))
    each = [
        SQL(_COUNTED).format(
            layer=Literal(table.layer),
            table=Identifier(table.believed if asof is None else table.name),
            day=Literal(day),
            known=known,
        )
        for table in tables
    ]
    return SQL(" union all ").join(each)
