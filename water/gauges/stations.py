"""Entering stations, curves and thresholds 测站、率定、特征值登记: one changeset each."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from spatial.database import Connection
from spatial.editing.restate_store import restate
from spatial.history.model import Changeset, Intent
from water.errors import BadStation, UnknownStation
from water.gauges import store
from water.gauges.layers import RATINGS, THRESHOLDS
from water.gauges.rating import Rating, segments_text
from water.gauges.station import Station, Threshold
from water.moment import Moment
from water.works.datum import VerticalDatum


def station(connection: Connection, station_id: str, moment: Moment) -> Station:
    """A station as it stands; UnknownStation."""
    found = store.stations(connection, moment, [station_id])
    if not found:
        shown = station_id[:20]
        raise UnknownStation(
            f"没有这个测站,可用的见 /rivers/stations:{shown}",
            f"there is no such station, /rivers/stations lists them: {shown}",
            value=shown,
        )
    return found[0]


def rate(
    connection: Connection, station_id: str, curve: Rating, standing: str, intent: Intent
) -> Changeset | None:
    """A curve for a station from the intent's day on; it takes the place of the one before.

    UnknownStation; BadStation where its datum is not the station's.
    """
    found = station(connection, station_id, Moment(intent.valid_from))
    if curve.datum is not found.datum:
        raise _other_datum(found, curve.datum)
    shift = curve.shifts[0] if curve.shifts else None
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
        "uncertainty": curve.uncertainty,
        "document": curve.document,
        "standing": standing,
    }
    return _stated(
        connection, RATINGS, [row], intent, ("shift_m", "shift_basis", "loop_celerity_m_s", "loop_slope")
    )


def mark(connection: Connection, station_id: str, threshold: Threshold, intent: Intent) -> Changeset | None:
    """A threshold of a station from the intent's day on.

    UnknownStation; BadStation where it has no source, or a stage is not in the station's datum.
    """
    found = station(connection, station_id, Moment(intent.valid_from))
    wanted = found.datum if threshold.quantity == "stage" else VerticalDatum.NONE
    if threshold.datum is not wanted:
        raise _other_datum(found, threshold.datum)
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
    """Rows that take the place of what is there, or are new."""
    there = store.there(connection, layer, [str(each["fid"]) for each in rows], intent.valid_from)
    return restate(
        connection,
        layer,
        intent,
        changed=[each for each in rows if each["fid"] in there],
        created=[each for each in rows if each["fid"] not in there],
        emptied=emptied,
    )


def _other_datum(found: Station, datum: VerticalDatum) -> BadStation:
    return BadStation(
        f"基面({datum.value})与测站({found.datum.value})不同,请先改正基面;平台不猜测换算:{found.id}",
        f"the datum ({datum.value}) is not the station's ({found.datum.value}), mend it; nothing is"
        f" converted by guess: {found.id}",
        value=found.id,
    )
