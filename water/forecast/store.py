"""SQL of forecasts 预报存取: models and forecasts, written once; which forecast stood at an instant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import orjson
from psycopg.rows import class_row

from spatial.database import Connection
from spatial.datum.clock import BEIJING
from spatial.errors import shorten
from water.errors import UnknownForecast
from water.forecast.model_document import Model, identity, read

_MODELS: Final = (
    "select id, station, version, kind, grade, issued, synthetic, recorded_at, author, department"
    " from forecast.model where (%(station)s::text is null or station = %(station)s)"
    " and (%(asof)s::timestamptz is null or recorded_at <= %(asof)s)"
    " order by station, version desc limit %(limit)s"
)
_FORECASTS: Final = (
    "select f.id, f.model, m.version as model_version, f.station, f.basis_at, f.until, f.asof, f.issued,"
    " f.grade, f.synthetic, f.peak_m3_s, f.recorded_at, f.author, f.department"
    " from forecast.forecast f join forecast.model m on m.id = f.model"
    " where (%(station)s::text is null or f.station = %(station)s)"
    " and (%(asof)s::timestamptz is null or f.recorded_at <= %(asof)s)"
    " and (%(issued)s::boolean is null or f.issued = %(issued)s)"
    " and (%(start)s::timestamptz is null or f.basis_at >= %(start)s)"
    " and (%(end)s::timestamptz is null or f.basis_at < %(end)s)"
)
_ORDER: Final = " order by f.basis_at desc, f.recorded_at desc, f.id limit %(limit)s"
_STANDING: Final = " and f.issued and f.basis_at <= %(at)s and f.until > %(at)s"


@dataclass(frozen=True, slots=True)
class ModelRow:
    """What a list tells of a model."""

    id: str
    station: str
    version: int
    kind: str
    grade: str
    issued: bool
    synthetic: bool
    recorded_at: datetime
    author: str
    department: str | None


@dataclass(frozen=True, slots=True)
class ForecastRow:
    """What a list tells of a forecast."""

    id: str
    model: str
    model_version: int
    station: str
    basis_at: datetime
    until: datetime
    asof: datetime
    issued: bool
    grade: str
    synthetic: bool
    peak_m3_s: float
    recorded_at: datetime
    author: str
    department: str | None


@dataclass(frozen=True, slots=True)
class Window:
    """Which forecasts are wanted; None for all."""

    station: str | None = None
    asof: datetime | None = None
    """Only what was recorded by then."""
    issued: bool | None = None
    start: datetime | None = None
    end: datetime | None = None
    """Between what the basis lies."""


def keep_model(
    connection: Connection, content: bytes, author: str, department: str | None
) -> tuple[str, int]:
    """Keep a model; its id and its version of the station. The same record is kept once."""
    id, told = identity(content), orjson.loads(content)
    station = told["station"]
    connection.execute("select pg_advisory_xact_lock(hashtextextended(%s, 33))", (station,))
    connection.execute(
        "insert into forecast.model (id, station, version, kind, grade, issued, synthetic, author,"
        " department, content) select %(id)s, %(station)s, coalesce(max(version), 0) + 1, %(kind)s,"
        " %(grade)s, %(issued)s, %(synthetic)s, %(author)s, %(department)s, %(content)s"
        " from forecast.model where station = %(station)s on conflict (id) do nothing",
        {
            "id": id, "station": station, "kind": told["model"]["kind"], "grade": told["grade"],
            "issued": told["issued"], "synthetic": told["synthetic"], "author": author,
            "department": department, "content": content,
        },
    )  # fmt: skip
    row = connection.execute("select version from forecast.model where id = %s", (id,)).fetchone()
    assert row is not None
    return id, int(row[0])


def model(connection: Connection, station: str, version: int | None, asof: datetime) -> tuple[Model, int]:
    """A version of a station's model with its number. UnknownForecast.

    Where none is said, the newest that was on record at ``asof``, so that a replay takes the same however
    often the station is calibrated anew; the first where there was none yet.
    """
    row = connection.execute(
        "select id, content, version from forecast.model where station = %(station)s"
        " and (%(version)s::integer is null or version = %(version)s)"
        " order by recorded_at <= %(asof)s desc,"
        " case when recorded_at <= %(asof)s then version else -version end desc limit 1",
        {"station": station, "version": version, "asof": asof},
    ).fetchone()
    if row is None:
        shown = station if version is None else f"{station} {version}"
        raise UnknownForecast(
            f"该站没有率定过的方案(或没有此版本),请先执行 forecast-calibrate:{shown}",
            f"no calibrated model of the station, or no such version; run forecast-calibrate first: {shown}",
            value=shown,
        )
    return read(row[0], orjson.loads(row[1])), int(row[2])


def model_content(connection: Connection, id: str) -> tuple[ModelRow, bytes]:
    """A model by its id, with its record. UnknownForecast."""
    with connection.cursor() as cursor:
        found = cursor.execute(
            "select content, station, version, kind, grade, issued, synthetic, recorded_at, author,"
            " department from forecast.model where id = %s",
            (id,),
        ).fetchone()
    if found is None:
        raise _unknown(id)
    return ModelRow(id, *found[1:]), bytes(found[0])


def models(connection: Connection, station: str | None, asof: datetime | None, limit: int) -> list[ModelRow]:
    """Models, the newest version of each station first."""
    with connection.cursor(row_factory=class_row(ModelRow)) as cursor:
        return cursor.execute(_MODELS, {"station": station, "asof": asof, "limit": limit}).fetchall()


def keep(connection: Connection, content: bytes, author: str, department: str | None) -> tuple[str, datetime]:
    """Keep a forecast; its id, and when it was first recorded. The same forecast is kept once."""
    id, told = identity(content), orjson.loads(content)
    given: dict[str, Any] = {
        "id": id, "model": told["model"]["id"], "station": told["station"], "basis": told["basis_at"],
        "until": told["until"], "asof": told["asof"], "issued": told["issued"], "grade": told["grade"],
        "synthetic": told["synthetic"], "peak": told["peak"]["median_m3_s"], "author": author,
        "department": department, "content": content,
    }  # fmt: skip
    connection.execute(
        "insert into forecast.forecast (id, model, station, basis_at, until, asof, issued, grade, synthetic,"
        " peak_m3_s, author, department, content) values (%(id)s, %(model)s, %(station)s, %(basis)s,"
        " %(until)s, %(asof)s, %(issued)s, %(grade)s, %(synthetic)s, %(peak)s, %(author)s, %(department)s,"
        " %(content)s) on conflict (id) do nothing",
        given,
    )
    row = connection.execute("select recorded_at from forecast.forecast where id = %s", (id,)).fetchone()
    assert row is not None
    return id, row[0].astimezone(BEIJING)


def forecasts(connection: Connection, window: Window, limit: int) -> list[ForecastRow]:
    """Forecasts, the newest basis first."""
    return _rows(connection, _FORECASTS + _ORDER, window, {"limit": limit})


def standing(
    connection: Connection, station: str, at: datetime, asof: datetime | None = None
) -> ForecastRow | None:
    """The forecast that stood at an instant 当时有效的预报: issued, reaching over it, the newest basis.

    ``asof``: what was recorded by then; else by ``at`` itself.
    """
    window = Window(station, at if asof is None else asof)
    found = _rows(connection, _FORECASTS + _STANDING + _ORDER, window, {"at": at, "limit": 1})
    return found[0] if found else None


def covering(
    connection: Connection, at: datetime, asof: datetime, station: str | None, limit: int
) -> list[tuple[ForecastRow, bytes]]:
    """The issued forecasts that reached over an instant and were recorded by ``asof``, with their records."""
    given = {"at": at, "limit": limit}
    rows = _rows(connection, _FORECASTS + _STANDING + _ORDER, Window(station, asof), given)
    held = dict(
        connection.execute(
            "select id, content from forecast.forecast where id = any(%s)", ([each.id for each in rows],)
        ).fetchall()
    )
    return [(each, bytes(held[each.id])) for each in rows]


def content(connection: Connection, id: str) -> tuple[ForecastRow, bytes]:
    """A forecast by its id, with its record. UnknownForecast."""
    held = connection.execute("select content from forecast.forecast where id = %s", (id,)).fetchone()
    if held is None:
        raise _unknown(id)
    found = _rows(connection, _FORECASTS + " and f.id = %(id)s" + _ORDER, Window(), {"id": id, "limit": 1})
    return found[0], bytes(held[0])


def _rows(
    connection: Connection, statement: str, window: Window, others: dict[str, Any]
) -> list[ForecastRow]:
    given = {
        "station": window.station, "asof": window.asof, "issued": window.issued, "start": window.start,
        "end": window.end, **others,
    }  # fmt: skip
    with connection.cursor(row_factory=class_row(ForecastRow)) as cursor:
        return cursor.execute(statement, given).fetchall()


def _unknown(id: str) -> UnknownForecast:
    shown = shorten(id)
    return UnknownForecast(
        f"没有这个预报或方案,可用的见 /forecasts:{shown}",
        f"no such forecast or model, /forecasts lists them: {shown}",
        value=shown,
    )
