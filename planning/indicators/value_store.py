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
