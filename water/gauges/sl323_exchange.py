"""SL 323 tables in and out of the platform: values of stations, their attributes, their thresholds."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import shapely

from spatial.catalogue import store as catalogue
from spatial.database import Connection
from spatial.history import write
from spatial.history.model import Changeset, Intent
from spatial.observe import series
from spatial.observe.model import Decoded
from water.errors import BadStation, DatumNotConvertible
from water.gauges import binding, sl323, store
from water.gauges.layers import STATIONS, contract
from water.gauges.sl323 import Cell, Fault, Table
from water.gauges.station import ELEMENTS, MEASURED, Mark, Point, Station, Threshold
from water.moment import Moment
from water.works import offset, offset_store
from water.works.datum import VerticalDatum
from water.works.offset import DatumOffset, Shifted

VALUES_MOST: Final = 200_000
ATTRIBUTES: Final = "ST_STBPRP_B"
FLOOD: Final = "ST_RVFCCH_B"
_MARKS: Final = {
    ("WRZ", "stage"): Mark.WARNING,
    ("WRQ", "discharge"): Mark.WARNING,
    ("GRZ", "stage"): Mark.GUARANTEED,
    ("GRQ", "discharge"): Mark.GUARANTEED,
    ("OBHTZ", "stage"): Mark.HIGHEST,
}
_NATURE: Final = "SL 323 交换"


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a table that was handed in."""

    inserted: int
    corrected: int
    repeated: int
    faults: tuple[Fault, ...]
    changeset: Changeset | None = None


def values_out(
    connection: Connection,
    of: Table,
    stations: Sequence[Station],
    start: datetime,
    end: datetime,
    datum: VerticalDatum | None = None,
) -> bytes:
    """The values of a time as a table; what failed quality control is left out. BadStation for too many.

    Stages are in the datum of each station, or all in one that is asked for: DatumNotConvertible where
    no offset on record leads there.
    """
    rows: list[dict[str, Cell]] = []
    held = _offsets(connection, datum, end)
    for station in stations:
        found = list(_values(connection, of, station, start, end))
        if found and datum is not None:
            _shift(of, found, offset.between(station.datum, datum, station.place, held))
        rows += found
        if len(rows) > VALUES_MOST:
            raise BadStation(
                f"一次至多 {VALUES_MOST} 行,请缩短时段或指定测站:{of.id}",
                f"at most {VALUES_MOST} rows at once, give a shorter time or a station: {of.id}",
                value=of.id,
            )
    return sl323.write(of, rows)


def stations_out(stations: Iterable[Station]) -> bytes:
    """Attributes of stations; a class of this platform's own has no place there and is left out."""
    titles = {code: title.zh for code, title in contract(STATIONS).field("vertical_datum").codes}
    return sl323.write(
        sl323.table(ATTRIBUTES),
        (
            {
                "STCD": each.id,
                "STNM": each.name,
                "RVNM": each.river_name,
                "LGTD": each.lon_deg,
                "LTTD": each.lat_deg,
                "ADDVCD": None if each.division is None else each.division[:6],
                "DTMNM": titles[each.datum.value],
                "DTMEL": each.datum_elevation_m,
                "STTP": each.kind,
                "ADMAUTH": each.administered_by,
                "DRNA": each.drainage_area_km2,
            }
            for each in stations
            if each.kind != "WQ"
        ),
    )


def thresholds_out(
    stations: Sequence[Station],
    thresholds: Mapping[str, Sequence[Threshold]],
    offsets: Sequence[DatumOffset],
    datum: VerticalDatum | None = None,
) -> bytes:
    """Flood thresholds of rivers; a station that nobody has set one for has no row.

    The table has no column for a datum: stages are told in that of the station, or in the one asked for.
    """
    rows: list[dict[str, Cell]] = []
    for one in stations:
        station, wanted = one.id, datum or one.datum
        by_mark = {
            (each.kind, each.quantity): each.value
            if each.quantity != "stage" or each.datum is wanted
            else offset.between(each.datum, wanted, one.place, offsets).height_m(each.value)
            for each in thresholds[station]
        }
        told: dict[str, Cell] = {
            column: by_mark.get((mark, quantity)) for (column, quantity), mark in _MARKS.items()
        }
        if any(value is not None for value in told.values()):
            rows.append({"STCD": station, **told})
    return sl323.write(sl323.table(FLOOD), rows)


def values_in(
    connection: Connection, of: Table, data: bytes, moment: Moment, datum: VerticalDatum | None = None
) -> Taken:
    """Take the values of a table; a row that cannot be taken is named by its line, the others are taken.

    ``datum``: what the table's stages are counted from, where it is not the datum of each station.
    """
    rows, faults = sl323.read(of, data)
    known = {each.id: each for each in store.stations(connection, moment) if each.thing is not None}
    held, message = _offsets(connection, datum, moment.at), hashlib.sha256(data).digest()
    told: list[tuple[int, Decoded]] = []
    bound = {(key, "") for key in known}
    for line, row in rows:
        station = known.get(str(row["STCD"]))
        if station is None:
            faults.append(
                Fault(line, f"没有登记或没有接入的测站:{row['STCD']}", f"no such station: {row['STCD']}")
            )
            continue
        if station.kind not in of.kinds:
            told_kind = f"{station.id} {station.kind}"
            faults.append(
                Fault(line, f"该类测站不入此表:{told_kind}", f"the table is of other classes: {told_kind}")
            )
            continue
        try:
            if datum is not None:
                _shift(of, [row], offset.between(datum, station.datum, station.place, held))
            part = of.part_of(row)
        except (BadStation, DatumNotConvertible) as failure:
            faults.append(Fault(line, failure.zh, failure.en))
            continue
        if (station.id, part) not in bound:
            bound.add((station.id, part))
            binding.bind_part(connection, station, _measured(of, station), part)
        told += [(line, each) for each in _decoded(of, row, station, part, message)]
    done = series.record_decoded(connection, [each for _, each in told])
    faults += [Fault(told[each.line][0], each.zh, each.en) for each in done.rejects]
    return Taken(
        *(done.inserted, done.corrected, done.repeated),
        tuple(sorted(faults, key=lambda each: each.line)),
    )


def stations_in(connection: Connection, data: bytes, intent: Intent) -> Taken:
    """Take attributes of stations: all of them or none, as one changeset.

    A station without a position, a known class or a known datum is a fault; while there is one, nothing
    is written.
    """
    rows, faults = sl323.read(sl323.table(ATTRIBUTES), data)
    columns = contract(STATIONS)
    kinds = {code for code, _ in columns.field("kind").codes}
    datums = {title.zh: code for code, title in columns.field("vertical_datum").codes}
    made = []
    for line, row in rows:
        fault = _fault(row, kinds, datums)
        if fault is None:
            made.append(_feature(line, row, datums))
        else:
            faults.append(Fault(line, *fault))
    if faults or not made:
        return Taken(0, 0, 0, tuple(sorted(faults, key=lambda each: each.line)))
    table = catalogue.get(connection, STATIONS).table
    staging = write.create_staging(connection, table)
    write.copy_rows(connection, staging, _COLUMNS, made)
    write.canonicalise(connection, staging)
    changeset = write.apply(connection, staging, intent)
    write.drop_staging(connection, staging)
    return Taken(0 if changeset is None else changeset.opened, 0, 0, (), changeset)


_COLUMNS: Final = (
    *("line", "fid", "station_id", "name", "kind", "river_name", "vertical_datum", "datum_elevation_m"),
    *("drainage_area_km2", "division", "administered_by", "status", "thing_id", "data_nature", "geom"),
)


def thing_of(station_id: str) -> str:
    """The device of a station as telemetry names it: a code of eight digits is its SL 651 address.

    >>> thing_of("41800001")
    'sl651:0041800001'
    """
    plain = len(station_id) == 8 and station_id.isascii() and station_id.isdigit()
    return f"sl651:00{station_id}" if plain else f"sl323:{station_id}"


def _measured(of: Table, station: Station) -> tuple[str, ...]:
    """The elements of a table that a station measures; none where the table is of another class."""
    measured = MEASURED.get(station.kind, ()) if station.kind in of.kinds else ()
    return tuple(each for each in of.elements.values() if each in measured)


def _values(
    connection: Connection, of: Table, station: Station, start: datetime, end: datetime
) -> Iterator[dict[str, Cell]]:
    merged: dict[tuple[datetime, str], dict[str, Cell]] = {}
    measured = _measured(of, station)
    for column, element in of.elements.items():
        if element not in measured or station.thing is None:
            continue
        property_ = ELEMENTS[element].property
        parts = store.parts(connection, station.thing, property_) if of.part else []
        for part in ("", *parts):
            stream = store.stream(connection, station.thing, binding.part_property(property_, part))
            if stream is None:
                continue
            for point in store.values(connection, stream, start, end, VALUES_MOST + 1):
                if _passes(point):
                    merged.setdefault((point.time, part), {})[column] = point.value
    for time, part in sorted(merged):
        yield {"STCD": station.id, "TM": time, **of.part_cells(part), **merged[time, part]}


def _offsets(connection: Connection, datum: VerticalDatum | None, at: datetime) -> list[DatumOffset]:
    return [] if datum is None else offset_store.offsets(connection, Moment(at))


def _shift(of: Table, rows: Iterable[dict[str, Cell]], shifted: Shifted) -> None:
    """Move the stages of rows into another datum."""
    for row in rows:
        for column, element in of.elements.items():
            value = row.get(column)
            if ELEMENTS[element].height and isinstance(value, float):
                row[column] = shifted.height_m(value)


def _passes(point: Point) -> bool:
    return point.value is not None and point.flag not in (4, 9)


def _decoded(
    of: Table, row: Mapping[str, Cell], station: Station, part: str, message: bytes
) -> Iterator[Decoded]:
    time = row["TM"]
    assert isinstance(time, datetime)
    for column, element in of.elements.items():
        value = row.get(column)
        if isinstance(value, float):
            key = binding.part_property(ELEMENTS[element].property, part)
            yield Decoded(time, value, device=station.thing, property=key, message=message)


def _fault(row: Mapping[str, Cell], kinds: set[str], datums: Mapping[str, str]) -> tuple[str, str] | None:
    if not isinstance(row.get("LGTD"), float) or not isinstance(row.get("LTTD"), float):
        return "没有经纬度(LGTD、LTTD)", "there is no position (LGTD, LTTD)"
    if row.get("STTP") not in kinds:
        return f"站类 STTP 不认识:{row.get('STTP')}", f"unknown class STTP: {row.get('STTP')}"
    if row.get("DTMNM") not in datums:
        return (
            f"基面 DTMNM 须为 {'、'.join(datums)} 之一:{row.get('DTMNM') or '空'}",
            f"the datum DTMNM is one of {', '.join(datums)}: {row.get('DTMNM') or 'empty'}",
        )
    if not row.get("STNM"):
        return "没有站名 STNM", "there is no name STNM"
    return None


def _feature(line: int, row: Mapping[str, Cell], datums: Mapping[str, str]) -> tuple[Any, ...]:
    key = str(row["STCD"])
    place = shapely.to_wkb(shapely.Point(row["LGTD"], row["LTTD"]))
    return (
        *(line, key, key, row["STNM"], row["STTP"], row.get("RVNM"), datums[str(row["DTMNM"])]),
        *(row.get("DTMEL"), row.get("DRNA"), row.get("ADDVCD"), row.get("ADMAUTH")),
        *("in-service", thing_of(key), _NATURE, place),
    )
