"""Monitoring over HTTP 监测: stations and thresholds, series and gaps, ratings, SL 323, WaterML 2."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from starlette.routing import Route

from api.address.asked import answer
from api.door import route
from api.parameters import COMMON, given, instant
from api.problem import BadParameter
from api.rivers.held import AT, Document, RiverDoor, believed, moment, require, seen, wanted_datum
from api.rivers.series_document import (
    gap_document,
    gate_table_document,
    point_document,
    rating_document,
    threshold_document,
)
from api.wire import Reply, Request
from spatial.database import Connection
from spatial.datum import format_instant
from spatial.datum.clock import BEIJING
from water.errors import BadStation
from water.gauges import gaps, sl323, sl323_exchange, stages, stations, store, waterml
from water.gauges.gate_table import GateTable
from water.gauges.layers import GATE_TABLES, RATINGS, STATIONS, THRESHOLDS
from water.gauges.rating import Rating
from water.gauges.stages import Stage
from water.gauges.station import ELEMENTS, Element, Point, Station, Threshold
from water.moment import Moment, before
from water.works import offset_store
from water.works.layers import OFFSETS
from water.works.offset import DatumOffset

SPAN_MOST: Final = timedelta(days=366)
POINTS_MOST: Final = 50_000
FILL_MOST: Final = timedelta(hours=24)
SPREAD_MOST: Final = 1000.0


class RiverGauges(RiverDoor):
    """The handlers of monitoring."""

    def routes(self) -> list[Route]:
        """Stations, one station, its series and rating; tables of SL 323."""
        return [
            route("/rivers/stations", self.stations),
            route("/rivers/stages", self.stages),
            route("/rivers/stations/{station}", self.station),
            route("/rivers/stations/{station}/series", self.series),
            route("/rivers/stations/{station}/waterml", self.waterml),
            route("/rivers/stations/{station}/ratings", self.ratings),
            route("/rivers/sl323/{table}", self.table),
        ]

    async def stations(self, request: Request) -> Reply:
        """``/rivers/stations``: all of them, with what they measure."""
        parameters = given(request.query_string, AT)
        require(self._catalogue, request.principal, STATIONS)
        then = moment(parameters)
        found = await self._desk.run(lambda connection: store.stations(connection, then))
        base = request.base_url(self._base_url)
        document = {"stations": [_station(each, base) for each in found]}
        return self._reply(request, parameters, document, "水情测站 Gauging stations")

    async def stages(self, request: Request) -> Reply:
        """``/rivers/stages``: of all stations those that reach a threshold or rise, the gravest first."""
        parameters = given(request.query_string, AT)
        require(self._catalogue, request.principal, STATIONS, THRESHOLDS, OFFSETS)
        then, past = moment(parameters), seen(parameters)
        found = await self._desk.run(lambda connection: stages.stages(connection, then, past))
        shown = sorted(
            (each for each in found if each.notable),
            key=lambda each: (-len(each.reached), -(each.rise_m_h or 0.0)),
        )
        newest = max((each.newest.time for each in found), default=None)
        document = {
            "at": format_instant((past or then).at),
            "measured": len(found),
            "newest_at": None if newest is None else format_instant(newest),
            "stages": [_stage(each, request.base_url(self._base_url)) for each in shown],
        }
        return self._reply(request, parameters, document, "各站水位 Stages")

    async def station(self, request: Request) -> Reply:
        """``/rivers/stations/{station}``: thresholds, the newest values, and which thresholds they reach.

        Of an instant that is named the values as they were by then (:func:`seen`), no older than two days.
        """
        parameters = given(request.query_string, AT)
        require(self._catalogue, request.principal, STATIONS, THRESHOLDS, OFFSETS)
        then, station_id = moment(parameters), request.path_params["station"]
        past = seen(parameters)

        def read(
            connection: Connection,
        ) -> tuple[Station, list[Threshold], dict[str, Point], dict[str, int], list[DatumOffset]]:
            one = stations.station(connection, station_id, then)
            held = store.thresholds(connection, [one.id], then)[one.id]
            on_file = offset_store.offsets(connection, then)
            if one.thing is None:
                return one, held, {}, {}, on_file
            numbers = store.streams(connection, one.thing)
            if past is None:
                return one, held, store.latest(connection, one.thing), numbers, on_file
            at, asof = past.at, past.asof or past.at
            found = store.latest_then(connection, [one.thing], before(at, store.OLDEST), at, asof)
            return one, held, found.get(one.thing, {}), numbers, on_file

        one, held, newest, streams, offsets = await self._desk.run(read)
        stage = next((newest[each.property] for each in one.elements if each.property in newest), None)
        stage = stage if one.elements and one.elements[0].height else None
        document = {
            **_station(one, request.base_url(self._base_url)),
            "thresholds": [
                threshold_document(each) | _held_against(one, each, stage, offsets) for each in held
            ],
            "latest": {
                each.id: point_document(newest[each.property])
                for each in one.elements
                if each.property in newest
            },
            "datastreams": {
                each.id: streams[each.property] for each in one.elements if each.property in streams
            },
        }
        return self._reply(request, parameters, document, f"测站 Station {one.name}")

    async def series(self, request: Request) -> Reply:
        """``/rivers/stations/{station}/series``: values, gaps by kind; ``fill`` hours on the line, marked."""
        parameters = given(
            request.query_string, (*COMMON, "element", "start", "end", "step", "fill", "spread", "asof")
        )
        one, element, points = await self._points(request, parameters)
        step = _seconds("step", parameters.get("step"), timedelta(hours=1), timedelta(days=1))
        longest = _seconds("fill", parameters.get("fill"), timedelta(), FILL_MOST)
        spread = _spread(parameters.get("spread"), filling=longest > timedelta())
        series, told = gaps.filled(points, step, longest, spread)
        document = {
            "station": one.id,
            "element": element.id,
            "unit": element.unit,
            "vertical_datum": one.datum.value if element.height else None,
            "synthetic": one.synthetic,
            "points": [point_document(each) for each in series],
            "gaps": [gap_document(each) for each in told],
        }
        return self._reply(request, parameters, document, f"{one.name} {element.title.zh}")

    async def waterml(self, request: Request) -> Reply:
        """``/rivers/stations/{station}/waterml``: the same series as WaterML 2."""
        parameters = given(request.query_string, ("element", "start", "end", "asof"))
        one, element, points = await self._points(request, parameters)
        procedure = f"{request.base_url(self._base_url)}/rivers/stations/{one.id}"
        body = waterml.document(one, element, points, datetime.now(BEIJING), procedure=procedure)
        return answer(request, body, len(points), b"application/xml; charset=utf-8")

    async def ratings(self, request: Request) -> Reply:
        """``/rivers/stations/{station}/ratings``: every curve or table, as believed now or then."""
        parameters = given(request.query_string, (*COMMON, "asof"))
        require(self._catalogue, request.principal, STATIONS, RATINGS, GATE_TABLES)
        asof, station_id = believed("asof", parameters.get("asof")), request.path_params["station"]

        def read(connection: Connection) -> tuple[Station, list[Rating], list[GateTable]]:
            one = stations.station(connection, station_id, Moment(datetime.now(BEIJING)))
            span = datetime(1, 1, 2, tzinfo=BEIJING), datetime(9999, 1, 1, tzinfo=BEIJING)
            found = store.ratings(connection, one.id, *span, asof)
            return one, found, store.gate_tables(connection, one.id, *span, asof)

        one, found, tables = await self._desk.run(read)
        document = {
            "station": one.id,
            "ratings": [rating_document(each) for each in found],
            "gate_tables": [gate_table_document(each) for each in tables],
        }
        return self._reply(request, parameters, document, f"水位流量关系 Ratings {one.name}")

    async def table(self, request: Request) -> Reply:
        """``/rivers/sl323/{table}``: a table of SL 323 as CSV; values need ``start`` and ``end``.

        Stages are in the station's datum, or in ``vertical_datum`` where offsets on record lead there.
        """
        parameters = given(request.query_string, ("start", "end", "station", "vertical_datum"))
        of = sl323.table(request.path_params["table"])
        require(self._catalogue, request.principal, STATIONS, THRESHOLDS, OFFSETS)
        datum = wanted_datum(parameters)
        if datum is not None and of.id == sl323_exchange.ATTRIBUTES:
            raise BadParameter(
                "vertical_datum", "不适用于测站属性表", "does not go with the table of stations", value=datum
            )
        station, now = parameters.get("station"), Moment(datetime.now(BEIJING))
        span = _span(parameters) if of.elements else None

        def read(connection: Connection) -> bytes:
            one = None if station is None else stations.station(connection, station, now)
            found = store.stations(connection, now) if one is None else [one]
            if span is not None:
                return sl323_exchange.values_out(connection, of, found, *span, datum)
            if of.id == sl323_exchange.ATTRIBUTES:
                return sl323_exchange.stations_out(found)
            held = store.thresholds(connection, [each.id for each in found], now)
            offsets = offset_store.offsets(connection, now)
            return sl323_exchange.thresholds_out(found, held, offsets, datum)

        body = await self._desk.run(read)
        reply = answer(request, body, max(0, body.count(b"\r\n") - 1), b"text/csv; charset=utf-8")
        reply.headers += [
            (b"content-disposition", f'attachment; filename="{of.id}.csv"'.encode()),
            (b"onemap-verified", str(of.verified).lower().encode()),
        ]
        return reply

    async def _points(
        self, request: Request, parameters: Mapping[str, str]
    ) -> tuple[Station, Element, list[Point]]:
        require(self._catalogue, request.principal, STATIONS)
        station_id, (start, end) = request.path_params["station"], _span(parameters)
        asof = believed("asof", parameters.get("asof"))
        name = parameters.get("element", "stage")
        if name not in ELEMENTS:
            raise BadParameter(
                "element", f"须为 {'、'.join(ELEMENTS)}", f"is of {', '.join(ELEMENTS)}", value=name
            )
        element = ELEMENTS[name]

        def read(connection: Connection) -> tuple[Station, list[Point]]:
            one = stations.station(connection, station_id, Moment(datetime.now(BEIJING)))
            stream = None if one.thing is None else store.stream(connection, one.thing, element.property)
            if stream is None:
                raise BadStation(
                    f"测站没有“{element.title.zh}”的数据流,请先接入(station-bind):{station_id}",
                    f"no datastream of {element.id}, bind the station first (station-bind): {station_id}",
                    value=station_id,
                )
            return one, store.values(connection, stream, start, end, POINTS_MOST + 1, asof)

        one, points = await self._desk.run(read)
        if len(points) > POINTS_MOST:
            raise BadParameter(
                "end",
                f"值多于 {POINTS_MOST},请缩短时段",
                f"leaves more than {POINTS_MOST} values, give a shorter time",
                value=parameters.get("end", ""),
            )
        return one, element, points


def _station(one: Station, base: str) -> Document:
    return {
        "id": one.id,
        "name": one.name,
        "kind": one.kind,
        "position": [one.lon_deg, one.lat_deg],
        "vertical_datum": one.datum.value,
        "datum_elevation_m": one.datum_elevation_m,
        "route_id": one.route,
        "river_name": one.river_name,
        "thing": one.thing,
        "synthetic": one.synthetic,
        "elements": [
            {"id": each.id, "title": {"zh": each.title.zh, "en": each.title.en}, "unit": each.unit}
            for each in one.elements
        ],
        "href": f"{base}/rivers/stations/{one.id}",
    }


def _held_against(
    one: Station, threshold: Threshold, stage: Point | None, offsets: Sequence[DatumOffset]
) -> Document:
    """A threshold in the station's datum, and whether the newest stage reaches it; null: nobody can say."""
    if threshold.quantity != "stage":
        return {"reached": None}
    shifted = stages.shift(one, threshold, offsets)
    told: Document = {
        "value_at_station": None if shifted is None else round(threshold.value - shifted.offset_m, 4),
        "offsets": [] if shifted is None else list(shifted.via),
        "reached": None,
    }
    if stage is not None and stage.value is not None and gaps.usable(stage):
        told["reached"] = stages.reaches(one, stage, threshold, shifted, stage.time)
    return told


def _stage(one: Stage, base: str) -> Document:
    return {
        "station": one.station.id,
        "name": one.station.name,
        "synthetic": one.station.synthetic,
        "element": one.element.id,
        "vertical_datum": one.station.datum.value,
        "stage": point_document(one.newest),
        "rise_m_per_h": None if one.rise_m_h is None else round(one.rise_m_h, 4),
        "reached": [threshold_document(each) for each in one.reached],
        "href": f"{base}/rivers/stations/{one.station.id}",
    }


def _span(parameters: Mapping[str, str]) -> tuple[datetime, datetime]:
    """From ``start`` up to ``end``; the last week where they are not said."""
    end = instant("end", parameters.get("end")) or datetime.now(BEIJING)
    start = instant("start", parameters.get("start")) or end - timedelta(days=7)
    if not timedelta() < end - start <= SPAN_MOST:
        raise BadParameter(
            "end",
            f"须晚于 start,时段至多 {SPAN_MOST.days} 天",
            f"lies after start, by {SPAN_MOST.days} days at most",
            value=format_instant(end),
        )
    return start, end


def _seconds(name: str, text: str | None, otherwise: timedelta, most: timedelta) -> timedelta:
    if text is None:
        return otherwise
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= most.total_seconds()):
        raise BadParameter(
            name,
            f"须为 1 至 {most.total_seconds():.0f} 秒",
            f"is 1 to {most.total_seconds():.0f} seconds",
            value=text,
        )
    return timedelta(seconds=int(text))


def _spread(text: str | None, *, filling: bool) -> float:
    """How far the quantity wanders in an hour: whoever has gaps filled answers for it."""
    if text is None:
        if filling:
            raise BadParameter(
                "spread",
                "插补须给出每小时的标准差(该量的单位)",
                "is needed to fill: standard deviation an hour, in the unit of the quantity",
                value="",
            )
        return 0.0
    try:
        spread = float(text)
    except ValueError:
        spread = -1.0
    if not 0 <= spread <= SPREAD_MOST:
        raise BadParameter(
            "spread", f"须为 0 至 {SPREAD_MOST:g}", f"is a number from 0 to {SPREAD_MOST:g}", value=text
        )
    return spread
