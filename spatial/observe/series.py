"""Writing values 写入观测值: batches staged by COPY and taken in by one function of the database.

The key of a value is its datastream and phenomenon time. For each key:

* nothing is there: the value is new;
* the same value is there, or the message (``source``) was taken before: it is repeated and changes nothing,
  in whatever order messages are delivered again;
* another value is there: it is corrected, and what was believed before is kept.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

import orjson
import psycopg
from psycopg.types.json import Jsonb

from spatial.database import Connection
from spatial.datum.clock import BEIJING, format_instant
from spatial.errors import Conflict, InvalidInput, NotFound, shorten
from spatial.observe import quality_store
from spatial.observe.away import Away, away
from spatial.observe.model import (
    CLOCK_AHEAD_MAX,
    Decoded,
    Reading,
    Recorded,
    Reject,
    is_number,
    source_of,
    suits_all,
)

YEAR_FIRST, YEAR_LAST = 1800, 2199
"""Numbers of observations name the partition within these years."""
AHEAD_FROM = 500
"""More values than these are judged before they are written, fewer afterwards: it comes to the same."""
_SURELY_THERE = timedelta(days=31)
"""The month that is under way never leaves the database."""
_COLUMNS = (
    "line, datastream, phenomenon_time, result_number, phenomenon_end, result_time, source, feature, flag,"
    " result_json, details, said_again"
)
_STAGE = """
create temporary table if not exists observe_staged (
  line integer not null,
  datastream integer not null,
  phenomenon_time timestamptz not null,
  result_number double precision,
  phenomenon_end timestamptz,
  result_time timestamptz,
  source bigint,
  feature integer,
  flag smallint,
  result_json jsonb,
  details jsonb,
  said_again boolean not null default false
) on commit delete rows;
create temporary table if not exists observe_ready (
  like observe.observation, verdict text not null, line integer not null
) on commit delete rows;
create temporary table if not exists observe_held (like observe.observation) on commit delete rows;
truncate observe_staged, observe_ready, observe_held
"""


class NoSuchDatastream(NotFound):
    """No datastream of that number 无此数据流."""

    code = "no-such-datastream"


class PeriodClosed(Conflict):
    """Values of this period stand in files alone; it takes no new ones 该时段已移出数据库."""

    code = "period-away"


class BadReading(InvalidInput):
    """A value that is none, or a time outside the calendar of the store 观测值有误."""

    code = "bad-reading"


def record(connection: Connection, readings: Sequence[Reading]) -> Recorded:
    """Take readings in, all or none, inside the caller's transaction."""
    for number, each in enumerate(readings):
        found = fault(each, number)
        if found is not None:
            raise _bad(found)
    for found in worded(connection, dict(enumerate(readings))).values():
        raise _bad(found)
    if len(readings) == 1:
        recorded_at, made = record_alone(connection, readings[0])
        if recorded_at is not None:
            return Recorded(1, 0, 0, recorded_at, number=made)
    lines = [_line(number, each) for number, each in enumerate(readings)]
    return record_lines(connection, lines, _COLUMNS)


def _bad(found: Reject) -> BadReading:
    return BadReading(found.zh, found.en, value=found.value, details={"line": found.line})


def record_alone(connection: Connection, reading: Reading) -> tuple[datetime | None, int | None]:
    """Write one value the short way: when, and its number; nothing is written where it needs the long one."""
    result = reading.result
    plain = is_number(result)
    try:
        row = connection.execute(
            "select recorded, made from observe.record_alone(%s::int, %s, %s::float8, %s, %s::timestamptz,"
            " %s::timestamptz, %s::bigint, %s::int, %s::smallint, %s)",
            (
                reading.datastream,
                reading.phenomenon_time,
                result if plain else None,
                None if plain or result is None else Jsonb(result),
                reading.phenomenon_end,
                reading.result_time,
                reading.source,
                reading.feature,
                reading.flag,
                None if reading.details is None else Jsonb(reading.details),
            ),
        ).fetchone()
    except psycopg.errors.ForeignKeyViolation:
        raise _no_datastream() from None
    except psycopg.errors.ObjectNotInPrerequisiteState as failure:
        raise period_closed(failure) from None
    assert row is not None  # a function gives one
    return row[0], row[1]


def record_numbers(connection: Connection, lines: Iterable[str], source: int | None = None) -> Recorded:
    """Take plain numbers in: lines of text ``line⇥datastream⇥instant⇥number``, as COPY reads them."""
    given = lines if source is None else (f"{each}\t{source}" for each in lines)
    columns = "line, datastream, phenomenon_time, result_number" + ("" if source is None else ", source")
    return record_lines(connection, given, columns)


def record_lines(connection: Connection, lines: Iterable[str], columns: str = _COLUMNS) -> Recorded:
    """Take in what is staged as lines of COPY's text format."""
    connection.execute(_STAGE)
    with connection.cursor() as cursor:
        with cursor.copy(f"copy observe_staged ({columns}) from stdin") as copy:
            text = "\n".join(lines)
            if text:
                copy.write(text + "\n")
        try:
            told = cursor.execute(
                "select s::text, s.now, s.dense, coalesce(s.ruled, '{}') from observe.sort_out(%s) s",
                (AHEAD_FROM,),
            ).fetchone()
            assert told is not None  # a function gives one
            batch, now, dense, by_themselves = told
            if now is None:
                return Recorded(0, 0, 0, None)
            beside = quality_store.ruled(connection, by_themselves)
            marks = quality_store.judge_ready(connection, by_themselves, dense)
            row = cursor.execute(
                "select inserted, corrected, repeated from observe.take_in(%s::observe.batch)", (batch,)
            ).fetchone()
        except psycopg.errors.ForeignKeyViolation:
            raise _no_datastream() from None
        except psycopg.errors.ObjectNotInPrerequisiteState as failure:
            raise period_closed(failure) from None
    assert row is not None  # a function gives one
    quality_store.mark(connection, marks, now)
    if beside:
        quality_store.mark(connection, quality_store.judge_written(connection, beside), now)
    inserted, corrected, repeated = row
    return Recorded(inserted, corrected, repeated, now)


def record_placed(
    connection: Connection, readings: Sequence[tuple[int, Reading]], source: int | None = None
) -> Recorded:
    """Take readings in under lines of the caller's own."""
    lines = [
        _line(place, each if source is None else replace(each, source=source)) for place, each in readings
    ]
    return record_lines(connection, lines)


def numbers(connection: Connection) -> dict[int, int]:
    """The numbers of the values just recorded in this transaction, by line.

    A line whose instant another line of the batch spoke of, too, has the number of that value.
    """
    rows = connection.execute("select line, id from observe_ready").fetchall()
    return dict(rows)


def numbers_of(connection: Connection, keys: Sequence[tuple[int, int, str]]) -> dict[int, int]:
    """The numbers of values by line, datastream and instant."""
    places, streams, times = zip(*keys, strict=True)
    rows = connection.execute(
        "select u.place, o.id from unnest(%s::int[], %s::int[], %s::timestamptz[]) u(place, stream, time)"
        " cross join lateral (select o.id from observe.observation o"
        " where o.datastream = u.stream and o.phenomenon_time = u.time offset 0) o",
        (list(places), list(streams), list(times)),
    ).fetchall()
    return dict(rows)


def record_decoded(
    connection: Connection,
    decoded: Sequence[Decoded],
    *,
    now: datetime | None = None,
    ahead_max: timedelta = CLOCK_AHEAD_MAX,
) -> Recorded:
    """Take in what decoders give, inside the caller's transaction; acknowledge after its commit.

    What cannot be taken is rejected by its place in the batch, with the reason, and the rest is taken:
    unknown devices, more than one datastream, another unit, what is no number, clocks that run ahead.
    """
    streams, pairs, units = _resolve(connection, decoded)
    now = now or datetime.now(BEIJING)
    until = now + ahead_max
    gone = _away(connection, decoded, now)
    taken: dict[int, Reading] = {}
    rejects: list[Reject] = []
    for number, each in enumerate(decoded):
        found: Sequence[int] = (
            streams.get(each.datastream, ())
            if each.datastream is not None
            else pairs.get((each.device or "", each.property or ""), ())
        )
        reject = _unknown(number, each, found) or _other_unit(number, each, units.get(found[0]))
        if reject is None:
            reading = Reading(found[0], each.phenomenon_time, each.result, flag=each.flag)
            source = None if each.message is None else source_of(each.message)
            reading = replace(reading, source=source, result_time=each.result_time)
            reject = (
                fault(reading, number)
                or _ahead(number, reading, until)
                or _closed_period(number, reading, gone)
            )
        if reject is None:
            taken[number] = reading
        else:
            rejects.append(reject)
    no_numbers = worded(connection, taken)
    rejects += no_numbers.values()
    recorded = record_placed(connection, [each for each in taken.items() if each[0] not in no_numbers])
    return replace(recorded, rejects=tuple(sorted(rejects, key=lambda each: each.line)))


def fault(reading: Reading, line: int = 0) -> Reject | None:
    """Why a reading cannot be held."""
    if isinstance(reading.result, float) and not math.isfinite(reading.result):
        return Reject(
            line,
            "not-a-number",
            f"观测值须为有限的数,缺测请用 null:{reading.result}",
            f"a result must be a finite number, null where it is missing: {reading.result}",
            str(reading.result),
        )
    start, end = reading.phenomenon_time, reading.phenomenon_end
    if start.tzinfo is None or not YEAR_FIRST <= start.year <= YEAR_LAST:
        return Reject(
            line,
            "bad-time",
            f"现象时间须带时区,并在 {YEAR_FIRST}–{YEAR_LAST} 年间:{start.isoformat()}",
            f"phenomenonTime needs a time zone and a year from {YEAR_FIRST} to {YEAR_LAST}:"
            f" {start.isoformat()}",
            start.isoformat(),
        )
    if end is not None and end < start:
        return Reject(
            line,
            "bad-time",
            f"现象时间的终点早于起点:{format_instant(end)}",
            f"phenomenonTime ends before it starts: {format_instant(end)}",
            format_instant(end),
        )
    return None


def _no_datastream() -> NoSuchDatastream:
    return NoSuchDatastream(
        "批次中有不存在的数据流,请核对编号:datastream",
        "the batch names a datastream that is not there; check the numbers: datastream",
        value="datastream",
    )


def period_closed(failure: psycopg.Error) -> PeriodClosed:
    """Of ``observe.ensure_period``, which names the period."""
    name = (failure.diag.message_primary or "").rpartition(" ")[2]
    return PeriodClosed(*_told_away(name), value=name)


def _told_away(name: str) -> tuple[str, str]:
    return (
        f"该时段的观测值已移出数据库,请先由管理员执行 ./onemap observations restore {name} 再写入:{name}",
        f"values of this period stand in files alone; have it brought back first with ./onemap observations"
        f" restore {name}: {name}",
    )


def _away(connection: Connection, decoded: Sequence[Decoded], now: datetime) -> tuple[Away, ...]:
    """Periods that are away, where a batch may speak of one: they are older than a month."""
    old = any(each.phenomenon_time < now - _SURELY_THERE for each in decoded if each.phenomenon_time.tzinfo)
    return away(connection) if old else ()


def _closed_period(line: int, reading: Reading, known: Sequence[Away]) -> Reject | None:
    found = next((each for each in known if each.start <= reading.phenomenon_time < each.until), None)
    return None if found is None else Reject(line, PeriodClosed.code, *_told_away(found.name))


def _unknown(line: int, decoded: Decoded, found: Sequence[int]) -> Reject | None:
    if len(found) == 1:
        return None
    told = decoded.datastream or f"{decoded.device}/{decoded.property}"
    if not found:
        return Reject(
            line,
            "unknown-datastream",
            f"没有登记的设备或要素,请先登记:{told}",
            f"no such device or property is registered, register it first: {told}",
        )
    return Reject(
        line,
        "ambiguous-datastream",
        f"设备的此要素有 {len(found)} 个数据流,请用数据流的 key 指明:{told}",
        f"the device has {len(found)} datastreams of this property, name one by its key: {told}",
    )


def _other_unit(line: int, decoded: Decoded, unit: str | None) -> Reject | None:
    """A number in another unit than its datastream's would be believed and be wrong."""
    if not unit or decoded.unit in (None, unit):
        return None
    return Reject(
        line,
        "wrong-unit",
        f"报文单位为 {decoded.unit},数据流登记为 {unit},请核对登记后重放:{decoded.unit}",
        f"the datastream is in {unit}; check the registration and replay: {decoded.unit}",
    )


def _ahead(line: int, reading: Reading, until: datetime) -> Reject | None:
    if reading.phenomenon_time <= until:
        return None
    told = format_instant(reading.phenomenon_time)
    return Reject(
        line,
        "clock-ahead",
        f"设备时钟超前,请校时后重发:{told}",
        f"the clock of the device is ahead, set it and send again: {told}",
    )


def _resolve(
    connection: Connection, decoded: Sequence[Decoded]
) -> tuple[Mapping[str, list[int]], Mapping[tuple[str, str], list[int]], Mapping[int, str | None]]:
    keys = list({each.datastream for each in decoded if each.datastream is not None})
    devices = list({each.device for each in decoded if each.datastream is None and each.device is not None})
    streams: dict[str, list[int]] = {}
    units: dict[int, str | None] = {}
    for key, id, unit in connection.execute(
        "select key, id, unit->>'symbol' from observe.datastream where key = any(%s)", (keys,)
    ).fetchall():
        streams.setdefault(key, []).append(id)
        units[id] = unit
    pairs: dict[tuple[str, str], list[int]] = {}
    for device, told, id, unit in connection.execute(
        "select t.key, p.key, d.id, d.unit->>'symbol'"
        " from observe.thing t join observe.datastream d on d.thing = t.id"
        " join observe.datastream_property l on l.datastream = d.id"
        " join observe.observed_property p on p.id = l.observed_property"
        " where t.key = any(%s) and not d.multi and p.key is not null order by d.id",
        (devices,),
    ).fetchall():
        pairs.setdefault((device, told), []).append(id)
        units[id] = unit
    return streams, pairs, units


def worded(connection: Connection, readings: Mapping[int, Reading]) -> dict[int, Reject]:
    """What is no number, by its place, where the datastream measures or counts 数值型数据流.

    Its observation type says so (OGC 18-088, 8.2.4); a MultiDatastream holds arrays.
    """
    told = {place: each for place, each in readings.items() if not suits_all(each.result)}
    if not told:
        return {}
    rows = connection.execute(
        "select id from observe.datastream where id = any(%s) and not multi"
        " and observation_type ~ 'OM_(Measurement|CountObservation)$'",
        ([each.datastream for each in told.values()],),
    ).fetchall()
    numeric = {id for (id,) in rows}
    return {place: _worded(place, each) for place, each in told.items() if each.datastream in numeric}


def _worded(line: int, reading: Reading) -> Reject:
    text = shorten(orjson.dumps(reading.result).decode())
    return Reject(
        line,
        "not-a-number",
        f"该数据流的观测值须为数,缺测请用 null:{text}",
        f"results of this datastream are numbers, null where one is missing: {text}",
        text,
    )


def _line(number: int, reading: Reading) -> str:
    result = reading.result
    plain, other = r"\N", r"\N"
    if is_number(result):
        plain = repr(float(result))
    elif result is not None:
        other = _json(result)
    fields = (
        str(number),
        str(reading.datastream),
        reading.phenomenon_time.isoformat(),
        plain,
        _instant(reading.phenomenon_end),
        _instant(reading.result_time),
        r"\N" if reading.source is None else str(reading.source),
        r"\N" if reading.feature is None else str(reading.feature),
        r"\N" if reading.flag is None else str(int(reading.flag)),
        other,
        r"\N" if reading.details is None else _json(reading.details),
        "t" if reading.said_again else "f",
    )
    return "\t".join(fields)


def _instant(moment: datetime | None) -> str:
    return r"\N" if moment is None else moment.isoformat()


def _json(value: object) -> str:
    """JSON on one line of COPY's text format: its line ends are escaped already, backslashes are not."""
    return orjson.dumps(value).decode().replace("\\", "\\\\")
