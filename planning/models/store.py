"""SQL of model runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from psycopg.types.json import Jsonb

from planning.errors import UnknownModel
from spatial.database import Connection


@dataclass(frozen=True, slots=True)
class KeptRun:
    """A run as it was kept."""

    model: str
    at: datetime
    asof: datetime
    parameters: Mapping[str, float]
    inputs_sha256: str
    outputs_sha256: str


def keep(connection: Connection, values: tuple[object, ...]) -> int:
    """Keep a run: the columns of ``planning.model_run`` in order; its number."""
    given = [Jsonb(dict(each)) if isinstance(each, Mapping) else each for each in values]
    row = connection.execute(
        "insert into planning.model_run (model, version, declaration_sha256, region, region_sha256, at, asof,"
        " inputs, parameters, inputs_sha256, outputs, outputs_sha256)"
        " values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) returning id",
        given,
    ).fetchone()
    assert row is not None
    return int(row[0])


def kept(connection: Connection, number: int) -> KeptRun:
    """A run by its number; ``UnknownModel`` where there is none."""
    row = connection.execute(
        "select model, at, asof, parameters, inputs_sha256, outputs_sha256 from planning.model_run"
        " where id = %s",
        (number,),
    ).fetchone()
    if row is None:
        raise UnknownModel(
            f"没有这次模型运行:{number}", f"there is no run of that number: {number}", value=number
        )
    return KeptRun(*row)
