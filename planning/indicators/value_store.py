"""SQL of the values of indicators: kept for good, with what they rest on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from psycopg.types.json import Jsonb

from planning.indicators.states import Region
from spatial.database import Connection


@dataclass(frozen=True, slots=True)
class Kept:
    """A value as it is kept."""

    code: str
    edition: str
    definition_sha256: str
    region: Region
    at: datetime
    asof: datetime
    value: Decimal | None
    reason_zh: str | None
    reason_en: str | None
    unit: str
    inputs: dict[str, object]
    inputs_sha256: str


@dataclass(frozen=True, slots=True)
class Past:
    """A value that was kept, or why there was none, as its history tells it."""

    id: int
    at: datetime
    asof: datetime
    value: Decimal | None
    reason_zh: str | None
    reason_en: str | None
    unit: str
    edition: str
    definition_sha256: str
    inputs_sha256: str
    computed_at: datetime


def past(connection: Connection, code: str, region: str, before: int | None, limit: int) -> tuple[Past, ...]:
    """What was kept of an indicator in a region, the newest first; ``before`` a number."""
    rows = connection.execute(
        "select id, at, asof, value, reason_zh, reason_en, unit, edition, definition_sha256, inputs_sha256,"
        " computed_at from planning.indicator_value where code = %s and region = %s"
        " and (%s::bigint is null or id < %s) order by id desc limit %s",
        (code, region, before, before, limit),
    ).fetchall()
    return tuple(Past(*row) for row in rows)


def keep(connection: Connection, values: Sequence[Kept]) -> None:
    """Keep values for good, with what they rest on."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "insert into planning.indicator_value (code, edition, definition_sha256, region,"
            " region_sha256, at, asof, value, reason_zh, reason_en, unit, inputs, inputs_sha256)"
            " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                (
                    one.code,
                    one.edition,
                    one.definition_sha256,
                    one.region.id,
                    one.region.sha256,
                    one.at,
                    one.asof,
                    one.value,
                    one.reason_zh,
                    one.reason_en,
                    one.unit,
                    Jsonb(one.inputs),
                    one.inputs_sha256,
                )
                for one in values
            ],
        )
