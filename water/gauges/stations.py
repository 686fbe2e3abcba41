"""Entering stations, curves and thresholds 测站、率定、特征值登记: one changeset each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from spatial.database import Connection
from spatial.editing.restate_store import restate
from spatial.errors import shorten
from spatial.history.model import Changeset, Intent
from water import layer_store
from water.errors import BadStation, UnknownStation
from water.gauges import rated_stage, store
from water.gauges.binding import OPERATED
from water.gauges.gate_table import GateTable, table_text
from water.gauges.layers import GATE_TABLES, RATINGS, THRESHOLDS
from water.gauges.rating import Rating, segments_text
from water.gauges.station import Station, Threshold
from water.moment import Moment
from water.works import offset, offset_store
from water.works.datum import VerticalDatum


def station(connection: Connection, station_id: str, moment: Moment) -> Station:
    """A station as it stands; UnknownStation."""
    found = store.stations(connection, moment, [station_id])
    if not found:
        shown = shorten(station_id, 20)
        raise UnknownStation(
            f"没有这个测站,可用的见 /rivers/stations:{shown}",
            f"there is no such station, /rivers/stations lists them: {shown}",
            value=shown,
        )
    return found[0]


def stage_curves(
    connection: Connection, one: Station, instants: Sequence[datetime], asof: datetime | None = None
) -> list[Rating | None]:
    """The curve of each instant, in order, that tells stages from discharge over the station's datum."""
    held = store.ratings(connection, one.id, instants[0], instants[-1] + timedelta.resolution, asof)
    return rated_stage.curves([each for each in held if each.datum is one.datum], instants)


def rate(
    connection: Connection, station_id: str, curve: Rating, standing: str, intent: Intent
) -> Changeset | None:
    """A curve for a station from the intent's day on; it takes the place of the one before.

    UnknownStation; BadStation where its datum is not the station's.
    """
    found = station(connection, station_id, Moment(intent.valid_from))
    if curve.datum is not found.datum:
        raise _other_datum(found, curve.datum)
    shift, fall = curve.shifts[0] if curve.shifts else None, curve.fall
    if fall is not None:
        _require_fall(connection, found, fall.station, Moment(intent.valid_from))
    row = {
        "fid": station_id,
        "station": station_id,
        "version": curve.version,
        "vertical_datum": curve.datum.value,
        "segments": segments_text(curve.segments),
        "shift_m": None if shift is None else shift.shift_m,
        "shift_basis": None if shift is None else shift.basis,
        "loop_celerity_m_s": None if curve.loop is None else curve.loop.celerity_m_s,
        "loop_slope": None if curve.loop is None else curve.loop.slope,
        "fall_station": None if fall is None else fall.station,
        "fall_reference_m": None if fall is None else fall.reference_m,
        "fall_exponent": None if fall is None else fall.exponent,
        "fall_least_m": None if fall is None else fall.least_m,
        "fall_uncertainty_m": None if fall is None else fall.uncertainty_m,
        "uncertainty": curve.uncertainty,
        "document": curve.document,
        "standing": standing,
    }
    emptied = [name for name in row if name.startswith(("shift_", "loop_", "fall_"))]
    return _stated(connection, RATINGS, [row], intent, emptied)


def tabulate(
    connection: Connection, station_id: str, table: GateTable, standing: str, intent: Intent
) -> Changeset | None:
    """A discharge table for a gate or pump station from the intent's day on, in place of the one before.

    UnknownStation; BadStation where it is no station of that class.
    """
    found = station(connection, station_id, Moment(intent.valid_from))
    if OPERATED.get(found.kind) != table.setting.value:
        raise BadStation(
            f"过流表的工况({table.setting.value})与站类({found.kind})不符:{station_id}",
            f"a table by {table.setting.value} is not for a station of class {found.kind}: {station_id}",
            value=station_id,
        )
    row = {
        "fid": station_id,
        "station": station_id,
        "version": table.version,
        "setting": table.setting.value,
        "head": table.head.value,
        "sill_m": table.sill_m,
        "settings": table_text([table.settings]),
        "heads": table_text([table.heads_m]),
        "flows": table_text(table.flows_m3_s),
        "uncertainty": table.uncertainty,
        "document": table.document,
        "standing": standing,
    }
    return _stated(connection, GATE_TABLES, [row], intent, ("sill_m",))


def mark(connection: Connection, station_id: str, threshold: Threshold, intent: Intent) -> Changeset | None:
    """A threshold of a station from the intent's day on.

    A stage is kept in the datum of its document. UnknownStation; BadStation where it has no source or a
    discharge a datum; DatumNotConvertible where nothing leads from the station's datum to the stage's.
    """
    moment = Moment(intent.valid_from)
    found = station(connection, station_id, moment)
    if threshold.quantity != "stage":
        if threshold.datum is not VerticalDatum.NONE:
            raise _other_datum(found, threshold.datum)
    elif threshold.datum is not found.datum:
        offset.between(found.datum, threshold.datum, found.place, offset_store.offsets(connection, moment))
    if not threshold.document.strip():
        raise BadStation(
            f"没有来源文件的特征值不予登记:{station_id}",
            f"a threshold without a source is not taken: {station_id}",
            value=station_id,
        )
    season = threshold.season or (None, None)
    key = "-".join(
        each for each in (station_id, threshold.kind.value, threshold.quantity, season[0] or "") if each
    )
    row: Mapping[str, Any] = {
        "fid": key,
        "threshold_id": key,
        "station": station_id,
        "kind": threshold.kind.value,
        "quantity": threshold.quantity,
        "value": threshold.value,
        "vertical_datum": threshold.datum.value,
        "season_from": season[0],
        "season_to": season[1],
        "document": threshold.document,
        "standing": threshold.standing,
    }
    return _stated(connection, THRESHOLDS, [row], intent, ())


def _stated(
    connection: Connection,
    layer: str,
    rows: Sequence[Mapping[str, Any]],
    intent: Intent,
    emptied: Sequence[str],
) -> Changeset | None:
    """Rows that take the place of what is there, or are new; nothing laid down later is overwritten."""
    keys = [str(each["fid"]) for each in rows]
    layer_store.lock(connection, layer)
    overtaken = layer_store.later(connection, layer, keys, intent.valid_from)
    if overtaken is not None:
        raise BadStation(
            f"在此日之后已有登记,请改用更晚的日期:{overtaken}",
            f"something is laid down for a later day already, give a later day: {overtaken}",
            value=overtaken,
        )
    there = layer_store.there(connection, layer, keys, intent.valid_from)
    return restate(
        connection,
        layer,
        intent,
        changed=[each for each in rows if each["fid"] in there],
        created=[each for each in rows if each["fid"] not in there],
        emptied=emptied,
    )


def _require_fall(connection: Connection, found: Station, other_id: str, moment: Moment) -> None:
    other = station(connection, other_id, moment)
    if other.id == found.id or not any(each.id == "stage" for each in other.elements):
        raise BadStation(
            f"落差辅助站须为另一个测水位的站:{other_id}",
            f"the other station of a fall is another one that measures a stage: {other_id}",
            value=other_id,
        )
    held = offset_store.offsets(connection, moment)
    offset.difference((found.datum, found.place), (other.datum, other.place), held)


def _other_datum(found: Station, datum: VerticalDatum) -> BadStation:
    return BadStation(
        f"基面({datum.value})与测站({found.datum.value})不同,请先改正基面;平台不猜测换算:{found.id}",
        f"the datum ({datum.value}) is not the station's ({found.datum.value}), mend it; nothing is"
        f" converted by guess: {found.id}",
        value=found.id,
    )
