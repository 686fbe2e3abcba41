"""Forecasts over HTTP 预报: models with grade sheets, what was forecast, what stood at an instant."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Final

import orjson
from starlette.routing import Route

from api.address.asked import answer
from api.door import route
from api.parameters import COMMON, given, instant
from api.problem import BadParameter
from api.rivers.held import Document, RiverDoor, believed, require
from api.wire import Reply, Request
from spatial.catalogue.contract import STAMP
from spatial.database import Connection
from spatial.datum import format_instant, parse_instant
from spatial.datum.clock import BEIJING
from water.forecast import forecast_document, stages, store
from water.forecast.store import ForecastRow, ModelRow, Window
from water.gauges import stages as gauge_stages
from water.gauges import stations as gauge_stations
from water.gauges import store as gauge_store
from water.gauges.layers import RATINGS, STATIONS, THRESHOLDS
from water.moment import Moment
from water.works import offset_store
from water.works.layers import OFFSETS

LIMIT: Final = 100
LIMIT_MOST: Final = 1_000
USES: Final[Mapping[str, bool | None]] = {"issued": True, "reference": False, "all": None}


class RiverForecasts(RiverDoor):
    """The handlers of forecasts."""

    def routes(self) -> list[Route]:
        """Models, one model; forecasts, one forecast, its stages, its table."""
        return [
            route("/forecast-models", self.models),
            route("/forecast-models/{model}", self.model),
            route("/forecasts", self.forecasts),
            route("/forecasts/{forecast}", self.forecast),
            route("/forecasts/{forecast}/stages", self.stages),
            route("/forecasts/{forecast}/table", self.table),
        ]

    async def models(self, request: Request) -> Reply:
        """``/forecast-models``: each with its grade, the newest version of a station first."""
        parameters = given(request.query_string, (*COMMON, "station", "asof", "limit"))
        require(self._catalogue, request.principal, STATIONS)
        asof, limit = believed("asof", parameters.get("asof")), _limit(parameters.get("limit"))
        found = await self._desk.run(
            lambda connection: store.models(connection, parameters.get("station"), asof, limit + 1)
        )
        base = request.base_url(self._base_url)
        document = {"more": len(found) > limit, "models": [_model(each, base) for each in found[:limit]]}
        return self._reply(request, parameters, document, "预报方案 Forecast models")

    async def model(self, request: Request) -> Reply:
        """``/forecast-models/{model}``: parameters, inputs, floods, scores and grade, as recorded."""
        parameters = given(request.query_string, COMMON)
        require(self._catalogue, request.principal, STATIONS)
        id = request.path_params["model"]
        row, content = await self._desk.run(lambda connection: store.model_content(connection, id))
        document = {**_model(row, request.base_url(self._base_url)), "record": orjson.loads(content)}
        return self._reply(request, parameters, document, f"预报方案 Model {row.station} {row.version}")

    async def forecasts(self, request: Request) -> Reply:
        """``/forecasts``: the newest basis first; ``at`` and a station tell which one stood then."""
        parameters = given(
            request.query_string, (*COMMON, "station", "use", "start", "end", "at", "asof", "limit")
        )
        require(self._catalogue, request.principal, STATIONS)
        use, limit = parameters.get("use", "issued"), _limit(parameters.get("limit"))
        if use not in USES:
            raise BadParameter("use", f"须为 {'、'.join(USES)}", f"is of {', '.join(USES)}", value=use)
        start, end, at = (instant(each, parameters.get(each)) for each in ("start", "end", "at"))
        asof = believed("asof", parameters.get("asof"))
        if start is not None and end is not None and end < start:
            raise BadParameter("end", "不得早于 start", "is not before start", value=parameters["end"])
        station = parameters.get("station")
        if at is not None and station is None:
            raise BadParameter("at", "须同时给出 station", "goes with a station", value=parameters["at"])
        window = Window(station, asof, USES[use], start, end)
        moment = datetime.now(BEIJING) if at is None else at

        def read(connection: Connection) -> tuple[list[ForecastRow], ForecastRow | None]:
            stands = None if station is None else store.standing(connection, station, moment, asof)
            return store.forecasts(connection, window, limit + 1), stands

        found, stands = await self._desk.run(read)
        base = request.base_url(self._base_url)
        document = {
            "at": None if at is None else format_instant(at),
            "stands": None if stands is None else listed(stands, base),
            "more": len(found) > limit,
            "forecasts": [listed(each, base) for each in found[:limit]],
        }
        return self._reply(request, parameters, document, "预报 Forecasts")

    async def forecast(self, request: Request) -> Reply:
        """``/forecasts/{forecast}``: members, quantiles, grade, lead and held-out scores, as recorded."""
        parameters = given(request.query_string, COMMON)
        require(self._catalogue, request.principal, STATIONS)
        id = request.path_params["forecast"]
        row, content = await self._desk.run(lambda connection: store.content(connection, id))
        document = {**listed(row, request.base_url(self._base_url)), "record": orjson.loads(content)}
        return self._reply(request, parameters, document, f"预报 Forecast {row.station}")

    async def stages(self, request: Request) -> Reply:
        """``/forecasts/{forecast}/stages``: stages by the rating curve, how likely thresholds are reached.

        Curves, thresholds and offsets as they were known when the forecast was made; with ``asof`` by then.
        """
        parameters = given(request.query_string, (*COMMON, "asof"))
        require(self._catalogue, request.principal, STATIONS, RATINGS, THRESHOLDS, OFFSETS)
        id, asked = request.path_params["forecast"], believed("asof", parameters.get("asof"))

        def read(connection: Connection) -> tuple[ForecastRow, Document]:
            row, content = store.content(connection, id)
            record, asof = orjson.loads(content), row.asof if asked is None else asked
            return row, {"asof": format_instant(asof), **forecast_stages(connection, record, asof)}

        row, found = await self._desk.run(read)
        document = {**listed(row, request.base_url(self._base_url)), **found}
        return self._reply(request, parameters, document, f"预报水位 Forecast stages {row.station}")

    async def table(self, request: Request) -> Reply:
        """``/forecasts/{forecast}/table``: the same as CSV."""
        given(request.query_string, ())
        require(self._catalogue, request.principal, STATIONS)
        id = request.path_params["forecast"]
        row, content = await self._desk.run(lambda connection: store.content(connection, id))
        told = orjson.loads(content)
        body = forecast_document.table(told)
        reply = answer(request, body, len(told["instants"]), b"text/csv; charset=utf-8")
        name = f"forecast-{row.station}-{row.basis_at.astimezone(BEIJING):%Y%m%d%H}.csv"
        reply.headers.append((b"content-disposition", f'attachment; filename="{name}"'.encode()))
        return reply


def forecast_stages(connection: Connection, record: Document, asof: datetime) -> Document:
    """The stages of a forecast by what was known of its station at ``asof``."""
    then, day = Moment(asof, asof), parse_instant(record["basis_at"]).astimezone(BEIJING).date()
    one = gauge_stations.station(connection, record["station"], then)
    instants = [parse_instant(each) for each in record["instants"]]
    curves = gauge_stations.stage_curves(connection, one, instants, asof)
    offsets = offset_store.offsets(connection, then)
    marks = [
        (each, gauge_stages.shift(one, each, offsets))
        for each in gauge_store.thresholds(connection, [one.id], then)[one.id]
        if each.quantity == stages.STAGE and each.in_force(day)
    ]
    return {"name": one.name, **stages.told(record, curves, marks)}


def _model(row: ModelRow, base: str) -> Document:
    return {
        "id": row.id,
        "station": row.station,
        "version": row.version,
        "kind": row.kind,
        "grade": row.grade,
        "issued": row.issued,
        "synthetic": row.synthetic,
        "stamp": STAMP if row.synthetic else None,
        "recorded_at": format_instant(row.recorded_at),
        "author": row.author,
        "department": row.department,
        "href": f"{base}/forecast-models/{row.id}",
    }


def listed(row: ForecastRow, base: str) -> Document:
    """A forecast as a list shows it."""
    return {
        "id": row.id,
        "station": row.station,
        "basis_at": format_instant(row.basis_at),
        "until": format_instant(row.until),
        "asof": format_instant(row.asof),
        "recorded_at": format_instant(row.recorded_at),
        "issued": row.issued,
        "note": None if row.issued else forecast_document.REFERENCE,
        "grade": row.grade,
        "peak_m3_s": row.peak_m3_s,
        "model": row.model,
        "model_version": row.model_version,
        "synthetic": row.synthetic,
        "stamp": STAMP if row.synthetic else None,
        "author": row.author,
        "department": row.department,
        "href": f"{base}/forecasts/{row.id}",
        "stages": f"{base}/forecasts/{row.id}/stages",
        "table": f"{base}/forecasts/{row.id}/table",
    }


def _limit(text: str | None) -> int:
    if text is None:
        return LIMIT
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= LIMIT_MOST):
        raise BadParameter("limit", f"须为 1 至 {LIMIT_MOST}", f"is 1 to {LIMIT_MOST}", value=text)
    return int(text)
